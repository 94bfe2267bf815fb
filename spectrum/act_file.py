"""A file of published acts, one row per act, to acts: every row judged, every error named, nothing invented.

Columns: `decision_no, decision_date, notified_on, kind, step, use, cedant, cessionnaire, area, bands_mhz, valid_from,
valid_until, source_url, note`, and `title` where the act names the authorisation that it touches. Rows whose `use` is
not `core` are left out, but for `annulled`: the record of that act was made by mistake. An empty cell was not
established. `valid_until` is the first day without the right.
`obligations`, where the act has any: `16: 3 by 2008-12-31 [annex 2] (H); 17: 4 by 2010-12-31 [annex 2] (M)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from inventory.table_file import CELL_CAP, read_table
from nms.base.clock import meant
from nms.base.errors import InputError
from nms.base.text import clean, csv_cell_back, say
from spectrum.acts import NEEDS_TO, PLACELESS, Act, Obligation, Step
from spectrum.bands import UNKNOWN, read_bands
from spectrum.places import Places
from spectrum.rights import Area

COLUMNS = (
    "decision_no", "decision_date", "notified_on", "kind", "step", "use", "cedant", "cessionnaire", "area", "bands_mhz",
    "valid_from", "valid_until", "source_url", "note", "title", "obligations",
)  # fmt: skip
ANNULLED = "annulled"
NEEDED = ("decision_no", "decision_date", "step", "cedant", "cessionnaire", "area")
T = TypeVar("T")
_CLAUSE = re.compile(
    r"(?P<department>2[AB]|\d{2,3})\s*:\s*(?P<sites>\d{1,5})\s+(?:by|au)\s+(?P<due>\S+)"
    r"\s+\[(?P<source>[^\[\]]+)\]\s*\((?P<confidence>[HML])\)",
    re.ASCII,
)
_CAPS = {"area": 20 * CELL_CAP, "obligations": CELL_CAP}
"""Characters of cells that hold lists, more than a cell can have (or its communes with their names): none is cut."""
_FRENCH_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one cell: row (as a spreadsheet numbers it), column, value, remedy."""

    row: int
    column: str
    value: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.row}, {self.column}: “{self.value}”: {self.remedy}"


@dataclass(slots=True)
class ActFile:
    """What a file says: its acts in order, how many rows were left out, and every complaint."""

    acts: list[Act] = field(default_factory=list)
    left_out: int = 0
    complaints: list[Complaint] = field(default_factory=list)

    def refuse(self) -> None:
        """Raise InputError with every complaint when there is one."""
        if self.complaints:
            lines = "\n".join(f"  {complaint}" for complaint in self.complaints[:200])
            raise InputError(
                "acts_refused",
                say("Nothing was recorded; row, column, value, remedy:\n{lines}", lines=lines),
                complaints=[str(complaint) for complaint in self.complaints],
            )


def read_acts(source: Path | bytes, places: Places) -> ActFile:
    """Judge a file of acts.

    Raises:
        InputError: it is no table, or columns are missing.
    """
    table = read_table(source)
    header = [name.strip().casefold() for name in table.header]
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise InputError(
            "columns_missing",
            say("The file lacks the columns {columns}; it needs: {needed}.", columns=missing, needed=", ".join(NEEDED)),
        )
    found = ActFile()
    for number, cells in table.rows:
        row = {name: csv_cell_back(cell).strip() for name, cell in zip(header, cells, strict=False)}
        if row.get("use", "core").casefold() not in ("core", ANNULLED, ""):
            found.left_out += 1
        else:
            judge_row(number, row, found, places)
    return found


def judge_row(number: int, row: Mapping[str, str], found: ActFile, places: Places) -> None:
    """Add the act of one row (cells by `COLUMNS`) to what was found, or its complaints; an empty row is nothing."""
    if any(row.values()):
        _Row(number, row, found, places).judge()


