"""The wall: what is wrong now, big, without a login; opened by a token that may read the wall and nothing else.

It shows several views in turn, as its address asks: `/mur?vues=etat,charge&secondes=20`; `wall.js` turns them.
The token's word comes in an address once, goes into a cookie of the wall's own paths, and never gives a session. How
old the figures are is said loudly: they are hatched when the sweep stands still or the server does not answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext as _

from nms.base.clock import epoch_s
from nms.base.errors import InputError, PermissionRefused
from nms.base.permissions import Permission
from nms.base.text import say
from web import logins, weather
from web.account import services
from web.guard import public, requires
from web.healthz import SWEEP_LATE_S
from web.mapping import drawing, outlines_answer
from web.overview import facts
from web.session import WALL_PATH, open_wall

blueprint = Blueprint("wall", __name__)
SHOWN, LISTED = 9, 18
"""Rows of what is wrong that a screen of 16:9 holds: beside the map, and where they have the wall to themselves."""
VIEWS = ("etat", "carte", "charge", "pannes")
SECONDS, SHORTEST, LONGEST = 20, 5, 3600


@dataclass(frozen=True, slots=True)
class Turn:
    """Which views are shown in turn, and for how many seconds each."""

    views: tuple[str, ...] = VIEWS
    seconds: int = SECONDS


@blueprint.get("/mur")
@requires(Permission.WALL_READ)
def page() -> Any:
    """The whole wall."""
    turn = _turn(request.args.get("vues", ""), request.args.get("secondes", ""))
    classes = [*weather.classes(), weather.unmeasured()]
    return render_template("wall.html", turn=turn, names=_names(), classes=classes, **_facts())


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
    """Take the token's word out of the address into a cookie that is good for the wall alone; the rest is kept."""
    parts, word = services(), request.args.get("jeton", "")
    try:
        known = bool(word) and logins.wall_opens(parts.database, parts.clock, word, request.remote_addr or "")
    except PermissionRefused:
        return render_template("wall_closed.html", why=_("Too many refused tokens: wait ten minutes.")), 429
    if not known:
        return render_template("wall_closed.html", why=_("This token is unknown, has expired or was revoked.")), 403
    asked = {name: request.args[name] for name in ("vues", "secondes", "theme") if name in request.args}
    response = make_response(redirect(f"{WALL_PATH}?{urlencode(asked, safe=',')}" if asked else WALL_PATH))
    open_wall(response, word, parts)
    return response


def _turn(views: str, seconds: str) -> Turn:
    """What the address asks for; nothing asked is every view. InputError names what there is no such view of."""
    asked = tuple(dict.fromkeys(word.strip() for word in views.split(",") if word.strip())) or VIEWS
    if unknown := [word for word in asked if word not in VIEWS]:
        raise InputError(
            "wall_views",
            say(
                "The wall has no view “{view}”: write vues= and some of {views}, with commas between them.",
                view=unknown[0][:40],
                views=", ".join(VIEWS),
            ),
        )
    short = seconds.strip()
    if not short:
        return Turn(asked)
    if not (short.isascii() and short.isdecimal() and len(short) <= 4 and SHORTEST <= int(short) <= LONGEST):
        raise InputError(
            "wall_seconds",
            say(
                "“{seconds}” is no time for a view: write secondes= and a whole number from {shortest} to {longest}.",
                seconds=short[:40],
                shortest=SHORTEST,
                longest=LONGEST,
            ),
        )
    return Turn(asked, int(short))


def _names() -> dict[str, str]:
    return dict(zip(VIEWS, (_("Overview"), _("Map"), _("Utilisation"), _("What is wrong now")), strict=True))


def _facts() -> dict[str, Any]:
    parts = services()
    told = facts()
    last = parts.live.sweep.last_tick_at
    still = last is None or epoch_s(parts.clock.now()) - epoch_s(last) > SWEEP_LATE_S
    listed, every = told["alarms"][:LISTED], len(told["alarms"]) + told["more"]
    return told | {"alarms": listed, "shown": SHOWN, "listed": LISTED, "every": every, "still": still, "last": last}
