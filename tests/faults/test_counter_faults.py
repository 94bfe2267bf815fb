"""Rows 13 to 17 of the table of faults: counters that wrap, fall, lie, or stand still."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nms.base.units import TICKS_WRAP
from nms.ops import counters

MINUTE_S = 60.0
ETHERNET_BPS = 100_000_000


def test_fault_13_a_counter32_that_wraps_once_gives_the_right_rate() -> None:
    before, counted = 2**32 - 1_000, 6_000_000
    found = counters.rate(before, (before + counted) % 2**32, MINUTE_S, 32, speed_bps=ETHERNET_BPS)
    assert found == counters.Rate(counted / MINUTE_S)


@pytest.mark.parametrize("after", [0, 5_000_000, 2**32 - 1])
def test_fault_13_a_counter32_that_may_have_wrapped_twice_is_a_gap(after: int) -> None:
    found = counters.rate(1_000, after, MINUTE_S, 32, speed_bps=1_000_000_000)
    assert found == counters.Rate(None, counters.TOO_LONG)


@given(
    before=st.integers(0, 2**32 - 1),
    counted=st.integers(0, 2**32 - 1),
    elapsed_s=st.floats(1.0, 3600.0),
    speed_bps=st.one_of(st.none(), st.integers(1_000, 10_000_000_000)),
)
def test_fault_13_a_rate_is_the_true_one_or_a_gap(
    before: int, counted: int, elapsed_s: float, speed_bps: int | None
) -> None:
    found = counters.rate(before, (before + counted) % 2**32, elapsed_s, 32, speed_bps=speed_bps)
    if found.per_s is None:
        assert found.gap
    else:
        assert found.per_s == pytest.approx(counted / elapsed_s)
        assert found.gap == ""


@given(before=st.integers(1, 2**64 - 1), fall=st.integers(1, 2**64 - 1), elapsed_s=st.floats(0.1, 86_400.0))
def test_fault_14_a_counter64_that_falls_is_never_a_spike(before: int, fall: int, elapsed_s: float) -> None:
    after = max(0, before - fall)
    found = counters.rate(before, after, elapsed_s, 64, speed_bps=ETHERNET_BPS)
    assert found.per_s is None or found.per_s * 8 <= ETHERNET_BPS * counters.SPEED_TOLERANCE


def test_fault_14_a_device_whose_uptime_fell_restarted() -> None:
    assert counters.restarted(8_640_000, 3_000, MINUTE_S)


def test_fault_14_a_device_that_restarted_right_after_a_restart_is_seen_by_the_time_that_is_missing() -> None:
    """Up for 2 s at the first poll and for 50 s at the second, five minutes later: it did not run through."""
    assert counters.restarted(200, 5_000, 300.0)


@given(before=st.integers(0, TICKS_WRAP - 1), elapsed_s=st.floats(1.0, 6 * 3600.0), drift=st.floats(-0.005, 0.005))
def test_fault_15_sysuptime_wraps_after_497_days_without_a_restart(before: int, elapsed_s: float, drift: float) -> None:
    ran_ticks = round(elapsed_s * (1 + drift) * 100)
    assert not counters.restarted(before, (before + ran_ticks) % TICKS_WRAP, elapsed_s)


@given(before=st.integers(12_000, TICKS_WRAP - 2 * 360_000), after=st.integers(0, 5_900))
def test_fault_15_a_restart_within_the_minute_is_no_wrap(before: int, after: int) -> None:
    assert counters.restarted(before, after, MINUTE_S)


@given(before=st.integers(2**53, 2**64 - 2**32), counted=st.integers(0, 2**32))
def test_fault_16_a_counter64_above_2_to_53_loses_nothing_before_the_division(before: int, counted: int) -> None:
    found = counters.rate(before, before + counted, MINUTE_S, 64)
    assert found.per_s is not None
    assert Fraction(found.per_s) == Fraction(counted / MINUTE_S)


def test_fault_17_a_rate_above_the_port_is_no_traffic() -> None:
    octets = round(1.11 * ETHERNET_BPS / 8 * MINUTE_S)
    assert counters.rate(0, octets, MINUTE_S, 64, speed_bps=ETHERNET_BPS) == counters.Rate(None, counters.IMPOSSIBLE)
    octets = round(1.09 * ETHERNET_BPS / 8 * MINUTE_S)
    assert counters.rate(0, octets, MINUTE_S, 64, speed_bps=ETHERNET_BPS).per_s == octets / MINUTE_S


@given(elapsed_s=st.floats(-1e9, 0.0))
def test_fault_28_no_time_or_negative_time_gives_no_rate(elapsed_s: float) -> None:
    assert counters.rate(1, 2, elapsed_s, 64) == counters.Rate(None, counters.NO_TIME)
