"""An SNMP agent (v1, v2c) for tests, that can misbehave on request.

    async with FakeAgent(SYSTEM) as agent:            # inside an event loop
    with ThreadedAgent(FakeAgent(SYSTEM)) as agent:   # from plain code, in a thread of its own
        agent.host, agent.port, agent.requests

Its codec is its own on purpose: it shares no code with the collectors that it tests.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import NamedTuple, Self

GET, GETNEXT, RESPONSE, SET, GETBULK = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5
NO_ERROR, TOO_BIG, NO_SUCH_NAME, GEN_ERR = 0, 1, 2, 5


class Raw(NamedTuple):
    """A value as it goes on the wire: any tag, any content, right or wrong."""

    tag: int
    content: bytes


NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_VIEW = Raw(0x80, b""), Raw(0x81, b""), Raw(0x82, b"")


def _unsigned(tag: int, value: int) -> Raw:
    return Raw(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def integer(value: int) -> Raw:
    """INTEGER."""
    return Raw(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value: bytes | str) -> Raw:
    """OCTET STRING."""
    return Raw(0x04, value.encode() if isinstance(value, str) else value)


def counter32(value: int) -> Raw:
    """Counter32."""
    return _unsigned(0x41, value)


def gauge32(value: int) -> Raw:
    """Gauge32."""
    return _unsigned(0x42, value)


def ticks(value: int) -> Raw:
    """TimeTicks."""
    return _unsigned(0x43, value)


def counter64(value: int) -> Raw:
    """Counter64."""
    return _unsigned(0x46, value)


def oid_value(value: str) -> Raw:
    """OBJECT IDENTIFIER."""
    return Raw(0x06, oid_content(arcs(value)))


def ip_address(value: str) -> Raw:
    """IpAddress."""
    return Raw(0x40, bytes(int(part) for part in value.split(".")))


Arcs = tuple[int, ...]


def arcs(oid: str) -> Arcs:
    """`1.3.6` as numbers; a leading dot is let pass, as recordings have it."""
    return tuple(int(arc) for arc in oid.strip(".").split("."))


def dotted(oid: Arcs) -> str:
    """Numbers as `1.3.6`."""
    return ".".join(map(str, oid))


def oid_content(oid: Arcs) -> bytes:
    """BER content of an OID."""
    out = bytearray()
    for arc in (oid[0] * 40 + oid[1], *oid[2:]):
        part = [arc & 0x7F]
        while arc := arc >> 7:
            part.insert(0, 0x80 | arc & 0x7F)
        out += bytes(part)
    return bytes(out)


def element(tag: int, content: bytes) -> bytes:
    """One TLV."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    width = (size.bit_length() + 7) // 8
    return bytes((tag, 0x80 | width)) + size.to_bytes(width, "big") + content


def _take(data: bytes, pos: int) -> tuple[int, bytes, int]:
    tag, size, pos = data[pos], data[pos + 1], pos + 2
    if size & 0x80:
        width = size & 0x7F
        size, pos = int.from_bytes(data[pos : pos + width], "big"), pos + width
    return tag, data[pos : pos + size], pos + size


