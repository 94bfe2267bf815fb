"""The database: SQLite by default, PostgreSQL by URL; one `Base`, one way to open a transaction.

SQLite runs in WAL mode with `synchronous=FULL`. A writing transaction starts with BEGIN IMMEDIATE, so that it waits for
its turn at the start: a deferred transaction that turns into a writer fails at once, whatever the busy timeout.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, TypeDecorator, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from nms.base.errors import Conflict, StoreUnavailable
from nms.base.text import say

BUSY_TIMEOUT_S = 30.0
ANSWER_S = 15.0
_READ = "nms_read_only"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; a naive one is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a naive datetime was given to the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Root of every table of ours; constraints get stable names, so that a migration can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy's own declarative hook


class Database:
    """An engine and the two ways to use it."""

    def __init__(self, url: str, busy_timeout_s: float = BUSY_TIMEOUT_S, answer_s: float = ANSWER_S) -> None:
        """Open lazily; `url` is `sqlite:///FILE` or `postgresql+psycopg://...`.

        `answer_s` bounds the silence of PostgreSQL: a server that is stopped, or whose machine hangs, still takes what
        is sent, and neither it nor the network would ever say that no answer comes.
        """
        self.answer_s: float | None = answer_s
        connect_args: dict[str, Any] = (
            {"timeout": busy_timeout_s} if url.startswith("sqlite") else {"connect_timeout": max(2, round(answer_s))}
        )
        self.engine: Engine = create_engine(
            url,
            connect_args=connect_args,
            pool_pre_ping=not url.startswith("sqlite"),
            hide_parameters=True,  # a driver's error shows no value of a row: it may be a secret's digest
        )
        self.dialect = self.engine.dialect.name
        if self.dialect == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine, "do_connect", self._connect_patiently)
        self._reader = self.engine.execution_options(**{_READ: True})

    @classmethod
    def sqlite(cls, path: Path) -> Database:
        """A database in one file."""
        return cls(f"sqlite:///{path}")

    def _connect_patiently(
        self, _dialect: Dialect, _record: object, args: tuple[Any, ...], more: dict[str, Any]
    ) -> _Patient:
        connection = _Patient.connect(*args, **more)
        connection.of = self
        return connection

    @contextmanager
    def unhurried(self) -> Iterator[None]:
        """No bound on an answer meanwhile: a migration of a large table takes what it takes."""
        kept, self.answer_s = self.answer_s, None
        try:
            yield
        finally:
            self.answer_s = kept

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A writing session: return commits, an exception rolls back.

        Raises:
            Conflict: the database stayed busy for longer than its timeout.
            StoreUnavailable: the database or the disk refuses.
        """
        with _translated(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, on one consistent snapshot.

        Raises:
            StoreUnavailable: the database refuses.
        """
        with _translated(), Session(self._reader, expire_on_commit=False) as session:
            yield session

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


class _Patient(psycopg.Connection[Any]):
    """A connection to PostgreSQL that is closed when the server keeps silent for longer than its database allows."""

    of: Database | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server.

        Raises:
            psycopg.OperationalError: no answer in time.
        """
        bound = timeout if timeout is not None else self.of.answer_s if self.of is not None else None
        try:
            return super().wait(gen, interval, bound)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.pgconn.finish()  # it waits for an answer that may still come: nobody may use it any more
            raise


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(_READ, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn a driver's failure into one of ours, at the seam, without the URL or the statement in it."""
    try:
        yield
    except OperationalError as error:
        text = str(error.orig).lower()
        if "locked" in text or "busy" in text or "deadlock" in text:
            raise Conflict("database_busy", say("The database is busy with another writer; try again.")) from error
        reason = say("the disk is full") if "full" in text else say("it refused the operation")
        raise StoreUnavailable(
            "store_unavailable", say("The database is unavailable: {reason}.", reason=reason), reason=reason
        ) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable(
                "store_unavailable",
                say("The database is unavailable: {reason}.", reason=say("the connection was lost")),
                reason="connection lost",
            ) from error
        raise
