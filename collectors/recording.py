"""Recordings of devices as files, and a client that answers from them; every complaint at once, each with its line."""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

from collectors.base import SnmpTarget, ValueKind, VarBind, Walk
from nms.base.errors import SettingsError, WalkAbandoned
from nms.base.text import clean, say

MAX_OCTETS = 8 * 1024 * 1024
"""Of a recording's file."""

MAX_ROWS = 50_000
"""Of a recording."""

MAX_COMPLAINTS = 50
"""Told one by one; of the rest only the number is told."""

SUBTREE_ARCS = 9
"""Arcs by which unread objects are grouped: as long as 1.3.6.1.4.1.VENDOR.x.y."""

KIND_OF_TAG = {
    2: ValueKind.INTEGER,
    4: ValueKind.OCTETS,
    6: ValueKind.OID,
    64: ValueKind.IP_ADDRESS,
    65: ValueKind.COUNTER32,
    66: ValueKind.GAUGE32,
    67: ValueKind.TICKS,
    68: ValueKind.OPAQUE,
    70: ValueKind.COUNTER64,
}
_KIND_OF_WORD = {
    "INTEGER": ValueKind.INTEGER,
    "Counter32": ValueKind.COUNTER32,
    "Gauge32": ValueKind.GAUGE32,
    "Unsigned32": ValueKind.GAUGE32,
    "UInteger32": ValueKind.GAUGE32,
    "Counter64": ValueKind.COUNTER64,
    "Timeticks": ValueKind.TICKS,
}
_OID = re.compile(r"\.?\d{1,10}(\.\d{1,10}){1,127}")
_WALK_LINE = re.compile(r"(\.?\d[\d.]*) = ?(.*)", re.DOTALL)
_NUMBER = re.compile(r"[^\d(-]*\(?(-?\d{1,20})\)?")
_NAMED_NUMBER = re.compile(r"[A-Za-z][\w-]*\((-?\d{1,10})\)")


def arcs(oid: str) -> tuple[int, ...]:
    """`1.3.6` as numbers."""
    return tuple(map(int, oid.split(".")))


def parse(text: str, name: str) -> list[VarBind]:
    """The rows of an .snmprec (`oid|tag|value`) or of the output of `snmpwalk -On`, in the order of the file.

    Raises:
        SettingsError: with every complaint, each with its line.
    """
    rows: dict[str, VarBind] = {}
    complaints: list[str] = []
    for number, entry in _entries(text):
        try:
            row = _snmprec(entry) if re.match(r"\.?[\d.]+\|", entry) else _walked(entry)
            if row is not None and row.oid in rows:
                raise ValueError(say("{oid} stands here a second time", oid=row.oid))
        except ValueError as error:
            complaints.append(_complaint(name, number, error.args[0]))
            continue
        if row is not None:
            rows[row.oid] = row
        if len(rows) > MAX_ROWS:
            complaints.append(_complaint(name, number, say("more than {most} rows", most=MAX_ROWS)))
            break
    if not rows and not complaints:
        complaints.append(_complaint(name, 1, say("there is no object in this file")))
    if complaints:
        more = len(complaints) - MAX_COMPLAINTS
        raise SettingsError(
            complaints[:MAX_COMPLAINTS] + ([say("{file}: and {more} more", file=name, more=more)] if more > 0 else [])
        )
    return list(rows.values())


def _complaint(file: str, line: int, reason: str) -> str:
    return say("{file}:{line}: {reason}", file=file, line=line, reason=reason)


def _entries(text: str) -> list[tuple[int, str]]:
    """Each object's lines as one, with the number of the first: snmpwalk breaks long and multi-line values."""
    entries: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.rstrip("\r")
        starts = re.match(r"\.?[\d.]+(\|| = ?)", stripped)
        if not starts and entries and " = " in entries[-1][1][0]:
            entries[-1][1].append(stripped)
        elif stripped.strip() and not stripped.startswith("#"):
            entries.append((number, [stripped]))
    return [(number, "\n".join(lines).rstrip("\n")) for number, lines in entries]


def _oid(text: str) -> str:
    if not _OID.fullmatch(text) or any(arc > 0xFFFFFFFF for arc in arcs(text.lstrip("."))):
        raise ValueError(say("“{text}” is no OID in numbers (snmpwalk needs -On)", text=clean(text, 60)))
    return text.lstrip(".")


def _snmprec(line: str) -> VarBind:
    parts = line.split("|", 2)
    if len(parts) < 3:
        raise ValueError(say("a row is oid|tag|value"))
    oid, tag, value = _oid(parts[0]), parts[1], parts[2]
    kind = KIND_OF_TAG.get(int(tag.removesuffix("x"))) if re.fullmatch(r"\d{1,3}x?", tag) else None
    if kind is None:
        raise ValueError(say("the tag “{tag}” is not known", tag=clean(tag, 20)))
    if kind in (ValueKind.OID, ValueKind.IP_ADDRESS):
        return VarBind(oid, kind, value.strip("."))
    if kind in (ValueKind.OCTETS, ValueKind.OPAQUE):
        return VarBind(oid, kind, _hexadecimal(value) if tag.endswith("x") else value.encode())
    return VarBind(oid, kind, _number(value))


