"""Rows 25 and 84: a whole fleet that vanishes and returns, and days of polling; small here, whole in `make faults`."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from sqlalchemy import insert

from collectors.base import InterfaceReading
from inventory.credentials import CredentialSecret, save_credential
from inventory.models import CredentialKind, Device
from nms.base.clock import Clock, SystemClock
from nms.base.db import Database
from nms.base.permissions import SYSTEM
from nms.base.secrets import SecretBox
from nms.base.settings import NetworkSettings, PollingSettings, Settings
from nms.ops.history_sqlite import SqliteStore
from nms.ops.live import LiveState
from nms.ops.polling import Sweep
from nms.ops.state import Judgement, Kind, Measures, State, Status, Subject
from tests.bench.fleet import V2C_CREDENTIAL, host
from tests.bench.pipeline import LeapingClock
from web.exposition import Exposition

pytestmark = pytest.mark.timeout(1500)
PORT = 16_371
PAGE_OCTETS = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Watch:
    """A sweep over a fleet, and what one may look at."""

    sweep: Sweep
    live: LiveState
    store: SqliteStore

    def states(self) -> dict[State, int]:
        """How many devices stand in each state."""
        return {state: count for state, count in self.live.count(Kind.DEVICE).items() if count}


@contextmanager
def fleet(count: int) -> Iterator[subprocess.Popen[str]]:
    """Agents in a process of their own, which can be halted and go on."""
    command = [sys.executable, "-m", "tests.bench.fleet", str(count), str(PORT)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "ready"
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


@contextmanager
def watching(database: Database, home: Path, count: int, clock: Clock, polling: PollingSettings) -> Iterator[Watch]:
    """A sweep over the fleet with the real client, store and database; it ticks when told."""
    settings = Settings(home=home, polling=polling, network=NetworkSettings((ip_network("127.0.0.0/8"),)))
    box = SecretBox.open_or_create(home)
    with database.transaction() as session:
        secret = CredentialSecret(CredentialKind.V2C, community=V2C_CREDENTIAL["community"])
        credential = save_credential(session, box, SYSTEM, clock.now(), "fleet", secret)
        session.flush()
        rows = [
            {"name": f"d{n:04}", "address": f"{host(n)}:{PORT}", "credential_id": credential.id} for n in range(count)
        ]
        session.execute(insert(Device), rows)
    store, live = SqliteStore(home / "ts.db"), LiveState()
    sweep = Sweep(database, settings, live, store, clock, box)
    sweep.start()
    try:
        yield Watch(sweep, live, store)
    finally:
        sweep.stop()
        store.close()


def files() -> int:
    """Open descriptors of this process."""
    return len(os.listdir("/proc/self/fd"))


def resident_octets() -> int:
    """Memory that this process holds, after a collection."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_OCTETS


