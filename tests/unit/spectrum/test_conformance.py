"""An emission against the rights: exact edges, unions of one user, and never conform without proof."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum.bands import NONE, UNKNOWN, Bands
from spectrum.chronicle import Holding
from spectrum.conformance import Verdict, emission, judge
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