def _walked(entry: str) -> VarBind | None:
    match = _WALK_LINE.fullmatch(entry)
    if match is None:
        raise ValueError(say("“{text}” is neither oid|tag|value nor a line of snmpwalk -On", text=clean(entry, 60)))
    oid, said = _oid(match[1]), match[2]
    if said.startswith(("No Such ", "No more variables")):
        return None
    if said in ("", '""'):
        return VarBind(oid, ValueKind.OCTETS, b"")
    said = re.sub(r"^Wrong Type \(should be [^)]*\): ", "", said)
    word, _, value = said.partition(":")
    value = value.removeprefix(" ")
    if word in _KIND_OF_WORD:
        return VarBind(oid, _KIND_OF_WORD[word], _number(value))
    if word == "STRING":
        return VarBind(oid, ValueKind.OCTETS, _unquoted(value).encode())
    if word in ("Hex-STRING", "BITS"):
        digits = re.match(r"(?:[0-9A-Fa-f]{2}(?:\s+|$))*", value)
        return VarBind(oid, ValueKind.OCTETS, _hexadecimal(digits[0] if digits and word == "BITS" else value))
    if word == "OID":
        return VarBind(oid, ValueKind.OID, _oid(value.strip()))
    if word == "IpAddress":
        return VarBind(oid, ValueKind.IP_ADDRESS, value.strip())
    if word == "Opaque" and value.startswith("Float: "):
        return VarBind(oid, ValueKind.OPAQUE, _float(value.removeprefix("Float: ")))
    raise ValueError(say("the type “{word}” is not known", word=clean(word, 30)))


def _number(text: str) -> int:
    match = _NAMED_NUMBER.match(text) or _NUMBER.match(text)
    if match is None or not -(2**31) <= int(match[1]) < 2**64:
        raise ValueError(say("“{text}” is no number of SNMP", text=clean(text, 40)))
    return int(match[1])


def _float(text: str) -> bytes:
    """A float as net-snmp wraps it into an Opaque; a unit may stand behind it."""
    try:
        return b"\x9f\x78\x04" + struct.pack(">f", float(text.partition(" ")[0]))
    except (ValueError, OverflowError):
        raise ValueError(say("“{text}” is no number of SNMP", text=clean(text, 40))) from None


def _hexadecimal(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(say("“{text}” is not hexadecimal", text=clean(text, 40))) from None


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


class ReplayClient:
    """Serves rows in the order of their OIDs (as given when not `ordered`) and knows what was read."""

    def __init__(self, rows: Sequence[VarBind], *, ordered: bool = True) -> None:
        self._ordered = ordered
        self.hold(rows)
        self.values: dict[str, VarBind] = {row.oid: row for row in reversed(self.rows)}
        self.read: set[str] = set()

    def hold(self, rows: Iterable[VarBind]) -> None:
        """Serve these rows from now on."""
        keyed = [(arcs(row.oid), row) for row in rows]
        if self._ordered:
            keyed.sort(key=lambda pair: pair[0])
        self.rows = [row for _, row in keyed]
        self._keys = [key for key, _ in keyed]

    async def get(self, target: SnmpTarget, oids: Sequence[str]) -> dict[str, VarBind]:
        """As recorded; what was not recorded is not there."""
        self.read.update(oids)
        return {oid: self.values.get(oid, VarBind(oid, ValueKind.NO_SUCH_INSTANCE, None)) for oid in oids}

    async def walk(self, target: SnmpTarget, root: str, *, row_cap: int = 10_000, bulk: int = 20) -> Walk:
        """As recorded, within the bounds of every walk."""
        found: list[VarBind] = []
        stopped: WalkAbandoned | None = None
        below, before = arcs(root), arcs(root)
        for place in range(bisect_right(self._keys, below) if self._ordered else 0, len(self.rows)):
            key, row = self._keys[place], self.rows[place]
            if key[: len(below)] != below or len(key) == len(below):
                if self._ordered:
                    break
                continue
            if key <= before:
                stopped = WalkAbandoned("snmp_oid_not_rising", say("OID did not rise: {oid}.", oid=row.oid))
                break
            if len(found) >= row_cap:
                stopped = WalkAbandoned("snmp_row_cap", say("More than {most} rows.", most=row_cap))
                break
            found.append(row)
            before = key
        self.read.update(row.oid for row in found)
        return Walk(tuple(found), stopped)

    def unread(self) -> dict[str, int]:
        """How many recorded objects nothing asked for, by subtree."""
        left = (row.oid for row in self.rows if row.oid not in self.read)
        return dict(Counter(".".join(oid.split(".")[:SUBTREE_ARCS]) for oid in left))
