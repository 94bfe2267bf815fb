"""Backups over SSH of scripted devices: what is kept, what is refused, and that one bad device stops no other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from collectors.cli import HostKey
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import Conflict, InputError, NotFound, PermissionRefused
from nms.base.ledger import LedgerEntry
from nms.base.permissions import SYSTEM, Role, actor_of_roles
from nms.base.settings import Settings
from nms.base.text import of_json
from nms.ops.configs import access, locks, store
from nms.ops.configs.backup import SOON_S, Backups
from nms.ops.configs.models import Cause, ConfigBackup, ConfigVersion, HostKeyRow
from tests.fakes.evil_ssh import Evil
from tests.fakes.fleet_of_boxes import BOX, HASTE, MANAGED, Boxes, boxes
from tests.fakes.program import wait_for


@pytest.fixture
def fleet(sqlite_database: Database, settings: Settings, clock: FakeClock) -> Iterator[Boxes]:
    """Four devices."""
    wanted = replace(settings, network=MANAGED, configuration=HASTE)
    with boxes(sqlite_database, wanted, clock, ["a", "b", "c", "d"]) as found:
        yield found


def texts(fleet: Boxes, device: str) -> list[str]:
    """Every stored text of a device, the newest first."""
    with fleet.database.reading() as session:
        known = [one.id for one in store.versions(session, fleet.id_of(device))]
        return [store.text_of(BOX, store.version(session, number, fleet.id_of(device))) for number in known]


def state(fleet: Boxes, device: str) -> ConfigBackup:
    """How backing up a device goes."""
    with fleet.database.reading() as session:
        return session.scalars(select(ConfigBackup).where(ConfigBackup.device_id == fleet.id_of(device))).one()


def test_a_night_keeps_every_device_and_the_next_one_only_what_changed(fleet: Boxes) -> None:
    run = fleet.backups.run(Cause.NIGHTLY)
    assert (run.total, run.done, dict(run.outcomes)) == (4, 4, {"stored": 4})
    assert texts(fleet, "a")[0].startswith("version 1.0\nhostname box\n")
    fleet.clock.advance(86_400)
    server = fleet.servers["b"]
    server._take("ip route 203.0.113.0 255.255.255.0 192.0.2.2")
    run = fleet.backups.run(Cause.NIGHTLY)
    assert dict(run.outcomes) == {"stored": 1, "unchanged": 3}
    assert len(texts(fleet, "b")) == 2
    assert state(fleet, "a").good_at == fleet.clock.now()
    assert fleet.backups.totals["stored"] == 5


def test_fault_43_66_one_bad_device_stops_no_other_and_stores_nothing(fleet: Boxes) -> None:
    fleet.backups.run(Cause.NIGHTLY)
    before = {name: texts(fleet, name) for name in fleet.servers}
    fleet.servers["a"].turn(show="version 1.0\ninterface eth0\n")  # cut
    fleet.servers["b"].turn(refuse="show running")
    fleet.servers["c"].turn(drop="show running")
    for times in (1, 2, 3):
        run = fleet.backups.run(Cause.NIGHTLY)
        assert (run.failed, run.outcomes["unchanged"]) == (3, 1)
        assert [state(fleet, name).failures for name in ("a", "b", "c", "d")] == [times, times, times, 0]
    assert {name: texts(fleet, name) for name in fleet.servers} == before
    assert state(fleet, "a").code == "configuration_truncated"
    assert "its end is missing" in of_json(state(fleet, "a").told)
    fleet.servers["a"].turn(show=None)
    assert fleet.backups.one("a", Cause.MANUAL).good
    assert (state(fleet, "a").failures, state(fleet, "a").told) == (0, "")


def test_fault_68_an_unknown_key_waits_for_a_person_and_a_changed_one_leaves_a_trace(fleet: Boxes) -> None:
    with fleet.database.transaction() as session:
        session.delete(session.get(HostKeyRow, fleet.id_of("a")) or pytest.fail("no key"))
    asked = fleet.backups.one("a", Cause.MANUAL)
    assert (asked.outcome, texts(fleet, "a"), fleet.servers["a"].received) == ("key_unknown", [], [])
    with fleet.database.reading() as session:
        row = access.keys(session, fleet.id_of("a"))
        assert row is not None
        assert (row.pinned, row.offered) == ("", str(fleet.servers["a"].key()))
    fleet.pin("a")
    assert fleet.backups.one("a", Cause.MANUAL).outcome == "stored"
    old = fleet.servers["a"].key()
    fleet.servers["a"].change_key()
    for _ in range(2):
        assert fleet.backups.one("a", Cause.MANUAL).outcome == "key_changed"
    with fleet.database.reading() as session:
        traces = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "config.host_key_changed")).all()
        assert [(trace.subject, fleet.servers["a"].key().fingerprint in str(trace.after)) for trace in traces] == [
            ("a", True)
        ]
        row = access.keys(session, fleet.id_of("a"))
        assert row is not None
        assert HostKey.read(row.pinned) == old
    fleet.pin("a")
    assert fleet.backups.one("a", Cause.MANUAL).outcome == "unchanged"


def test_fault_68_only_who_may_confirms_a_key_and_only_the_one_compared(fleet: Boxes) -> None:
    key, at = fleet.servers["b"].key(), fleet.clock.now()
    with fleet.database.transaction() as session:
        for role in (Role.NOC, Role.AUDITOR, Role.LEGAL):
            with pytest.raises(PermissionRefused):
                access.pin(session, actor_of_roles("x", [role]), at, "b", str(key))
        with pytest.raises(InputError, match="not the expected one"):
            access.pin(session, SYSTEM, at, "b", str(key), fleet.servers["a"].key().fingerprint)
        for role in (Role.ENGINEER, Role.ADMINISTRATOR):
            access.pin(session, actor_of_roles("x", [role]), at, "b", str(key), key.fingerprint)


def test_fault_42_a_backup_and_a_push_do_not_meet(fleet: Boxes) -> None:
    with fleet.database.transaction() as session:
        now = fleet.clock.now()
        locks.acquire(session, fleet.id_of("a"), "change 12", now + timedelta(seconds=300), now=now)
    done = fleet.backups.one("a", Cause.TRAP)
    assert (done.outcome, "change 12 is working" in done.message) == ("locked", True)
    assert fleet.servers["a"].received == []
    fleet.clock.advance(301)
    assert fleet.backups.one("a", Cause.TRAP).outcome == "stored"
    with fleet.database.reading() as session:
        assert locks.holder(session, fleet.id_of("a"), now=fleet.clock.now()) is None


def test_while_a_device_is_read_nobody_else_takes_it(fleet: Boxes) -> None:
    fleet.servers["a"].turn(slow_s=0.2)
    reading = threading.Thread(target=fleet.backups.one, args=("a", Cause.MANUAL))
    reading.start()
    wait_for(lambda: fleet.servers["a"].open_sessions == 1, "the session", 5)
    with fleet.database.transaction() as session, pytest.raises(Conflict, match="backup"):
        locks.acquire(session, fleet.id_of("a"), "change 1", fleet.clock.now(), now=fleet.clock.now())
    reading.join()
    assert len(texts(fleet, "a")) == 1


def test_only_one_run_at_a_time(fleet: Boxes) -> None:
    for server in fleet.servers.values():
        server.turn(slow_s=0.2)
    running = threading.Thread(target=fleet.backups.run, args=(Cause.NIGHTLY,))
    running.start()
    wait_for(lambda: fleet.backups.progress is not None, "the run", 5)
    with pytest.raises(Conflict):
        fleet.backups.run(Cause.MANUAL)
    running.join()
    assert fleet.backups.run(Cause.MANUAL).failed == 0


def test_after_a_trap_a_device_is_read_when_it_has_been_quiet(fleet: Boxes) -> None:
    fleet.backups.backup_soon("a")
    fleet.clock.advance(SOON_S - 1)
    fleet.backups.backup_soon("a")
    fleet.clock.advance(2)
    assert fleet.backups.run_soon() == []
    fleet.clock.advance(SOON_S)
    assert [(done.device, done.outcome) for done in fleet.backups.run_soon()] == [("a", "stored")]
    assert fleet.backups.run_soon() == []
    with fleet.database.reading() as session:
        assert session.scalars(select(ConfigVersion.cause)).all() == [Cause.TRAP]


def test_what_cannot_be_asked_says_why(fleet: Boxes) -> None:
    elsewhere = Backups(
        fleet.database, replace(fleet.settings, network=replace(MANAGED, management=())), BOX, fleet.clock
    )
    assert elsewhere.one("a", Cause.MANUAL).outcome == "failed"
    assert state(fleet, "a").code == "forbidden_target"
    assert fleet.servers["a"].received == []
    with pytest.raises(NotFound):
        fleet.backups.one("nobody", Cause.MANUAL)
    with fleet.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ConfigVersion)) == 0


def test_fault_41_a_run_ends_though_every_device_hangs(fleet: Boxes) -> None:
    for server in fleet.servers.values():
        server.turn(hang="show running", banner=Evil().banner)
    run = fleet.backups.run(Cause.NIGHTLY)
    assert dict(run.outcomes) == {"failed": 4}
    assert {state(fleet, name).code for name in fleet.servers} == {"ssh_answer_timeout"}
