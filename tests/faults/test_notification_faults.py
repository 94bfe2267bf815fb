"""Rows 1, 3, 6, 23 and 24 of the catalogue: what may come to the port of notifications, and become of its process."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from collectors import snmp_ber as ber
from collectors.base import SnmpCredential, SnmpVersion
from collectors.notification import SNMP_TRAP_OID, SYS_UP_TIME, TRAP_V2
from collectors.notification_door import BURST, SOURCES_MOST, Door, Refusal, Refused, Sender, own_engine
from collectors.notification_process import NOTICES_OF_ONE
from nms.base.clock import SystemClock
from nms.ops.notifications import engine, receiver
from nms.ops.notifications.receiver import COMMAND, Ended, Gap, Notice, Receiver, bind

COMMUNITY = SnmpCredential(SnmpVersion.V2C, community="canary-community")
COLD_START = "1.3.6.1.6.3.1.1.5.1"


def row(oid: str, value: bytes) -> bytes:
    return ber.tlv(0x30, ber.encode_oid(oid) + value)


def trap(number: int = 1, community: str = COMMUNITY.community, oid: str = COLD_START, extra: bytes = b"") -> bytes:
    rows = row(SYS_UP_TIME, b"\x43\x01\x07") + row(SNMP_TRAP_OID, ber.encode_oid(oid)) + extra
    pdu = ber.tlv(TRAP_V2, ber.encode_integer(number) + ber.encode_integer(0) * 2 + ber.tlv(0x30, rows))
    return ber.encode_message(1, community.encode(), pdu)


class Heard:
    """A receiver under test, what it told, and what it noted."""

    def __init__(self, home: Path, command: Sequence[str], host: str) -> None:
        self.notices: list[Notice] = []
        self.gaps: list[Gap] = []
        self.receiver = Receiver(
            bind(host, 0),
            lambda: engine.next_start(home),
            self.notices.extend,
            self.gaps.append,
            SystemClock(),
            command,
        )
        self.receiver.let(json.dumps([["127.0.0.1", 161, "bs-1", asdict(COMMUNITY)]]).encode())
        self.receiver.start()

    def total(self) -> int:
        """Every datagram that came, whatever became of it."""
        found = self.receiver.heard
        return found.admitted + sum(found.refused.values()) + found.lost

    def send(self, *datagrams: bytes, source: str = "127.0.0.1") -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((source, 0))
            for datagram in datagrams:
                sock.sendto(datagram, ("127.0.0.1", self.receiver.port))


@contextmanager
def hearing(home: Path, command: Sequence[str] = COMMAND, host: str = "127.0.0.1") -> Iterator[Heard]:
    heard = Heard(home, command, host)
    try:
        assert until(lambda: heard.receiver.heard.is_up)
        yield heard
    finally:
        heard.receiver.stop()


def until(holds: Callable[[], bool], within_s: float = 15.0) -> bool:
    end_s = time.monotonic() + within_s
    while not holds() and time.monotonic() < end_s:
        time.sleep(0.02)
    return holds()


def memory_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def test_fault_06_the_process_is_killed_and_replaced(tmp_path: Path) -> None:
    with hearing(tmp_path) as heard:
        first = heard.receiver.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        heard.send(trap(oid=f"{COLD_START}0"))  # waits in the kernel for the next process
        assert until(lambda: heard.receiver.heard.restarts == 1 and heard.receiver.heard.is_up)
        assert heard.receiver.pid not in (None, first)
        assert [gap.why for gap in heard.gaps] == [Ended.KILLED]
        assert heard.gaps[0].started_at < heard.gaps[0].ended_at
        heard.send(trap())
        assert until(lambda: any(notice.oid == COLD_START for notice in heard.notices))
    assert json.loads((tmp_path / engine.FILE).read_text())["boots"] == 2


def test_fault_06_a_process_that_does_not_move_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "SILENCE_S", 2.0)
    with hearing(tmp_path) as heard:
        stopped = heard.receiver.pid
        assert stopped is not None
        os.kill(stopped, signal.SIGSTOP)
        assert until(lambda: heard.receiver.heard.restarts == 1)
        assert [gap.why for gap in heard.gaps] == [Ended.SILENT]
        assert not Path(f"/proc/{stopped}").exists()


BURNING = """
import collectors.notification_process as p
p.CPU_S = 0
def burn(self, now_s):
    while True: pass
