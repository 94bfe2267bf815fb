"""The first screen of the control room: what is wrong now, where, since when, for how many people."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from inventory.models import LinkKind
from nms.base.clock import epoch_s
from nms.base.permissions import Actor, Permission
from nms.ops.alarms import cut_off
from nms.ops.change import verdicts
from nms.ops.change.drift import Conformity
from nms.ops.configs.summary import Summary, rows, summed
from nms.ops.live import LiveState
from nms.ops.outcome import load_reasons
from nms.ops.state import Judgement, Kind, State
from web import alarms, conformity, deadlines, obligations, timeline
from web.account import services
from web.guard import current_actor, requires
from web.known import communes_of, known
from web.scoping import visible

blueprint = Blueprint("overview", __name__)
SHOWN = 60
EVENTS = 12
_KINDS = (Kind.LINK, Kind.SECTOR, Kind.HOTSPOT, Kind.DEVICE)
CONFIGS_S = 10
"""How old the sums of backups and of drift may be: they read every device."""


@blueprint.get("/")
@requires(Permission.DEVICE_READ)
def overview() -> Any:
    """The whole page."""
    return render_template("overview.html", **facts(), ends=deadlines.summary(), owed=obligations.soon())


@blueprint.get("/parts/overview")
@requires(Permission.DEVICE_READ)
def part() -> Any:
    """Its living part, asked again every few seconds."""
    return render_template("parts/overview.html", **facts())


def facts() -> dict[str, Any]:
    """What the overview and the wall tell of the actor's objects."""
    parts = services()
    seen = visible(parts.live, current_actor())
    found = alarms.seen(current_actor())
    today = known().todays()
    dark = {
        today(row.subject.insee)
        for row in seen
        if row.judgement.state is State.DOWN and row.subject.role == LinkKind.DEDICATED and not row.subject.maintenance
    } - {""}
    cut, told = cut_off(found), counts(parts.live, current_actor())
    silent = sum(of_kind[State.UNMEASURED] for of_kind in told.values())
    shown = found[:SHOWN]
    return {
        "alarms": shown,
        "more": len(found) - len(shown),
        "taken": alarms.who_has(shown),
        "communes": communes_of({alarm.root.subject.insee for alarm in shown}),
        "cut_communes": len(cut),
        "cut_people": sum(map(alarms.inhabitants, cut)),
        "counts": told,
        "silent": silent,
        "measured": len(seen) - silent,
        "kinds": _KINDS,
        "states": tuple(State),
        "sweep": parts.live.sweep,
        "dark_communes": len(dark),
        "dark_people": sum(map(alarms.inhabitants, dark)),
        "empty": not seen,
        "configs": _configs(),
        "emissions": conformity.tile(seen),
        "drift": _drift(),
        "events": [
            (event, Kind(event.kind), Judgement(State(event.after), event.at, load_reasons(event.reasons)))
            for event in timeline.of_all(parts, current_actor(), EVENTS)
        ],
    }


def _configs() -> Summary | None:
    """How the backups of configurations stand, for who may know and where there are any."""
    if not current_actor().may(Permission.CONFIG_READ):
        return None
    parts = services()
    now = parts.clock.now()

    def read() -> Summary:
        with parts.database.reading() as session:
            return summed(rows(session), now)

    summary = known().lately("configs", str(epoch_s(now) // CONFIGS_S), read)
    return summary if summary.due else None


def _drift() -> dict[Conformity, int] | None:
    """How configurations stand to the golden blocks, for who may know and where there are any."""
    if not current_actor().may(Permission.CONFIG_READ):
        return None

    def read() -> dict[Conformity, int]:
        with services().database.reading() as session:
            return verdicts.counted(session)

    found = known().lately("drift", str(epoch_s(services().clock.now()) // CONFIGS_S), read)
    return found if any(found.values()) else None


def counts(live: LiveState, actor: Actor) -> dict[Kind, dict[State, int]]:
    """How many objects that one sees stand in each state, by kind."""
    if actor.scope is None:
        return {kind: live.count(kind) for kind in _KINDS}
    found = {kind: dict.fromkeys(State, 0) for kind in _KINDS}
    for row in visible(live, actor):
        found[row.subject.kind][row.judgement.state] += 1
    return found
