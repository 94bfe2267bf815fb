"""Versions of configurations: kept sealed, one per change, found again, compared, searched."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from collectors.driver import Driver
from inventory.models import Device
from nms.base.errors import BadAnswer, InputError, NotFound
from nms.base.secrets import SecretBox
from nms.base.text import clean, say
from nms.ops.configs.models import Cause, ConfigVersion

HITS_MOST = 2_000
"""Lines that a search answers with."""

_WANTED = 200
_STARS = 4


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the newest version of a device that a search found; without secrets. `number` counts from 1."""

    device: str
    version_id: int
    number: int
    line: str


def store(
    session: Session, box: SecretBox, device_id: int, text: str, *, cause: Cause, author: str, at: datetime
) -> ConfigVersion | None:
    """Keep what a device runs with; None when that is the newest version already, whose `seen_at` then moves.

    Raises:
        BadAnswer: the text is empty: it is no configuration.
    """
    if not text.strip():
        raise BadAnswer("configuration_empty", say("The device answered with nothing."))
    digest = hashlib.sha256(text.encode()).hexdigest()
    newest = latest(session, device_id)
    if newest is not None and newest.sha256 == digest:
        newest.seen_at = max(at, newest.seen_at)
        session.flush()
        return None
    version = ConfigVersion(
        device_id=device_id, at=at, seen_at=at, author=clean(author), cause=cause, sha256=digest,
        lines=len(text.splitlines()), sealed=box.seal(text.encode()),
    )  # fmt: skip
    session.add(version)
    session.flush()
    return version


def latest(session: Session, device_id: int) -> ConfigVersion | None:
    """The newest version of a device."""
    newest = select(ConfigVersion).where(ConfigVersion.device_id == device_id).order_by(ConfigVersion.id.desc())
    return session.scalars(newest.limit(1)).first()


def newest_ids(session: Session) -> dict[int, int]:
    """The id of the newest version of every device that has one."""
    query = select(ConfigVersion.device_id, func.max(ConfigVersion.id)).group_by(ConfigVersion.device_id)
    return dict(session.execute(query).all())


def latest_of(session: Session, device_ids: Collection[int]) -> dict[int, ConfigVersion]:
    """The newest version of each of these devices that has one, by its id."""
    last = select(func.max(ConfigVersion.id)).where(ConfigVersion.device_id.in_(device_ids))
    query = select(ConfigVersion).where(ConfigVersion.id.in_(last.group_by(ConfigVersion.device_id)))
    return {version.device_id: version for version in session.scalars(query)}


def versions(session: Session, device_id: int, most: int = 200) -> list[ConfigVersion]:
    """The versions of a device, the newest first, without their text."""
    query = select(ConfigVersion).where(ConfigVersion.device_id == device_id).order_by(ConfigVersion.id.desc())
    return list(session.scalars(query.limit(most).options(defer(ConfigVersion.sealed))))


def timeline(session: Session, names: Collection[str], most: int) -> list[tuple[str, ConfigVersion]]:
    """The newest versions of the devices of these names, with the device, the newest first, without their text."""
    query = select(Device.name, ConfigVersion).join(Device, Device.id == ConfigVersion.device_id)
    query = query.where(Device.name.in_(names)).order_by(ConfigVersion.id.desc()).limit(most)
    return [(name, version) for name, version in session.execute(query.options(defer(ConfigVersion.sealed)))]


def version(session: Session, number: int, device_id: int | None = None) -> ConfigVersion:
    """One version; of this device, where one is given.

    Raises:
        NotFound: there is no such version, or it is another device's.
    """
    found = session.get(ConfigVersion, number)
    if found is None or device_id not in (None, found.device_id):
        raise NotFound("no_config_version", say("There is no version {number} of it.", number=number))
    return found


def text_of(box: SecretBox, version: ConfigVersion) -> str:
    """The text of a version, secrets included.

    Raises:
        StoreUnavailable: sealed under another key file.
    """
    return box.unseal(version.sealed).decode()


def newest_of_all(session: Session) -> Iterator[tuple[Device, ConfigVersion]]:
    """The newest version of every device that has one, by name."""
    newest = select(func.max(ConfigVersion.id)).group_by(ConfigVersion.device_id)
    query = (
        select(Device, ConfigVersion)
        .join(ConfigVersion, ConfigVersion.device_id == Device.id)
        .where(ConfigVersion.id.in_(newest))
        .order_by(Device.name)
        .execution_options(yield_per=50)
    )
    yield from session.execute(query)


def wanted(pattern: str) -> re.Pattern[str]:
    """A search as a regular expression: words as they stand, `*` for anything; case is ignored.

    Raises:
        InputError: empty, longer than 200 characters, or with more than four stars.
    """
    pattern = pattern.strip()
    if not pattern.strip("* ") or len(pattern) > _WANTED or pattern.count("*") > _STARS or not pattern.isprintable():
        raise InputError(
            "bad_search",
            say("Write up to {most} characters to look for; * stands for anything, {stars} times at most.",
                most=_WANTED, stars=_STARS),
        )  # fmt: skip
    return re.compile(".*?".join(re.escape(part) for part in pattern.split("*")), re.IGNORECASE)


def search(session: Session, box: SecretBox, pattern: str, drivers: Mapping[int, Driver]) -> list[Hit]:
    """Lines of the newest versions that fit; a secret is neither shown nor found. `drivers` by id of the device.

    Raises:
        InputError: see `wanted`.
    """
    fits = wanted(pattern)
    found: list[Hit] = []
    for device, newest in newest_of_all(session):
        driver = drivers.get(device.id)
        if driver is None:
            continue
        for number, line in enumerate(text_of(box, newest).splitlines(), start=1):
            if fits.search(line) and fits.search(shown := driver.redact(line)):
                found.append(Hit(device.name, newest.id, number, shown))
        if len(found) >= HITS_MOST:
            return found[:HITS_MOST]
    return found


def without(session: Session, box: SecretBox, pattern: str, drivers: Mapping[int, Driver]) -> list[str]:
    """Names of the devices whose newest version has no line that fits."""
    fits = wanted(pattern)
    return [
        device.name
        for device, newest in newest_of_all(session)
        if device.id in drivers
        and not any(
            fits.search(line) and fits.search(drivers[device.id].redact(line))
            for line in text_of(box, newest).splitlines()
        )
    ]
