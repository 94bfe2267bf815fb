"""Ends as an iCalendar (RFC 5545) that a calendar program subscribes to: one all-day event each, on its last day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from icalendar import Calendar, Event, vDuration

from nms.base.text import clean
from spectrum.terms import DAY, Term, TermKind
from web.wording import in_language

REFRESH = DAY
DOMAIN = "echeances.poitou-nms"


def calendar(terms: Iterable[Term], at: datetime, language: str) -> bytes:
    """The calendar as octets, in the reader's language.

    An event keeps its UID as long as its end keeps its day; its SEQUENCE rises with what is recorded of it.
    """
    found = Calendar()
    found.add("prodid", f"-//poitou-nms//echeances//{language.upper()}")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", _("Deadlines of the register"))
    found.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    found.add("x-published-ttl", vDuration(REFRESH))
    for term in terms:
        found.add_component(_event(term, at))
    made: bytes = found.to_ical()
    return made


def _event(term: Term, at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{term.key}@{DOMAIN}")
    event.add("dtstamp", at)
    event.add("sequence", term.revision)
    event.add("dtstart", term.last)
    event.add("dtend", term.last + DAY)
    event.add("summary", clean(_summary(term)))
    event.add("description", "\n".join(_lines(term)))
    event.add("categories", [_("Deadline") if term.kind is TermKind.DEADLINE else _("Right")])
    event.add("transp", "TRANSPARENT")
    event.add("status", "CONFIRMED" if term.latest == term.last and not term.ask else "TENTATIVE")
    return event


def _summary(term: Term) -> str:
    text = in_language(term.text)
    simulated = f"[{_('simulated')}] " if term.simulated else ""
    return f"{simulated}{term.number} – {text}"


def _lines(term: Term) -> Iterable[str]:
    yield in_language(term.text)
    yield term.number
    if term.kind is not TermKind.DEADLINE:
        yield _("First day without it: %(day)s", day=(term.last + DAY).isoformat())
    if term.article:
        yield term.article
    if term.ask:
        yield in_language(term.ask)
    if term.confidence != "H":
        yield _("to be confirmed")
