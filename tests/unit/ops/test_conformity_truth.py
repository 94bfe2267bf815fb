"""What is on the air against the rights, at every poll: flips at midnight in Paris and with an act, and is no guess."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest
from sqlalchemy import select

from collectors.base import Metric, RadioReading, ValueKind, VarBind
from inventory.credentials import CredentialSecret, save_credential
from inventory.models import CredentialKind, Device, DeviceRole, Sector, Site
from inventory.territory import CommuneSuccessor
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import StoreUnavailable, Timeout
from nms.base.permissions import SYSTEM
from nms.base.secrets import SecretBox
from nms.base.settings import NetworkSettings, PollingSettings, Settings
from nms.ops.conformity import Watch, load
from nms.ops.history_sqlite import SqliteStore
from nms.ops.live import LiveState
from nms.ops.models import ConformityEvent
from nms.ops.on_air import Emission, of_device, of_sector
from nms.ops.polling import Sweep
from nms.ops.state import Kind, OnAir, Subject
from spectrum.acts import Act, Step
from spectrum.bands import Bands, read_bands
from spectrum.conformance import Case
from spectrum.register import Register
from tests.fakes.memory_client import MemoryClient, recording

LOT = read_bands("3432.5-3447.5/3532.5-3547.5")
HERE, ABSORBED = "86194", "86999"
CENTRE = "1.0.8802.16.2.1.2.9.1.2.1.6.2"
EVE = datetime(2026, 12, 31, 22, 58, tzinfo=UTC)
"""Two minutes before midnight in Paris."""


def title(number: str = "T-1", until: date | None = date(2027, 1, 1), bands: Bands = LOT, area: str = HERE) -> Act:
    start = date(2020, 1, 1)
    return Act(
        number, Step.ATTRIBUTION, start, start, frozenset({area}), bands, cessionnaire="Région", until=until,
        area_text=area,
    )  # fmt: skip


class Scene:
    """One WiMAX base station with one sector, its sweep and the register."""

    def __init__(self, database: Database, home: Path, clock: FakeClock, insee: str) -> None:
        self.clock, self.client, self.live = clock, MemoryClient(recording("wimax_if2")), LiveState()
        self.database, self.register = database, Register(database, clock)
        self.tune(3_440_000)
        box = SecretBox.open_or_create(home)
        with database.transaction() as session:
            secret = CredentialSecret(version=CredentialKind.V2C, community="canary-community")
            credential = save_credential(session, box, SYSTEM, clock.now(), "c", secret)
            site = Site(name="site", insee=insee)
            device = Device(
                name="bs", address="127.0.0.1:1161", credential_id=credential.id, site=site,
                role=DeviceRole.BASE_STATION, family="wimax_wman_if2",
            )  # fmt: skip
            session.add(Sector(name="sec", device=device, radio_index="2", centre_khz=3_440_000, width_khz=3_500))
        settings = Settings(
            home=home,
            polling=PollingSettings(interval_s=60, slow_every=1),
            network=NetworkSettings(management=(ip_network("127.0.0.0/8"),)),
        )
        self.store = SqliteStore(home / "ts.db")
        self.sweep = Sweep(
            database, settings, self.live, self.store, clock, box, self.client, register=self.register  # type: ignore[arg-type]  # speaks the protocol
        )  # fmt: skip

    def tune(self, centre_khz: int) -> None:
        """What the radio radiates from now on."""
        self.client.set(VarBind(CENTRE, ValueKind.INTEGER, centre_khz))

    def poll(self) -> OnAir:
        """The next poll, a minute later, and what it shows of the sector."""
        self.clock.advance(60)
        self.sweep.tick()
        self.sweep.tick()
        status = self.live.get(Kind.SECTOR, "sec")
        assert status is not None
        assert status.on_air is not None
        return status.on_air

    def events(self) -> list[tuple[str, str]]:
        """Every change of the sector's case, the oldest first."""
        with self.database.reading() as session:
            rows = session.scalars(select(ConformityEvent).order_by(ConformityEvent.id)).all()
        return [(row.before, row.after) for row in rows]


@contextmanager
def scene(database: Database, home: Path, at: datetime = EVE, insee: str = HERE) -> Iterator[Scene]:
    found = Scene(database, home, FakeClock(at), insee)
    found.sweep.start()
    try:
        yield found
    finally:
        found.sweep.stop()
        found.store.close()


