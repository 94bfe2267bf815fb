"""Sites that pass to somebody else with a change plan: proposed after an act, approved, done at its start or left."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from inventory import service
from inventory.forms import ContactForm, SiteForm
from inventory.reassignment import Answerable, Reassignment
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import InputError
from nms.base.permissions import SYSTEM
from nms.ops.change.following import Station, passing, reach
from nms.ops.change.plan import Capacity, PlanState, StepState
from spectrum.acts import Act, Step
from spectrum.bands import UNKNOWN, Bands
from spectrum.chronicle import Holding
from spectrum.parties import Parties
from spectrum.rights import Extent, Period
from tests.fakes.change_lab import BRUNO, LEZAY, Lab

REGION, COMMUNE = Answerable("Région", "noc"), Answerable("Commune", "mairie")
DAY = date(2026, 11, 25)
LOT = Bands.of((3_432_500, 3_447_500))
CESSION = Act("E-1", Step.EXECUTION, DAY, DAY, frozenset({LEZAY}), LOT, "Région", "Commune", area_text=LEZAY)


@pytest.fixture
def lab(sqlite_database: Database, clock: FakeClock, tmp_path: Path) -> Lab:
    with sqlite_database.transaction() as session:
        for contact in ("noc", "mairie"):
            service.save(session, SYSTEM, clock.now(), ContactForm(contact))
        for name in ("lezay", "melle"):
            service.save(session, SYSTEM, clock.now(), SiteForm(name, owner="Région", contact="noc"))
    return Lab(sqlite_database, clock, tmp_path)


def passing_plan(lab: Lab, **sites: Answerable) -> str:
    lab.clock.advance(1)  # another plan than the one before
    return lab.approved(replace(lab.wanted(), lines={}, sites=sites))


def states(lab: Lab, reference: str) -> list[str]:
    return [one.state for one in lab.desk.one(reference).row.reassignments]


def test_sites_alone_pass_and_the_way_back_is_known(lab: Lab) -> None:
    reference = passing_plan(lab, lezay=COMMUNE, melle=COMMUNE)
    assert lab.desk.sites_back(reference) == {}
    assert lab.runner.run(reference, BRUNO) is PlanState.DONE
    assert states(lab, reference) == [StepState.CONFIRMED] * 2
    assert lab.desk.sites_back(reference) == {"lezay": REGION, "melle": REGION}
    again = passing_plan(lab, **lab.desk.sites_back(reference))
    assert lab.desk.one(again).plan.reassignments[0].before == COMMUNE


def test_a_site_passes_though_a_device_fails(lab: Lab) -> None:
    lab["rom"].unreachable = True
    reference = lab.approved(replace(lab.wanted(), sites={"lezay": COMMUNE}))
    assert lab.runner.run(reference, BRUNO) is PlanState.STOPPED
    assert states(lab, reference) == [StepState.CONFIRMED]
    assert "devices failed" in lab.desk.one(reference).why


def test_a_site_that_somebody_changed_stays_and_the_plan_says_so(lab: Lab) -> None:
    reference = passing_plan(lab, lezay=COMMUNE, melle=COMMUNE)
    with lab.database.transaction() as session:
        service.save(session, SYSTEM, lab.clock.now(), SiteForm("lezay", owner="Département", contact="noc"))
    assert lab.runner.run(reference, BRUNO) is PlanState.STOPPED
    assert states(lab, reference) == [StepState.UNTOUCHED, StepState.CONFIRMED]
    assert lab.desk.one(reference).why == "1 of 2 sites stay as they are"


def test_nothing_passes_after_a_stop_was_asked(lab: Lab) -> None:
    reference = passing_plan(lab, lezay=COMMUNE)
    lab.runner.claim(reference, BRUNO)
    lab.runner.stop()
    assert lab.runner.carry_out(reference) is PlanState.STOPPED
    assert states(lab, reference) == [StepState.PENDING]


def test_an_owner_needs_the_lawyer_a_contact_does_not(lab: Lab) -> None:
    owner = lab.desk.one(passing_plan(lab, lezay=COMMUNE)).plan
    contact = lab.desk.one(passing_plan(lab, melle=Answerable("Région", "mairie"))).plan
    assert owner.capacities == (Capacity.ENGINEER, Capacity.LEGAL)
    assert contact.capacities == (Capacity.ENGINEER,)


def test_the_seal_holds_the_sites_and_is_what_it_was_without_any(lab: Lab) -> None:
    plan = lab.desk.one(lab.approved()).plan
    assert plan.digest == "6cfc9069fa872fe4d18679b877157b6f3aa44e24766550cebbfc9c4b99c76376"
    moved = replace(plan, reassignments=(Reassignment("lezay", REGION, COMMUNE),))
    other = replace(plan, reassignments=(Reassignment("lezay", REGION, Answerable("Commune", "noc")),))
    assert len({plan.digest, moved.digest, other.digest}) == 3


def test_a_plan_without_devices_and_sites_or_with_a_site_that_is_not_there_is_refused(lab: Lab) -> None:
    with pytest.raises(InputError, match="1 to 2000 devices or sites"):
        passing_plan(lab)
    with pytest.raises(InputError, match="rom: there is no such site"):
        lab.desk.preview(replace(lab.wanted(), lines={}, sites={"rom": COMMUNE})).refuse()


def test_nothing_that_follows_an_act_begins_before_it_has_effect(lab: Lab) -> None:
    late = replace(CESSION, effective_on=date(2027, 1, 1))
    with pytest.raises(InputError, match="effect from 2027-01-01"):
        lab.approved(replace(lab.wanted(), follows=late))


def test_an_act_that_names_no_place_means_that_of_the_right_it_takes_from() -> None:
    whole = Extent(frozenset({LEZAY, "79170"}), LOT, Period(date(2026, 1, 1), None))
    there = replace(whole, area=frozenset({LEZAY}), bands=Bands.of((3_500_000, 3_501_000)))
    held = [
        Holding("06-0744", "Région", "Région", whole, "06-0744"),
        Holding("06-0745", "Région", "Région", there, "06-0745"),
        Holding("06-0746", "Orange", "Orange", replace(whole, area=frozenset({"79300"})), "06-0746"),
    ]
    titled = replace(CESSION, step=Step.ABROGATION, area=frozenset(), bands=UNKNOWN, title="06-0744")
    found = reach(titled, held, Parties())
    assert (found.area, found.bands) == (whole.area, LOT)
    assert reach(replace(titled, title=""), held, Parties()).bands == LOT.union(there.bands)
    assert reach(replace(titled, area=frozenset({"79170"}), title=""), held, Parties()).bands == LOT
    assert reach(CESSION, held, Parties()) is CESSION
    assert reach(replace(titled, cedant="Nobody"), held, Parties()).area == frozenset()


def test_what_an_act_moves_passes_from_its_cedant_and_no_other_site() -> None:
    near, far = Bands.of((3_436_000, 3_443_000)), Bands.of((3_536_000, 3_543_000))
    stations = [
        Station("region", LEZAY, near),
        Station("nobody", LEZAY, UNKNOWN),
        Station("other", LEZAY, near),
        Station("already", LEZAY, near),
        Station("band", LEZAY, far),
        Station("elsewhere", "79170", near),
    ]
    today = {one.site: REGION for one in stations} | {
        "nobody": Answerable(),
        "other": Answerable("Orange", "noc"),
        "already": Answerable("Commune", "mairie"),
    }
    contacts = {"noc": "Région", "mairie": "Commune"}
    found = {one.site: (one.after, one.proposed) for one in passing(CESSION, stations, today, contacts, Parties())}
    assert found == {
        "region": (COMMUNE, True),
        "nobody": (COMMUNE, True),
        "other": (today["other"], False),
        "already": (today["already"], False),
    }
    two = contacts | {"maire": "Commune"}
    after = passing(CESSION, stations, today, two, Parties())[-1].after
    assert after == Answerable("Commune", "noc")
    lease = replace(CESSION, step=Step.LEASE)
    assert not any(one.proposed for one in passing(lease, stations, today, contacts, Parties()))
