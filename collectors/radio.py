"""The radio objects of a family at one device: which instances exist, and what they say."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collectors import oids
from collectors.base import RadioReading, SnmpClient, SnmpTarget, VarBind
from collectors.profile import Profile, RadioObject
from collectors.values import read
from nms.base.errors import DeviceError
from nms.base.text import clean

MAX_ROWS = 512
"""Rows of one radio column."""

MAX_FAILED_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Instance:
    """One object to ask at one device."""

    wanted: RadioObject
    oid: str
    index: str


async def gather_radio(
    client: SnmpClient,
    target: SnmpTarget,
    profile: Profile,
    warn: Callable[[str], None],
    into: list[tuple[Instance, VarBind]],
) -> None:
    """Append every radio object that the device has, with its value, to `into`; single failures are warned of.

    Step by step, so that a deadline keeps what is there.
    """
    await _scalars(client, target, [item for item in profile.radio if item.kind == "scalar"], warn, into)
    failed = 0
    walked: dict[str, tuple[VarBind, ...]] = {}
    for wanted in profile.radio:
        if wanted.kind == "scalar":
            continue
        if failed >= MAX_FAILED_COLUMNS:
            warn("The device leaves radio columns unanswered; the rest of them is not asked.")
            return
        try:
            if wanted.oid not in walked:
                walk = await client.walk(target, wanted.oid, row_cap=MAX_ROWS)
                walked[wanted.oid] = walk.rows
                if walk.stopped is not None:
                    warn(f"{wanted.metric.value} ({wanted.oid}) is not complete: {walk.stopped.message}")
        except DeviceError as error:
            failed += 1
            warn(f"{wanted.metric.value} ({wanted.oid}) was not read: {error.message}")
            continue
        for row in walked[wanted.oid]:
            index = index_text(wanted, oids.index_of(row.oid, wanted.oid))
            if wanted.where is None or re.search(wanted.where, index):
                into.append((Instance(wanted, row.oid, index), row))


async def _scalars(
    client: SnmpClient,
    target: SnmpTarget,
    wanted: Sequence[RadioObject],
    warn: Callable[[str], None],
    into: list[tuple[Instance, VarBind]],
) -> None:
    if not wanted:
        return
    try:
        answer = await client.get(target, sorted({item.oid for item in wanted}))
    except DeviceError as error:
        warn(f"Radio values were not read: {error.message}")
        return
    into += [(Instance(item, item.oid, index_text(item, "0")), answer[item.oid]) for item in wanted]


def readings(found: Sequence[tuple[Instance, VarBind]]) -> list[RadioReading]:
    """The readings of what was found, in the order of the profile."""
    return [reading for item, row in found if (reading := read(item.wanted, row, item.index)) is not None]


def index_text(wanted: RadioObject, index: str) -> str:
    """An index for people: decoded as the profile says, dotted where that does not fit, after the label if any."""
    text = _decoded(wanted.index, index) or index
    return f"{wanted.label}.{text}" if wanted.label else text


def _decoded(parts: Sequence[str], index: str) -> str:
    arcs = index.split(".")
    words: list[str] = []
    for part in parts:
        if part == "rest":
            words.append(".".join(arcs))
            arcs = []
        elif part == "int":
            words.append(arcs.pop(0) if arcs else "")
        elif part == "mac":
            taken, arcs = arcs[:6], arcs[6:]
            if len(taken) < 6 or any(int(arc) > 255 for arc in taken):
                return ""
            words.append(":".join(f"{int(arc):02x}" for arc in taken))
        elif part == "string":
            size = int(arcs[0]) if arcs else 0
            taken, arcs = arcs[1 : 1 + size], arcs[1 + size :]
            if len(taken) < size or any(int(arc) > 255 for arc in taken):
                return ""
            words.append(clean(bytes(int(arc) for arc in taken), 64))
    return "/".join(words) if not arcs and all(words) else ""
