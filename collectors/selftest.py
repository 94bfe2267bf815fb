"""The start-up self-test: the installed code must survive an OID bomb, an endless value and a cycling walk.

Costs a few milliseconds and uses loopback only. A program that cannot defend itself does not start.
"""

from __future__ import annotations

import asyncio
from importlib.metadata import PackageNotFoundError, version

from collectors.base import SnmpCredential, SnmpTarget, SnmpVersion, ValueKind
from collectors.snmp import CheckedClient, open_client
from collectors.snmp_ber import GETNEXT, RESPONSE, decode_pdu, encode_integer, encode_message, encode_oid, tlv
from collectors.snmp_guard import check, read_header
from nms.base.clock import Clock
from nms.base.errors import BadAnswer, SettingsError, WalkAbandoned

BUDGET_S = 0.1
KNOWN_BAD_BELOW = {"pyasn1": (0, 6, 3), "flask": (2, 3, 2), "cryptography": (42, 0, 4), "jinja2": (3, 1, 6)}
"""First versions without a published fault that this program would be exposed to; older ones are refused."""

_TABLE = "1.3.6.1.2.1.2.2.1.2"


def run(clock: Clock) -> float:
    """Seconds that the whole self-test took; must not be called from inside an event loop.

    Raises:
        SettingsError: what failed, all of it.
    """
    begun_s = clock.monotonic_s()
    complaints = [*bad_versions(), *bomb_complaints(clock), *asyncio.run(walk_complaints())]
    if complaints:
        raise SettingsError(complaints)
    return clock.monotonic_s() - begun_s


def bad_versions() -> list[str]:
    """Installed packages with a published fault."""
    found = []
    for name, fixed in KNOWN_BAD_BELOW.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue
        if numbers(installed) < fixed:
            wanted = ".".join(map(str, fixed))
            found.append(f"{name} {installed} has a published fault: install {wanted} or later (make setup).")
    return found


def numbers(text: str) -> tuple[int, ...]:
    """The leading numbers of a version: `3.1.6rc1` is (3, 1, 6)."""
    parts: list[int] = []
    for part in text.split(".")[:3]:
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        parts.append(int(digits or 0))
        if digits != part:
            break
    return tuple(parts)


def bomb_complaints(clock: Clock) -> list[str]:
    """The guard refuses 60,000 arcs unread, and the decoder keeps the neighbours of 4,000 arcs."""
    begun_s = clock.monotonic_s()
    complaints = []
    try:
        check(tlv(0x30, tlv(0x06, b"\x2b" + b"\x01" * 60_000)))
        complaints.append("The SNMP guard let an OID of 60,000 arcs pass.")
    except BadAnswer:
        pass
    good = tlv(0x30, encode_oid("1.3.6.1.2.1.1.3.0") + encode_integer(7))
    bomb = tlv(0x30, encode_oid("1.3.6.1.2.1.1.2.0") + tlv(0x06, b"\x2b" + b"\x01" * 4_000))
    pdu = tlv(RESPONSE, encode_integer(1) + encode_integer(0) + encode_integer(0) + tlv(0x30, bomb + good))
    kinds = [row.kind for row in decode_pdu(pdu, 0, len(pdu)).varbinds]
    if kinds != [ValueKind.BAD, ValueKind.INTEGER]:
        complaints.append("The SNMP decoder let an OID of 4,000 arcs pass, or lost its neighbour.")
    if clock.monotonic_s() - begun_s > BUDGET_S:
        complaints.append(f"Refusing an OID bomb took more than {BUDGET_S} s.")
    return complaints


class _CyclingAgent(asyncio.DatagramProtocol):
    """Answers every GETNEXT with the next of three OIDs, round and round."""

    def __init__(self) -> None:
        self.received = 0
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # as asyncio does
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.received += 1
        at = data.index(bytes((GETNEXT,)))
        _, start, _ = read_header(data, at, len(data))
        row = tlv(0x30, encode_oid(f"{_TABLE}.{(self.received - 1) % 3 + 1}") + encode_integer(1))
        pdu = tlv(RESPONSE, data[start : start + 6] + encode_integer(0) + encode_integer(0) + tlv(0x30, row))
        self.transport.sendto(encode_message(1, b"self-test", pdu), addr)


async def walk_complaints() -> list[str]:
    """A walk of an agent that cycles ends at the first fall."""
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(_CyclingAgent, local_addr=("127.0.0.1", 0))
    try:
        async with open_client() as client:
            return await _walk(client, transport.get_extra_info("sockname")[1], agent)
    finally:
        transport.close()


async def _walk(client: CheckedClient, port: int, agent: _CyclingAgent) -> list[str]:
    credential = SnmpCredential(SnmpVersion.V2C, community="self-test")
    target = SnmpTarget("127.0.0.1", port, credential, timeout_s=0.5, retries=0, deadline_s=1.0)
    walk = await client.walk(target, _TABLE, bulk=1)
    if not isinstance(walk.stopped, WalkAbandoned) or agent.received != 4:
        return ["A walk of an agent that cycles did not end at the first fall."]
    return []
