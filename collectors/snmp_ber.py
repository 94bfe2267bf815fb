"""A small strict BER codec for SNMP messages: encodes requests, decodes answers with a verdict per value.

Six value types and one message shape need no general ASN.1. The structure must hold or the whole answer is a
`BadAnswer`; a value that cannot be believed is a `VarBind` of kind BAD, and its neighbours stand.
Sources: RFC 3416 (PDUs), RFC 2578 7.1 (value ranges), RFC 3417 8 (restrictions on BER).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from collectors.base import ValueKind, VarBind
from collectors.snmp_guard import MAX_OID_ARCS, arcs_of, read_header, undecodable
from nms.base.errors import BadAnswer, InputError
from nms.base.text import say

GET, GETNEXT, RESPONSE, GETBULK, REPORT = 0xA0, 0xA1, 0xA2, 0xA5, 0xA8
MIN_ID, MAX_ID = 0x01000000, 0x7FFFFFFF
"""Request ids of ours always take four bytes, so that a prepared request is patched in place."""

NO_ERROR, TOO_BIG, NO_SUCH_NAME, GEN_ERR, NO_ACCESS, AUTHORIZATION_ERROR = 0, 1, 2, 5, 6, 16
ERROR_STATUS = (
    "noError",
    "tooBig",
    "noSuchName",
    "badValue",
    "readOnly",
    "genErr",
    "noAccess",
    "wrongType",
    "wrongLength",
    "wrongEncoding",
    "wrongValue",
    "noCreation",
    "inconsistentValue",
    "resourceUnavailable",
    "commitFailed",
    "undoFailed",
    "authorizationError",
    "notWritable",
    "inconsistentName",
)

KIND_OF_TAG: dict[int, ValueKind] = {
    0x02: ValueKind.INTEGER,
    0x04: ValueKind.OCTETS,
    0x05: ValueKind.NULL,
    0x06: ValueKind.OID,
    0x40: ValueKind.IP_ADDRESS,
    0x41: ValueKind.COUNTER32,
    0x42: ValueKind.GAUGE32,
    0x43: ValueKind.TICKS,
    0x44: ValueKind.OPAQUE,
    0x46: ValueKind.COUNTER64,
    0x80: ValueKind.NO_SUCH_OBJECT,
    0x81: ValueKind.NO_SUCH_INSTANCE,
    0x82: ValueKind.END_OF_VIEW,
}
_DOTTED = re.compile(r"(?:0|[1-9][0-9]{0,9})(?:\.(?:0|[1-9][0-9]{0,9}))+")
_EMPTY = frozenset({0x05, 0x80, 0x81, 0x82})
_UNSIGNED_BITS = {0x41: 32, 0x42: 32, 0x43: 32, 0x46: 64}

Value: TypeAlias = int | bytes | str | None


@dataclass(frozen=True, slots=True)
class Pdu:
    """An answer whose structure holds: `error` is its error-status, `index` the error-index (1 = the first)."""

    kind: int
    request_id: int
    error: int
    index: int
    varbinds: tuple[VarBind, ...]


def error_name(status: int) -> str:
    """The name of an error-status, as the standard spells it."""
    return ERROR_STATUS[status] if 0 <= status < len(ERROR_STATUS) else f"error-status {status}"


# ---- encoding ------------------------------------------------------------------------------------------------------


def tlv(tag: int, content: bytes) -> bytes:
    """One element with a definite length of the fewest bytes."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    width = (size.bit_length() + 7) // 8
    return bytes((tag, 0x80 | width)) + size.to_bytes(width, "big") + content


