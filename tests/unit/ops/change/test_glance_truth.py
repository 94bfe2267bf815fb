"""A glance at a plan says what the whole plan says, opens nothing sealed, and lets no other text be approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm.exc import DetachedInstanceError

from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import Conflict, NotFound
from nms.base.secrets import SecretBox
from nms.base.text import say
from nms.ops.change.glance import Glances
from nms.ops.change.models import StepRow
from nms.ops.change.plan import Capacity, obstacles
from tests.fakes.change_lab import ANNE, BRUNO, Lab

RETUNE = {"lezay": ["radio 1", " bandwidth 3.5 MHz"]}


@pytest.fixture
def lab(sqlite_database: Database, clock: FakeClock, tmp_path: Path) -> Lab:
    return Lab(sqlite_database, clock, tmp_path)


def agrees(lab: Lab, reference: str) -> None:
    """Everything that a glance tells is what the whole plan tells."""
    whole, seen, now = lab.desk.one(reference), lab.desk.glances.one(reference), lab.clock.now()
    plan = whole.plan
    assert (seen.digest, seen.radios, seen.capacities) == (plan.digest, plan.radios, plan.capacities)
    assert (seen.state, seen.why, seen.states) == (whole.state, whole.why, whole.states)
    assert (seen.approvals, seen.lacking) == (whole.approvals, whole.lacking)
    assert obstacles(seen, seen.approvals, now) == obstacles(plan, whole.approvals, now)
    assert lab.desk.against(seen) == lab.desk.against(plan)
    listed, every = lab.desk.glances.newest(), lab.desk.every()
    assert [(one.row.reference, one.states, one.radios) for one in listed] == [
        (one.plan.reference, one.states, one.plan.radios) for one in every
    ]
    assert [one.lacking for one in listed] == [one.lacking if one.state == "draft" else () for one in every]


def test_a_glance_agrees_with_the_whole_plan_from_draft_to_end(lab: Lab) -> None:
    reference = lab.approved()
    agrees(lab, reference)
    lab.desk.revoke(reference, BRUNO)
    agrees(lab, reference)
    assert lab.desk.glances.one(reference).lacking == (Capacity.ENGINEER,)
    lab.desk.approve(reference, lab.desk.glances.one(reference).digest, Capacity.ENGINEER, BRUNO)
    lab["lezay"].refuses = "description new"
    lab.runner.run(reference, BRUNO)
    agrees(lab, reference)


def test_a_glance_at_a_plan_on_the_air_tells_what_the_law_says(lab: Lab) -> None:
    lab.station()
    lab.right(None)
    reference = lab.approved(replace(lab.wanted(RETUNE), until=date(2026, 12, 31)))
    assert lab.desk.glances.one(reference).capacities == (Capacity.ENGINEER, Capacity.LEGAL)
    agrees(lab, reference)
    lab.held.clear()
    assert lab.desk.against(lab.desk.glances.one(reference)) != []
    agrees(lab, reference)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What has been unsealed since."""
    found, unseal = [], SecretBox.unseal

    def noted(box: SecretBox, sealed: bytes) -> bytes:
        found.append(sealed)
        return unseal(box, sealed)

    monkeypatch.setattr(SecretBox, "unseal", noted)
    return found


def sealed(lab: Lab) -> list[bytes]:
    """What is sealed of each step of each plan, in their order."""
    with lab.database.reading() as session:
        return list(session.scalars(select(StepRow.sealed).order_by(StepRow.plan_id, StepRow.seq)))


def test_a_version_is_opened_once_and_then_no_more(lab: Lab, opened: list[bytes]) -> None:
    reference = lab.approved()
    lab.desk.revoke(reference, BRUNO)
    opened.clear()
    first = lab.desk.glances.one(reference)
    assert opened == sealed(lab)
    lab.desk.approve(reference, first.digest, Capacity.ENGINEER, BRUNO)
    lab.runner.run(reference, BRUNO)
    opened.clear()
    assert lab.desk.glances.one(reference).state == "done"
    assert lab.desk.glances.one(reference).digest == first.digest
    assert opened == []
    with pytest.raises(DetachedInstanceError):
        _ = first.row.steps[0].sealed


def test_of_a_plan_that_is_over_a_list_opens_nothing(lab: Lab, opened: list[bytes]) -> None:
    over = lab.approved()
    lab.runner.run(over, BRUNO)
    cancelled = lab.desk.create(lab.wanted({"rom": ["hostname rome"]}), ANNE, key="cancelled")
    lab.desk.cancel(cancelled, ANNE, say("not needed"))
    opened.clear()
    fresh = Glances(lab.database, lab.desk.archive)
    assert [one.state for one in fresh.newest()] == ["cancelled", "done"]
    assert fresh.unfinished() == []
    draft = lab.desk.create(lab.wanted({"rom": ["hostname rome"]}), ANNE, key="draft")
    opened.clear()
    assert [one.row.reference for one in fresh.unfinished()] == [draft]
    assert opened == []
    assert fresh.newest()[0].lacking == (Capacity.ENGINEER,)
    assert opened == sealed(lab)[-1:]


def test_a_claim_opens_the_whole_text_and_work_on_a_device_its_own_only(lab: Lab, opened: list[bytes]) -> None:
    reference = lab.approved()
    opened.clear()
    lab.runner.claim(reference, BRUNO)
    assert opened == sealed(lab), "what is carried out is what was approved, whatever was seen before"
    opened.clear()
    assert lab.runner.carry_out(reference) == "done"
    assert [one for n, one in enumerate(opened) if one not in opened[:n]] == sealed(lab)
    assert opened == sorted(opened, key=sealed(lab).index), "each in its turn"


def exchange(lab: Lab) -> None:
    """Two devices of the only plan change places, behind the back of whoever has seen it."""
    with lab.database.transaction() as session:
        one, other, *_ = session.scalars(select(StepRow).order_by(StepRow.seq)).all()
        one.sealed, other.sealed = other.sealed, one.sealed
        one.device, other.device = other.device, one.device


def test_a_text_that_was_changed_behind_the_seal_is_not_approved(lab: Lab) -> None:
    reference = lab.desk.create(lab.wanted(), BRUNO, key="other author")
    seal = lab.desk.glances.one(reference).digest
    exchange(lab)
    assert lab.desk.one(reference).plan.digest != seal
    anne = replace(BRUNO, name="anne")
    with pytest.raises(Conflict):
        lab.desk.approve(reference, seal, Capacity.ENGINEER, anne)


def test_a_text_that_was_changed_behind_the_seal_is_not_carried_out(lab: Lab) -> None:
    reference = lab.approved()
    assert lab.desk.glances.one(reference).lacking == ()
    exchange(lab)
    with pytest.raises(Conflict, match="approval is missing"):
        lab.runner.run(reference, BRUNO)
    assert lab.boxes.dialled == []


def test_there_is_nothing_to_see_of_a_plan_that_is_not_there(lab: Lab) -> None:
    with pytest.raises(NotFound):
        lab.desk.glances.one("C-2026-0009")
