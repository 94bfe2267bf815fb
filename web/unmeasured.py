"""“Why is this unmeasured?”: of an object now, and of its unmeasured time in a period; for page and API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import select

from inventory.models import Lifecycle
from nms.base.clock import epoch_s
from nms.base.permissions import Permission
from nms.ops import works
from nms.ops.gaps import Gap, Past, gaps
from nms.ops.models import HealthEvent
from nms.ops.network import ends_of
from nms.ops.outcome import load_reasons
from nms.ops.state import Kind, State, Status
from nms.ops.unmeasured import Asked, Facts, Finding, why
from web.account import services
from web.formats import KIND_OF_LIST, LISTS
from web.guard import current_actor, requires
from web.known import known
from web.periods import asked_period
from web.scoping import one
from web.services import Services

blueprint = Blueprint("unmeasured", __name__)
DAY_S = 86400


@blueprint.get(f"/pourquoi/<{LISTS}:word>/<path:name>")
@requires(Permission.DEVICE_READ)
def page(word: str, name: str) -> Any:
    """What was tried and what is missing, now; and what the unmeasured time of the period is made of."""
    parts, kind = services(), KIND_OF_LIST[word]
    status = one(parts.live, current_actor(), kind, name)
    period = asked_period()
    end = period.until(parts.clock.now())
    return render_template(
        "unmeasured.html",
        word=word,
        kind=kind,
        status=status,
        subject=status.subject,
        findings=findings(parts, status),
        period=period,
        gaps=gaps_of(parts, status, period.start, end),
        length_s=epoch_s(end) - epoch_s(period.start),
    )


def findings(parts: Services, status: Status) -> list[Finding]:
    """The answer for now; none for what is measured (up, degraded, down)."""
    if status.judgement.state not in (State.UNKNOWN, State.UNMEASURED):
        return []
    network, subject, actor = known().network(), status.subject, current_actor()
    link = network.links.get(subject.name) if subject.kind is Kind.LINK else None
    hotspot = network.hotspots.get(subject.name) if subject.kind is Kind.HOTSPOT else None
    names = ends_of(link) if link is not None else (subject.device,) if subject.device else ()
    ports = {} if link is None else {link.a_device: link.a_interface, link.b_device: link.b_interface}
    if hotspot is not None:
        ports = {hotspot.device: hotspot.interface}
    asked = []
    for name in dict.fromkeys(names):
        target = network.devices.get(name)
        if target is not None and actor.sees(target.insee or None):
            interval_s = target.interval_s or parts.settings.polling.interval_s
            asked.append(Asked(target, parts.tried(name), ports.get(name, ""), interval_s))
    return why(
        Facts(
            subject.kind,
            subject.name,
            status.judgement,
            bool(names),
            tuple(asked),
            parts.settings.network.management,
            parts.clock.now(),
            parts.live.sweep.last_tick_at,
        )
    )


def gaps_of(parts: Services, status: Status, start: datetime, end: datetime) -> list[Gap]:
    """What the unmeasured time of a period is made of."""
    return gaps(_past(parts, status, start, end))


def _past(parts: Services, status: Status, start: datetime, end: datetime) -> Past:
    subject, start_s, end_s = status.subject, epoch_s(start), epoch_s(end)
    with parts.database.reading() as session:
        mended = works.read(session)
        planned = works.read(session, Lifecycle.PLANNED)
        events = session.scalars(
            select(HealthEvent)
            .where(HealthEvent.kind == subject.kind.value, HealthEvent.name == subject.name, HealthEvent.at < end)
            .order_by(HealthEvent.at, HealthEvent.id)
        ).all()
    return Past(
        start_s,
        end_s,
        parts.store.hours(subject.kind, [subject.name], start_s, end_s).get(subject.name, []),
        parts.store.first_s(subject.kind, subject.name),
        mended.of(subject, start_s, end_s),
        planned.of(subject, start_s, end_s),
        parts.store.outages(start_s, end_s),
        _told(events, status, end_s),
        epoch_s(parts.clock.now()) - parts.settings.history.hourly_days * DAY_S,
    )


def _told(events: Sequence[HealthEvent], status: Status, end_s: int) -> list[tuple[int, int, str]]:
    """Spans in which the object was unmeasured by a stored judgement, with its first reason."""
    changes = [(epoch_s(row.at), State(row.after), load_reasons(row.reasons)) for row in events]
    changes.append((epoch_s(status.judgement.since), status.judgement.state, status.judgement.reasons))
    changes.sort(key=lambda change: change[0])
    ends = [at_s for at_s, _, _ in changes[1:]] + [end_s]
    return [
        (at_s, until_s, reasons[0].code)
        for (at_s, state, reasons), until_s in zip(changes, ends, strict=True)
        if state is State.UNMEASURED and reasons and until_s > at_s
    ]
