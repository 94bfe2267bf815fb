"""Sites due: read from acts, followed through cessions, never lost between parties, never guessed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nms.base.errors import InputError
from spectrum.act_file import read_obligations
from spectrum.acts import Act, Obligation, Step, act_from_json
from spectrum.bands import UNKNOWN, Bands
from spectrum.chronicle import chronicle
from spectrum.obligations import Standing, Station, Status, as_csv, row, standings
from tests.unit.spectrum.register_facts import CHANNEL, FIRST, LAST, LOT, OTHER_LOT, PLACES, act

DUE = date(2010, 12, 31)
TODAY = date(2010, 6, 30)
TWO = Obligation("86", 2, DUE, "annexe 2", "H")
TITLE = act(Step.ATTRIBUTION, "T", FIRST, until=LAST, taker="Région", obligations=(TWO,))
POITIERS, LUSIGNAN = Station("a", "86194", CHANNEL), Station("b", "86139", CHANNEL)


def ceded(area: str, *clauses: Obligation, number: str = "C", bands: Bands = LOT) -> Act:
    """A cession from the Région to a party."""
    day = date(2009, 1, 1)
    taker = f"Vers {number}"
    return act(Step.EXECUTION, number, day, area, bands, LAST, "Région", taker, obligations=clauses)


def stand(*acts: Act, emitting: list[Station] | None = None, day: date = TODAY) -> list[Standing]:
    """The standings of some acts on a day."""
    return standings(acts, chronicle(acts, day), emitting, PLACES, day)


def test_a_clause_is_read_with_its_source_and_a_wrong_one_is_named() -> None:
    text = "86: 2 by 2010-12-31 [annexe 2; art. 1] (H) ; 16:1 au 30/06/2008 [presse] (M);"
    two, one = read_obligations(text, {"86", "16"})
    assert two == Obligation("86", 2, DUE, "annexe 2; art. 1", "H")
    assert one == Obligation("16", 1, date(2008, 6, 30), "presse", "M")
    good = "86: 2 by 2010-12-31 [x] (H)"
    for wrong in (
        "86: 2 by 2010-12-31",
        good.replace("2 by", "0 by"),
        good.replace("86", "33"),
        good.replace("12-31", "02-31"),
        good.replace("(H)", "(S)"),
        f"{good}; 86: 3 by 31/12/2010 [y] (H)",
    ):
        with pytest.raises(InputError):
            read_obligations(wrong, {"86", "16"})


def test_the_sealed_facts_keep_clauses_and_those_of_acts_without_any_are_as_before() -> None:
    assert act_from_json(TITLE.as_json()).obligations == (TWO,)
    assert "obligations" not in ceded("86").as_json()


@pytest.mark.parametrize(
    ("emitting", "day", "status", "missing"),
    [
        ([POITIERS, LUSIGNAN], DUE, Status.MET, 0),
        ([POITIERS, POITIERS], DUE, Status.DUE, 1),
        ([POITIERS], DUE + timedelta(days=1), Status.LATE, 1),
        ([POITIERS, Station("c", "16015", CHANNEL), Station("d", "86139", OTHER_LOT)], DUE, Status.DUE, 1),
        ([POITIERS, Station("d", "86139", UNKNOWN)], DUE, Status.UNKNOWN, None),
        ([POITIERS, Station("d", "", CHANNEL)], DUE, Status.UNKNOWN, None),
        (None, DUE, Status.UNKNOWN, None),
    ],
)
def test_sites_in_the_department_and_the_bands_count_once_and_the_due_day_is_in_time(
    emitting: list[Station] | None, day: date, status: Status, missing: int | None
) -> None:
    (one,) = stand(TITLE, emitting=emitting, day=day)
    assert (one.status, one.missing, one.days_left) == (status, missing, (DUE - day).days)
    assert (one.why is not None) == (status is Status.UNKNOWN)
    assert row(one)["sites_missing"] == missing
    assert as_csv([one]).count("\n") == 2


def test_who_takes_a_whole_department_owes_it_and_a_shared_one_is_to_ask() -> None:
    (whole,) = stand(TITLE, ceded("Département de la Vienne (86)"), emitting=[POITIERS, LUSIGNAN])
    assert (whole.holders, whole.status) == (("Vers C",), Status.MET)
    (shared,) = stand(TITLE, ceded("86194"), emitting=[POITIERS, LUSIGNAN])
    assert set(shared.holders) == {"Région", "Vers C"}
    assert shared.status is Status.TO_ASK
    (elsewhere,) = stand(TITLE, ceded("Département de la Charente (16)"), emitting=[POITIERS, LUSIGNAN])
    assert (elsewhere.holders, elsewhere.status) == (("Région",), Status.MET)


def test_a_right_that_nobody_holds_any_more_has_no_debtor() -> None:
    end = act(Step.ABROGATION, "X", date(2010, 1, 1), giver="Région")
    (one,) = stand(TITLE, end, emitting=[POITIERS, LUSIGNAN])
    assert (one.holders, one.status) == ((), Status.UNKNOWN)


def test_a_restated_number_takes_the_place_of_the_first() -> None:
    less = act(
        Step.MODIFICATION, "M", date(2009, 1, 1), title="T", obligations=(Obligation("86", 1, DUE, "art. 2", "H"),)
    )
    part = ceded("86194", Obligation("86", 1, DUE, "art. 1", "H"))
    one, two = sorted(stand(TITLE, part, less, emitting=[POITIERS]), key=lambda found: found.authorisation)
    assert (one.holders, one.status, one.sites) == (("Vers C",), Status.MET, 1)
    assert (two.holders, two.status, two.missing) == (("Région",), Status.DUE, 1)


@given(due=st.integers(1, 40), one=st.integers(0, 40), two=st.integers(0, 40), all_of_it=st.booleans())
def test_whatever_acts_state_no_site_falls_between_the_parties(due: int, one: int, two: int, all_of_it: bool) -> None:
    """R. 20-44-9-4: what is stated for those who took, and what is told as to ask, is never less than what was due."""
    clause = Obligation("86", due, DUE, "annexe", "H")
    title = act(Step.ATTRIBUTION, "T", FIRST, until=LAST, taker="Région", obligations=(clause,))
    parts = [
        ceded(area, *([Obligation("86", count, DUE, "art.", "H")] if count else []), number=number)
        for area, count, number in [("86194", one, "C"), ("86139", two, "D")][: 2 if all_of_it else 1]
    ]
    found = stand(title, *parts, emitting=[])
    assert sum(standing.clause.sites for standing in found) >= due
    assert all(standing.why is not None for standing in found if standing.authorisation == "T")
