"""Import of the whole inventory from one CSV file: every row judged, every error named, all or nothing.

The format is described in docs/import.md. A column that the file does not have leaves what it would say untouched; an
empty cell sets the default. Objects that the file does not name stay as they are.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import changes
from inventory.changes import Changes, Draft
from inventory.fields import Complaint, complaint_of
from inventory.forms import FORMS, READERS, ObjectKind, field_names, read_cells
from inventory.snapshot import Snapshot, port_key
from inventory.table_file import Table, read_table
from inventory.territory import Commune, CommuneSuccessor
from nms.base.errors import InputError
from nms.base.permissions import Actor, Permission
from nms.base.text import clean, csv_cell_back, say

COLUMNS = tuple(dict.fromkeys(["kind", *(name for kind in FORMS for name in field_names(kind)), "interfaces"]))
"""Every column of the format, in the order of an export."""

COMPLAINT_CAP = 10_000

_ALIASES = {
    "nom": "name",
    "adresse": "address",
    "ip": "address",
    "host": "address",
    "type": "kind",
    "objet": "kind",
    "commune": "insee",
    "code_insee": "insee",
    "libelle": "label",
    "libellé": "label",
    "role": "role",
    "rôle": "role",
    "latitude": "lat_deg",
    "longitude": "lon_deg",
    "credentials": "credential",
    "identifiant": "credential",
}
_SECRETS = frozenset(
    {"community", "snmp_community", "read_community", "communaute", "auth_key", "priv_key", "auth_password"}
    | {"priv_password", "v3_auth_key", "v3_priv_key", "password", "secret", "mot_de_passe"}
)
_KEYS = {ObjectKind.INTERFACE: ("device", "name")}
"""What names an object of a kind, where it is more than `name`. A row whose cells are wrong elsewhere is judged with
the others: what it names is looked up, and what names it is not called unknown."""
_DEVICE_EXTRAS = ("interfaces", "insee")


@dataclass(frozen=True, slots=True)
class RowComplaint:
    """One error: the row as a spreadsheet numbers it, the column, the value, what to do, and which file of many."""

    row: int
    column: str
    value: str
    remedy: str
    file: str = ""

    def __str__(self) -> str:
        value = f" “{self.value}”" if self.value else ""
        file = f"{self.file}, " if self.file else ""
        return f"{file}row {self.row}, column {self.column}{value}: {self.remedy}"


@dataclass(slots=True)
class ImportPlan:
    """What an import would do. It may be applied when `ok`, in the transaction in which it was judged."""

    rows: int
    source: str
    encoding: str
    separator: str
    snapshot: Snapshot = field(repr=False)
    changes: Changes = field(default_factory=Changes, repr=False)
    complaints: list[RowComplaint] = field(default_factory=list)
    more_complaints: int = 0

    @property
    def errors(self) -> list[RowComplaint]:
        """Every error, by row."""
        return self.complaints

    def summary(self) -> str:
        """What is new, what changes and what stays, in half a sentence."""
        return (
            f"{self.rows} rows; new: {_counted(self.created)}; changed: {_counted(self.updated)}; "
            f"unchanged: {self.changes.unchanged}"
        )

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.complaints

    @property
    def created(self) -> Counter[str]:
        """How many objects of each kind are new."""
        return Counter(change.draft.kind.value for change in self.changes.created)

    @property
    def updated(self) -> Counter[str]:
        """How many objects of each kind change."""
        return Counter(change.draft.kind.value for change in self.changes.updated)

    def complain(self, row: int, column: str, value: str, remedy: str) -> None:
        """Note an error; beyond a cap they are only counted."""
        if len(self.complaints) < COMPLAINT_CAP:
            self.complaints.append(RowComplaint(row, column, clean(value, 60), remedy))
        else:
            self.more_complaints += 1

    def refuse(self) -> None:
        """Raise InputError with every complaint, if there is one."""
        if self.complaints:
            total, first = len(self.complaints) + self.more_complaints, self.complaints[0]
            raise InputError(
                "import_refused",
                say(
                    "Nothing was imported: {total} errors, the first one: {first}",
                    total=total,
                    first=first,
                ),
                complaints=self.complaints,
                total=total,
            )


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in counts.items()) or "none"


def judge(
    source: Path | bytes, session: Session, progress: Callable[[int, int], None] = lambda done, total: None
) -> ImportPlan:
    """Read and judge a whole file against the inventory as it stands; nothing is written.

    Raises:
        InputError: the file is no table at all; wrong cells are complaints of the plan instead.
    """
    return judge_table(read_table(source), source.name if isinstance(source, Path) else "upload", session, progress)


def judge_table(
    table: Table, name: str, session: Session, progress: Callable[[int, int], None] = lambda done, total: None
) -> ImportPlan:
    """Judge a table that was read already; `name` is what it is called in the journal."""
    plan = ImportPlan(len(table.rows), name, table.encoding, table.separator, Snapshot(session))
    columns = _columns(table, plan)
    drafts: list[Draft] = []
    communes = _Communes(session)
    for done, (number, cells) in enumerate(table.rows):
        if done % 500 == 0:
            progress(done, plan.rows)
        _judge_row(plan, columns, number, cells, drafts, communes)
    drafts = _with_sites(plan, drafts, communes)
    plan.changes = changes.judge(plan.snapshot, drafts)
    for draft, complaint in plan.changes.complaints:
        plan.complain(draft.row, complaint.field, complaint.value, complaint.remedy)
    plan.complaints.sort(key=lambda complaint: complaint.row)
    progress(plan.rows, plan.rows)
    return plan


def apply(session: Session, plan: ImportPlan, actor: Actor, at: datetime, source: str = "") -> None:
    """Write a judged plan, whole; `source` names it in the ledger (the file's name when left out).

    Raises:
        PermissionRefused: the actor may not import.
        InputError: the plan has complaints.
        Conflict: somebody else wrote the same objects meanwhile.
    """
    actor.require(Permission.INVENTORY_IMPORT)
    plan.refuse()
    changes.write(session, plan.snapshot, plan.changes, actor, at, f"import {clean(source or plan.source, 200)}")


def _columns(table: Table, plan: ImportPlan) -> list[str]:
    """The name of each column, empty for one that cannot be used (which was complained about)."""
    names: list[str] = []
    for title in table.header:
        name = clean(title, 60).lower().replace(" ", "_").replace("-", "_")
        name = _ALIASES.get(name, name)
        if name in _SECRETS:
            remedy = say("no secret in a file: run “nms credential add NAME” and put NAME in a column “credential”")
            plan.complain(1, name, "", remedy)
            name = ""
        elif name and name not in COLUMNS:
            near = difflib.get_close_matches(name, COLUMNS, 1)
            remedy = say("no such column; did you mean “{near}”?", near=near[0]) if near else say("no such column")
            plan.complain(1, name, "", remedy)
            name = ""
        elif name and name in names:
            plan.complain(1, name, "", say("this column is there twice; keep one"))
            name = ""
        names.append(name)
    needed = ("name",) if "kind" in names else ("name", "address")
    for name in needed:
        if name not in names:
            plan.complain(1, name, "", say("this column is missing; a list of devices needs at least: name,address"))
    return names


def _judge_row(
    plan: ImportPlan,
    columns: list[str],
    number: int,
    values: list[str],
    drafts: list[Draft],
    communes: _Communes,
) -> None:
    for extra in values[len(columns) :]:
        if extra.strip():
            plan.complain(
                number, f"{len(columns) + 1}", extra, say("more cells than columns; is a separator in a text?")
            )
            return
    cells = {name: csv_cell_back(cell.strip()) for name, cell in zip(columns, values, strict=False) if name}
    cells |= {name: "" for name in columns[len(values) :] if name}
    kind = _kind(plan, number, cells)
    if kind is None:
        return
    fields = field_names(kind)
    extras = {name: cells.get(name, "") for name in _DEVICE_EXTRAS} if kind is ObjectKind.DEVICE else {}
    for name, cell in cells.items():
        if cell and name != "kind" and name not in fields and name not in extras:
            plan.complain(number, name, cell, say("a {kind} has no {name}; leave it empty", kind=kind, name=name))
    read, complaints = read_cells(kind, {name: cell for name, cell in cells.items() if name in fields})
    for complaint in complaints:
        plan.complain(number, complaint.field, complaint.value, complaint.remedy)
    if kind is ObjectKind.SITE and read.get("insee"):
        _complain_about(plan, number, communes.complaint(read["insee"]))
    if extras:
        _place(plan, number, extras["insee"], read, communes)
    if any(name not in read for name in _KEYS.get(kind, ("name",))):
        return
    key = port_key(read["device"], read["name"]) if kind is ObjectKind.INTERFACE else read["name"]
    drafts.append(Draft(kind, key, read, number))
    for port in filter(None, (part.strip() for part in extras.get("interfaces", "").split("|"))):
        name = clean(port)
        drafts.append(Draft(ObjectKind.INTERFACE, port_key(key, name), {"device": key, "name": name}, number))


def _complain_about(plan: ImportPlan, number: int, complaint: Complaint | None) -> None:
    if complaint is not None:
        plan.complain(number, complaint.field, complaint.value, complaint.remedy)


def _kind(plan: ImportPlan, number: int, cells: Mapping[str, str]) -> ObjectKind | None:
    if "kind" not in cells:
        return ObjectKind.DEVICE
    word = cells["kind"].lower().replace("-", "_")
    if word == "credential_reference":
        return ObjectKind.CREDENTIAL
    try:
        return ObjectKind(word)
    except ValueError:
        plan.complain(number, "kind", cells["kind"], say("one of: {words}", words=", ".join(ObjectKind)))
        return None


def _place(plan: ImportPlan, number: int, insee: str, read: dict[str, Any], communes: _Communes) -> None:
    """Give a device that names a commune, but no site, the site of that commune."""
    if not insee:
        return
    if read.get("site"):
        plan.complain(number, "insee", insee, say("the site says where it is; leave one of the two empty"))
        return
    try:
        code = str(READERS["insee"](insee))
    except (ValueError, InputError) as error:
        _complain_about(plan, number, complaint_of("insee", insee, error))
        return
    _complain_about(plan, number, communes.complaint(code))
    read["site"] = communes.site_name(code)


def _with_sites(plan: ImportPlan, drafts: list[Draft], communes: _Communes) -> list[Draft]:
    """The drafts, with those of the communes' sites that are neither there nor in the file."""
    said = {draft.key for draft in drafts if draft.kind is ObjectKind.SITE}
    new = [
        Draft(ObjectKind.SITE, name, {"name": name, "insee": code, "label": communes.label(code)})
        for name, code in communes.sites.items()
        if name not in said and name not in plan.snapshot.of(ObjectKind.SITE)
    ]
    return new + drafts


class _Communes:
    """What the loaded territory knows of the codes in a file; read once, at the first code."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._names: dict[str, str] | None = None
        self.sites: dict[str, str] = {}

    def _known(self) -> dict[str, str]:
        if self._names is None:
            past = self._session.execute(select(CommuneSuccessor.old_insee, CommuneSuccessor.old_name))
            today = self._session.execute(select(Commune.insee, Commune.name))
            self._names = dict(past.all()) | dict(today.all())
        return self._names

    def complaint(self, code: str) -> Complaint | None:
        """What is wrong with a well-formed code: its department is loaded, and has no such commune."""
        known = self._known()
        if code in known or not any(other.startswith(code[:2]) for other in known):
            return None
        return Complaint("insee", code, say("no commune has or had this code; look it up: nms territory show NAME"))

    def site_name(self, code: str) -> str:
        """The name of the site that stands for a commune."""
        self.sites[f"commune-{code}"] = code
        return f"commune-{code}"

    def label(self, code: str) -> str:
        """The commune's own name, when it is known."""
        return self._known().get(code, "")
