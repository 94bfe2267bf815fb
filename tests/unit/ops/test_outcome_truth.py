"""From polls to judgements: both ends of a link, the second look, the poll grid."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from collectors.base import DeviceReading, InterfaceReading
from inventory.models import DeviceRole, Lifecycle, LinkKind, Reachability
from inventory.queries import LinkRow, PollTarget
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import AuthFailed, DeviceError, StoreUnavailable, Timeout
from nms.base.settings import Settings
from nms.ops.history import Sample
from nms.ops.history_sqlite import SqliteStore
from nms.ops.live import LiveState
from nms.ops.models import CurrentHealth, HealthEvent
from nms.ops.network import Network
from nms.ops.outcome import Recorder
from nms.ops.state import Key, Kind, State, Subject
from nms.ops.tracking import Track

LINK = LinkRow(
    "L1", "", LinkKind.DEDICATED, "site", "86194", "near", "eth0", 1, None, "far", "wan", 1, None,
    "", "", "", "", "", 2_000_000, "", "", Lifecycle.IN_SERVICE,
)  # fmt: skip


class Shelf:
    """A sample store that keeps what it is given."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.broken = False

    def write_batch(self, samples: Sequence[Sample]) -> None:
        if self.broken:
            raise StoreUnavailable("history_unavailable", "The disk is full.")
        self.samples += samples

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the recorder does not call {name}")


class Scene:
    """Two devices and the link between them; `poll` plays one poll of one device."""

    def __init__(self, database: Database, settings: Settings, parent: str = "", near: str = "near") -> None:
        self.clock = FakeClock()
        self.live = LiveState()
        self.store = Shelf()
        self.tracks = {"near": Track(), "far": Track()}
        self.octets = {"near": 0, "far": 0}
        self.recorder = Recorder(database, settings, self.live, self.store, self.clock)  # type: ignore[arg-type]  # a part of a store
        devices = {name: _target(name) for name in self.tracks}
        devices["far"] = replace(devices["far"], parent=parent)
        keys: list[Key] = [(Kind.DEVICE, "near"), (Kind.DEVICE, "far"), (Kind.LINK, "L1")]
        subjects = {key: Subject(key[0], key[1], "", near, "s", "86194", "86") for key in keys}
        speaks = {"near": ((Kind.DEVICE, "near"), (Kind.LINK, "L1")), "far": ((Kind.DEVICE, "far"), (Kind.LINK, "L1"))}
        self.recorder.adopt(Network(devices, subjects, {}, {"L1": LINK}, {}, speaks), self.tracks)

    def poll(self, device: str, *, up: bool = True, error: type[DeviceError] | None = None) -> set[str]:
        at_s, mono_s = self.clock.now().timestamp(), self.clock.monotonic_s()
        name = "eth0" if device == "near" else "wan"
        self.octets[device] += 1_000
        count = self.octets[device]
        ports = (InterfaceReading(1, name, up, True, count, count, 0, 0, 10_000_000, 64),)
        reading = DeviceReading(at_s, mono_s, int(mono_s * 100), ports, (), 0.01, 1, 0)
        if error is not None:
            reading = DeviceReading(at_s, mono_s, sent=2, lost=2, error=error("code", "words"))
        self.tracks[device].take(reading, False)
        again = self.recorder.record([device], lambda _: 60.0)
        self.recorder.flush()
        return again

    def round(self, **changes: object) -> None:
        for device in ("near", "far"):
            self.poll(device, **changes.get(device, {}))  # type: ignore[arg-type]  # keywords of poll
        self.clock.advance(60)

    def state(self, kind: Kind = Kind.LINK, name: str = "L1") -> State:
        status = self.live.get(kind, name)
        assert status is not None
        return status.judgement.state

    def codes(self) -> list[str]:
        status = self.live.get(Kind.LINK, "L1")
        assert status is not None
        return [reason.code for reason in status.judgement.reasons]


def _target(name: str) -> PollTarget:
    return PollTarget(
        name, "127.0.0.1", "c", None, None, "", Reachability.SNMP, None, Lifecycle.IN_SERVICE, DeviceRole.ROUTER, "",
        "s", "86194", "",
    )  # fmt: skip


def test_a_link_whose_both_ends_answer_is_up(sqlite_database: Database, settings: Settings) -> None:
    scene = Scene(sqlite_database, settings)
    scene.round()
    scene.round()
    assert scene.state() is State.UP


def test_one_bad_look_at_one_end_is_not_confirmed_by_the_poll_of_the_other_end(
    sqlite_database: Database, settings: Settings
) -> None:
    scene = Scene(sqlite_database, settings)
    scene.round()
    scene.round()
    scene.poll("near", up=False)
    scene.poll("far")
    assert scene.state() is State.UP
    scene.clock.advance(5)
    scene.poll("near", up=False)
    assert scene.state() is State.DOWN


def test_the_end_that_was_bad_is_the_one_to_look_at_again(sqlite_database: Database, settings: Settings) -> None:
    scene = Scene(sqlite_database, settings)
    scene.round()
    scene.round()
    assert scene.poll("near", up=False) == {"near"}
    assert scene.poll("far") == set()


