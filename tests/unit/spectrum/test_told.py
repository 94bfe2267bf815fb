"""The public register: authorisations, not the pieces into which uses cut them, and never who uses them."""

from __future__ import annotations

from datetime import date

from spectrum.acts import Step
from spectrum.chronicle import chronicle
from spectrum.rights import Extent, Period
from spectrum.told import authorisations
from tests.unit.spectrum.register_facts import CHANNEL, LAST, LOT, PLACES, UNKNOWN, act, licence

REGION, TODAY = "Région Poitou-Charentes", date(2010, 1, 1)


def test_a_use_neither_shows_nor_shortens_the_authorisation_that_it_cuts() -> None:
    lent = act(Step.MAKING_AVAILABLE, "M", TODAY, "86139", CHANNEL, date(2012, 1, 1), giver=REGION, taker="Secret")
    (told,) = authorisations(chronicle([licence(), lent]), TODAY)
    assert told.extent == Extent(PLACES.area(REGION), LOT, Period(TODAY, LAST))
    assert (told.holder, told.user) == (REGION, REGION)


def test_a_cession_for_some_years_shows_with_its_own_end_beside_the_title_with_its_end() -> None:
    ceded = act(Step.ISSUE, "C", TODAY, "86139", CHANNEL, date(2012, 1, 1), giver=REGION, taker="CC")
    told = authorisations(chronicle([licence(), ceded]), TODAY)
    assert {(one.authorisation, one.extent.bands, one.extent.period.end) for one in told} == {
        ("2006-0744", LOT, LAST),
        ("2006-0744", LOT.minus(CHANNEL), LAST),
        ("C", CHANNEL, date(2012, 1, 1)),
    }


def test_bands_and_an_end_that_are_not_established_stay_so() -> None:
    (told,) = authorisations(chronicle([licence(UNKNOWN, until=None)]), TODAY)
    assert (told.extent.bands, told.extent.period.end) == (UNKNOWN, None)
