"""What a notification is called and what it makes us do, as data (`notifications.yaml`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml


class Look(StrEnum):
    """What is done: ask the device now, or ask it and read its configuration soon."""

    POLL = "poll"
    BACKUP = "backup"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A notification by name; the name is empty where the OID is not known. `source` is where it is defined."""

    name: str = ""
    look: Look = Look.POLL
    source: str = ""


_UNKNOWN = Meaning()


def meaning(oid: str) -> Meaning:
    """What is known of a snmpTrapOID."""
    return known().get(oid, _UNKNOWN)


def object_name(oid: str) -> str:
    """`name.index` of an object that is known; else its OID."""
    prefix, index = oid, ""
    while prefix:
        name = _tables()["objects"].get(prefix)
        if name is not None:
            return f"{name}.{index}" if index else str(name)
        prefix, _, last = prefix.rpartition(".")
        index = f"{last}.{index}" if index else last
    return oid


@lru_cache(maxsize=1)
def known() -> dict[str, Meaning]:
    """Every notification that is known, by OID."""
    rows = _tables()["notifications"]
    return {str(row["oid"]): Meaning(row["name"], Look(row["look"]), row["source"]) for row in rows}


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = yaml.safe_load(
        resources.files("collectors").joinpath("notifications.yaml").read_text("utf-8")
    )
    return tables | {"objects": {str(oid): name for oid, name in tables["objects"].items()}}
