"""What a configuration puts on the air, and whether rights hold it on every day."""

from datetime import date

import pytest

from nms.ops.change.grammar import Grammar, applied, parsed
from nms.ops.change.radio import RadioGrammar, RadioState, changes, radios, silencing
from spectrum.bands import NONE, Bands
from spectrum.chronicle import Holding
from spectrum.conformance import NEEDED, Verdict
from spectrum.preflight import Uncovered, uncovered
from spectrum.rights import Extent, Period

GRAMMAR = Grammar(singles=(r"frequency ", r"bandwidth ", r"power "))
RADIO = RadioGrammar(
    head=r"radio (?P<radio>\d+)",
    centre=r"frequency (?P<value>[\d.]+)(?: (?P<unit>kHz|MHz|GHz))?",
    width=r"bandwidth (?P<value>[\d.]+)(?: (?P<unit>kHz|MHz|GHz))?",
    off="shutdown",
    watched=(r"power .+", r"bsid .+"),
)
STATION = "radio 1\n frequency 3432500\n bandwidth 7 MHz\n power 30\nradio 2\n frequency 3.5 GHz\n shutdown\n"


def test_radios_are_read_with_their_units() -> None:
    assert radios(parsed(STATION, GRAMMAR), RADIO) == {
        "1": RadioState(True, 3_432_500, 7_000, ("power 30",)),
        "2": RadioState(False, 3_500_000, None),
    }


def test_what_is_off_emits_nothing_and_what_is_not_said_is_not_established() -> None:
    assert RadioState(False, 3_500_000, None).emitted == NONE
    assert not RadioState(True, 3_500_000, None).emitted.known
    assert RadioState(True, 3_432_500, 7_000).emitted == Bands.of((3_429_000, 3_436_000))


@pytest.mark.parametrize(
    ("lines", "touched"),
    [
        (["radio 1", " frequency 3436000"], ["1"]),
        (["radio 1", " power 33"], ["1"]),
        (["radio 1", " bsid 00:00:01"], ["1"]),
        (["radio 2", " no shutdown"], ["2"]),
        (["no radio 2"], ["2"]),
        (["hostname lezay"], []),
        (["radio 1", " power 30"], []),
    ],
)
def test_frequency_width_power_identity_and_silence_are_seen(lines: list[str], touched: list[str]) -> None:
    before = parsed(STATION, GRAMMAR)
    assert [one.radio for one in changes(before, applied(before, lines, GRAMMAR), RADIO)] == touched


def test_a_radio_can_be_silenced_by_lines_of_its_own_family() -> None:
    before = parsed(STATION, GRAMMAR)
    lines = silencing("1", before, RADIO)
    assert lines == ["radio 1", " shutdown"]
    assert radios(applied(before, lines, GRAMMAR), RADIO)["1"].emitted == NONE


LEZAY = "79148"
JANUARY, MARCH, JULY = date(2026, 1, 1), date(2026, 3, 1), date(2026, 7, 1)


def right(user: str, start: date, end: date | None, low: int = 3_429_000, high: int = 3_436_000) -> Holding:
    return Holding(
        "06-0744", user, user, Extent(frozenset({LEZAY}), Bands.of((low, high)), Period(start, end)), "06-0744"
    )


def first_day(period: Period, *rights: Holding, high: int = 3_436_000) -> Uncovered | None:
    def held_on(day: date) -> list[Holding]:
        return [one for one in rights if one.extent.period.holds(day)]

    return uncovered(Bands.of((3_429_000, high)), LEZAY, period, rights, held_on)


def test_a_right_of_the_whole_period_covers() -> None:
    assert first_day(Period(JANUARY, JULY), right("Region", JANUARY, JULY)) is None


def test_one_day_more_than_the_right_is_refused_with_that_day() -> None:
    found = first_day(Period(JANUARY, date(2026, 7, 2)), right("Region", JANUARY, JULY))
    assert found is not None
    assert (found.day, found.article, found.found.verdict) == (JULY, NEEDED, Verdict.VIOLATION)


def test_a_right_that_begins_later_does_not_cover_today() -> None:
    found = first_day(Period(JANUARY, JULY), right("Region", MARCH, JULY))
    assert found is not None
    assert found.day == JANUARY


def test_one_kilohertz_beyond_a_right_needs_an_authorisation_of_its_own() -> None:
    found = first_day(Period(JANUARY, JULY), right("Region", JANUARY, JULY), high=3_436_001)
    assert found is not None
    assert found.article == NEEDED


def test_a_chain_of_rights_covers_when_each_day_is_somebody_s_whole() -> None:
    assert first_day(Period(JANUARY, JULY), right("Region", JANUARY, MARCH), right("Lezay", MARCH, None)) is None
    half = (right("Region", JANUARY, MARCH), right("Lezay", MARCH, None, high=3_432_000))
    found = first_day(Period(JANUARY, JULY), *half)
    assert found is not None
    assert found.day == MARCH