class _Row:
    """One row being judged."""

    def __init__(self, number: int, cells: Mapping[str, str], found: ActFile, places: Places) -> None:
        self.number, self.cells, self.found, self.places = number, cells, found, places
        self.before = len(found.complaints)

    def judge(self) -> None:
        step = self._step()
        decided, notified = self._day("decision_date"), self._day("notified_on")
        valid_from, until = self._day("valid_from"), self._day("valid_until")
        bands = self._read("bands_mhz", read_bands, UNKNOWN)
        annulled = self._text("use").casefold() == ANNULLED
        read = self._text("area") and not annulled  # a record is found by its words, whatever they mean today
        area: Area = self._read("area", self.places.area, frozenset()) if read else frozenset()
        nothing: tuple[Obligation, ...] = ()
        obligations = self._read("obligations", self._clauses, nothing) if self._text("obligations") else nothing
        if not self._text("decision_no"):
            self._complain("decision_no", say("the number of the decision is needed"))
        effective = valid_from or decided
        if effective is None and not self._text("decision_date"):
            self._complain("decision_date", say("the day of the decision is needed, or valid_from"))
        elif effective is not None and until is not None and until <= effective:
            self._complain("valid_until", say("it must lie after {day}", day=effective.isoformat()))
        if step is not None:
            self._needs(step)
        if step is None or effective is None or len(self.found.complaints) > self.before:
            return
        self.found.acts.append(
            Act(
                number=self._text("decision_no"),
                step=step,
                decided_on=decided or effective,
                effective_on=effective,
                area=area,
                bands=bands,
                cedant=self._text("cedant"),
                cessionnaire=self._text("cessionnaire"),
                kind=self._text("kind"),
                area_text=self._text("area"),
                until=until,
                title=self._text("title"),
                notified_on=notified,
                source=self._text("source_url"),
                note=clean(self.cells.get("note", ""), 4000),
                order=self.number,
                obligations=obligations,
                annulled=annulled,
            )
        )

    def _clauses(self, text: str) -> tuple[Obligation, ...]:
        return read_obligations(text, self.places.departments)

    def _needs(self, step: Step) -> None:
        """Complain about an identifying cell that this step cannot do without."""
        alone = step is Step.MODIFICATION and self._text("cedant")
        if step in NEEDS_TO and not self._text("cessionnaire") and not alone:
            self._complain("cessionnaire", say("the step {step} needs who receives", step=step.value))
        if step in (Step.ABROGATION, Step.SUSPENSION, Step.RENEWAL, Step.RENAMING) and not self._text("cedant"):
            self._complain("cedant", say("the step {step} needs whose right it is", step=step.value))
        if step not in PLACELESS and not self._text("area") and not self._text("title"):
            self._complain("area", say("the step {step} needs an area", step=step.value))

    def _step(self) -> Step | None:
        try:
            return Step(self._text("step").casefold().replace(" ", "_"))
        except ValueError:
            self._complain("step", say("one of: {words}", words=", ".join(Step)))
            return None

    def _text(self, column: str) -> str:
        return clean(self.cells.get(column, ""), _CAPS.get(column, 1000))

    def _day(self, column: str) -> date | None:
        return self._read(column, read_day, None) if self._text(column) else None

    def _read(self, column: str, reader: Callable[[str], T], otherwise: T) -> T:
        try:
            return reader(self._text(column))
        except InputError as error:
            self._complain(column, error.message)
            return otherwise

    def _complain(self, column: str, remedy: str) -> None:
        value = clean(self.cells.get(column, ""), 80)
        self.found.complaints.append(Complaint(self.number, column, value, remedy))


def row_of(act: Act) -> dict[str, str]:
    """An act as a row of a file of acts, which `judge_row` reads back."""
    clauses = (
        f"{one.department}: {one.sites} by {one.due} [{one.source}] ({one.confidence})" for one in act.obligations
    )
    days = {"notified_on": act.notified_on, "valid_until": act.until}
    return {
        "decision_no": act.number,
        "decision_date": act.decided_on.isoformat(),
        "valid_from": act.effective_on.isoformat(),
        "kind": act.kind,
        "step": act.step.value,
        "use": ANNULLED if act.annulled else "core",
        "cedant": act.cedant,
        "cessionnaire": act.cessionnaire,
        "area": act.area_text,
        "bands_mhz": act.bands.text(),
        "source_url": act.source,
        "note": act.note,
        "title": act.title,
        "obligations": "; ".join(clauses),
    } | {name: day.isoformat() if day else "" for name, day in days.items()}


def read_obligations(text: str, departments: Container[str]) -> tuple[Obligation, ...]:
    """The clauses of an act on deployment, each with its source; the same department and day once.

    Raises:
        InputError: a clause that cannot be read, no such department, no site, or two clauses of one department and day.
    """
    found: dict[tuple[str, date], Obligation] = {}
    for clause in filter(None, (part.strip() for part in re.split(r";(?![^\[]*\])", text))):
        read = _CLAUSE.fullmatch(clause)
        if read is None or int(read["sites"]) == 0 or read["department"] not in departments:
            raise InputError(
                "no_such_obligation",
                say("“{clause}” is no obligation: write “16: 3 by 2008-12-31 [its text] (H)”, a known department, "
                    "at least one site, and how sure it is: H, M or L.", clause=clean(clause, 80)),
            )  # fmt: skip
        one = Obligation(
            read["department"], int(read["sites"]), read_day(read["due"]), read["source"].strip(), read["confidence"]
        )
        if (one.department, one.due) in found:
            raise InputError(
                "obligation_twice",
                say("{department} has two obligations of {day}.", department=one.department, day=one.due.isoformat()),
            )
        found[one.department, one.due] = one
    return tuple(found.values())


def read_day(text: str) -> date:
    """A legal day: `2008-02-26`, or `26/02/2008`.

    Raises:
        InputError: no such day.
    """
    french = _FRENCH_DAY.fullmatch(text.strip())
    try:
        if french:
            return meant(date(int(french[3]), int(french[2]), int(french[1])))
        return meant(date.fromisoformat(text.strip()))
    except ValueError:
        shown = clean(text, 40)
        raise InputError(
            "no_such_day", say("“{day}” is no day from 1900 to 2999: write 2008-02-26 or 26/02/2008.", day=shown)
        ) from None
