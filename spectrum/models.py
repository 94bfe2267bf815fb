"""Tables of the register. Acts and the events of dossiers are append-only; a dossier is edited until it is sent."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Table, Text, UniqueConstraint, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from nms.base.db import Base


class ActRow(Base):
    """One act as recorded: `payload` are its facts, `judged` what the law of its day said, `ledger_seq` its seal.

    `supersedes` is the row that a correction puts right; `key` is the same for both.
    """

    __tablename__ = "spectrum_act"
    __table_args__ = (UniqueConstraint("key", "revision"), Index("ix_spectrum_act_effective_on", "effective_on"))
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    revision: Mapped[int]
    number: Mapped[str] = mapped_column(String(255), index=True)
    step: Mapped[str] = mapped_column(String(31))
    effective_on: Mapped[date]
    payload: Mapped[str] = mapped_column(Text)
    judged: Mapped[str] = mapped_column(Text, default="null")
    dossier: Mapped[str] = mapped_column(String(31), default="")
    supersedes: Mapped[int | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(255))
    ledger_seq: Mapped[int]


class DossierRow(Base):
    """A project of cession, of making available or of location. `version` rises with every edit.

    `facts` are the project's as JSON; `finance` is the sealed text of the financial conditions (R. 20-44-9-3, 4°).
    """

    __tablename__ = "spectrum_dossier"
    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(31), unique=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(255))
    cessionnaire: Mapped[str] = mapped_column(String(255))
    facts: Mapped[str] = mapped_column(Text)
    finance: Mapped[bytes | None] = mapped_column(LargeBinary)
    judged: Mapped[str] = mapped_column(Text, default="null")
    judged_on: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(255))
    act: Mapped[str] = mapped_column(String(255), default="")
    simulated: Mapped[bool] = mapped_column(default=False)


class DossierEventRow(Base):
    """One step of a dossier's procedure: what happened, on which legal day, recorded when and by whom."""

    __tablename__ = "spectrum_dossier_event"
    __table_args__ = (UniqueConstraint("dossier_id", "seq"), UniqueConstraint("dossier_id", "key"))
    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("spectrum_dossier.id"))
    seq: Mapped[int]
    key: Mapped[str] = mapped_column(String(64))
    mark: Mapped[str] = mapped_column(String(31))
    on: Mapped[date] = mapped_column("on_day")
    by: Mapped[str] = mapped_column("by_party", String(255), default="")
    reference: Mapped[str] = mapped_column(String(255), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(255))


class AttachmentRow(Base):
    """One scanned paper of an act or of a project: withdrawn with a reason, never deleted.

    `of` is the act's key or the project's reference; `digest` is the hash of what the shelf keeps (of a secret annex:
    of its sealed form, so that nobody can guess a content and compare).
    """

    __tablename__ = "spectrum_attachment"
    __table_args__ = (Index("ix_spectrum_attachment_subject", "subject", "of_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    subject: Mapped[str] = mapped_column(String(15))
    of: Mapped[str] = mapped_column("of_key", String(64))
    kind: Mapped[str] = mapped_column(String(31))
    form: Mapped[str] = mapped_column(String(7))
    octets: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    note: Mapped[str] = mapped_column(Text, default="")
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(255))
    ledger_seq: Mapped[int]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str] = mapped_column(String(255), default="")
    reason: Mapped[str] = mapped_column(Text, default="")


class SheetRow(Base):
    """A file of acts that somebody brought: its octets, what its columns say, and what became of it.

    `form` is `sheet` (a spreadsheet, with a layout) or `acts` (a file of acts, whose columns have fixed names);
    with `correct`, the latter puts right acts whose facts differ. `fingerprint` tells headers apart, so that the layout
    of the last file with the same header is found again. `version` rises with every change of the layout. `outcome` is
    empty while it waits, else `recorded` or `dropped`.
    """

    __tablename__ = "spectrum_sheet"
    __table_args__ = (Index("ix_spectrum_sheet_fingerprint", "fingerprint"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(31), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    octets: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    layout: Mapped[str] = mapped_column(Text)
    form: Mapped[str] = mapped_column(String(15), default="sheet")
    correct: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(255))
    outcome: Mapped[str] = mapped_column(String(15), default="")
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(255), default="")
    acts: Mapped[int] = mapped_column(default=0)


def _seals(table: str, dialect: str) -> tuple[str, ...]:
    if dialect == "sqlite":
        return tuple(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        )
    return (
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()",
    )


SEALED = ("spectrum_act", "spectrum_dossier_event")
GUARD = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    "CREATE TABLE IF NOT EXISTS spectrum_cell (holding char(64) NOT NULL, atom varchar(8) NOT NULL, "
    "bands int4multirange NOT NULL, period daterange NOT NULL, CONSTRAINT spectrum_one_holder "
    "EXCLUDE USING gist (atom WITH =, bands WITH &&, period WITH &&))",
    "CREATE INDEX IF NOT EXISTS ix_spectrum_cell_holding ON spectrum_cell (holding)",
)
"""PostgreSQL's own guard: at one place, kilohertz and day at most one holding, whatever the program does."""


def statements(dialect: str) -> tuple[str, ...]:
    """What a database needs beside the tables, by dialect; the migration runs them too."""
    seals = tuple(text for table in SEALED for text in _seals(table, dialect))
    return seals + (GUARD if dialect == "postgresql" else ())


@event.listens_for(Base.metadata, "after_create")
def _seal(_target: object, connection: Connection, tables: list[Table] | None = None, **_options: object) -> None:
    if any(table.name == ActRow.__tablename__ for table in tables or ()):
        for text in statements(connection.dialect.name):
            connection.exec_driver_sql(text)
