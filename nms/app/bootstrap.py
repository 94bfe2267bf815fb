"""The one place where objects are built."""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
from sqlalchemy.exc import ArgumentError, DBAPIError

from collectors import driver
from inventory import territory
from nms.app import occupancy, schema
from nms.base.clock import Clock, SystemClock
from nms.base.db import Database
from nms.base.errors import InputError, StoreUnavailable
from nms.base.permissions import SYSTEM, Actor
from nms.base.secrets import SecretBox, redact
from nms.base.settings import Settings
from nms.base.settings_load import load

log = logging.getLogger(__name__)
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "sqlite": "sqlite",
}


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Context:
    """What a command of the shell or a service needs; the database is migrated and the key file exists.

    The connections are closed when it goes, on the way of an error too.
    """

    settings: Settings
    database: Database
    box: SecretBox
    clock: Clock
    actor: Actor


def home_of(environ: Mapping[str, str]) -> Path:
    """The folder that holds all state: NMS_HOME, else `./var`."""
    return Path(environ.get("NMS_HOME") or "var").absolute()


def database_of(settings: Settings) -> Database:
    """The database that the settings name; opened by its first use.

    Raises:
        InputError: the URL is not one of PostgreSQL.
    """
    if not settings.database.url:
        return Database.sqlite(settings.home / "nms.db")
    scheme, _, rest = settings.database.url.partition("://")
    try:
        return Database(f"{_DRIVERS[scheme]}://{rest}", answer_s=settings.database.answer_s)
    except (KeyError, ValueError, ArgumentError):
        raise InputError(
            "bad_database_url",
            "The database URL of the settings (database.url or NMS_DATABASE_URL) is not one of PostgreSQL, such as "
            "postgresql://USER@HOST:5432/NAME; without it, all state is in NMS_HOME.",
        ) from None


def build(settings: Settings, clock: Clock | None = None) -> Context:
    """Open the database (migrating it when the code is newer, with the bundled territory) and the key file.

    Raises:
        StoreUnavailable: the database refuses, or its schema is newer than the code.
    """
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    box = SecretBox.open_or_create(settings.home)
    for complaint in driver.take_own(settings.home):
        log.warning("left out: %s", complaint)
    database = database_of(settings)
    context = Context(settings, database, box, clock or SystemClock(), SYSTEM)
    weakref.finalize(context, database.dispose)
    try:
        schema.upgrade(database)
    except DBAPIError as error:
        reason = redact(str(error.orig).partition("\n")[0])
        raise StoreUnavailable(
            "database_unavailable", f"The database cannot be used: {reason}", reason=reason
        ) from error
    with database.reading() as session:
        known = territory.is_loaded(session)
    if not known:
        with database.transaction() as session:
            territory.ensure_loaded(session)
    return context


def open_context() -> Context:
    """The context of one shell command, from the environment. Says so when the demo runs beside it.

    Raises:
        SettingsError: the settings are wrong; every complaint at once.
    """
    settings = load(home_of(os.environ), os.environ)
    if occupancy.demo_runs(settings.home):
        typer.echo(
            "Note: the demo network is running; this command is about your own network, which the demo does not show "
            f"(the demo's own folder: NMS_HOME={settings.home / 'demo'}).",
            err=True,
        )
    return build(settings)


def is_demo_here() -> bool:
    """Whether the folder of this shell is the demo's, or the demo network runs from it now."""
    settings = load(home_of(os.environ), os.environ)
    return settings.simulated or occupancy.demo_runs(settings.home)
