"""Works begun and ended by who runs the network: on the page of the object, without the form of the inventory."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request

from inventory import service
from inventory.forms import ObjectKind
from nms.base.permissions import Permission
from web.account import services
from web.formats import KIND_OF_LIST, LISTS
from web.guard import current_actor, requires
from web.scoping import one

blueprint = Blueprint("works", __name__)


@blueprint.post(f"/travaux/<{LISTS}:word>/<path:name>")
@requires(Permission.MAINTENANCE_WRITE)
def move(word: str, name: str) -> Any:
    """Begin works on an object, or end them; the journal says who."""
    parts, kind = services(), KIND_OF_LIST[word]
    one(parts.live, current_actor(), kind, name)
    begin = request.form.get("begin", "") == "yes"
    with parts.database.transaction() as session:
        service.works(session, current_actor(), parts.clock.now(), ObjectKind(kind.value), name, begin=begin)
    return redirect(f"/{word}/{name}")