p.Ear.hear = burn
import sys; p.main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
"""
GREEDY = BURNING.replace("while True: pass", "self.kept = bytearray(1 << 30)")


@pytest.mark.parametrize(("program", "why"), [(BURNING, Ended.KILLED), (GREEDY, Ended.FAILED)], ids=["CPU", "memory"])
def test_fault_06_a_decoder_that_takes_all_is_ended_by_the_kernel(tmp_path: Path, program: str, why: Ended) -> None:
    with hearing(tmp_path, (sys.executable, "-c", program)) as heard:
        heard.send(trap())
        assert until(lambda: bool(heard.gaps))
        assert heard.gaps[0].why is why


def test_fault_01_random_octets_and_changed_traps_are_refused_and_counted() -> None:
    dice = random.Random(20061020)
    door = Door(own_engine(b"\x80\x00\x00\x00\x05own-engine", 1, 0.0))
    door.let({"192.0.2.1": [Sender("bs-1", COMMUNITY)]})
    whole, admitted, now_s = trap(extra=row("1.3.6.1.2.1.2.2.1.2.7", ber.tlv(0x04, b"wlan0"))), 0, 0.0
    cases = 4_000
    for number in range(cases):
        data = bytearray(whole) if number % 2 else bytearray(dice.randbytes(dice.randrange(200)))
        for _ in range(dice.randrange(1, 4) if number % 2 else 0):
            data[dice.randrange(len(data))] = dice.randrange(256)
        now_s += 1.0
        try:
            door.judge(bytes(data), "192.0.2.1", 5000, now_s)
            admitted += 1
        except Refused:
            pass
    assert sum(door.refused.values()) + admitted == cases
    assert door.refused[Refusal.MALFORMED] > cases / 2


def test_fault_03_a_bomb_is_refused_before_it_is_decoded() -> None:
    door = Door(own_engine(b"\x80\x00\x00\x00\x05own-engine", 1, 0.0))
    door.let({"192.0.2.1": [Sender("bs-1", COMMUNITY)]})
    for arcs in (129, 1_000, 60_000):
        bomb = ber.tlv(0x30, ber.tlv(0x06, b"\x2b" + b"\x01" * arcs) + b"\x05\x00")
        with pytest.raises(Refused) as refused:
            door.judge(trap(extra=bomb), "192.0.2.1", 5000, 1.0)
        assert refused.value.why in (Refusal.MALFORMED, Refusal.TOO_LARGE)


def test_fault_23_one_sender_and_many_strangers_cost_a_bounded_amount(tmp_path: Path) -> None:
    """A storm of a second here; `test_fault_23_a_whole_storm` is the long one."""
    with hearing(tmp_path) as heard:
        pid = heard.receiver.pid
        assert pid is not None
        heard.send(trap())
        assert until(lambda: heard.receiver.heard.admitted == 1)
        before_kb = memory_kb(pid)
        sent = _storm(heard, 1.0, sources=50)
        assert until(lambda: heard.total() >= sent + 1)
        found = heard.receiver.heard
        assert found.refused[Refusal.PACE] > 0
        assert found.refused[Refusal.UNKNOWN_SOURCE] > 0
        assert found.admitted <= BURST + 40 * 2
        assert len(heard.notices) <= 1 + NOTICES_OF_ONE * 20
        assert memory_kb(pid) < before_kb * 1.2
        assert len(found.sources) <= SOURCES_MOST + 1


@pytest.mark.slow
@pytest.mark.parametrize("sources", [1, 250])
def test_fault_23_a_whole_storm(tmp_path: Path, sources: int) -> None:
    """Half a minute at the pace that a process of Python can send, from one address and from many."""
    with hearing(tmp_path) as heard:
        pid = heard.receiver.pid
        assert pid is not None
        _storm(heard, 2.0, sources)
        before_kb = memory_kb(pid)
        _storm(heard, 30.0, sources)
        assert heard.receiver.pid == pid
        assert heard.receiver.heard.restarts == 0
        assert memory_kb(pid) < before_kb * 1.1


def _storm(heard: Heard, seconds: float, sources: int) -> int:
    """Traps as fast as they go from the known sender and from strangers, each different; how many were sent."""
    socks = []
    try:
        for number in range(sources):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((f"127.0.{number // 250}.{number % 250 + 1}", 0))
            socks.append(sock)
        sent, end_s = 0, time.monotonic() + seconds
        while time.monotonic() < end_s:
            for sock in socks:
                sock.sendto(trap(oid=f"{COLD_START}.{sent % 1000}"), ("127.0.0.1", heard.receiver.port))
                sent += 1
        return sent
    finally:
        for sock in socks:
            sock.close()


def test_fault_82_a_signal_to_the_whole_group_leaves_the_end_to_the_program(tmp_path: Path) -> None:
    """As a terminal or a service manager sends it: no gap is noted, and the process ends with its parent's word."""
    with hearing(tmp_path) as heard:
        pid = heard.receiver.pid
        assert pid is not None
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
        heard.send(trap())
        assert until(lambda: heard.receiver.heard.admitted == 1)
        assert heard.receiver.pid == pid
    assert heard.gaps == []
    assert not Path(f"/proc/{pid}").exists()
