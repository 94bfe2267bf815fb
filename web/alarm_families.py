"""What /metrics says of alarms: one sample per fault and not per object that it takes along, and the people cut off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nms.base.permissions import SYSTEM
from nms.ops.alarms import Alarm, cut_off
from nms.ops.models import Acknowledgement
from nms.ops.state import Key, Status
from web import alarms
from web.family import GAUGE, PLACE, FamilyOf, escape, label_of, told
from web.known import communes_of
from web.services import Services


@dataclass(frozen=True, slots=True)
class AlarmsNow:
    """The alarms, who has which, and the people cut off by department where the network has something."""

    found: Sequence[Alarm]
    taken: Mapping[Key, Acknowledgement]
    cut: Mapping[str, int]


def _label(row: Status, more: str = "") -> str:
    return f"{{{label_of(row.subject)}{more}}}"


def _people(now: AlarmsNow) -> Iterator[tuple[str, float]]:
    yield from ((_label(alarm.root), alarm.people) for alarm in now.found)


def _taken(now: AlarmsNow) -> Iterator[tuple[str, float]]:
    yield from ((_label(alarm.root), int(alarm.key in now.taken)) for alarm in now.found)


def _behind(now: AlarmsNow) -> Iterator[tuple[str, float]]:
    for alarm in now.found:
        root = f',root="{escape(alarm.key[1])}"'
        yield from ((_label(row, root), 1) for row in alarm.behind)


def _cut(now: AlarmsNow) -> Iterator[tuple[str, float]]:
    yield from ((f'{{department="{escape(department)}"}}', people) for department, people in now.cut.items())


_OF_ONE = ("device|sector|link|hotspot", *PLACE)
ALARMS: tuple[FamilyOf[AlarmsNow], ...] = (
    FamilyOf(
        "nms_alarm_people",
        GAUGE,
        "One sample per fault, at the object where it begins: people in communes that it cuts off from every service.",
        _OF_ONE,
        _people,
    ),
    FamilyOf("nms_alarm_taken", GAUGE, "1 when a person has the alarm of a fault, 0 when nobody has.", _OF_ONE, _taken),
    FamilyOf(
        "nms_alarm_behind",
        GAUGE,
        "1 for an object that is wrong because of a fault that begins at another one, its root; only for such objects.",
        (*_OF_ONE, "root"),
        _behind,
    ),
    FamilyOf(
        "nms_people_cut_off",
        GAUGE,
        "People in communes where every service is down, each counted once.",
        ("department",),
        _cut,
    ),
)


def render(services: Services, openmetrics: bool) -> str:
    """Text of every family."""
    found = alarms.seen(SYSTEM)
    cut = Counter({row.subject.department: 0 for row in services.live.all() if row.subject.department})
    for code, commune in communes_of(set(cut_off(found))).items():
        cut[commune.department] += alarms.inhabitants(code)
    return told(ALARMS, AlarmsNow(found, alarms.who_has(found), cut), openmetrics)
