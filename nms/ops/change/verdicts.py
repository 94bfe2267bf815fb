"""How configurations stand to the golden blocks, from the rows that `watch` keeps; four statements at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.models import Device
from nms.base.errors import StoreUnavailable
from nms.base.secrets import SecretBox
from nms.ops.change.drift import Conformity, Drift, of_text
from nms.ops.change.intents import Compliance
from nms.ops.change.models import DriftRow
from nms.ops.configs import store


@dataclass(frozen=True, slots=True)
class Judged:
    """A device and what was found against each block; it may hold secrets."""

    drift: Drift
    found: tuple[Compliance, ...]


def every(session: Session) -> list[Drift]:
    """Every device that a block is for, by name; nothing is unsealed.

    One whose configuration is newer than its verdict waits to be judged.
    """
    newest = store.newest_ids(session)
    columns = select(
        DriftRow.device_id, Device.name, DriftRow.state, DriftRow.lines, DriftRow.since, DriftRow.judged_at,
        DriftRow.version_id,
    )  # fmt: skip
    found = session.execute(columns.join(Device, Device.id == DriftRow.device_id).order_by(Device.name))
    return [
        Drift(id_, name, _state(state, version_id, newest.get(id_)), lines, since, judged_at)
        for id_, name, state, lines, since, judged_at, version_id in found
    ]


def judged(session: Session, box: SecretBox, names: Sequence[str] | None = None) -> list[Judged]:
    """The devices of these names, or every one that is not as it should be, with what was found."""
    query = select(DriftRow, Device.name).join(Device, Device.id == DriftRow.device_id).order_by(Device.name)
    if names is None:
        query = query.where(DriftRow.state != Conformity.CONFORMS.value)
    else:
        query = query.where(Device.name.in_(names))
    rows = session.execute(query).all()
    newest = {}
    if rows:
        newest = store.newest_ids(session, [row.device_id for row, _ in rows])
    return [
        Judged(
            Drift(
                row.device_id, name, _state(row.state, row.version_id, newest.get(row.device_id)), row.lines,
                row.since, row.judged_at,
            ),
            _found(name, box, row.sealed),
        )
        for row, name in rows
    ]  # fmt: skip


def _found(name: str, box: SecretBox, sealed: bytes | None) -> tuple[Compliance, ...]:
    if sealed is None:
        return ()
    try:
        return tuple(of_text(name, box.unseal(sealed).decode()))
    except StoreUnavailable as error:  # under another key file: how it stands is known, the lines are not
        return (Compliance(name, "", why=error.message),)


def _state(state: str, judged: int | None, newest: int | None) -> Conformity:
    return Conformity(state) if judged == newest else Conformity.WAITING
