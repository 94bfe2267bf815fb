"""Writes of the inventory, and a poll on demand. The same rules as the pages: forms judge, the journal records."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import request

from inventory import importer, service
from inventory.forms import ObjectKind, cells_of, read_form
from inventory.models import Lifecycle
from inventory.snapshot import Snapshot
from nms.base.errors import NotFound
from nms.base.permissions import Permission
from nms.base.text import say
from nms.ops.state import Kind
from web.api.objects import PLURALS, WORDS
from web.api.schemas import (
    ComplaintOut,
    ImportIn,
    ImportOut,
    LifecycleIn,
    ObjectIn,
    ObjectListOut,
    Page,
    SavedOut,
    WorksIn,
)
from web.guard import current_actor, requires
from web.scoping import one
from web.services import Services
from web.wording import in_language

COMPLAINTS_MOST = 500


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the routes."""

    @blueprint.post("/devices/<path:name>/poll")
    @requires(Permission.DEVICE_POLL)
    @blueprint.output({}, status_code=202)
    def poll(name: str) -> dict[str, Any]:
        """Ask this device at once."""
        one(services.live, current_actor(), Kind.DEVICE, name)
        services.poll_now(name)
        return {}

    @blueprint.post(f"/<{WORDS}:plural>/<path:name>/works")
    @requires(Permission.MAINTENANCE_WRITE)
    @blueprint.input(WorksIn, arg_name="body")
    @blueprint.output(SavedOut)
    def set_works(plural: str, name: str, body: WorksIn) -> SavedOut:
        """Begin works on an object that is in service, or end them."""
        kind = PLURALS[plural]
        one(services.live, current_actor(), kind, name)
        with services.database.transaction() as session:
            saved = service.works(
                session, current_actor(), services.clock.now(), _kind(kind.value), name, begin=body.begin
            )
        return SavedOut(kind=saved.kind.value, name=saved.name, created=saved.created, changed=saved.changed)

    @blueprint.get("/inventory/<kind>/<path:name>")
    @requires(Permission.DEVICE_READ)
    @blueprint.output(ObjectIn)
    def get_cells(kind: str, name: str) -> ObjectIn:
        """The cells of an object, as the import format writes them."""
        _whole_territory()
        with services.database.reading() as session:
            form = service.form_of(session, _kind(kind), name, request.args.get("device", ""))
        return ObjectIn(cells=cells_of(form))

    @blueprint.get("/inventory/<kind>")
    @requires(Permission.DEVICE_READ)
    @blueprint.input(Page, location="query", arg_name="page")
    @blueprint.output(ObjectListOut)
    def list_cells(kind: str, page: Page) -> ObjectListOut:
        """The cells of every object of a kind (site, device, interface, sector, terminal, link, hotspot, contact)."""
        _whole_territory()
        with services.database.reading() as session:
            rows = [cells_of(form) for form in Snapshot(session).forms(_kind(kind))]
        wanted = page.q.casefold()
        rows = [row for row in rows if wanted in " ".join(row.values()).casefold()]
        shown = [ObjectIn(cells=row) for row in rows[page.offset : page.offset + page.limit]]
        return ObjectListOut(total=len(rows), limit=page.limit, offset=page.offset, items=shown)

    @blueprint.post("/inventory/import")
    @requires(Permission.INVENTORY_IMPORT)
    @blueprint.input(ImportIn, location="query", arg_name="asked")
    @blueprint.output(ImportOut)
    @blueprint.doc(description="The body is the CSV file itself (text/csv), as docs/import.md describes it.")
    def import_file(asked: ImportIn) -> ImportOut:
        """Judge a CSV file, and import it when every row is right and `dry_run` is false: all rows or none."""
        if not asked.dry_run:
            service.refuse_in_demo(services.settings.simulated)
        with services.database.transaction() as session:
            plan = importer.judge(request.get_data(cache=False), session)
            applied = plan.ok and not asked.dry_run
            if applied:
                importer.apply(session, plan, current_actor(), services.clock.now(), "api")
        complaints = [
            ComplaintOut(row=c.row, column=c.column, value=c.value, remedy=in_language(c.remedy))
            for c in plan.complaints[:COMPLAINTS_MOST]
        ]
        return ImportOut(
            rows=plan.rows,
            applied=applied,
            created=dict(plan.created),
            updated=dict(plan.updated),
            unchanged=plan.changes.unchanged,
            complaints=complaints,
            complaints_total=len(plan.complaints) + plan.more_complaints,
        )

    @blueprint.put("/inventory/<kind>/<path:name>")
    @requires(Permission.DEVICE_WRITE)
    @blueprint.input(ObjectIn, arg_name="body")
    @blueprint.output(SavedOut)
    def put_cells(kind: str, name: str, body: ObjectIn) -> SavedOut:
        """Create or change an object; every complaint at once in `facts`."""
        service.refuse_in_demo(services.settings.simulated)
        form = read_form(_kind(kind), {**body.cells, "name": name})
        with services.database.transaction() as session:
            saved = service.save(session, current_actor(), services.clock.now(), form)
        return SavedOut(kind=saved.kind.value, name=saved.name, created=saved.created, changed=saved.changed)

    @blueprint.post("/inventory/<kind>/<path:name>/lifecycle")
    @requires(Permission.DEVICE_WRITE)
    @blueprint.input(LifecycleIn, arg_name="body")
    @blueprint.output(SavedOut)
    def move(kind: str, name: str, body: LifecycleIn) -> SavedOut:
        """Move an object in its life."""
        service.refuse_in_demo(services.settings.simulated)
        with services.database.transaction() as session:
            saved = service.move(
                session, current_actor(), services.clock.now(), _kind(kind), name, Lifecycle(body.lifecycle)
            )
        return SavedOut(kind=saved.kind.value, name=saved.name, created=saved.created, changed=saved.changed)


def _whole_territory() -> None:
    """The inventory itself is for those who see the whole territory; for others it is as if it were not there."""
    if current_actor().scope is not None:
        raise NotFound("no_such_object", say("There is no object of that name."))


def _kind(word: str) -> ObjectKind:
    try:
        return ObjectKind(word)
    except ValueError:
        raise NotFound("no_such_kind", say("There is no such kind of object.")) from None
