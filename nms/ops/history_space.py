"""What each part of the history holds and takes on the disk."""

from __future__ import annotations

from collections.abc import Callable

from nms.ops.history import Space

SCHEMA = """
CREATE TABLE IF NOT EXISTS space (what TEXT PRIMARY KEY, rows INTEGER NOT NULL, octets INTEGER NOT NULL,
    oldest_s INTEGER, measured_at_s INTEGER NOT NULL) STRICT;
"""
TABLES = {"raw": "sample", "hourly": "hourly", "daily": "daily"}
_TABLE = "SELECT count(*), min(ts) FROM {}"
_OCTETS = "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = ? AND aggregate = 1"


def measured(read: Callable[[str, tuple[object, ...]], list[tuple[int, ...]]], now_s: int) -> list[Space]:
    """Rows and octets of each table, files and octets of the sealed days."""
    found = []
    for what, table in TABLES.items():
        ((rows, oldest_s),) = read(_TABLE.format(table), ())
        ((octets,),) = read(_OCTETS, (table,))
        found.append(Space(what, rows, octets, oldest_s, now_s))
    ((files, octets, oldest_s),) = read("SELECT count(*), coalesce(sum(octets), 0), min(day_s) FROM sealed", ())
    return [*found, Space("sealed", files, octets, oldest_s, now_s)]
