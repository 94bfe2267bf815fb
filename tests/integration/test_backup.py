"""What a backup promises: everything comes back, the journal holds, nothing is overwritten, half a file has no name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import func, select

from inventory.forms import ObjectKind, read_form
from inventory.models import Device
from inventory.service import save
from nms.app import backup, schema
from nms.app.bootstrap import build
from nms.base import ledger
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import Conflict, InputError, LedgerBroken
from nms.base.permissions import SYSTEM
from nms.base.settings import DatabaseSettings, Settings
from nms.ops import profiles, sealing
from nms.ops.history import Sample
from nms.ops.history_layout import SCALES
from nms.ops.history_sqlite import SqliteStore
from nms.ops.sealing import Sealer
from nms.ops.state import Kind, Measures, State

AT = datetime(2026, 11, 23, 13, 3, tzinfo=UTC)


def fill(database: Database) -> None:
    """Three devices, each with its journal entry; the first is reached through the last (a parent that comes later)."""
    with database.transaction() as session:
        for name in ("a", "b", "c"):
            save(session, SYSTEM, AT, read_form(ObjectKind.DEVICE, {"name": name, "address": "192.0.2.1"}))
        devices = {device.name: device for device in session.scalars(select(Device))}
        devices["a"].parent = devices["c"]


def settings_of(database: Database, home: Path) -> Settings:
    """Settings that name this database, with a migrated schema in it."""
    command.stamp(schema.configuration(database), "head")
    url = None if database.dialect == "sqlite" else database.engine.url.render_as_string(hide_password=False)
    return replace(Settings(home=home), database=DatabaseSettings(url=url))


def test_fault_45_everything_comes_back_and_the_journal_holds(database: Database, tmp_path: Path) -> None:
    """Backup of either database, restored into a new SQLite home."""
    settings = settings_of(database, tmp_path)
    fill(database)
    found = backup.backup(settings, database, tmp_path / "b.tar.gz")
    assert found.entries == 3
    home = tmp_path / "restored"
    again = backup.restore(Settings(home=home), tmp_path / "b.tar.gz")
    assert again.head == found.head
    context = build(Settings(home=home))
    with context.database.reading() as session:
        assert session.scalar(select(func.count(Device.id))) == 3
        first = session.scalars(select(Device).where(Device.name == "a")).one()
        assert first.parent is not None
        assert first.parent.name == "c"
    fill_one_more(context.database)
    context.database.dispose()


def test_profiles_of_ones_own_and_their_versions_come_back(sqlite_database: Database, tmp_path: Path) -> None:
    settings = settings_of(sqlite_database, tmp_path)
    first = "family: own_box\nvendor: Own\nrules:\n  - {score: 40, descr: ^Own}\n"
    second = first.replace("40", "50")
    profiles.save(sqlite_database, tmp_path, SYSTEM, FakeClock(AT), first, "")
    profiles.save(sqlite_database, tmp_path, SYSTEM, FakeClock(AT), second, profiles.digest_of(first))
    backup.backup(settings, sqlite_database, tmp_path / "b.tar.gz")
    home = tmp_path / "restored"
    backup.restore(Settings(home=home), tmp_path / "b.tar.gz")
    assert profiles.text_of(home, "own_box") == second
    assert profiles.version_text(home, "own_box", 1) == first
    (home / "nms.db").unlink()
    with pytest.raises(Conflict, match="profiles"):
        backup.restore(Settings(home=home), tmp_path / "b.tar.gz")


def fill_one_more(database: Database) -> None:
    """The restored database takes new rows."""
    with database.transaction() as session:
        save(session, SYSTEM, AT, read_form(ObjectKind.DEVICE, {"name": "d", "address": "192.0.2.1"}))
        assert ledger.verify(session).entries == 4


@pytest.mark.real
def test_a_sqlite_backup_is_restored_into_postgresql(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A network that has grown moves to PostgreSQL by backup and restore."""
    server = request.getfixturevalue("postgres")
    source = build(Settings(home=tmp_path / "old"))
    fill(source.database)
    backup.backup(source.settings, source.database, tmp_path / "b.tar.gz")
    source.database.dispose()
    target = Settings(home=tmp_path / "new", database=DatabaseSettings(url=server.new_database()))
    assert backup.restore(target, tmp_path / "b.tar.gz").entries == 3
    context = build(target)
    fill_one_more(context.database)
    context.database.dispose()


