"""Files of acts over the API: one officer brings a file, another one records it whole; as on the pages."""

from __future__ import annotations

from typing import Annotated

from apiflask import APIBlueprint
from flask import request
from pydantic import BaseModel, ConfigDict, Field

from nms.base.permissions import Permission
from spectrum.models import SheetRow
from spectrum.sheet.judging import Fate, Plan
from spectrum.sheet.store import Form, Sheets
from web.guard import requires
from web.persons import person
from web.services import Services
from web.wording import in_language

ROWS_MOST = 10_000
WAITING = "waiting"


class ReplayIn(BaseModel):
    """Whether to bring what the body says for another officer to record, and to put right what differs."""

    model_config = ConfigDict(extra="forbid")
    dry_run: bool = True
    correct: bool = False


class ReplayOut(BaseModel):
    """What a file of acts would do. `reference` is null unless it waits, with its `sha256`, for another officer."""

    reference: str | None
    sha256: str | None
    version: int | None
    new: int
    put_right: int
    already: int
    left_out: int
    complaints: list[str]


class ImportOut(BaseModel):
    """A file that was brought. `state`: waiting, recorded or dropped; `form`: sheet or acts."""

    reference: str
    name: str
    form: str
    correct: bool
    sha256: str
    version: int
    state: str
    brought_at: str
    brought_by: str
    ended_at: str | None
    ended_by: str | None
    acts_recorded: int


class ImportListOut(BaseModel):
    """The last files, the newest first."""

    items: list[ImportOut]


class RowOut(BaseModel):
    """What becomes of one row, and the gravest verdict of the law; null where no rule applies."""

    row: int
    number: str
    step: str
    fate: str
    outcome: str | None


class ImportedOut(ImportOut):
    """A file with what recording it now would do; nothing once it is recorded or dropped."""

    new: int
    put_right: int
    already: int
    rows: list[RowOut]
    complaints: list[str]


class RecordIn(BaseModel):
    """Which file was seen: the hash of its octets, and the version of what its columns mean."""

    model_config = ConfigDict(extra="forbid")
    sha256: Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")]
    version: Annotated[int, Field(ge=1)]


class VersionIn(BaseModel):
    """Which version was seen."""

    model_config = ConfigDict(extra="forbid")
    version: Annotated[int, Field(ge=1)]


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the routes."""
    sheets = Sheets(services.register)

    @blueprint.post("/register/replay")
    @requires(Permission.ACT_DRAFT)
    @blueprint.input(ReplayIn, location="query", arg_name="asked")
    @blueprint.output(ReplayOut)
    @blueprint.doc(description="The body is the CSV file itself (text/csv), as docs/register.md describes it.")
    def replay(asked: ReplayIn) -> tuple[ReplayOut, int]:
        """Judge published acts; without `dry_run`, keep the file (202) until another officer records it, whole."""
        octets = request.get_data(cache=False)
        plan = sheets.foresee(octets, correct=asked.correct)
        if asked.dry_run or not plan.new or plan.complaints:
            return _replayed(plan), 200
        actor = person()
        reference = sheets.open(octets, "api.csv", actor, form=Form.ACTS, correct=asked.correct)
        return _replayed(plan, sheets.one(reference).row), 202

    @blueprint.get("/register/imports")
    @requires(Permission.ACT_DRAFT)
    @blueprint.output(ImportListOut)
    def list_imports() -> ImportListOut:
        """The files that officers brought: spreadsheets and files of acts."""
        return ImportListOut(items=[ImportOut.model_validate(_told(row)) for row in sheets.every()])

    @blueprint.get("/register/imports/<reference>")
    @requires(Permission.ACT_DRAFT)
    @blueprint.output(ImportedOut)
    def get_import(reference: str) -> ImportedOut:
        """One file, and what recording it now would do, row by row."""
        return _imported(reference)

    @blueprint.post("/register/imports/<reference>/record")
    @requires(Permission.ACT_DECIDE)
    @blueprint.input(RecordIn, arg_name="asked")
    @blueprint.output(ImportedOut)
    def record_import(reference: str, asked: RecordIn) -> ImportedOut:
        """Record every act of a file, all or none; never for whoever brought it. Again changes nothing."""
        sheets.record(reference, asked.version, person(), asked.sha256)
        return _imported(reference)

    @blueprint.post("/register/imports/<reference>/drop")
    @requires(Permission.ACT_DRAFT)
    @blueprint.input(VersionIn, arg_name="asked")
    @blueprint.output(ImportedOut)
    def drop_import(reference: str, asked: VersionIn) -> ImportedOut:
        """Put a file away without recording it."""
        sheets.drop(reference, asked.version, person())
        return _imported(reference)

    def _imported(reference: str) -> ImportedOut:
        one = sheets.one(reference)
        plan = Plan(0) if one.row.outcome else sheets.plan(one)
        rows = [
            {"row": row.row, "number": row.act.number, "step": row.act.step.value, "fate": row.fate.name.lower(),
             "outcome": row.outcome.value if row.outcome else None}
            for row in plan.judged[:ROWS_MOST]
        ]  # fmt: skip
        return ImportedOut.model_validate(_told(one.row) | _counted(plan) | {"rows": rows})


def _replayed(plan: Plan, row: SheetRow | None = None) -> ReplayOut:
    where = (row.reference, row.digest, row.version) if row else (None, None, None)
    kept = dict(zip(("reference", "sha256", "version"), where, strict=True))
    return ReplayOut.model_validate(kept | _counted(plan) | {"left_out": plan.left_out})


def _counted(plan: Plan) -> dict[str, object]:
    return {
        "new": plan.count(Fate.NEW),
        "put_right": plan.count(Fate.PUT_RIGHT),
        "already": plan.known,
        "complaints": [
            f"{one.row}, {one.column}: “{one.value}”: {in_language(one.remedy)}" for one in plan.complaints[:500]
        ],
    }


def _told(row: SheetRow) -> dict[str, object]:
    return {
        "reference": row.reference,
        "name": row.name,
        "form": row.form,
        "correct": row.correct,
        "sha256": row.digest,
        "version": row.version,
        "state": row.outcome or WAITING,
        "brought_at": row.created_at.isoformat(),
        "brought_by": row.created_by,
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "ended_by": row.ended_by or None,
        "acts_recorded": row.acts,
    }