def encode_integer(value: int) -> bytes:
    """An INTEGER of the fewest bytes."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


@lru_cache(maxsize=16_384)
def encode_oid(oid: str) -> bytes:
    """The element of a dotted OID.

    Raises:
        InputError: not an OID, or more than 128 arcs.
    """
    arcs = [int(arc) for arc in oid.split(".")] if _DOTTED.fullmatch(oid) else []
    if not 2 <= len(arcs) <= MAX_OID_ARCS or max(arcs) > 0xFFFFFFFF or arcs[0] > 2:
        raise InputError(
            "bad_oid",
            say("“{oid}” is not an OID: 2 to {most} numbers with dots.", oid=oid[:80], most=MAX_OID_ARCS),
            value=oid[:80],
        )
    if arcs[0] < 2 and arcs[1] > 39:
        raise InputError(
            "bad_oid", say("“{oid}” is not an OID: its second number is above 39.", oid=oid[:80]), value=oid[:80]
        )
    content = bytearray()
    for arc in (arcs[0] * 40 + arcs[1], *arcs[2:]):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        content.extend(reversed(septets))
    return tlv(0x06, bytes(content))


def encode_names(oids: Sequence[str]) -> bytes:
    """The list of (name, NULL) that a request carries."""
    return tlv(0x30, b"".join(tlv(0x30, encode_oid(oid) + b"\x05\x00") for oid in oids))


def encode_pdu(kind: int, request_id: int, names: bytes, first: int = 0, second: int = 0) -> bytes:
    """A request PDU; `first`/`second` are 0, or non-repeaters and max-repetitions of a GETBULK."""
    return tlv(kind, encode_integer(request_id) + encode_integer(first) + encode_integer(second) + names)


def encode_message(version: int, community: bytes, pdu: bytes) -> bytes:
    """A v1 (version 0) or v2c (version 1) message."""
    return tlv(0x30, encode_integer(version) + tlv(0x04, community) + pdu)


# ---- decoding ------------------------------------------------------------------------------------------------------


def read(data: bytes, pos: int, end: int, wanted: int, what: str) -> tuple[int, int]:
    """Start and end of the content of an element that must bear the tag `wanted`.

    Raises:
        BadAnswer: another tag, or no whole element.
    """
    start = pos + 2
    if start <= end and data[pos] == wanted and (stop := start + data[pos + 1]) <= end and stop - start < 0x80:
        return start, stop  # the short form, which nearly all elements have, without another call
    tag, start, stop = read_header(data, pos, end)
    if tag != wanted:
        raise undecodable(f"{what} expected, tag 0x{tag:02x} found")
    return start, stop


def read_integer(data: bytes, pos: int, end: int, what: str) -> tuple[int, int]:
    """A header INTEGER (32 bits, signed) and the position after it.

    Raises:
        BadAnswer: not an INTEGER of 1 to 4 bytes (5 with padding).
    """
    start, stop = read(data, pos, end, 0x02, what)
    if not 1 <= stop - start <= 5:
        raise undecodable(f"{what} has {stop - start} bytes")
    value = int.from_bytes(data[start:stop], "big", signed=True)
    if not -(2**31) <= value < 2**31:
        raise undecodable(f"{what} is beyond 32 bits")
    return value, stop


@lru_cache(maxsize=16_384)
def decode_oid(content: bytes) -> str:
    """Dotted form of an encoded OID.

    Raises:
        ValueError: empty, cut off, padded, an arc beyond 32 bits, or more than 128 arcs. The text says which.
    """
    if not content or content[-1] & 0x80:
        raise ValueError("an OID is empty or cut off")
    if len(content) > MAX_OID_ARCS * 5 or arcs_of(content) > MAX_OID_ARCS:
        raise ValueError(f"an OID of more than {MAX_OID_ARCS} arcs")
    arcs: list[int] = []
    arc = 0
    starts = True
    for octet in content:
        if starts and octet == 0x80:
            raise ValueError("an OID with a padded arc")
        arc = arc << 7 | octet & 0x7F
        starts = octet < 0x80
        if starts:
            if arc > 0xFFFFFFFF:
                raise ValueError("an OID with an arc beyond 32 bits")
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def decode_value(tag: int, content: bytes) -> tuple[ValueKind, Value, str]:
    """Kind, value and reason of one value; the kind is BAD, and the reason set, when it cannot be believed."""
    kind = KIND_OF_TAG.get(tag)
    if kind is None:
        return ValueKind.BAD, None, f"unknown type 0x{tag:02x}"
    if tag in _EMPTY:
        return (ValueKind.BAD, None, f"{kind} with content") if content else (kind, None, "")
    if tag in _UNSIGNED_BITS:
        return _unsigned(kind, content, _UNSIGNED_BITS[tag])
    if tag == 0x02:
        return _signed(content)
    if tag == 0x40:
        if len(content) != 4:
            return ValueKind.BAD, None, f"an address of {len(content)} bytes"
        return kind, ".".join(map(str, content)), ""
    if tag == 0x06:
        try:
            return kind, decode_oid(content), ""
        except ValueError as error:
            return ValueKind.BAD, None, str(error)
    return kind, content, ""


def _signed(content: bytes) -> tuple[ValueKind, Value, str]:
    if not 1 <= len(content) <= 9:
        return ValueKind.BAD, None, f"integer of {len(content)} bytes"
    value = int.from_bytes(content, "big", signed=True)
    if not -(2**31) <= value < 2**31:
        return ValueKind.BAD, None, "integer beyond 32 bits"
    return ValueKind.INTEGER, value, ""


def _unsigned(kind: ValueKind, content: bytes, bits: int) -> tuple[ValueKind, Value, str]:
    if not 1 <= len(content) <= bits // 8 + 1:
        return ValueKind.BAD, None, f"{kind} of {len(content)} bytes"
    value = int.from_bytes(content, "big", signed=True)
    if value < 0:
        return ValueKind.BAD, None, f"negative {kind}"
    if value >> bits:
        return ValueKind.BAD, None, f"{kind} beyond {bits} bits"
    return kind, value, ""


def decode_pdu(data: bytes, pos: int, end: int) -> Pdu:
    """The PDU that fills `data[pos:end]`.

    Raises:
        BadAnswer: the structure does not hold.
    """
    tag, start, stop = read_header(data, pos, end)
    if tag not in (RESPONSE, REPORT) or stop != end:
        raise undecodable(f"a response expected, tag 0x{tag:02x} found" if stop == end else "bytes after the message")
    request_id, start = read_integer(data, start, stop, "request-id")
    error, start = read_integer(data, start, stop, "error-status")
    index, start = read_integer(data, start, stop, "error-index")
    start, last = read(data, start, stop, 0x30, "the list of values")
    if last != stop:
        raise undecodable("bytes after the list of values")
    return Pdu(tag, request_id, error, index, tuple(read_varbinds(data, start, last)))


def read_varbinds(data: bytes, pos: int, end: int) -> list[VarBind]:
    """The rows of the content of a list of values.

    Raises:
        BadAnswer: the structure does not hold.
    """
    rows: list[VarBind] = []
    while pos < end:
        start, pos = read(data, pos, end, 0x30, "a name and value")
        name_start, name_stop = read(data, start, pos, 0x06, "an object's name")
        try:
            oid = decode_oid(data[name_start:name_stop])
        except ValueError as error:
            raise undecodable(str(error)) from None
        rows.append(_varbind(oid, data, name_stop, pos))
    return rows


def _varbind(oid: str, data: bytes, pos: int, end: int) -> VarBind:
    if pos == end:
        return VarBind(oid, ValueKind.BAD, None, "no value")
    tag = data[pos]
    if tag & 0x1F == 0x1F:
        return VarBind(oid, ValueKind.BAD, None, "unknown type")
    try:
        _, start, stop = read_header(data, pos, end)
    except BadAnswer:
        return VarBind(oid, ValueKind.BAD, None, "a length that does not fit")
    if stop != end:
        return VarBind(oid, ValueKind.BAD, None, "bytes after the value")
    kind, value, reason = decode_value(tag, data[start:stop])
    return VarBind(oid, kind, value, reason)


def open_message(data: bytes) -> tuple[int, int]:
    """Version number of a message, and the position after it.

    Raises:
        BadAnswer: not an SNMP message.
    """
    start, stop = read(data, 0, len(data), 0x30, "a message")
    if stop != len(data):
        raise undecodable("bytes after the message")
    return read_integer(data, start, stop, "version")


def open_community(data: bytes, pos: int) -> tuple[bytes, int]:
    """Community of a v1/v2c message, and the position of its PDU.

    Raises:
        BadAnswer: no community stands there.
    """
    start, stop = read(data, pos, len(data), 0x04, "a community")
    return data[start:stop], stop
