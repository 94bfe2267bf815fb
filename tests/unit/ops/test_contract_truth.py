"""What a contract asks of a link: interruptions to the second, percentiles as an independent reckoning has them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nms.ops.contract import SLOT_S, Interruption, interruptions, percentiles, rank, restored_within_s
from nms.ops.history import COLUMNS, Resolution, Series
from nms.ops.state import State

UP, DOWN, DEGRADED = State.UP, State.DOWN, State.DEGRADED
HOUR = 3600


def series(**columns: Sequence[float | None]) -> Series:
    """Points each minute from the instant 0."""
    length = max(len(values) for values in columns.values())
    values = {name: list(columns.get(name, [None] * length)) for name in COLUMNS}
    return Series(Resolution.RAW, [60 * n for n in range(length)], [UP] * length, values)


def told(found: list[Interruption]) -> list[tuple[int, int, int, bool]]:
    return [(one.start_s, one.end_s, one.counted_s, one.lasts) for one in found]


def test_an_interruption_lasts_from_the_change_to_the_next_whatever_is_degraded_between() -> None:
    """Degraded serves: it interrupts nothing, and ends what was interrupted."""
    changes = [(0, UP), (100, DOWN), (400, DEGRADED), (700, DOWN), (900, UP)]
    assert told(interruptions(changes, 0, HOUR, 2 * HOUR)) == [(100, 400, 300, False), (700, 900, 200, False)]


def test_what_was_down_before_the_period_or_is_not_over_is_cut_at_its_edges() -> None:
    """And the one that is not over says so."""
    changes = [(10, DOWN), (300, UP), (HOUR - 60, DOWN)]
    assert told(interruptions(changes, 100, HOUR, 10 * HOUR)) == [
        (100, 300, 200, False),
        (HOUR - 60, HOUR, 60, True),
    ]
    assert told(interruptions(changes, 100, 10 * HOUR, HOUR)) == [
        (100, 300, 200, False),
        (HOUR - 60, HOUR, 60, True),
    ]
    assert interruptions(changes, 400, 500, HOUR) == []


def test_works_are_taken_out_once_and_what_nobody_watched_is_told_apart() -> None:
    """An interruption that lies in works altogether is none."""
    changes = [(100, DOWN), (1100, UP), (2000, DOWN), (2100, UP)]
    (found,) = interruptions(changes, 0, HOUR, HOUR, [(0, 300), (900, 950), (1990, 2200)], [(500, 600)])
    assert (found.counted_s, found.works_s, found.unwatched_s) == (750, 250, 100)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("GTR 4 h", 4 * HOUR), ("gtr 8h ouvrées", 8 * HOUR), ("S1, GTR: 24 h", 24 * HOUR), ("GTR", None), ("", None)],
)
def test_the_time_to_restore_is_read_where_the_class_says_it(text: str, seconds: int | None) -> None:
    """Nothing is guessed."""
    assert restored_within_s(text) == seconds


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=400), st.sampled_from([5, 50, 95]))
def test_a_percentile_is_that_of_an_independent_reckoning(values: list[float], percent: int) -> None:
    """It is one of the values; so many percent do not exceed it, and no smaller one would do."""
    found = rank(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)


def test_slots_without_a_measure_are_absent_and_not_zero() -> None:
    """Ten slots, one of them silent: nine measured, and none of the percentiles is pulled to zero."""
    values: list[float | None] = [8.0] * 50
    values[5:10] = [None] * 5
    found = percentiles(series(in_bps=values, out_bps=[2.0] * 50), 0, 3000)
    assert (found.measured, found.slots) == (10, 10)
    assert (found.in_bps, found.out_bps, found.sum_bps) == (8.0, 2.0, 10.0)
    alone = percentiles(series(in_bps=values), 0, 3000)
    assert (alone.measured, alone.sum_bps, alone.rtt_s) == (9, None, None)


def test_the_sum_is_of_the_slots_and_not_of_the_percentiles() -> None:
    """Load that turns from one direction to the other: each direction is full half of the time, the sum never twice."""
    one = [100.0] * 100 + [0.0] * 100
    found = percentiles(series(in_bps=one, out_bps=one[::-1]), 0, 200 * 60)
    assert (found.in_bps, found.out_bps, found.sum_bps) == (100.0, 100.0, 100.0)


def test_a_slot_is_the_mean_of_its_samples_and_the_top_five_percent_fall_away() -> None:
    """A hundred slots, five of them with a burst: the burst is not charged; with six it is."""
    calm = [10.0] * 500
    burst = [value if n >= 25 else 1000.0 for n, value in enumerate(calm)]
    assert percentiles(series(in_bps=burst), 0, 100 * SLOT_S).in_bps == 10.0
    burst[25] = 510.0
    assert percentiles(series(in_bps=burst), 0, 100 * SLOT_S).in_bps == pytest.approx(110.0, abs=1e-9)


def test_points_outside_the_period_do_not_count() -> None:
    """Half-open, as every interval here."""
    found = percentiles(series(in_bps=[1.0] * 5 + [9.0] * 5 + [5.0] * 5), 300, 600)
    assert (found.in_bps, found.measured, found.slots) == (9.0, 1, 1)
