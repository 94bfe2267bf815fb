"""The process of simulated agents: one socket each on loopback, SNMP v2c and v3 (SHA-256, AES-128).

`python -m nms.app.demo.agents READY_FILE PARENT` binds every agent of the region, writes the port into READY_FILE (or
the sentence that says why it cannot), and ends on SIGTERM, or when the process PARENT that started it is gone.
"""

from __future__ import annotations

import asyncio
import errno
import os
import random
import signal
import socket
import sys
from pathlib import Path
from typing import cast

from collectors import snmp_ber as ber
from collectors import snmp_usm as usm
from collectors.base import SnmpCredential, SnmpVersion
from nms.app.demo import notifying
from nms.app.demo import region as regions
from nms.app.demo.script import NOTHING, Effects, script
from nms.app.demo.values import FIRST_START_S, Mib, objects
from nms.base.clock import SystemClock
from nms.base.errors import DeviceError, InputError

PORTS = range(16161, 16181)
COMMUNITY = "simulated"
USER = SnmpCredential(
    SnmpVersion.V3, user="demo", auth="SHA256", auth_key="simulated-auth", priv="AES128", priv_key="simulated-priv"
)
"""What opens the simulated agents: no secret, they exist on loopback only."""
ANSWER_MOST, BULK_MOST = 1400, 50
_GET, _GETNEXT, _RESPONSE, _GETBULK = 0xA0, 0xA1, 0xA2, 0xA5
_NO_INSTANCE, _END = b"\x81\x00", b"\x82\x00"
_clock = SystemClock()


