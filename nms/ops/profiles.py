"""Profiles of one's own, written: judged, put in place whole, the text before kept, all of it in the journal.

profiles/FAMILY.yaml                what is in force
profiles/versions/FAMILY.0001.yaml  what it said before, by number
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from collectors.families import FOLDER, MOST_FILES, VERSION, VERSIONS, judge
from collectors.profile import Profile
from nms.base import ledger
from nms.base.clock import Clock
from nms.base.db import Database
from nms.base.errors import Conflict, InputError, NotFound, StoreUnavailable
from nms.base.ledger import LedgerEntry
from nms.base.permissions import Actor, Permission
from nms.base.text import say

KIND = "profile"
"""Of the journal's entries."""

MOST_VERSIONS = 9_999
_one_at_a_time = threading.Lock()
_FAMILY = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the journal about a family: `digest` is that of the text it got, empty when it was withdrawn."""

    at: datetime
    actor: str
    digest: str
    version: int | None


def digest_of(text: str) -> str:
    """SHA-256 of a profile's text; empty for no text."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def text_of(home: Path, family: str) -> str:
    """The text of a family of one's own that is in force; empty when there is none."""
    path = _path(home, family)
    return path.read_text("utf-8") if path.is_file() else ""


def version_numbers(home: Path, family: str) -> list[int]:
    """Numbers of the texts that were in force before, the last one first."""
    found = (VERSION.fullmatch(path.name) for path in (home / FOLDER / VERSIONS).glob(f"{_checked(family)}.*.yaml"))
    return sorted((int(match[2]) for match in found if match and match[1] == family), reverse=True)


def version_text(home: Path, family: str, number: int) -> str:
    """A text that was in force before.

    Raises:
        NotFound: there is none of this number.
    """
    if number not in version_numbers(home, family):
        raise NotFound("no_such_version", say("There is no version {number} of this profile.", number=number))
    return _version(home, family, number).read_text("utf-8")


def save(database: Database, home: Path, actor: Actor, clock: Clock, text: str, seen: str) -> Profile:
    """Put a profile in force. `seen` is the digest of the text that its writer started from, empty for a new family.

    Raises:
        Refused: with every fault of the text.
        Conflict: somebody else saved it meanwhile.
        StoreUnavailable: the disk refuses; nothing is changed.
    """
    actor.require(Permission.DEVICE_WRITE)
    text = text.replace("\r\n", "\n").rstrip() + "\n"
    profile = judge(text)
    with _one_at_a_time:
        before = text_of(home, profile.family)
        if digest_of(before) != seen:
            raise Conflict(
                "profile_changed",
                say("The family {family} was saved by somebody else since you opened it: look at it below, then save "
                    "again to put your text over it.", family=profile.family),
                seen=digest_of(before),
            )  # fmt: skip
        if not before and len(list((home / FOLDER).glob("*.yaml"))) >= MOST_FILES:
            raise InputError("too_many_profiles", say("There are {most} profiles already.", most=MOST_FILES))
        if before != text:
            _change(database, home, actor, clock, profile.family, before, text)
    return profile


def withdraw(database: Database, home: Path, actor: Actor, clock: Clock, family: str) -> None:
    """Put a profile of one's own out of force; its text is kept as a version.

    Raises:
        NotFound: there is none.
        StoreUnavailable: the disk refuses; nothing is changed.
    """
    actor.require(Permission.DEVICE_WRITE)
    with _one_at_a_time:
        before = text_of(home, family)
        if not before:
            raise NotFound("no_such_profile", say("There is no profile of your own of this name."))
        _change(database, home, actor, clock, family, before, "")


def changes(session: Session, family: str) -> list[Change]:
    """What the journal says of a family, the last first."""
    wanted = select(LedgerEntry).where(LedgerEntry.kind == KIND, LedgerEntry.subject == family)
    found = []
    for entry in session.scalars(wanted.order_by(LedgerEntry.seq.desc())):
        before, after = json.loads(entry.before or "{}"), json.loads(entry.after or "{}")
        found.append(Change(entry.at, entry.actor, after.get("sha256", ""), before.get("version")))
    return found


def _change(database: Database, home: Path, actor: Actor, clock: Clock, family: str, before: str, text: str) -> None:
    """The files and the journal's entry, which holds digests and the number that keeps the text before."""
    with _written(home, family, before, text) as number, database.transaction() as session:
        ledger.append(
            session,
            kind=KIND,
            subject=family,
            actor=actor.name,
            at=clock.now(),
            before={"sha256": digest_of(before), "version": number} if before else None,
            after={"sha256": digest_of(text)} if text else None,
        )


@contextmanager
def _written(home: Path, family: str, before: str, text: str) -> Iterator[int]:
    """The text before kept under a number (answered; 0: there was none), the new one in place.

    What fails inside the block puts everything back: no journal, no change.
    """
    path, number = _path(home, family), 0
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if before:
            number = next(iter(version_numbers(home, family)), 0) + 1
            if number > MOST_VERSIONS:
                raise InputError("too_many_versions", say("This profile has {most} versions.", most=MOST_VERSIONS))
            (path.parent / VERSIONS).mkdir(mode=0o700, exist_ok=True)
            _put(_version(home, family, number), before)
        _put(path, text)
    except OSError as error:
        if number:
            with suppress(OSError):
                _version(home, family, number).unlink(missing_ok=True)
        raise StoreUnavailable(
            "profile_not_written",
            say("The profile could not be written ({reason}); nothing is changed.", reason=error.strerror or ""),
        ) from error
    try:
        yield number
    except BaseException:
        _put(path, before)
        if number:
            _version(home, family, number).unlink(missing_ok=True)
        raise


def _put(path: Path, text: str) -> None:
    """A whole file under its name, or nothing; no text, no file."""
    if not text:
        path.unlink(missing_ok=True)
        return
    half = path.with_name(f".{path.name}.part")
    try:
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        raise


def _checked(family: str) -> str:
    """A family's name; anything else names no file.

    Raises:
        NotFound: it cannot be one.
    """
    if _FAMILY.fullmatch(family) is None:
        raise NotFound("no_such_profile", say("There is no profile of your own of this name."))
    return family


def _path(home: Path, family: str) -> Path:
    return home / FOLDER / f"{_checked(family)}.yaml"


def _version(home: Path, family: str, number: int) -> Path:
    return home / FOLDER / VERSIONS / f"{_checked(family)}.{number:04}.yaml"
