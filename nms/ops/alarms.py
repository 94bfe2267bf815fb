"""Alarms: what is wrong now, one per fault with everything that is down because of it, and whom it cuts off. Pure.

A fault is where the trouble begins: a silent device stands for its sectors, its links, its hotspots and for the devices
behind it. A fault *cuts off* a commune when a service there is down by it and no other one serves; it *touches* one
that something else still serves. Where other services are not known, nor is whether people are served.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from nms.ops.serving import SERVED, best, is_service
from nms.ops.state import SEVERITY, Key, Kind, State, Status

ORDER = (Kind.LINK, Kind.HOTSPOT, Kind.SECTOR, Kind.DEVICE)
"""What serves people first."""
WRONG = (State.DOWN, State.DEGRADED, State.UNKNOWN)
_OF_THE_DEVICE = frozenset({"no_answer", "behind", "refused", "loss", "latency"})
"""Causes that an object has from the device that speaks for it, and not of its own."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Communes (codes of today) that lost a service: cut off from all, still served by another, or not known which."""

    cut: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """One fault: the object where it begins, what is wrong because of it, whom it concerns; `people` are cut off."""

    root: Status
    behind: tuple[Status, ...] = ()
    footprint: Footprint = Footprint()
    people: int = 0
    people_touched: int = 0

    @property
    def key(self) -> Key:
        """What it is named by."""
        return self.root.subject.kind, self.root.subject.name

    def counts(self) -> dict[Kind, int]:
        """How many objects of each kind it takes along."""
        found = {kind: sum(row.subject.kind is kind for row in self.behind) for kind in ORDER}
        return {kind: count for kind, count in found.items() if count}


def alarms(
    rows: Sequence[Status],
    ends: Mapping[str, Sequence[str]],
    today: Callable[[str], str],
    people: Callable[[str], int],
) -> list[Alarm]:
    """Every fault among these objects, that which cuts off most people first.

    Args:
        rows: every object that is to be looked at, whatever its state.
        ends: the devices of each link, that of the place served first.
        today: the code of today for a commune's code of any time.
        people: inhabitants of a commune by its code of today.
    """
    wrong = {_key(row): row for row in rows if row.judgement.state in WRONG and not row.subject.maintenance}
    faults: dict[Key, list[Status]] = defaultdict(list)
    for key, row in wrong.items():
        faults[_root(key, wrong, ends)].append(row)
    services = _services(rows, today) if wrong else {}
    found = [_alarm(key, wrong[key], members, services, today, people) for key, members in faults.items()]
    return sorted(found, key=_weight)


def cut_off(found: Iterable[Alarm]) -> frozenset[str]:
    """The communes that any of these faults cuts off, each once."""
    return frozenset(code for one in found for code in one.footprint.cut)


def _key(row: Status) -> Key:
    return row.subject.kind, row.subject.name


def _root(key: Key, wrong: Mapping[Key, Status], ends: Mapping[str, Sequence[str]]) -> Key:
    """Follow what an object's trouble comes from as far as it is known; of a circle the first by name is it."""
    path = [key]
    while (cause := _cause(wrong[path[-1]], wrong, ends)) is not None:
        if cause in path:
            return min(path[path.index(cause) :])
        path.append(cause)
    return path[-1]


def _cause(row: Status, wrong: Mapping[Key, Status], ends: Mapping[str, Sequence[str]]) -> Key | None:
    """The device whose trouble this one is: the one that speaks for it, or the one behind which it is hidden."""
    subject, reasons = row.subject, row.judgement.reasons
    if subject.kind is Kind.DEVICE:
        parents = [str(reason.facts["parent"]) for reason in reasons if reason.code == "behind"]
    elif reasons and all(reason.code in _OF_THE_DEVICE for reason in reasons):
        parents = list(ends.get(subject.name, ())) if subject.kind is Kind.LINK else []
        parents = parents or [subject.device]
    else:
        return None
    state = row.judgement.state
    keys = ((Kind.DEVICE, name) for name in parents)
    return next((key for key in keys if key in wrong and wrong[key].judgement.state is state), None)


def _services(rows: Iterable[Status], today: Callable[[str], str]) -> dict[str, list[Status]]:
    """What serves people, by commune of today."""
    found: dict[str, list[Status]] = defaultdict(list)
    for row in rows:
        if row.subject.insee and is_service(row):
            found[today(row.subject.insee)].append(row)
    return found


def _alarm(
    key: Key,
    root: Status,
    members: Sequence[Status],
    services: Mapping[str, Sequence[Status]],
    today: Callable[[str], str],
    people: Callable[[str], int],
) -> Alarm:
    others = (row for row in members if _key(row) != key)
    behind = sorted(others, key=lambda row: (ORDER.index(row.subject.kind), row.subject.name))
    lost = {
        today(row.subject.insee)
        for row in members
        if row.judgement.state is State.DOWN and row.subject.insee and is_service(row)
    }
    standing = {code: best(services[code]) for code in sorted(lost)}
    cut = tuple(code for code, state in standing.items() if state is State.DOWN)
    touched = tuple(code for code, state in standing.items() if state in SERVED)
    footprint = Footprint(cut, touched, tuple(code for code in standing if code not in (*cut, *touched)))
    return Alarm(root, tuple(behind), footprint, sum(map(people, cut)), sum(map(people, touched)))


def _weight(one: Alarm) -> tuple[int, int, int, float, str]:
    """Most people cut off first, then most people touched, then the worst state, then the newest."""
    judgement = one.root.judgement
    grave = SEVERITY[judgement.state]
    return -one.people, -one.people_touched, -grave, -judgement.since.timestamp(), one.root.subject.name
