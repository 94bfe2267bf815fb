"""Who is let in: the password checked, guessing slowed by account and by address, and said aloud when it goes on.

A browser that logged an account in before carries a signed word of its own. Its attempts are counted by that word and
not with those of strangers, so that somebody who guesses at an account never locks its true user out.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from nms.base.clock import Clock
from nms.base.db import Database
from nms.base.errors import PermissionRefused
from nms.base.permissions import Permission
from nms.base.secrets import SecretBox
from nms.base.text import clean, say
from web.users import DECOY, LoginFailure, User, calendar_owner, digest_of, password_fits, resolve_token

T = TypeVar("T")

WINDOW = timedelta(minutes=10)
PER_USER, PER_ADDRESS = 8, 40
"""Refused logins of an account, or from an address, in a window; a browser that is known has those of an account."""
KNOWN_LIFE = timedelta(days=180)

_log = logging.getLogger(__name__)


class KnownBrowsers:
    """Gives and reads the word by which a browser is known to have logged an account in."""

    def __init__(self, box: SecretBox) -> None:
        self._signer = URLSafeTimedSerializer(box.derive("known-browser"), salt="known-browser")

    def word(self, user: str) -> str:
        """A new word for the browser that has just logged this account in."""
        return str(self._signer.dumps([user, secrets.token_urlsafe(12)]))

    def address(self, word: str, user: str) -> str:
        """What the attempts of a known browser are counted under; empty when it is not known for this account."""
        try:
            known, one = self._signer.loads(word, max_age=int(KNOWN_LIFE.total_seconds()))
        except (BadSignature, ValueError, TypeError):
            return ""
        return f"browser:{digest_of(one)[:40]}" if known == user else ""


def authenticate(
    database: Database, clock: Clock, name: str, password: str, address: str, known: str = ""
) -> User | None:
    """The user, or None; an unknown user costs the same time as a wrong password.

    `known` is what `KnownBrowsers.address` answers, else empty.

    Raises:
        PermissionRefused: too many refused logins of this account or from this address; try again later.
    """
    at = clock.now()
    name, address = name[:63], address[:63]
    with database.reading() as session:
        _throttle(session, name, known or address, at, by_name=not known)
        user = session.scalar(select(User).where(User.name == name, User.active))
    fits = password_fits(user.password_hash if user is not None else DECOY, password)
    if user is not None and fits:
        return user
    with database.transaction() as session:
        session.execute(delete(LoginFailure).where(LoginFailure.at < at - WINDOW))
        session.add(LoginFailure(at=at, user="" if known else name, address=known or address))
        session.flush()
        reached = not known and _count(session, at, LoginFailure.user == name) == PER_USER
    if reached:
        whose = clean(name) if user is not None else "a name that nobody has"  # it may be a password in the wrong field
        _log.warning("%s refused logins of %s in ten minutes, the last from %s", PER_USER, whose, address)
    return None


def wall_opens(database: Database, clock: Clock, word: str, address: str) -> bool:
    """Whether a token's word opens the wall; refused words are counted by address, apart from refused logins.

    Raises:
        PermissionRefused: too many refused words from this address.
    """

    def resolve() -> bool | None:
        actor = resolve_token(database, clock, word)
        return True if actor is not None and actor.may(Permission.WALL_READ) else None

    return _counted(database, clock, f"wall:{address}", resolve) is not None


def calendar_opens(database: Database, clock: Clock, word: str, address: str) -> User | None:
    """Whose calendar a token's word opens, or None; refused words are counted by address.

    Raises:
        PermissionRefused: too many refused words from this address.
    """
    return _counted(database, clock, f"calendar:{address}", lambda: calendar_owner(database, clock, word))


def _counted(database: Database, clock: Clock, counted: str, resolve: Callable[[], T | None]) -> T | None:
    """What a word opens, counted when it is nothing."""
    at, counted = clock.now(), counted[:63]
    with database.reading() as session:
        _throttle(session, "", counted, at, by_name=False, most=PER_ADDRESS)
    found = resolve()
    if found is None:
        with database.transaction() as session:
            session.execute(delete(LoginFailure).where(LoginFailure.at < at - WINDOW))
            session.add(LoginFailure(at=at, user="", address=counted))
    return found


def refused(session: Session, at: datetime) -> list[tuple[str, int]]:
    """Refused logins of the last ten minutes by account, most first; under an empty name those that nobody has.

    What somebody typed as a name is not told: it may be a password in the wrong field.
    """
    name = func.coalesce(User.name, "")
    rows = select(name, func.count(LoginFailure.id)).outerjoin(User, User.name == LoginFailure.user)
    rows = rows.where(LoginFailure.at > at - WINDOW, LoginFailure.user != "").group_by(name)
    return [(found, count) for found, count in session.execute(rows.order_by(func.count(LoginFailure.id).desc()))]


def _throttle(session: Session, name: str, address: str, at: datetime, *, by_name: bool, most: int = 0) -> None:
    of_address = _count(session, at, LoginFailure.address == address)
    if of_address >= (most or (PER_ADDRESS if by_name else PER_USER)) or (
        by_name and _count(session, at, LoginFailure.user == name) >= PER_USER
    ):
        raise PermissionRefused("login_throttled", say("Too many refused logins: wait ten minutes, then try again."))


def _count(session: Session, at: datetime, which: object) -> int:
    counted = select(func.count(LoginFailure.id)).where(LoginFailure.at > at - WINDOW, which)  # type: ignore[arg-type]  # a column's comparison, which mypy reads as bool
    return session.scalar(counted) or 0
