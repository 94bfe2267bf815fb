"""Users, their sessions and tokens: stored as digests only, throttled, revocable.

A session or token is a random word of 256 bits; the database keeps its SHA-256: a copy of it logs nobody in.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import ForeignKey, String, Text, delete, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from nms.base import ledger
from nms.base.clock import Clock
from nms.base.db import Base, Database
from nms.base.errors import Conflict, InputError, NotFound, PermissionRefused
from nms.base.ids import object_name
from nms.base.permissions import SYSTEM, Actor, Permission, Role, actor_of_roles
from nms.base.text import say

SESSION_LIFE = timedelta(hours=12)
LINK_LIFE = timedelta(days=2)
WORD_LENGTH = 43
"""Characters of the random word of a token."""
PASSWORD_LEAST, PASSWORD_MOST = 12, 1024

_HASHER = PasswordHasher()
DECOY = _HASHER.hash("a password that nobody has, so that an unknown user costs the same time")


class User(Base):
    """Somebody who may log in. `roles` and `scope` are JSON lists (role names, INSEE codes)."""

    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(63), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    roles: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text, default="[]")
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(2), default="")
    theme: Mapped[str] = mapped_column(String(8), default="")

    def role_set(self) -> list[Role]:
        """The roles."""
        return [Role(name) for name in json.loads(self.roles)]

    def actor(self) -> Actor:
        """What this user may do and see."""
        return actor_of_roles(self.name, self.role_set(), frozenset(json.loads(self.scope)))


class UserSession(Base):
    """One login, by the digest of its cookie."""

    __tablename__ = "user_session"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]
    user: Mapped[User] = relationship()


class Token(Base):
    """A token of the API or of Prometheus; `scopes` is a JSON list of permissions. It acts with no more than these."""

    __tablename__ = "api_token"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(63), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(Text)
    communes: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(String(63))

    def is_over(self, at: datetime) -> bool:
        """Whether its time has passed."""
        return self.expires_at is not None and self.expires_at <= at


class OneTimeLink(Base):
    """The link that creates the first administrator."""

    __tablename__ = "one_time_link"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime]


class LoginFailure(Base):
    """One refused login, for throttling by account and by address."""

    __tablename__ = "login_failure"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    user: Mapped[str] = mapped_column(String(63))
    address: Mapped[str] = mapped_column(String(63))


def digest_of(word: str) -> str:
    """What the database keeps of a random word."""
    return hashlib.sha256(word.encode()).hexdigest()


def hash_password(password: str) -> str:
    """Check a password's length and hash it (argon2id, Unicode normalised).

    Raises:
        InputError: shorter than 12 or longer than 1,024 characters.
    """
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise InputError(
            "bad_password",
            say(
                "A password has {least} to {most} characters.",
                least=PASSWORD_LEAST,
                most=PASSWORD_MOST,
            ),
            least=PASSWORD_LEAST,
            most=PASSWORD_MOST,
        )
    return _HASHER.hash(_normal(password))


def create_user(
    session: Session,
    actor: Actor,
    at: datetime,
    name: str,
    password: str,
    roles: Iterable[Role],
    scope: Iterable[str] = (),
) -> User:
    """Add a user.

    Raises:
        PermissionRefused: the actor may not write users.
        InputError: a bad name or password, or no role.
        Conflict: the name is taken.
    """
    actor.require(Permission.USER_WRITE)
    object_name(name)
    role_names = sorted(role.value for role in roles)
    if not role_names:
        raise InputError("no_role", say("A user needs at least one role."))
    if name.casefold() == SYSTEM.name or session.scalar(select(exists().where(User.name == name))):
        raise Conflict("user_exists", say("There is a user “{name}” already.", name=name), name=name)
    user = User(
        name=name, password_hash=hash_password(password), roles=json.dumps(role_names), scope=json.dumps(sorted(scope))
    )
    session.add(user)
    after = {"roles": role_names, "scope": sorted(scope)}
    ledger.append(session, kind="user", subject=name, actor=actor.name, at=at, after=after)
    return user


def set_password(session: Session, user: User, password: str) -> None:
    """Change a password; every session of the user ends."""
    user.password_hash = hash_password(password)
    end_sessions_of(session, user)


def set_active(session: Session, actor: Actor, at: datetime, name: str, active: bool) -> None:
    """Lock or unlock a user; a locked one is logged out at once."""
    actor.require(Permission.USER_WRITE)
    user = user_named(session, name)
    change = {"active": active}
    ledger.append(
        session, kind="user", subject=name, actor=actor.name, at=at, before={"active": user.active}, after=change
    )
    user.active = active
    if not active:
        _keep_an_administrator(session)
        end_sessions_of(session, user)


def set_roles(
    session: Session, actor: Actor, at: datetime, name: str, roles: Iterable[Role], scope: Iterable[str]
) -> None:
    """Give a user other roles; they hold from the next request on.

    Raises:
        InputError: no role.
        PermissionRefused: it would leave nobody to manage users.
    """
    actor.require(Permission.USER_WRITE)
    user = user_named(session, name)
    wanted = sorted(role.value for role in roles)
    if not wanted:
        raise InputError("no_role", say("A user needs at least one role."))
    before = {"roles": json.loads(user.roles), "scope": json.loads(user.scope)}
    after = {"roles": wanted, "scope": sorted(scope)}
    user.roles, user.scope = json.dumps(wanted), json.dumps(sorted(scope))
    _keep_an_administrator(session)
    ledger.append(session, kind="user", subject=name, actor=actor.name, at=at, before=before, after=after)


def _keep_an_administrator(session: Session) -> None:
    """Refuse a change after which nobody active manages users."""
    session.flush()
    if not any(Role.ADMINISTRATOR in user.role_set() for user in session.scalars(select(User).where(User.active))):
        raise PermissionRefused(
            "last_administrator", say("This is the last active administrator; make another one first.")
        )


def user_named(session: Session, name: str) -> User:
    """The user of that name, or NotFound."""
    user = session.scalar(select(User).where(User.name == name))
    if user is None:
        raise NotFound("no_such_user", say("There is no user “{name}”.", name=name), name=name)
    return user


def open_session(database: Database, clock: Clock, user: User) -> str:
    """A new session of a user; answers the cookie's word."""
    word = secrets.token_urlsafe(32)
    at = clock.now()
    with database.transaction() as session:
        session.execute(delete(UserSession).where(UserSession.expires_at < at))
        session.add(UserSession(digest=digest_of(word), user_id=user.id, expires_at=at + SESSION_LIFE))
    return word


