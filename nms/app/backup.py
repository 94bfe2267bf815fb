"""Backup and restore of everything: databases, files, sealed days, profiles, settings, key; one archive, verified.

A backup is consistent (SQLite's own online copy; one REPEATABLE READ snapshot of PostgreSQL as JSON lines) and takes
its final name only when it is whole. A restore needs an empty home (or PostgreSQL database): nothing is overwritten.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, bindparam, select
from sqlalchemy.engine import Connection

from collectors import driver, families
from nms import __version__
from nms.app import schema
from nms.app.bootstrap import database_of
from nms.base import ledger
from nms.base.db import Base, Database
from nms.base.errors import Conflict, InputError, StoreUnavailable
from nms.base.ledger import Verification
from nms.base.secrets import KEY_FILE
from nms.base.settings import FILE_NAME, Settings
from nms.ops import sealing
from nms.ops.change import intents
from spectrum.paper import DIGEST, FOLDER

MEMBERS = ("manifest.json", "nms.db", "nms.jsonl", "ts.db", FILE_NAME, KEY_FILE)
_ROWS_AT_ONCE = 1000


def backup(settings: Settings, database: Database, target: Path) -> Verification:
    """Write the archive; answers what the journal's verification found in it.

    Raises:
        Conflict: the target exists.
        LedgerBroken: the journal does not hold; nothing is written.
        StoreUnavailable: the disk refuses; nothing has the final name.
    """
    if target.exists():
        raise Conflict("backup_exists", f"{target} exists already: choose another name.", path=str(target))
    with database.reading() as session:
        found = ledger.verify(session)
    ledger.require_whole(found)
    half = target.with_name(target.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as work:
            folder = Path(work)
            _collect(settings, database, folder, found)
            papers = _papers(settings.home)  # after the rows: a row of the copy has its file in the archive
            handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
                for path in sorted(folder.iterdir()):
                    archive.add(path, arcname=path.name)
                for path in papers:
                    archive.add(path, arcname=f"{FOLDER}/{path.name}")
                for path in [*families.kept_files(settings.home), *_written(settings.home)]:
                    archive.add(path, arcname=path.relative_to(settings.home).as_posix())
                for path in _sealed_days(settings.home, folder / "ts.db"):
                    archive.add(path, arcname=f"{sealing.FOLDER}/{path.name}")
            half.replace(target)
    except (OSError, sqlite3.Error) as error:
        half.unlink(missing_ok=True)
        raise StoreUnavailable("backup_failed", f"The backup could not be written: {error}.") from error
    return found


def restore(settings: Settings, source: Path) -> Verification:
    """Bring an archive back into an empty home; answers what the journal's verification found.

    Raises:
        Conflict: the home or the database holds something already.
        InputError: the file is not a backup, or one of a newer program.
        LedgerBroken: the journal of the restored database does not hold.
    """
    home = settings.home
    home.mkdir(parents=True, exist_ok=True)
    taken = [name for name in ("nms.db", "ts.db", KEY_FILE) if (home / name).exists()]
    if _papers(home):
        taken.append(FOLDER)
    if families.kept_files(home):
        taken.append(families.FOLDER)
    taken += sorted({path.parent.name for path in _written(home)})
    if any((home / sealing.FOLDER).glob("*.parquet")):
        taken.append(sealing.FOLDER)
    if taken:
        raise Conflict(
            "home_not_empty", f"{home} holds {', '.join(taken)} already: restore into an empty folder.", path=str(home)
        )
    with tempfile.TemporaryDirectory(dir=home) as work:
        folder = Path(work)
        _unpack(source, folder)
        restored = Database.sqlite(folder / "nms.db") if not settings.database.url else database_of(settings)
        try:
            _fill(settings, restored, folder)
            with restored.reading() as session:
                found = ledger.verify(session)
        finally:
            restored.dispose()
        ledger.require_whole(found)
        for name in ("nms.db", "ts.db", KEY_FILE, FILE_NAME):
            if (folder / name).exists() and not (home / name).exists():
                (folder / name).replace(home / name)
        _bring_papers(folder, home)
        _bring_sealed_days(folder, home)
        _bring_profiles(folder, home)
    return found


def _collect(settings: Settings, database: Database, folder: Path, found: Verification) -> None:
    if database.dialect == "sqlite":
        _copy_sqlite(Path(str(database.engine.url.database)), folder / "nms.db")
    else:
        _dump(database, folder / "nms.jsonl")
    if (settings.home / "ts.db").exists():
        _copy_sqlite(settings.home / "ts.db", folder / "ts.db")
    for name in (FILE_NAME, KEY_FILE):
        if (settings.home / name).exists():
            (folder / name).write_bytes((settings.home / name).read_bytes())
            (folder / name).chmod(0o600)
    manifest = {"program": "nms", "version": __version__, "ledger_entries": found.entries, "ledger_head": found.head}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), "utf-8")


def _papers(home: Path) -> list[Path]:
    """The files of attachments; each has its hash for a name and never changes."""
    folder = home / FOLDER
    names = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in names if DIGEST.fullmatch(path.name) and path.is_file() and not path.is_symlink())


def _bring_papers(folder: Path, home: Path) -> None:
    if papers := _papers(folder):
        (home / FOLDER).mkdir(mode=0o700, exist_ok=True)
        for path in papers:
            path.chmod(0o600)
            path.replace(home / FOLDER / path.name)


def _bring_profiles(folder: Path, home: Path) -> None:
    for path in (*families.kept_files(folder), *_written(folder)):
        target = home / path.relative_to(folder)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.replace(target)


_WRITTEN = (driver.FOLDER, intents.FOLDER)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}\.yaml")


def _written(home: Path) -> list[Path]:
    """Drivers and golden blocks of one's own."""
    found = sorted(path for name in _WRITTEN for path in (home / name).glob("*.yaml"))
    return [p for p in found if _PLAIN.fullmatch(p.name) and p.is_file() and not p.is_symlink()]


