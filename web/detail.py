"""One object: its state in a sentence, measures, charts, the strip of the day, its events, its inventory facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request

from nms.base.clock import epoch_s, legal_day
from nms.base.errors import InputError
from nms.base.permissions import Permission
from nms.base.text import of_json, say
from nms.ops import day_bars
from nms.ops.change.drift import Conformity
from nms.ops.change.plan import StepState
from nms.ops.change.touching import Touch, touches
from nms.ops.configs import events, store
from nms.ops.configs.models import EventKind
from nms.ops.history import COLUMNS, Resolution
from nms.ops.network import ends_of
from nms.ops.outcome import load_reasons
from nms.ops.state import Judgement, Kind, State, Status
from web import alarms, compliance, conformity, timeline
from web.account import services
from web.formats import KIND_OF_LIST, LIST_OF_KIND, LISTS
from web.guard import current_actor, requires
from web.known import known
from web.notification_words import what
from web.notifications import OF_ONE, seen
from web.past import asked_day, past_of
from web.scoping import one

blueprint = Blueprint("detail", __name__)
HOUR_S, DAY_S = 3600, 86400
PERIODS = {
    "hour": (HOUR_S, Resolution.RAW),
    "day": (DAY_S, Resolution.RAW),
    "week": (7 * DAY_S, Resolution.HOURLY),
    "month": (31 * DAY_S, Resolution.HOURLY),
}
EVENTS = 50


@blueprint.get(f"/<{LISTS}:word>/<path:name>")
@requires(Permission.DEVICE_READ)
def page(word: str, name: str) -> Any:
    """The page of one object; `?mois=2026-11` shows that month, `?jour=2026-11-20` that day of it."""
    kind, facts = KIND_OF_LIST[word], _facts(KIND_OF_LIST[word], name)
    return render_template("detail.html", **facts, **past_of(facts["subject"], kind))


@blueprint.get(f"/parts/<{LISTS}:word>/<path:name>")
@requires(Permission.DEVICE_READ)
def part(word: str, name: str) -> Any:
    """Its living part."""
    return render_template("parts/detail.html", **_facts(KIND_OF_LIST[word], name))


@blueprint.get(f"/series/<{LISTS}:word>/<path:name>")
@requires(Permission.DEVICE_READ)
def series(word: str, name: str) -> Any:
    """The points of a period for the charts: aligned columns, null where there is a gap."""
    kind, parts = KIND_OF_LIST[word], services()
    one(parts.live, current_actor(), kind, name)
    period = request.args.get("period", "day")
    if period not in PERIODS:
        raise InputError("bad_period", say("A period is one of {periods}.", periods=", ".join(PERIODS)), value=period)
    start_s, end_s, resolution = _span(period)
    found = parts.store.series(kind, name, start_s, end_s, resolution)
    columns = {column: found.values[column] for column in COLUMNS if any(v is not None for v in found.values[column])}
    return jsonify(
        start_s=start_s,
        end_s=end_s,
        at_s=found.at_s,
        states=[state.value if state is not None else None for state in found.states],
        values=columns,
    )


def _span(word: str) -> tuple[int, int, Resolution]:
    """From, to and how fine: the latest hours, or a day of the past, from midnight to midnight."""
    if on := asked_day():
        return *day_bars.bounds_s(on), Resolution.RAW
    length_s, resolution = PERIODS[word]
    end_s = epoch_s(services().clock.now()) + 1
    return end_s - length_s, end_s, resolution


@blueprint.post("/appareils/<path:name>/interroger")
@requires(Permission.DEVICE_POLL)
def poll_now(name: str) -> Any:
    """Ask this device now."""
    parts = services()
    one(parts.live, current_actor(), Kind.DEVICE, name)
    parts.poll_now(name)
    return redirect(f"/appareils/{name}")


def _facts(kind: Kind, name: str) -> dict[str, Any]:
    parts = services()
    status, around = one(parts.live, current_actor(), kind, name), _around(kind, name)
    return {
        "kind": kind,
        "status": status,
        "subject": status.subject,
        "judgement": status.judgement,
        "measures": status.measures,
        "radio": sorted(status.radio, key=lambda row: (row.metric, row.index)),
        "events": [
            (event, Judgement(State(event.after), event.at, load_reasons(event.reasons)))
            for event in timeline.of_object(parts, kind, name, EVENTS)
        ],
        "emissions": conformity.lines_of((status, *around)),
        "judged": conformity.history(kind, name, EVENTS),
        "acts": conformity.acts_by_number(),
        "notified": seen(name, None, OF_ONE) if kind is Kind.DEVICE else [],
        "what": what,
        **_configuration(kind, _devices(kind, name, status)),
        "commune": known().communes().get(status.subject.insee),
        "inventory": known().row(kind, name),
        "periods": tuple(PERIODS),
        "strip": strip(kind, name, parts.clock.now()),
        "over": day_over(parts.clock.now()),
        "around": around,
        **alarms.of_object((kind, name)),
        "word": LIST_OF_KIND[kind],
    }


@dataclass(frozen=True, slots=True)
class Changed:
    """What was done to a device: a step of a plan, a configuration that differs from the one before, or what became of
    its configuration (drift, keys, backups)."""

    at: datetime
    device: str
    plan: str = ""
    state: StepState | None = None
    version: int = 0
    author: str = ""
    event: EventKind | None = None
    told: str = ""


def _devices(kind: Kind, name: str, status: Status) -> tuple[str, ...]:
    """The devices that an object rests on: both ends of a link."""
    link = known().links().get(name) if kind is Kind.LINK else None
    return ends_of(link) if link is not None else (status.subject.device or name,)


def _configuration(kind: Kind, devices: tuple[str, ...]) -> dict[str, Any]:
    """What the configurations of the devices of an object tell, for who may know."""
    if not current_actor().may(Permission.CONFIG_READ):
        return {"changed": [], "drift": None}
    with services().database.reading() as session:
        touched = touches(session, devices, EVENTS)
    return {
        "changed": _changed(devices, touched),
        "drift": compliance.drift_of(devices[0]) if kind is Kind.DEVICE else None,
        "plans": sorted({one.reference for one in touched if one.is_open}),
        "Conformity": Conformity,
    }


def _changed(devices: tuple[str, ...], touched: Iterable[Touch]) -> list[Changed]:
    """What changed on devices, the newest first: what one looks for when something broke."""
    rows = [Changed(one.began_at, one.device, one.reference, one.state) for one in touched if one.began_at is not None]
    with services().database.reading() as session:
        versions = store.timeline(session, devices, EVENTS)
        happened = events.newest(session, devices, EVENTS)
    rows += [Changed(one.at, device, version=one.id, author=one.author) for device, one in versions]
    rows += [Changed(one.at, device, event=EventKind(one.kind), told=of_json(one.told)) for device, one in happened]
    return sorted(rows, key=lambda row: row.at, reverse=True)[:EVENTS]


def day_over(at: datetime) -> float:
    """How much of today in Paris is over, in percent."""
    start_s, end_s = day_bars.bounds_s(legal_day(at))
    return 100 * (epoch_s(at) - start_s) / (end_s - start_s)


def strip(kind: Kind, name: str, at: datetime) -> list[tuple[float, float, str]]:
    """The day so far as bars: (start %, width %, state), from midnight to midnight in Paris; gaps are left out."""
    start_s, end_s = day_bars.bounds_s(legal_day(at))
    found = services().store.series(kind, name, start_s, epoch_s(at) + 1)
    bars: list[tuple[int, int, State]] = []
    ends_s = (*found.at_s[1:], epoch_s(at)) if found.at_s else ()
    for ts, state, after in zip(found.at_s, found.states, ends_s, strict=True):
        if state is None:
            continue
        until = min(after, ts + 300)
        if bars and bars[-1][2] is state and bars[-1][1] >= ts:
            bars[-1] = (bars[-1][0], until, state)
        else:
            bars.append((ts, until, state))
    span = (end_s - start_s) / 100
    return [((a - start_s) / span, max(0.08, (b - a) / span), state.value) for a, b, state in bars]


def _around(kind: Kind, name: str) -> list[Any]:
    """The other objects that a device's poll speaks for."""
    if kind is not Kind.DEVICE:
        return []
    actor = current_actor()
    return [
        row
        for row in services().live.all()
        if row.subject.device == name and row.subject.kind is not Kind.DEVICE and actor.sees(row.subject.insee)
    ]
