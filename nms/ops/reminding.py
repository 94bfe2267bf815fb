"""Sends the reminders that are due, each once: claimed, handed to the mail server, then noted as sent.

What failed is noted with its reason and tried again at the next pass. A process that dies between the server's yes and
our note sends the same message again, under the same Message-ID, rather than never.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from inventory import queries
from inventory.territory import Commune
from nms.base.clock import PARIS, Clock, legal_day
from nms.base.db import Database
from nms.base.errors import MailFailed
from nms.base.settings import Settings
from nms.base.text import kept, say
from nms.ops import mail
from nms.ops.models import ReminderRow
from nms.ops.reminders import Concern, Mark, Reminder, concerned, due
from spectrum.dossiers import Dossiers
from spectrum.places import Places
from spectrum.register import Register
from spectrum.terms import Term, terms

log = logging.getLogger(__name__)
CLAIM = timedelta(minutes=10)
"""How long one process is waited for before another takes its reminder over."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter is made from."""

    reminder: Reminder
    concern: Concern
    places: Places
    day: date


Write = Callable[[Letter, datetime], EmailMessage]


class Reminding:
    """Finds and sends reminders; `write` composes the message of one."""

    def __init__(
        self, database: Database, register: Register, dossiers: Dossiers, clock: Clock, settings: Settings, write: Write
    ) -> None:
        self._database = database
        self._register = register
        self._dossiers = dossiers
        self._clock = clock
        self._settings = settings
        self._write = write

    def run(self) -> None:
        """The scheduler's pass: from the hour of the settings on, whatever is due and not sent."""
        if self.sends() and self._clock.now().astimezone(PARIS).hour >= self._settings.mail.hour:
            self.send()

    def sends(self) -> bool:
        """Whether mail is set up; the demo, whose rights are simulated, sends none."""
        return bool(self._settings.mail.host) and not self._settings.simulated

    def due(self) -> list[Letter]:
        """What is due today and not sent."""
        day = legal_day(self._clock.now())
        return self.of(terms(self._register, self._dossiers, day), day)

    def of(self, found: Sequence[Term], day: date) -> list[Letter]:
        """What of some ends is due on a day and not sent."""
        with self._database.reading() as session:
            wanted = due(day, found, sent(session))
            if not wanted:
                return []
            places = self._register.places(session)
            sectors, links, people = queries.sectors(session), queries.links(session), inhabitants(session)
            devices = queries.poll_targets(session)
        return [
            Letter(one, concerned(one.term, sectors, links, devices, people, places.today), places, day)
            for one in wanted
        ]

    def send(self) -> list[tuple[Letter, str]]:
        """Send what is due; answers each letter with why it failed, empty when it went out.

        A server that cannot be reached is not tried for the others.
        """
        told = []
        for letter in self.due():
            row = self._claim(letter)
            if row is None:
                continue
            why, go_on = self._send(letter, row)
            told.append((letter, why))
            if not go_on:
                break
        return told

    def _send(self, letter: Letter, row: int) -> tuple[str, bool]:
        term = letter.reminder.term
        try:
            refused = mail.send(self._settings.mail, self._write(letter, self._clock.now()))
        except MailFailed as error:
            self._note(row, why=json.dumps(kept(error.message)), claimed_at=None)
            log.warning("reminder of %s not sent: %s", term.number, error.message)
            return error.message, error.code == "mail_refused"
        said = say("refused: {who}", who="; ".join(f"{address} ({reason})" for address, reason in refused.items()))
        why = json.dumps(kept(said)) if refused else ""
        recipients = ", ".join(one for one in self._settings.mail.recipients if one not in refused)
        late = letter.reminder.late
        self._note(row, sent_at=self._clock.now(), claimed_at=None, late=late, recipients=recipients, why=why)
        log.info("reminder of %s sent, %d days before its end", term.number, term.days_left(letter.day))
        return "", True

    def _claim(self, letter: Letter) -> int | None:
        """The row of a reminder, when nobody else is sending it or has sent it."""
        now, (key, threshold), term = self._clock.now(), letter.reminder.mark, letter.reminder.term
        with self._database.transaction() as session:
            which = (ReminderRow.key == key, ReminderRow.threshold == threshold)
            row = session.scalar(select(ReminderRow).where(*which))
            if row is None:
                row = ReminderRow(key=key, threshold=threshold, subject=term.number, last=term.last)
                session.add(row)
                session.flush()
            free = or_(ReminderRow.claimed_at.is_(None), ReminderRow.claimed_at < now - CLAIM)
            return session.scalar(
                update(ReminderRow)
                .where(ReminderRow.id == row.id, ReminderRow.sent_at.is_(None), free)
                .values(claimed_at=now, attempts=ReminderRow.attempts + 1)
                .returning(ReminderRow.id)
            )

    def _note(self, row: int, **values: object) -> None:
        with self._database.transaction() as session:
            session.execute(update(ReminderRow).where(ReminderRow.id == row).values(**values))


def sent(session: Session) -> Mapping[Mark, ReminderRow]:
    """What went out."""
    rows = session.scalars(select(ReminderRow).where(ReminderRow.sent_at.is_not(None)))
    return {(row.key, row.threshold): row for row in rows}


def tried(session: Session) -> Mapping[Mark, ReminderRow]:
    """What was sent or tried, the newest first."""
    rows = session.scalars(select(ReminderRow).order_by(ReminderRow.id.desc()))
    return {(row.key, row.threshold): row for row in rows}


def inhabitants(session: Session) -> Mapping[str, int | None]:
    """The population of each commune by its code of today."""
    return dict(session.execute(select(Commune.insee, Commune.population)).all())