def _sealed_days(home: Path, copy: Path) -> list[Path]:
    """The files that the copy of the sample store notes: each point of the history is in the archive once."""
    if not copy.exists():
        return []
    with closing(sqlite3.connect(copy)) as store:
        if not store.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sealed'").fetchone():
            return []
        names = [name for (name,) in store.execute("SELECT file FROM sealed ORDER BY file")]
    return [home / sealing.FOLDER / name for name in names if sealing.SEALED_NAME.fullmatch(name)]


def _bring_sealed_days(folder: Path, home: Path) -> None:
    files = sorted((folder / sealing.FOLDER).glob("*.parquet"))
    if files:
        (home / sealing.FOLDER).mkdir(mode=0o700, exist_ok=True)
    for path in files:
        path.replace(home / sealing.FOLDER / path.name)


def _is_member(name: str) -> bool:
    """Whether a backup holds a file of this name."""
    inside, _, rest = name.partition("/")
    if inside == families.FOLDER:
        return families.is_kept(rest)
    if inside in _WRITTEN:
        return _PLAIN.fullmatch(rest) is not None
    if inside == sealing.FOLDER:
        return sealing.SEALED_NAME.fullmatch(rest) is not None
    return name in MEMBERS or (inside == FOLDER and DIGEST.fullmatch(rest) is not None)


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online copy: consistent while others write."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _unpack(source: Path, folder: Path) -> None:
    try:
        with tarfile.open(source, "r:gz") as archive:
            for member in archive.getmembers():
                if not _is_member(member.name) or not member.isfile():
                    raise InputError("not_a_backup", f"{source} holds “{member.name}”, which no backup holds.")
            archive.extractall(folder, filter="data")
    except (OSError, tarfile.TarError, EOFError) as error:
        raise InputError("not_a_backup", f"{source} cannot be read as a backup: {error}.", path=str(source)) from error
    if not (folder / "manifest.json").exists():
        raise InputError("not_a_backup", f"{source} is not a backup: it has no manifest.", path=str(source))


