"""What devices notified by themselves, who was refused, and when nobody listened."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from collectors.notification_door import Refusal
from collectors.notification_names import object_name
from nms.base.errors import InputError
from nms.base.permissions import Permission
from nms.base.text import say
from nms.ops.notifications.reading import Notified, gaps, notified
from nms.ops.notifications.receiver import Heard
from nms.ops.state import Kind
from web.account import services
from web.guard import current_actor, requires
from web.notification_words import what
from web.scoping import one, visible

blueprint = Blueprint("notifications", __name__)
SHOWN, SOURCES_SHOWN = 100, 20
OF_ONE = 10


@blueprint.get("/notifications")
@requires(Permission.DEVICE_READ)
def page() -> Any:
    """The whole page."""
    return render_template("notifications.html", **_facts())


@blueprint.get("/parts/notifications")
@requires(Permission.DEVICE_READ)
def part() -> Any:
    """Its living part."""
    return render_template("parts/notifications.html", **_facts())


def _facts() -> dict[str, Any]:
    parts, actor = services(), current_actor()
    device = request.args.get("appareil", "")[:100].strip()
    rows = seen(device, before_of(request.args.get("avant", "")), SHOWN + 1)
    heard = parts.hearing.heard if parts.hearing is not None else None
    tells_sources = actor.scope is None and actor.may(Permission.DEVICE_POLL)
    with parts.database.reading() as session:
        holes = gaps(session) if actor.scope is None else []
    return {
        "device": device,
        "rows": rows[:SHOWN],
        "older": rows[SHOWN - 1].id if len(rows) > SHOWN else None,
        "asked": request.query_string.decode("ascii", "replace"),
        "heard": heard if actor.scope is None else None,
        "hears": heard is not None,
        "address": f"{parts.settings.notification.host}, UDP {parts.hearing.port}" if parts.hearing else "",
        "refused": _refused(heard) if heard is not None else [],
        "sources": _sources(heard) if heard is not None and tells_sources else [],
        "gaps": holes,
        "what": what,
        "object_name": object_name,
    }


def before_of(text: str) -> int | None:
    """The id to go on from.

    Raises:
        InputError: not a number.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InputError("bad_number", say("“{text}” is not the number of a notification.", text=text[:40]))
    return int(text)


def seen(device: str, before: int | None, most: int) -> list[Notified]:
    """The notifications that the actor may see, of one device or of all.

    Raises:
        NotFound: the device is not there, or not the actor's.
    """
    parts, actor = services(), current_actor()
    if device:
        one(parts.live, actor, Kind.DEVICE, device)
    only = None
    if actor.scope is not None and not device:
        only = [row.subject.name for row in visible(parts.live, actor, Kind.DEVICE)]
    with parts.database.reading() as session:
        return notified(session, device=device, only=only, before=before, most=most)


def _refused(heard: Heard) -> list[tuple[Refusal, int]]:
    return [(why, number) for why, number in heard.refused.items() if number]


def _sources(heard: Heard) -> list[tuple[str, str, int]]:
    """Addresses whose notifications were refused, the most first, with the device that has the address, if any."""
    parts = services()
    known = parts.hearing.devices() if parts.hearing is not None else {}
    most = sorted(heard.sources.items(), key=lambda row: (-row[1], row[0]))[:SOURCES_SHOWN]
    return [(host, known.get(host, ""), number) for host, number in most]