@pytest.mark.parametrize(
    ("count", "interval_s", "timeout_s"), [(120, 2, 0.2), pytest.param(1000, 30, 1.5, marks=pytest.mark.slow)]
)
def test_fault_25_all_devices_vanish_and_return(
    count: int, interval_s: int, timeout_s: float, sqlite_database: Database, tmp_path: Path
) -> None:
    """While all are silent each is still asked every interval, spread over it; all are down in time, and up one
    interval after their return; nothing leaks."""
    polling = PollingSettings(interval_s=interval_s, window=count // 5, timeout_s=timeout_s, retries=1)
    with fleet(count) as agents, watching(sqlite_database, tmp_path, count, SystemClock(), polling) as watch:

        def tick() -> None:
            watch.sweep.tick(0.05)
            time.sleep(0.05)

        def run(until: State, patience_s: float) -> None:
            end = time.monotonic() + patience_s
            while watch.states() != {until: count}:
                assert time.monotonic() < end, watch.states()
                tick()

        run(State.UP, 3 * interval_s + 10)
        threads, descriptors = threading.active_count(), files()
        agents.send_signal(signal.SIGSTOP)
        run(State.DOWN, 3 * interval_s + 10)
        before, began, polled = watch.live.sweep, time.monotonic(), []
        while time.monotonic() - began < 2 * interval_s:
            tick()
            polled.append((time.monotonic() - began, watch.live.sweep.polled))
        assert polled[-1][1] - before.polled >= 1.6 * count, "one sweep takes no longer than its interval"
        assert watch.live.sweep.missed_runs - before.missed_runs <= count * 0.05
        in_a_tenth = [
            next(done for at, done in polled if at >= later) - done
            for at_, done in polled
            if (later := at_ + interval_s / 10) < polled[-1][0]
        ]
        assert max(in_a_tenth) < 0.6 * count, "the questions to the silent are spread"
        agents.send_signal(signal.SIGCONT)
        run(State.UP, interval_s + 2 * timeout_s + 5)
        assert threading.active_count() <= threads + 1
        assert abs(files() - descriptors) <= 2


class SoakClock(LeapingClock):
    """A clock whose days pass as fast as the sweeps do."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead_s)


@pytest.mark.parametrize(("count", "hours"), [(60, 4), pytest.param(1000, 24, marks=pytest.mark.slow)])
def test_fault_84_hours_of_polling_grow_nothing(
    count: int, hours: int, sqlite_database: Database, tmp_path: Path
) -> None:
    """A poll of every device a minute, hours rolled up and old samples forgotten as they would be: memory, files,
    threads and series stay what they were after the first quarter; a sweep stays far below its interval."""
    clock, polling = SoakClock(), PollingSettings(interval_s=60, window=200)
    with fleet(count), watching(sqlite_database, tmp_path, count, clock, polling) as watch:
        exposition, longest_s = Exposition(watch.live), 0.0

        def minutes(many: int) -> tuple[int, int, int, int]:
            nonlocal longest_s
            for minute in range(many):
                clock.ahead_s += 60
                watch.sweep.tick()
                longest_s = max(longest_s, watch.live.sweep.duration_s)
                if minute % 60 == 59:
                    now_s = int(clock.now().timestamp())
                    watch.store.roll_up(now_s)
                    watch.store.forget(now_s - 2 * 3600, now_s - 90 * 86_400, now_s - 90 * 86_400)
                    watch.sweep.forget_events(clock.now() - timedelta(hours=2))
            series = exposition.render(openmetrics=False).count(b"\n")
            return resident_octets(), files(), threading.active_count(), series

        early = minutes(hours * 15)
        late = minutes(hours * 45)
        assert watch.live.sweep.failed == {}
        assert watch.live.sweep.dropped_samples == 0
        assert watch.states() == {State.UP: count}
    assert late[0] < early[0] * 1.05 + 2 * 2**20, f"{early[0]} octets grew to {late[0]}"
    assert abs(late[1] - early[1]) <= 2
    assert late[2] <= early[2]
    assert late[3] == early[3]
    assert longest_s < 0.8 * 60


def test_fault_84_a_device_that_renames_its_ports_at_every_poll_makes_no_more_series() -> None:
    """Labels that a device may choose are those of its last poll only, and no more than a chassis has."""
    live, at = LiveState(), SystemClock().now()
    exposition, lines = Exposition(live), set()
    for poll in range(1000):
        ports = tuple(InterfaceReading(n, f"port-{poll}-{n}", True, True, 1, 2, 0, 0, 10**9, 64) for n in range(4))
        subject = Subject(Kind.DEVICE, "d", f"name {poll}", "d", "", "86194", "86", family=f"family {poll}")
        live.update([Status(subject, Judgement(State.UP, at), Measures(at.timestamp()), (), ports)])
        lines.add(exposition.render(openmetrics=False).count(b"\n"))
    assert len(lines) == 1
    many = tuple(InterfaceReading(n, f"p{n}", True, True, 1, 2, 0, 0, 10**9, 64) for n in range(10_000))
    live.update([Status(subject, Judgement(State.UP, at), Measures(at.timestamp()), (), many)])
    assert exposition.render(openmetrics=False).count(b'interface="') <= 10 * 1024
