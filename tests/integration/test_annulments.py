"""A record made by mistake: annulled with what rests on it, readable as it was known, never in the way again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from nms.base.clock import legal_day
from nms.base.db import Database
from nms.base.errors import Conflict
from nms.base.permissions import Role, actor_of_roles
from spectrum import verification
from spectrum.act_file import read_acts, row_of
from spectrum.acts import Act, Step
from spectrum.register import Register
from spectrum.sheet.judging import Fate
from spectrum.sheet.store import Form, Sheets
from tests.integration.test_register_store import OFFICER, filled
from tests.unit.spectrum.register_facts import CHANNEL, LAST, PLACES, act, licence, real_acts

ALICE, BOB = (actor_of_roles(name, [Role.LEGAL]) for name in ("alice", "bob"))
REGION, DAY = "Région Poitou-Charentes", date(2010, 1, 1)
WRONG = act(Step.ISSUE, "2010-0001", DAY, "86139", CHANNEL, LAST, giver=REGION, taker="CC de Mélusine", order=1)
RIGHT = replace(WRONG, cessionnaire="CC du Pays Mélusin")
RESTING = act(
    Step.ISSUE, "2010-0002", date(2011, 1, 1), "86139", CHANNEL, LAST, giver="CC de Mélusine", taker="Lusignan"
)


def annulled(one: Act) -> Act:
    return replace(one, annulled=True)


def holders(register: Register, on: date = date(2012, 1, 1), known_at: date | None = None) -> set[str]:
    return {one.holder for one in register.holdings(on, known_at) if one.extent.bands == CHANNEL}


@pytest.fixture
def register(database: Database) -> Register:
    """A register with a licence, and a cession recorded to the wrong party, the day before."""
    found = filled(database)
    found.replay([licence(), WRONG], OFFICER)
    found.clock.advance(86_400.0)  # type: ignore[attr-defined]
    return found


def as_file(acts: Iterable[Act]) -> bytes:
    rows = [row_of(one) for one in acts]
    out = io.StringIO()
    write = csv.DictWriter(out, list(rows[0]))
    write.writeheader()
    write.writerows(rows)
    return out.getvalue().encode()


def test_an_act_reads_back_from_its_row_as_it_was() -> None:
    for one in (*real_acts(), licence(), WRONG):
        (again,) = read_acts(as_file([one]), PLACES).acts
        assert replace(again, order=0) == replace(one, order=0)
        assert again.key == one.key


def test_a_wrong_record_is_annulled_and_the_right_one_takes_its_place_in_one_file(register: Register) -> None:
    yesterday = legal_day(register.clock.now()) - timedelta(1)
    register.replay([annulled(WRONG), RIGHT], OFFICER, correct=True)
    assert holders(register) == {"CC du Pays Mélusin"}
    assert holders(register, known_at=yesterday) == {"CC de Mélusine"}
    assert [one.act.cessionnaire for one in register.acts()] == [REGION, "CC du Pays Mélusin"]
    with register.database.reading() as session:
        assert verification.verify(session).broken_at is None
        assert verification.rejudge(session)[1] == []


def test_without_asking_for_a_correction_nothing_is_annulled(register: Register) -> None:
    with pytest.raises(Conflict):
        register.replay([annulled(WRONG)], OFFICER)
    assert holders(register) == {"CC de Mélusine"}


def test_a_record_that_was_annulled_may_be_made_again_and_annulled_again(register: Register) -> None:
    for _ in range(2):
        register.replay([annulled(WRONG)], OFFICER, correct=True)
        assert holders(register) == set()
        with pytest.raises(Conflict) as refused:
            register.replay([annulled(WRONG)], OFFICER, correct=True)
        assert refused.value.code == "not_recorded"
        register.replay([WRONG], OFFICER)
        assert holders(register) == {"CC de Mélusine"}


def test_a_record_on_which_an_act_rests_is_not_annulled_by_itself(register: Register) -> None:
    register.replay([RESTING], OFFICER)
    with pytest.raises(Conflict) as refused:
        register.replay([annulled(WRONG)], OFFICER, correct=True)
    assert "2010-0002" in str(refused.value.message)
    assert holders(register) == {"Lusignan"}
    then = replace(RESTING, cedant="CC du Pays Mélusin")
    register.replay([annulled(WRONG), annulled(RESTING), RIGHT, then], OFFICER, correct=True)
    assert holders(register) == {"Lusignan"}
    assert [one.act.cedant for one in register.acts()] == ["", REGION, "CC du Pays Mélusin"]


def test_the_annulment_of_an_end_that_gives_room_another_has_taken_is_refused(register: Register) -> None:
    end = act(Step.ABROGATION, "2011-1", date(2011, 1, 1), "86139", CHANNEL, giver="CC de Mélusine")
    taken = act(Step.ATTRIBUTION, "2012-1", date(2012, 1, 1), "86139", CHANNEL, LAST, taker="Une autre")
    register.replay([end, taken], OFFICER)
    with pytest.raises(Conflict):
        register.replay([annulled(end)], OFFICER, correct=True)
    plan = Sheets(register).foresee(as_file([annulled(end)]), correct=True)
    assert [one.fate for one in plan.judged] == [Fate.FAULT]
    assert holders(register) == {"Une autre"}


def test_a_file_that_annuls_takes_two_officers_and_tells_what_it_would_do(register: Register) -> None:
    sheets = Sheets(register)
    octets = as_file([annulled(WRONG), RIGHT])
    assert [one.fate for one in sheets.foresee(octets, correct=True).judged] == [Fate.ANNULS, Fate.NEW]
    assert not sheets.foresee(octets).ok
    assert not sheets.foresee(as_file([annulled(RIGHT)]), correct=True).ok
    reference = sheets.open(octets, "annule.csv", ALICE, form=Form.ACTS, correct=True)
    assert sheets.record(reference, 1, BOB) == 2
    assert holders(register) == {"CC du Pays Mélusin"}


def test_a_file_does_not_annul_what_an_act_rests_on(register: Register) -> None:
    register.replay([RESTING], OFFICER)
    plan = Sheets(register).foresee(as_file([annulled(WRONG)]), correct=True)
    assert "2010-0002" in str(plan.complaints[0].remedy)


def test_a_record_whose_area_is_known_no_more_is_annulled_by_its_words(register: Register) -> None:
    octets = as_file([annulled(replace(WRONG, area_text="CC disparue"))])
    assert not Sheets(register).foresee(octets, correct=True).ok
    gone = replace(WRONG, number="2010-0009", area_text="CC disparue", effective_on=date(2026, 7, 1), area=frozenset())
    (read,) = read_acts(as_file([annulled(gone)]), PLACES).acts
    assert (read.key, read.annulled) == (gone.key, True)


def test_an_act_that_is_put_right_keeps_its_place_among_those_of_its_day(register: Register) -> None:
    same_day = act(Step.ISSUE, "2010-0002", DAY, "86139", CHANNEL, LAST, giver="CC de Mélusine", taker="Lusignan")
    register.replay([same_day], OFFICER)
    for note in ("lu à la préfecture", "relu"):
        corrected = replace(WRONG, note=note)
        plan = Sheets(register).foresee(as_file([corrected]), correct=True)
        assert [one.fate for one in plan.judged] == [Fate.PUT_RIGHT]
        register.replay([corrected], OFFICER, correct=True)
        assert holders(register) == {"Lusignan"}
        assert not any(one.marks for one in register.holdings(date(2012, 1, 1)))
