"""A profile tried on a recording: which family the device is taken for, what each row of the profile reads of it, and
what nothing reads; and a first draft of a profile for a device that nobody knows.

Pure: the recording answers in the place of the device, through the same code that asks devices.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from collectors import oids
from collectors.base import RadioReading, SnmpCredential, SnmpTarget, SnmpVersion, VarBind
from collectors.oids import below
from collectors.probe import ProbeResult, probe
from collectors.profile import GENERIC, Profile, RadioObject, Rule
from collectors.radio import Instance, gather_radio
from collectors.recording import ReplayClient, arcs
from collectors.values import read
from nms.base.text import clean

SHOWN_VALUES = 8
"""Values shown of one row of a profile; of the rest only the number."""

SHOWN_UNREAD = 200
RAW_SHOWN = 60
_TARGET = SnmpTarget("127.0.0.1", 161, SnmpCredential(SnmpVersion.V2C))
_PORT_TABLES = ("1.3.6.1.2.1.2.2", "1.3.6.1.2.1.31.1.1")
_ENTERPRISES = "1.3.6.1.4.1."
_SHARED = ("8072", "10002", "2021")
"""Enterprises whose sysObjectID many makers leave in place (net-snmp, Frogfoot, UCD): no identity."""


@dataclass(frozen=True, slots=True)
class Row:
    """One radio object of the profile: its readings, at most `SHOWN_VALUES`, and how many there are and are usable."""

    number: int
    wanted: RadioObject
    shown: tuple[RadioReading, ...]
    found: int
    usable: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What a profile makes of a recording. `result` is what a probe with all families says."""

    result: ProbeResult
    taken: bool
    """The device is recognised as the family that is tried."""

    rows: tuple[Row, ...]
    warnings: tuple[str, ...]
    unread: tuple[VarBind, ...]
    unread_count: int
    objects: int


def attempt(rows: Sequence[VarBind], tried: Profile, profiles: Sequence[Profile]) -> Trial:
    """The profile `tried` beside the other families, on the rows of a recording."""
    others = [profile for profile in profiles if profile.family != tried.family]
    return asyncio.run(_attempt(rows, tried, [*others, tried]))


async def _attempt(rows: Sequence[VarBind], tried: Profile, profiles: Sequence[Profile]) -> Trial:
    profiles = [profile.model_copy(update={"radio": ()}) for profile in profiles]  # its radio is read once, below
    result = await probe(ReplayClient(rows), _TARGET, profiles)
    client = ReplayClient(rows)  # a fresh one: what the family that wins would read is not read by this one
    await probe(client, _TARGET, [profile for profile in profiles if profile.family in (GENERIC, tried.family)])
    warnings: list[str] = []
    found: list[tuple[Instance, VarBind]] = []
    await gather_radio(client, _TARGET, tried, warnings.append, found)
    client.read.update(tried.model.oids)
    by_row: dict[int, list[tuple[Instance, VarBind]]] = defaultdict(list)
    for item, row in found:
        by_row[id(item.wanted)].append((item, row))
    left = [row for row in client.rows if row.oid not in client.read and not _is_of_ports(row.oid)]
    left.sort(key=lambda row: not row.oid.startswith(_ENTERPRISES))
    return Trial(
        result, result.family == tried.family,
        tuple(_row(number, wanted, by_row[id(wanted)]) for number, wanted in enumerate(tried.radio)),
        tuple(warnings), tuple(left[:SHOWN_UNREAD]), len(left), len(client.rows),
    )  # fmt: skip


def _row(number: int, wanted: RadioObject, found: Sequence[tuple[Instance, VarBind]]) -> Row:
    there = [reading for item, row in found if (reading := read(wanted, row, item.index)) is not None]
    return Row(number, wanted, tuple(there[:SHOWN_VALUES]), len(there), sum(reading.usable for reading in there))


def _is_of_ports(oid: str) -> bool:
    """Whether the poller reads it of every device: the tables of IF-MIB."""
    return any(below(oid, table) for table in _PORT_TABLES)


def raw_text(row: VarBind) -> str:
    """A recorded value for people: text as text, octets that are none in hexadecimal."""
    if isinstance(row.value, bytes):
        text = row.value.decode("utf-8", "replace")
        return clean(text, RAW_SHOWN) if text.isprintable() else row.value[: RAW_SHOWN // 2].hex(" ")
    return "" if row.value is None else clean(str(row.value), RAW_SHOWN)


def conditions(rule: Rule) -> str:
    """The conditions of a rule in one line, in the words of the profile; all of them must hold."""
    parts = [f"object_id {' | '.join(rule.object_id)}"] if rule.object_id else []
    parts += [f"descr {rule.descr}"] if rule.descr is not None else []
    if rule.probe is not None:
        parts.append(f"probe {rule.probe.oid}" + (f" = {rule.probe.value}" if rule.probe.value else ""))
    return " + ".join(parts)


def draft(rows: Sequence[VarBind], taken: Collection[str] = ()) -> str:
    """The first lines of a profile for the device of a recording: how to recognise it; what to read is for a person.

    Its family has none of the names `taken`.
    """
    values = {row.oid: row.value for row in rows}
    object_id, raw = values.get(oids.SYS_OBJECT_ID), values.get(oids.SYS_DESCR)
    number = _enterprise(object_id if isinstance(object_id, str) else "")
    own = next((n for row in rows if (n := _enterprise(row.oid)) and n not in _SHARED), "")
    words = clean(raw, 120).split() if isinstance(raw, bytes) else []
    first = next((word for word in words if re.fullmatch(r"[A-Za-z][\w-]{1,30}", word)), "")
    slug = re.sub(r"[^a-z0-9]+", "_", f"{first or 'device'} {words[1] if len(words) > 1 else ''}".lower()).strip("_")
    family = slug[:32] if re.match(r"[a-z].", slug) else f"device_{slug}"[:32]
    family += "_own" if family in taken else ""
    lines = [f"family: {family}", f"vendor: {json.dumps(first or 'Vendor')}", "role: other", "rules:", "  - score: 90"]
    if number and number not in _SHARED:
        lines.append(f"    object_id: [{_ENTERPRISES}{number}]")
    if words:
        lines.append(f"    descr: {json.dumps('^' + re.escape(words[0][:60]))}")
    if own and (own != number or not words):
        lines += ["    probe:", f"      oid: {_first_below(rows, own)}"]
    if not (number or words or own):
        lines.append(f"    probe: {{oid: {_branch(rows[0].oid)}}}")
    return "\n".join([*lines, "radio: []", ""])


def _enterprise(oid: str) -> str:
    return oid.removeprefix(_ENTERPRISES).partition(".")[0] if oid.startswith(_ENTERPRISES) else ""


def _first_below(rows: Sequence[VarBind], number: str) -> str:
    root = f"{_ENTERPRISES}{number}."
    return _branch(min((row.oid for row in rows if row.oid.startswith(root)), key=arcs))


def _branch(oid: str) -> str:
    return ".".join(oid.split(".")[:9])
