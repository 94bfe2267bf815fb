"""A cable that loses and delays: frames pass between two ports, and echoes (ICMP, ICMPv6) are treated as told.

`tc netem` is not in every kernel, so a small process stands in the cable. `python -m tests.fakes.wire PORT PORT SOCKET`
runs in a network namespace that holds both ports and nothing else; it listens on a datagram socket of the file system
for its orders:

    treat(socket, lose=1, of=4, delay_s=0.03)      # of every four echo requests the last is lost, the others are late
    treat(socket)                                   # a good cable again

What is lost is counted out, for each version of IP, and not drawn, so that a test knows the share it must read.
"""

from __future__ import annotations

import heapq
import json
import select
import socket
import struct
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path

_SOL_PACKET, _IGNORE_OUTGOING, _VNET_HEADER = 263, 23, 15
"""Of linux/if_packet.h: not what we send ourselves; and each frame with its state of checksumming in front."""
_HEADER = 10
_ALL = 0x0003
_ECHO = {4: 8, 6: 128}
"""The type of an echo request, by version of IP."""


def treat(path: Path | str, *, lose: int = 0, of: int = 1, delay_s: float = 0.0) -> None:
    """Tell the cable at a socket what to do with echo requests from now on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(json.dumps({"lose": lose, "of": of, "delay_s": delay_s}).encode(), str(path))


def echo_request(frame: bytes) -> int:
    """The version of IP whose echo request an Ethernet frame carries; 0 for any other frame."""
    kind, body = frame[12:14], frame[14:]
    if kind == b"\x08\x00" and len(body) >= 28 and body[9] == 1:
        return 4 if body[(body[0] & 0x0F) * 4] == _ECHO[4] else 0
    return 6 if kind == b"\x86\xdd" and len(body) >= 48 and body[6] == 58 and body[40] == _ECHO[6] else 0


class Wire:
    """Both ports, what is on its way, and how echo requests are treated."""

    def __init__(self, ports: tuple[str, str], orders: Path) -> None:
        self._ports = [_opened(port) for port in ports]
        self._orders = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._orders.bind(str(orders))
        self._lose, self._of, self._delay_s = 0, 1, 0.0
        self._seen = Counter[int]()
        self._order = count()
        self._late: list[tuple[float, int, int, bytes]] = []

    def run(self) -> None:
        """Pass frames until the process is ended."""
        while True:
            now_s = time.monotonic()
            while self._late and self._late[0][0] <= now_s:
                _, _, to, frame = heapq.heappop(self._late)
                self._ports[to].send(frame)
            wait_s = max(0.0, self._late[0][0] - now_s) if self._late else None
            for ready in select.select([*self._ports, self._orders], [], [], wait_s)[0]:
                if ready is self._orders:
                    self._obey(json.loads(ready.recv(1000)))
                else:
                    self._pass(ready.recv(70_000), 1 - self._ports.index(ready))

    def _obey(self, order: dict[str, float]) -> None:
        self._lose, self._of, self._delay_s = int(order["lose"]), int(order["of"]), float(order["delay_s"])
        self._seen.clear()

    def _pass(self, packet: bytes, to: int) -> None:
        version = echo_request(packet[_HEADER:])
        if not version:
            self._ports[to].send(packet)
            return
        place = self._seen[version] % self._of
        self._seen[version] += 1
        if place < self._of - self._lose:
            heapq.heappush(self._late, (time.monotonic() + self._delay_s, next(self._order), to, packet))


def _opened(port: str) -> socket.socket:
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
    for option in (_IGNORE_OUTGOING, _VNET_HEADER):
        opened.setsockopt(_SOL_PACKET, option, struct.pack("i", 1))
    opened.bind((port, _ALL))
    return opened


if __name__ == "__main__":
    wire = Wire((sys.argv[1], sys.argv[2]), Path(sys.argv[3]))
    print("ready", flush=True)
    wire.run()
