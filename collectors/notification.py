"""One SNMP notification: a trap of v1, v2c or v3, or an INFORM, read out of its PDU. No I/O.

A trap of v1 becomes one of v2 as RFC 3584 3.1 says, so that nobody else needs to know that there were two forms.
Nothing in it is believed here; who may send is for `collectors.notification_door`.
"""

from __future__ import annotations

from dataclasses import dataclass

from collectors.base import ValueKind, VarBind
from collectors.snmp_ber import (
    RESPONSE,
    decode_oid,
    decode_value,
    encode_integer,
    read,
    read_integer,
    read_varbinds,
    tlv,
)
from collectors.snmp_guard import read_header, undecodable

TRAP_V1, INFORM, TRAP_V2 = 0xA4, 0xA6, 0xA7
SYS_UP_TIME, SNMP_TRAP_OID = "1.3.6.1.2.1.1.3.0", "1.3.6.1.6.3.1.1.4.1.0"
_STANDARD = "1.3.6.1.6.3.1.1.5"
_ENTERPRISE_SPECIFIC = 6
_HEADER_ROWS = 2


@dataclass(frozen=True, slots=True)
class Notification:
    """What a device says happened: `oid` is snmpTrapOID, `uptime_ticks` its sysUpTime in hundredths of a second.

    `varbinds` are the other objects. `answer` is the response PDU that an INFORM waits for; empty for a trap.
    """

    oid: str
    uptime_ticks: int | None
    varbinds: tuple[VarBind, ...]
    answer: bytes = b""


def read_notification(data: bytes, pos: int, end: int) -> Notification:
    """The notification whose PDU fills `data[pos:end]`.

    Raises:
        BadAnswer: another kind of PDU, or its structure does not hold.
    """
    tag, start, stop = read_header(data, pos, end)
    if stop != end:
        raise undecodable("bytes after the message")
    if tag == TRAP_V1:
        return _of_v1(data, start, stop)
    if tag not in (INFORM, TRAP_V2):
        raise undecodable(f"a notification expected, tag 0x{tag:02x} found")
    request_id, start = read_integer(data, start, stop, "request-id")
    _, start = read_integer(data, start, stop, "error-status")
    _, start = read_integer(data, start, stop, "error-index")
    rows = _rows(data, start, stop)
    if len(rows) < _HEADER_ROWS or rows[0].oid != SYS_UP_TIME or rows[1].oid != SNMP_TRAP_OID:
        raise undecodable("sysUpTime and snmpTrapOID do not come first")
    ticks, oid = rows[0].value, rows[1].value
    if rows[0].kind is not ValueKind.TICKS or rows[1].kind is not ValueKind.OID:
        raise undecodable("sysUpTime or snmpTrapOID of another type")
    answer = b""
    if tag == INFORM:
        answer = tlv(RESPONSE, encode_integer(request_id) + encode_integer(0) * 2 + data[start:stop])
    return Notification(str(oid), _ticks(ticks), tuple(rows[_HEADER_ROWS:]), answer)


def _of_v1(data: bytes, pos: int, end: int) -> Notification:
    """RFC 3584 3.1: the six standard traps have their own names, all others hang below the enterprise."""
    start, pos = read(data, pos, end, 0x06, "an enterprise")
    try:
        enterprise = decode_oid(data[start:pos])
    except ValueError as error:
        raise undecodable(str(error)) from None
    start, pos = read(data, pos, end, 0x40, "an agent's address")
    if pos - start not in (0, 4):
        raise undecodable("an agent's address of another size")
    generic, pos = read_integer(data, pos, end, "generic-trap")
    specific, pos = read_integer(data, pos, end, "specific-trap")
    start, pos = read(data, pos, end, 0x43, "a time stamp")
    kind, ticks, reason = decode_value(0x43, data[start:pos])
    if kind is ValueKind.BAD:
        raise undecodable(reason)
    if not 0 <= generic <= _ENTERPRISE_SPECIFIC or specific < 0:
        raise undecodable(f"generic-trap {generic}, specific-trap {specific}")
    is_own = generic == _ENTERPRISE_SPECIFIC
    oid = f"{enterprise}.0.{specific}" if is_own else f"{_STANDARD}.{generic + 1}"
    return Notification(oid, _ticks(ticks), tuple(_rows(data, pos, end)))


def _rows(data: bytes, pos: int, end: int) -> list[VarBind]:
    start, last = read(data, pos, end, 0x30, "the list of values")
    if last != end:
        raise undecodable("bytes after the list of values")
    return read_varbinds(data, start, last)


def _ticks(value: int | bytes | str | None) -> int | None:
    return value if isinstance(value, int) else None
