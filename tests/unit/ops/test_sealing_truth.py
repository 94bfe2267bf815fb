"""Sealed days: exactly what was there, read back as if nothing had happened; killed anywhere, nothing is lost."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from nms.base.errors import StoreUnavailable
from nms.ops import sealed_files, sealing
from nms.ops.history import Sample, Series
from nms.ops.history_layout import SCALES
from nms.ops.history_sqlite import SqliteStore
from nms.ops.sealing import Sealer
from nms.ops.state import Kind, Measures, State

DAY_S, HOUR_S = 86_400, 3600
MONDAY_S = 1_795_392_000  # 2026-11-23 00:00 UTC
STATES = [State.UP, State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN, State.UNMEASURED]


class Killed(BaseException):
    """Stands for the end of the process at this very point."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Two days of three links, a sample each ten minutes, some measures missing; summed."""
    opened = SqliteStore(tmp_path / "ts.db")
    for n in range(2 * 144):
        at_s = MONDAY_S + 600 * n
        opened.write_batch(
            [
                Sample(Kind.LINK, name, STATES[(n + k) % 6], 600, measures(at_s, n + k))
                for k, name in enumerate(("é", "b", "a"))
            ]
        )
    opened.write_batch([Sample(Kind.LINK, "a", State.UP, 600, Measures(MONDAY_S + 2 * DAY_S))])
    opened.roll_up(MONDAY_S + 2 * DAY_S + HOUR_S)
    yield opened
    opened.close()


@pytest.fixture
def sealer(store: SqliteStore, tmp_path: Path) -> Sealer:
    return Sealer(tmp_path / "ts.db", SCALES)


def measures(at_s: float, n: int) -> Measures:
    rssi = None if n % 5 == 0 else -71.5 - n % 7
    return Measures(at_s, rtt_s=0.001 * n, in_bps=1e9 + n, rssi_dbm=rssi, loss_ratio=0.0)


def everything(store: SqliteStore) -> list[Series]:
    return [store.series(Kind.LINK, name, MONDAY_S, MONDAY_S + 3 * DAY_S) for name in ("a", "b", "é")]


def raw_rows(store: SqliteStore) -> int:
    with sqlite3.connect(store._path) as db:
        count = int(db.execute("SELECT count(*) FROM sample").fetchone()[0])
    db.close()
    return count


def test_a_sealed_day_reads_back_as_before_and_its_raw_rows_are_gone(store: SqliteStore, sealer: Sealer) -> None:
    before, sums = everything(store), store.availability(MONDAY_S, MONDAY_S + 2 * DAY_S)
    done = sealer.seal(MONDAY_S + DAY_S + HOUR_S, MONDAY_S + 3 * DAY_S)
    assert [(day.file, day.rows) for day in done] == [("2026-11-23-001.parquet", 3 * 144)]
    assert raw_rows(store) == 3 * 144 + 1
    assert everything(store) == before
    assert store.availability(MONDAY_S, MONDAY_S + 2 * DAY_S) == sums
    assert sealer.verify() == []
    assert sealer.seal(MONDAY_S + DAY_S + HOUR_S, MONDAY_S + 3 * DAY_S) == []


def test_only_whole_days_that_are_summed_are_sealed(store: SqliteStore, sealer: Sealer) -> None:
    assert sealer.waiting(MONDAY_S + DAY_S - 1) == []
    assert sealer.waiting(MONDAY_S + 9 * DAY_S) == [MONDAY_S, MONDAY_S + DAY_S]


def test_a_part_of_a_sealed_day_is_half_open_and_an_unknown_object_has_none(store: SqliteStore, sealer: Sealer) -> None:
    sealer.seal(MONDAY_S + 2 * DAY_S, MONDAY_S + 3 * DAY_S)
    found = store.series(Kind.LINK, "b", MONDAY_S + 600, MONDAY_S + 1800)
    assert found.at_s == [MONDAY_S + 600, MONDAY_S + 1200]
    assert store.series(Kind.LINK, "nobody", MONDAY_S, MONDAY_S + DAY_S).at_s == []
    assert store.series(Kind.HOTSPOT, "b", MONDAY_S, MONDAY_S + DAY_S).at_s == []


STEPS = ["write", "same", "digest", "replace", "_sync_folder", "_drop", "sums_by_hour"]


