"""How the backups stand: one row per device that is due, and the sum of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from nms.base.errors import NotFound
from nms.base.text import of_json
from nms.ops.configs.access import Access, accesses
from nms.ops.configs.models import ConfigBackup, ConfigVersion, HostKeyRow


class Standing(StrEnum):
    """How the backup of a device stands, the worst last."""

    KEPT = "kept"
    NEVER = "never"
    FAILING = "failing"
    KEY_UNKNOWN = "key_unknown"
    KEY_CHANGED = "key_changed"


@dataclass(frozen=True, slots=True)
class ConfigRow:
    """One device: `good_at` is when its stored configuration was last the running one, `changed_at` since when.

    `failures` failed in a row since; `told` says why the last one did.
    """

    access: Access
    driver: str
    standing: Standing
    good_at: datetime | None
    changed_at: datetime | None
    versions: int
    failures: int
    told: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The sum: how many devices stand how, and the age of the oldest backup (None: there is none)."""

    standings: dict[Standing, int]
    oldest: timedelta | None
    device: str = ""

    @property
    def due(self) -> int:
        """Devices whose configuration is to be kept."""
        return sum(self.standings.values())


def rows(session: Session) -> list[ConfigRow]:
    """Every device with an SSH credential that is in service, by name; four statements."""
    states = {row.device_id: row for row in session.scalars(select(ConfigBackup))}
    keys = {row.device_id: row for row in session.scalars(select(HostKeyRow))}
    newest = {
        device_id: (count, at)
        for device_id, count, at in session.execute(
            select(ConfigVersion.device_id, func.count(), func.max(ConfigVersion.at)).group_by(ConfigVersion.device_id)
        )
    }
    found = []
    for one in accesses(session):
        if not one.is_due:
            continue
        state, (count, at) = states.get(one.device_id), newest.get(one.device_id, (0, None))
        found.append(
            ConfigRow(
                access=one,
                driver=_driver(one),
                standing=_standing(state, keys.get(one.device_id)),
                good_at=state.good_at if state else None,
                changed_at=at,
                versions=count,
                failures=state.failures if state else 0,
                told=of_json(state.told) if state else "",
            )
        )
    return found


def summed(found: Sequence[ConfigRow], now: datetime) -> Summary:
    """The sum of the rows."""
    counts = Counter(row.standing for row in found)
    kept = [(row.good_at, row.access.device) for row in found if row.good_at is not None]
    at, device = min(kept, default=(None, ""))
    return Summary(
        {standing: counts[standing] for standing in Standing},
        None if at is None else max(now - at, timedelta(0)),
        device,
    )


def _standing(state: ConfigBackup | None, key: HostKeyRow | None) -> Standing:
    if key is not None and key.offered:
        return Standing.KEY_CHANGED if key.pinned else Standing.KEY_UNKNOWN
    if state is None:
        return Standing.NEVER
    if state.failures:
        return Standing.FAILING
    return Standing.KEPT


def _driver(one: Access) -> str:
    try:
        return one.driver.label
    except NotFound:
        return ""
