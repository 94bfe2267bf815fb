"""A change plan as people approve it: what is sent to whom, in which order, what takes it back, which limits. Pure.

An approval is bound to the digest of everything that will be carried out; any edit, and any revoked approval, makes
another version and so another digest: what was approved once cannot be used for anything else, nor a second time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Protocol

from inventory.reassignment import Reassignment
from nms.base.text import Said, say
from nms.ops.change.radio import RadioChange


class Capacity(StrEnum):
    """As what somebody approves."""

    ENGINEER = "engineer"
    LEGAL = "legal"


class StepState(StrEnum):
    """Where a device stands in a plan. `unknown` is never taken for success: only a read-back ends it."""

    PENDING = "pending"
    SENDING = "sending"
    VERIFYING = "verifying"
    REVERTING = "reverting"
    CONFIRMED = "confirmed"
    REVERTED = "reverted"
    UNTOUCHED = "untouched"
    UNKNOWN = "unknown"


AT_WORK = frozenset({StepState.SENDING, StepState.VERIFYING, StepState.REVERTING})
"""States that nobody is in when nothing runs: after a crash they become `unknown`."""


FAILED = frozenset({StepState.REVERTED, StepState.UNTOUCHED, StepState.UNKNOWN})
"""Ends that count against going on."""


class PlanState(StrEnum):
    """Where a plan stands."""

    DRAFT = "draft"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


OPEN = frozenset({PlanState.DRAFT, PlanState.RUNNING})
"""States of a plan that may still change a device."""


@dataclass(frozen=True, slots=True)
class Step:
    """One device: the exact lines, those that take them back, and the configuration to which both belong.

    `base` and `expected` are digests of the whole configuration before and after; `radios` is what it does on the air.
    """

    device: str
    lines: tuple[str, ...]
    inverse: tuple[str, ...]
    base: str
    expected: str
    radios: tuple[RadioChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How a plan is carried out.

    The first `canary` devices must succeed before any other is touched; after `stop_after` devices without success
    nothing more is touched; within `wait_s` a device must be back as intended with `back_pct` % of its subscribers.
    """

    canary: int = 1
    stop_after: int = 1
    wait_s: int = 120
    back_pct: int = 90


@dataclass(frozen=True, slots=True)
class Plan:
    """A version of a plan. Instants are UTC; `until` is the last legal day for which its radio states are meant.

    `unattended`: it starts by itself when its window opens, once it is approved. `reassignments` are the sites that
    somebody else answers for once it has begun, whatever becomes of its devices.
    """

    reference: str
    version: int
    author: str
    title: str
    steps: tuple[Step, ...]
    limits: Limits
    opens_at: datetime
    closes_at: datetime
    until: date | None = None
    unattended: bool = False
    reassignments: tuple[Reassignment, ...] = ()

    @property
    def digest(self) -> str:
        """Seal of everything that will be carried out, and of the version."""
        told = asdict(self) | {
            "opens_at": self.opens_at.astimezone(UTC).isoformat(),
            "closes_at": self.closes_at.astimezone(UTC).isoformat(),
            "until": self.until.isoformat() if self.until else None,
        }
        if not self.reassignments:
            del told["reassignments"]  # the seal of a plan that was approved before there were any stays what it was
        return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def step(self, device: str) -> Step:
        """What is done to one device of the plan."""
        return next(step for step in self.steps if step.device == device)

    @property
    def devices(self) -> tuple[str, ...]:
        """What it changes, in its order."""
        return tuple(step.device for step in self.steps)

    @property
    def radios(self) -> Mapping[str, tuple[RadioChange, ...]]:
        """Of each device on the air that it touches: frequency, width, power or identity of its radios."""
        return {step.device: step.radios for step in self.steps if step.radios}

    @property
    def on_air(self) -> bool:
        """Whether any step touches frequency, width, power or identity of a radio."""
        return bool(self.radios)

    @property
    def capacities(self) -> tuple[Capacity, ...]:
        """Whose approval it needs, each by a person of their own, none of them the author."""
        return needed(self.on_air, self.reassignments)


class Judged(Protocol):
    """What of a plan says who must approve it, when it may start, and what the law is asked; see `Plan`."""

    @property
    def author(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def capacities(self) -> tuple[Capacity, ...]: ...
    @property
    def devices(self) -> tuple[str, ...]: ...
    @property
    def radios(self) -> Mapping[str, tuple[RadioChange, ...]]: ...
    @property
    def opens_at(self) -> datetime: ...
    @property
    def closes_at(self) -> datetime: ...
    @property
    def until(self) -> date | None: ...


def needed(on_air: bool, sites: Iterable[Reassignment]) -> tuple[Capacity, ...]:
    """The approvals that a plan needs which touches a radio, or changes who answers for these sites."""
    passes = any(one.before.owner != one.after.owner for one in sites)
    return (Capacity.ENGINEER, Capacity.LEGAL) if on_air or passes else (Capacity.ENGINEER,)


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's yes to one digest."""

    by: str
    capacity: Capacity
    digest: str
    at: datetime


def lacking(plan: Judged, approvals: Iterable[Approval]) -> tuple[Capacity, ...]:
    """The approvals that a plan still needs. One person counts once, the author never."""
    digest, needs = plan.digest, plan.capacities
    valid = [one for one in approvals if one.digest == digest and one.by != plan.author]
    return min((_missing(chosen, needs) for chosen in _choices(valid)), key=len)


def _choices(valid: Sequence[Approval]) -> Iterator[dict[str, Capacity]]:
    """Every way to count each person for one of the capacities in which they approved."""
    people: dict[str, set[Capacity]] = {}
    for one in valid:
        people.setdefault(one.by, set()).add(one.capacity)
    ways: list[dict[str, Capacity]] = [{}]
    for person, capacities in people.items():
        ways = [way | {person: capacity} for way in ways for capacity in sorted(capacities)]
    yield from ways


def _missing(chosen: dict[str, Capacity], wanted: Iterable[Capacity]) -> tuple[Capacity, ...]:
    return tuple(capacity for capacity in wanted if capacity not in chosen.values())


def obstacles(plan: Judged, approvals: Iterable[Approval], now: datetime) -> tuple[Said, ...]:
    """Why a plan may not be carried out now; empty when it may."""
    found = [say("an approval is missing: {capacity}", capacity=capacity) for capacity in lacking(plan, approvals)]
    if now < plan.opens_at:
        found.append(say("its time has not come: it may start at {at}", at=plan.opens_at.isoformat(timespec="minutes")))
    if now >= plan.closes_at:
        found.append(say("its time is over since {at}", at=plan.closes_at.isoformat(timespec="minutes")))
    return tuple(found)


def next_step(states: Sequence[StepState], limits: Limits) -> int | None:
    """The step to be taken next; None when every one is done, or when what failed forbids to go on."""
    failed = sum(state in FAILED for state in states)
    at = next((n for n, state in enumerate(states) if state is StepState.PENDING), None)
    if at is None or failed >= limits.stop_after:
        return None
    canaries = states[: limits.canary]
    if at >= limits.canary and any(state is not StepState.CONFIRMED for state in canaries):
        return None
    return at


def back_enough(before: int | None, now: int | None, back_pct: int) -> bool:
    """Whether enough subscribers are back; without any before, there is none to wait for."""
    if not before:
        return True
    return now is not None and now * 100 >= before * back_pct
