"""What configurations should say, in the browser: which device drifted from which block, and a plan that mends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request

from collectors.driver import Driver
from nms.base.errors import NotFound
from nms.base.permissions import Permission
from nms.base.text import clean, say
from nms.ops.change import intents, verdicts
from nms.ops.change.drift import Conformity
from nms.ops.change.golden import golden
from nms.ops.change.intents import Compliance, wish_of
from nms.ops.change.verdicts import Judged
from nms.ops.change.watch import Chosen
from nms.ops.change.wish import written
from web.account import services
from web.guard import requires
from web.plans import changes, form

blueprint = Blueprint("compliance", __name__)
SHOWN = 300
"""Devices that a page shows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page tells of a device against one block; secrets hidden."""

    block: str
    lacks: str
    extra: str
    lines: int
    why: str


@dataclass(frozen=True, slots=True)
class Row:
    """A device of the list: how it stands to every block, or to the one that was asked for."""

    device: str
    state: Conformity
    lines: int
    since: datetime | None
    blocks: Sequence[Shown]


@blueprint.get("/changements/conformite")
@requires(Permission.CONFIG_READ)
def page() -> Any:
    """Every device that is not as it should be, what drifted first; `?bloc=logs` shows all that this block is for."""
    parts, watch = services(), changes().drift
    block = _block(request.args.get("bloc", ""))
    with parts.database.reading() as session:
        counts = verdicts.counted(session)
        judged = verdicts.judged(session, parts.box, block.devices if block else None, most=SHOWN)
    shown = list(with_words(judged))
    rows = [_against(one, block, found) if block else _row(one, found) for one, found in shown]
    return render_template(
        "compliance.html",
        counts=counts,
        block=block,
        rows=rows,
        more=(len(block.devices) if block else sum(counts.values()) - counts[Conformity.CONFORMS]) - len(judged),
        watch=watch,
        mendable=sorted({told.block for row in rows for told in row.blocks if told.lines}),
        Conformity=Conformity,
    )


@blueprint.get("/changements/conformite/<path:name>")
@requires(Permission.CONFIG_READ)
def device(name: str) -> Any:
    """What one device should say: every block that is for it, filled in from the inventory of now."""
    parts = services()
    with parts.database.reading() as session:
        told = golden(session, parts.box, intents.files(parts.settings.home), name)
    return render_template("golden.html", told=told)


@blueprint.post("/changements/conformite")
@requires(Permission.CONFIG_PLAN)
def mend() -> Any:
    """A plan that brings back what drifted from a block, or one device, filled in to be previewed."""
    parts = services()
    block, device = request.form.get("intent", ""), request.form.get("device", "")
    with parts.database.reading() as session:
        judged = verdicts.judged(session, parts.box, [device] if device else None)
    found = [found for one in judged for found in one.found if not block or found.intent == block]
    return form({"title": (block or device)[:60], "lines": written(wish_of(found))})


def with_words(judged: Sequence[Judged]) -> Iterator[tuple[Judged, list[Shown]]]:
    """Each device with what a page tells of it; nothing of a line where it is not known what in it is a secret."""
    drivers = changes().drivers([one.device for one in judged]) if judged else {}
    for one in judged:
        driver = drivers.get(one.device)
        yield one, [_shown(found, driver) for found in one.found]


def drift_of(name: str) -> tuple[Judged, list[Shown]] | None:
    """How one device stands; None when no block is for it."""
    parts = services()
    with parts.database.reading() as session:
        judged = verdicts.judged(session, parts.box, [name])
    return next(with_words(judged), None)


def _block(name: str) -> Chosen | None:
    """The block that a page is asked about; None without one.

    Raises:
        NotFound: there is none of this name.
    """
    if not name:
        return None
    found = next((one for one in changes().drift.blocks if one.name == name), None)
    if found is None:
        raise NotFound("no_such_block", say("There is no block “{name}”.", name=clean(name, 40)))
    return found


def _row(one: Judged, found: Sequence[Shown]) -> Row:
    return Row(one.device, one.state, one.lines, one.since, found)


def _against(one: Judged, block: Chosen, found: Sequence[Shown]) -> Row:
    """How a device stands to one block; what concerns all of them (a file that is broken) is told too."""
    told = [each for each in found if each.block in ("", block.name)]
    lines = sum(each.lines for each in told)
    if lines:
        state = Conformity.DRIFTS
    elif one.state in (Conformity.WAITING, Conformity.NEVER_READ):
        state = one.state
    else:
        state = Conformity.CANNOT_TELL if any(each.why for each in told) else Conformity.CONFORMS
    return Row(one.device, state, lines, None, told)


def _shown(found: Compliance, driver: Driver | None) -> Shown:
    lacks, extra = ("\n".join(lines) for lines in (found.lacks, found.extra))
    if driver is None:
        return Shown(found.intent, "", "", found.differ, found.why)
    return Shown(found.intent, driver.redact(lacks), driver.redact(extra), found.differ, found.why)