def _fill(settings: Settings, database: Database, folder: Path) -> None:
    """Bring the rows in; a dump of PostgreSQL goes into either database, a file of SQLite only into SQLite."""
    dump = folder / "nms.jsonl"
    if not dump.exists() and settings.database.url:
        _dump_of(folder / "nms.db", dump)
    schema.upgrade(database)
    if not dump.exists():
        return
    tables = {table.name: table for table in Base.metadata.sorted_tables}
    with database.engine.begin() as connection:
        for table in tables.values():
            if connection.execute(select(table).limit(1)).first() is not None:
                raise Conflict("database_not_empty", "The database holds rows already: restore into an empty one.")
        for name, rows in _batches(dump):
            _insert(connection, tables[name], [_row_in(tables[name], row) for row in rows])
        for name, rows in _batches(dump):
            _join(connection, tables[name], [_row_in(tables[name], row) for row in rows])
        if database.dialect == "postgresql":
            _set_sequences(connection, tables)


def _own_references(table: Table) -> list[str]:
    """Columns that refer to a row of the same table (a device's parent): that row may come later in the dump."""
    return sorted(key.parent.name for key in table.foreign_keys if key.column.table is table)


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    nothing_yet = dict.fromkeys(_own_references(table))
    connection.execute(table.insert(), [row | nothing_yet for row in rows])


def _join(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Set the references within the table, now that every row is there."""
    columns = _own_references(table)
    referring = [row for row in rows if any(row[column] is not None for column in columns)]
    if not referring:
        return
    (key,) = table.primary_key.columns
    statement = table.update().where(key == bindparam("its_key"))
    values: dict[str, Any] = {column: bindparam(f"its_{column}") for column in columns}
    connection.execute(
        statement.values(values),
        [{"its_key": row[key.name]} | {f"its_{column}": row[column] for column in columns} for row in referring],
    )


def _dump_of(file: Path, dump: Path) -> None:
    database = Database.sqlite(file)
    try:
        schema.upgrade(database)
        _dump(database, dump)
    finally:
        database.dispose()


def _dump(database: Database, target: Path) -> None:
    schema.import_models()
    engine = database.engine.execution_options(nms_read_only=True)
    if database.dialect == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection, target.open("w", encoding="utf-8") as out:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                out.write(json.dumps([table.name, {key: _plain(value) for key, value in row.items()}]) + "\n")


def _batches(dump: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    name = ""
    rows: list[dict[str, Any]] = []
    with dump.open(encoding="utf-8") as lines:
        for line in lines:
            table, row = json.loads(line)
            if table != name or len(rows) >= _ROWS_AT_ONCE:
                if rows:
                    yield name, rows
                name, rows = table, []
            rows.append(row)
    if rows:
        yield name, rows


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if value is not None and not isinstance(value, (str, int, float, bool)):
        return {"text": str(value)} if not hasattr(value, "isoformat") else {"on": value.isoformat()}
    return value


def _row_in(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {key: _back(table, key, value) for key, value in row.items()}


def _back(table: Table, column: str, value: Any) -> Any:
    if not isinstance(value, dict):
        kind = table.c[column].type
        enum = getattr(kind, "enum_class", None)
        return enum(value) if enum is not None and value is not None else value
    if "b64" in value:
        return base64.b64decode(value["b64"])
    if "at" in value:
        return datetime.fromisoformat(value["at"])
    if "on" in value:
        return table.c[column].type.python_type.fromisoformat(value["on"])
    return value["text"]


def _set_sequences(connection: Connection, tables: dict[str, Table]) -> None:
    """After rows came with their own ids, the next id is the one after the greatest."""
    for table in tables.values():
        column = table.autoincrement_column
        if column is not None and table.name != "ledger":
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), "  # noqa: S608 - our own names
                f"coalesce((SELECT max({column.name}) FROM {table.name}), 0) + 1, false)"
            )
