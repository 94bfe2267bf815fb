"""The layout of the sample store: tables, scales of the stored integers, and the statements that write and roll up."""

from __future__ import annotations

from nms.ops.history import COLUMNS

SCALES = {
    "rtt_s": 1e6,
    "loss_ratio": 1e4,
    "in_bps": 1.0,
    "out_bps": 1.0,
    "utilisation_ratio": 1e4,
    "errors_per_s": 1e3,
    "rssi_dbm": 10.0,
    "cinr_db": 10.0,
    "clients": 1.0,
}
_DAY_S = 86400

COLUMN_LIST = ", ".join(COLUMNS)
_SUM_COLUMNS = ", ".join(f"{c} INTEGER, {c}_max INTEGER" for c in COLUMNS)
_STATE_SUMS = "up_s INTEGER NOT NULL, degraded_s INTEGER NOT NULL, down_s INTEGER NOT NULL, unknown_s INTEGER NOT NULL"

SCHEMA = f"""
CREATE TABLE IF NOT EXISTS subject (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,
    UNIQUE (kind, name)) STRICT;
CREATE TABLE IF NOT EXISTS sample (ts INTEGER NOT NULL, subject INTEGER NOT NULL, step_s INTEGER NOT NULL,
    state INTEGER NOT NULL, {", ".join(f"{c} INTEGER" for c in COLUMNS)},
    PRIMARY KEY (ts, subject)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hourly (subject INTEGER NOT NULL, ts INTEGER NOT NULL, {_STATE_SUMS}, {_SUM_COLUMNS},
    PRIMARY KEY (subject, ts)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS daily (subject INTEGER NOT NULL, ts INTEGER NOT NULL, {_STATE_SUMS}, {_SUM_COLUMNS},
    PRIMARY KEY (subject, ts)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run (began_s INTEGER PRIMARY KEY, until_s INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS rolled (what TEXT PRIMARY KEY, until_s INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""

INSERT = (
    f"INSERT OR REPLACE INTO sample (ts, subject, step_s, state, {COLUMN_LIST}) "  # noqa: S608 - only our own column names
    f"VALUES (?, ?, ?, ?{', ?' * len(COLUMNS)})"
)
# One seek per distinct time (a "loose" scan), then one per (time, subject): never the rows of other subjects.
SERIES = f"""
WITH RECURSIVE grid(ts) AS (
    SELECT min(ts) FROM sample WHERE ts >= :start AND ts < :end
    UNION ALL
    SELECT (SELECT min(ts) FROM sample WHERE ts > grid.ts AND ts < :end) FROM grid WHERE grid.ts IS NOT NULL
)
SELECT s.ts, s.state, {", ".join(f"s.{c}" for c in COLUMNS)}
FROM grid JOIN sample s ON s.ts = grid.ts AND s.subject = :subject
ORDER BY s.ts
"""  # noqa: S608 - only our own column names
ROLL = f"""
INSERT OR REPLACE INTO {{table}} (subject, ts, up_s, degraded_s, down_s, unknown_s,
    {", ".join(f"{c}, {c}_max" for c in COLUMNS)})
SELECT subject, :start,
    min(:length, sum(CASE WHEN state = 0 THEN step_s ELSE 0 END)),
    min(:length, sum(CASE WHEN state = 1 THEN step_s ELSE 0 END)),
    min(:length, sum(CASE WHEN state = 2 THEN step_s ELSE 0 END)),
    min(:length, sum(CASE WHEN state = 3 THEN step_s ELSE 0 END)),
    {", ".join(f"CAST(round(avg({c})) AS INTEGER), max({c})" for c in COLUMNS)}
FROM sample WHERE ts >= :start AND ts < :start + :length GROUP BY subject
"""  # noqa: S608 - only our own column names
ROLL_DAY = f"""
INSERT OR REPLACE INTO daily (subject, ts, up_s, degraded_s, down_s, unknown_s,
    {", ".join(f"{c}, {c}_max" for c in COLUMNS)})
SELECT subject, :start, sum(up_s), sum(degraded_s), sum(down_s), sum(unknown_s),
    {", ".join(f"CAST(round(avg({c})) AS INTEGER), max({c}_max)" for c in COLUMNS)}
FROM hourly WHERE ts >= :start AND ts < :start + {_DAY_S} GROUP BY subject
"""  # noqa: S608 - only our own column names
