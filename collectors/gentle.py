"""A client that learns that a device cannot do GETBULK: some agents stay silent on it and answer GETNEXT."""

from __future__ import annotations

from collections.abc import Sequence

from collectors.base import SnmpClient, SnmpTarget, VarBind, Walk
from nms.base.errors import BadAnswer, DeviceError, Timeout


class GentleClient:
    """Wraps a client for one device: once a walk by GETBULK failed and one by GETNEXT did not, all go by GETNEXT."""

    def __init__(self, client: SnmpClient) -> None:
        self._client = client
        self._bulk_works: bool | None = None

    async def get(self, target: SnmpTarget, oids: Sequence[str]) -> dict[str, VarBind]:
        """As the wrapped client."""
        return await self._client.get(target, oids)

    async def walk(self, target: SnmpTarget, root: str, *, row_cap: int = 10_000, bulk: int = 20) -> Walk:
        """As the wrapped client, by GETNEXT where GETBULK is not answered."""
        if bulk == 1 or self._bulk_works:
            return await self._client.walk(target, root, row_cap=row_cap, bulk=bulk)
        if self._bulk_works is False:
            return await self._client.walk(target, root, row_cap=row_cap, bulk=1)
        try:
            walk = await self._client.walk(target, root, row_cap=row_cap, bulk=bulk)
        except (Timeout, BadAnswer):
            return await self._plainly(target, root, row_cap)
        self._bulk_works = True
        return walk

    async def _plainly(self, target: SnmpTarget, root: str, row_cap: int) -> Walk:
        try:
            walk = await self._client.walk(target, root, row_cap=row_cap, bulk=1)
        except DeviceError:
            self._bulk_works = True  # GETBULK is not to blame: do not pay twice for every silent table
            raise
        self._bulk_works = False
        return walk
