"""What is remembered of a device between two polls: loss, ports by name, radio rows of two tiers."""

from __future__ import annotations

from collections.abc import Sequence

from collectors.base import DeviceReading, InterfaceReading, Metric, RadioReading
from nms.base.errors import Timeout
from nms.ops import counters
from nms.ops.tracking import Track

SILENCE = Timeout("timeout", "No answer.")


def port(name: str, octets: int, if_index: int = 1, **changes: int | None) -> InterfaceReading:
    return InterfaceReading(
        if_index, name, True, True, octets, octets, 0, 0, 100_000_000, 64, changes.get("discontinuity_ticks")
    )


def good(
    minute: int, *ports: InterfaceReading, radio: Sequence[RadioReading] = (), ticks: int = 10**6
) -> DeviceReading:
    return DeviceReading(
        60.0 * minute, 60.0 * minute, ticks + 6_000 * minute, tuple(ports), tuple(radio), 0.01, sent=1, lost=0
    )


def silent(minute: int) -> DeviceReading:
    return DeviceReading(60.0 * minute, 60.0 * minute, sent=2, lost=2, error=SILENCE)


def row(metric: Metric, index: str, value: float) -> RadioReading:
    return RadioReading(metric, index, value, "", "1.3.6.1", str(value), True)


def test_an_outage_that_is_over_is_not_held_against_the_link_as_loss() -> None:
    track = Track()
    for minute in range(30):
        track.take(good(minute), False)
    for minute in range(30, 40):
        track.take(silent(minute), False)
    for minute in range(40, 75):
        track.take(good(minute), False)
    assert track.judged_loss() in (None, 0.0)


def test_requests_lost_while_the_device_answers_are_loss() -> None:
    track = Track()
    for minute in range(50):
        track.take(good(minute), False)
        track.take(DeviceReading(60.0 * minute + 1, 60.0 * minute + 1, sent=2, lost=minute % 10 == 0), False)
    assert track.judged_loss() is not None


def test_one_lost_request_proves_nothing() -> None:
    track = Track()
    track.take(DeviceReading(0.0, 0.0, 10**6, sent=2, lost=1), False)
    for minute in range(1, 40):
        track.take(good(minute), False)
    assert track.judged_loss() is None


def test_loss_is_over_by_twelve_good_polls_of_five_echoes_and_by_sixty_of_one_request() -> None:
    for sent, polls in ((5, 12), (1, 60)):
        track = Track()
        for second in range(60):
            track.take(DeviceReading(float(second), float(second), sent=sent, lost=1), False)
        ratios = []
        for second in range(60, 60 + polls):
            ratios.append(track.loss_ratio())
            track.take(DeviceReading(float(second), float(second), sent=sent, lost=0), False)
        assert all(ratios)
        assert track.loss_ratio() == 0.0


def test_radio_rows_of_the_slow_tier_stay_beside_newer_fast_ones() -> None:
    track = Track()
    track.take(good(0, radio=[row(Metric.CINR, "1", 20.0), row(Metric.DISTANCE, "1", 900.0)]), True)
    track.take(good(1, radio=[row(Metric.CINR, "1", 18.0)]), False)
    assert {r.metric: r.value for r in track.radio["1"]} == {Metric.CINR: 18.0, Metric.DISTANCE: 900.0}


def test_a_row_that_is_gone_at_the_next_slow_poll_is_gone() -> None:
    track = Track()
    track.take(good(0, radio=[row(Metric.CINR, "1", 20.0), row(Metric.CINR, "2", 20.0)]), True)
    track.take(good(1, radio=[row(Metric.CINR, "1", 20.0)]), True)
    assert list(track.radio) == ["1"]


def test_fault_14_a_discontinuity_is_a_gap_though_the_counter_rose() -> None:
    track = Track()
    track.take(good(0, port("eth0", 1_000, discontinuity_ticks=0)), False)
    track.take(good(1, port("eth0", 2_000, discontinuity_ticks=77)), False)
    assert track.rates["eth0"].gap == counters.DISCONTINUITY
    assert track.rates["eth0"].in_bps is None


def test_fault_14_a_restart_is_a_gap_on_every_port() -> None:
    track = Track()
    track.take(good(0, port("eth0", 1_000)), False)
    track.take(good(1, port("eth0", 90_000), ticks=-5_000), False)
    assert (track.rates["eth0"].gap, track.rates["eth0"].in_bps) == (counters.RESTARTED, None)


def test_fault_18_an_index_that_now_names_another_port_is_not_glued_to_the_old_one() -> None:
    track = Track()
    track.take(good(0, port("eth0", 1_000_000, 1), port("wlan0", 5_000_000, 2)), False)
    track.take(good(1, port("wlan0", 5_600_000, 1), port("eth1", 100, 2)), False)
    assert track.rates["wlan0"].in_bps == 600_000 * 8 / 60
    assert track.rates["eth1"].gap == counters.FIRST


def test_fault_28_a_wall_clock_that_jumps_leaves_the_rates_alone() -> None:
    track = Track()
    track.take(DeviceReading(1e9, 60.0, 6_000, (port("eth0", 0),), sent=1), False)
    track.take(DeviceReading(0.0, 120.0, 12_000, (port("eth0", 600),), sent=1), False)
    assert track.rates["eth0"].in_bps == 80.0


def test_a_port_that_was_silent_for_an_hour_gives_the_mean_of_the_hour_and_no_spike() -> None:
    track = Track()
    track.take(good(0, port("eth0", 0)), False)
    for minute in range(1, 60):
        track.take(silent(minute), False)
    assert track.rates == {}
    track.take(good(60, port("eth0", 3_600_000)), False)
    assert track.rates["eth0"].in_bps == 8_000.0
