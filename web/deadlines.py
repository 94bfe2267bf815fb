"""What is due: the ends of rights and the deadlines of projects, whom they concern, their reminders and calendar."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, g, make_response, render_template, request
from flask_babel import force_locale

from nms.base.clock import legal_day
from nms.base.errors import NotFound, PermissionRefused
from nms.base.permissions import Actor, Permission
from nms.base.text import said_again, say
from nms.ops.models import ReminderRow
from nms.ops.reminders import THRESHOLDS, Concern, Mark, coming, concerned, day_of, due
from nms.ops.reminding import inhabitants, tried
from spectrum.terms import PAST, Term, TermKind, terms
from web import logins, pictures, users
from web.account import services
from web.calendars import calendar
from web.dossiers import dossiers
from web.guard import current_actor, public, requires
from web.known import known
from web.rights import places, register
from web.scoping import within
from web.wording import in_language

blueprint = Blueprint("deadlines", __name__)
CALENDAR_LIFE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Told:
    """One reminder of an end: its day, what became of it (`row`), whether it is due and not sent, and late."""

    threshold: int
    day: date
    row: ReminderRow | None
    waits: bool = False
    late: bool = False

    @property
    def why(self) -> str:
        """Why the newest try failed, or who was refused; empty when all went well."""
        return in_language(said_again(json.loads(self.row.why))) if self.row is not None and self.row.why else ""


@dataclass(frozen=True, slots=True)
class Line:
    """An end as the page shows it."""

    term: Term
    concern: Concern | None
    told: tuple[Told, ...]


@blueprint.get("/echeances")
@requires(Permission.RIGHT_READ)
def page() -> Any:
    """Deadlines of projects, rights that end, reminders sent or not."""
    return _page()


@blueprint.post("/echeances/calendrier")
@requires(Permission.CALENDAR_READ)
def make_address() -> Any:
    """A new address of one's own calendar, shown once."""
    parts = services()
    if g.user is None:
        raise PermissionRefused("token_of_token", say("A token makes no token; log in."))
    name = f"calendrier-{secrets.token_hex(4)}"
    with parts.database.transaction() as session:
        word = users.issue_token(
            session, current_actor(), parts.clock.now(), name, [Permission.CALENDAR_READ], CALENDAR_LIFE
        )
    return _page(address=f"{request.host_url}calendrier/{word}.ics", name=name)


@blueprint.get("/calendrier/<word>.ics")
@public
def as_calendar(word: str) -> Response:
    """One's own calendar, by the token in its address: what the token's maker may see today.

    Raises:
        NotFound: the token is unknown, over or revoked, or its maker may no longer.
        PermissionRefused: too many refused tokens from this address.
    """
    parts = services()
    owner = None
    if len(word) == users.WORD_LENGTH:  # what cannot be a token is no guess at one either
        owner = logins.calendar_opens(parts.database, parts.clock, word, request.remote_addr or "")
    if owner is None:
        raise NotFound("no_such_calendar", say("This token is unknown, has expired or was revoked."))
    language = owner.language or parts.settings.language
    with force_locale(language):
        made = calendar(visible_terms(owner.actor()), parts.clock.now(), language)
    answer = make_response(made)
    answer.content_type = "text/calendar; charset=utf-8"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def visible_terms(actor: Actor) -> list[Term]:
    """The ends that an actor may see: a commune's account those wholly in it."""
    today = _today()
    found = known().of_day("terms", today, lambda: terms(register(), dossiers(), today))
    return [term for term in found if within(actor, term.area)]


def summary() -> dict[str, Any] | None:
    """What the overview tells: the next end, and the reminders that are due and not sent; None for who may not."""
    actor = current_actor()
    if not actor.may(Permission.RIGHT_READ):
        return None
    found, today = visible_terms(actor), _today()
    ahead = [term for term in found if 0 <= term.days_left(today) <= THRESHOLDS[0]]
    with services().database.reading() as session:
        rows = tried(session)
    waiting = due(today, found, _sent(rows))
    return {
        "next": ahead[0] if ahead else None,
        "count": len(ahead),
        "waiting": len(waiting),
        "late": sum(one.late for one in waiting),
        "mail": mail_state(),
        "today": today,
    }


def mail_state() -> str:
    """`set`, `none` or `demo` (whose rights are simulated: it sends none)."""
    settings = services().settings
    return "demo" if settings.simulated else "set" if settings.mail.host else "none"


def _page(**made: str) -> str:
    actor, today, where = current_actor(), _today(), places()
    found = visible_terms(actor)
    with services().database.reading() as session:
        rows, people = tried(session), inhabitants(session)
    lines = _lines(found, today, rows, people, actor)
    failing = [told for line in lines for told in line.told if told.waits and told.why]
    return render_template(
        "deadlines.html",
        projects=[line for line in lines if line.term.kind is TermKind.DEADLINE],
        ends=[line for line in lines if line.term.kind is not TermKind.DEADLINE],
        where=lambda term: pictures.area_text(term.area, where),
        commune=lambda code: where.commune_names.get(code, code),
        today=today,
        mail=mail_state(),
        recipients=len(services().settings.mail.recipients),
        hour=services().settings.mail.hour,
        failing=failing[0].why if failing else "",
        past=PAST.days,
        USE=TermKind.USE,
        **made,
    )


def _lines(
    found: list[Term], today: date, rows: Mapping[Mark, ReminderRow], people: Mapping[str, int | None], actor: Actor
) -> list[Line]:
    code_of = places().today
    sectors = [one for one in known().sectors().values() if actor.sees(code_of(one.insee) or None)]
    links = [one for one in known().links().values() if actor.sees(code_of(one.insee) or None)]
    devices = [one for one in known().devices().values() if actor.sees(code_of(one.insee) or None)]
    shown = actor.may(Permission.DEVICE_READ)
    waiting = {one.term.key: one for one in due(today, found, _sent(rows))}
    lines = []
    for term in found:
        waits = waiting.get(term.key)
        told = [
            Told(days, day_of(term, days), row, waits=not row.sent_at, late=row.late)
            for days in THRESHOLDS
            if (row := rows.get((term.key, days))) is not None and row.sent_at is not None
        ]
        if waits is not None:
            row = rows.get(waits.mark)
            told.append(Told(waits.threshold, day_of(term, waits.threshold), row, waits=True, late=waits.late))
        following = coming(today, term)
        if following is not None:
            told.append(Told(*following, None))
        concern = concerned(term, sectors, links, devices, people, code_of) if shown else None
        lines.append(Line(term, concern, tuple(told)))
    return lines


def _sent(rows: Mapping[Mark, ReminderRow]) -> set[Mark]:
    return {mark for mark, row in rows.items() if row.sent_at is not None}


def _today() -> date:
    return legal_day(services().clock.now())
