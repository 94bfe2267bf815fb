"""The schema: every table is known to it, an old database is brought up, a newer one is refused."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from inventory.models import Device, Interface
from nms.app import schema
from nms.base.db import Base, Database
from nms.base.errors import StoreUnavailable

ROOT = Path(__file__).parents[3]


def modules_with_tables() -> set[str]:
    """Every module of ours that declares a `__tablename__`."""
    found = set()
    for package in ("nms", "inventory", "spectrum", "collectors", "web"):
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            if "__tablename__" in names:
                found.add(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return found


def test_every_module_with_tables_is_known_to_the_schema() -> None:
    """A table that no one imports would be missing from the database."""
    assert modules_with_tables() == set(schema.MODEL_MODULES)


def test_an_empty_database_gets_every_table_and_a_second_start_changes_nothing(tmp_path: Path) -> None:
    """Migrating is idempotent."""
    schema.import_models()
    database = Database.sqlite(tmp_path / "nms.db")
    schema.upgrade(database)
    schema.upgrade(database)
    assert set(inspect(database.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    database.dispose()


def test_fault_44_a_schema_newer_than_the_code_is_refused_and_left_alone(tmp_path: Path) -> None:
    """An older program never writes into what it does not know."""
    database = Database.sqlite(tmp_path / "nms.db")
    schema.upgrade(database)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match="install the newer program") as caught:
        schema.upgrade(database)
    assert caught.value.facts == {"schema": "9999"}
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "9999"
    database.dispose()


def test_the_migrated_database_refuses_changes_of_the_journal(tmp_path: Path) -> None:
    """The migration brings the triggers, not only `create_all`."""
    database = Database.sqlite(tmp_path / "nms.db")
    schema.upgrade(database)
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars()
        assert {"ledger_no_update", "ledger_no_delete"} <= set(rows)
    database.dispose()


def test_a_port_of_a_hundred_gigabit_has_room(database: Database) -> None:
    """A rate in bit/s needs more than 32 bits."""
    with database.transaction() as session:
        device = Device(name="core", address="192.0.2.1")
        device.interfaces.append(Interface(name="hu0", speed_bps=100_000_000_000))
        session.add(device)
    with database.reading() as session:
        assert session.scalars(select(Interface.speed_bps)).one() == 100_000_000_000