def _oid(content: bytes) -> Arcs:
    out, arc = [], 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if octet < 0x80:
            out.append(arc)
            arc = 0
    first = min(out[0] // 40, 2)
    return (first, out[0] - 40 * first, *out[1:])


@dataclass(frozen=True)
class Request:
    """A question as it arrived; `serial` counts from 1."""

    serial: int
    version: int
    community: bytes
    kind: int
    request_id: int
    first: int
    second: int
    oids: tuple[Arcs, ...]


@dataclass(frozen=True)
class Reply:
    """An answer before encoding."""

    version: int
    community: bytes
    request_id: int
    error: int
    index: int
    rows: tuple[tuple[Arcs, Raw], ...]
    kind: int = RESPONSE

    def encode(self) -> bytes:
        """The datagram."""
        rows = b"".join(element(0x30, element(0x06, oid_content(oid)) + element(*value)) for oid, value in self.rows)
        header = b"".join(element(*integer(number)) for number in (self.request_id, self.error, self.index))
        pdu = element(self.kind, header + element(0x30, rows))
        return element(0x30, element(*integer(self.version)) + element(0x04, self.community) + pdu)


@dataclass
class Script:
    """How the agent misbehaves; everything combines. Serials count requests from 1.

    `successor` replaces GETNEXT (return None for the end); `reply` changes an answer before encoding;
    `datagram` changes or replaces (None: drops) the encoded one.
    """

    delay_s: float = 0.0
    drop: Callable[[int], bool] = lambda serial: False
    duplicate: bool = False
    wrong_source: bool = False
    too_big_above: int | None = None
    gen_err_at: Arcs | None = None
    successor: Callable[[Arcs], tuple[Arcs, Raw] | None] | None = None
    reply: Callable[[Request, Reply], Reply] | None = None
    datagram: Callable[[Request, bytes], bytes | None] | None = None


def repeating(oid: str) -> Script:
    """GETNEXT answers the same OID for ever."""
    return Script(successor=lambda _: (arcs(oid), integer(1)))


def cycling(*oids: str) -> Script:
    """GETNEXT goes round: .1 .2 .3 .1."""
    ring = [arcs(oid) for oid in oids]

    def successor(asked: Arcs) -> tuple[Arcs, Raw]:
        place = ring.index(asked) if asked in ring else -1
        return ring[(place + 1) % len(ring)], integer(1)

    return Script(successor=successor)


def endless(root: str) -> Script:
    """A table below `root` that rises for ever."""
    base = arcs(root)

    def successor(asked: Arcs) -> tuple[Arcs, Raw]:
        last = asked[len(base)] if len(asked) > len(base) and asked[: len(base)] == base else 0
        return (*base, last + 1), integer(last + 1)

    return Script(successor=successor)


def garbage(content: bytes) -> Script:
    """Every answer is these bytes."""
    return Script(datagram=lambda request, answer: content)


def truncated(octets_kept: int) -> Script:
    """Every answer is cut to so many bytes."""
    return Script(datagram=lambda request, answer: answer[:octets_kept])


def wrong_request_id() -> Script:
    """Every answer bears the next request-id."""
    return Script(reply=lambda request, reply: replace(reply, request_id=reply.request_id + 1))


def empty_answer() -> Script:
    """Every answer has an empty list of values."""
    return Script(reply=lambda request, reply: replace(reply, rows=()))


@dataclass
class FakeAgent:
    """Serves `objects` (dotted OID -> value) in GET, GETNEXT and GETBULK, as `script` bends it."""

    objects: Mapping[str, Raw]
    community: bytes = b"canary-community"
    script: Script = field(default_factory=Script)
    host: str = "127.0.0.1"
    port: int = 0
    largest: int = 65_000
    requests: list[Request] = field(default_factory=list)

    @classmethod
    def from_snmprec(cls, text: str, **options: object) -> FakeAgent:
        """An agent from a recording: lines `oid|tag|value`, tag with `x` when the value is in hexadecimal."""
        agent = cls(parse_snmprec(text))
        return replace(agent, **options)  # type: ignore[arg-type]  # the caller's options are fields of ours

    async def __aenter__(self) -> Self:
        self.serve(self.objects)
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Protocol(self), local_addr=(self.host, self.port), family=family
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        self._other, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=(self.host, 0), family=family
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()
        self._other.close()
        await asyncio.sleep(0)

    def serve(self, objects: Mapping[str, Raw]) -> None:
        """Replace what the agent has."""
        self._objects = {arcs(oid): value for oid, value in objects.items()}
        self._order = sorted(self._objects)

    def set(self, oid: str, value: Raw) -> None:
        """Change or add one object."""
        self.serve({**{dotted(key): held for key, held in self._objects.items()}, oid: value})

    def receive(self, datagram: bytes, source: tuple[str, int]) -> None:
        """Answer one datagram, or not."""
        request = self._parse(datagram)
        if request is None or request.community != self.community or self.script.drop(request.serial):
            return
        reply = self.answer(request)
        if self.script.reply:
            reply = self.script.reply(request, reply)
        answer: bytes | None = reply.encode()
        if self.script.datagram and answer is not None:
            answer = self.script.datagram(request, answer)
        if answer is None:
            return
        sender = self._other if self.script.wrong_source else self._transport
        copies = 2 if self.script.duplicate else 1
        for _ in range(copies):
            if self.script.delay_s:
                asyncio.get_running_loop().call_later(self.script.delay_s, sender.sendto, answer, source)
            else:
                sender.sendto(answer, source)

    def answer_bytes(self, datagram: bytes) -> bytes | None:
        """The honest answer to one datagram, for whoever owns the socket; None for a foreign community."""
        request = self._parse(datagram)
        if request is None or request.community != self.community:
            return None
        return self.answer(request).encode()

    def _parse(self, datagram: bytes) -> Request | None:
        try:
            _, message, _ = _take(datagram, 0)
            _, version, pos = _take(message, 0)
            _, community, pos = _take(message, pos)
            kind, pdu, _ = _take(message, pos)
            numbers, pos = [], 0
            for _ in range(3):
                _, content, pos = _take(pdu, pos)
                numbers.append(int.from_bytes(content, "big", signed=True))
            _, rows, _ = _take(pdu, pos)
            oids, pos = [], 0
            while pos < len(rows):
                _, row, pos = _take(rows, pos)
                oids.append(_oid(_take(row, 0)[1]))
        except IndexError:
            return None
        serial = len(self.requests) + 1
        request_id, first, second = numbers
        request = Request(
            serial, int.from_bytes(version, "big"), community, kind, request_id, first, second, tuple(oids)
        )
        self.requests.append(request)
        return request

    def answer(self, request: Request) -> Reply:
        """What an honest agent says, within the script's error statuses."""
        rows = self._rows(request)
        asked = tuple((oid, Raw(0x05, b"")) for oid in request.oids)
        good = Reply(request.version, request.community, request.request_id, NO_ERROR, 0, tuple(rows))
        if self.script.gen_err_at in request.oids:
            index = request.oids.index(self.script.gen_err_at) + 1
            return replace(good, error=GEN_ERR, index=index, rows=asked)
        if self.script.too_big_above is not None and len(rows) > self.script.too_big_above and request.kind != GETBULK:
            return replace(good, error=TOO_BIG, rows=())
        missing = [place for place, (_, value) in enumerate(rows, 1) if value.tag in (0x80, 0x81, 0x82)]
        if request.version == 0 and missing:
            return replace(good, error=NO_SUCH_NAME, index=missing[0], rows=asked)
        while len(good.encode()) > self.largest:
            if request.kind != GETBULK:
                return replace(good, error=TOO_BIG, rows=())
            good = replace(good, rows=good.rows[:-1])
        return good

    def _rows(self, request: Request) -> list[tuple[Arcs, Raw]]:
        if request.kind == GET:
            return [(oid, self._objects.get(oid, NO_SUCH_INSTANCE)) for oid in request.oids]
        if request.kind == GETNEXT:
            return [self._next(oid) for oid in request.oids]
        rows = [self._next(oid) for oid in request.oids[: request.first]]
        columns = list(request.oids[request.first :])
        for _ in range(request.second):
            found = [self._next(oid) for oid in columns]
            rows += found
            columns = [oid for oid, _ in found]
            if all(value == END_OF_VIEW for _, value in found):
                break
        return rows

    def _next(self, oid: Arcs) -> tuple[Arcs, Raw]:
        if self.script.successor:
            return self.script.successor(oid) or (oid, END_OF_VIEW)
        place = bisect_right(self._order, oid)
        if place == len(self._order):
            return oid, END_OF_VIEW
        return self._order[place], self._objects[self._order[place]]


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, agent: FakeAgent) -> None:
        self.agent = agent

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.agent.receive(data, addr)


