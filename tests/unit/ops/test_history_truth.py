"""The sample store: what was written comes back, a gap stays a gap, sums are exact, and a day is quick to read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nms.base.errors import StoreUnavailable
from nms.ops.history import Resolution, Sample
from nms.ops.history_sqlite import SqliteStore
from nms.ops.state import Kind, Measures, State

HOUR_S = 3600
NOON_S = 1_795_435_200  # 2026-11-23 12:00 UTC


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "ts.db")
    yield opened
    opened.close()


def sample(name: str, at_s: float, state: State = State.UP, step_s: int = 60, **measures: float) -> Sample:
    return Sample(Kind.LINK, name, state, step_s, Measures(at_s, **measures))


def test_a_sample_comes_back_as_it_was_measured(store: SqliteStore) -> None:
    store.write_batch([sample("l", NOON_S, rtt_s=0.01234, loss_ratio=0.05, in_bps=1.5e9, rssi_dbm=-71.5, clients=3)])
    found = store.series(Kind.LINK, "l", NOON_S, NOON_S + 60)
    assert found.at_s == [NOON_S]
    assert found.states == [State.UP]
    assert found.values["rtt_s"] == [0.01234]
    assert found.values["rssi_dbm"] == [-71.5]
    assert found.values["in_bps"] == [1.5e9]
    assert found.values["cinr_db"] == [None]


def test_an_unknown_object_has_no_points(store: SqliteStore) -> None:
    assert store.series(Kind.LINK, "nobody", 0, NOON_S).at_s == []


def test_the_interval_is_half_open(store: SqliteStore) -> None:
    store.write_batch([sample("l", NOON_S + 60 * n) for n in range(4)])
    assert store.series(Kind.LINK, "l", NOON_S, NOON_S + 120).at_s == [NOON_S, NOON_S + 60]


def test_seconds_of_an_hour_add_up_and_the_rest_is_unmeasured(store: SqliteStore) -> None:
    states = [State.UP] * 30 + [State.DEGRADED] * 5 + [State.DOWN] * 10 + [State.UNKNOWN] * 5
    store.write_batch([sample("l", NOON_S + 60 * n, state) for n, state in enumerate(states)])
    for _ in range(2):
        (found,) = store.availability(NOON_S, NOON_S + HOUR_S, [Kind.LINK])
        assert (found.up_s, found.degraded_s, found.down_s, found.unknown_s) == (1800, 300, 600, 300)
        assert found.unmeasured_s == 600
        assert found.ratio == pytest.approx(2100 / 2700)
        store.roll_up(NOON_S + 2 * HOUR_S)


def test_rolling_up_twice_changes_nothing(store: SqliteStore) -> None:
    store.write_batch([sample("l", NOON_S + 60 * n, in_bps=n * 1000.0) for n in range(120)])
    store.roll_up(NOON_S + 2 * HOUR_S)
    once = store.series(Kind.LINK, "l", NOON_S, NOON_S + 2 * HOUR_S, Resolution.HOURLY)
    store.roll_up(NOON_S + 2 * HOUR_S)
    assert store.series(Kind.LINK, "l", NOON_S, NOON_S + 2 * HOUR_S, Resolution.HOURLY) == once
    assert once.values["in_bps"] == [29_500.0, 89_500.0]


def test_forgetting_raw_samples_keeps_the_availability(store: SqliteStore) -> None:
    store.write_batch([sample("l", NOON_S + 60 * n, State.DOWN if n < 6 else State.UP) for n in range(60)])
    store.roll_up(NOON_S + HOUR_S)
    before = store.availability(NOON_S, NOON_S + HOUR_S)
    store.forget(NOON_S + 10 * HOUR_S, 0, 0)
    assert store.series(Kind.LINK, "l", NOON_S, NOON_S + HOUR_S).at_s == []
    assert store.availability(NOON_S, NOON_S + HOUR_S) == before


def test_samples_that_are_not_summed_yet_are_not_forgotten(store: SqliteStore) -> None:
    store.write_batch([sample("l", NOON_S)])
    store.forget(NOON_S + 100 * HOUR_S, 0, 0)
    assert store.series(Kind.LINK, "l", NOON_S, NOON_S + 1).at_s == [NOON_S]


def test_fault_28_a_wall_clock_that_was_ten_years_ahead_for_a_moment_does_not_end_the_sums(store: SqliteStore) -> None:
    store.write_batch([sample("l", NOON_S)])
    began_s = time.monotonic()
    store.roll_up(NOON_S + 10 * 365 * 86_400)
    assert time.monotonic() - began_s < 5
    store.write_batch([sample("l", NOON_S + HOUR_S + 60 * n, State.DOWN) for n in range(60)])
    store.roll_up(NOON_S + 3 * HOUR_S)
    (found,) = store.availability(NOON_S + HOUR_S, NOON_S + 2 * HOUR_S)
    assert found.down_s == HOUR_S


def test_fault_35_a_store_that_is_gone_refuses_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "ts.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreUnavailable, match="history of samples is unavailable"):
        SqliteStore(tmp_path / "ts.db")


def test_a_day_of_one_link_among_many_is_read_in_milliseconds(store: SqliteStore) -> None:
    """300 links polled each minute and one each ten seconds, on the poll grid as the sweep writes them."""
    for minute in range(1440):
        at_s = NOON_S + minute * 60
        rows = [sample(f"l{n}", at_s, rtt_s=0.01, in_bps=1e6) for n in range(300)]
        store.write_batch(rows + [sample("quick", at_s + 10 * n, step_s=10) for n in range(6)])
    took_s = []
    for name in ("l7", "l8", "l9", "l10"):
        began_s = time.perf_counter()
        found = store.series(Kind.LINK, name, NOON_S, NOON_S + 86_400)
        took_s.append(time.perf_counter() - began_s)
        assert len(found.at_s) == 1440
    assert min(took_s) < 0.1, f"{min(took_s):.3f} s"
