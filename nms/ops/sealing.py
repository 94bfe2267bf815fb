"""Sealing: a day older than the raw retention becomes a Parquet file; only then do its raw rows go.

The order is the promise. (1) The day is written under a temporary name, to the disk itself. (2) It is read back and
compared row by row with the database. (3) It takes its final name. (4) One transaction notes it. (5) Hour by hour, raw
rows go whose sums are those of the file. Killed between any two steps, the next run goes on: a file that is not noted
is removed, rows of a noted file that are still there are compared again. A sample that came late stays raw and is
sealed into a further file of its day. Readers take every file of a day and then the raw rows, one point per instant.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from nms.base.clock import from_epoch
from nms.base.errors import StoreUnavailable
from nms.base.text import say

FOLDER = "history"
STORE_FILE = "ts.db"
SEALED_NAME = re.compile(r"\d{4}-\d{2}-\d{2}-\d{3}\.parquet")
INSTALL = say("Sealing needs the extra “parquet” (pyarrow): install it with pip install 'poitou-nms[parquet]'.")
SCHEMA = """
CREATE TABLE IF NOT EXISTS sealed (file TEXT PRIMARY KEY, day_s INTEGER NOT NULL, rows INTEGER NOT NULL,
    octets INTEGER NOT NULL, digest TEXT NOT NULL, sealed_at_s INTEGER NOT NULL, raw_gone INTEGER NOT NULL) STRICT;
