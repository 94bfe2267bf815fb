"""The sweep under load and trouble: lanes, no overlap, missed runs, one raising device, second looks."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path

from collectors.base import SnmpTarget, ValueKind, VarBind, Walk
from inventory.credentials import CredentialSecret, save_credential
from inventory.models import Credential, CredentialKind, Device
from nms.base.clock import FakeClock, SystemClock
from nms.base.db import Database
from nms.base.errors import Timeout
from nms.base.permissions import SYSTEM
from nms.base.secrets import SecretBox
from nms.base.settings import NetworkSettings, PollingSettings, Settings
from nms.ops.history_sqlite import SqliteStore
from nms.ops.live import LiveState
from nms.ops.polling import Sweep
from nms.ops.state import Kind, State

UPTIME = "1.3.6.1.2.1.1.3.0"
Behaviour = Callable[[], float]
"""Seconds until the answer; raises instead of answering."""


class FakeNetwork:
    """An `SnmpClient` of many devices, told apart by their port; `behaviours` holds the odd ones."""

    def __init__(self) -> None:
        self.behaviours: dict[int, Behaviour] = {}
        self.asked: dict[int, list[float]] = defaultdict(list)
        self.in_flight: dict[int, int] = defaultdict(int)
        self.most_at_once = 0

    async def get(self, target: SnmpTarget, oids: Sequence[str]) -> dict[str, VarBind]:
        self.asked[target.port].append(time.monotonic())
        self.in_flight[target.port] += 1
        assert self.in_flight[target.port] == 1, "two polls of one device at once"
        self.most_at_once = max(self.most_at_once, sum(self.in_flight.values()))
        try:
            await asyncio.sleep(self.behaviours.get(target.port, lambda: 0.001)())
        finally:
            self.in_flight[target.port] -= 1
        answer = {oid: VarBind(oid, ValueKind.NO_SUCH_INSTANCE, None) for oid in oids}
        if UPTIME in answer:
            answer[UPTIME] = VarBind(UPTIME, ValueKind.TICKS, int(time.monotonic() * 100))
        return answer

    async def walk(self, target: SnmpTarget, root: str, *, row_cap: int = 10_000, bulk: int = 20) -> Walk:
        return Walk(())


@contextmanager
def sweeping(
    database: Database, home: Path, devices: int, client: FakeNetwork, clock: FakeClock | SystemClock, **polling: float
) -> Iterator[tuple[Sweep, LiveState]]:
    settings = Settings(
        home=home,
        polling=PollingSettings(**polling),  # type: ignore[arg-type]  # the fields of the settings
        network=NetworkSettings(management=(ip_network("127.0.0.0/8"),)),
    )
    box = SecretBox.open_or_create(home)
    with database.transaction() as session:
        secret = CredentialSecret(version=CredentialKind.V2C, community="canary-community")
        credential: Credential = save_credential(session, box, SYSTEM, clock.now(), "c", secret)
        session.add_all(
            Device(name=f"d{n:03}", address=f"127.0.0.1:{1000 + n}", credential_id=credential.id)
            for n in range(devices)
        )
    store, live = SqliteStore(home / "ts.db"), LiveState()
    sweep = Sweep(database, settings, live, store, clock, box, client)  # type: ignore[arg-type]  # speaks the protocol
    sweep.start()
    try:
        yield sweep, live
    finally:
        sweep.stop()
        store.close()


def run_for(sweep: Sweep, seconds: float) -> float:
    """Tick as the scheduler does, but ten times as often; answers the longest tick."""
    end, longest = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        began = time.monotonic()
        sweep.tick(0.05)
        longest = max(longest, time.monotonic() - began)
        time.sleep(max(0.0, began + 0.1 - time.monotonic()))
    return longest


def test_five_percent_that_hang_do_not_delay_the_healthy(sqlite_database: Database, tmp_path: Path) -> None:
    client = FakeNetwork()
    hung = range(1000, 1003)
    client.behaviours = {port: lambda: 30.0 for port in hung}
    with sweeping(
        sqlite_database, tmp_path, 60, client, SystemClock(), interval_s=1, window=20, device_deadline_s=2.0
    ) as (sweep, live):
        longest_s = run_for(sweep, 4.5)
    healthy = [port for port in client.asked if port not in hung]
    assert len(healthy) == 57
    for port in healthy:
        polls = client.asked[port]
        gaps = [later - sooner for sooner, later in pairwise(polls)]
        assert len(polls) >= 3
        assert max(gaps) < 1.5
    assert longest_s < 1.0
    states = {status.subject.name: status.judgement.state for status in live.all(Kind.DEVICE)}
    assert [name for name, state in states.items() if state is not State.UP] == ["d000", "d001", "d002"]


def test_one_device_that_raises_anything_never_stops_the_sweep(sqlite_database: Database, tmp_path: Path) -> None:
    client, clock = FakeNetwork(), FakeClock()

    def explode() -> float:
        raise ZeroDivisionError("a bug of ours")

    client.behaviours = {1001: explode}
    with sweeping(sqlite_database, tmp_path, 3, client, clock, interval_s=60) as (sweep, live):
        for _ in range(8):
            sweep.tick()
            clock.advance(30)
        states = {status.subject.name: status.judgement.state for status in live.all(Kind.DEVICE)}
        failed = live.sweep.failed
    assert states == {"d000": State.UP, "d001": State.UNKNOWN, "d002": State.UP}
    assert sum(failed.values()) >= 3


def test_fault_27_a_poll_slower_than_its_interval_does_not_overlap_and_is_counted_as_missed(
    sqlite_database: Database, tmp_path: Path
) -> None:
    client = FakeNetwork()
    client.behaviours = {1000: lambda: 0.9}
    with sweeping(sqlite_database, tmp_path, 1, client, SystemClock(), interval_s=1, device_deadline_s=8.0) as (
        s,
        live,
    ):
        run_for(s, 4.5)
        assert live.sweep.missed_runs >= 1


def test_fault_29_after_a_suspension_each_device_is_polled_once_and_the_rest_is_missed(
    sqlite_database: Database, tmp_path: Path
) -> None:
    client, clock = FakeNetwork(), FakeClock()
    with sweeping(sqlite_database, tmp_path, 4, client, clock, interval_s=60, slow_every=1000) as (sweep, live):
        for _ in range(8):
            sweep.tick()
            clock.advance(30)
        before = {port: len(asked) for port, asked in client.asked.items()}
        missed = live.sweep.missed_runs
        clock.advance(6 * 3600)
        sweep.tick()
        sweep.tick()
        after = {port: len(asked) for port, asked in client.asked.items()}
        assert live.sweep.missed_runs - missed >= 4 * 358
    more = {port: after[port] - before[port] for port in after}
    assert max(more.values()) <= 6  # one poll; it may discover anew, which asks a few questions
    assert min(more.values()) >= 1


def test_fault_28_a_wall_clock_that_jumps_in_mid_sweep_neither_stops_nor_hurries_it(
    sqlite_database: Database, tmp_path: Path
) -> None:
    client, clock = FakeNetwork(), FakeClock()
    with sweeping(sqlite_database, tmp_path, 2, client, clock, interval_s=60, slow_every=1000) as (sweep, live):
        for jump_s in (0, 3600, -3600, 10 * 365 * 86_400, -10 * 365 * 86_400, -clock.now().timestamp() + 86_400):
            for _ in range(4):
                sweep.tick()
                clock.advance(30)
            before = sum(map(len, client.asked.values()))
            clock.step_wall(jump_s)
            sweep.tick()
            sweep.tick()
            assert sum(map(len, client.asked.values())) - before <= 8
        for status in live.all(Kind.DEVICE):
            assert status.judgement.state is State.UP
        assert live.sweep.duration_s >= 0
        assert live.sweep.missed_runs == 0


def test_the_window_bounds_what_is_in_flight(sqlite_database: Database, tmp_path: Path) -> None:
    client = FakeNetwork()
    client.behaviours = {1000 + n: lambda: 0.02 for n in range(50)}
    with sweeping(sqlite_database, tmp_path, 50, client, SystemClock(), interval_s=1, window=8) as (sweep, _):
        run_for(sweep, 2.5)
    assert client.most_at_once <= 8 + 2


def test_a_device_that_falls_silent_is_looked_at_again_soon_and_then_down(
    sqlite_database: Database, tmp_path: Path
) -> None:
    client, clock = FakeNetwork(), FakeClock()
    with sweeping(sqlite_database, tmp_path, 1, client, clock, interval_s=300) as (sweep, live):
        sweep.tick()

        def refuse() -> float:
            raise Timeout("timeout", "No answer.")

        client.behaviours[1000] = refuse
        clock.advance(300)
        sweep.tick()
        assert _state(live) is State.UP
        clock.advance(6)
        sweep.tick()
        settle(sweep)
        assert _state(live) is State.DOWN
        client.behaviours.clear()
        sweep.poll_now("d000")
        sweep.tick()
        settle(sweep)
        assert _state(live) is State.UP


def settle(sweep: Sweep) -> None:
    """The slow lane is not waited for: let it answer, then publish."""
    time.sleep(0.1)
    sweep.tick()


def _state(live: LiveState) -> State:
    status = live.get(Kind.DEVICE, "d000")
    assert status is not None
    return status.judgement.state