def user_of_session(database: Database, clock: Clock, word: str) -> User | None:
    """The active user of a session, or None."""
    with database.reading() as session:
        return session.scalar(
            select(User)
            .join(UserSession, UserSession.user_id == User.id)
            .where(UserSession.digest == digest_of(word), UserSession.expires_at > clock.now(), User.active)
        )


def close_session(database: Database, word: str) -> None:
    """End one session."""
    with database.transaction() as session:
        session.execute(delete(UserSession).where(UserSession.digest == digest_of(word)))


def end_sessions_of(session: Session, user: User) -> None:
    """End every session of a user."""
    session.execute(delete(UserSession).where(UserSession.user_id == user.id))


def issue_token(
    session: Session,
    actor: Actor,
    at: datetime,
    name: str,
    scopes: Iterable[Permission],
    life: timedelta | None = None,
) -> str:
    """A new token with some of the actor's own permissions; shown once, kept as a digest.

    Raises:
        PermissionRefused: a scope that the actor does not hold.
        Conflict: the name is taken.
    """
    object_name(name)
    wanted = sorted(set(scopes))
    for scope in wanted:
        if scope not in _givable(actor):
            actor.require(scope)
    if session.scalar(select(exists().where(Token.name == name))):
        raise Conflict("token_exists", say("There is a token “{name}” already.", name=name), name=name)
    word = secrets.token_urlsafe(32)
    communes = None if actor.scope is None else json.dumps(sorted(actor.scope))
    session.add(
        Token(
            name=name,
            digest=digest_of(word),
            scopes=json.dumps([scope.value for scope in wanted]),
            communes=communes,
            expires_at=at + life if life else None,
            created_by=actor.name,
        )
    )
    ledger.append(
        session,
        kind="token",
        subject=name,
        actor=actor.name,
        at=at,
        after={"scopes": [scope.value for scope in wanted], "communes": communes},
    )
    return word


