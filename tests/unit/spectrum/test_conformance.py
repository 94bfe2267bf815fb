"""An emission against the rights: exact edges, unions of one user, and never conform without proof."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum.bands import NONE, UNKNOWN, Bands
from spectrum.chronicle import Holding
from spectrum.conformance import ANOTHERS, NEEDED, Case, Verdict, emission, judge, told
from spectrum.former import Part
from spectrum.rights import Extent, Period

DAY = date(2026, 11, 24)
HERE, ELSEWHERE = "86194", "17300"


def right(
    bands: Bands, user: str = "Région", area: str = HERE, start: date = date(2006, 7, 25), end: date | None = None
) -> Holding:
    return Holding("06-0744", "Région", user, Extent(frozenset({area}), bands, Period(start, end)), "06-0744")


def verdict(emitted: Bands, *held: Holding, commune: str = HERE, day: date = DAY) -> Verdict:
    return judge(emitted, commune, day, held).verdict


def test_the_exact_edge_is_inside_and_one_kilohertz_beyond_is_not() -> None:
    """Half-open intervals: 3436 to 3439.5 MHz in exactly that band."""
    held = right(Bands.of((3_436_000, 3_439_500)))
    assert verdict(emission(3_437_750, 3_500), held) is Verdict.CONFORM
    assert verdict(emission(3_437_751, 3_500), held) is Verdict.VIOLATION
    assert verdict(emission(3_437_750, 3_502), held) is Verdict.VIOLATION
    assert verdict(emission(3_437_750.5, 3_500), held) is Verdict.VIOLATION


@given(
    parts=st.lists(st.tuples(st.integers(100, 160), st.integers(1, 20)), max_size=5),
    centre=st.integers(100, 180),
    half=st.integers(1, 12),
)
def test_a_verdict_agrees_with_every_kilohertz_counted(parts: list[tuple[int, int]], centre: int, half: int) -> None:
    """Against a brute-force grid: conform exactly when each kilohertz of the emission is in some right of the user."""
    held = [right(Bands.of((low, low + width))) for low, width in parts]
    allowed = {khz for low, width in parts for khz in range(low, low + width)}
    expected = set(range(centre - half, centre + half)) <= allowed
    assert (verdict(emission(centre, 2 * half), *held) is Verdict.CONFORM) == expected


def test_neighbouring_rights_of_one_user_add_up_and_those_of_two_do_not() -> None:
    """Two blocks side by side hold a carrier across their edge only for whoever uses both."""
    low, high = Bands.of((3_432_500, 3_440_000)), Bands.of((3_440_000, 3_447_500))
    carrier = emission(3_440_000, 3_500)
    assert verdict(carrier, right(low), right(high)) is Verdict.CONFORM
    found = judge(carrier, HERE, DAY, [right(low), right(high, user="Commune")])
    assert found.verdict is Verdict.VIOLATION
    assert len(found.by) == 2


@pytest.mark.parametrize(
    ("emitted", "held", "commune", "expected"),
    [
        (UNKNOWN, [right(Bands.of((3_400_000, 3_600_000)))], HERE, Verdict.CANNOT_PROVE),
        (emission(3_440_000, None), [right(Bands.of((3_400_000, 3_600_000)))], HERE, Verdict.CANNOT_PROVE),
        (emission(None, 3_500), [], HERE, Verdict.CANNOT_PROVE),
        (emission(3_440_000, 0), [], HERE, Verdict.CANNOT_PROVE),
        (emission(3_440_000, 3_500), [right(UNKNOWN)], HERE, Verdict.CANNOT_PROVE),
        (emission(3_440_000, 3_500), [right(Bands.of((3_400_000, 3_600_000)))], "", Verdict.CANNOT_PROVE),
        (emission(3_440_000, 3_500), [], HERE, Verdict.VIOLATION),
        (emission(3_440_000, 3_500), [right(UNKNOWN, area=ELSEWHERE)], HERE, Verdict.VIOLATION),
        (emission(3_440_000, 3_500), [right(UNKNOWN), right(Bands.of((3_400_000, 3_600_000)))], HERE, Verdict.CONFORM),
        (NONE, [], HERE, Verdict.CONFORM),
    ],
)
def test_what_is_not_established_never_conforms(
    emitted: Bands, held: list[Holding], commune: str, expected: Verdict
) -> None:
    """A row per missing fact."""
    assert verdict(emitted, *held, commune=commune) is expected


def test_a_right_covers_its_last_day_and_not_the_day_after() -> None:
    """The end of a period is the first day without the right."""
    held = right(Bands.of((3_400_000, 3_600_000)), end=DAY)
    carrier = emission(3_440_000, 3_500)
    assert verdict(carrier, held, day=DAY - timedelta(days=1)) is Verdict.CONFORM
    assert verdict(carrier, held, day=DAY) is Verdict.VIOLATION


RIGHT = Bands.of((3_432_500, 3_447_500))
PART = {("06-0744", HERE): Part(("86999",), ("Vieux-Bourg",))}


@pytest.mark.parametrize(
    ("centre_khz", "width_khz", "case", "article"),
    [
        (3_440_000, 3_500, Case.COVERED, ""),
        (3_447_000, 3_500, Case.STICKS_OUT, NEEDED),
        (3_500_000, 3_500, Case.NOT_COVERED, NEEDED),
        (3_440_000, None, Case.NOT_TOLD, ""),
        (3_500_000, None, Case.NOT_COVERED, NEEDED),
        (None, 3_500, Case.NOT_TOLD, ""),
        (2_437_000, 20_000, Case.EXEMPT, "Décision ARCEP 2012-1669 du 18 décembre 2012, art. 1er"),
        (2_475_000, 20_000, Case.NOT_COVERED, NEEDED),
        (5_500_000, 20_000, Case.EXEMPT, "Décision ARCEP 2022-1960 du 4 octobre 2022"),
        (5_400_000, 20_000, Case.NOT_COVERED, NEEDED),
    ],
)
def test_each_case_is_told_apart_with_its_text(
    centre_khz: float | None, width_khz: float | None, case: Case, article: str
) -> None:
    """A radio that does not tell its width never conforms; a centre that nothing covers is a violation anyway."""
    found = told(centre_khz, width_khz, HERE, DAY, [right(RIGHT)])
    assert (found.case, found.article) == (case, article)


def test_an_emission_across_two_rights_of_two_users_is_against_the_rule_of_cessions() -> None:
    """The part beyond the edge is another's."""
    low, high = Bands.of((3_432_500, 3_440_000)), Bands.of((3_440_000, 3_447_500))
    found = judge(emission(3_440_000, 3_500), HERE, DAY, [right(low), right(high, user="Commune")])
    assert (found.case, found.article) == (Case.STICKS_OUT, ANOTHERS)


