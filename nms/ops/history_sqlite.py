"""The sample store in one SQLite file of its own: wide rows, scaled integers, time first in the primary key.

That layout writes a batch at the end of the table, in one place (measured: 15 times cheaper than subject first), and
still finds a day of one link by one seek per poll. Hourly and daily sums are keyed by subject first, for reports.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from nms.base.errors import StoreUnavailable
from nms.base.text import say
from nms.ops import history_layout, history_space, history_sums, sealing
from nms.ops.history import (
    COLUMNS,
    STATE_CODES,
    STATE_OF_CODE,
    Availability,
    Hour,
    Resolution,
    Sample,
    Series,
    Space,
)
from nms.ops.state import Kind

_HOUR_S = 3600
_DAY_S = 86400
_MAX_INTEGER = 2**62


class SqliteStore:
    """`SampleStore` on one file. One connection writes, behind a lock; each reading thread has its own."""

    def __init__(self, path: Path) -> None:
        """Open or create.

        Raises:
            StoreUnavailable: the file cannot be used.
        """
        self._path = path
        self._write_lock = threading.Lock()
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        try:
            self._writer = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._writer.execute("PRAGMA journal_mode=WAL")
            self._writer.execute("PRAGMA synchronous=NORMAL")
            self._writer.executescript(history_layout.SCHEMA + sealing.SCHEMA + history_space.SCHEMA)
        except sqlite3.Error as error:
            raise _unavailable(error) from error
        self._ids: dict[tuple[str, str], int] = {
            (kind, name): number for number, kind, name in self._writer.execute("SELECT id, kind, name FROM subject")
        }

    def write_batch(self, samples: Sequence[Sample]) -> None:
        """Store the samples of a moment in one transaction.

        Raises:
            StoreUnavailable: the file or the disk refuses; nothing of the batch was stored.
        """
        if not samples:
            return
        with self._write_lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                self._writer.executemany(history_layout.INSERT, [self._row(sample) for sample in samples])
                self._writer.execute("COMMIT")
            except sqlite3.Error as error:
                self._undo()
                raise _unavailable(error) from error

    def series(
        self, kind: Kind, name: str, start_s: int, end_s: int, resolution: Resolution = Resolution.RAW
    ) -> Series:
        """The points of one object in [start, end)."""
        subject = self._ids.get((kind.value, name))
        if subject is None:
            return Series(resolution, [], [], {column: [] for column in COLUMNS})
        if resolution is Resolution.RAW:
            rows = self._raw(kind, name, start_s, end_s)
        else:
            rows = self._read(
                f"SELECT ts, NULL, {history_layout.COLUMN_LIST} FROM {resolution.value} "  # noqa: S608 - a closed enum, our own names
                "WHERE subject = :subject AND ts >= :start AND ts < :end ORDER BY ts",
                {"start": start_s, "end": end_s, "subject": subject},
            )
        return Series(
            resolution,
            [row[0] for row in rows],
            [None if row[1] is None else STATE_OF_CODE[row[1]] for row in rows],
            {
                column: [None if row[i] is None else row[i] / history_layout.SCALES[column] for row in rows]
                for i, column in enumerate(COLUMNS, start=2)
            },
        )

    def availability(self, start_s: int, end_s: int, kinds: Iterable[Kind] = tuple(Kind)) -> list[Availability]:
        """Seconds per state of every object: whole days, hours at the edges, raw samples after the last finished hour.

        A month of days is thirty rows per object instead of seven hundred, and one seek finds them.
        """
        wanted = {kind.value for kind in kinds}
        sums = {number: [0.0, 0.0, 0.0, 0.0] for (kind, _), number in self._ids.items() if kind in wanted}
        for table, first_s, until_s in self._pieces(start_s, end_s):
            for subject, *seconds in self._read(history_sums.STATES[table], (first_s, until_s)):
                if subject in sums:
                    sums[subject] = [total + value for total, value in zip(sums[subject], seconds, strict=True)]
        span_s = float(end_s - start_s)
        return [
            _availability(Kind(kind), name, sums[number], span_s)
            for (kind, name), number in sorted(self._ids.items())
            if kind in wanted
        ]

    def hours(self, kind: Kind, names: Sequence[str], start_s: int, end_s: int) -> dict[str, list[Hour]]:
        """Hourly sums, and sums of raw samples after the last finished hour."""
        rolled_s = self._rolled("hourly")
        found: dict[str, list[Hour]] = {}
        for name in names:
            subject = self._ids.get((kind.value, name))
            if subject is None:
                continue
            rows = self._read(history_sums.HOURS, (subject, start_s, min(end_s, rolled_s)))
            if end_s > rolled_s:
                bounds = {"start": max(start_s, rolled_s), "end": end_s, "subject": subject}
                rows += history_sums.by_hour(self._read(history_sums.RECENT, bounds))
            found[name] = [Hour(*row) for row in rows]
        return found

    def first_s(self, kind: Kind, name: str) -> int | None:
        """The oldest daily sum, hourly sum or raw sample of an object."""
        subject = self._ids.get((kind.value, name))
        if subject is None:
            return None
        for table in ("daily", "hourly"):
            ((oldest_s,),) = self._read(f"SELECT min(ts) FROM {table} WHERE subject = ?", (subject,))  # noqa: S608 - our own names
            if oldest_s is not None:
                ((sharper_s,),) = self._read(history_sums.FIRST_HOUR, (subject, oldest_s, oldest_s + _DAY_S))
                return int(oldest_s if sharper_s is None else sharper_s)
        recent = self._read(
            history_sums.RECENT, {"start": self._rolled("hourly"), "end": _MAX_INTEGER, "subject": subject}
        )
        return recent[0][0] if recent else None

    def beat(self, now_s: int) -> None:
        """Lengthen the run of the program, or begin one after a silence.

        Raises:
            StoreUnavailable: the file or the disk refuses.
        """
        with self._write_lock:
            try:
                pulse = {"now": now_s, "lost": history_sums.PULSE_LOST_S}
                if not self._writer.execute(history_sums.BEAT_ON, pulse).rowcount:
                    self._writer.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (now_s, now_s))
            except sqlite3.Error as error:
                raise _unavailable(error) from error

    def sealed_in(self, start_s: int, end_s: int) -> list[str]:
        """The sealed files of the days that a period touches, in the order in which they were sealed."""
        rows = self._read(
            "SELECT file FROM sealed WHERE day_s > ? AND day_s < ? ORDER BY file", (start_s - _DAY_S, end_s)
        )
        return [str(row[0]) for row in rows]

    def spaces(self) -> list[Space]:
        """What was measured last."""
        rows = self._read("SELECT what, rows, octets, oldest_s, measured_at_s FROM space")
        return [Space(str(row[0]), *row[1:]) for row in rows]

    def measure(self, now_s: int) -> list[Space]:
        """Measure each table and the sealed files, and note it for the pages.

        Raises:
            StoreUnavailable: the file or the disk refuses.
        """
        found = history_space.measured(self._read, now_s)
        with self._write_lock:
            try:
                self._writer.executemany(
                    "INSERT OR REPLACE INTO space VALUES (?, ?, ?, ?, ?)",
                    [(one.what, one.rows, one.octets, one.oldest_s, one.measured_at_s) for one in found],
                )
            except sqlite3.Error as error:
                raise _unavailable(error) from error
        return found

    def outages(self, start_s: int, end_s: int) -> list[tuple[int, int]]:
        """What lies between two runs of the program, clipped to the period."""
        runs = self._read("SELECT began_s, until_s FROM run ORDER BY began_s")
        return history_sums.between(runs, start_s, end_s)

    def roll_up(self, now_s: int) -> int:
        """Sum each finished hour that is not summed yet, and each finished day (UTC)."""
        first, last = self._read("SELECT min(ts), max(ts) FROM sample")[0]
        if first is None:
            return 0
        done = [0, 0]
        for i, (table, length_s) in enumerate((("hourly", _HOUR_S), ("daily", _DAY_S))):
            # The newest sum is made again and none beyond the newest sample: the wall clock may have run ahead.
            start_s = max(self._rolled(table) - length_s, first // length_s * length_s)
            done[i] = self._roll(table, start_s, min(now_s, last // length_s * length_s + length_s), length_s)
        return done[0]

    def forget(self, raw_before_s: int, hourly_before_s: int, daily_before_s: int) -> None:
        """Delete what is older; raw samples only as far as they are summed."""
        with self._write_lock:
            try:
                whole_hours_s = min(raw_before_s, self._rolled("hourly")) // _HOUR_S * _HOUR_S
                self._writer.execute("DELETE FROM sample WHERE ts < ?", (whole_hours_s,))
                self._writer.execute("DELETE FROM hourly WHERE ts < ?", (min(hourly_before_s, self._rolled("daily")),))
                self._writer.execute("DELETE FROM daily WHERE ts < ?", (daily_before_s,))
            except sqlite3.Error as error:
                raise _unavailable(error) from error

    def close(self) -> None:
        """Close every connection."""
        with self._write_lock:
            self._writer.close()
            for reader in self._readers:
                reader.close()

    def _roll(self, table: str, start_s: int, now_s: int, length_s: int) -> int:
        done = 0
        while start_s + length_s <= now_s:
            with self._write_lock:
                statement = history_layout.ROLL.format(table="hourly") if table == "hourly" else history_layout.ROLL_DAY
                try:
                    self._writer.execute("BEGIN IMMEDIATE")
                    self._writer.execute(
                        statement, {"start": start_s, "length": length_s} if table == "hourly" else {"start": start_s}
                    )
                    start_s += length_s
                    self._writer.execute("INSERT OR REPLACE INTO rolled VALUES (?, ?)", (table, start_s))
                    self._writer.execute("COMMIT")
                except sqlite3.Error as error:
                    self._undo()
                    raise _unavailable(error) from error
            done += 1
        return done

    def _raw(self, kind: Kind, name: str, start_s: int, end_s: int) -> list[tuple[int, ...]]:
        """Raw samples, those of sealed days too when they can be read; a raw sample goes before a sealed one."""
        subject = self._ids[kind.value, name]
        rows = self._read(history_layout.SERIES, {"start": start_s, "end": end_s, "subject": subject})
        files = self.sealed_in(start_s, end_s)
        if not files or not sealing.available():
            return rows
        folder = self._path.parent / sealing.FOLDER
        points = sealing.read(folder, files, kind.value, name, start_s, end_s, COLUMNS)
        points.update((row[0], row) for row in rows)
        return [points[at_s] for at_s in sorted(points)]

    def _pieces(self, start_s: int, end_s: int) -> list[tuple[str, int, int]]:
        """Which table answers for which part of a period."""
        hours_s, days_s = self._rolled("hourly"), self._rolled("daily")
        first_day_s, last_day_s = -(-start_s // _DAY_S) * _DAY_S, min(end_s // _DAY_S * _DAY_S, days_s)
        pieces = [("sample", max(start_s, hours_s), end_s)]
        if first_day_s < last_day_s:
            pieces.append(("daily", first_day_s, last_day_s))
            pieces.append(("hourly", start_s, first_day_s))
            start_s = last_day_s
        pieces.append(("hourly", start_s, min(end_s, hours_s)))
        return [(table, first_s, until_s) for table, first_s, until_s in pieces if first_s < until_s]

    def _rolled(self, table: str) -> int:
        found = self._read("SELECT until_s FROM rolled WHERE what = ?", (table,))
        return int(found[0][0]) if found else 0

    def _row(self, sample: Sample) -> tuple[int | None, ...]:
        m = sample.measures
        return (
            int(m.at_s),
            self._id_of(sample.kind, sample.name),
            sample.step_s,
            STATE_CODES[sample.state],
            _scaled(m.rtt_s, 1e6),
            _scaled(m.loss_ratio, 1e4),
            _scaled(m.in_bps, 1.0),
            _scaled(m.out_bps, 1.0),
            _scaled(m.utilisation_ratio, 1e4),
            _scaled(m.errors_per_s, 1e3),
            _scaled(m.rssi_dbm, 10.0),
            _scaled(m.cinr_db, 10.0),
            _scaled(m.clients, 1.0),
        )

    def _id_of(self, kind: Kind, name: str) -> int:
        key = (kind.value, name)
        number = self._ids.get(key)
        if number is None:
            cursor = self._writer.execute("INSERT INTO subject (kind, name) VALUES (?, ?)", key)
            number = self._ids[key] = int(cursor.lastrowid or 0)
        return number

    def _undo(self) -> None:
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")
        self._ids = {(k, n): i for i, k, n in self._writer.execute("SELECT id, kind, name FROM subject")}

    def _read(self, statement: str, parameters: object = ()) -> list[tuple[int, ...]]:
        reader: sqlite3.Connection | None = getattr(self._local, "reader", None)
        try:
            if reader is None:
                reader = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
                reader.execute("PRAGMA query_only=ON")
                self._local.reader = reader
                self._readers.append(reader)
            return reader.execute(statement, parameters).fetchall()  # type: ignore[arg-type]  # dict or tuple, as SQLite takes
        except sqlite3.Error as error:
            raise _unavailable(error) from error


def _availability(kind: Kind, name: str, seconds: list[float], span_s: float) -> Availability:
    up_s, degraded_s, down_s, unknown_s = seconds
    return Availability(kind, name, up_s, degraded_s, down_s, unknown_s, max(0.0, span_s - sum(seconds)))


def _scaled(value: float | None, scale: float) -> int | None:
    """A value as a scaled integer; what no integer of the file can hold is a gap."""
    if value is None:
        return None
    scaled = value * scale
    return round(scaled) if -_MAX_INTEGER < scaled < _MAX_INTEGER else None


def _unavailable(error: sqlite3.Error) -> StoreUnavailable:
    reason = "the disk is full" if "full" in str(error) else str(error)
    return StoreUnavailable(
        "history_unavailable", say("The history of samples is unavailable: {reason}.", reason=reason), reason=reason
    )
