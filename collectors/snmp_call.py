"""One call on one device: its deadline, its tries, and what they cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from collectors.base import SnmpTarget
from collectors.snmp_guard import MAX_DATAGRAM_OCTETS, too_large
from collectors.snmp_wire import Exchange, Wire, resolve
from nms.base.errors import BadAnswer, Timeout


class Call:
    """Counts the requests of one call and keeps its overall deadline."""

    __slots__ = ("address", "deadline_s", "family", "loop", "lost", "rtt_s", "sent", "target", "wire")

    def __init__(self, wire: Wire, target: SnmpTarget) -> None:
        self.wire = wire
        self.target = target
        self.family, self.address = resolve(target.host, target.port)
        self.loop = asyncio.get_running_loop()
        self.deadline_s = self.loop.time() + target.deadline_s
        self.rtt_s: float | None = None
        self.sent = 0
        self.lost = 0

    async def transmit(self, number: int, datagram: Callable[[], bytes], tries: int | None = None) -> bytes:
        """The datagram that answers, after as many tries as the target allows, before the deadline.

        Raises:
            Timeout, Unreachable, BadAnswer (too large, or only answers that could not be believed).
        """
        note = ""
        for attempt in range(self.target.retries + 1 if tries is None else tries):
            now_s = self.loop.time()
            expires_s = min(now_s + self.target.timeout_s, self.deadline_s)
            if expires_s <= now_s:
                break
            if attempt:
                self.wire.stats.retries += 1
            self.sent += 1
            exchange = await self.wire.exchange(self.family, self.address, number, datagram(), expires_s)
            if exchange.answer is not None:
                return self._accept(exchange, now_s)
            self.lost += 1
            note = exchange.note or note
        self.wire.stats.timeouts += 1
        raise self._silence(note)

    def _accept(self, exchange: Exchange, sent_s: float) -> bytes:
        answer = exchange.answer or b""
        self.rtt_s = max(exchange.arrived_s - sent_s, 0.0)
        if len(answer) > MAX_DATAGRAM_OCTETS:
            self.wire.stats.malformed += 1
            raise too_large(len(answer))
        return answer

    def _silence(self, note: str) -> Timeout | BadAnswer:
        host, port = self.address
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        facts = {"host": host, "port": port, "sent": self.sent, "lost": self.lost}
        if note.startswith("The answer cannot be decoded"):
            return BadAnswer("snmp_undecodable", note, **facts)
        if self.loop.time() >= self.deadline_s:
            text = f"{where} did not finish its answers within {self.target.deadline_s:g} s."
            return Timeout("snmp_deadline", f"{text} {note}".strip(), **facts)
        text = f"{where} gave no answer to {self.sent} request(s) of {self.target.timeout_s:g} s each."
        return Timeout("snmp_timeout", f"{text} {note}".strip(), **facts)
