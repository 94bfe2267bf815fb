"""The wall: what is wrong now, big, without a login; opened by a token that may read the wall and nothing else.

The token's word comes in an address once, goes into a cookie of the wall's own paths, and never gives a session. How
old the figures are is said loudly: they are hatched when the sweep stands still or the server does not answer.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext as _

from nms.base.clock import epoch_s
from nms.base.errors import PermissionRefused
from nms.base.permissions import Permission
from web import logins
from web.account import services
from web.guard import public, requires
from web.healthz import SWEEP_LATE_S
from web.mapping import drawing, outlines_answer
from web.overview import facts
from web.session import WALL_PATH, open_wall

blueprint = Blueprint("wall", __name__)
SHOWN = 14


@blueprint.get("/mur")
@requires(Permission.WALL_READ)
def page() -> Any:
    """The whole wall."""
    return render_template("wall.html", **_facts())


@blueprint.get("/mur/etat")
@requires(Permission.WALL_READ)
def part() -> Any:
    """Its living part."""
    return render_template("parts/wall.html", **_facts())


@blueprint.get("/mur/carte")
@requires(Permission.WALL_READ)
def map_data() -> Any:
    """What its map draws."""
    return drawing("/mur/contours")


@blueprint.get("/mur/contours")
@requires(Permission.WALL_READ)
def outlines() -> Any:
    """The outlines of its map."""
    return outlines_answer()


@blueprint.get("/mur/entree")
@public
def enter() -> Any:
    """Take the token's word out of the address into a cookie that is good for the wall alone."""
    parts, word = services(), request.args.get("jeton", "")
    try:
        known = bool(word) and logins.wall_opens(parts.database, parts.clock, word, request.remote_addr or "")
    except PermissionRefused:
        return render_template("wall_closed.html", why=_("Too many refused tokens: wait ten minutes.")), 429
    if not known:
        return render_template("wall_closed.html", why=_("This token is unknown, has expired or was revoked.")), 403
    response = make_response(redirect(WALL_PATH))
    open_wall(response, word, parts)
    return response


def _facts() -> dict[str, Any]:
    parts = services()
    told = facts()
    last = parts.live.sweep.last_tick_at
    still = last is None or epoch_s(parts.clock.now()) - epoch_s(last) > SWEEP_LATE_S
    wrong, hidden = told["wrong"][:SHOWN], max(0, len(told["wrong"]) - SHOWN) + told["more"]
    return told | {"wrong": wrong, "hidden": hidden, "still": still, "last": last}