def revoke_token(session: Session, actor: Actor, at: datetime, name: str) -> None:
    """Delete a token; NotFound when there is none, or it is another's and the actor writes no users."""
    token = session.scalar(select(Token).where(Token.name == name))
    if token is None or (token.created_by != actor.name and not actor.may(Permission.USER_WRITE)):
        raise NotFound("no_such_token", say("There is no token “{name}”.", name=name), name=name)
    ledger.append(session, kind="token", subject=name, actor=actor.name, at=at, before={"scopes": token.scopes})
    session.delete(token)


def resolve_token(database: Database, clock: Clock, word: str) -> Actor | None:
    """The actor of a token, or None: it may do what it was made for, as far as its maker still may.

    It is over when its maker is locked out; one that was made at the shell is of the host's owner, and goes on.
    """
    with database.reading() as session:
        token = session.scalar(select(Token).where(Token.digest == digest_of(word)))
        if token is None or token.is_over(clock.now()):
            return None
        user = owner_of(session, token.name)
    if user is None and token.created_by != SYSTEM.name:
        return None
    maker = user.actor() if user is not None else SYSTEM
    scopes = frozenset(Permission(scope) for scope in json.loads(token.scopes))
    communes = None if token.communes is None else frozenset(json.loads(token.communes))
    return Actor(f"token:{token.name}", scopes & _givable(maker), _both(communes, maker.scope))


def _givable(maker: Actor) -> frozenset[Permission]:
    """What somebody's tokens may do: what they may; who writes users also lets Prometheus read."""
    return maker.permissions | ({Permission.METRICS_READ} if maker.may(Permission.USER_WRITE) else frozenset())


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The communes that both see; None is the whole territory."""
    return other if one is None else one if other is None else one & other


def owner_of(session: Session, token: str) -> User | None:
    """Who made the token of this name, while active; None for one of nobody, such as of the shell."""
    made_by = select(Token.created_by).where(Token.name == token)
    return session.scalar(select(User).where(User.name == made_by.scalar_subquery(), User.active))


def calendar_owner(database: Database, clock: Clock, word: str) -> User | None:
    """Whose calendar a token's word opens: its maker, while active and allowed; a token that may more opens none."""
    with database.reading() as session:
        token = session.scalar(select(Token).where(Token.digest == digest_of(word)))
        if token is None or token.is_over(clock.now()):
            return None
        if json.loads(token.scopes) != [Permission.CALENDAR_READ]:
            return None
        user = owner_of(session, token.name)
    return user if user is not None and user.actor().may(Permission.CALENDAR_READ) else None


def first_admin_link(database: Database, clock: Clock) -> str | None:
    """The word of a new one-time link, while there is no user; None once there is one. Earlier links end."""
    with database.transaction() as session:
        if session.scalar(select(func.count(User.id))):
            return None
        session.execute(delete(OneTimeLink))
        word = secrets.token_urlsafe(24)
        session.add(OneTimeLink(digest=digest_of(word), expires_at=clock.now() + LINK_LIFE))
        return word


def link_is_open(database: Database, clock: Clock, word: str) -> bool:
    """Whether a one-time link still works."""
    with database.reading() as session:
        return _link(session, clock, word) is not None


def create_first_admin(database: Database, clock: Clock, word: str, name: str, password: str) -> User:
    """Use the link: the first user, with every role that an installation starts with.

    Raises:
        NotFound: the link is used, expired or wrong.
        InputError: a bad name or password; the link still works.
    """
    with database.transaction() as session:
        link = _link(session, clock, word)
        if link is None or session.scalar(select(func.count(User.id))):
            raise NotFound("no_such_link", say("This link was used or has expired; restart the program for a new one."))
        session.delete(link)
        installer = Actor("installation", frozenset({Permission.USER_WRITE}))
        roles = (Role.ADMINISTRATOR, Role.ENGINEER, Role.NOC)
        user = create_user(session, installer, clock.now(), name, password, roles)
        session.flush()
        return user


def _link(session: Session, clock: Clock, word: str) -> OneTimeLink | None:
    return session.scalar(
        select(OneTimeLink).where(OneTimeLink.digest == digest_of(word), OneTimeLink.expires_at > clock.now())
    )


def password_fits(password_hash: str, password: str) -> bool:
    """Whether a password is the one of a hash; at most 1,024 characters of it are looked at."""
    try:
        return _HASHER.verify(password_hash, _normal(password[:PASSWORD_MOST]))
    except (VerifyMismatchError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
