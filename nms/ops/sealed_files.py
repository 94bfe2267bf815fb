"""A sealed day as a Parquet file: written, compared with what it was written from, summed and read back.

Needs the extra `parquet`. Rows are sorted by object, then time, so that one link is found without reading the others;
measures are the scaled integers of the sample store, and the file's own metadata names their scales.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Row = tuple[Any, ...]
ROWS_IN_A_GROUP = 50_000
LOW_BITS = 0xFFFFFFFF
"""What is summed of each value, so that no sum overflows and every changed value changes it."""


def schema(measures: Mapping[str, float]) -> pa.Schema:
    """The columns; `measures` are the stored measures with their scales."""
    fixed = [
        ("kind", pa.dictionary(pa.int32(), pa.string())),
        ("name", pa.dictionary(pa.int32(), pa.string())),
        ("ts", pa.int64()),
        ("step_s", pa.int64()),
        ("state", pa.int64()),
    ]
    told = {b"nms": json.dumps({"format": 1, "time": "epoch_s", "scales": dict(measures)}).encode()}
    return pa.schema([*fixed, *((name, pa.int64()) for name in measures)], metadata=told)


def write(path: Path, measures: Mapping[str, float], rows: Iterable[Row]) -> int:
    """Write a file to the disk itself (fsync); how many rows it has. A file that cannot be whole is removed."""
    columns, count = schema(measures), 0
    try:
        with path.open("wb") as file:
            with pq.ParquetWriter(file, columns, compression="zstd", store_schema=True) as writer:
                for table in _tables(columns, rows):
                    writer.write_table(table, row_group_size=ROWS_IN_A_GROUP)
                    count += table.num_rows
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return count


def same(path: Path, measures: Mapping[str, float], rows: Iterable[Row]) -> bool:
    """Whether a file holds exactly these rows, in this order."""
    with pq.ParquetFile(path) as file:
        groups = iter(range(file.num_row_groups))
        for expected in _tables(schema(measures), rows):
            place = next(groups, None)
            if place is None:
                return False
            found = file.read_row_group(place)
            if not _plain(found).equals(_plain(expected)):
                return False
        return next(groups, None) is None


def sums_by_hour(path: Path, measures: Sequence[str]) -> dict[int, Row]:
    """Per hour: how many rows, and of each number how many and the sum of its low bits."""
    numbers = ("step_s", "state", *measures)
    table = pq.read_table(path, columns=["ts", *numbers])
    hour = pc.multiply(pc.divide(table["ts"], 3600), 3600)
    low = {name: pc.bit_wise_and(table[name], LOW_BITS) for name in numbers}
    wanted = [("ts", "count"), *((name, what) for name in numbers for what in ("count", "sum"))]
    grouped = pa.table({"hour": hour, "ts": table["ts"], **low}).group_by("hour").aggregate(wanted)
    names = ["ts_count", *(f"{name}_{what}" for name in numbers for what in ("count", "sum"))]
    return {row["hour"]: tuple(row[name] or 0 for name in names) for row in grouped.to_pylist()}


def rows_of(path: Path, kind: str, name: str, start_s: int, end_s: int, measures: Sequence[str]) -> list[Row]:
    """(ts, state, measures) of one object in [start, end), in the order of time."""
    found = pq.read_table(
        path,
        columns=["ts", "state", *measures],
        filters=[("kind", "=", kind), ("name", "=", name), ("ts", ">=", start_s), ("ts", "<", end_s)],
    )
    return list(zip(*(found[column].to_pylist() for column in ("ts", "state", *measures)), strict=True))


def digest(path: Path) -> str:
    """SHA-256 of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tables(columns: pa.Schema, rows: Iterable[Row]) -> Iterator[pa.Table]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == ROWS_IN_A_GROUP:
            yield _table(columns, chunk)
            chunk = []
    if chunk:
        yield _table(columns, chunk)


def _table(columns: pa.Schema, rows: Sequence[Row]) -> pa.Table:
    arrays = [pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=columns)


def _plain(table: pa.Table) -> pa.Table:
    """Names as texts: two dictionaries of the same texts may number them differently."""
    told = {"kind": table["kind"].cast(pa.string()), "name": table["name"].cast(pa.string())}
    rest = {name: table[name] for name in table.column_names if name not in told}
    return pa.table(told | rest).combine_chunks()
