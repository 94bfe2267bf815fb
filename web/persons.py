"""Which person acts: what needs two people counts people, whatever they act through."""

from __future__ import annotations

from nms.base.errors import PermissionRefused
from nms.base.permissions import Actor
from nms.base.text import say
from web import users
from web.account import services
from web.guard import current_actor

_PREFIX = "token:"


def person() -> Actor:
    """Who asks; for a token the person who made it, with what both the token and that person may do today.

    Raises:
        PermissionRefused: that person is no user any more.
    """
    actor = current_actor()
    if not actor.name.startswith(_PREFIX):
        return actor
    with services().database.reading() as session:
        owner = users.owner_of(session, actor.name.removeprefix(_PREFIX))
        theirs = owner.actor() if owner is not None else None
    if theirs is None:
        raise PermissionRefused("no_person", say("Whoever made this token is no user any more: it does nothing here."))
    return Actor(theirs.name, actor.permissions & theirs.permissions, actor.scope)
