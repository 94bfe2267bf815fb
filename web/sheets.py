"""Acts from a file: columns understood, every row judged, all recorded by another officer or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, redirect, render_template, request

from nms.base.errors import InputError
from nms.base.permissions import Permission
from nms.base.text import clean, say
from spectrum.acts import Step
from spectrum.places import plain
from spectrum.sheet.columns import Column, cell_at, letter, read_layout, step_words
from spectrum.sheet.judging import Plan
from spectrum.sheet.store import DROPPED, Form, Opened, Sheets
from web.guard import requires
from web.persons import person
from web.rights import register
from web.wording import COLUMNS, in_language

blueprint = Blueprint("sheets", __name__)
ROWS_SHOWN = 500
SAMPLES = 3


def sheets() -> Sheets:
    """The spreadsheets of this application."""
    return Sheets(register())


@blueprint.get("/registre/import")
@requires(Permission.ACT_DRAFT)
def listing() -> Any:
    """What was brought, and a form to bring another file."""
    return _listing()


@blueprint.post("/registre/import")
@requires(Permission.ACT_DRAFT)
def bring() -> Any:
    """Keep a file; nothing is recorded."""
    upload, asked = request.files.get("file"), request.form
    if upload is None or not upload.filename:
        return _listing(in_language(say("Choose a file first."))), 400
    name = clean(Path(upload.filename.replace("\\", "/")).name, 200)
    form = Form.ACTS if asked.get("form") == Form.ACTS else Form.SHEET
    correct = form is Form.ACTS and asked.get("correct") == "yes"
    try:
        reference = sheets().open(upload.stream.read(), name, person(), form=form, correct=correct)
    except InputError as error:
        return _listing(in_language(error.message), name), 400
    return redirect(f"/registre/import/{reference}")


@blueprint.get("/registre/import/<reference>")
@requires(Permission.ACT_DRAFT)
def page(reference: str) -> Any:
    """What each column says, and what each row would do."""
    return _page(sheets().one(reference))


@blueprint.post("/registre/import/<reference>/colonnes")
@requires(Permission.ACT_DRAFT)
def explain(reference: str) -> Any:
    """Say what the columns mean."""
    one, form = sheets().one(reference), request.form.to_dict()
    try:
        sheets().explain(reference, _version(), lambda table: read_layout(form, table), person())
    except InputError as error:
        return _page(one, in_language(error.message), form), 400
    return redirect(f"/registre/import/{reference}#lignes")


@blueprint.post("/registre/import/<reference>/enregistrer")
@requires(Permission.ACT_DECIDE)
def record(reference: str) -> Any:
    """Record every act, all or none; whoever brought the file may not."""
    try:
        sheets().record(reference, _version(), person())
    except InputError as error:
        return _page(sheets().one(reference), in_language(error.message)), 422
    return redirect(f"/registre/import/{reference}")


@blueprint.post("/registre/import/<reference>/abandonner")
@requires(Permission.ACT_DRAFT)
def drop(reference: str) -> Any:
    """Put a file away without recording it."""
    sheets().drop(reference, _version(), person())
    return redirect("/registre/import")


def _listing(refusal: str = "", name: str = "") -> str:
    return render_template(
        "sheets.html", rows=sheets().every(), refusal=refusal, name=name, forms=Form, typed=request.form
    )


def _page(one: Opened, refusal: str = "", typed: dict[str, str] | None = None) -> str:
    """The page of a file; with what a refused form held."""
    waiting = not one.row.outcome
    plan = sheets().plan(one) if waiting else Plan(len(one.table.rows))
    explained = waiting and one.row.form == Form.SHEET
    words = step_words(one.layout, one.table) if explained else []
    place = one.layout.columns.get(Column.STEP)
    spelled = {
        plain(text): text for _, cells in one.table.rows if (text := "" if place is None else cell_at(cells, place))
    }
    chosen = {f"column_{place}": column.value for column, place in one.layout.columns.items()}
    chosen |= {f"step_{word}": step.value for word, step in one.layout.steps.items()}
    return render_template(
        "sheet.html",
        one=one.row,
        table=one.table,
        plan=plan,
        refusal=refusal,
        chosen=chosen if typed is None else typed,
        heads=[
            (place, letter(place), heading, [cell_at(cells, place) for _, cells in one.table.rows[:SAMPLES]])
            for place, heading in enumerate(one.table.header)
        ],
        columns=COLUMNS,
        words=[(word, spelled.get(word, word)) for word in words],
        steps=list(Step),
        mine=one.row.created_by == person().name,
        waiting=waiting,
        explained=explained,
        judged=plan.judged[:ROWS_SHOWN],
        complaints=plan.complaints[:ROWS_SHOWN],
        dropped=one.row.outcome == DROPPED,
    )


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
