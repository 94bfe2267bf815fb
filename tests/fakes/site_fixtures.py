"""The whole web application on a small inventory, for every test of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.families import FOLDER, Families
from nms.app import schema
from nms.base.clock import FakeClock
from nms.base.db import Base, Database
from nms.base.permissions import SYSTEM, Role
from nms.base.secrets import SecretBox
from nms.base.settings_load import load
from nms.ops.change.office import Changes
from nms.ops.change.world import World
from nms.ops.configs.backup import Backups
from nms.ops.discovery import Desk
from nms.ops.history_sqlite import SqliteStore
from nms.ops.live import LiveState
from spectrum.register import Register
from tests.fakes.no_clients import NoClients
from tests.fakes.site import HERE, PASSWORD, Web, show, sow
from web import users
from web.app import create_app
from web.services import Services


@pytest.fixture(scope="session")
def sown_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with the small inventory and a user named after each role: made once, copied by each test."""
    home = tmp_path_factory.mktemp("sown")
    (home / "nms.toml").write_text('[network]\nmanagement = ["10.0.0.0/8"]\n')
    box, at = SecretBox.open_or_create(home), FakeClock().now()
    schema.import_models()
    database = Database.sqlite(home / "nms.db")
    Base.metadata.create_all(database.engine)
    sow(database, box, at)
    with database.transaction() as session:
        for role in Role:
            scope = [HERE] if role is Role.COMMUNE else []
            users.create_user(session, SYSTEM, at, role.value, PASSWORD, [role], scope)
    database.dispose()
    return home


@pytest.fixture
def web(tmp_path: Path, sown_home: Path, clock: FakeClock) -> Iterator[Web]:
    """The application on the small inventory."""
    home = tmp_path / "home"
    shutil.copytree(sown_home, home)
    database, box = Database.sqlite(home / "nms.db"), SecretBox.open_or_create(home)
    live, store = LiveState(), SqliteStore(home / "ts.db")
    show(database, live, clock.now())
    polled: list[str] = []
    settings = load(home, {})
    services = Services(
        settings,
        database,
        live,
        store,
        clock,
        box,
        polled.append,
        Register(database, clock),
        Desk(database, clock),
        Families(home / FOLDER),
        Backups(database, settings, box, clock),
        Changes(World(database, settings, box, clock, Register(database, clock), NoClients())),
    )
    yield Web(create_app(services), database, live, clock, box, services, polled)
    store.close()
    database.dispose()