def test_nothing_is_overwritten(sqlite_database: Database, tmp_path: Path) -> None:
    """Neither an archive that exists nor a home that holds something."""
    settings = settings_of(sqlite_database, tmp_path)
    fill(sqlite_database)
    target = tmp_path / "b.tar.gz"
    backup.backup(settings, sqlite_database, target)
    with pytest.raises(Conflict, match="exists already"):
        backup.backup(settings, sqlite_database, target)
    with pytest.raises(Conflict, match="empty folder"):
        backup.restore(settings, target)


def test_a_broken_journal_is_not_backed_up(sqlite_database: Database, tmp_path: Path) -> None:
    """Whoever tampered is named before the backup replaces a good one."""
    fill(sqlite_database)
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER ledger_no_update")
        connection.exec_driver_sql("UPDATE ledger SET actor = 'somebody else' WHERE seq = 2")
    with pytest.raises(LedgerBroken, match="entry 2"):
        backup.backup(settings_of(sqlite_database, tmp_path), sqlite_database, tmp_path / "b.tar.gz")
    assert not (tmp_path / "b.tar.gz").exists()


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    """A file of another kind leaves the home empty."""
    (tmp_path / "x").write_bytes(b"no archive")
    with pytest.raises(InputError, match="cannot be read as a backup"):
        backup.restore(Settings(home=tmp_path / "home"), tmp_path / "x")
    assert not (tmp_path / "home" / "nms.db").exists()


def test_fault_45_the_migrated_schema_is_that_of_the_models(database: Database, request: pytest.FixtureRequest) -> None:
    """Whoever changes a model writes a migration."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from nms.base.db import Base

    with database.engine.begin() as connection:
        Base.metadata.drop_all(connection)
    schema.upgrade(database)
    with database.engine.connect() as connection:
        opts = {"compare_type": True, "include_object": lambda _object, name, *_rest: name != "spectrum_cell"}
        context = MigrationContext.configure(connection, opts=opts)  # the guard of PostgreSQL is no model
        assert compare_metadata(context, Base.metadata) == []


def test_fault_45_sealed_days_come_back_with_the_history_that_notes_them(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """What was sealed is in the archive once, is verified after the restore, and is drawn as before."""
    settings = settings_of(sqlite_database, tmp_path)
    fill(sqlite_database)
    store = SqliteStore(tmp_path / sealing.STORE_FILE)
    day_s = 1_795_392_000
    store.write_batch([Sample(Kind.LINK, "l", State.UP, 600, Measures(day_s + 600 * n, 0.01)) for n in range(150)])
    store.roll_up(day_s + 2 * 86_400)
    assert len(Sealer(tmp_path / sealing.STORE_FILE, SCALES).seal(day_s + 86_400, day_s + 2 * 86_400)) == 1
    (tmp_path / sealing.FOLDER / "2026-11-22-001.parquet").write_bytes(b"left by a run that was killed")
    before = store.series(Kind.LINK, "l", day_s, day_s + 2 * 86_400)
    store.close()
    backup.backup(settings, sqlite_database, tmp_path / "b.tar.gz")
    home = tmp_path / "restored"
    backup.restore(Settings(home=home), tmp_path / "b.tar.gz")
    assert [path.name for path in (home / sealing.FOLDER).iterdir()] == ["2026-11-23-001.parquet"]
    assert Sealer(home / sealing.STORE_FILE, SCALES).verify() == []
    again = SqliteStore(home / sealing.STORE_FILE)
    assert again.series(Kind.LINK, "l", day_s, day_s + 2 * 86_400) == before
    assert len(before.at_s) == 150
    again.close()
    with pytest.raises(Conflict, match=r"ts\.db"):
        backup.restore(Settings(home=home), tmp_path / "b.tar.gz")
