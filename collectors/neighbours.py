"""Who stands on the other end of the cables: LLDP (IEEE 802.1AB), which lives outside 1.3.6.1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from collectors import oids
from collectors.base import SnmpClient, SnmpTarget, VarBind
from nms.base.text import clean

MAX_ROWS = 2_000
_CHASSIS_SUBTYPE, _CHASSIS, _PORT_SUBTYPE, _PORT, _PORT_DESCR, _SYS_NAME, _SYS_DESCR = range(4, 11)
_MAC_CHASSIS, _MAC_PORT = 4, 3


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One neighbour as a port of ours hears it."""

    local_port: str
    chassis_id: str
    port_id: str
    port_descr: str
    sys_name: str
    sys_descr: str


async def find_neighbours(client: SnmpClient, target: SnmpTarget, warn: Callable[[str], None]) -> list[Neighbour]:
    """The LLDP neighbours, in the order of the table, without empty rows; an incomplete table is warned of.

    Raises:
        DeviceError: the device did not answer.
    """
    walk = await client.walk(target, oids.LLDP_REMOTE, row_cap=MAX_ROWS)
    if walk.stopped is not None:
        warn(f"The list of neighbours is not complete: {walk.stopped.message}")
    rows: dict[str, dict[int, VarBind]] = {}
    for row in walk.rows:
        column, _, index = oids.index_of(row.oid, oids.LLDP_REMOTE).partition(".")
        rows.setdefault(index, {})[int(column)] = row
    if not rows:
        return []
    ports = await client.walk(target, oids.LLDP_LOCAL_PORT, row_cap=MAX_ROWS)
    names = {oids.index_of(row.oid, oids.LLDP_LOCAL_PORT): _text(row) for row in ports.rows}
    found = [_neighbour(index, columns, names) for index, columns in rows.items()]
    return [near for near in found if near.chassis_id or near.port_id or near.sys_name]


async def own_chassis(client: SnmpClient, target: SnmpTarget) -> str:
    """How the device itself is called by those who hear it; empty when it does not speak LLDP.

    Raises:
        DeviceError: the device did not answer.
    """
    asked = (oids.LLDP_LOCAL_CHASSIS, oids.LLDP_LOCAL_CHASSIS_SUBTYPE)
    answer = await client.get(target, asked)
    return _identifier(answer.get(asked[0]), answer.get(asked[1]), _MAC_CHASSIS)


def _neighbour(index: str, columns: dict[int, VarBind], names: dict[str, str]) -> Neighbour:
    arcs = index.split(".")
    number = arcs[1] if len(arcs) >= 3 else index
    return Neighbour(
        names.get(number) or number,
        _identifier(columns.get(_CHASSIS), columns.get(_CHASSIS_SUBTYPE), _MAC_CHASSIS),
        _identifier(columns.get(_PORT), columns.get(_PORT_SUBTYPE), _MAC_PORT),
        _text(columns.get(_PORT_DESCR)),
        _text(columns.get(_SYS_NAME)),
        _text(columns.get(_SYS_DESCR)),
    )


def _identifier(row: VarBind | None, subtype: VarBind | None, mac: int) -> str:
    if row is not None and isinstance(row.value, bytes):
        looks_binary = any(octet < 0x20 or octet > 0x7E for octet in row.value)
        if len(row.value) == 6 and (looks_binary or (subtype is not None and subtype.value == mac)):
            return row.value.hex(":")
    return _text(row)


def _text(row: VarBind | None) -> str:
    if row is None or row.value is None:
        return ""
    return clean(row.value if isinstance(row.value, bytes | str) else str(row.value))
