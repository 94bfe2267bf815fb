"""Availability of any period as a table: served, down, unknown and unmeasured time apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from io import StringIO
from typing import Any

import pandas as pd

from nms.base.clock import epoch_s, start_of_legal_day
from nms.base.errors import InputError
from nms.base.open_document import Sheet, Value, spreadsheet
from nms.base.text import csv_cell, say
from nms.ops.history import SampleStore
from nms.ops.network import Network
from nms.ops.state import Kind

HOUR_S = 3600
COLUMNS = (
    "kind",
    "name",
    "label",
    "insee",
    "department",
    "availability_pct",
    "up_h",
    "degraded_h",
    "down_h",
    "unknown_h",
    "unmeasured_h",
)


def month(text: str) -> tuple[datetime, datetime]:
    """The instants at which a legal month (`2026-11`) begins and ends.

    Raises:
        InputError: not a month.
    """
    try:
        year, number = (int(part) for part in text.split("-"))
        first = date(year, number, 1)
        after = date(year + number // 12, number % 12 + 1, 1)
    except ValueError as error:
        raise InputError(
            "bad_month", say("“{text}” is not a month: write it as 2026-11.", text=text), value=text
        ) from error
    return start_of_legal_day(first), start_of_legal_day(after)


def everything(_kind: Kind, _name: str) -> bool:
    """Leave nothing out of a report."""
    return True


def availability(
    store: SampleStore,
    network: Network,
    start: datetime,
    end: datetime,
    sees: Callable[[Kind, str], bool] = everything,
) -> pd.DataFrame:
    """One row per link, sector, hotspot and device; hours, and percent of the measured time in which it served.

    `availability_pct` is empty when nothing was measured; unmeasured time never counts for or against. `sees` tells
    which objects the reader may see.
    """
    rows = []
    for found in store.availability(epoch_s(start), epoch_s(end)):
        if not sees(found.kind, found.name):
            continue
        subject = network.subjects.get((found.kind, found.name))
        rows.append(
            (
                found.kind.value,
                found.name,
                subject.label if subject else "",
                subject.insee if subject else "",
                subject.department if subject else "",
                None if found.ratio is None else round(found.ratio * 100, 4),
                *(
                    round(seconds / HOUR_S, 4)
                    for seconds in (found.up_s, found.degraded_s, found.down_s, found.unknown_s, found.unmeasured_s)
                ),
            )
        )
    order = {kind.value: place for place, kind in enumerate((Kind.LINK, Kind.HOTSPOT, Kind.SECTOR, Kind.DEVICE))}
    rows.sort(key=lambda row: (order[str(row[0])], row[1]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def worst_first(table: pd.DataFrame, kind: Kind) -> tuple[list[dict[str, Any]], float | None]:
    """The rows of one kind for a page, the least available first, and their mean in percent (None: none measured)."""
    rows = table[table["kind"] == kind.value].sort_values(["availability_pct", "name"], na_position="last")
    measured = rows["availability_pct"].dropna()
    shown = rows.astype(object).where(rows.notna(), None)
    records = [{str(name): value for name, value in row.items()} for row in shown.to_dict("records")]
    return records, float(measured.mean()) if len(measured) else None


def as_csv(table: pd.DataFrame) -> str:
    """The table as CSV; no text cell is a formula."""
    safe = table.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = [csv_cell(value) if isinstance(value, str) else value for value in safe[column]]
    out = StringIO()
    safe.to_csv(out, index=False)
    return out.getvalue()


def as_ods(table: pd.DataFrame) -> bytes:
    """The table as an OpenDocument spreadsheet; numbers stay numbers."""
    shown = table.astype(object).where(table.notna(), None)
    rows = [[_plain(cell) for cell in row] for row in shown.itertuples(index=False, name=None)]
    return spreadsheet([Sheet("disponibilite", list(table.columns), rows)], title="Disponibilité")


def _plain(cell: object) -> Value:
    return cell if cell is None or isinstance(cell, (int, float)) else str(cell)
