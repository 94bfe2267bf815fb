"""The ports of a device from IF-MIB: which there are, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collectors import oids
from collectors.base import SnmpClient, SnmpTarget, ValueKind, VarBind, Walk
from nms.base.errors import DeviceError
from nms.base.text import clean

MAX_PORTS = 2_000
_DESCRIPTION = (
    oids.IF_DESCR, oids.IF_NAME, oids.IF_ALIAS, oids.IF_ADMIN_STATUS, oids.IF_OPER_STATUS, oids.IF_HIGH_SPEED,
    oids.IF_SPEED,
)  # fmt: skip
_AT_ONCE = 56

EXACT_BELOW_BPS = 20_000_000
"""Below this speed, whole Mbit/s of ifHighSpeed are too coarse and ifSpeed tells."""


@dataclass(frozen=True, slots=True)
class Port:
    """One row of ifTable and ifXTable; None and empty where the agent has no believable value."""

    if_index: int
    name: str
    descr: str
    alias: str
    admin_status: str | None
    oper_status: str | None
    speed_bps: int | None


async def find_ports(client: SnmpClient, target: SnmpTarget, warn: Callable[[str], None]) -> list[int]:
    """The ifIndex values, rising, from the first column that has any; what goes wrong is warned of.

    Raises:
        DeviceError: the device did not answer at all.
    """
    found: dict[int, None] = {}
    for column in (oids.IF_DESCR, oids.IF_NAME, oids.IF_INDEX, oids.IF_OPER_STATUS):
        walk = await client.walk(target, column, row_cap=MAX_PORTS)
        for row in walk.rows:
            index = oids.index_of(row.oid, column)
            if index.isdecimal():
                found.setdefault(int(index))
        _tell(walk, "interfaces", warn)
        if found:
            break
    return sorted(found)


async def describe_ports(
    client: SnmpClient, target: SnmpTarget, indexes: Sequence[int], warn: Callable[[str], None], into: list[Port]
) -> None:
    """Append a `Port` per index to `into`; asked by GET, so that agents that list rows out of order do not matter.

    Raises:
        DeviceError: the device stopped answering; the ports so far stand in `into`.
    """
    at_once = max(1, _AT_ONCE // len(_DESCRIPTION))
    odd = 0
    for start in range(0, len(indexes), at_once):
        part = indexes[start : start + at_once]
        try:
            answer = await client.get(target, [f"{column}.{index}" for index in part for column in _DESCRIPTION])
        except DeviceError:
            if not into:
                raise
            warn(f"Only {len(into)} of {len(indexes)} interfaces were described before the device stopped answering.")
            return
        odd += sum(row.kind is ValueKind.BAD for row in answer.values())
        into += [_port(index, answer) for index in part]
    if odd:
        warn(f"{odd} value(s) of interfaces cannot be believed and are left out.")


def _port(index: int, answer: dict[str, VarBind]) -> Port:
    descr, name, alias = (text_of(answer.get(f"{column}.{index}")) for column in _DESCRIPTION[:3])
    admin, oper, high, low = (number_of(answer.get(f"{column}.{index}")) for column in _DESCRIPTION[3:])
    return Port(
        index,
        name or descr or str(index),
        descr,
        alias,
        oids.ADMIN_STATUS.get(admin or 0),
        oids.OPER_STATUS.get(oper or 0),
        speed_bps(high, low),
    )


def speed_bps(high_speed: int | None, speed: int | None) -> int | None:
    """Bits per second from ifHighSpeed (Mbit/s) and ifSpeed; None when neither tells."""
    if speed and 0 < speed < oids.SPEED_UNKNOWN and (not high_speed or speed < EXACT_BELOW_BPS):
        return speed
    return high_speed * 1_000_000 if high_speed and 0 < high_speed < 10_000_000 else None


def text_of(row: VarBind | None) -> str:
    """The text of an answer, cleaned; empty when it is not text."""
    return clean(row.value) if row is not None and isinstance(row.value, bytes | str) else ""


def number_of(row: VarBind | None) -> int | None:
    """The integer of an answer; None when it is none."""
    return row.value if row is not None and isinstance(row.value, int) else None


def _tell(walk: Walk, what: str, warn: Callable[[str], None]) -> None:
    if walk.stopped is not None:
        warn(f"The list of {what} is not complete: {walk.stopped.message}")
