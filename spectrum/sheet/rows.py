"""The rows of a spreadsheet as rows of a file of acts, which `spectrum.act_file` judges; nothing is invented."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from inventory.table_file import CELL_CAP, Table
from nms.base.errors import InputError
from nms.base.text import clean, csv_cell_back, say
from spectrum import figures
from spectrum.act_file import ActFile, Complaint, judge_row
from spectrum.places import Places, plain
from spectrum.sheet.columns import Column, Layout, cell_at, letter, unit_of

C = Column
_LIST = re.compile(r"\s*[,;+/\n]\s*|\s+(?:et|and)\s+")
_NEEDED = (C.NUMBER,)
_COPIED = (C.NUMBER, C.KIND, C.CEDANT, C.CESSIONNAIRE, C.TITLE, C.SOURCE, C.NOTE, C.OBLIGATIONS)
_DAYS = (C.DECIDED, C.NOTIFIED, C.START, C.UNTIL)


def read_rows(table: Table, layout: Layout, places: Places) -> ActFile:
    """The acts of a table, each with the number of its row as order, and every complaint by row and column.

    A complaint's column is that of the spreadsheet: its letter and heading.
    """
    found = ActFile()
    for column in _NEEDED:
        if column not in layout.columns:
            found.complaints.append(Complaint(1, column.value, "", say("say which column tells it")))
    if not {C.DECIDED, C.START} & layout.columns.keys():
        found.complaints.append(Complaint(1, C.DECIDED.value, "", say("say which column tells it")))
    if not found.complaints:
        for number, cells in table.rows:
            _Row(number, cells, table, layout, places, found).judge()
    return found


class _Row:
    """One row being translated."""

    def __init__(
        self, number: int, cells: list[str], table: Table, layout: Layout, places: Places, found: ActFile
    ) -> None:
        self.number, self.cells, self.table, self.layout, self.places = number, cells, table, layout, places
        self.found = found

    def judge(self) -> None:
        """Add the row's act, or its complaints."""
        if any(cell.strip() for cell in self.cells[len(self.table.header) :]):
            remedy = say("more cells than columns; is a separator in a text?")
            self.found.complaints.append(Complaint(self.number, letter(len(self.table.header)), "", remedy))
            return
        if not any(self._text(column) for column in self.layout.columns):
            return
        before = len(self.found.complaints)
        row = {column.value: self._text(column) for column in _COPIED}
        row |= {column.value: self._read(column, lambda text: figures.day(text).isoformat()) for column in _DAYS}
        row |= {"step": self._step(), "area": self._area(), "bands_mhz": self._bands()}
        if C.LAST_DAY in self.layout.columns and self._text(C.LAST_DAY):
            if row["valid_until"]:
                self._complain(C.LAST_DAY, say("two columns say until when; leave one of them out"))
            row["valid_until"] = self._read(C.LAST_DAY, _day_after)
        if len(self.found.complaints) == before:
            judged = ActFile()
            judge_row(self.number, row, judged, self.places)
            self.found.acts.extend(judged.acts)
            for one in judged.complaints:
                self._complain(_told_by(one.column, self.layout), one.remedy)

    def _step(self) -> str:
        word = plain(self._text(C.STEP))
        step = self.layout.steps.get(word)
        if step is not None:
            return step.value
        if word or C.STEP in self.layout.columns:
            self._complain(C.STEP, say("say below the columns which step this word means"))
        else:
            self._complain(C.STEP, say("no column tells the step: say below the columns which step every row is"))
        return ""

    def _area(self) -> str:
        """The area as text that `Places.area` reads: what the cell says, each commune with its code."""
        said = [column for column in (C.COMMUNE, C.AREA) if self._text(column)]
        if len(said) == 2:
            self._complain(C.AREA, say("area and commune are both filled; leave one of the two columns out"))
            return ""
        departments = self._text(C.DEPARTMENT)
        if not said:
            return departments
        text = self._text(said[0])
        if said[0] is C.AREA:
            return text
        try:
            return self._communes(text, self.places.departments_named(departments) if departments else frozenset())
        except InputError as error:
            self._complain(C.COMMUNE, error.message)
            return ""

    def _communes(self, text: str, inside: frozenset[str]) -> str:
        """`Poitiers (86194)`; several with commas. A grouping of communes stays as it is."""
        parts = [text] if self._is_one(text, inside) else [part for part in _LIST.split(text) if part]
        found = []
        for part in parts:
            if plain(part) in self.places.groupings:
                found.append(part)
                continue
            bracketed = re.search(r"\((\d{5}|2[AB]\d{3})\)\s*$", part)
            code = self.places.commune(bracketed[1] if bracketed else part, inside)
            if inside and code[:2] not in inside and code[:3] not in inside:
                raise InputError(
                    "commune_elsewhere",
                    say("the commune {code} does not lie in the department of this row", code=code),
                )
            name = self.places.commune_names.get(code, code) if part.isdigit() or bracketed else part
            found.append(f"{name} ({code})")
        return ", ".join(found)

    def _is_one(self, text: str, inside: frozenset[str]) -> bool:
        try:
            self.places.commune(text, inside)
        except InputError as error:
            return error.code == "commune_ambiguous"
        return True

    def _bands(self) -> str:
        """The bands in one cell, or from two cells; empty: not established."""
        low, high = self._text(C.BAND_FROM), self._text(C.BAND_TO)
        if self._text(C.BANDS):
            if low or high:
                self._complain(
                    C.BANDS, say("the band is told twice; leave out the column with both ends or the two ends")
                )
            unit = unit_of(self._heading(C.BANDS))
            text = self._text(C.BANDS)
            return text if unit == "mhz" or re.search("hz", text, re.IGNORECASE) else f"{text} {unit}"
        if bool(low) != bool(high):
            self._complain(C.BAND_TO if low else C.BAND_FROM, say("the other end of the band is missing"))
            return ""
        ends = [
            self._read(column, lambda text, column=column: figures.megahertz(text, unit_of(self._heading(column))))  # type: ignore[misc]
            for column in (C.BAND_FROM, C.BAND_TO)
        ]
        return "-".join(ends) if all(ends) else ""

    def _text(self, column: Column) -> str:
        place = self.layout.columns.get(column)
        return "" if place is None else clean(csv_cell_back(cell_at(self.cells, place)), CELL_CAP)

    def _heading(self, column: Column) -> str:
        place = self.layout.columns.get(column)
        return "" if place is None else self.table.header[place]

    def _read(self, column: Column, reader: Callable[[str], str]) -> str:
        text = self._text(column)
        try:
            return reader(text) if text else ""
        except InputError as error:
            self._complain(column, error.message)
            return ""

    def _complain(self, column: Column, remedy: str) -> None:
        place = self.layout.columns.get(column)
        name = column.value if place is None else f"{letter(place)} {clean(self.table.header[place], 60)}".strip()
        self.found.complaints.append(Complaint(self.number, name, clean(self._text(column), 80), remedy))


def _told_by(name: str, layout: Layout) -> Column:
    """The column of the spreadsheet from which a column of the file of acts was made."""
    made_from = {
        "area": (C.COMMUNE, C.AREA, C.DEPARTMENT),
        "bands_mhz": (C.BANDS, C.BAND_FROM),
        "valid_until": (C.LAST_DAY, C.UNTIL),
    }
    known = made_from.get(name, (Column(name),))
    return next((column for column in known if column in layout.columns), known[0])


def _day_after(text: str) -> str:
    """The first day without a right whose last day is told."""
    last: date = figures.day(text)
    return (last + timedelta(1)).isoformat()
