"""Which column of a lawyer's spreadsheet says what: guessed by its heading, in French or English, then corrected."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from inventory.table_file import Table
from nms.base.errors import InputError
from nms.base.text import clean, say
from spectrum.acts import Step
from spectrum.places import plain

WORDS_CAP = 40
T = TypeVar("T", bound=StrEnum)
_UNIT = re.compile(r"\b([kmg]hz)\b")


class Column(StrEnum):
    """What a column can say of an act."""

    NUMBER = "decision_no"
    DECIDED = "decision_date"
    NOTIFIED = "notified_on"
    STEP = "step"
    KIND = "kind"
    CEDANT = "cedant"
    CESSIONNAIRE = "cessionnaire"
    COMMUNE = "commune"
    DEPARTMENT = "department"
    AREA = "area"
    BANDS = "bands_mhz"
    BAND_FROM = "band_from"
    BAND_TO = "band_to"
    START = "valid_from"
    LAST_DAY = "last_day"
    UNTIL = "valid_until"
    TITLE = "title"
    SOURCE = "source_url"
    NOTE = "note"
    OBLIGATIONS = "obligations"


_HEADINGS: dict[Column, str] = {
    Column.NUMBER: "decision no|reference|ref|numero|no|n|numero de decision|n de decision|decision|numero de l acte"
    "|reference de l acte|acte|number|act|decision number|num",
    Column.DECIDED: "decision date|date|date de l acte|date de la decision|date de decision|date acte|decided on"
    "|date of the act|date decision|signature|date de signature",
    Column.NOTIFIED: "notified on|notification|date de notification|notifie le|notified",
    Column.STEP: "step|nature|nature de l acte|type|type d acte|operation|etape|kind of act|nature acte|sens de l acte",
    Column.KIND: "kind|qualification|categorie|modalite",
    Column.CEDANT: "cedant|assignor|from|de|titulaire cedant|grantor|cedante|ancien titulaire|bailleur",
    Column.CESSIONNAIRE: "cessionnaire|assignee|to|beneficiaire|titulaire|holder|preneur"
    "|nouveau titulaire|attributaire",
    Column.COMMUNE: "commune|communes|insee|code insee|ville|municipality|municipalities|code commune|nom commune",
    Column.DEPARTMENT: "departement|departements|dept|dep|department|departments|code departement",
    Column.AREA: "area|zone|territoire|perimetre|zone geographique|ou|where|lieu|territory",
    Column.BANDS: "bands mhz|bands|bande|bandes|frequences|bande de frequences|bandes de frequences|band|frequencies"
    "|bande mhz|bandes mhz|frequences mhz|canal",
    Column.BAND_FROM: "band from|bande de|frequence basse|de mhz|mhz de|debut de bande|from mhz|low|f basse|borne basse"
    "|frequence debut|frequence min|bande debut|low mhz",
    Column.BAND_TO: "band to|bande a|frequence haute|a mhz|mhz a|fin de bande|to mhz|high|f haute|borne haute"
    "|frequence fin|frequence max|bande fin|high mhz",
    Column.START: "valid from|debut|date de debut|effet|date d effet|du|a compter du|start|in effect from|prise d effet"
    "|entree en vigueur|effective on|date effet|date debut",
    Column.LAST_DAY: "fin|date de fin|au|jusqu au|echeance|end|last day|dernier jour|date d echeance|date fin|terme",
    Column.UNTIL: "valid until|until excluded|jusqu au exclu|premier jour sans droit",
    Column.TITLE: "title|autorisation|titre|autorisation concernee|authorisation|autorisation d origine",
    Column.SOURCE: "source url|source|lien|url|link|jorf|publication",
    Column.NOTE: "note|notes|remarque|remarques|observation|observations|commentaire|commentaires"
    "|remark|remarks|comment",
    Column.OBLIGATIONS: "obligations|obligation|obligations de deploiement|deploiement|deployment|sites dus"
    "|nombre de sites|deployment obligations|sites due",
}
_KNOWN = {words: column for column, text in _HEADINGS.items() for words in text.split("|")}
_STEPS: dict[str, Step] = {
    **{plain(step.value): step for step in Step},
    "autorisation": Step.ATTRIBUTION,
    "delivrance": Step.ISSUE,
    "approbation": Step.APPROVAL,
    "approbation de cession": Step.APPROVAL,
    "execution de cession": Step.EXECUTION,
    "renouvellement": Step.RENEWAL,
    "transfert": Step.TRANSFER,
    "fusion": Step.TRANSFER,
    "abrogation totale": Step.ABROGATION,
    "retrait du projet": Step.WITHDRAWAL,
    "retrait du projet de cession": Step.WITHDRAWAL,
    "mise a disposition": Step.MAKING_AVAILABLE,
    "location": Step.LEASE,
    "changement de nom": Step.RENAMING,
    "changement de denomination": Step.RENAMING,
    "mise en demeure": Step.ENFORCEMENT,
}
"""Words of lawyers that name one step. `cession` does not (approved or executed?), nor `retrait` (of a project, of an
authorisation for the future, or as if it had never been?): an officer says."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column (counted from 0) says what, and which step each word of the step column means.

    The word `""` stands for every row without a word: also for a file without such a column.
    """

    columns: Mapping[Column, int] = field(default_factory=dict)
    steps: Mapping[str, Step] = field(default_factory=dict)

    def as_json(self) -> str:
        """For the database and the journal."""
        told = {"columns": {c.value: n for c, n in self.columns.items()}, "steps": dict(self.steps)}
        return json.dumps(told, ensure_ascii=False, sort_keys=True)


def layout_from_json(text: str) -> Layout:
    """The mapping that `as_json` wrote."""
    told = json.loads(text)
    return Layout(
        {Column(name): int(place) for name, place in told["columns"].items()},
        {str(word): Step(step) for word, step in told["steps"].items()},
    )


def fingerprint(header: Sequence[str]) -> str:
    """What makes two headers one: the plain words of each column, in order."""
    return hashlib.sha256("\n".join(map(plain, header)).encode()).hexdigest()


def unit_of(heading: str) -> str:
    """The unit that a heading names (khz, mhz, ghz); MHz when it names none."""
    found = _UNIT.search(plain(heading))
    return found[1] if found else "mhz"


def guess(table: Table) -> Layout:
    """The columns whose heading is known, the first of each; and the steps that words name for certain."""
    columns: dict[Column, int] = {}
    for place, heading in enumerate(table.header):
        words = plain(heading)
        column = _KNOWN.get(words) or _KNOWN.get(" ".join(_UNIT.sub(" ", words).split()))
        if column is not None:
            columns.setdefault(column, place)
    return with_steps(Layout(columns), table)


def with_steps(layout: Layout, table: Table) -> Layout:
    """The mapping with a step for every word of the step column that names one for certain and has none yet."""
    known = {word: _STEPS[word] for word in step_words(layout, table) if word in _STEPS}
    return Layout(layout.columns, known | dict(layout.steps))


def step_words(layout: Layout, table: Table) -> list[str]:
    """The different words of the step column, plain, in the order of their first row; at most `WORDS_CAP`."""
    place = layout.columns.get(Column.STEP)
    if place is None:
        return [""]
    found = dict.fromkeys(plain(cell_at(cells, place)) for _, cells in table.rows)
    return list(found)[:WORDS_CAP]


def cell_at(cells: Sequence[str], place: int) -> str:
    """A cell of a row that may be shorter than its header."""
    return cells[place].strip() if place < len(cells) else ""


def letter(place: int) -> str:
    """A column as spreadsheets call it: 0 is A, 26 is AA."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def read_layout(form: Mapping[str, str], table: Table) -> Layout:
    """A mapping from a form: `column_3` = what column 3 says, `step_WORD` = the step that a word means.

    Raises:
        InputError: two columns say the same, or a word of the form is none that is known.
    """
    columns: dict[Column, int] = {}
    for place, heading in enumerate(table.header):
        said = form.get(f"column_{place}", "")
        if not said:
            continue
        column = _one_of(Column, said)
        if column in columns:
            raise InputError(
                "column_twice",
                say(
                    "Columns {one} and {other} are both said to be “{column}”; leave one out.",
                    one=letter(columns[column]),
                    other=letter(place),
                    column=column,
                ),
                heading=clean(heading, 60),
            )
        columns[column] = place
    steps = {name[5:]: _one_of(Step, said) for name, said in form.items() if name.startswith("step_") and said}
    layout = Layout(columns)
    words = set(step_words(layout, table))
    return with_steps(Layout(columns, {word: step for word, step in steps.items() if word in words}), table)


def layout_from_words(table: Table, columns: Iterable[str], steps: Iterable[str]) -> Layout:
    """The guessed layout, put right by words such as `commune=F` or `commune=Ville`, and `cession=execution`.

    Raises:
        InputError: a word is none that is known, or no such column.
    """
    found = dict(guess(table).columns)
    for told in columns:
        name, _, where = told.partition("=")
        column = _one_of(Column, name.strip())
        place = _place(table, where.strip())
        found = {other: at for other, at in found.items() if at != place} | {column: place}
    words = (told.rpartition("=") for told in steps)
    return with_steps(Layout(found, {plain(word): _one_of(Step, step.strip()) for word, _, step in words}), table)


def _place(table: Table, where: str) -> int:
    for place, heading in enumerate(table.header):
        if where.upper() == letter(place) or plain(where) == plain(heading):
            return place
    raise InputError("no_such_column", say("There is no column “{column}”.", column=clean(where, 60)))


def _one_of(words: type[T], said: str) -> T:
    try:
        return words(said)
    except ValueError:
        known = ", ".join(words)
        raise InputError(
            "no_such_word", say("“{word}” is not known; one of: {words}", word=clean(said, 40), words=known)
        ) from None
