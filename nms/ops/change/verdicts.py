"""How configurations stand to the golden blocks, from the rows that `watch` keeps; a handful of statements, whatever
the number of devices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from inventory.models import Device
from nms.base.errors import StoreUnavailable
from nms.base.secrets import SecretBox
from nms.ops.change.drift import Conformity, of_text
from nms.ops.change.intents import Compliance
from nms.ops.change.models import DriftRow
from nms.ops.configs.models import ConfigVersion

_newest = (
    select(ConfigVersion.device_id, func.max(ConfigVersion.id).label("id")).group_by(ConfigVersion.device_id).subquery()
)
_state = case(
    (DriftRow.version_id.is_distinct_from(_newest.c.id), Conformity.WAITING.value), else_=DriftRow.state
).label("stands_as")
"""One whose configuration is newer than its verdict waits to be judged."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How a device stands and what was found against each block, which may hold secrets.

    `lines` differ in all; `since` it drifts, as far as known; `judged_at` None: it has not been judged.
    """

    device: str
    state: Conformity
    lines: int
    since: datetime | None
    judged_at: datetime | None
    found: tuple[Compliance, ...]


def counted(session: Session) -> dict[Conformity, int]:
    """How many devices that blocks are for stand how; every state is there."""
    query = select(_state, func.count()).select_from(DriftRow)
    query = query.outerjoin(_newest, _newest.c.device_id == DriftRow.device_id).group_by("stands_as")
    found: dict[str, int] = dict(session.execute(query).all())
    return {state: found.get(state.value, 0) for state in Conformity}


def drifting(session: Session) -> list[tuple[str, int]]:
    """The devices that drift, by name, and by how many lines."""
    query = select(Device.name, DriftRow.lines).join(DriftRow, DriftRow.device_id == Device.id)
    query = query.outerjoin(_newest, _newest.c.device_id == DriftRow.device_id)
    found = session.execute(query.where(_state == Conformity.DRIFTS.value).order_by(Device.name))
    return [(name, lines) for name, lines in found]


def judged(
    session: Session, box: SecretBox, names: Sequence[str] | None = None, most: int | None = None
) -> list[Judged]:
    """The devices of these names, or every one that is not as it should be, those first that drift most."""
    query = (
        select(DriftRow, Device.name, _state)
        .join(Device, Device.id == DriftRow.device_id)
        .outerjoin(_newest, _newest.c.device_id == DriftRow.device_id)
        .order_by((_state == Conformity.DRIFTS.value).desc(), DriftRow.lines.desc(), Device.name)
        .limit(most)
    )
    query = query.where(_state != Conformity.CONFORMS.value) if names is None else query.where(Device.name.in_(names))
    return [
        Judged(name, Conformity(state), row.lines, row.since, row.judged_at, _found(name, box, row.sealed))
        for row, name, state in session.execute(query)
    ]


def _found(name: str, box: SecretBox, sealed: bytes | None) -> tuple[Compliance, ...]:
    if sealed is None:
        return ()
    try:
        return tuple(of_text(name, box.unseal(sealed).decode()))
    except StoreUnavailable as error:  # under another key file: how it stands is known, the lines are not
        return (Compliance(name, "", why=error.message),)
