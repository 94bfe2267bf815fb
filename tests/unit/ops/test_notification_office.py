"""What follows from a notification: it is noted once, the device is looked at, and nothing else changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network

import pytest

from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import NotFound, StoreUnavailable
from nms.base.secrets import SecretBox
from nms.base.settings import NetworkSettings, Settings
from nms.ops.notifications import office as offices
from nms.ops.notifications.office import LOOK_EVERY_S, Office
from nms.ops.notifications.reading import Notified, gaps, notified
from nms.ops.notifications.receiver import Ended, Gap, Notice
from nms.ops.notifications.senders import Directory
from tests.fakes.site import sow

COLD_START, CHANGED, OWN = "1.3.6.1.6.3.1.1.5.1", "1.3.6.1.4.1.9.9.43.2.0.1", "1.3.6.1.4.1.99999.0.7"
BOX = SecretBox(b"k" * 32)


@dataclass
class Desk:
    """An office, and what it made happen."""

    office: Office
    database: Database
    clock: FakeClock
    polled: list[str]
    backed_up: list[str]

    def rows(self) -> list[Notified]:
        with self.database.reading() as session:
            return notified(session)


@pytest.fixture
def desk(sqlite_database: Database, settings: Settings, clock: FakeClock) -> Desk:
    """On SQLite, with the two stations and the two routers of the small inventory."""
    return new_desk(sqlite_database, settings, clock)


def new_desk(database: Database, settings: Settings, clock: FakeClock) -> Desk:
    sow(database, BOX, clock.now())
    polled: list[str] = []
    backed_up: list[str] = []
    office = Office(database, settings, clock, polled.append, backed_up.append)
    return Desk(office, database, clock, polled, backed_up)


def notice(device: str = "bs-a", oid: str = COLD_START, count: int = 1) -> Notice:
    return Notice(device, oid, 360_000, (("1.3.6.1.2.1.2.2.1.2.7", "wlan0 <script>"),), count)


def test_it_is_noted_and_the_device_is_asked_once_in_a_while(
    database: Database, settings: Settings, clock: FakeClock
) -> None:
    desk = new_desk(database, settings, clock)
    desk.office.take([notice(), notice(oid=OWN, count=7)])
    desk.office.take([notice()])
    assert desk.polled == ["bs-a"]
    desk.clock.advance(LOOK_EVERY_S)
    desk.office.take([notice()])
    assert desk.polled == ["bs-a", "bs-a"]
    newest = desk.rows()[2]
    assert (newest.device, newest.oid, newest.meaning.name, newest.times) == ("bs-a", OWN, "", 7)
    assert newest.up == timedelta(hours=1)
    assert newest.values == (("1.3.6.1.2.1.2.2.1.2.7", "wlan0 <script>"),)
    assert desk.backed_up == []


def test_a_change_of_configuration_asks_for_a_backup(desk: Desk) -> None:
    desk.office.take([notice(oid=CHANGED)])
    assert (desk.polled, desk.backed_up) == (["bs-a"], ["bs-a"])


def test_a_device_that_went_meanwhile_is_left_out(desk: Desk) -> None:
    desk.office._poll_now = refuse
    desk.office.take([notice(device="gone"), notice()])
    assert [row.device for row in desk.rows()] == ["bs-a"]


def refuse(name: str) -> None:
    raise NotFound("no_such_device", name)


def test_it_waits_for_the_database_and_a_bound_is_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offices, "WAITING_MOST", 3)
    whole = desk.office._database

    class Down:
        def transaction(self) -> None:
            raise StoreUnavailable("database_unavailable", "down")

    desk.office._database = Down()  # type: ignore[assignment]
    desk.office.take([notice(oid=f"{OWN}.{number}") for number in range(5)])
    desk.office.note_gap(Gap(desk.clock.now(), desk.clock.now(), Ended.KILLED))
    assert desk.office.unwritten == 2
    desk.office._database = whole
    desk.office.take([])
    assert [row.oid for row in desk.rows()] == [f"{OWN}.{number}" for number in (4, 3, 2)]


def test_retention_and_gaps(desk: Desk) -> None:
    start = desk.clock.now()
    desk.office.take([notice()])
    desk.office.note_gap(Gap(start, start + timedelta(seconds=9), Ended.SILENT))
    with desk.database.reading() as session:
        assert gaps(session) == [Gap(start, start + timedelta(seconds=9), Ended.SILENT)]
    desk.clock.advance(3651 * 86_400)
    desk.office.take([notice(oid=OWN)])
    desk.office.forget()
    assert [row.oid for row in desk.rows()] == [OWN]
    with desk.database.reading() as session:
        assert gaps(session) == []


def test_who_may_notify_is_who_is_polled(desk: Desk) -> None:
    directory = Directory(BOX, NetworkSettings().management, desk.clock)
    with desk.database.reading() as session:
        assert directory.read(session) == b"[]"  # outside the management networks
    directory = Directory(BOX, (ip_network("10.0.0.0/16"),), desk.clock)
    with desk.database.reading() as session:
        table = directory.read(session)
    assert directory.alone == {"10.0.0.97": "bs-a", "10.0.0.98": "bs-b", "10.0.1.97": "cpe-a", "10.0.1.98": "cpe-b"}
    assert table.count(b"s3cret-community") == 4
