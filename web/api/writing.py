"""Writes of the inventory, and a poll on demand. The same rules as the pages: forms judge, the journal records."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint

from inventory import service
from inventory.forms import ObjectKind, cells_of, read_form
from inventory.models import Lifecycle
from nms.base.errors import NotFound
from nms.base.permissions import Permission
from nms.base.text import say
from nms.ops.state import Kind
from web.api.schemas import LifecycleIn, ObjectIn, SavedOut
from web.guard import current_actor, requires
from web.scoping import one
from web.services import Services


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the routes."""

    @blueprint.post("/devices/<name>/poll")
    @blueprint.output({}, status_code=202)
    @requires(Permission.DEVICE_POLL)
    def poll(name: str) -> dict[str, Any]:
        """Ask this device at once."""
        one(services.live, current_actor(), Kind.DEVICE, name)
        services.poll_now(name)
        return {}

    @blueprint.get("/inventory/<kind>/<name>")
    @blueprint.output(ObjectIn)
    @requires(Permission.DEVICE_READ)
    def get_cells(kind: str, name: str) -> ObjectIn:
        """The cells of an object, as the import format writes them."""
        with services.database.reading() as session:
            form = service.form_of(session, _kind(kind), name)
        if current_actor().scope is not None:
            raise NotFound("no_such_object", say("There is no object of that name."))
        return ObjectIn(cells=cells_of(form))

    @blueprint.put("/inventory/<kind>/<name>")
    @blueprint.input(ObjectIn, arg_name="body")
    @blueprint.output(SavedOut)
    @requires(Permission.DEVICE_WRITE)
    def put_cells(kind: str, name: str, body: ObjectIn) -> SavedOut:
        """Create or change an object; every complaint at once in `facts`."""
        service.refuse_in_demo(services.settings.simulated)
        form = read_form(_kind(kind), {**body.cells, "name": name})
        with services.database.transaction() as session:
            saved = service.save(session, current_actor(), services.clock.now(), form)
        return SavedOut(kind=saved.kind.value, name=saved.name, created=saved.created, changed=saved.changed)

    @blueprint.post("/inventory/<kind>/<name>/lifecycle")
    @blueprint.input(LifecycleIn, arg_name="body")
    @blueprint.output(SavedOut)
    @requires(Permission.DEVICE_WRITE)
    def move(kind: str, name: str, body: LifecycleIn) -> SavedOut:
        """Move an object in its life."""
        service.refuse_in_demo(services.settings.simulated)
        with services.database.transaction() as session:
            saved = service.move(
                session, current_actor(), services.clock.now(), _kind(kind), name, Lifecycle(body.lifecycle)
            )
        return SavedOut(kind=saved.kind.value, name=saved.name, created=saved.created, changed=saved.changed)


def _kind(word: str) -> ObjectKind:
    try:
        return ObjectKind(word)
    except ValueError:
        raise NotFound("no_such_kind", say("There is no such kind of object.")) from None
