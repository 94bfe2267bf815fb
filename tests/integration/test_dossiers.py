"""Projects on both databases: two officers, one outcome, no secret outside, from draft to execution."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from inventory.territory import Commune, CommuneSuccessor
from nms.base import ledger
from nms.base.clock import PARIS, FakeClock
from nms.base.db import Database
from nms.base.errors import Conflict, InputError, LawRefusal, NmsError, PermissionRefused
from nms.base.permissions import Role, actor_of_roles
from nms.base.secrets import SecretBox
from spectrum import verification
from spectrum.acts import Step
from spectrum.dossiers import Dossiers
from spectrum.drafts import SEALED, Draft
from spectrum.former import Part, former, part_of
from spectrum.law.course import Event, Mark, Stage
from spectrum.law.verdict import Outcome
from spectrum.law.versions import Nature
from spectrum.models import DossierRow
from spectrum.register import Register
from spectrum.terms import terms
from tests.integration.test_register_store import filled
from tests.unit.spectrum.register_facts import CHANNEL, FIRST, LAST, LOT, act, licence

ALICE, BOB = (actor_of_roles(name, [Role.LEGAL]) for name in ("alice", "bob"))
CANARY = "12 345 678 euros canari"
DRAFT = Draft(
    Nature.CESSION,
    "2006-0744",
    "Région Poitou-Charentes",
    "CC du Pays Mélusin",
    "86139",
    CHANNEL.text(),
    date(2010, 6, 1),
    date(2015, 6, 1),
    items={str(code): CANARY if code == 4 else f"pièce {code}" for code in range(1, 12)},
    split="par population",
    assigned_by_call=True,
    public_service=False,
    station_locations=False,
    commitments=True,
    sanctioned=False,
    capacity=True,
)
STEPS = (
    Event(Mark.SENT, date(2010, 1, 4)),
    Event(Mark.RECEIVED, date(2010, 1, 6)),
    Event(Mark.COMPLETE, date(2010, 1, 8)),
    Event(Mark.APPROVED, date(2010, 3, 2), reference="2010-0201"),
    Event(Mark.NOTIFIED, date(2010, 3, 5)),
    Event(Mark.CONFIRMED_CEDANT, date(2010, 3, 9)),
    Event(Mark.CONFIRMED_CESSIONNAIRE, date(2010, 3, 10)),
    Event(Mark.EXECUTED, date(2010, 3, 12), reference="2010-0250"),
)


@pytest.fixture
def dossiers(database: Database, tmp_path: Path) -> Dossiers:
    """Projects over a register that holds the licence of the Region, all facts established, in January 2010."""
    register = filled(database)
    register.clock = FakeClock(datetime(2010, 1, 2, 9, tzinfo=PARIS))
    register.replay([licence()], ALICE)
    return Dossiers(register, SecretBox.open_or_create(tmp_path))


def at(dossiers: Dossiers, day: date) -> None:
    """Let the clock reach a day."""
    clock = dossiers._clock
    assert isinstance(clock, FakeClock)
    clock.advance(max((day - clock.now().astimezone(PARIS).date()).days, 0) * 86_400.0)


def walk(dossiers: Dossiers, reference: str, steps: tuple[Event, ...] = STEPS) -> None:
    """Record events on their days, by the officer who did not draft."""
    for event in steps:
        at(dossiers, event.on)
        dossiers.add_event(reference, event, BOB, f"key-{event.mark}-{event.on}")


def register_of(dossiers: Dossiers) -> Register:
    return dossiers._register


def test_a_cession_on_all_three_axes_goes_from_draft_to_execution_with_two_officers(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    judged = dossiers.judge(DRAFT, date(2010, 1, 2))
    assert {v.rule for v in judged.verdicts if v.outcome is not Outcome.GRANTED} == {"competition"}
    walk(dossiers, reference, STEPS[:-1])
    assert dossiers.one(reference, date(2010, 3, 10)).standing.stage is Stage.EXECUTABLE
    register = register_of(dossiers)
    assert {h.holder for h in register.holdings(date(2010, 6, 1))} == {"Région Poitou-Charentes"}
    walk(dossiers, reference, STEPS[-1:])
    assert dossiers.one(reference, date(2010, 3, 12)).standing.stage is Stage.EXECUTED
    (mine,) = [h for h in register.holdings(date(2010, 6, 1)) if h.holder == "CC du Pays Mélusin"]
    assert (mine.extent.area, mine.extent.bands) == (frozenset({"86139"}), CHANNEL)
    assert (mine.extent.period.start, mine.extent.period.end) == (date(2010, 6, 1), date(2015, 6, 1))
    assert mine.parent == "2006-0744"
    assert not any(h.holder == "CC du Pays Mélusin" for h in register.holdings(date(2010, 5, 31)))
    assert not any(h.holder == "CC du Pays Mélusin" for h in register.holdings(date(2015, 6, 1)))
    with register.database.reading() as session:
        assert verification.verify(session).broken_at is None
        count, different = verification.rejudge(session)
        assert (count, different) == (3, [])


def test_approval_alone_moves_nothing_and_is_a_mark(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, STEPS[:4])
    held = register_of(dossiers).holdings(date(2010, 6, 2))
    assert {h.holder for h in held} == {"Région Poitou-Charentes"}
    assert any("2010-0201" in mark for h in held for mark in h.marks)


def test_who_drafted_may_neither_send_nor_execute(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    at(dossiers, STEPS[0].on)
    with pytest.raises(PermissionRefused):
        dossiers.add_event(reference, STEPS[0], ALICE, "a")
    walk(dossiers, reference, STEPS[:-1])
    at(dossiers, STEPS[-1].on)
    with pytest.raises(PermissionRefused):
        dossiers.add_event(reference, STEPS[-1], ALICE, "b")
    for role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.ENGINEER, Role.COMMUNE, Role.OFFICIAL):
        with pytest.raises(PermissionRefused):
            dossiers.add_event(reference, STEPS[-1], actor_of_roles("x", [role]), "c")
        with pytest.raises(PermissionRefused):
            dossiers.create(DRAFT, actor_of_roles("x", [role]), date(2010, 1, 2), "two")


def test_fault_74_two_officers_on_one_draft_overwrite_nothing(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    assert dossiers.edit(reference, 1, replace(DRAFT, cessionnaire="Alice's choice"), ALICE, date(2010, 1, 2)) == 2
    with pytest.raises(Conflict) as refused:
        dossiers.edit(reference, 1, replace(DRAFT, cessionnaire="Bob's choice"), BOB, date(2010, 1, 2))
    assert refused.value.facts["differs"] == "cessionnaire"
    assert dossiers.one(reference, date(2010, 1, 2)).draft.cessionnaire == "Alice's choice"


def test_a_project_that_was_sent_is_no_longer_edited(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, STEPS[:1])
    with pytest.raises(Conflict):
        dossiers.edit(reference, 1, DRAFT, ALICE, date(2010, 1, 4))


def test_an_event_entered_by_mistake_is_taken_back_with_its_reason_and_stays_readable(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, STEPS[:1])
    back = Event(Mark.RECTIFIED, date(2010, 1, 5), note="la lettre n’est pas partie")
    at(dossiers, back.on)
    with pytest.raises(InputError):
        dossiers.add_event(reference, replace(back, note=" "), BOB, "without")
    dossiers.add_event(reference, back, BOB, "with")
    one = dossiers.one(reference, back.on)
    assert (one.standing.stage, one.may_be_edited, len(one.events)) == (Stage.DRAFT, True, 2)
    assert dossiers.edit(reference, 1, replace(DRAFT, split="autrement"), ALICE, back.on) == 2
    dossiers.add_event(reference, Event(Mark.SENT, back.on), BOB, "again")
    assert dossiers.one(reference, back.on).standing.stage is Stage.SENT
    with register_of(dossiers).database.reading() as session:
        assert sum("la lettre n" in line for line in ledger.export(session)) == 1


def test_an_approval_is_a_mark_from_its_own_day_whatever_day_the_parties_wish(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, STEPS[:4])
    register = register_of(dossiers)
    assert not any(h.marks for h in register.holdings(date(2010, 3, 1)))
    assert any(h.marks for h in register.holdings(date(2010, 3, 2)))


def test_a_project_withdrawn_after_its_approval_leaves_no_mark_and_moves_nothing(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, (*STEPS[:5], Event(Mark.WITHDRAWN, date(2010, 3, 8))))
    register = register_of(dossiers)
    assert any(h.marks for h in register.holdings(date(2010, 3, 7)))
    for day in (date(2010, 3, 8), date(2010, 6, 2)):
        held = register.holdings(day)
        assert {h.holder for h in held} == {"Région Poitou-Charentes"}
        assert not any(h.marks for h in held)
    assert [one.act.number for one in register.acts()][1:] == ["2010-0201", reference]
    back = Event(Mark.RECTIFIED, date(2010, 3, 8), note="erreur")
    with pytest.raises(LawRefusal):
        dossiers.add_event(reference, back, BOB, "back")
    with register.database.reading() as session:
        assert verification.verify(session).broken_at is None


def test_an_execution_entered_by_mistake_is_taken_back_once_the_record_of_its_act_is_annulled(
    dossiers: Dossiers,
) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference)
    register, day = register_of(dossiers), STEPS[-1].on
    back = Event(Mark.RECTIFIED, day, note="la décision n’est pas celle-ci")
    with pytest.raises(LawRefusal):
        dossiers.add_event(reference, back, BOB, "early")
    wrong = next(one.act for one in register.acts() if one.act.number == "2010-0250")
    register.replay([replace(wrong, annulled=True)], BOB, correct=True)
    assert {h.holder for h in register.holdings(date(2010, 6, 1))} == {"Région Poitou-Charentes"}
    dossiers.add_event(reference, back, BOB, "now")
    again = dossiers.one(reference, day)
    assert (again.standing.stage, dossiers.act_of_last(again)) == (Stage.EXECUTABLE, "")
    dossiers.add_event(reference, replace(STEPS[-1], reference="2010-0205"), BOB, "right")
    assert any(h.holder == "CC du Pays Mélusin" for h in register.holdings(date(2010, 6, 1)))


def test_a_project_withdrawn_before_any_approval_records_no_act(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, (*STEPS[:3], Event(Mark.WITHDRAWN, date(2010, 1, 20))))
    assert [one.act.number for one in register_of(dossiers).acts()] == ["2006-0744"]


@dataclass(frozen=True)
class Merged:
    """What became of a commune."""

    old_name: str
    new_insee: str
    date_on: date | None


def grouping(dossiers: Dossiers, name: str, *communes: str) -> None:
    """The territory as another pack has it: these communes, and no other, are the grouping of that name."""
    register = register_of(dossiers)
    with register.database.transaction() as session:
        session.execute(update(Commune).values(epci_name="", epci_siren=""))
        session.execute(update(Commune).where(Commune.insee.in_(communes)).values(epci_name=name))
    register._places = None


def test_what_is_executed_is_what_was_approved_though_the_grouping_has_other_communes_since(
    dossiers: Dossiers,
) -> None:
    grouping(dossiers, "CC de Vouneuil", "86139")
    reference = dossiers.create(replace(DRAFT, area_text="CC de Vouneuil"), ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, STEPS[:4])
    grouping(dossiers, "CC de Vouneuil", "86139", "86194")
    walk(dossiers, reference, STEPS[4:])
    register = register_of(dossiers)
    (mine,) = [h for h in register.holdings(date(2010, 6, 1)) if h.holder == "CC du Pays Mélusin"]
    assert mine.extent.area == frozenset({"86139"})
    assert not any(h.marks for h in register.holdings(date(2010, 6, 1)))


def test_a_project_whose_grouping_is_no_more_is_still_read_followed_and_executed(dossiers: Dossiers) -> None:
    grouping(dossiers, "CC de Vouneuil", "86139")
    reference = dossiers.create(replace(DRAFT, area_text="CC de Vouneuil"), ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, STEPS[:3])
    grouping(dossiers, "Grand Poitiers", "86139", "86194")
    day = STEPS[2].on
    assert dossiers.judged(dossiers.one(reference, day), day).wanted.area == frozenset({"86139"})
    assert reference in {term.number for term in terms(register_of(dossiers), dossiers, day)}
    walk(dossiers, reference, STEPS[3:])
    assert any(h.holder == "CC du Pays Mélusin" for h in register_of(dossiers).holdings(date(2010, 6, 1)))


def test_a_commune_merged_in_the_middle_keeps_its_right_to_itself(dossiers: Dossiers) -> None:
    reference = dossiers.create(replace(DRAFT, area_text="C86139"), ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, STEPS[:4])
    register = register_of(dossiers)
    with register.database.transaction() as session:
        session.add(CommuneSuccessor(old_insee="86139", old_name="C86139", new_insee="86194", date_on=date(2010, 3, 4)))
        session.execute(delete(Commune).where(Commune.insee == "86139"))
    register._places = None
    walk(dossiers, reference, STEPS[4:])
    (mine,) = [h for h in register.holdings(date(2010, 6, 1)) if h.holder == "CC du Pays Mélusin"]
    assert mine.extent.area == frozenset({"86194"})
    assert not any(h.marks for h in register.holdings(date(2010, 6, 1)))
    merged = {old: Merged(f"C{old}", "86194", date(2010, 3, 4)) for old in ("86139", "86194")}
    known = former(register.acts(), merged)
    assert part_of(mine, "86194", known) == Part(("86139",), ("C86139",), "region poitou charentes")


def test_who_changed_a_draft_may_neither_send_nor_execute_it(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    dossiers.edit(reference, 1, replace(DRAFT, cessionnaire="Une amie de Bob"), BOB, date(2010, 1, 2))
    at(dossiers, STEPS[0].on)
    for officer in (ALICE, BOB):
        with pytest.raises(PermissionRefused):
            dossiers.add_event(reference, STEPS[0], officer, officer.name)
    dossiers.add_event(reference, STEPS[0], actor_of_roles("carol", [Role.LEGAL]), "carol")
    assert dossiers.writers(reference) == {"alice", "bob"}


def test_when_arcep_asks_for_items_they_are_completed_and_nothing_else_changes(dossiers: Dossiers) -> None:
    reference = dossiers.create(replace(DRAFT, items={"1": "x"}, split=""), ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, STEPS[:2])
    with pytest.raises(Conflict):
        dossiers.edit(reference, 1, DRAFT, ALICE, STEPS[1].on)
    walk(dossiers, reference, (Event(Mark.INCOMPLETE, date(2010, 1, 7)),))
    with pytest.raises(Conflict) as refused:
        dossiers.edit(reference, 1, replace(DRAFT, cessionnaire="Autre"), ALICE, date(2010, 1, 7))
    assert "cessionnaire" in str(refused.value.message)
    assert dossiers.edit(reference, 1, DRAFT, ALICE, date(2010, 1, 7)) == 2
    walk(dossiers, reference, STEPS[2:])
    assert dossiers.one(reference, STEPS[-1].on).standing.stage is Stage.EXECUTED


def test_a_project_that_names_no_title_takes_from_the_only_one_there_and_never_from_another(
    dossiers: Dossiers,
) -> None:
    second = act(Step.ATTRIBUTION, "2006-0001", FIRST, "(21)", LOT, LAST, taker="Région Poitou-Charentes")
    register_of(dossiers).replay([second], ALICE)
    day = date(2010, 1, 2)
    for area, title in (("86139", "2006-0744"), ("(21)", "2006-0001")):
        judged = dossiers.judge(replace(DRAFT, title="", area_text=area), day)
        assert judged.project.title.number == title
    with pytest.raises(InputError) as refused:
        dossiers.judge(replace(DRAFT, title="", area_text="(21, 86)"), day)
    assert refused.value.code == "which_title"


def test_fault_73_a_double_click_is_one_project_and_one_event(dossiers: Dossiers) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "same"), range(8)))
    assert len(found) == 1
    (reference,) = found
    at(dossiers, STEPS[0].on)
    for _ in range(3):
        dossiers.add_event(reference, STEPS[0], BOB, "same")
    assert len(dossiers.one(reference, STEPS[0].on).events) == 1


def test_fault_89_a_withdrawal_and_an_execution_at_the_same_instant_have_one_outcome(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, STEPS[:-1])
    day = STEPS[-1].on
    at(dossiers, day)
    events = (STEPS[-1], Event(Mark.WITHDRAWN, day, by="cédant"))

    def attempt(event: Event) -> str:
        try:
            dossiers.add_event(reference, event, BOB, f"race-{event.mark}")
        except LawRefusal:
            return "refused"
        return event.mark.value

    with ThreadPoolExecutor(2) as pool:
        told = Counter(pool.map(attempt, events))
    assert told["refused"] == 1
    stage = dossiers.one(reference, day).standing.stage
    moved = any(h.holder == "CC du Pays Mélusin" for h in register_of(dossiers).holdings(date(2010, 6, 1)))
    assert moved == (stage is Stage.EXECUTED)
    assert stage in (Stage.EXECUTED, Stage.WITHDRAWN)


def test_fault_71_the_same_right_ceded_to_two_is_executed_once_and_the_other_is_told_the_article(
    dossiers: Dossiers,
) -> None:
    first = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    second = dossiers.create(replace(DRAFT, cessionnaire="Commune de Lusignan"), ALICE, date(2010, 1, 2), "two")
    for reference in (first, second):
        for event in STEPS[:-1]:
            number = f"{event.reference}-{reference}" if event.reference else ""
            dossiers_event = replace(event, reference=number)
            if reference == first:
                at(dossiers, event.on)
            dossiers.add_event(reference, dossiers_event, BOB, f"{event.mark}")
    walk(dossiers, first, STEPS[-1:])
    with pytest.raises(LawRefusal) as refused:
        dossiers.add_event(second, replace(STEPS[-1], reference="2010-0251"), BOB, "late")
    assert str(refused.value.facts["article"]).startswith(("R. 20-44-9-1", "L. 42-3"))
    assert dossiers.one(second, STEPS[-1].on).standing.stage is Stage.EXECUTABLE


def test_fault_87_silence_refuses_though_no_job_ran_and_an_event_of_the_future_is_refused(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, STEPS[:3])
    with pytest.raises(InputError):
        dossiers.add_event(reference, Event(Mark.APPROVED, date(2010, 3, 1), reference="x"), BOB, "future")
    for day in (date(2010, 4, 9), date(2010, 4, 10), date(2011, 5, 14)):
        assert dossiers.one(reference, day).standing.stage is Stage.SILENTLY_REFUSED
    assert dossiers.one(reference, date(2010, 4, 8)).standing.stage is Stage.IN_REVIEW


def test_fault_90_the_financial_conditions_are_nowhere_in_clear(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference)
    register = register_of(dossiers)
    with register.database.reading() as session:
        row = session.scalars(select(DossierRow)).one()
        texts = [row.facts, row.judged, *ledger.export(session)]
        assert row.finance is not None
        texts.append(row.finance.decode("latin-1"))
    assert not any("345 678" in text or "canari" in text for text in texts)
    assert dossiers.one(reference, date(2010, 3, 12)).draft.items["4"] == SEALED
    assert dossiers.finance(reference, BOB) == CANARY
    for role in set(Role) - {Role.LEGAL}:
        with pytest.raises(PermissionRefused):
            dossiers.finance(reference, actor_of_roles("x", [role]))


def test_fault_90_equal_conditions_have_no_digest_that_can_be_guessed_without_the_key(dossiers: Dossiers) -> None:
    import hashlib

    dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    with register_of(dossiers).database.reading() as session:
        (told,) = [json.loads(line) for line in ledger.export(session) if "register.dossier" in line]
    digest = json.loads(told["after"])["finance_digest"]
    assert digest not in {
        hashlib.new(name, CANARY.encode()).hexdigest() for name in ("sha256", "sha1", "md5", "sha512")
    }


def test_the_sealed_conditions_survive_an_edit_that_does_not_show_them(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    shown = dossiers.one(reference, date(2010, 1, 2)).draft
    dossiers.edit(reference, 1, replace(shown, split="autrement"), BOB, date(2010, 1, 2))
    assert dossiers.finance(reference, ALICE) == CANARY


def test_making_available_goes_by_agreement_and_leaves_the_holder_answerable(dossiers: Dossiers) -> None:
    draft = replace(DRAFT, nature=Nature.MAKING_AVAILABLE, agreement="courrier du 4 janvier 2010")
    reference = dossiers.create(draft, ALICE, date(2010, 1, 2), "one")
    walk(dossiers, reference, (Event(Mark.EXECUTED, date(2010, 1, 9), reference="Convention 1"),))
    (used,) = [h for h in register_of(dossiers).holdings(date(2010, 6, 1)) if h.user == "CC du Pays Mélusin"]
    assert used.holder == "Région Poitou-Charentes"


def test_a_refused_event_changes_nothing(dossiers: Dossiers) -> None:
    reference = dossiers.create(DRAFT, ALICE, date(2010, 1, 2), "one")
    with register_of(dossiers).database.reading() as session:
        before = ledger.head(session)
    for event in (Event(Mark.EXECUTED, date(2010, 1, 2), reference="x"), Event(Mark.APPROVED, date(2010, 1, 2))):
        with pytest.raises(NmsError):
            dossiers.add_event(reference, event, BOB, "early")
    with register_of(dossiers).database.reading() as session:
        assert ledger.head(session) == before