class ThreadedAgent:
    """Runs a `FakeAgent` in a thread with a loop of its own, for tests without one."""

    def __init__(self, agent: FakeAgent) -> None:
        self.agent = agent
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> FakeAgent:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.agent.__aenter__(), self._loop).result(5)
        return self.agent

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self.agent.__aexit__(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


def parse_snmprec(text: str) -> dict[str, Raw]:
    """The objects of a recording (`oid|tag|value`; `4x` hexadecimal; lines of simulator modules are left out)."""
    objects: dict[str, Raw] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        oid, tag_text, value = line.split("|", 2)
        if ":" in tag_text:
            continue
        hexadecimal = tag_text.endswith("x")
        tag = int(tag_text.rstrip("xe"))
        objects[oid.strip(".")] = Raw(tag, bytes.fromhex(value)) if hexadecimal else _recorded(tag, value)
    return objects


def _recorded(tag: int, value: str) -> Raw:
    if tag == 2:
        return integer(int(value))
    if tag == 6:
        return oid_value(value)
    if tag == 64:
        return ip_address(value)
    if tag in (65, 66, 67, 70):
        return _unsigned(tag, int(value))
    return Raw(tag, value.encode("latin-1", "replace"))


SYSTEM: dict[str, Raw] = {
    "1.3.6.1.2.1.1.1.0": octets("A fake agent"),
    "1.3.6.1.2.1.1.2.0": oid_value("1.3.6.1.4.1.8072.3.2.10"),
    "1.3.6.1.2.1.1.3.0": ticks(123_456),
    "1.3.6.1.2.1.1.4.0": octets("noc@example.org"),
    "1.3.6.1.2.1.1.5.0": octets("fake-1"),
    "1.3.6.1.2.1.1.6.0": octets("Poitiers"),
}
