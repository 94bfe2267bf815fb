"""The scheduler's part: ticks, missed ticks, jobs that fail."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace

import pytest

from nms.base.clock import FakeClock
from nms.base.errors import StoreUnavailable
from nms.base.settings import HistorySettings, Settings
from nms.ops import sealing
from nms.ops.history_sqlite import SqliteStore
from nms.ops.scheduling import Schedule


class CountingSweep:
    """Stands for the sweep: counts its ticks, each of which takes `takes_s`."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.takes_s = takes_s
        self.ticks = 0
        self.missed = 0
        self.at_once = 0
        self._running = threading.Lock()

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""

    def forget_events(self, before: object) -> int:
        """Nothing to forget."""
        return 0

    def note_missed(self) -> None:
        self.missed += 1

    def tick(self, patience_s: float | None = None) -> None:
        assert patience_s is not None
        if not self._running.acquire(blocking=False):
            self.at_once += 1
            return
        self.ticks += 1
        time.sleep(self.takes_s)
        self._running.release()


class BrokenStore:
    """A store whose disk is gone."""

    def roll_up(self, now_s: int) -> int:
        raise StoreUnavailable("history_unavailable", "The disk is gone.")


def schedule_of(sweep: CountingSweep, settings: Settings) -> Schedule:
    return Schedule(sweep, BrokenStore(), settings, FakeClock())  # type: ignore[arg-type]  # the parts that it calls


def test_a_tick_a_second(settings: Settings) -> None:
    sweep = CountingSweep()
    schedule = schedule_of(sweep, settings)
    schedule.start()
    time.sleep(3.3)
    schedule.stop()
    assert 2 <= sweep.ticks <= 4
    assert sweep.missed == 0


def test_fault_27_a_tick_that_is_due_while_one_runs_is_skipped_and_counted(settings: Settings) -> None:
    sweep = CountingSweep(takes_s=2.5)
    schedule = schedule_of(sweep, settings)
    schedule.start()
    time.sleep(4.2)
    schedule.stop()
    assert sweep.at_once == 0
    assert sweep.missed >= 1


def test_a_job_that_fails_is_told_in_the_log_and_stops_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    schedule = schedule_of(CountingSweep(), settings)
    with caplog.at_level(logging.ERROR):
        Schedule._guarded(schedule.roll_up)()
    assert "scheduled job failed" in caplog.text


class RecordingStore:
    """A store that notes how far it was told to forget."""

    def __init__(self) -> None:
        self.forgotten: list[tuple[int, int, int]] = []

    def forget(self, *before_s: int) -> None:
        self.forgotten.append(before_s)  # type: ignore[arg-type]  # three, as the protocol says


def keeping(settings: Settings, clock: FakeClock, *, seal: bool) -> list[tuple[int, int, int]]:
    store = RecordingStore()
    SqliteStore(settings.home / sealing.STORE_FILE).close()
    kept = replace(settings, history=HistorySettings(seal=seal))
    Schedule(CountingSweep(), store, kept, clock).forget()  # type: ignore[arg-type]  # the parts that it calls
    return store.forgotten


def test_where_days_are_sealed_raw_samples_go_with_their_sealing_only(
    settings: Settings, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_days_ago_s = int(clock.now().timestamp()) - 48 * 3600
    assert keeping(settings, clock, seal=True)[0][0] == 0
    assert keeping(settings, clock, seal=False)[0][0] == two_days_ago_s
    monkeypatch.setattr(sealing, "available", lambda: False)
    assert keeping(settings, clock, seal=True)[0][0] == two_days_ago_s
