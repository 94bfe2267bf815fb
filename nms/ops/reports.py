"""Availability of any period as a table: served, down, unknown, in works and unmeasured, each apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from io import StringIO
from typing import Any

import pandas as pd

from nms.base.clock import epoch_s, legal_day, meant, start_of_legal_day
from nms.base.errors import InputError
from nms.base.open_document import Sheet, Value, spreadsheet
from nms.base.text import csv_cell, say
from nms.ops.history import SampleStore
from nms.ops.network import Network
from nms.ops.state import Kind
from nms.ops.works import Works

HOUR_S = 3600
HOURS = ("up_h", "degraded_h", "down_h", "unknown_h", "unmeasured_h", "maintenance_h")
COLUMNS = (
    "kind",
    "name",
    "label",
    "insee",
    "department",
    "availability_pct",
    *HOURS,
    "contract_class",
)
DAYS_MOST = 3700
"""Ten years: longer than any retention."""


NO_WORKS = Works()


class Group(StrEnum):
    """What the rows of a report stand for: objects, or all objects of a commune, a department, a contract class."""

    OBJECT = "object"
    COMMUNE = "commune"
    DEPARTMENT = "department"
    CONTRACT = "contract"


_COLUMN_OF = {Group.COMMUNE: "insee", Group.DEPARTMENT: "department", Group.CONTRACT: "contract_class"}


@dataclass(frozen=True, slots=True)
class Period:
    """Legal days from the first to the last, both included."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        """The instant at which the first day begins in Paris."""
        return start_of_legal_day(self.first)

    @property
    def end(self) -> datetime:
        """The instant at which the last day ends there."""
        return start_of_legal_day(self.last + timedelta(1))

    def until(self, at: datetime) -> datetime:
        """Its end so far: never later than an instant, never before its start."""
        return max(self.start, min(self.end, at))


def period(first: str, last: str) -> Period:
    """A period from two days (`2026-10-25`).

    Raises:
        InputError: every complaint about the two at once.
    """
    complaints, found = [], []
    for text in (first, last):
        try:
            found.append(meant(date.fromisoformat(text)))
        except ValueError:
            complaints.append(say("“{text}” is not a day: write it as 2026-11-23.", text=text))
    if len(found) == 2 and not 0 <= (found[1] - found[0]).days < DAYS_MOST:
        complaints.append(say("The first day must not come after the last, and ten years are the most."))
    if complaints:
        raise InputError(
            "bad_period",
            complaints[0] if len(complaints) == 1 else say("{one} {other}", one=complaints[0], other=complaints[1]),
        )
    return Period(*found)


def latest_days(at: datetime, count: int = 30) -> Period:
    """The latest days, today included."""
    today = legal_day(at)
    return Period(today - timedelta(count - 1), today)


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


def month_of(text: str) -> Period:
    """A legal month as a period.

    Raises:
        InputError: not a month.
    """
    start, end = month(text)
    return Period(legal_day(start), legal_day(end) - timedelta(1))


def everything(_kind: Kind, _name: str) -> bool:
    """Leave nothing out of a report."""
    return True


def availability(
    store: SampleStore,
    network: Network,
    start: datetime,
    end: datetime,
    sees: Callable[[Kind, str], bool] = everything,
    works: Works = NO_WORKS,
    kinds: Iterable[Kind] = tuple(Kind),
) -> pd.DataFrame:
    """One row per link, sector, hotspot and device; hours, and percent of the measured time in which it served.

    `availability_pct` is empty when nothing was measured; time in works and unmeasured time never count for or
    against. `sees` tells which objects the reader may see.
    """
    rows = []
    start_s, end_s = epoch_s(start), epoch_s(end)
    for found in store.availability(start_s, end_s, kinds):
        if not sees(found.kind, found.name):
            continue
        subject = network.subjects.get((found.kind, found.name))
        link = network.links.get(found.name) if found.kind is Kind.LINK else None
        mended_s = min(found.unmeasured_s, works.seconds(subject, start_s, end_s)) if subject else 0
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
                    for seconds in (
                        found.up_s,
                        found.degraded_s,
                        found.down_s,
                        found.unknown_s,
                        found.unmeasured_s - mended_s,
                        mended_s,
                    )
                ),
                link.contract_class if link is not None else "",
            )
        )
    order = {kind.value: place for place, kind in enumerate((Kind.LINK, Kind.HOTSPOT, Kind.SECTOR, Kind.DEVICE))}
    rows.sort(key=lambda row: (order[str(row[0])], row[1]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def grouped(table: pd.DataFrame, by: Group) -> pd.DataFrame:
    """The same seconds summed per commune, department or contract class and kind: hours of all, percent of the whole.

    A group's percentage weighs each object by the time in which it was measured.
    """
    if by is Group.OBJECT:
        return table
    column = _COLUMN_OF[by]
    sums = table.groupby(["kind", column], as_index=False, sort=True).agg(
        objects=("name", "count"), **{hours: (hours, "sum") for hours in HOURS}
    )
    measured = sums["up_h"] + sums["degraded_h"] + sums["down_h"]
    served = sums["up_h"] + sums["degraded_h"]
    sums.insert(3, "availability_pct", (served / measured.where(measured > 0) * 100).round(4))
    sums[list(HOURS)] = sums[list(HOURS)].round(4)
    return sums.rename(columns={column: "name"})


def of_all(table: pd.DataFrame, kind: Kind) -> float | None:
    """Served out of measured time over all objects of a kind; None when nothing was measured."""
    rows = table[table["kind"] == kind.value]
    served = float(rows["up_h"].sum() + rows["degraded_h"].sum())
    measured = served + float(rows["down_h"].sum())
    return served / measured if measured > 0 else None


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
