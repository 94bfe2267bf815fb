"""Plans at the desk: what may be kept, who must approve it, what the law says of it, what the journal tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from nms.base import ledger
from nms.base.clock import PARIS, FakeClock
from nms.base.db import Database
from nms.base.errors import Conflict, InputError, LawRefusal, NotFound, PermissionRefused
from nms.ops.change.order import Topology
from nms.ops.change.plan import Capacity, PlanState
from nms.ops.change.prepare import Family
from tests.fakes.boxes import GRAMMAR
from tests.fakes.change_lab import ANNE, BRUNO, CLAIRE, NEW, STATION, UT, Lab, R


@pytest.fixture
def lab(sqlite_database: Database, clock: FakeClock, tmp_path: Path) -> Lab:
    return Lab(sqlite_database, clock, tmp_path)


def test_nothing_is_sent_without_the_approval_of_another(lab: Lab) -> None:
    reference = lab.desk.create(lab.wanted(), ANNE, "k")
    digest = lab.desk.one(reference).plan.digest
    with pytest.raises(PermissionRefused):
        lab.desk.approve(reference, digest, Capacity.ENGINEER, ANNE)
    with pytest.raises(Conflict, match="approval is missing"):
        lab.runner.run(reference, BRUNO)
    lab.desk.approve(reference, digest, Capacity.ENGINEER, BRUNO)
    with pytest.raises(PermissionRefused):
        lab.runner.run(reference, ANNE)
    assert lab.boxes.dialled == []


def test_a_revoked_approval_cannot_be_replayed(lab: Lab) -> None:
    reference = lab.approved()
    digest = lab.desk.one(reference).plan.digest
    lab.desk.revoke(reference, BRUNO)
    with pytest.raises(Conflict):
        lab.desk.approve(reference, digest, Capacity.ENGINEER, BRUNO)
    with pytest.raises(Conflict, match="approval is missing"):
        lab.runner.run(reference, BRUNO)
    with pytest.raises(NotFound):
        lab.desk.revoke(reference, BRUNO)


def test_a_plan_runs_once(lab: Lab) -> None:
    reference = lab.approved()
    lab.runner.run(reference, BRUNO)
    for again in (lambda: lab.runner.run(reference, BRUNO), lambda: lab.desk.revoke(reference, BRUNO)):
        with pytest.raises(Conflict):
            again()


def test_a_double_click_is_one_plan(lab: Lab) -> None:
    assert lab.desk.create(lab.wanted(), ANNE, "same") == lab.desk.create(lab.wanted(), ANNE, "same")
    assert len(lab.desk.every()) == 1


def test_an_order_by_hand_that_cuts_off_is_refused(lab: Lab) -> None:
    with pytest.raises(InputError, match="melle is changed while"):
        lab.desk.create(lab.wanted(in_order=["melle", "rom", "lezay"]), ANNE, "k")


def test_an_order_that_cuts_off_on_the_network_of_today_is_not_begun(lab: Lab) -> None:
    reference = lab.approved()
    assert lab.desk.one(reference).plan.devices == ("rom", "lezay", "melle")
    drafted, lab.topology = lab.topology, Topology.of([("rom", "lezay"), ("lezay", "melle")])
    with pytest.raises(InputError, match="rom is changed while lezay, melle still stand behind it"):
        lab.runner.run(reference, BRUNO)
    assert lab.boxes.dialled == []
    lab.topology = drafted
    assert lab.runner.run(reference, BRUNO) is PlanState.DONE


def test_every_obstacle_is_told_at_once(lab: Lab) -> None:
    found = lab.desk.preview(lab.wanted({"rom": ["bad\x07line"], "nowhere": NEW, "melle": ["hostname melle"]}))
    assert [one.device for one in found.obstacles] == ["nowhere", "rom", "melle"]


def test_an_unattended_plan_is_due_in_its_window_once_it_is_approved(lab: Lab) -> None:
    reference = lab.desk.create(replace(lab.wanted(), unattended=True), ANNE, "k")
    assert not lab.desk.is_due(lab.desk.waiting()[0])
    lab.desk.approve(reference, lab.desk.one(reference).plan.digest, Capacity.ENGINEER, BRUNO)
    assert lab.desk.is_due(lab.desk.waiting()[0])
    lab.clock.advance(7_201)
    assert not lab.desk.is_due(lab.desk.waiting()[0])


@pytest.mark.parametrize("value", ["x\u2028no shutdown", "x\x0bno", "x\x85reload", "x\ty", "x\x1b[2J", "e" * 1_001])
def test_fault_38_what_is_more_than_one_line_of_text_reaches_no_device(lab: Lab, value: str) -> None:
    with pytest.raises(InputError, match="not one line"):
        lab.desk.create(lab.wanted({"rom": ["interface eth0", f" description {value}"]}), ANNE, "k")
    assert lab.boxes.dialled == []


def test_fault_38_a_question_mark_reaches_no_device(lab: Lab) -> None:
    with pytest.raises(InputError, match="question mark"):
        lab.desk.create(lab.wanted({"rom": ["interface eth0", " description why?"]}), ANNE, "k")


@pytest.mark.parametrize("there", ["from\u00a0here", "a\u2028b", "why?"])
def test_fault_38_what_could_not_be_typed_back_is_not_taken_away(lab: Lab, there: str) -> None:
    lab["rom"].running = f"interface eth0\n description {there}"
    with pytest.raises(InputError, match="could not be taken back"):
        lab.desk.create(lab.wanted({"rom": NEW}), ANNE, "k")


def test_what_is_sealed_of_a_draft_is_what_is_approved_whatever_the_zone_of_its_window(lab: Lab) -> None:
    wanted = lab.wanted({"rom": NEW})
    there = replace(wanted, opens_at=wanted.opens_at.astimezone(PARIS), closes_at=wanted.closes_at.astimezone(PARIS))
    reference = lab.desk.create(there, ANNE, "k")
    with lab.database.reading() as session:
        told = "".join(ledger.export(session))
    assert lab.desk.one(reference).plan.digest in told


RETUNE = {"lezay": ["radio 1", " frequency 3433000"]}
MEANT = date(2026, 12, 31)


def test_a_retune_within_the_right_needs_a_legal_approver(lab: Lab) -> None:
    lab.station()
    lab.right(date(2027, 1, 1), high=3_437_000)
    reference = lab.desk.create(lab.wanted(RETUNE, until=MEANT), ANNE, "k")
    plan = lab.desk.one(reference).plan
    lab.desk.approve(reference, plan.digest, Capacity.ENGINEER, BRUNO)
    with pytest.raises(Conflict, match="legal"):
        lab.runner.run(reference, BRUNO)
    with pytest.raises(PermissionRefused):
        lab.desk.approve(reference, plan.digest, Capacity.LEGAL, BRUNO)
    lab.desk.approve(reference, plan.digest, Capacity.LEGAL, CLAIRE)
    assert lab.runner.run(reference, BRUNO) is PlanState.DONE


@pytest.mark.parametrize("until", [date(2027, 1, 1), date(2026, 12, 31)], ids=["too-wide", "too-short"])
def test_a_retune_outside_the_right_is_refused_with_the_article(lab: Lab, until: date) -> None:
    lab.station()
    lab.right(until, high=3_436_000 if until.year == 2027 else 3_437_000)
    with pytest.raises(LawRefusal, match=r"L\. 42-") as refused:
        lab.desk.create(lab.wanted(RETUNE, until=MEANT), ANNE, "k")
    assert refused.value.facts["article"] in ("L. 42-1", "L. 42-3")
    assert lab.desk.every() == []


def test_a_right_that_ends_between_approval_and_hour_stops_the_plan(lab: Lab) -> None:
    lab.station()
    lab.right(date(2027, 1, 1), high=3_437_000)
    reference = lab.approved(lab.wanted(RETUNE, until=MEANT))
    lab.held.clear()
    with pytest.raises(LawRefusal):
        lab.runner.run(reference, BRUNO)
    lab.right(date(2027, 1, 1), high=3_437_000)
    lab.runner.claim(reference, BRUNO)
    lab.held.clear()
    lab.runner.carry_out(reference)
    assert lab.states(reference) == {"lezay": UT}
    assert lab.boxes.dialled == []


def test_taking_back_never_returns_to_what_no_right_covers(lab: Lab) -> None:
    """The station emitted outside its right; the change mends that; the way back is silence."""
    lab.station()
    lab["lezay"].running = STATION.format(name="lezay").replace("3432500", "3400000")
    lab.right(date(2027, 1, 1), high=3_437_000)
    lab["lezay"].served, lab["lezay"].serves_after = 5, 0
    reference = lab.approved(lab.wanted(RETUNE, until=MEANT))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"lezay": R}
    assert " frequency 3400000" in lab["lezay"].running
    assert " shutdown" in lab["lezay"].running


def test_silence_is_always_allowed(lab: Lab) -> None:
    lab.station()
    reference = lab.approved(lab.wanted({"lezay": ["radio 1", " shutdown"]}, until=MEANT))
    assert lab.runner.run(reference, BRUNO) is PlanState.DONE


def test_a_station_whose_dialect_is_not_known_is_not_changed(lab: Lab) -> None:
    lab.station()
    lab.family = Family(GRAMMAR, None)
    with pytest.raises(LawRefusal):
        lab.desk.create(lab.wanted(RETUNE, until=MEANT), ANNE, "k")


def test_a_device_that_got_sectors_since_the_draft_is_not_changed_when_none_can_read_them(
    lab: Lab,
) -> None:
    lab.family = Family(GRAMMAR, None)
    wanted = lab.wanted({"lezay": NEW})
    reference = lab.desk.create(wanted, ANNE, "k")
    digest = lab.desk.one(reference).plan.digest
    lab.desk.approve(reference, digest, Capacity.ENGINEER, BRUNO)
    lab.emits = True
    for late in (
        lambda: lab.desk.approve(reference, digest, Capacity.ENGINEER, replace(BRUNO, name="dora")),
        lambda: lab.runner.run(reference, BRUNO),
    ):
        with pytest.raises(LawRefusal, match=r"L\. 42-1: lezay: it has sectors"):
            late()
    lab.emits = False
    lab.runner.claim(reference, BRUNO)
    lab.emits = True
    lab.runner.carry_out(reference)
    assert lab.states(reference) == {"lezay": UT}
    assert lab.boxes.dialled == []


def test_the_journal_tells_the_whole_story_and_no_secret(lab: Lab) -> None:
    reference = lab.approved()
    lab.runner.run(reference, BRUNO)
    with lab.database.reading() as session:
        told = "".join(ledger.export(session))
        assert ledger.verify(session).broken_at is None
    for word in ("drafted", "approved", "started", "confirmed", "done"):
        assert f'"{word}' in told or f"{word}" in told
    assert "canary-community" not in told
    raw = (lab.database.engine.url.database and Path(lab.database.engine.url.database).read_bytes()) or b""
    assert b"canary-community" not in raw
