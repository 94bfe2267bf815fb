"""What comes to an end, and what only looks like it because an act cuts a right into pieces."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from spectrum.acts import Act, Step
from spectrum.chronicle import chronicle
from spectrum.terms import TermKind, day_without, ends
from tests.unit.spectrum.register_facts import CHANNEL, LAST, UNKNOWN, act, licence

REGION = "Région Poitou-Charentes"
TODAY, SOON = date(2010, 1, 1), date(2010, 6, 1)


def told(*acts: Act) -> set[tuple[TermKind, str, date]]:
    return {(one.kind, one.number, one.last) for one in ends(chronicle(acts), (), TODAY)}


RIGHT = (TermKind.RIGHT, "2006-0744", date(2026, 7, 24))


def test_a_cession_to_come_is_no_end_of_what_the_cedant_keeps() -> None:
    ceded = act(Step.ISSUE, "C", SOON, "86139", CHANNEL, LAST, giver=REGION, taker="CC")
    assert told(licence(), ceded) == {RIGHT}
    whole = replace(ceded, bands=UNKNOWN, area=licence().area)
    assert told(licence(), whole) == set()


def test_a_use_to_come_is_no_end_of_the_right() -> None:
    lent = act(Step.MAKING_AVAILABLE, "M", SOON, "86139", CHANNEL, LAST, giver=REGION, taker="CC")
    assert told(licence(), lent) == {RIGHT}


def test_an_abrogation_to_come_is_an_end_there_and_nowhere_else() -> None:
    over = act(Step.ABROGATION, "A", SOON, "86139", UNKNOWN, giver=REGION)
    assert told(licence(), over) == {RIGHT, (TermKind.RIGHT, "2006-0744", date(2010, 5, 31))}


def test_the_day_without_a_right_in_a_commune_is_found_through_the_pieces_that_uses_make() -> None:
    lent = act(
        Step.MAKING_AVAILABLE, "M", TODAY, "86139", CHANNEL, date(2012, 1, 1), giver=REGION, taker="CC"
    )  # fmt: skip
    over = act(Step.ABROGATION, "A", date(2014, 1, 1), "86139", CHANNEL, giver=REGION)
    folded = chronicle([licence(), lent, over])
    line = folded.of_title("2006-0744")
    days = {
        one.extent.bands.contains(CHANNEL): day_without(one, "86139", line)
        for one in folded.on(TODAY)
        if "86139" in one.extent.area
    }
    assert set(days.values()) == {date(2014, 1, 1), LAST}
    endless = chronicle([licence(until=None)])
    (one,) = endless.on(TODAY)
    assert day_without(one, "86139", endless.of_title("2006-0744")) is None
