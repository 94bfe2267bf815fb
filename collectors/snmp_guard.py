"""The limits of an SNMP datagram, checked before any decoder sees it.

One 60 kB datagram with one OID of 60,000 arcs costs a general ASN.1 decoder seconds; here it costs a comparison.
"""

from __future__ import annotations

from nms.base.errors import BadAnswer
from nms.base.text import say

MAX_DATAGRAM_OCTETS = 8192
MAX_OID_ARCS = 128
MAX_DEPTH = 8
MAX_ELEMENTS = 4096

_CONSTRUCTED = 0x20
_OID_TAG = 0x06


def undecodable(why: str, **facts: object) -> BadAnswer:
    """The one error for an answer that cannot be decoded."""
    return BadAnswer("snmp_undecodable", say("The answer cannot be decoded: {why}.", why=why), why=why, **facts)


def too_large(octets: int) -> BadAnswer:
    """The error for a datagram over the limit; the remedy is to ask for less at once."""
    return BadAnswer(
        "snmp_answer_too_large",
        say(
            "The answer is larger than {most} bytes: ask for less at once (lower max-repetitions).",
            most=MAX_DATAGRAM_OCTETS,
        ),
        octets=octets,
        limit=MAX_DATAGRAM_OCTETS,
    )


def read_header(data: bytes, pos: int, end: int) -> tuple[int, int, int]:
    """Tag, start and end of the content of the element at `pos`, which must lie whole before `end`.

    Raises:
        BadAnswer: truncated, indefinite or absurd length.
    """
    if pos + 2 > end:
        raise undecodable("an element is cut off")
    tag = data[pos]
    if tag & 0x1F == 0x1F:
        raise undecodable("a tag of more than one byte")
    length = data[pos + 1]
    pos += 2
    if length >= 0x80:
        width = length & 0x7F
        if width == 0:
            raise undecodable("an indefinite length")
        if width > 4 or pos + width > end:
            raise undecodable("an absurd length")
        length = int.from_bytes(data[pos : pos + width], "big")
        pos += width
    if pos + length > end:
        raise undecodable("an element is longer than what holds it")
    return tag, pos, pos + length


def arcs_of(content: bytes) -> int:
    """How many arcs an encoded OID has (each byte below 0x80 ends one; the first holds two)."""
    return 1 + sum(octet < 0x80 for octet in content)


def check(datagram: bytes) -> None:
    """Refuse a datagram that is too large, too deep, too finely cut, or holds an OID of too many arcs.

    Linear, without recursion; nothing is decoded. For every decoder that does not keep these limits by itself.

    Raises:
        BadAnswer: `snmp_answer_too_large` or `snmp_undecodable`.
    """
    if len(datagram) > MAX_DATAGRAM_OCTETS:
        raise too_large(len(datagram))
    ends = [len(datagram)]
    pos = 0
    elements = 0
    while ends:
        if pos == ends[-1]:
            ends.pop()
            continue
        tag, start, stop = read_header(datagram, pos, ends[-1])
        elements += 1
        if elements > MAX_ELEMENTS:
            raise undecodable(f"more than {MAX_ELEMENTS} elements")
        if tag & _CONSTRUCTED:
            if len(ends) > MAX_DEPTH:
                raise undecodable(f"nested deeper than {MAX_DEPTH}")
            ends.append(stop)
            pos = start
            continue
        if tag == _OID_TAG:
            check_oid(datagram[start:stop])
        pos = stop


def check_oid(content: bytes) -> None:
    """Refuse an encoded OID of more than `MAX_OID_ARCS` arcs, by its length alone where that suffices.

    Raises:
        BadAnswer: `snmp_undecodable`.
    """
    if len(content) > MAX_OID_ARCS * 5 or arcs_of(content) > MAX_OID_ARCS:
        raise undecodable(f"an OID of more than {MAX_OID_ARCS} arcs")
