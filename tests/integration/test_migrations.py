"""The whole chain of migrations on a real PostgreSQL, with data in every table, beside what `create_all` makes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Date, DateTime, Engine, LargeBinary, MetaData, Table, func, insert, select, text
from sqlalchemy.types import Float, Integer, Numeric, TypeEngine

from nms.app import schema
from nms.base.db import Base, Database
from tests.fakes.postgres import PrivatePostgres

pytestmark = pytest.mark.real
GUARDED = {"spectrum_cell"}
"""Filled by the program from the fold, of types that SQLAlchemy does not reflect."""
PARTS = {
    "columns": "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default "
    "FROM information_schema.columns WHERE table_schema = 'public'",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, prosrc FROM pg_proc JOIN pg_language l ON l.oid = prolang "
    "WHERE pronamespace = 'public'::regnamespace AND lanname = 'plpgsql'",
    "extensions": "SELECT extname, '' FROM pg_extension",
}


def described(engine: Engine) -> set[tuple[str, ...]]:
    """Every fact of a schema that PostgreSQL knows, but for Alembic's own table."""
    with engine.connect() as connection:
        rows = {(part, *map(str, row)) for part, query in PARTS.items() for row in connection.execute(text(query))}
    return {row for row in rows if "alembic_version" not in row[1]}


def revisions(config: Config) -> list[str]:
    """From the first to the head."""
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def reflected(engine: Engine) -> MetaData:
    found = MetaData()
    found.reflect(engine)
    return found


def value(kind: TypeEngine[object]) -> object:
    """Something of a type."""
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, (Integer, Numeric, Float)):
        return 1
    if isinstance(kind, DateTime):
        return datetime(2026, 11, 26, 12, tzinfo=UTC)
    if isinstance(kind, Date):
        return date(2026, 11, 26)
    return b"x" if isinstance(kind, LargeBinary) else "1"


def fill(engine: Engine, known: set[str]) -> set[str]:
    """A row in every table that was not there before; answers their names."""
    tables = [table for table in reflected(engine).sorted_tables if table.name not in known | GUARDED]
    with engine.begin() as connection:
        for table in tables:
            if table.name != "alembic_version":
                connection.execute(insert(table).values({one.name: value(one.type) for one in table.columns}))
    return {table.name for table in tables}


def counted(engine: Engine, names: set[str]) -> dict[str, int]:
    tables: list[Table] = [table for table in reflected(engine).sorted_tables if table.name in names]
    with engine.connect() as connection:
        return {table.name: int(connection.scalar(select(func.count()).select_from(table)) or 0) for table in tables}


def test_every_migration_goes_up_down_and_up_over_data_and_ends_in_the_schema_of_create_all(
    postgres: PrivatePostgres,
) -> None:
    """Each revision is applied over rows of all older ones, taken back, applied again; no row of another is lost."""
    schema.import_models()
    migrated, made = Database(postgres.new_database()), Database(postgres.new_database())
    try:
        config = schema.configuration(migrated)
        known: set[str] = set()
        for revision in revisions(config):
            command.upgrade(config, revision)
            if known:
                after = described(migrated.engine)
                command.downgrade(config, "-1")
                command.upgrade(config, revision)
                assert described(migrated.engine) == after, revision
            assert counted(migrated.engine, known) == dict.fromkeys(known, 1), revision
            known |= fill(migrated.engine, known)
        assert known >= Base.metadata.tables.keys()
        schema.upgrade(migrated)
        Base.metadata.create_all(made.engine)
        ours, theirs = described(migrated.engine), described(made.engine)
        assert (sorted(ours - theirs), sorted(theirs - ours)) == ([], [])
    finally:
        migrated.dispose()
        made.dispose()