def kill_at(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def end(*_args: Any, **_keywords: Any) -> NoReturn:
        raise Killed

    place: Any = {"replace": Path, "_sync_folder": sealing, "_drop": Sealer}.get(step, sealed_files)
    monkeypatch.setattr(place, step, end)


@pytest.mark.parametrize("step", STEPS)
def test_fault_35_killed_at_any_step_of_sealing_nothing_is_lost_or_doubled(
    store: SqliteStore, sealer: Sealer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = everything(store)
    with monkeypatch.context() as patched:
        kill_at(patched, step)
        with pytest.raises(Killed):
            sealer.seal(MONDAY_S + 2 * DAY_S, MONDAY_S + 3 * DAY_S)
    assert everything(store) == before
    sealer.seal(MONDAY_S + 2 * DAY_S, MONDAY_S + 3 * DAY_S)
    assert everything(store) == before
    assert raw_rows(store) == 1
    names = {day.file for day in sealer.sealed()}
    assert {path.name for path in sealer.folder.iterdir()} == names
    assert sum(day.rows for day in sealer.sealed()) == 2 * 3 * 144
    assert all(day.raw_gone for day in sealer.sealed())


STORY = """
import os, signal, sys
from pathlib import Path
from nms.ops import sealing
from nms.ops.history_layout import SCALES

step, home = sys.argv[1], Path(sys.argv[2])
calls = [0]


def dying(owner, name, at):
    real = getattr(owner, name)

    def run(*args):
        calls[0] += 1
        if calls[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args)

    setattr(owner, name, run)


if step == "before the name":
    dying(Path, "replace", 1)
elif step == "before the note":
    dying(sealing, "_sync_folder", 1)
else:
    dying(sealing.Sealer, "_sums", 8)
sealing.Sealer(home / "ts.db", SCALES).seal(int(sys.argv[3]), int(sys.argv[3]))
"""


@pytest.mark.parametrize("step", ["before the name", "before the note", "between two hours"])
def test_fault_35_killed_by_the_machine_nothing_is_lost_or_doubled(
    store: SqliteStore, sealer: Sealer, step: str, tmp_path: Path
) -> None:
    before, until_s = everything(store), MONDAY_S + 2 * DAY_S
    done = subprocess.run([sys.executable, "-c", STORY, step, str(tmp_path), str(until_s)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert everything(store) == before
    assert raw_rows(store) == 6 * 144 + 1 - (7 * 18 if step == "between two hours" else 0)
    sealer.seal(until_s, until_s)
    assert everything(store) == before
    assert raw_rows(store) == 1
    assert {path.name for path in sealer.folder.iterdir()} == {day.file for day in sealer.sealed()}


def test_a_sample_that_comes_late_for_a_sealed_day_is_kept_and_sealed_too(store: SqliteStore, sealer: Sealer) -> None:
    sealer.seal(MONDAY_S + DAY_S, MONDAY_S + 3 * DAY_S)
    late = Sample(Kind.LINK, "b", State.DOWN, 600, Measures(MONDAY_S + 600, rtt_s=0.5))
    store.write_batch([late])
    (point,) = store.series(Kind.LINK, "b", MONDAY_S + 600, MONDAY_S + 601).values["rtt_s"]
    assert point == 0.5
    (again,) = sealer.seal(MONDAY_S + DAY_S, MONDAY_S + 3 * DAY_S)
    assert (again.file, again.rows) == ("2026-11-23-002.parquet", 1)
    found = store.series(Kind.LINK, "b", MONDAY_S, MONDAY_S + DAY_S)
    assert len(found.at_s) == 144
    assert found.values["rtt_s"][1] == 0.5


def test_rows_that_changed_while_their_day_was_sealed_are_not_deleted(
    store: SqliteStore, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Sample(Kind.LINK, "b", State.DOWN, 600, Measures(MONDAY_S + 600, rtt_s=0.5))
    real = sealed_files.same

    def changed_meanwhile(*args: Any) -> bool:
        alike = real(*args)
        if "2026-11-23" in str(args[0]):
            store.write_batch([late])
        return alike

    monkeypatch.setattr(sealed_files, "same", changed_meanwhile)
    sealer.seal(MONDAY_S + DAY_S, MONDAY_S + 3 * DAY_S)
    assert store.series(Kind.LINK, "b", MONDAY_S + 600, MONDAY_S + 601).values["rtt_s"] == [0.5]
    assert store._read("SELECT count(*) FROM sample WHERE ts < ?", (MONDAY_S + DAY_S,)) == [(18,)]


def test_fault_35_on_a_full_disk_no_half_file_has_a_final_name_and_no_row_goes(
    store: SqliteStore, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(store)

    def full(_handle: int) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailable, match="the disk is full; nothing was deleted"):
        sealer.seal(MONDAY_S + 2 * DAY_S, MONDAY_S + 3 * DAY_S)
    assert list(sealer.folder.iterdir()) == []
    assert everything(store) == before
    assert raw_rows(store) == 6 * 144 + 1


def test_a_file_that_does_not_read_back_as_written_deletes_nothing(
    store: SqliteStore, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_files, "same", lambda *_args: False)
    with pytest.raises(StoreUnavailable, match="does not read back"):
        sealer.seal(MONDAY_S + 2 * DAY_S, MONDAY_S + 3 * DAY_S)
    assert raw_rows(store) == 6 * 144 + 1
    assert list(sealer.folder.iterdir()) == []


def test_the_comparison_sees_one_changed_value_a_missing_row_and_one_too_many(tmp_path: Path) -> None:
    rows: list[tuple[Any, ...]] = [("link", f"l{n}", 60 * n, 60, 0, n if n % 3 else None) for n in range(120_000)]
    path, scales = tmp_path / "x.parquet", {"rtt_s": 1e6}
    assert sealed_files.write(path, scales, rows) == 120_000
    assert sealed_files.same(path, scales, rows)
    changed = [*rows[:-1], (*rows[-1][:-1], 7)]
    for other in (changed, rows[:-1], [*rows, rows[0]], rows[:50_000], []):
        assert not sealed_files.same(path, scales, other)


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_damaged_file_is_named_and_reading_it_is_refused_in_words(
    store: SqliteStore, sealer: Sealer, damage: str
) -> None:
    (day,) = sealer.seal(MONDAY_S + DAY_S, MONDAY_S + 3 * DAY_S)
    path = sealer.folder / day.file
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-40])
    assert sealer.verify() == [day.file]
    with pytest.raises(StoreUnavailable, match=r"[Ss]ealed day"):
        store.series(Kind.LINK, "a", MONDAY_S, MONDAY_S + DAY_S)
    assert len(store.series(Kind.LINK, "a", MONDAY_S + DAY_S, MONDAY_S + 2 * DAY_S).at_s) == 144


def test_old_sealed_days_are_deleted_with_their_files(store: SqliteStore, sealer: Sealer) -> None:
    sealer.seal(MONDAY_S + 2 * DAY_S, MONDAY_S + 3 * DAY_S)
    assert sealer.forget(MONDAY_S + DAY_S) == 1
    assert [path.name for path in sealer.folder.iterdir()] == ["2026-11-24-001.parquet"]
    assert len(everything(store)[1].at_s) == 144


def test_without_the_extra_everything_else_works_and_the_sentence_says_what_to_install(
    store: SqliteStore, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealer.seal(MONDAY_S + DAY_S, MONDAY_S + 3 * DAY_S)
    monkeypatch.setattr(sealing, "available", lambda: False)
    with pytest.raises(StoreUnavailable, match="pip install"):
        sealer.seal(MONDAY_S + 2 * DAY_S, MONDAY_S + 3 * DAY_S)
    assert len(store.series(Kind.LINK, "b", MONDAY_S, MONDAY_S + 2 * DAY_S).at_s) == 144
    assert store.sealed_in(MONDAY_S, MONDAY_S + DAY_S) == ["2026-11-23-001.parquet"]
    assert store.availability(MONDAY_S, MONDAY_S + DAY_S)[0].up_s > 0


def test_what_each_part_takes_is_measured(store: SqliteStore, sealer: Sealer) -> None:
    assert store.spaces() == []
    (day,) = sealer.seal(MONDAY_S + DAY_S, MONDAY_S + 3 * DAY_S)
    found = {one.what: one for one in store.measure(MONDAY_S + 3 * DAY_S)}
    assert (found["raw"].rows, found["raw"].oldest_s) == (3 * 144 + 1, MONDAY_S + DAY_S)
    assert found["raw"].octets >= 4096
    assert (found["sealed"].rows, found["sealed"].octets) == (1, day.octets)
    assert {one.what for one in store.spaces()} == {"raw", "hourly", "daily", "sealed"}