def test_a_far_end_that_is_silent_takes_the_link_down(sqlite_database: Database, settings: Settings) -> None:
    scene = Scene(sqlite_database, settings)
    scene.round()
    for _ in range(3):
        scene.round(far={"error": Timeout})
    assert scene.state() is State.DOWN
    assert "no_answer" in scene.codes()


def test_a_far_end_that_refuses_leaves_the_link_unknown(sqlite_database: Database, settings: Settings) -> None:
    scene = Scene(sqlite_database, settings)
    scene.round()
    for _ in range(3):
        scene.round(far={"error": AuthFailed})
    assert scene.state() is State.UNKNOWN


def test_a_silent_device_behind_a_silent_parent_says_so(sqlite_database: Database, settings: Settings) -> None:
    scene = Scene(sqlite_database, settings, parent="near")
    scene.round()
    for _ in range(3):
        scene.round(near={"error": Timeout}, far={"error": Timeout})
    status = scene.live.get(Kind.DEVICE, "far")
    assert status is not None
    assert status.judgement.state is State.DOWN
    assert status.judgement.reasons[0].facts == {"parent": "near"}


@pytest.mark.parametrize("near", ["near", ""])
def test_since_goes_on_after_a_restart_of_the_program(database: Database, settings: Settings, near: str) -> None:
    """Also of a link of which the inventory knows the far end only: a restart is no change of its state."""
    scene = Scene(database, settings, near=near)
    scene.round()
    for _ in range(3):
        scene.round(far={"error": Timeout})
    before = scene.live.get(Kind.LINK, "L1")
    again = Scene(database, settings, near=near)
    again.clock.advance(3600)
    for _ in range(2):
        again.round(far={"error": Timeout})
    after = again.live.get(Kind.LINK, "L1")
    assert before is not None
    assert after is not None
    assert (after.judgement.state, after.judgement.since) == (State.DOWN, before.judgement.since)
    with database.reading() as session:
        told = select(HealthEvent.after).where(HealthEvent.name == "L1").order_by(HealthEvent.id)
        assert session.scalars(told).all() == ["up", "down"]


def test_fault_35_a_store_that_refuses_costs_its_samples_only_and_they_are_counted(
    sqlite_database: Database, settings: Settings
) -> None:
    scene = Scene(sqlite_database, settings)
    scene.store.broken = True
    scene.round()
    assert scene.state() is State.UP
    assert scene.live.sweep.dropped_samples == 3
    scene.store.broken = False
    scene.round()
    assert scene.store.samples


def test_fault_36_a_change_of_state_that_cannot_be_written_now_is_written_later(
    sqlite_database: Database, settings: Settings, tmp_path: Path
) -> None:
    busy = Database(f"sqlite:///{tmp_path / 'nms.db'}", busy_timeout_s=0.05)
    scene = Scene(busy, settings)
    with sqlite_database.transaction():
        scene.round()
        assert scene.state() is State.UP
    scene.round()
    with sqlite_database.reading() as session:
        told = session.scalars(select(HealthEvent).where(HealthEvent.name == "L1")).all()
    assert [(event.before, event.after) for event in told] == [("unmeasured", "up")]
    busy.dispose()


def test_polls_at_the_edge_of_the_grid_leave_no_false_gap(sqlite_database: Database, settings: Settings) -> None:
    """A device due on the minute answers now a little before it, now a little after it."""
    scene = Scene(sqlite_database, settings)
    scene.clock.advance(60 - scene.clock.now().timestamp() % 60 + 60)
    for jitter_s in (0.4, -0.3, 0.2, -0.4, -0.1, 0.3, -0.2, 0.1, -0.4, 0.4):
        scene.clock.advance(jitter_s)
        scene.poll("near")
        scene.clock.advance(60 - jitter_s)
    times = [s.measures.at_s for s in scene.store.samples if s.kind is Kind.DEVICE]
    assert [later - sooner for sooner, later in pairwise(times)] == [60.0] * 9


def test_a_second_look_replaces_the_first_in_the_history(sqlite_database: Database, settings: Settings) -> None:
    scene = Scene(sqlite_database, settings)
    scene.clock.advance(30 - scene.clock.now().timestamp() % 60 + 60)
    scene.poll("near")
    scene.clock.advance(60)
    scene.poll("near", error=Timeout)
    scene.clock.advance(5)
    scene.poll("near", error=Timeout)
    scene.clock.advance(55)
    scene.poll("near")
    times = [s.measures.at_s for s in scene.store.samples if s.kind is Kind.DEVICE]
    assert [time - times[0] for time in times] == [0, 60, 60, 120]


def test_old_events_go_and_the_states_of_now_stay(database: Database, settings: Settings, clock: FakeClock) -> None:
    at = clock.now()
    with database.transaction() as session:
        for days in (1, 400):
            session.add(
                HealthEvent(
                    kind="link", name="l", at=at - timedelta(days=days), before="up", after="down", reasons="[]"
                )
            )
        session.add(CurrentHealth(kind="link", name="l", state="down", since=at - timedelta(days=400), reasons="[]"))
    with closing(SqliteStore(settings.home / "ts.db")) as store:
        recorder = Recorder(database, settings, LiveState(), store, clock)
        assert recorder.forget_events(at - timedelta(days=30)) == 1
    with database.reading() as session:
        assert [event.at for event in session.scalars(select(HealthEvent))] == [at - timedelta(days=1)]
        assert session.scalar(select(CurrentHealth.state)) == "down"
