"""Questions prepared once and asked for years: encoded but for their id, with the shape of the usual answer.

`read_usual` reads an answer that repeats the asked names in order with sound values; that is nearly all of them, and it
takes under a microsecond a value. Any deviation gives None and the strict reading of `snmp_ber` decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from collectors.base import ValueKind, VarBind
from collectors.snmp_ber import (
    GET,
    KIND_OF_TAG,
    MIN_ID,
    RESPONSE,
    Value,
    decode_value,
    encode_names,
    encode_oid,
    encode_pdu,
    tlv,
)

MAX_NAMES = 60
"""Most names in one request: with counters in them, an answer of about 1,400 bytes."""

_WIDTH = {0x02: 4, 0x41: 4, 0x42: 4, 0x43: 4, 0x46: 8}
_ID = MIN_ID.to_bytes(4, "big")


class Question:
    """A request PDU encoded but for its id: `head` + four bytes + `tail`."""

    __slots__ = ("head", "heads", "tail")

    def __init__(self, kind: int, names: bytes, first: int = 0, second: int = 0) -> None:
        self.head, self.tail = encode_pdu(kind, MIN_ID, names, first, second).split(_ID, 1)
        self.heads: dict[bytes, bytes] = {}

    def under(self, opening: bytes) -> bytes:
        """Everything before the id in a v1/v2c message with this opening (version and community)."""
        head = self.heads.get(opening)
        if head is None:
            size = len(opening) + len(self.head) + 4 + len(self.tail)
            head = tlv(0x30, bytes(size))[:-size] + opening + self.head
            self.heads[opening] = head
        return head


class Prepared(Question):
    """A GET of these OIDs, in parts of at most `MAX_NAMES` when there are more (`parts` holds itself when not)."""

    __slots__ = ("oids", "parts", "shape")

    def __init__(self, oids: tuple[str, ...]) -> None:
        super().__init__(GET, encode_names(oids))
        self.oids = oids
        self.shape = tuple((name, len(name) + 2) for name in map(encode_oid, oids))
        self.parts: tuple[Prepared, ...] = (
            (self,) if len(oids) <= MAX_NAMES else tuple(prepare(part) for part in cut(oids, MAX_NAMES))
        )


def cut(oids: Sequence[str], most: int) -> list[tuple[str, ...]]:
    """The OIDs in runs of at most `most`."""
    return [tuple(oids[at : at + most]) for at in range(0, len(oids), most)]


@lru_cache(maxsize=16_384)
def prepare(oids: tuple[str, ...]) -> Prepared:
    """The prepared GET of these OIDs (dotted, no leading dot); the same tuple gives the same object.

    Raises:
        InputError: one of them is not an OID.
    """
    return Prepared(oids)


@dataclass(slots=True)
class Answer:
    """What one poll brought: `values[i]` is the value of `oids[i]`, None when there is none, and `kinds[i]` why.

    `reasons` tells, by position, why a value is BAD. `rtt_s` is the round trip of the last answered request;
    `sent` and `lost` count requests.
    """

    oids: tuple[str, ...]
    values: list[Value]
    kinds: list[ValueKind]
    reasons: dict[int, str] = field(default_factory=dict)
    rtt_s: float | None = None
    sent: int = 0
    lost: int = 0

    def as_varbinds(self) -> dict[str, VarBind]:
        """The same as a verdict per OID."""
        reasons = self.reasons
        if not reasons:
            rows = zip(self.oids, self.kinds, self.values, strict=True)
            return {oid: VarBind(oid, kind, value) for oid, kind, value in rows}
        rows = zip(self.oids, self.kinds, self.values, strict=True)
        return {oid: VarBind(oid, kind, value, reasons.get(at, "")) for at, (oid, kind, value) in enumerate(rows)}


def read_usual(
    data: bytes, pos: int, number: int, shape: tuple[tuple[bytes, int], ...]
) -> tuple[list[Value], list[ValueKind]] | None:
    """Values and kinds of a response PDU at `pos` that fills the rest of `data`; None when it is in any way unusual."""
    try:
        if data[pos] != RESPONSE:
            return None
        pos = _content(data, pos)
        fixed = b"\x02\x04" + number.to_bytes(4, "big") + b"\x02\x01\x00\x02\x01\x00\x30"
        if not data.startswith(fixed, pos):
            return None
        pos = _content(data, pos + 12)
        return _read_rows(data, pos, shape)
    except IndexError:
        return None


def _content(data: bytes, pos: int) -> int:
    """Where the content of an element starts that must end with the data.

    Raises:
        IndexError: it does not end there.
    """
    size = data[pos + 1]
    pos += 2
    if size >= 0x80:
        width = size & 0x7F
        size = int.from_bytes(data[pos : pos + width], "big")
        pos += width
    if pos + size != len(data):
        raise IndexError
    return pos


def _read_rows(
    data: bytes, pos: int, shape: tuple[tuple[bytes, int], ...]
) -> tuple[list[Value], list[ValueKind]] | None:
    values: list[Value] = []
    kinds: list[ValueKind] = []
    for name, skip in shape:
        at = pos + skip
        tag = data[at]
        size = data[at + 1]
        row = data[pos + 1]
        if row != skip + size or row > 0x7F or data[pos] != 0x30 or not data.startswith(name, pos + 2):
            return None
        at += 2
        pos = at + size
        width = _WIDTH.get(tag)
        if width is None:
            kind, value, reason = decode_value(tag, data[at:pos])
            if reason:
                return None
            values.append(value)
            kinds.append(kind)
            continue
        lead = data[at]
        if size == 1 and lead < 0x80:
            values.append(lead)
        elif (lead < 0x80 and 1 < size <= width) or (lead == 0 and size == width + 1 and tag != 0x02):
            values.append(int.from_bytes(data[at:pos], "big"))
        elif tag == 0x02 and 0 < size <= 4:
            values.append(int.from_bytes(data[at:pos], "big", signed=True))
        else:
            return None
        kinds.append(KIND_OF_TAG[tag])
    return (values, kinds) if pos == len(data) else None