class Agent(asyncio.DatagramProtocol):
    """One box on its socket."""

    def __init__(self, box: regions.Box, mib: Mib, effects: Effects) -> None:
        self._box = box
        self._mib = mib
        self._effects = effects
        self._told_s = _clock.now().timestamp()
        self._dice = random.Random(box.number)  # noqa: S311 - a simulation, nothing to guess
        self._wants_v3 = box.credential == regions.V3
        engine_id = b"\x80\x00\x1f\x88\x04demo" + box.number.to_bytes(2, "big")
        self._engine = usm.Engine(engine_id, 1, 1000 + box.number, _clock.monotonic_s(), synced=True)
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        now_s = _clock.now().timestamp()
        if self._effects.is_silent(now_s) or self._dice.random() < self._effects.loss_ratio(now_s):
            return
        try:
            answer = self._answer(data, now_s)
        except DeviceError:
            return
        if answer is None:
            return
        delay_s = self._effects.delay_s(now_s)
        asyncio.get_running_loop().call_later(delay_s + self._dice.uniform(0.002, 0.009), self._send, answer, addr)

    def _send(self, answer: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(answer, addr)

    def notify(self, port: int) -> None:
        """Send what happened since the last call to the program, at this port of 127.0.0.1."""
        before_s, self._told_s = self._told_s, _clock.now().timestamp()
        for oid, rows in notifying.told(self._box, self._effects, before_s, self._told_s):
            ticks = int((self._told_s - self._effects.started_at_s(self._told_s, FIRST_START_S)) * 100) % 2**32
            pdu = notifying.trap(oid, rows, ticks, self._dice.randrange(1, 2**31))
            self._send(self._sealed(pdu) if self._wants_v3 else self._plain(pdu), ("127.0.0.1", port))

    def _plain(self, pdu: bytes) -> bytes:
        return ber.encode_message(1, COMMUNITY.encode(), pdu)

    def _sealed(self, pdu: bytes) -> bytes:
        number, scoped = self._dice.randbytes(3), usm.scoped_pdu(self._engine.engine_id, pdu)
        keys = self._engine.keys_of(USER)
        return usm.seal(self._engine, keys, b"\x01" + number, scoped, _clock.monotonic_s(), is_authority=True)

    def _answer(self, data: bytes, now_s: float) -> bytes | None:
        version, pos = ber.open_message(data)
        if version == 3:
            return self._answer_v3(data, now_s) if self._wants_v3 else None
        community, pos = ber.open_community(data, pos)
        if version != 1 or self._wants_v3 or community != COMMUNITY.encode():
            return None
        pdu = self._pdu(data, pos, now_s)
        return None if pdu is None else ber.encode_message(1, community, pdu)

    def _answer_v3(self, data: bytes, now_s: float) -> bytes | None:
        """RFC 3414 from the agent's side: discovery, time window, then the question itself."""
        asked = usm.take_apart(data)
        number, monotonic_s = asked.number.to_bytes(4, "big"), _clock.monotonic_s()
        keys = self._engine.keys_of(USER)
        if asked.engine_id != self._engine.engine_id:
            return self._report(usm.UNKNOWN_ENGINE, number, usm.Keys(b""), monotonic_s)
        if asked.user != keys.user or not usm.is_authentic(asked, keys):
            return None
        if not self._engine.is_within(asked.boots, asked.time_s, monotonic_s):
            return self._report(usm.NOT_IN_TIME, number, keys.without_privacy(), monotonic_s)
        clear, pos = usm.open_scoped(asked, keys)
        pdu = self._pdu(clear, pos, now_s)
        if pdu is None:
            return None
        return usm.seal(self._engine, keys, number, usm.scoped_pdu(self._engine.engine_id, pdu), monotonic_s)

    def _report(self, oid: str, number: bytes, keys: usm.Keys, now_s: float) -> bytes:
        scoped = usm.scoped_pdu(self._engine.engine_id, usm.report(oid))
        return usm.seal(self._engine, keys, number, scoped, now_s)

    def _pdu(self, data: bytes, pos: int, now_s: float) -> bytes | None:
        """The response PDU to the question at a position."""
        kind = data[pos]
        if kind not in (_GET, _GETNEXT, _GETBULK):
            return None
        start, stop = ber.read(data, pos, len(data), kind, "a question")
        request_id, start = ber.read_integer(data, start, stop, "request-id")
        first, start = ber.read_integer(data, start, stop, "error-status")
        second, start = ber.read_integer(data, start, stop, "error-index")
        start, stop = ber.read(data, start, stop, 0x30, "names")
        names: list[bytes] = []
        while start < stop:
            inside, start = ber.read(data, start, stop, 0x30, "a name")
            name, end = ber.read(data, inside, start, 0x06, "a name")
            names.append(data[name:end])
        rows = self._rows(kind, names, first, second, now_s)
        return ber.tlv(_RESPONSE, ber.encode_integer(request_id) + ber.encode_integer(0) * 2 + ber.tlv(0x30, rows))

    def _rows(self, kind: int, names: list[bytes], first: int, second: int, now_s: float) -> bytes:
        if kind == _GET:
            return b"".join(
                ber.tlv(0x30, ber.tlv(0x06, name) + (self._mib.get(_arcs(name), now_s) or _NO_INSTANCE))
                for name in names
            )
        single = names if kind == _GETNEXT else names[: max(0, first)]
        repeated = [] if kind == _GETNEXT else names[max(0, first) :]
        rows = [self._next(_arcs(name), name, now_s)[0] for name in single]
        at = [(_arcs(name), name) for name in repeated]
        size = sum(map(len, rows))
        for _ in range(min(max(second, 0), BULK_MOST)):
            for place, (arcs, name) in enumerate(at):
                row, arcs, name = self._next(arcs, name, now_s)
                size += len(row)
                if size > ANSWER_MOST:
                    return b"".join(rows)
                rows.append(row)
                at[place] = arcs, name
            if all(row.endswith(_END) for row in rows[len(rows) - len(at) :]):
                break  # RFC 3416, 4.2.3: nothing comes after the end
        return b"".join(rows)

    def _next(self, arcs: tuple[int, ...], name: bytes, now_s: float) -> tuple[bytes, tuple[int, ...], bytes]:
        """One row, and where the next one starts."""
        found = self._mib.next_after(arcs, now_s)
        if found is None:
            return ber.tlv(0x30, ber.tlv(0x06, name) + _END), arcs, name
        after, encoded, value = found
        return ber.tlv(0x30, encoded + value), after, encoded[2:]


def _arcs(name: bytes) -> tuple[int, ...]:
    try:
        return tuple(int(arc) for arc in ber.decode_oid(name).split("."))
    except ValueError:
        return ()


def agents(region: regions.Region) -> list[tuple[regions.Box, Agent]]:
    """Every agent of the region with its part in the script."""
    effects = script(region.cast())
    made = []
    for box in region.boxes:
        own = effects.get(box.name, NOTHING)
        made.append((box, Agent(box, Mib(objects(box, region, own)), own)))
    return made


def _bind(region: regions.Region) -> tuple[int, list[socket.socket]]:
    """The first port that is free at every address."""
    for port in PORTS:
        bound: list[socket.socket] = []
        try:
            for box in region.boxes:
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                bound.append(sock)
                sock.setblocking(False)
                sock.bind((box.host, port))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
                heard.bind(("127.0.0.1", port + notifying.PORT_ABOVE))  # it is free for the program
        except OSError as error:
            for sock in bound:
                sock.close()
            if error.errno != errno.EADDRINUSE:
                raise InputError(
                    "demo_sockets",
                    f"The demo network needs {len(region.boxes)} UDP sockets on loopback: {error.strerror}.",
                ) from error
            continue
        return port, bound
    raise InputError(
        "demo_ports",
        f"The demo network needs a UDP port on loopback, and every one from {PORTS.start} to {PORTS.stop - 1} is "
        "taken: stop another demo, or run your own network with make run INVENTORY=file.csv.",
    )


async def serve(ready: Path, parent: int) -> None:
    """Serve until SIGTERM or until the parent is gone.

    Raises:
        InputError: no port is free.
    """
    region, stop = regions.build(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    port, sockets = _bind(region)
    made = agents(region)
    for (_, agent), sock in zip(made, sockets, strict=True):
        await loop.create_datagram_endpoint(lambda agent=agent: agent, sock=sock)  # type: ignore[misc]  # bound at once
    _tell(ready, str(port))
    while not stop.is_set() and os.getppid() == parent:
        try:
            await asyncio.wait_for(stop.wait(), 1.0)
        except TimeoutError:
            for _, agent in made:
                agent.notify(port + notifying.PORT_ABOVE)


def _tell(ready: Path, text: str) -> None:
    """Write the file at once and whole."""
    half = ready.with_suffix(".part")
    half.write_text(text, "utf-8")
    half.replace(ready)


def main(ready: Path, parent: int) -> None:
    """Serve; what prevents it goes to the parent, which tells the operator."""
    try:
        asyncio.run(serve(ready, parent))
    except InputError as error:
        _tell(ready, error.message)
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
