"""Thirty days: the availability of every link, and the series of one; beside plain pandas or SQL over raw samples.

A month of 10,000 links by the minute is 432 million raw rows, too many to write in a bench: the ratio is of the same
question on the same data with fewer links and a sample each five minutes, which favours the plain way. The month of all
links is answered from sums, and is measured whole in `ours_30d_s`.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
from pathlib import Path

import pandas as pd

from nms.ops.history import COLUMNS, Resolution, Sample
from nms.ops.history_sqlite import SqliteStore
from nms.ops.state import Kind, Measures, State
from tests.bench.peers import Row, beside, median_s

DAY_S, HOUR_S = 86_400, 3600
START_S = 1_795_392_000
RAW_STEP_S = 300


def availability(links: int = 10_000, raw_links: int = 300, days: int = 30, rounds: int = 3) -> Row:
    """Availability of every link over a month of days, beside pandas over the raw samples of a tenth of them."""
    with tempfile.TemporaryDirectory() as folder:
        store, path = _month(Path(folder) / "sums.db", links, days, raw=False)
        begun = START_S + HOUR_S * 23  # a legal day begins within one of UTC: hours at both edges
        ended = begun + (days - 1) * DAY_S
        whole = median_s(lambda: store.availability(begun, ended), rounds)
        counted = len(store.availability(begun, ended))
        store.close()
        octets = path.stat().st_size
        some, raw_path = _month(Path(folder) / "raw.db", raw_links, days, raw=True)
        ours = median_s(lambda: some.availability(begun, ended), rounds)
        peer = median_s(lambda: _by_pandas(raw_path, begun, ended), 1)
        some.close()
    return beside(ours, peer) | {
        "ours_30d_s": whole["s"],
        "links": counted,
        "raw_links": raw_links,
        "days": days,
        "octets": octets,
    }


def series(links: int = 300, days: int = 30, rounds: int = 5) -> Row:
    """Thirty days of one link as a page draws them (hourly), beside SQL that averages its raw samples by hour."""
    with tempfile.TemporaryDirectory() as folder:
        store, path = _month(Path(folder) / "raw.db", links, days, raw=True)
        ended = START_S + days * DAY_S
        points = len(store.series(Kind.LINK, "l-00150", START_S, ended, Resolution.HOURLY).at_s)
        ours = median_s(lambda: store.series(Kind.LINK, "l-00150", START_S, ended, Resolution.HOURLY), rounds)
        plain = sqlite3.connect(path)
        averages = ", ".join(f"avg({column})" for column in COLUMNS)
        query = (
            f"SELECT ts / 3600 * 3600 AS hour, {averages} FROM sample WHERE ts >= ? AND ts < ? AND subject = "
            "(SELECT id FROM subject WHERE name = ?) GROUP BY hour ORDER BY hour"
        )
        found = plain.execute(query, (START_S, ended, "l-00150")).fetchall()
        assert len(found) == points, (len(found), points)
        peer = median_s(lambda: plain.execute(query, (START_S, ended, "l-00150")).fetchall(), 3)
        plain.close()
        store.close()
    return beside(ours, peer) | {"points": points, "links": links, "days": days}


def _by_pandas(path: Path, start_s: int, end_s: int) -> pd.DataFrame:
    """The plain way: read the raw samples of the period, sum the seconds by link and state."""
    plain = sqlite3.connect(path)
    rows = pd.read_sql_query(
        "SELECT subject, state, step_s FROM sample WHERE ts >= ? AND ts < ?", plain, params=(start_s, end_s)
    )
    plain.close()
    return rows.pivot_table(index="subject", columns="state", values="step_s", aggfunc="sum", fill_value=0)


def _month(path: Path, links: int, days: int, *, raw: bool) -> tuple[SqliteStore, Path]:
    """A month of history: raw samples each five minutes and their sums, or the sums alone."""
    store, dice = SqliteStore(path), random.Random(5)
    names = [f"l-{n:05}" for n in range(links)]
    states = [State.UP] * 97 + [State.DEGRADED, State.DOWN, State.UNKNOWN]
    if raw:
        for at_s in range(START_S, START_S + days * DAY_S, RAW_STEP_S):
            store.write_batch(
                [
                    Sample(Kind.LINK, name, dice.choice(states), RAW_STEP_S, Measures(at_s, 0.01, 0.0, 1.5e6, 2e5))
                    for name in names
                ]
            )
        store.roll_up(START_S + days * DAY_S)
        return store, path
    store.write_batch([Sample(Kind.LINK, name, State.UP, 60, Measures(START_S + days * DAY_S)) for name in names])
    with sqlite3.connect(path) as db:
        ids = [number for (number,) in db.execute("SELECT id FROM subject")]
        for subject in ids:
            db.executemany(
                "INSERT INTO hourly (subject, ts, up_s, degraded_s, down_s, unknown_s) VALUES (?, ?, 3480, 60, 60, 0)",
                [(subject, START_S + HOUR_S * n) for n in range(days * 24)],
            )
        db.execute(
            "INSERT INTO daily (subject, ts, up_s, degraded_s, down_s, unknown_s) SELECT subject, ts / 86400 * 86400, "
            "sum(up_s), sum(degraded_s), sum(down_s), sum(unknown_s) FROM hourly GROUP BY subject, ts / 86400"
        )
        until_s = START_S + days * DAY_S
        db.executemany("INSERT OR REPLACE INTO rolled VALUES (?, ?)", [("hourly", until_s), ("daily", until_s)])
    db.close()
    return store, path
