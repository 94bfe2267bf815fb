"""The schema of the database: which modules own tables, and the way from an older version to this one."""

from __future__ import annotations

import importlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from nms.base.db import Database
from nms.base.errors import StoreUnavailable

MODEL_MODULES = (
    "nms.base.ledger",
    "inventory.territory",
    "inventory.models",
    "inventory.found",
    "spectrum.models",
    "nms.ops.models",
    "nms.ops.change.models",
    "nms.ops.configs.models",
    "nms.ops.notifications.models",
    "web.users",
    "web.views",
)
"""Every module with tables; a test checks that none is missing."""

_SCRIPTS = Path(__file__).parent.parent / "base" / "migrations"


def import_models() -> None:
    """Import every module with tables, so that `Base.metadata` is whole."""
    for module in MODEL_MODULES:
        importlib.import_module(module)


def upgrade(database: Database) -> None:
    """Bring the database to the schema of this code.

    Raises:
        StoreUnavailable: the schema is newer than the code, or the database refuses.
    """
    config = configuration(database)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
    if not set(current) <= known:
        raise StoreUnavailable(
            "schema_too_new",
            f"The database has the schema {', '.join(current)}, which this version of the program does not know: "
            "install the newer program, or restore a backup made with this one.",
            schema=", ".join(current),
        )
    try:
        with database.unhurried():
            command.upgrade(config, "head")
    except CommandError as error:
        raise StoreUnavailable("migration_failed", f"The database cannot be migrated: {error}") from error


def configuration(database: Database) -> Config:
    """Alembic's configuration on an open engine (no URL in it, so no password either)."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["engine"] = database.engine
    return config