def test_a_band_is_free_from_the_day_of_its_text_only() -> None:
    """Before the first text that is held, nothing says that no authorisation is needed."""
    wifi = emission(5_200_000, 20_000)
    days = (date(2008, 7, 11), date(2008, 7, 12), date(2022, 11, 26))
    assert [judge(wifi, HERE, day, []).case for day in days] == [Case.NOT_COVERED, Case.EXEMPT, Case.EXEMPT]
    assert judge(wifi, HERE, days[1], []).article != judge(wifi, HERE, days[2], []).article


@pytest.mark.parametrize(
    ("stands", "case"),
    [("86999", Case.COVERED), (HERE, Case.TO_CHECK), ("", Case.TO_CHECK), ("86998", Case.NOT_COVERED)],
    ids=["in-the-former", "successor-only", "nothing", "in-another-former"],
)
def test_a_right_for_a_former_commune_covers_only_what_is_known_to_stand_in_it(stands: str, case: Case) -> None:
    """The right is drawn on the commune of today, and is not for all of it."""
    found = judge(emission(3_440_000, 3_500), HERE, DAY, [right(RIGHT)], stands=stands, former=PART)
    assert found.case is case
    if case is Case.TO_CHECK:
        assert "Vieux-Bourg" in found.why
        assert found.verdict is Verdict.CANNOT_PROVE


def test_what_a_former_right_could_not_hold_anyway_is_no_question() -> None:
    """A carrier beyond the edge is a violation wherever the station stands."""
    for stands in ("86999", HERE):
        found = judge(emission(3_447_000, 3_500), HERE, DAY, [right(RIGHT)], stands=stands, former=PART)
        assert found.verdict is Verdict.VIOLATION


def test_the_rest_of_a_commune_whose_part_was_ceded_is_to_be_checked() -> None:
    """The fold takes the whole commune of today from the giver: whether he keeps the rest, the acts must tell."""
    taken = Holding("C", "Commune", "Commune", right(RIGHT).extent, "C", parent="T")
    part = {("C", HERE): Part(("86999",), ("Vieux-Bourg",), "region")}
    found = judge(emission(3_440_000, 3_500), HERE, DAY, [taken], stands="86998", former=part)
    assert found.case is Case.TO_CHECK
    assert "another part" in found.why


def test_a_right_for_the_whole_commune_beside_it_covers() -> None:
    """No question is asked where another right answers."""
    other = Holding("W", "Etat", "Etat", right(RIGHT).extent, "W")
    found = judge(emission(3_440_000, 3_500), HERE, DAY, [right(RIGHT), other], stands=HERE, former=PART)
    assert found.case is Case.COVERED
    assert found.acts == ("W",)
