"""What the simulated devices notify by themselves: a new start, and terminals that leave or come back."""

from __future__ import annotations

from collections.abc import Iterator

from collectors import snmp_ber as ber
from collectors.notification import SNMP_TRAP_OID, SYS_UP_TIME, TRAP_V2
from nms.app.demo.region import Box
from nms.app.demo.script import Effects

PORT_ABOVE = 200
"""The program of the demo hears at the port of its agents plus this, on 127.0.0.1."""
COLD_START, SUBSCRIBER = "1.3.6.1.6.3.1.1.5.1", "1.0.8802.16.2.1.1.2.0.5"
_MAC, _STATUS = "1.0.8802.16.2.1.1.2.1.1.1", "1.0.8802.16.2.1.1.2.1.1.8"
_REGISTERED, _DEREGISTERED = 1, 2
STARTING_S = 25.0


def told(box: Box, effects: Effects, before_s: float, now_s: float) -> Iterator[tuple[str, bytes]]:
    """What happened between two instants (epoch seconds): the notification's OID and its encoded rows."""
    started_s = effects.started_at_s(now_s - STARTING_S, 0.0) + STARTING_S
    if effects.reboot_s is not None and before_s < started_s <= now_s:
        yield COLD_START, b""
    for number, (_, mac) in enumerate(box.terminals):
        was, now = effects.is_deaf(number, before_s), effects.is_deaf(number, now_s)
        if was != now:
            status = ber.encode_integer(_DEREGISTERED if now else _REGISTERED)
            octets = bytes.fromhex(mac.replace(":", ""))
            yield SUBSCRIBER, _row(_MAC, ber.tlv(0x04, octets)) + _row(_STATUS, status)


def trap(oid: str, rows: bytes, uptime_ticks: int, number: int) -> bytes:
    """The PDU of a trap of v2."""
    first = _row(SYS_UP_TIME, b"\x43" + ber.encode_integer(uptime_ticks)[1:])
    named = first + _row(SNMP_TRAP_OID, ber.encode_oid(oid)) + rows
    return ber.tlv(TRAP_V2, ber.encode_integer(number) + ber.encode_integer(0) * 2 + ber.tlv(0x30, named))


def _row(oid: str, value: bytes) -> bytes:
    return ber.tlv(0x30, ber.encode_oid(oid) + value)
