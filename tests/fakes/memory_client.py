"""An `SnmpClient` that answers from memory: recordings and misbehaviour without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from collectors.base import SnmpCredential, SnmpTarget, SnmpVersion, VarBind, Walk
from collectors.recording import ReplayClient, parse
from nms.base.errors import DeviceError

RECORDINGS = Path(__file__).parent.parent / "data" / "recordings"
TARGET = SnmpTarget("127.0.0.1", 161, SnmpCredential(SnmpVersion.V2C, community="canary-community"))


def recording(name: str) -> list[VarBind]:
    """The rows of `tests/data/recordings/NAME.snmprec` in the order of the file."""
    return parse((RECORDINGS / f"{name}.snmprec").read_text("utf-8"), name)


class MemoryClient(ReplayClient):
    """Serves rows in the order given (in the order of their OIDs when `ordered`), after `delay_s` each.

    `silent` names roots below which every question fails with `failure`; `asked` lists every question.
    """

    def __init__(self, rows: Sequence[VarBind], *, ordered: bool = True, delay_s: float = 0.0) -> None:
        super().__init__(rows, ordered=ordered)
        self.delay_s = delay_s
        self.silent: Mapping[str, DeviceError] = {}
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def set(self, *rows: VarBind) -> None:
        """Change or add objects."""
        self.values.update({row.oid: row for row in rows})
        self._ordered = True
        self.hold(self.values.values())

    async def get(self, target: SnmpTarget, oids: Sequence[str]) -> dict[str, VarBind]:
        self.asked.append(("get", tuple(oids)))
        await self._pause(oids)
        return await super().get(target, oids)

    async def walk(self, target: SnmpTarget, root: str, *, row_cap: int = 10_000, bulk: int = 20) -> Walk:
        self.asked.append(("walk", (root,)))
        await self._pause((root,))
        return await super().walk(target, root, row_cap=row_cap, bulk=bulk)

    async def _pause(self, oids: Sequence[str]) -> None:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        for root, failure in self.silent.items():
            if any(oid == root or oid.startswith(root + ".") for oid in oids):
                raise failure
