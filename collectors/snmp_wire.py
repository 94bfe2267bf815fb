"""Datagrams out and in: one UDP socket per address family for all devices, answers matched by id and source.

Nothing here believes an answer: it only finds the question that an answer claims to belong to. Timers are those of
the event loop; one sweep of the pending questions serves all of them, so that a healthy poll sets no timer of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import sys
from dataclasses import dataclass
from functools import lru_cache

from collectors.snmp_ber import MIN_ID, open_community, open_message, read, read_integer
from collectors.snmp_guard import MAX_DATAGRAM_OCTETS, read_header
from nms.base.clock import packet_age_s
from nms.base.errors import BadAnswer, Unreachable
from nms.base.text import say

BUFFER_OCTETS = 4 * 1024 * 1024
_FORCED = (33, 32) if sys.platform == "linux" else ()  # SO_RCVBUFFORCE, SO_SNDBUFFORCE
SO_TIMESTAMPNS = 35  # Linux; the kernel's own time of arrival comes with each datagram
_NOTES_OCTETS = socket.CMSG_SPACE(16)
DRAIN_AT_ONCE = 64
SEND_TRIES = 50

Address = tuple[str, int]


@dataclass(slots=True)
class Stats:
    """Counters since the client was opened: questions sent, of which repeats; unanswered calls; answers not believed.

    `malformed` answers could not be decoded; `stray` ones came from another address, bore an unknown id or came twice.
    """

    requests: int = 0
    retries: int = 0
    timeouts: int = 0
    malformed: int = 0
    stray: int = 0


class Exchange:
    """One question on the wire. `answer` is None while there is none; `note` tells of an answer not believed."""

    __slots__ = ("address", "answer", "arrived_s", "expires_s", "note", "waiter")

    def __init__(self, address: Address, expires_s: float, waiter: asyncio.Future[None]) -> None:
        self.address = address
        self.expires_s = expires_s
        self.waiter = waiter
        self.answer: bytes | None = None
        self.arrived_s = 0.0
        self.note = ""


@lru_cache(maxsize=65_536)
def resolve(host: str, port: int) -> tuple[socket.AddressFamily, Address]:
    """Family and canonical form of a literal address; names are not looked up here.

    Raises:
        Unreachable: not a literal IPv4 or IPv6 address.
    """
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError):
            return family, (socket.inet_ntop(family, socket.inet_pton(family, host)), port)
    raise Unreachable("snmp_bad_address", say("“{host}” is not an IP address.", host=host[:80]), host=host[:80])


def widen(sock: socket.socket) -> None:
    """Buffers of `BUFFER_OCTETS` both ways, as far as the system lets."""
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, option, BUFFER_OCTETS)
    for option in _FORCED:
        with contextlib.suppress(OSError):  # only a privileged process may pass the system's limit
            sock.setsockopt(socket.SOL_SOCKET, option, BUFFER_OCTETS)


def message_id(data: bytes) -> int:
    """The id that an answer bears: msgID of v3, request-id of the others.

    Raises:
        BadAnswer: no id can be read.
    """
    version, pos = open_message(data)
    end = len(data)
    if version == 3:
        pos, end = read(data, pos, end, 0x30, "a v3 header")
        return read_integer(data, pos, end, "msgID")[0]
    _, pos = open_community(data, pos)
    _, pos, end = read_header(data, pos, end)
    return read_integer(data, pos, end, "request-id")[0]


class Wire:
    """The sockets of one client in one event loop."""

    def __init__(self, stats: Stats) -> None:
        self.stats = stats
        self._loop = asyncio.get_running_loop()
        self._sockets: dict[socket.AddressFamily, socket.socket] = {}
        self._pending: dict[int, Exchange] = {}
        self._ids: list[int] = []
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_s = 0.0

    def close(self) -> None:
        """Close the sockets; questions still open are given up."""
        if self._alarm:
            self._alarm.cancel()
        for sock in self._sockets.values():
            self._loop.remove_reader(sock)
            sock.close()
        self._sockets.clear()
        for exchange in self._pending.values():
            exchange.waiter.cancel()

    def new_id(self) -> int:
        """A number of four bytes that nobody off the path can guess, free at present."""
        while True:
            if not self._ids:
                block = os.urandom(2048)
                self._ids = [int.from_bytes(block[at : at + 4], "big") & 0x7FFFFFFF for at in range(0, 2048, 4)]
            number = self._ids.pop()
            if number >= MIN_ID and number not in self._pending:
                return number

    async def exchange(
        self, family: socket.AddressFamily, address: Address, number: int, datagram: bytes, expires_s: float
    ) -> Exchange:
        """Send a question and wait for what claims to be its answer, until `expires_s` of the loop's clock.

        Raises:
            Unreachable: the system refuses to send there.
        """
        exchange = Exchange(address, expires_s, self._loop.create_future())
        self._pending[number] = exchange
        if self._alarm is None or expires_s < self._alarm_s:
            self._set_alarm(expires_s)
        try:
            await self._send(family, address, datagram)
            await exchange.waiter
        finally:
            del self._pending[number]
        return exchange

    async def _send(self, family: socket.AddressFamily, address: Address, datagram: bytes) -> None:
        sock = self._sockets.get(family) or self._open(family)
        self.stats.requests += 1
        for _ in range(SEND_TRIES):
            try:
                sock.sendto(datagram, address)
                return
            except BlockingIOError:
                await asyncio.sleep(0.002)
            except OSError as error:
                why = error.strerror or "refused"
                host, port = address
                raise Unreachable(
                    "snmp_unreachable",
                    say("{host}:{port} cannot be reached: {why}.", host=host, port=port, why=why),
                    host=host,
                    port=port,
                    why=why,
                ) from None
        raise Unreachable("snmp_send_queue_full", say("The send queue of this machine stays full."), host=address[0])

    def _open(self, family: socket.AddressFamily) -> socket.socket:
        try:
            sock = socket.socket(family, socket.SOCK_DGRAM)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                raise  # a want of this machine: it says nothing about the device
            raise Unreachable(
                "snmp_unreachable",
                say("This machine has no {name}: {why}.", name=family.name, why=error.strerror),
                why=error.strerror,
            ) from None
        sock.setblocking(False)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        widen(sock)
        with contextlib.suppress(OSError):  # without it the round trip includes our own delay in reading
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.bind(("", 0))
        self._loop.add_reader(sock, self._drain, sock)
        self._sockets[family] = sock
        return sock

    def _drain(self, sock: socket.socket) -> None:
        """Take in what has arrived, a bounded number at a time so that the loop stays fair.

        An answer arrived when the kernel took it in, not when we came to read it: a busy poller is no slow device.
        The age is read before our own clock: a process halted between the two then sees a longer way, never none.
        """
        for _ in range(DRAIN_AT_ONCE):
            try:
                data, notes, _, source = sock.recvmsg(MAX_DATAGRAM_OCTETS + 1, _NOTES_OCTETS)
            except BlockingIOError:
                return
            except OSError:
                continue
            waited_s = packet_age_s(notes[0][2]) if notes and notes[0][1] == SO_TIMESTAMPNS else 0.0
            self._dispatch(data, source, self._loop.time() - waited_s)

    def _dispatch(self, data: bytes, source: tuple[str, int], now_s: float) -> None:
        number = _quick_id(data)
        if number is None:
            try:
                number = message_id(data if len(data) <= MAX_DATAGRAM_OCTETS else _head_of(data))
            except BadAnswer as error:
                self.stats.malformed += 1
                self._note(source, error.message)
                return
        exchange = self._pending.get(number)
        if exchange is None or exchange.answer is not None:
            self.stats.stray += 1
            self._note(source, "Its answers bear another request-id.")
            return
        if exchange.address != (source[0].partition("%")[0], source[1]):
            self.stats.stray += 1
            exchange.note = f"An answer came from another address, {source[0]}:{source[1]}."
            return
        exchange.answer = data
        exchange.arrived_s = now_s
        if not exchange.waiter.done():
            exchange.waiter.set_result(None)

    def _note(self, source: tuple[str, int], text: str) -> None:
        """Tell the open questions of this source what came instead of an answer."""
        address = (source[0].partition("%")[0], source[1])
        for exchange in self._pending.values():
            if exchange.address == address:
                exchange.note = text

    def _set_alarm(self, at_s: float) -> None:
        if self._alarm:
            self._alarm.cancel()
        self._alarm_s = at_s
        self._alarm = self._loop.call_at(at_s, self._expire)

    def _expire(self) -> None:
        """Wake the questions whose time is over, and set the alarm for the next."""
        now_s = self._loop.time() + 0.001
        self._alarm = None
        earliest_s = None
        for exchange in self._pending.values():
            if exchange.expires_s <= now_s:
                if not exchange.waiter.done():
                    exchange.waiter.set_result(None)
            elif earliest_s is None or exchange.expires_s < earliest_s:
                earliest_s = exchange.expires_s
        if earliest_s is not None:
            self._set_alarm(max(earliest_s, now_s + 0.004))


def _quick_id(data: bytes) -> int | None:
    """The request-id of a v1/v2c message of the usual shape; None leaves it to `message_id`."""
    try:
        pos = data[1]
        pos = 2 if pos < 0x80 else 2 + (pos & 0x7F)
        if data[0] != 0x30 or data[pos : pos + 2] != b"\x02\x01" or data[pos + 2] > 1 or data[pos + 3] != 0x04:
            return None
        pos += 5 + data[pos + 4]
        size = data[pos + 1]
        pos += 2 if size < 0x80 else 2 + (size & 0x7F)
        if data[pos : pos + 2] != b"\x02\x04":
            return None
        return int.from_bytes(data[pos + 2 : pos + 6], "big")
    except IndexError:
        return None


def _head_of(data: bytes) -> bytes:
    """A datagram over the limit under a header of its own, so that its id can be read although its tail was not."""
    size = data[1]
    start = 2 if size < 0x80 else 2 + (size & 0x7F)
    body = data[start:]
    return b"\x30\x84" + len(body).to_bytes(4, "big") + body
