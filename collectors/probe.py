"""What is this box? One description of one device within a deadline, whatever its agent does.

    result = await probe(client, target)
    result.as_dict()

Only a device that answers nothing at all is an error; everything else is a description with warnings.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from collectors import oids
from collectors.base import RadioReading, SnmpClient, SnmpTarget, ValueKind, VarBind
from collectors.gentle import GentleClient
from collectors.interfaces import Port, describe_ports, find_ports, number_of, text_of
from collectors.neighbours import Neighbour, find_neighbours, own_chassis
from collectors.profile import DESCR_LIMIT, GENERIC, Profile, Rule, bundled
from collectors.radio import Instance, gather_radio, readings
from collectors.recognise import Identity, recognise
from nms.base.errors import AuthFailed, BadAnswer, DeviceError, Timeout
from nms.base.text import clean, say
from nms.base.units import ticks_to_s

DEADLINE_S = 18.0
"""Of a whole probe."""

_SHARE_OF_SYSTEM, _SHARE_OF_FAMILY, _SHARE_OF_RADIO, _SHARE_OF_PORTS = 0.45, 0.6, 0.8, 0.95
MAX_WARNINGS = 50


@dataclass
class ProbeResult:
    """The description so far."""

    address: str
    family: str = GENERIC
    vendor: str = ""
    model: str = ""
    identity: Identity = field(default_factory=Identity)
    ports: list[Port] = field(default_factory=list)
    radio: list[RadioReading] = field(default_factory=list)
    neighbours: list[Neighbour] = field(default_factory=list)
    chassis_id: str = ""
    warnings: list[str] = field(default_factory=list)
    rule: Rule | None = None

    def warn(self, sentence: str) -> None:
        """Note a warning once; the list is bounded."""
        if sentence not in self.warnings and len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(clean(sentence, 400))

    def as_dict(self) -> dict[str, Any]:
        """The description as plain data for JSON."""
        ticks = self.identity.uptime_ticks
        return {
            "address": self.address,
            "family": self.family,
            "vendor": self.vendor,
            "model": self.model,
            "sys_object_id": self.identity.sys_object_id,
            "sys_name": self.identity.sys_name,
            "sys_descr": self.identity.sys_descr,
            "uptime_s": None if ticks is None else ticks_to_s(ticks),
            "interfaces": [asdict(port) for port in self.ports],
            "radio": [{**asdict(reading), "metric": reading.metric.value} for reading in self.radio],
            "neighbours": [asdict(neighbour) for neighbour in self.neighbours],
            "warnings": list(self.warnings),
        }


async def probe(
    client: SnmpClient,
    target: SnmpTarget,
    profiles: Sequence[Profile] | None = None,
    *,
    deadline_s: float = DEADLINE_S,
) -> ProbeResult:
    """Describe a device in less than `deadline_s`; what did not fit into it is a warning.

    Raises:
        DeviceError: nothing answered, or the credential is refused.
    """
    return await _Prober(client, target, bundled() if profiles is None else profiles, deadline_s).run()


class _Prober:
    def __init__(self, client: SnmpClient, target: SnmpTarget, profiles: Sequence[Profile], deadline_s: float) -> None:
        self._client, self._profiles, self._deadline_s = GentleClient(client), profiles, deadline_s
        self._first_error: BadAnswer | None = None
        self._target = replace(target, deadline_s=min(target.deadline_s, deadline_s / 3))
        address = f"[{target.host}]:{target.port}" if ":" in target.host else f"{target.host}:{target.port}"
        self._result = ProbeResult(address)
        self._profile = next(profile for profile in self._profiles if profile.family == GENERIC)
        self._radio: list[tuple[Instance, VarBind]] = []
        self._answered = False

    async def run(self) -> ProbeResult:
        start_s = asyncio.get_running_loop().time()

        async def until(share: float, what: str, step: Callable[[], Awaitable[None]]) -> None:
            try:
                async with asyncio.timeout_at(start_s + share * self._deadline_s):
                    await step()
            except TimeoutError:
                self._result.warn(f"The device answers too slowly: {what} not complete.")
            except DeviceError as error:
                self._result.warn(f"{what.capitalize()} not complete: {error.message}")

        try:
            async with asyncio.timeout_at(start_s + _SHARE_OF_SYSTEM * self._deadline_s):
                await self._ask_system()
        except TimeoutError:
            self._give_up_if_silent()
        await until(_SHARE_OF_FAMILY, "the recognition of the family is", self._ask_family)
        await until(_SHARE_OF_RADIO, "the radio values are", self._ask_radio)
        self._result.radio = readings(self._radio)
        if self._profile.radio and not self._result.radio:
            self._result.warn(f"The device has none of the radio objects of {self._profile.family}.")
        await until(_SHARE_OF_PORTS, "the interfaces are", self._ask_ports)
        await until(1.0, "the neighbours are", self._ask_neighbours)
        if self._first_error is not None and not self._knows_anything():
            raise self._first_error
        return self._result

    def _knows_anything(self) -> bool:
        result = self._result
        return bool(result.identity != Identity() or result.ports or result.radio or result.neighbours)

    def _give_up_if_silent(self) -> None:
        if not self._answered:
            raise Timeout(
                "device_silent",
                say(
                    "{address} gave no complete answer in time. Check the address, the community or user, and whether "
                    "the device lets this machine ask.",
                    address=self._result.address,
                ),
                address=self._result.address,
            )
        self._result.warn("The device answers too slowly: the system group is not complete.")

    async def _ask_system(self) -> None:
        answer = await self._system_answer()
        descr, name = text_of(answer.get(oids.SYS_DESCR)), text_of(answer.get(oids.SYS_NAME))
        ticks = number_of(answer.get(oids.SYS_UPTIME))
        self._result.identity = Identity(descr, _object_id(answer.get(oids.SYS_OBJECT_ID)), name, ticks)
        if self._result.identity == Identity():
            self._result.warn("The device has no system group: it names neither itself nor its model.")
        for oid, row in answer.items():
            if row.kind is ValueKind.BAD:
                self._result.warn(f"{oid} cannot be believed: {row.reason}")

    async def _system_answer(self) -> dict[str, VarBind]:
        """The system group by one GET; from an agent that answers that badly, value by value, then by a walk."""
        try:
            answer = await self._client.get(self._target, oids.SYSTEM_GROUP)
        except BadAnswer as error:
            self._first_error = error
            self._result.warn(f"The system group is answered badly: {error.message}")
            answer = await self._one_by_one()
        self._answered = True
        if all(row.value is None for row in answer.values()):
            try:
                walk = await self._client.walk(self._target, oids.SYSTEM, row_cap=30)
                answer = {**answer, **{row.oid: row for row in walk.rows}}
            except DeviceError as error:
                self._result.warn(f"The system group is not readable: {error.message}")
        return answer

    async def _one_by_one(self) -> dict[str, VarBind]:
        answer: dict[str, VarBind] = {}
        for oid in oids.SYSTEM_GROUP:
            try:
                answer |= await self._client.get(self._target, (oid,))
            except AuthFailed:
                raise
            except DeviceError:
                continue
        return answer

    async def _ask_family(self) -> None:
        found = await recognise(self._client, self._target, self._result.identity, self._profiles)
        self._profile = found.profile
        self._result.family, self._result.vendor = found.profile.family, found.profile.vendor
        self._result.rule = found.rule
        for sentence in found.warnings:
            self._result.warn(sentence)
        self._result.model = await model_of(self._client, self._target, found.profile, self._result.identity)

    async def _ask_radio(self) -> None:
        await gather_radio(self._client, self._target, self._profile, self._result.warn, self._radio)

    async def _ask_ports(self) -> None:
        indexes = await find_ports(self._client, self._target, self._result.warn)
        if not indexes:
            self._result.warn("The device has no interfaces to show (no IF-MIB).")
            return
        await describe_ports(self._client, self._target, indexes, self._result.warn, self._result.ports)

    async def _ask_neighbours(self) -> None:
        self._result.neighbours = await find_neighbours(self._client, self._target, self._result.warn)
        self._result.chassis_id = await own_chassis(self._client, self._target)


async def model_of(client: SnmpClient, target: SnmpTarget, profile: Profile, identity: Identity) -> str:
    """The model as the profile knows to find it; empty when the device does not tell.

    Raises:
        DeviceError: the device stopped answering.
    """
    for oid in profile.model.oids:
        text = text_of((await client.get(target, (oid,))).get(oid))
        if not text:
            rows = (await client.walk(target, oid, row_cap=4)).rows
            text = next((text for row in rows if (text := text_of(row))), "")
        if text:
            return clean(text, 120)
    if profile.model.descr:
        match = re.search(profile.model.descr, identity.sys_descr[:DESCR_LIMIT])
        if match:
            return clean(next((group for group in match.groups() if group), match.group()), 120)
    return ""


def _object_id(row: VarBind | None) -> str:
    return row.value.strip(".") if row is not None and row.kind is ValueKind.OID and isinstance(row.value, str) else ""
