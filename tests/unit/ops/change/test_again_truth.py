"""The same wish again, every night: it is not written twice, and nothing else is taken for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from inventory import service
from inventory.forms import SiteForm
from inventory.reassignment import Answerable
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.permissions import SYSTEM
from nms.base.text import say
from nms.ops.change import again
from nms.ops.change.plan import Plan
from nms.ops.change.wanted import Wanted
from spectrum.acts import Act, Step
from spectrum.bands import Bands
from tests.fakes.change_lab import ANNE, BRUNO, LEZAY, NEW, Lab

COMMUNE, STATE = Answerable("Commune"), Answerable("State")
DAY = date(2026, 1, 1)
LOT = Bands.of((3_432_500, 3_447_500))
CESSION = Act("E-1", Step.EXECUTION, DAY, DAY, frozenset({LEZAY}), LOT, "Region", "Commune", area_text=LEZAY)


class Desk:
    """The desk of a lab as `nms config plan --needed` asks it; `opened` are the plans that were."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.opened: list[str] = []

    def keeps(self, wanted: Wanted) -> str:
        """A plan, whatever is kept already."""
        return self.lab.desk.create(wanted, ANNE, key=str(len(self.lab.desk.every())))

    def waiting(self, wanted: Wanted) -> str:
        """The plan that is there for the same."""
        desk, now = self.lab.desk, self.lab.clock.now()
        return again.waiting(desk.glances.unfinished(), self._text, wanted, desk.preview(wanted), now)

    def _text(self, reference: str) -> Plan:
        self.opened.append(reference)
        return self.lab.desk.one(reference).plan


@pytest.fixture
def desk(sqlite_database: Database, clock: FakeClock, tmp_path: Path) -> Desk:
    with sqlite_database.transaction() as session:
        for name in ("lezay", "melle"):
            service.save(session, SYSTEM, clock.now(), SiteForm(name, owner="Region"))
    return Desk(Lab(sqlite_database, clock, tmp_path))


def test_the_same_wish_is_found_and_another_is_not(desk: Desk) -> None:
    wanted = desk.lab.wanted({"rom": NEW, "lezay": NEW})
    reference = desk.keeps(wanted)
    desk.keeps(desk.lab.wanted({"melle": NEW}))
    assert desk.waiting(replace(wanted, title="told otherwise")) == reference
    assert desk.opened == [reference]
    assert desk.waiting(desk.lab.wanted({"rom": NEW})) == ""
    assert desk.opened == [reference]
    assert desk.waiting(desk.lab.wanted({"rom": NEW, "lezay": ["interface eth0", " description other"]})) == ""
    assert desk.waiting(replace(wanted, until=date(2026, 12, 31))) == ""


def test_who_answers_for_which_site_is_part_of_a_wish(desk: Desk) -> None:
    bare = desk.lab.wanted({"rom": NEW})
    assert desk.keeps(bare)
    moved = replace(bare, sites={"lezay": COMMUNE, "melle": COMMUNE})
    assert desk.waiting(moved) == ""
    reference = desk.keeps(moved)
    assert desk.waiting(replace(bare, sites={"melle": COMMUNE, "lezay": COMMUNE})) == reference
    assert desk.waiting(replace(bare, sites={"lezay": COMMUNE})) == ""
    assert desk.waiting(replace(bare, sites={"lezay": COMMUNE, "melle": STATE})) == ""
    with desk.lab.database.transaction() as session:
        service.save(session, SYSTEM, desk.lab.clock.now(), SiteForm("melle", owner="State"))
    assert desk.waiting(moved) == "", "it was written for the sites as they were"


def test_the_act_that_it_follows_is_part_of_a_wish(desk: Desk) -> None:
    bare = desk.lab.wanted({"rom": NEW})
    plain = desk.keeps(bare)
    after = replace(bare, follows=CESSION)
    assert desk.waiting(after) == ""
    reference = desk.keeps(after)
    assert (desk.waiting(bare), desk.waiting(after)) == (plain, reference)
    assert desk.waiting(replace(after, follows=replace(CESSION, effective_on=date(2026, 2, 1)))) == ""


def test_a_plan_that_is_over_is_not_there_for_a_wish(desk: Desk) -> None:
    wanted = desk.lab.wanted({"rom": NEW})
    desk.lab.desk.cancel(desk.keeps(wanted), ANNE, say("not needed"))
    assert desk.waiting(wanted) == ""
    reference = desk.keeps(wanted)
    assert desk.waiting(wanted) == reference
    desk.lab.clock.advance(timedelta(hours=2).total_seconds())
    assert desk.waiting(wanted) == "", "its window is over"
    running = desk.lab.approved(desk.lab.wanted({"rom": NEW}))
    desk.lab.runner.claim(running, BRUNO)
    assert desk.waiting(wanted) == running
    desk.opened.clear()
    desk.lab.runner.carry_out(running)
    assert desk.waiting(wanted) == ""
    assert desk.opened == []
