"""The questions that sum: seconds per state of all objects over a period, and hour by hour of one."""

from __future__ import annotations

from collections.abc import Iterable

_HOUR_S = 3600
PULSE_LOST_S = 150
"""The program notes every half minute that it runs: after this long without a note, it did not."""

_SUMS = "sum(up_s), sum(degraded_s), sum(down_s), sum(unknown_s)"
_BY_STATE = ", ".join(f"sum(iif(state = {code}, step_s, 0))" for code in range(4))
# The objects lead: one seek for each into a table that has the object first in its key, whatever else it holds.
_OF_PERIOD = (
    "SELECT subject.id, {sums} FROM subject CROSS JOIN {table} AS t ON t.subject = subject.id "
    "AND t.ts >= ? AND t.ts < ? GROUP BY subject.id"
)
STATES = {
    "daily": _OF_PERIOD.format(table="daily", sums=_SUMS),
    "hourly": _OF_PERIOD.format(table="hourly", sums=_SUMS),
    "sample": f"SELECT subject, {_BY_STATE} FROM sample WHERE ts >= ? AND ts < ? GROUP BY subject",  # noqa: S608 - our own codes
}
HOURS = (
    "SELECT ts, up_s, degraded_s, down_s, unknown_s FROM hourly WHERE subject = ? AND ts >= ? AND ts < ? ORDER BY ts"
)
FIRST_HOUR = "SELECT min(ts) FROM hourly WHERE subject = ? AND ts >= ? AND ts < ?"
RECENT = """
WITH RECURSIVE grid(ts) AS (
    SELECT min(ts) FROM sample WHERE ts >= :start AND ts < :end
    UNION ALL
    SELECT (SELECT min(ts) FROM sample WHERE ts > grid.ts AND ts < :end) FROM grid WHERE grid.ts IS NOT NULL
)
SELECT s.ts, s.state, s.step_s FROM grid JOIN sample s ON s.ts = grid.ts AND s.subject = :subject ORDER BY s.ts
"""
BEAT_ON = (
    "UPDATE run SET until_s = :now WHERE began_s = "
    "(SELECT max(began_s) FROM run WHERE until_s <= :now AND until_s >= :now - :lost)"
)


def between(runs: Iterable[tuple[int, ...]], start_s: int, end_s: int) -> list[tuple[int, int]]:
    """What lies between runs (began, until), in the order of their beginning, clipped to a period."""
    gaps = []
    last_s: int | None = None
    for began_s, until_s in runs:
        if last_s is not None and max(start_s, last_s) < min(end_s, began_s):
            gaps.append((max(start_s, last_s), min(end_s, began_s)))
        last_s = until_s if last_s is None else max(last_s, until_s)
    return gaps


def by_hour(rows: Iterable[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Raw samples (instant, state, step) summed by the hour in which they began, at most an hour in each."""
    hours: dict[int, list[int]] = {}
    for at_s, state, step_s in rows:
        sums = hours.setdefault(at_s // _HOUR_S * _HOUR_S, [0, 0, 0, 0])
        if state < len(sums):
            sums[state] = min(_HOUR_S, sums[state] + step_s)
    return [(at_s, *sums) for at_s, sums in sorted(hours.items())]
