"""The process that hears notifications: `python -m collectors.notification_process FD ENGINE BOOTS`.

It stands alone between the network and the rest, so that no datagram can take the memory or the time of the polls: its
memory and its CPU are limited by the kernel. FD is a bound UDP socket that it inherits. On stdin, a line of JSON
replaces the senders, the first of which it waits for; credentials come this way, never by argument or environment. The
end of stdin ends it. On stdout, each second, a line of JSON: what was admitted and what was refused since the last.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import socket
import sys
from collections import Counter
from ipaddress import IPv6Address, ip_address

from collectors.base import SnmpCredential, SnmpVersion, ValueKind, VarBind
from collectors.notification_door import Admitted, Door, Refusal, Refused, Sender, own_engine
from collectors.snmp_guard import MAX_DATAGRAM_OCTETS
from nms.base.clock import SystemClock
from nms.base.text import clean

BEAT_S = 1.0
MEMORY_OCTETS = 512 * 1024 * 1024
CPU_S = 5
"""CPU that may pass between two beats."""
AT_ONCE = 500
"""Datagrams that are read before the clock is looked at."""
NOTICES_MOST, NOTICES_OF_ONE = 200, 10
"""Different notifications that one beat tells, of all devices and of one."""
VARBINDS_MOST, TEXT_MOST, OCTETS_SHOWN = 32, 200, 32

_clock = SystemClock()
_Key = tuple[str, str, tuple[tuple[str, str], ...]]


class Ear:
    """Reads the socket, asks the door, and tells each beat what there was. The same said twice is told once."""

    def __init__(self, heard: socket.socket, door: Door) -> None:
        self._socket, self._door = heard, door
        self._told: dict[_Key, dict[str, object]] = {}
        self._counts: Counter[_Key] = Counter()
        self._of_device: Counter[str] = Counter()
        self._admitted = 0
        self._lost_before = kernel_losses(heard)

    def hear(self, now_s: float) -> None:
        """Read what waits, up to a bound."""
        for _ in range(AT_ONCE):
            try:
                data, address = self._socket.recvfrom(MAX_DATAGRAM_OCTETS + 1)
            except OSError:
                return
            host, port = _plain(address[0]), address[1]
            try:
                admitted = self._door.judge(data, host, port, now_s)
            except Refused as refusal:
                answer = refusal.answer
            else:
                answer = self._take(admitted, host)
            if answer:
                with contextlib.suppress(OSError):
                    self._socket.sendto(answer, address)

    def _take(self, admitted: Admitted, host: str) -> bytes:
        """Keep it for the next beat, and answer what acknowledges it."""
        of = admitted.notification
        values = tuple((row.oid, told(row)) for row in of.varbinds[:VARBINDS_MOST])
        key = (admitted.device, of.oid, values)
        if key not in self._told:
            if len(self._told) >= NOTICES_MOST or self._of_device[admitted.device] >= NOTICES_OF_ONE:
                self._door.count(Refusal.CROWD, host)
                return b""
            self._of_device[admitted.device] += 1
            self._told[key] = {"device": admitted.device, "oid": of.oid, "ticks": of.uptime_ticks, "values": values}
        self._counts[key] += 1
        self._admitted += 1
        return admitted.answer

    def beat(self) -> dict[str, object]:
        """What there was since the last beat."""
        lost = kernel_losses(self._socket)
        line: dict[str, object] = {
            "admitted": self._admitted,
            "lost": max(0, lost - self._lost_before),
            "refused": {why.value: number for why, number in self._door.refused.items()},
            "from": {host: sum(by.values()) for host, by in self._door.refused_from.items()},
            "notices": [row | {"count": self._counts[key]} for key, row in self._told.items()],
        }
        self._lost_before, self._admitted = lost, 0
        for kept in (self._told, self._counts, self._of_device, self._door.refused, self._door.refused_from):
            kept.clear()
        return line


def told(row: VarBind) -> str:
    """A value as a person reads it: a text when it is one, else its octets."""
    if row.kind is ValueKind.BAD:
        return clean(row.reason, TEXT_MOST)
    if not isinstance(row.value, bytes):
        return "" if row.value is None else clean(str(row.value), TEXT_MOST)
    try:
        text = row.value.decode()
    except UnicodeDecodeError:
        text = "\0"
    if text.isprintable():
        return clean(text, TEXT_MOST)
    shown = row.value[:OCTETS_SHOWN].hex(":")
    return shown + "…" if len(row.value) > OCTETS_SHOWN else shown


def kernel_losses(heard: socket.socket) -> int:
    """Datagrams that the kernel threw away because this socket's buffer was full; 0 where it does not say."""
    inode = str(os.fstat(heard.fileno()).st_ino)
    for table in ("/proc/self/net/udp", "/proc/self/net/udp6"):
        with contextlib.suppress(OSError, ValueError, IndexError), open(table, encoding="ascii") as rows:
            for row in rows:
                fields = row.split()
                if len(fields) > 12 and fields[9] == inode:
                    return int(fields[12])
    return 0


def senders_of(line: bytes) -> dict[str, list[Sender]]:
    """The senders of a line: a list of `[host, port, device, credential]`."""
    found: dict[str, list[Sender]] = {}
    for host, port, device, credential in json.loads(line):
        of = SnmpCredential(**credential | {"version": SnmpVersion(credential["version"])})
        found.setdefault(host, []).append(Sender(device, of, port))
    return found


def main(fd: int, engine_id: str, boots: int) -> None:
    """Hear until stdin ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they come to the whole group: the program ends it when it ends
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_OCTETS, MEMORY_OCTETS))
    heard = socket.socket(fileno=fd)
    heard.setblocking(False)
    os.set_blocking(sys.stdin.fileno(), False)
    door = Door(own_engine(bytes.fromhex(engine_id), boots, _clock.monotonic_s()))
    ear = Ear(heard, door)
    waiting = select.poll()
    waiting.register(sys.stdin, select.POLLIN)
    half, knows = b"", False
    next_s = _clock.monotonic_s()
    while True:
        now_s = _clock.monotonic_s()
        if now_s >= next_s and knows:
            next_s = now_s + BEAT_S
            _allow_cpu()
            print(json.dumps(ear.beat()), flush=True)
        for ready, _ in waiting.poll(max(0.0, next_s - now_s) * 1000):
            if ready == heard.fileno():
                ear.hear(_clock.monotonic_s())
                continue
            more = os.read(sys.stdin.fileno(), 65_536)
            if not more:
                return
            *lines, half = (half + more).split(b"\n")
            if lines:
                door.let(senders_of(lines[-1]))
                knows = True
                waiting.register(heard, select.POLLIN)


def _allow_cpu() -> None:
    """Some seconds more from here: whoever does not reach the next beat by then is ended by the kernel."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + CPU_S + 1, hard))


def _plain(host: str) -> str:
    """An IPv4 address on a socket that hears both comes in IPv6 clothes; a zone is left out."""
    if ":" not in host:
        return host
    ip = ip_address(host.partition("%")[0])
    return str(ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else str(ip)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
