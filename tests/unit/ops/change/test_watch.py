"""Verdicts on stored configurations: made when something changed, of what changed only, and never a lie meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from inventory.models import Device, Lifecycle
from nms.base import ledger
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.secrets import SecretBox
from nms.base.text import of_json
from nms.ops.change import verdicts, watch
from nms.ops.change.drift import Conformity
from nms.ops.change.verdicts import Judged
from nms.ops.change.watch import Watch
from nms.ops.configs import events
from nms.ops.configs.models import ConfigVersion
from tests.fakes.blocks import DRIFTED, GOOD, LOGS, SECRET, run_with, write_block
from tests.fakes.fleet_of_boxes import BOX


@dataclass
class Place:
    """Three devices of FRR: one as it should be, one that drifted, one that was never read."""

    database: Database
    home: Path
    clock: FakeClock
    watch: Watch

    def run(self, device: str, text: str) -> None:
        run_with(self.database, BOX, self.clock.now(), device, text)

    def stands(self) -> dict[str, tuple[str, int]]:
        return {one.device: (one.state.value, one.lines) for one in self.every()}

    def every(self) -> list[Judged]:
        with self.database.reading() as session:
            return verdicts.judged(session, BOX, ["good", "bad", "unread", "other"])

    def counts(self) -> dict[str, int]:
        with self.database.reading() as session:
            return {state.value: count for state, count in verdicts.counted(session).items() if count}

    def changed(self) -> None:
        """As a change of the inventory does: the journal grows."""
        with self.database.transaction() as session:
            ledger.append(session, kind="test", subject="x", actor="x", at=self.clock.now())

    def events(self, device: str) -> list[tuple[str, datetime]]:
        with self.database.reading() as session:
            return [(one.kind, one.at) for _, one in reversed(events.newest(session, [device], 50))]

    def restarted(self, box: SecretBox = BOX) -> Watch:
        return Watch(self.database, self.home, box, self.clock)


@pytest.fixture
def place(sqlite_database: Database, tmp_path: Path, clock: FakeClock) -> Place:
    return made(sqlite_database, tmp_path, clock)


def made(database: Database, tmp_path: Path, clock: FakeClock) -> Place:
    with database.transaction() as session:
        session.add_all(Device(name=name, address="10.0.0.1", cli="frr") for name in ("good", "bad", "unread"))
        session.add(Device(name="other", address="10.0.0.2"))
    write_block(tmp_path)
    found = Place(database, tmp_path, clock, Watch(database, tmp_path, BOX, clock))
    found.run("good", GOOD)
    found.run("bad", DRIFTED)
    return found


def test_each_device_has_its_verdict_and_what_is_not_known_does_not_conform(
    database: Database, tmp_path: Path, clock: FakeClock
) -> None:
    place = made(database, tmp_path, clock)
    assert not place.watch.has_looked
    assert place.watch.look() == 3
    assert place.stands() == {"bad": ("drifts", 3), "good": ("conforms", 0), "unread": ("never_read", 0)}
    assert place.counts() == {"drifts": 1, "conforms": 1, "never_read": 1}
    with database.reading() as session:
        assert verdicts.drifting(session) == [("bad", 3)]
        assert [one.device for one in verdicts.judged(session, BOX, most=1)] == ["bad"]
    assert place.watch.has_looked
    assert place.watch.look() == 0


def test_only_what_changed_is_judged_again(place: Place) -> None:
    place.watch.look()
    place.changed()
    assert place.watch.look() == 0
    place.clock.advance(60)
    place.run("bad", GOOD)
    assert place.stands()["bad"][0] == "not_judged_yet"
    assert place.counts() == {"not_judged_yet": 1, "conforms": 1, "never_read": 1}
    assert place.watch.look() == 1
    assert place.stands()["bad"] == ("conforms", 0)
    assert place.restarted().look() == 0
    write_block(place.home, LOGS.replace("informational", "warnings"))
    assert place.watch.look() == 3
    assert place.stands()["good"] == ("drifts", 2)


def test_a_drift_begins_with_the_version_that_brought_it_and_ends_with_the_one_that_mends_it(place: Place) -> None:
    place.watch.look()
    first = place.clock.now()
    place.clock.advance(3_600)
    read_at = place.clock.now()
    place.run("good", DRIFTED)
    place.clock.advance(50)
    place.watch.look()
    assert place.events("good") == [("drift_began", read_at)]
    assert place.events("bad") == [("drift_began", first)]
    assert {one.device: one.since for one in place.every()}["good"] == read_at
    place.clock.advance(60)
    mended = place.clock.now()
    place.run("good", GOOD)
    place.watch.look()
    assert place.events("good")[1:] == [("drift_ended", mended)]


def test_a_broken_file_ends_no_drift_and_lets_nothing_conform(place: Place) -> None:
    place.watch.look()
    write_block(place.home, "name: logs\nlines: 3\n")
    place.watch.look()
    assert place.watch.broken
    assert {state for state, _ in place.stands().values()} == {"cannot_tell"}
    assert [kind for kind, _ in place.events("bad")] == ["drift_began"]
    write_block(place.home)
    place.watch.look()
    assert place.stands()["bad"] == ("drifts", 3)
    assert [kind for kind, _ in place.events("bad")] == ["drift_began"]
    assert not place.watch.broken


@pytest.mark.parametrize("lines", ["{{ 1 // 0 }}", "{{ nothing }}", "{{ [][0] }}"])
def test_a_template_that_fails_is_told_and_stops_no_other(place: Place, lines: str) -> None:
    write_block(place.home, f"name: odd\nlabel: Odd\ndrivers: [frr]\nlines: |\n  {lines}\n", "odd.yaml")
    assert place.watch.look() == 3
    assert place.stands() == {"bad": ("drifts", 3), "good": ("cannot_tell", 0), "unread": ("never_read", 0)}


def test_a_block_that_goes_takes_its_verdicts_with_it(place: Place) -> None:
    place.watch.look()
    (place.home / "intents/logs.yaml").unlink()
    place.watch.look()
    assert place.stands() == {}
    assert [kind for kind, _ in place.events("bad")] == ["drift_began", "drift_ended"]


def test_a_retired_device_is_no_longer_told(place: Place) -> None:
    place.watch.look()
    with place.database.transaction() as session:
        session.execute(update(Device).where(Device.name == "bad").values(lifecycle=Lifecycle.RETIRED))
    place.changed()
    place.watch.look()
    assert set(place.stands()) == {"good", "unread"}


def test_nothing_is_told_as_conforming_between_two_batches(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "BATCH", 1)
    seen: list[set[str]] = []
    judge = Watch._judge

    def noted(of: Watch, due: list[watch.Asked]) -> None:
        seen.append({state for state, _ in place.stands().values()})
        judge(of, due)

    monkeypatch.setattr(Watch, "_judge", noted)
    place.watch.look()
    assert seen[0] == {"not_judged_yet"}
    assert "not_judged_yet" in seen[2]
    assert len(seen) == 3
    assert place.stands()["good"] == ("conforms", 0)


def test_a_process_that_dies_between_two_batches_judges_the_rest_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "BATCH", 1)
    judge, times = Watch._judge, iter([0, 1])

    def dies(of: Watch, due: list[watch.Asked]) -> None:
        if next(times):
            raise KeyboardInterrupt
        judge(of, due)

    monkeypatch.setattr(Watch, "_judge", dies)
    with pytest.raises(KeyboardInterrupt):
        place.watch.look()
    monkeypatch.setattr(Watch, "_judge", judge)
    assert place.restarted().look() == 2
    assert {state for state, _ in place.stands().values()} == {"conforms", "drifts", "never_read"}


def test_a_version_under_another_key_file_cannot_be_told(place: Place) -> None:
    assert place.restarted(SecretBox(b"x" * 32)).look() == 3
    assert {one.state for one in place.every() if one.device != "unread"} == {Conformity.CANNOT_TELL}
    with place.database.reading() as session:
        found = verdicts.judged(session, BOX, ["good"])
    assert found[0].found[0].why


def test_what_is_kept_and_told_holds_no_secret_in_the_clear(place: Place) -> None:
    place.watch.look()
    with place.database.reading() as session:
        (bad,) = verdicts.judged(session, BOX, ["bad"])
        told = events.newest(session, ["bad"], 9)
    assert any(SECRET in line for line in bad.found[0].lacks)
    assert "log syslog errors" in bad.found[0].extra
    assert not any(SECRET in of_json(one.told) for _, one in told)
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in place.home.glob("nms.db*"))


def test_versions_that_are_gone_are_never_taken_for_read(place: Place) -> None:
    place.watch.look()
    with place.database.transaction() as session:
        session.execute(delete(ConfigVersion).where(ConfigVersion.id.in_(select(ConfigVersion.id))))
    assert place.stands()["good"][0] == "not_judged_yet"
    place.watch.look()
    assert {state for state, _ in place.stands().values()} == {"never_read"}
