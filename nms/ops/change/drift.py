"""Whether a device's configuration says what it should: one verdict from all that was found, and what to tell. Pure.

What is not known is never told as conforming: nothing read, a block that cannot be filled in, a file of blocks that
cannot be read, or a verdict that is older than what it judges.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nms.base.text import Said, kept, said_again, say
from nms.ops.change.intents import Compliance
from nms.ops.configs.models import EventKind


class Conformity(StrEnum):
    """How a device stands to the golden blocks that are for it, the best first."""

    CONFORMS = "conforms"
    WAITING = "not_judged_yet"
    CANNOT_TELL = "cannot_tell"
    NEVER_READ = "never_read"
    DRIFTS = "drifts"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One device against every block that is for it; `lines` differ in all."""

    state: Conformity
    lines: int
    found: tuple[Compliance, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What the timeline is told."""

    kind: EventKind
    at: datetime
    sentence: Said


def verdict(device: str, found: Sequence[Compliance], read: bool, broken: Sequence[str]) -> Verdict | None:
    """One verdict; None when no block is for the device.

    `read`: its configuration has been read. `broken` are complaints about files that cannot be used: any of them may be
    for this device, so that it does not conform while they last.
    """
    every = (*found, *(Compliance(device, "", why=told) for told in broken)) if found or read else ()
    if not every:
        return None
    lines = sum(one.differ for one in every)
    if lines:
        return Verdict(Conformity.DRIFTS, lines, every)
    if not read:
        return Verdict(Conformity.NEVER_READ, 0, every)
    if any(one.why for one in every):
        return Verdict(Conformity.CANNOT_TELL, 0, every)
    return Verdict(Conformity.CONFORMS, 0, every)


def turn(since: datetime | None, now: Verdict | None, at: datetime) -> tuple[datetime | None, Told | None]:
    """Since when a device drifts after a verdict, and what its timeline is told; `since` as it was before.

    While nothing can be told, it is as it was.
    """
    if now is not None and now.state is Conformity.DRIFTS:
        if since is not None:
            return since, None
        names = ", ".join(one.intent for one in now.found if one.differ)
        said = say("its configuration drifts from {blocks}; lines that differ: {lines}", blocks=names, lines=now.lines)
        return at, Told(EventKind.DRIFT_BEGAN, at, said)
    if since is None:
        return None, None
    if now is None:
        return None, Told(EventKind.DRIFT_ENDED, at, say("no block is for it any more"))
    if now.state is Conformity.CONFORMS:
        return None, Told(EventKind.DRIFT_ENDED, at, say("its configuration says again what it should"))
    return since, None


def as_text(found: Iterable[Compliance]) -> str:
    """What was found, as it is kept."""
    told = [
        {
            "intent": one.intent,
            "missing": one.missing,
            "lacks": one.lacks,
            "extra": one.extra,
            "differ": one.differ,
            "why": kept(one.why),
        }
        for one in found
    ]
    return json.dumps(told, ensure_ascii=False)


def of_text(device: str, text: str) -> list[Compliance]:
    """The inverse of `as_text`."""
    return [
        Compliance(
            device,
            str(one["intent"]),
            missing=tuple(one["missing"]),
            lacks=tuple(one["lacks"]),
            extra=tuple(one["extra"]),
            differ=int(one["differ"]),
            why=said_again(one["why"]),
        )
        for one in json.loads(text)
    ]
