"""Link health, the heart: what a poll says about an object becomes a state, since when, and why.

Pure functions of evidence and time; `docs/health.md` is the same in words. Three rules:

1. *Worst cause first.* Each cause found speaks for a state; the worst state wins and every cause is kept as a reason.
2. *Hysteresis.* A cause that is active ends only beyond its own clear level: nothing flaps on a threshold.
3. *A second look.* A state worsens only when `confirm_polls` polls in a row say so; it improves at once.

`unknown`: the object was asked and cannot be judged (refused, unreadable). `unmeasured`: nothing was asked or answered
about it. Neither is ever shown as up, or as down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from nms.base.settings import HealthSettings
from nms.ops.state import Judgement, Reason, State

_RANK = {State.UP: 0, State.UNMEASURED: 0, State.DEGRADED: 1, State.UNKNOWN: 2, State.DOWN: 3}


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link: which port, and whether it is up (None: not known) and enabled."""

    port: str
    oper_up: bool | None
    admin_up: bool | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one poll says about one object; None is "not known", never a good sign and never a bad one.

    Ratios 0..1, seconds, bit/s, dB, dBm. `refusal` names an error class when the device answered but refused or could
    not be understood. `parent_down` names the device behind which this one is hidden. `absent` names what should be
    there and is not (a terminal that its base station no longer lists).
    """

    reachable: bool | None = None
    refusal: str = ""
    parent_down: str = ""
    not_in_service: str = ""
    absent: str = ""
    ends: tuple[End, ...] = ()
    loss_ratio: float | None = None
    rtt_s: float | None = None
    utilisation_ratio: float | None = None
    errors_per_s: float | None = None
    port_speed_bps: int | None = None
    committed_bps: int | None = None
    cinr_db: float | None = None
    rssi_dbm: float | None = None
    measured: bool = True

    @property
    def spoken(self) -> bool:
        """Whether a poll, or the inventory, said anything at all."""
        return self.reachable is not None or bool(self.refusal or self.not_in_service)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one poll says for itself, before it is believed."""

    state: State
    reasons: tuple[Reason, ...]

    @property
    def codes(self) -> frozenset[str]:
        """The codes of its causes."""
        return frozenset(reason.code for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered between two polls: the judgement shown, the active causes, and a worse state on probation."""

    judgement: Judgement
    active: frozenset[str] = frozenset()
    probation: Candidate | None = None
    looks: int = 0

    @property
    def wants_second_look(self) -> bool:
        """Whether a worse state waits to be confirmed: poll again soon."""
        return self.probation is not None


_UP_EVIDENCE = Evidence(reachable=True)


def never_polled(at: datetime) -> Memory:
    """The memory of an object that nobody asked yet."""
    return Memory(Judgement(State.UNMEASURED, at, (Reason("never_polled"),)))


def judge(memory: Memory, evidence: Evidence, at: datetime, limits: HealthSettings) -> Memory:
    """The next memory after a poll at an instant.

    Args:
        memory: of the poll before (`never_polled` at first).
        evidence: what this poll says.
        at: instant of this poll, aware.
        limits: thresholds and the number of looks.
    """
    candidate = _look(evidence, memory.active, limits)
    shown = memory.judgement
    if candidate.state is shown.state:
        return Memory(Judgement(candidate.state, shown.since, candidate.reasons), candidate.codes)
    if _RANK[candidate.state] <= _RANK[shown.state]:
        return Memory(Judgement(candidate.state, at, candidate.reasons), candidate.codes)
    return _probation(memory, candidate, at, limits.confirm_polls)


def _look(evidence: Evidence, active: frozenset[str], limits: HealthSettings) -> Candidate:
    found = list(_causes(evidence, active, limits))
    found.sort(key=lambda cause: -_RANK[cause[0]])
    return Candidate(found[0][0] if found else State.UP, tuple(reason for _, reason in found))


def _probation(memory: Memory, candidate: Candidate, at: datetime, confirm_polls: int) -> Memory:
    """One more look at something worse. What all looks in a row saw is adopted: the mildest of them.

    Until then the causes in force stay those of the judgement shown, so that a value inside a band confirms nothing.
    """
    looks, mildest = memory.looks + 1, memory.probation or candidate
    if _RANK[candidate.state] <= _RANK[mildest.state]:
        mildest = candidate
    if looks < confirm_polls:
        return Memory(memory.judgement, memory.active, mildest, looks)
    judgement = Judgement(mildest.state, at, mildest.reasons)
    if _RANK[candidate.state] > _RANK[mildest.state]:
        return Memory(judgement, mildest.codes, candidate, 1)
    return Memory(judgement, mildest.codes)


_Cause = tuple[State, Reason]


def _causes(evidence: Evidence, active: frozenset[str], limits: HealthSettings) -> Iterator[_Cause]:
    """Every cause that this evidence holds, whatever its weight."""
    if evidence.not_in_service:
        yield State.UNMEASURED, Reason(evidence.not_in_service)
        return
    if evidence.reachable is False:
        if evidence.parent_down:
            yield State.DOWN, Reason("behind", {"parent": evidence.parent_down})
        yield State.DOWN, Reason("no_answer")
        return
    if evidence.refusal:
        yield State.UNKNOWN, Reason("refused", {"error": evidence.refusal})
        return
    if evidence.reachable is None:
        yield State.UNMEASURED, Reason("never_polled")
        return
    yield from _presence(evidence)
    yield from _thresholds(evidence, active, limits)


def _presence(evidence: Evidence) -> Iterator[_Cause]:
    if evidence.absent:
        yield State.DOWN, Reason("absent", {"what": evidence.absent})
    for end in evidence.ends:
        if end.admin_up is False:
            yield State.DOWN, Reason("port_disabled", {"port": end.port})
        elif end.oper_up is False:
            yield State.DOWN, Reason("port_down", {"port": end.port})
    known = any(end.oper_up is not None for end in evidence.ends)
    if not evidence.measured or (evidence.ends and not known):
        yield State.UNMEASURED, Reason("not_answered")


def _thresholds(evidence: Evidence, active: frozenset[str], limits: HealthSettings) -> Iterator[_Cause]:
    rising = (
        ("loss", evidence.loss_ratio, limits.loss_degraded_ratio, limits.loss_clear_ratio, "ratio"),
        ("latency", evidence.rtt_s, limits.latency_degraded_s, limits.latency_clear_s, "s"),
        (
            "utilisation",
            evidence.utilisation_ratio,
            limits.utilisation_degraded_ratio,
            limits.utilisation_clear_ratio,
            "ratio",
        ),
        ("errors", evidence.errors_per_s, limits.errors_degraded_per_s, limits.errors_clear_per_s, "per_s"),
    )
    for code, value, limit, clear, unit in rising:
        if value is not None and (value > limit or (code in active and value > clear)):
            yield (
                State.DEGRADED,
                Reason(code, {f"value_{unit}": value, f"limit_{unit}": limit if value > limit else clear}),
            )
    falling = (
        ("cinr", evidence.cinr_db, limits.cinr_degraded_db, limits.cinr_clear_db, "db"),
        ("rssi", evidence.rssi_dbm, limits.rssi_degraded_dbm, limits.rssi_clear_dbm, "dbm"),
    )
    for code, value, limit, clear, unit in falling:
        if value is not None and (value < limit or (code in active and value < clear)):
            yield (
                State.DEGRADED,
                Reason(code, {f"value_{unit}": value, f"limit_{unit}": limit if value < limit else clear}),
            )
    speed, committed = evidence.port_speed_bps, evidence.committed_bps
    if speed and committed and speed < committed:
        yield State.DEGRADED, Reason("port_slow", {"value_bps": speed, "limit_bps": committed})