def test_a_right_that_ends_at_midnight_in_paris_flips_the_verdict_at_the_next_poll(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """Nothing is restarted and nobody records anything: the day changes, at 23:00 UTC."""
    with scene(sqlite_database, tmp_path) as told:
        told.register.replay([title()], SYSTEM)
        before = told.poll()
        assert (before.found.case, before.day) == (Case.COVERED, date(2026, 12, 31))
        assert before.found.acts == ("T-1",)
        after = told.poll()
        assert (after.found.case, after.day) == (Case.NOT_COVERED, date(2027, 1, 1))
        assert after.found.article == "L. 42-1"
        assert after.since == told.clock.now()
        assert told.events() == [("", "covered"), ("covered", "not_covered")]


def test_a_recorded_act_flips_the_verdict_at_the_next_poll(sqlite_database: Database, tmp_path: Path) -> None:
    """Without a right nothing conforms; the poll after the record it does, and the poll after the tuning no more."""
    with scene(sqlite_database, tmp_path) as told:
        assert told.poll().found.case is Case.NOT_COVERED
        told.register.replay([title(until=None)], SYSTEM)
        since = told.poll()
        assert since.found.case is Case.COVERED
        assert told.poll().since == since.since
        told.tune(3_446_500)
        assert told.poll().found.case is Case.STICKS_OUT
        assert told.events() == [("", "not_covered"), ("not_covered", "covered"), ("covered", "sticks_out")]
        with told.database.reading() as session:
            newest = load(session.scalars(select(ConformityEvent).order_by(ConformityEvent.id)).all()[-1].told)
        assert (newest.emission.centre_khz, newest.article, newest.acts) == (3_446_500.0, "L. 42-1", ("T-1",))


def test_a_silent_radio_is_unknown_and_no_event_and_comes_back_as_it_was(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """What is not measured is never conforming, however well it was a minute ago."""
    with scene(sqlite_database, tmp_path) as told:
        told.register.replay([title(until=None)], SYSTEM)
        since = told.poll().since
        told.client.silent = {"1": Timeout("snmp_timeout", "No answer.")}
        silent = told.poll()
        assert silent.found.case is Case.NOT_TOLD
        assert silent.since == told.clock.now()
        told.client.silent = {}
        assert (told.poll().found.case, told.poll().since) == (Case.COVERED, since)
        assert told.events() == [("", "covered")]


def test_after_a_restart_the_case_is_since_when_it_was(sqlite_database: Database, tmp_path: Path) -> None:
    """What was told last is read back; the same case again is no event."""
    with scene(sqlite_database, tmp_path) as told:
        told.register.replay([title(until=None)], SYSTEM)
        since = told.poll().since
        watch = Watch(sqlite_database, told.register)
        watch.refresh("head", date(2026, 12, 31))
        sector = told.live.get(Kind.SECTOR, "sec")
        assert sector is not None
        seen = watch.see(sector.subject, [Emission(3_440_000.0, 3_500.0)], told.clock.now())
        assert seen is not None
        assert (seen.found.case, seen.since) == (Case.COVERED, since)
        watch.flush()
        assert told.events() == [("", "covered")]


@pytest.mark.parametrize(("insee", "case"), [(ABSORBED, Case.COVERED), (HERE, Case.TO_CHECK)])
def test_a_right_of_an_absorbed_commune_covers_only_a_station_whose_site_says_that_it_stands_there(
    sqlite_database: Database, tmp_path: Path, insee: str, case: Case
) -> None:
    """The site keeps the code of 2006 or has only that of today."""
    with sqlite_database.transaction() as session:
        session.add_all(
            CommuneSuccessor(old_insee=old, old_name=name, new_insee=HERE, date_on=date(2016, 1, 1))
            for old, name in ((ABSORBED, "Vieux-Bourg"), (HERE, "Poitiers"))
        )
    with scene(sqlite_database, tmp_path, insee=insee) as told:
        told.register.replay([title(until=None, area=ABSORBED)], SYSTEM)
        found = told.poll().found
        assert found.case is case
        if case is Case.TO_CHECK:
            assert "Vieux-Bourg" in found.why


def test_while_the_register_cannot_be_read_a_new_day_proves_nothing(
    sqlite_database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same day what was read still holds; of another nothing does, until it can be read again."""
    register = Register(sqlite_database, clock)
    register.replay([title(until=None)], SYSTEM)
    watch = Watch(sqlite_database, register)
    today, tomorrow = date(2026, 11, 23), date(2026, 11, 24)
    subject = Subject(Kind.SECTOR, "sec", "", "bs", "site", HERE, "86")

    def case() -> Case:
        seen = watch.see(subject, [Emission(3_440_000.0, 3_500.0)], clock.now())
        assert seen is not None
        return seen.found.case

    watch.refresh("one", today)
    assert case() is Case.COVERED

    def refuse(_day: date) -> None:
        raise StoreUnavailable("database_unavailable", "The disk is gone.")

    with monkeypatch.context() as patched:
        patched.setattr(register, "as_of", refuse)
        watch.refresh("two", today)
        assert (case(), watch.stale("two", today)) == (Case.COVERED, True)
        watch.refresh("two", tomorrow)
        assert (case(), watch.stale("two", tomorrow)) == (Case.NOT_ESTABLISHED, True)
    watch.refresh("two", tomorrow)
    assert (case(), watch.stale("two", tomorrow)) == (Case.COVERED, False)


def test_old_changes_go_but_the_newest_of_each_object_stays(sqlite_database: Database, clock: FakeClock) -> None:
    """So that "since" outlives the retention."""
    watch = Watch(sqlite_database, Register(sqlite_database, clock))
    with sqlite_database.transaction() as session:
        session.add_all(
            ConformityEvent(kind="sector", name=name, at=datetime(2020, 1, n, tzinfo=UTC), before="", after="covered")
            for name, n in (("a", 1), ("a", 2), ("b", 1))
        )
    assert watch.forget(clock.now()) == 1
    assert watch.forget(clock.now()) == 0


def reading(metric: Metric, index: str, value: float, *, usable: bool = True) -> RadioReading:
    return RadioReading(metric, index, value if usable else None, "", "1.3", "x", usable)


def test_a_value_on_which_the_rows_of_a_radio_disagree_is_not_told() -> None:
    rows = [reading(Metric.FREQUENCY, "2.1", 3_440_000), reading(Metric.FREQUENCY, "2.2", 3_443_500)]
    assert of_sector(rows) == Emission()
    assert of_sector(rows[:1], 3_500) == Emission(3_440_000, 3_500.0, planned_width=True)
    wider = [*rows[:1], reading(Metric.CHANNEL_WIDTH, "2.1", 7_000)]
    assert of_sector(wider, 3_500) == Emission(3_440_000, 7_000)
    assert of_sector([reading(Metric.FREQUENCY, "2", 0, usable=False)], 3_500) == Emission()


def test_what_a_radio_hears_is_not_what_it_emits() -> None:
    """A duplex link tells both: only its own half is judged."""
    rows = [
        reading(Metric.FREQUENCY, "tx.1", 3_440_000),
        reading(Metric.FREQUENCY, "rx.1", 3_540_000),
        reading(Metric.FREQUENCY, "radio1_rx", 3_540_000),
        reading(Metric.CHANNEL_WIDTH, "1", 3_500),
        reading(Metric.TX_POWER, "1", 23),
    ]
    assert of_device(rows, ()) == (Emission(3_440_000, 3_500, 23),)


def test_the_radios_of_a_device_that_are_no_sectors_are_told_apart() -> None:
    """Two radios of an access point, and one that the inventory has as a sector."""
    rows = [
        reading(Metric.FREQUENCY, "1", 2_437_000),
        reading(Metric.CHANNEL_WIDTH, "1", 20_000),
        reading(Metric.FREQUENCY, "2", 5_500_000),
        reading(Metric.CHANNEL_WIDTH, "2", 40_000),
        reading(Metric.FREQUENCY, "7", 3_440_000),
        reading(Metric.CINR, "7.02:00:5e:00:00:11", 25),
    ]
    assert of_device(rows, ("7",)) == (Emission(2_437_000, 20_000), Emission(5_500_000, 40_000))
    assert of_device(rows[4:], ("7",)) == ()


def test_of_several_radios_the_gravest_is_shown(sqlite_database: Database, clock: FakeClock) -> None:
    watch = Watch(sqlite_database, Register(sqlite_database, clock))
    watch.refresh("one", date(2026, 11, 23))
    subject = Subject(Kind.DEVICE, "ap", "", "ap", "site", HERE, "86")
    free, taken = Emission(2_437_000, 20_000), Emission(3_440_000, 3_500)
    cases = []
    for emissions in ([free], [free, taken], [taken, replace(free, width_khz=None)]):
        seen = watch.see(subject, emissions, clock.now())
        assert seen is not None
        cases.append((seen.found.case, seen.emission))
    assert cases == [(Case.EXEMPT, free), (Case.NOT_COVERED, taken), (Case.NOT_COVERED, taken)]
