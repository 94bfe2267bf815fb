"""Alarms on pages: each fault once, with what it takes along, whom it cuts off and who has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request
from flask_babel import ngettext

from nms.base.permissions import Actor, Permission
from nms.ops import acknowledging
from nms.ops.alarms import WRONG, Alarm, alarms
from nms.ops.models import Acknowledgement
from nms.ops.network import ends_of
from nms.ops.state import Key, Kind
from web.account import services
from web.formats import KIND_OF_LIST, LIST_OF_KIND, LISTS
from web.guard import current_actor, requires
from web.known import communes_of, known
from web.scoping import one, visible

blueprint = Blueprint("alarms", __name__)
LISTED = 500
"""Rows of the page; the rest is over the API."""


@blueprint.get("/alarmes")
@requires(Permission.DEVICE_READ)
def listing() -> Any:
    """Every alarm, the one that cuts off most people first."""
    found = seen(current_actor())
    shown = found[:LISTED]
    communes = communes_of({alarm.root.subject.insee for alarm in shown})
    more = len(found) - len(shown)
    return render_template("alarms.html", alarms=shown, taken=who_has(shown), communes=communes, more=more)


@blueprint.get(f"/alarmes/<{LISTS}:word>/<path:name>")
@requires(Permission.DEVICE_READ)
def page(word: str, name: str) -> Any:
    """One alarm with all that belongs to it; what is none (any more) leads to its object, or to the fault behind it."""
    kind, actor = KIND_OF_LIST[word], current_actor()
    one(services().live, actor, kind, name)
    alarm = alarm_of((kind, name), seen(actor))
    if alarm is None or alarm.key != (kind, name):
        return redirect(f"/{word}/{name}" if alarm is None else address(alarm))
    taken = who_has([alarm]).get(alarm.key)
    told = alarm.footprint
    codes = {row.subject.insee for row in (alarm.root, *alarm.behind)} | {*told.cut, *told.touched, *told.unsure}
    return render_template("alarm.html", alarm=alarm, taken=taken, communes=communes_of(codes), word=word)


@blueprint.post(f"/alarmes/<{LISTS}:word>/<path:name>/prise")
@requires(Permission.ALARM_ACKNOWLEDGE)
def take(word: str, name: str) -> Any:
    """Take it, with a note."""
    parts, kind = services(), KIND_OF_LIST[word]
    row = one(parts.live, current_actor(), kind, name)
    with parts.database.transaction() as session:
        acknowledging.take(session, current_actor(), row, request.form.get("note", ""), parts.clock.now())
    return redirect(f"/alarmes/{word}/{name}")


@blueprint.post(f"/alarmes/<{LISTS}:word>/<path:name>/remise")
@requires(Permission.ALARM_ACKNOWLEDGE)
def give_back(word: str, name: str) -> Any:
    """Give it back."""
    parts, kind = services(), KIND_OF_LIST[word]
    one(parts.live, current_actor(), kind, name)
    with parts.database.transaction() as session:
        acknowledging.give_back(session, current_actor(), (kind, name), parts.clock.now())
    return redirect(f"/alarmes/{word}/{name}")


def seen(actor: Actor) -> list[Alarm]:
    """The alarms among what an actor sees; of the whole network they are worked out once per change of it."""
    if actor.scope is not None:
        return _found(actor)
    return known().lately("alarms", str(services().live.version), lambda: _found(actor))


def _found(actor: Actor) -> list[Alarm]:
    keeper = known()
    links = {name: ends_of(link) for name, link in keeper.links().items()}
    return alarms(visible(services().live, actor), links, keeper.todays(), inhabitants)


def inhabitants(code: str) -> int:
    """Of a commune of today; none where they are not known."""
    commune = known().communes().get(code)
    return (commune.population or 0) if commune is not None else 0


def who_has(found: Iterable[Alarm]) -> Mapping[Key, Acknowledgement]:
    """Who has which of these alarms now."""
    with services().database.reading() as session:
        return acknowledging.taken(session, [alarm.key for alarm in found])


def alarm_of(key: Key, found: Iterable[Alarm]) -> Alarm | None:
    """The alarm that an object belongs to, as its root or behind it."""
    for alarm in found:
        if key == alarm.key or any(key == (row.subject.kind, row.subject.name) for row in alarm.behind):
            return alarm
    return None


def of_object(key: Key) -> dict[str, Any]:
    """What the page of an object tells of its alarm; nothing while nothing is wrong with it."""
    row = services().live.get(*key)
    if row is None or row.judgement.state not in WRONG:
        return {"alarm": None, "taken": None}
    alarm = alarm_of(key, seen(current_actor()))
    return {"alarm": alarm, "taken": who_has([alarm]).get(alarm.key) if alarm is not None else None}


def register(app: Flask) -> None:
    """Give the templates the words of alarms."""
    app.jinja_env.globals.update(taken_along=taken_along, alarm_address=address)


def address(alarm: Alarm) -> str:
    """Where an alarm is told."""
    return f"/alarmes/{LIST_OF_KIND[alarm.key[0]]}/{alarm.key[1]}"


def taken_along(alarm: Alarm) -> str:
    """What is wrong because of it, in words: `5 links, 8 hotspots, 3 sectors, 13 devices`."""
    return ", ".join(_counted(kind, count) for kind, count in alarm.counts().items())


def _counted(kind: Kind, count: int) -> str:
    if kind is Kind.LINK:
        return str(ngettext("%(num)s link", "%(num)s links", count))
    if kind is Kind.HOTSPOT:
        return str(ngettext("%(num)s hotspot", "%(num)s hotspots", count))
    if kind is Kind.SECTOR:
        return str(ngettext("%(num)s sector", "%(num)s sectors", count))
    return str(ngettext("%(num)s device", "%(num)s devices", count))
