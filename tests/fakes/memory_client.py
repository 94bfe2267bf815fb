"""An `SnmpClient` that answers from memory: recordings and misbehaviour without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from collectors.base import SnmpCredential, SnmpTarget, SnmpVersion, ValueKind, VarBind, Walk
from nms.base.errors import DeviceError, WalkAbandoned

RECORDINGS = Path(__file__).parent.parent / "data" / "recordings"
KIND_OF_TAG = {
    2: ValueKind.INTEGER,
    4: ValueKind.OCTETS,
    6: ValueKind.OID,
    64: ValueKind.IP_ADDRESS,
    65: ValueKind.COUNTER32,
    66: ValueKind.GAUGE32,
    67: ValueKind.TICKS,
    68: ValueKind.OPAQUE,
    70: ValueKind.COUNTER64,
}
TARGET = SnmpTarget("127.0.0.1", 161, SnmpCredential(SnmpVersion.V2C, community="canary-community"))


def arcs(oid: str) -> tuple[int, ...]:
    """`1.3.6` as numbers."""
    return tuple(map(int, oid.split(".")))


def recording(name: str) -> list[VarBind]:
    """The rows of `tests/data/recordings/NAME.snmprec` in the order of the file."""
    return parse((RECORDINGS / f"{name}.snmprec").read_text("utf-8"))


def parse(text: str) -> list[VarBind]:
    """The rows of a recording: lines `oid|tag|value`, tag with `x` when the value is in hexadecimal."""
    rows = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        oid, tag, value = line.split("|", 2)
        kind = KIND_OF_TAG[int(tag.rstrip("x"))]
        if kind in (ValueKind.OID, ValueKind.IP_ADDRESS):
            rows.append(VarBind(oid.lstrip("."), kind, value.strip(".")))
        elif kind in (ValueKind.OCTETS, ValueKind.OPAQUE):
            rows.append(VarBind(oid.lstrip("."), kind, bytes.fromhex(value) if tag.endswith("x") else value.encode()))
        else:
            rows.append(VarBind(oid.lstrip("."), kind, int(value)))
    return rows


class MemoryClient:
    """Serves rows in the order given (in the order of their OIDs when `ordered`), after `delay_s` each.

    `silent` names roots below which every question fails with `failure`; `asked` lists every question.
    """

    def __init__(self, rows: Sequence[VarBind], *, ordered: bool = True, delay_s: float = 0.0) -> None:
        self.rows = sorted(rows, key=lambda row: arcs(row.oid)) if ordered else list(rows)
        self.values: dict[str, VarBind] = {row.oid: row for row in reversed(self.rows)}
        self.delay_s = delay_s
        self.silent: Mapping[str, DeviceError] = {}
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def set(self, *rows: VarBind) -> None:
        """Change or add objects."""
        self.values.update({row.oid: row for row in rows})
        self.rows = sorted(self.values.values(), key=lambda row: arcs(row.oid))

    async def get(self, target: SnmpTarget, oids: Sequence[str]) -> dict[str, VarBind]:
        self.asked.append(("get", tuple(oids)))
        await self._pause(oids)
        return {oid: self.values.get(oid, VarBind(oid, ValueKind.NO_SUCH_INSTANCE, None)) for oid in oids}

    async def walk(self, target: SnmpTarget, root: str, *, row_cap: int = 10_000, bulk: int = 20) -> Walk:
        self.asked.append(("walk", (root,)))
        await self._pause((root,))
        found: list[VarBind] = []
        for row in self.rows:
            if not row.oid.startswith(root + "."):
                continue
            if found and arcs(row.oid) <= arcs(found[-1].oid):
                return Walk(tuple(found), WalkAbandoned("snmp_oid_not_rising", f"OID did not rise: {row.oid}."))
            if len(found) >= row_cap:
                return Walk(tuple(found), WalkAbandoned("snmp_row_cap", f"More than {row_cap} rows."))
            found.append(row)
        return Walk(tuple(found))

    async def _pause(self, oids: Sequence[str]) -> None:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        for root, failure in self.silent.items():
            if any(oid == root or oid.startswith(root + ".") for oid in oids):
                raise failure
