"""The one place where objects are built."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inventory import territory
from nms.app import schema
from nms.base.clock import Clock, SystemClock
from nms.base.db import Database
from nms.base.permissions import SYSTEM, Actor
from nms.base.secrets import SecretBox
from nms.base.settings import Settings, load


@dataclass(frozen=True, slots=True)
class Context:
    """What a command of the shell or a service needs; the database is migrated and the key file exists."""

    settings: Settings
    database: Database
    box: SecretBox
    clock: Clock
    actor: Actor


def home_of(environ: Mapping[str, str]) -> Path:
    """The folder that holds all state: NMS_HOME, else `./var`."""
    return Path(environ.get("NMS_HOME") or "var").absolute()


def database_of(settings: Settings) -> Database:
    """The database that the settings name."""
    return Database(settings.database.url) if settings.database.url else Database.sqlite(settings.home / "nms.db")


def build(settings: Settings, clock: Clock | None = None) -> Context:
    """Open the database (migrating it when the code is newer, with the bundled territory) and the key file.

    Raises:
        StoreUnavailable: the database refuses, or its schema is newer than the code.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    box = SecretBox.open_or_create(settings.home)
    database = database_of(settings)
    schema.upgrade(database)
    with database.reading() as session:
        known = territory.is_loaded(session)
    if not known:
        with database.transaction() as session:
            territory.ensure_loaded(session)
    return Context(settings, database, box, clock or SystemClock(), SYSTEM)


def open_context() -> Context:
    """The context of one shell command, from the environment.

    Raises:
        SettingsError: the settings are wrong; every complaint at once.
    """
    return build(load(home_of(os.environ), os.environ))
