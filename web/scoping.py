"""What an actor sees of the live state: one filter for pages, lists, search, export, API and counts."""

from __future__ import annotations

from functools import wraps
from typing import Any, cast

from nms.base.errors import NotFound, PermissionRefused
from nms.base.permissions import Actor
from nms.base.text import say
from nms.ops.live import LiveState
from nms.ops.state import Kind, Status
from web.guard import View, current_actor


def visible(live: LiveState, actor: Actor, kind: Kind | None = None) -> list[Status]:
    """Every status that the actor may see, in the order of the names."""
    rows = live.all(kind)
    return rows if actor.scope is None else [row for row in rows if actor.sees(row.subject.insee)]


def one(live: LiveState, actor: Actor, kind: Kind, name: str) -> Status:
    """One status.

    Raises:
        NotFound: it is not there, or not the actor's: the answer is the same.
    """
    row = live.get(kind, name)
    if row is None or not actor.sees(row.subject.insee or None):
        raise NotFound("no_such_object", say("There is no {kind} of that name.", kind=kind.value), kind=kind.value)
    return row


def within(actor: Actor, area: frozenset[str] | None) -> bool:
    """Whether a right, an act or a project over this area may be shown: a commune's account sees what lies in it."""
    return actor.scope is None or (bool(area) and area is not None and area <= actor.scope)


def whole_region(view: View) -> View:
    """The view tells of the whole region: an account that sees some communes only is refused, whatever it asks."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if current_actor().scope is not None:
            raise PermissionRefused("whole_region", say("This page tells of the whole region."))
        return view(*args, **kwargs)

    return cast("View", guarded)