"""
DAY_S, HOUR_S = 86_400, 3600
_FETCHED = 20_000


@dataclass(frozen=True, slots=True)
class SealedDay:
    """One file: its name, the day (UTC) that it is of, what it holds."""

    file: str
    day_s: int
    rows: int
    octets: int
    digest: str
    sealed_at_s: int
    raw_gone: bool


def available() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("pyarrow") is not None


def files() -> ModuleType:
    """The part that knows Parquet.

    Raises:
        StoreUnavailable: the extra is not installed; the sentence says what to install.
    """
    if not available():
        raise StoreUnavailable("parquet_missing", INSTALL)
    return importlib.import_module("nms.ops.sealed_files")


class Sealer:
    """Seals the days of one sample store; its own connection, so that it waits for the writer as the writer for it."""

    def __init__(self, path: Path, measures: Mapping[str, float]) -> None:
        self._path = path
        self._measures = measures
        self.folder = path.parent / FOLDER

    def sealed(self) -> list[SealedDay]:
        """Every file that is noted, by day and part."""
        with self._opened() as db:
            return _noted(db)

    def waiting(self, before_s: int) -> list[int]:
        """Days (UTC) with raw rows that end by an instant and are summed: what would be sealed now, oldest first."""
        with self._opened() as db:
            return _waiting(db, before_s)

    def seal(self, before_s: int, at_s: int) -> list[SealedDay]:
        """Seal every whole day that ends by an instant and is summed; answers the new files.

        Raises:
            StoreUnavailable: the extra is missing, the disk is full, or a file does not hold what was written into
                it; every raw row that is not in a verified file is still there.
        """
        parquet = files()
        done = []
        with self._opened() as db, _told():
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self._tidy(db)
            for day in _noted(db):
                if not day.raw_gone:
                    self._drop(db, parquet, day)
            for day_s in _waiting(db, before_s):
                day = self._write(db, parquet, day_s, at_s)
                self._drop(db, parquet, day)
                done.append(day)
        return done

    def forget(self, before_s: int) -> int:
        """Delete sealed days that end by an instant; how many files. The note goes first: a file without is tidied."""
        with self._opened() as db, _told():
            gone = db.execute("DELETE FROM sealed WHERE day_s + ? <= ? AND raw_gone", (DAY_S, before_s)).rowcount
            if gone:
                self._tidy(db)
            return gone

    def verify(self) -> list[str]:
        """Names of the files that are missing, or are not what was sealed."""
        parquet = files()
        return [
            day.file
            for day in self.sealed()
            if not (self.folder / day.file).is_file() or parquet.digest(self.folder / day.file) != day.digest
        ]

    def _tidy(self, db: sqlite3.Connection) -> None:
        """Remove what a run that was killed left: temporary files, and files that nothing notes."""
        known = {day.file for day in _noted(db)}
        for path in self.folder.glob("*.parquet*") if self.folder.is_dir() else ():
            ours = SEALED_NAME.fullmatch(path.name.removesuffix(".part"))
            if ours and path.name not in known:
                path.unlink(missing_ok=True)

    def _write(self, db: sqlite3.Connection, parquet: ModuleType, day_s: int, at_s: int) -> SealedDay:
        """Steps 1 to 4; both readings are of one snapshot of the database."""
        parts = db.execute("SELECT count(*) FROM sealed WHERE day_s = ?", (day_s,)).fetchone()[0]
        name = f"{from_epoch(day_s):%Y-%m-%d}-{parts + 1:03d}.parquet"
        half, whole = self.folder / f"{name}.part", self.folder / name
        try:
            db.execute("BEGIN")
            count = parquet.write(half, self._measures, self._rows(db, day_s))
            if not parquet.same(half, self._measures, self._rows(db, day_s)):
                raise StoreUnavailable(
                    "seal_differs", say("{file} does not read back as it was written; nothing was deleted.", file=name)
                )
            db.execute("COMMIT")
            day = SealedDay(name, day_s, count, half.stat().st_size, parquet.digest(half), at_s, raw_gone=False)
            half.replace(whole)
            _sync_folder(self.folder)
        except BaseException:
            half.unlink(missing_ok=True)
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        db.execute(
            "INSERT INTO sealed VALUES (?, ?, ?, ?, ?, ?, 0)",
            (day.file, day.day_s, day.rows, day.octets, day.digest, day.sealed_at_s),
        )
        return day

    def _drop(self, db: sqlite3.Connection, parquet: ModuleType, day: SealedDay) -> None:
        """Step 5: in a transaction per hour, raw rows go whose count and sums are those of the file."""
        path = self.folder / day.file
        if not path.is_file() or parquet.digest(path) != day.digest:
            raise StoreUnavailable(
                "seal_lost", say("{file} is not what was sealed; its raw rows are kept.", file=day.file), file=day.file
            )
        sums = parquet.sums_by_hour(path, tuple(self._measures))
        for hour_s, in_file in sorted(sums.items()):
            db.execute("BEGIN IMMEDIATE")
            try:
                in_database = db.execute(
                    self._sums(), (parquet.LOW_BITS,) * (len(self._measures) + 2) + (hour_s, hour_s + HOUR_S)
                )
                if tuple(value or 0 for value in in_database.fetchone()) == in_file:
                    db.execute("DELETE FROM sample WHERE ts >= ? AND ts < ?", (hour_s, hour_s + HOUR_S))
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        db.execute("UPDATE sealed SET raw_gone = 1 WHERE file = ?", (day.file,))

    def _sums(self) -> str:
        numbers = ", ".join(f"count({name}), sum({name} & ?)" for name in ("step_s", "state", *self._measures))
        return f"SELECT count(*), {numbers} FROM sample WHERE ts >= ? AND ts < ?"  # noqa: S608 - only our own column names

    def _rows(self, db: sqlite3.Connection, day_s: int) -> Iterator[tuple[object, ...]]:
        columns = ", ".join(f"sample.{name}" for name in ("ts", "step_s", "state", *self._measures))
        found = db.execute(
            f"SELECT subject.kind, subject.name, {columns} FROM sample JOIN subject ON subject.id = sample.subject "  # noqa: S608 - only our own column names
            "WHERE sample.ts >= ? AND sample.ts < ? ORDER BY subject.kind, subject.name, sample.ts",
            (day_s, day_s + DAY_S),
        )
        while rows := found.fetchmany(_FETCHED):
            yield from rows

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as db:
                yield db
        except sqlite3.Error as error:
            raise _refused(error) from error


def read(
    folder: Path, which: Sequence[str], kind: str, name: str, start_s: int, end_s: int, measures: Sequence[str]
) -> dict[int, tuple[int, ...]]:
    """Points (ts, state, measures) of one object in some sealed files, by instant; a later file wins.

    Raises:
        StoreUnavailable: a file is missing or cannot be read.
    """
    found: dict[int, tuple[int, ...]] = {}
    with _told():
        for file in which:
            found |= {row[0]: row for row in files().rows_of(folder / file, kind, name, start_s, end_s, measures)}
    return found


def _noted(db: sqlite3.Connection) -> list[SealedDay]:
    columns = "file, day_s, rows, octets, digest, sealed_at_s, raw_gone"
    rows = db.execute(f"SELECT {columns} FROM sealed ORDER BY file").fetchall()  # noqa: S608 - only our own column names
    return [SealedDay(*row[:6], raw_gone=bool(row[6])) for row in rows]  # type: ignore[misc]  # seven columns, as named


def _waiting(db: sqlite3.Connection, before_s: int) -> list[int]:
    """Days found by one seek each: the next raw row after the day before."""
    rolled = dict(db.execute("SELECT what, until_s FROM rolled"))
    limit_s = min(before_s, rolled.get("daily", 0), rolled.get("hourly", 0)) // DAY_S * DAY_S
    days: list[int] = []
    at_s = 0
    while True:
        ((first_s,),) = db.execute("SELECT min(ts) FROM sample WHERE ts >= ?", (at_s,)).fetchall()
        if first_s is None or first_s >= limit_s:
            return days
        days.append(first_s // DAY_S * DAY_S)
        at_s = days[-1] + DAY_S


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _told() -> Iterator[None]:
    """What the disk or the file refuses, as one of ours."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise _refused(error) from error
    except ValueError as error:  # pyarrow's own: a file that is cut, or no Parquet
        raise StoreUnavailable(
            "sealed_unreadable", say("A sealed day cannot be read: {reason}", reason=str(error))
        ) from error


def _refused(error: Exception) -> StoreUnavailable:
    text = str(error)
    full = "full" in text or "No space left" in text
    reason = say("the disk is full; nothing was deleted, and it is tried again within the hour") if full else text
    return StoreUnavailable("seal_failed", say("Sealed days: {reason}.", reason=reason), reason=reason)
