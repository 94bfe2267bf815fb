"""APScheduler's part: a tick each second, a pulse each half minute, sums and retention each hour, backups at night."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from nms.base.clock import Clock, epoch_s
from nms.base.settings import Settings
from nms.ops import sealing
from nms.ops.configs.backup import Backups
from nms.ops.configs.models import Cause
from nms.ops.history import SampleStore
from nms.ops.history_layout import SCALES
from nms.ops.polling import Sweep

log = logging.getLogger(__name__)

TICK_S = 1
PULSE_S = 30
FIRST_MEASURE_S = 120
PATIENCE_S = 0.5
SOON_CHECK_S = 15
HOUR_S = 3600
DAY_S = 86400


@dataclass(frozen=True, slots=True)
class Job:
    """Something else to do each `every_s` seconds, first `first_s` after the start."""

    name: str
    run: Callable[[], object]
    every_s: int
    first_s: int


class Schedule:
    """Starts and stops the jobs. A job that still runs when it is due again is skipped, and counted as missed."""

    def __init__(
        self,
        sweep: Sweep,
        store: SampleStore,
        settings: Settings,
        clock: Clock,
        jobs: Sequence[Job] = (),
        backups: Backups | None = None,
    ) -> None:
        self._jobs = jobs
        self._sweep = sweep
        self._backups = backups
        self._store = store
        self._settings = settings
        self._clock = clock
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(5)},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": 1},
        )
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    def start(self) -> None:
        """Start the sweep and the jobs."""
        self._sweep.start()
        self._scheduler.add_listener(self._on_missed, EVENT_JOB_MAX_INSTANCES | EVENT_JOB_MISSED)
        self._scheduler.add_job(self._guarded(self._tick), "interval", seconds=TICK_S, id="tick")
        self._scheduler.add_job(
            self._guarded(self.beat), "interval", seconds=PULSE_S, id="pulse", next_run_time=self._clock.now()
        )
        self._scheduler.add_job(
            self._guarded(self.roll_up), "interval", seconds=HOUR_S // 12, id="roll-up", misfire_grace_time=HOUR_S
        )
        self._scheduler.add_job(
            self._guarded(self.forget), "interval", seconds=HOUR_S, id="retention", misfire_grace_time=HOUR_S
        )
        self._scheduler.add_job(
            self._guarded(self.measure),
            "interval",
            hours=6,
            id="space",
            next_run_time=self._clock.now() + timedelta(seconds=FIRST_MEASURE_S),
            misfire_grace_time=HOUR_S,
        )
        for job in self._jobs:
            self._scheduler.add_job(
                self._guarded(job.run),
                "interval",
                seconds=job.every_s,
                id=job.name,
                next_run_time=self._clock.now() + timedelta(seconds=job.first_s),
                misfire_grace_time=job.every_s,
            )
        if self._backups is not None:
            self._schedule_backups(self._backups)
        self._scheduler.start()

    def _schedule_backups(self, backups: Backups) -> None:
        configuration = self._settings.configuration
        if configuration.nightly:
            self._scheduler.add_job(
                self._guarded(lambda: _ignore(backups.run(Cause.NIGHTLY))),
                "cron",
                hour=configuration.hour,
                id="backups",
                misfire_grace_time=HOUR_S,
            )
        self._scheduler.add_job(
            self._guarded(lambda: _ignore(backups.run_soon())),
            "interval",
            seconds=SOON_CHECK_S,
            id="backups-soon",
            misfire_grace_time=HOUR_S,
        )

    def stop(self) -> None:
        """Wait for running jobs, then end the sweep."""
        if self._backups is not None:
            self._backups.stop()
        self._scheduler.shutdown(wait=True)
        self._sweep.stop()

    def _tick(self) -> None:
        self._sweep.tick(PATIENCE_S)

    def beat(self) -> None:
        """Note that the program runs, so that its own absence is told apart from the silence of devices."""
        self._store.beat(epoch_s(self._clock.now()))

    def roll_up(self) -> None:
        """Sum the finished hours and days."""
        self._store.roll_up(epoch_s(self._clock.now()))

    def forget(self) -> None:
        """Apply retention; where days are sealed, raw rows go with their sealing and not before."""
        now_s, keep = epoch_s(self._clock.now()), self._settings.history
        raw_before_s = now_s - keep.raw_hours * HOUR_S
        seals = keep.seal and sealing.available()
        self._store.forget(
            0 if seals else raw_before_s, now_s - keep.hourly_days * DAY_S, now_s - keep.daily_days * DAY_S
        )
        events_before = self._clock.now() - timedelta(days=keep.events_days)
        self._sweep.forget_events(events_before)
        if self._backups is not None:
            self._backups.forget_events(events_before)
        if seals:
            sealer = sealing.Sealer(self._settings.home / sealing.STORE_FILE, SCALES)
            sealer.forget(now_s - keep.sealed_days * DAY_S)
            for day in sealer.seal(raw_before_s, now_s):
                log.info("sealed %s: %d rows, %d octets", day.file, day.rows, day.octets)

    def measure(self) -> None:
        """Measure what the history takes, for the page of the settings."""
        self._store.measure(epoch_s(self._clock.now()))

    def _on_missed(self, event: JobExecutionEvent) -> None:
        if event.job_id == "tick":
            self._sweep.note_missed()

    @staticmethod
    def _guarded(job: Callable[[], object]) -> Callable[[], None]:
        """A job that fails says so in the log and runs again when it is due."""

        def run() -> None:
            try:
                job()
            except Exception:
                log.exception("scheduled job failed")

        return run


def _ignore(_outcome: object) -> None:
    """What a job answers is for nobody."""
