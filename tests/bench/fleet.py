"""A fleet of agents for load: one process, a socket per device on 127.10.x.y, four ports each, cheap to answer.

Answers are kept by the bytes of the question without its request-id, so the fleet costs a fraction of its clients.
`python -m tests.bench.fleet COUNT PORT [v3] [dead]` serves until its standard input closes; for each line that it reads
it prints its own CPU seconds. With `dead` every tenth device takes questions in and answers nothing.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from functools import partial
from types import SimpleNamespace
from typing import cast

from collectors.snmp_ber import tlv
from nms.app.demo.agents import USER
from nms.app.demo.agents import Agent as DemoAgent
from nms.app.demo.region import V3, Box
from nms.app.demo.script import NOTHING
from nms.app.demo.values import Mib, constant
from tests.fakes.agent import FakeAgent, Raw, counter32, counter64, gauge32, integer, octets, oid_value, ticks

COMMUNITY = b"bench-community"
V2C_CREDENTIAL = {"community": COMMUNITY.decode()}
V3_CREDENTIAL = {
    "user": USER.user,
    "auth": "SHA256",
    "auth_key": USER.auth_key,
    "priv": "AES128",
    "priv_key": USER.priv_key,
}
PORTS = 4
COLUMNS = (
    "1.3.6.1.2.1.31.1.1.1.6",
    "1.3.6.1.2.1.31.1.1.1.10",
    "1.3.6.1.2.1.2.2.1.14",
    "1.3.6.1.2.1.2.2.1.20",
    "1.3.6.1.2.1.2.2.1.8",
    "1.3.6.1.2.1.31.1.1.1.15",
    "1.3.6.1.2.1.31.1.1.1.19",
)
"""What a poll asks of each port: octets in and out, errors in and out, state, speed, discontinuity."""
UPTIME = "1.3.6.1.2.1.1.3.0"


def _element(raw: Raw) -> bytes:
    return tlv(raw.tag, raw.content)


def host(number: int) -> str:
    """Address of a device of the fleet."""
    return f"127.10.{number // 250}.{number % 250 + 1}"


def asked() -> list[str]:
    """The 29 values of one poll."""
    return [UPTIME, *(f"{column}.{port}" for port in range(1, PORTS + 1) for column in COLUMNS)]


def objects() -> dict[str, Raw]:
    """What each device holds."""
    rows: dict[str, Raw] = {
        "1.3.6.1.2.1.1.1.0": octets("bench device"),
        "1.3.6.1.2.1.1.2.0": oid_value("1.3.6.1.4.1.99999.1"),
        UPTIME: ticks(123_456_789),
        "1.3.6.1.2.1.1.5.0": octets("bench"),
        "1.3.6.1.2.1.2.1.0": integer(PORTS),
    }
    for port in range(1, PORTS + 1):
        rows |= {
            f"1.3.6.1.2.1.2.2.1.1.{port}": integer(port),
            f"1.3.6.1.2.1.2.2.1.2.{port}": octets(f"eth{port}"),
            f"1.3.6.1.2.1.2.2.1.3.{port}": integer(6),
            f"1.3.6.1.2.1.2.2.1.5.{port}": gauge32(1_000_000_000),
            f"1.3.6.1.2.1.2.2.1.7.{port}": integer(1),
            f"1.3.6.1.2.1.2.2.1.8.{port}": integer(1),
            f"1.3.6.1.2.1.2.2.1.14.{port}": counter32(0),
            f"1.3.6.1.2.1.2.2.1.20.{port}": counter32(0),
            f"1.3.6.1.2.1.31.1.1.1.1.{port}": octets(f"eth{port}"),
            f"1.3.6.1.2.1.31.1.1.1.6.{port}": counter64(10**12 + port),
            f"1.3.6.1.2.1.31.1.1.1.10.{port}": counter64(10**11 + port),
            f"1.3.6.1.2.1.31.1.1.1.15.{port}": gauge32(1000),
            f"1.3.6.1.2.1.31.1.1.1.18.{port}": octets(""),
            f"1.3.6.1.2.1.31.1.1.1.19.{port}": ticks(0),
        }
    return rows


class _Device(asyncio.DatagramProtocol):
    """Answers from what was answered before: only the request-id differs."""

    kept: dict[bytes, tuple[bytes, bytes]] = {}  # noqa: RUF012 - shared on purpose: every device holds the same

    def __init__(self, agent: FakeAgent) -> None:
        self._agent = agent
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        start, end = _request_id(data)
        key = data[:start] + data[end:]
        kept = self.kept.get(key)
        if kept is None:
            answer = self._agent.answer_bytes(data)
            if answer is None:
                return
            a, b = _request_id(answer)
            kept = self.kept[key] = (answer[:a], answer[b:])
        assert self._transport is not None
        self._transport.sendto(kept[0] + data[start:end] + kept[1], addr)


def _request_id(data: bytes) -> tuple[int, int]:
    """Where the content of the request-id stands; questions of one client keep its width."""
    pos = _inside(data, 0)
    pos = _after(data, pos)
    pos = _after(data, pos)
    pos = _inside(data, pos)
    return pos + 2, pos + 2 + data[pos + 1]


def _inside(data: bytes, pos: int) -> int:
    return pos + 2 + (data[pos + 1] & 0x7F if data[pos + 1] & 0x80 else 0)


def _after(data: bytes, pos: int) -> int:
    return pos + 2 + data[pos + 1]


class _SecureDevice(DemoAgent):
    """An agent over v3 that answers at once; what it holds is the same."""

    def __init__(self, number: int, mib: Mib) -> None:
        super().__init__(cast("Box", SimpleNamespace(number=number, credential=V3)), mib, NOTHING)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._answer(data, 0.0)
        if answer is not None:
            self._send(answer, addr)


def is_dead(number: int) -> bool:
    """Whether a device is one of the tenth that may be dead."""
    return number % 10 == 9


async def _serve(count: int, port: int, secure: bool, some_dead: bool) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    loop = asyncio.get_running_loop()
    agent = FakeAgent({}, community=COMMUNITY)
    agent.serve(objects())
    mib = Mib({oid: constant(_element(raw)) for oid, raw in objects().items()})
    for number in range(count):
        make = partial(_SecureDevice, number, mib) if secure else partial(_Device, agent)
        if some_dead and is_dead(number):
            make = asyncio.DatagramProtocol  # type: ignore[assignment]  # a protocol that hears and says nothing
        await loop.create_datagram_endpoint(make, local_addr=(host(number), port))
    print("ready", flush=True)
    before_s = time.process_time()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(time.process_time() - before_s, flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), "v3" in sys.argv[3:], "dead" in sys.argv[3:]))
