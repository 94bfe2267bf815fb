"""A desk and a runner over three devices in memory, for tests of change plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy.orm import Session as Db

from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.permissions import Role, actor_of_roles
from nms.base.secrets import SecretBox
from nms.ops.change.desk import Desk
from nms.ops.change.grammar import parsed
from nms.ops.change.likeness import same
from nms.ops.change.order import Topology
from nms.ops.change.plan import Capacity, Limits, StepState
from nms.ops.change.prepare import Family, Rights, Subject
from nms.ops.change.runner import Runner
from nms.ops.change.wanted import Wanted
from spectrum.bands import Bands
from spectrum.chronicle import Holding
from spectrum.rights import Extent, Period
from tests.fakes.boxes import GRAMMAR, RADIO, Box, Boxes

ANNE = actor_of_roles("anne", [Role.ENGINEER])
BRUNO = actor_of_roles("bruno", [Role.ENGINEER])
CLAIRE = actor_of_roles("claire", [Role.LEGAL])
LEZAY = "79148"
ROUTER = "hostname {name}\ninterface eth0\n description old\nsnmp-server community canary-community"
STATION = "hostname {name}\nradio 1\n frequency 3432500\n bandwidth 7 MHz"
NEW = ["interface eth0", " description new"]
OLD, DONE = "interface eth0\n description old", "interface eth0\n description new"
C, R, P, U, UT = (
    StepState.CONFIRMED,
    StepState.REVERTED,
    StepState.PENDING,
    StepState.UNKNOWN,
    StepState.UNTOUCHED,
)


class Lab:
    """A desk and a runner over devices in memory; `rom` lies behind `lezay`, `lezay` behind `melle`."""

    def __init__(self, database: Database, clock: FakeClock, home: Path) -> None:
        self.clock, self.database = clock, database
        names = ("melle", "lezay", "rom")
        self.boxes = Boxes(clock, *(Box(name, clock, ROUTER.format(name=name)) for name in names))
        self.topology = Topology.of([("melle", "lezay"), ("lezay", "rom")])
        self.held: list[Holding] = []
        self.emits, self.family = False, Family(GRAMMAR, RADIO)
        box = SecretBox.open_or_create(home)
        self.desk = Desk(database, clock, box, self.rights, self.subjects, self.standing, lambda session: self.topology)
        self.runner = Runner(self.desk, self.boxes.ports(), "test")

    def __getitem__(self, name: str) -> Box:
        return self.boxes.all[name]

    def rights(self) -> Rights:
        return Rights(self.held, lambda day: [one for one in self.held if one.extent.period.holds(day)])

    def subjects(self, session: Db, names: Sequence[str]) -> Mapping[str, Subject]:
        return {
            name: Subject(name, self[name].running, self.family, LEZAY, self.emits)
            for name in names
            if name in self.boxes.all
        }

    def standing(self, session: Db, names: Sequence[str]) -> Mapping[str, Subject]:
        return {name: replace(one, running="") for name, one in self.subjects(session, names).items()}

    def wanted(self, lines: Mapping[str, Sequence[str]] | None = None, **more: object) -> Wanted:
        now = self.clock.now()
        lines = lines or dict.fromkeys(self.boxes.all, NEW)
        limits = Limits(wait_s=60, **{k: more.pop(k) for k in ("canary", "stop_after") if k in more})  # type: ignore[arg-type]
        return Wanted("descriptions", lines, now, now + timedelta(hours=2), limits=limits, **more)  # type: ignore[arg-type]

    def approved(self, wanted: Wanted | None = None) -> str:
        reference = self.desk.create(wanted or self.wanted(), ANNE, key=str(self.clock.now()))
        plan = self.desk.one(reference).plan
        for capacity in plan.capacities:
            self.desk.approve(reference, plan.digest, capacity, BRUNO if capacity is Capacity.ENGINEER else CLAIRE)
        return reference

    def states(self, reference: str) -> dict[str, StepState]:
        found = self.desk.one(reference)
        return dict(zip((step.device for step in found.plan.steps), found.states, strict=True))

    def as_before(self, name: str) -> bool:
        return same(parsed(self[name].running, GRAMMAR), parsed(ROUTER.format(name=name), GRAMMAR), GRAMMAR)

    def why(self, reference: str, device: str) -> str:
        found = self.desk.one(reference)
        return next(why for step, why in zip(found.plan.steps, found.whys, strict=True) if step.device == device)

    def right(self, until: date | None, low: int = 3_429_000, high: int = 3_436_000) -> None:
        extent = Extent(frozenset({LEZAY}), Bands.of((low, high)), Period(date(2026, 1, 1), until))
        self.held.append(Holding("06-0744", "Region", "Region", extent, "06-0744"))

    def station(self) -> None:
        self.emits = True
        self["lezay"].running = STATION.format(name="lezay")
