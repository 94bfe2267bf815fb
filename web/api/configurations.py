"""Configurations of devices over the API, as the pages show them: how backups stand, versions, texts, differences.

Secrets are hidden in every text; one with its secrets is for the page alone, where the journal says who took it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from nms.base.permissions import Permission
from nms.ops.configs import access, diffs, store
from nms.ops.configs.access import Access
from nms.ops.configs.models import Cause, ConfigVersion
from nms.ops.configs.summary import ConfigRow, Standing, rows
from web.api.schemas import Part
from web.configurations import read
from web.guard import requires
from web.numbers import MOST
from web.services import Services
from web.wording import in_language


class BackupsIn(Part):
    """Which part of the list; `standing` keeps the devices whose backups stand so."""

    standing: Standing | None = None


class BackupOut(BaseModel):
    """How the backup of a device stands. `good_at`: when its newest version was last what runs; null is "never"."""

    device: str
    standing: Standing
    good_at: datetime | None
    changed_at: datetime | None
    versions: int
    failures: int
    why: str


class BackupListOut(BaseModel):
    """Every device in service with an SSH credential, by name."""

    total: int
    limit: int
    offset: int
    items: list[BackupOut]


class VersionOut(BaseModel):
    """A version of a configuration: first read at `at`, and the same until `seen_at`."""

    version: int
    device: str
    at: datetime
    seen_at: datetime
    author: str
    cause: Cause
    lines: int


class VersionsOut(BaseModel):
    """The versions of a device, the newest first, 200 at most."""

    items: list[VersionOut]


class TextOut(VersionOut):
    """A version with its text, secrets hidden."""

    text: str


class DifferenceIn(BaseModel):
    """`since`: the version to compare with, of the same device."""

    model_config = ConfigDict(extra="forbid")
    since: Annotated[int, Field(ge=1, le=MOST)]


class DifferenceOut(BaseModel):
    """What changed between two versions: the lines of a unified difference, secrets hidden; none where nothing did."""

    device: str
    since: int
    version: int
    lines: list[str]


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the routes."""

    @blueprint.get("/configurations")
    @requires(Permission.CONFIG_READ)
    @blueprint.input(BackupsIn, location="query", arg_name="asked")
    @blueprint.output(BackupListOut)
    def list_backups(asked: BackupsIn) -> BackupListOut:
        """How the backup of each device stands."""
        with services.database.reading() as session:
            found = [row for row in rows(session) if asked.standing in (None, row.standing)]
        items = [_backup_out(row) for row in found[asked.offset : asked.offset + asked.limit]]
        return BackupListOut(total=len(found), limit=asked.limit, offset=asked.offset, items=items)

    @blueprint.get("/devices/<path:name>/configurations")
    @requires(Permission.CONFIG_READ)
    @blueprint.output(VersionsOut)
    def list_versions(name: str) -> VersionsOut:
        """The versions of one device, without their text."""
        with services.database.reading() as session:
            of = access.access(session, name)
            return VersionsOut(items=[_version_out(of, one) for one in store.versions(session, of.device_id)])

    @blueprint.get("/configurations/<int:number>")
    @requires(Permission.CONFIG_READ)
    @blueprint.output(TextOut)
    def get_version(number: int) -> TextOut:
        """One version."""
        of, one, text = read(number)
        return TextOut(**_version_out(of, one).model_dump(), text=of.driver.redact(text))

    @blueprint.get("/configurations/<int:number>/difference")
    @requires(Permission.CONFIG_READ)
    @blueprint.input(DifferenceIn, location="query", arg_name="asked")
    @blueprint.output(DifferenceOut)
    def get_difference(number: int, asked: DifferenceIn) -> DifferenceOut:
        """What changed since another version of the same device."""
        of, _, after = read(number)
        _, _, before = read(asked.since, of.device_id)
        lines = diffs.unified(before, after, of.driver)
        return DifferenceOut(device=of.device, since=asked.since, version=number, lines=lines)


def _backup_out(row: ConfigRow) -> BackupOut:
    return BackupOut(
        device=row.access.device,
        standing=row.standing,
        good_at=row.good_at,
        changed_at=row.changed_at,
        versions=row.versions,
        failures=row.failures,
        why=in_language(row.told),
    )


def _version_out(of: Access, one: ConfigVersion) -> VersionOut:
    return VersionOut(
        version=one.id,
        device=of.device,
        at=one.at,
        seen_at=one.seen_at,
        author=one.author,
        cause=one.cause,
        lines=one.lines,
    )
