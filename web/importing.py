"""Import of a file in two steps, judged and then confirmed; export of the whole inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, request

from inventory import exporter, importer, service
from inventory.forms import ObjectKind
from inventory.importer import ImportPlan
from nms.base.errors import InputError, PermissionRefused
from nms.base.permissions import Permission
from nms.base.text import clean, say
from web import uploads
from web.account import services
from web.downloads import csv_file, saved_as
from web.guard import current_actor, requires
from web.wording import KINDS, in_language

blueprint = Blueprint("importing", __name__)
COMPLAINTS_SHOWN = 200


@blueprint.get("/inventaire/import")
@requires(Permission.INVENTORY_IMPORT)
def form() -> Any:
    """Choose a file."""
    return _page()


@blueprint.post("/inventaire/import")
@requires(Permission.INVENTORY_IMPORT)
def judge() -> Any:
    """The verdict on every row; nothing is written yet."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _page(refusal=in_language(say("Choose a file first."))), 400
    octets, name = upload.stream.read(), clean(Path(upload.filename).name, 100)
    try:
        with services().database.reading() as session:
            plan = importer.judge(octets, session)
    except InputError as error:
        return _page(refusal=in_language(error.message), name=name), 400
    return _page(plan=plan, name=name, kept=uploads.keep(octets, "csv") if plan.ok else ""), 200 if plan.ok else 422


@blueprint.post("/inventaire/import/<kept>")
@requires(Permission.INVENTORY_IMPORT)
def apply(kept: str) -> Any:
    """Judge again, against the inventory of now, and write: all rows or none."""
    parts = services()
    service.refuse_in_demo(parts.settings.simulated)
    octets, name = uploads.kept(kept, "csv"), clean(request.form.get("name", ""), 100)
    with parts.database.transaction() as session:
        plan = importer.judge(octets, session)
        if plan.ok:
            importer.apply(session, plan, current_actor(), parts.clock.now(), name or "upload")
    if not plan.ok:
        return _page(plan=plan, name=name), 409
    uploads.forget(kept, "csv")
    return _page(plan=plan, name=name, done=True)


@blueprint.get("/inventaire/export.csv")
@requires(Permission.DEVICE_READ)
def as_csv() -> Response:
    """The whole inventory, in the format that the import reads."""
    _whole_territory()
    with services().database.reading() as session:
        text = "".join(exporter.export_csv(session))
    return csv_file(text, "inventaire.csv")


@blueprint.get("/inventaire/export.geojson")
@requires(Permission.DEVICE_READ)
def as_geojson() -> Response:
    """Sites, sectors, hotspots and links for a map."""
    _whole_territory()
    with services().database.reading() as session:
        response = Response(exporter.export_geojson(session), mimetype="application/geo+json")
    return saved_as(response, "inventaire.geojson")


def _page(
    *, refusal: str = "", plan: ImportPlan | None = None, name: str = "", kept: str = "", done: bool = False
) -> str:
    complaints = plan.complaints[:COMPLAINTS_SHOWN] if plan else []
    return render_template(
        "import.html",
        refusal=refusal,
        plan=plan,
        name=name,
        kept=kept,
        done=done,
        complaints=[(c.row, c.column, c.value, in_language(c.remedy)) for c in complaints],
        more=len(plan.complaints) + plan.more_complaints - len(complaints) if plan else 0,
        created=[(KINDS[ObjectKind(kind)][1], count) for kind, count in plan.created.items()] if plan else [],
        updated=[(KINDS[ObjectKind(kind)][1], count) for kind, count in plan.updated.items()] if plan else [],
    )


def _whole_territory() -> None:
    """Refuse an actor who sees some communes only: a file of everything is not theirs."""
    if current_actor().scope is not None:
        raise PermissionRefused(
            "export_of_everything",
            say("This file holds the whole territory; export the lists of your communes instead."),
        )
