"""Cells of the inventory: text to a checked value and back. A refusal says what would have been right."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from inventory.address import parse_endpoint
from nms.base.errors import InputError
from nms.base.ids import insee, object_name
from nms.base.text import clean, say

Reader = Callable[[str], Any]
"""Text without blanks around it, not empty, to a value; raises ValueError or InputError with a remedy."""

_INTEGER = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_MAC = re.compile(r"[0-9a-f]{12}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One wrong value: where it stands, what it is, what to do."""

    field: str
    value: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field} “{self.value}”: {self.remedy}" if self.value else f"{self.field}: {self.remedy}"


def text(limit: int) -> Reader:
    """One line of text of at most `limit` characters."""

    def read(value: str) -> str:
        line = clean(value, limit + 1)
        if len(line) > limit:
            raise ValueError(say("too long: at most {limit} characters", limit=limit))
        return line

    return read


def choice(kind: type[StrEnum]) -> Reader:
    """One of the words of an enum; case, blanks and hyphens do not count."""

    def read(value: str) -> StrEnum:
        word = value.lower().replace(" ", "_").replace("-", "_")
        try:
            return kind(word)
        except ValueError:
            raise ValueError(say("one of: {words}", words=", ".join(kind))) from None

    return read


def number(low: float, high: float, unit: str) -> Reader:
    """A number from `low` to `high`; a decimal comma is read too."""

    def read(value: str) -> float:
        try:
            found = float(value.replace(",", ".")) if len(value) <= 40 else math.nan
        except ValueError:
            found = math.nan
        if not low <= found <= high:
            raise ValueError(
                say("a number from {low:g} to {high:g} {unit}", low=low, high=high, unit=unit)
                if unit
                else say("a number from {low:g} to {high:g}", low=low, high=high)
            )
        return found

    return read


def whole(low: int, high: int, unit: str, hint: str = "") -> Reader:
    """A whole number from `low` to `high`."""

    def read(value: str) -> int:
        found = int(value) if _INTEGER.fullmatch(value) else None
        if found is None or not low <= found <= high:
            sentence = say("a whole number from {low} to {high} {unit}", low=low, high=high, unit=unit)
            raise ValueError(say("{sentence}; {hint}", sentence=sentence, hint=hint) if hint else sentence)
        return found

    return read


def name(value: str) -> str:
    """The name of an object."""
    return object_name(value)


def commune_code(value: str) -> str:
    """An INSEE code."""
    return str(insee(value.upper()))


def endpoint(value: str) -> str:
    """An address of a device, kept as it was written."""
    parse_endpoint(value)
    return value


def mac(value: str) -> str:
    """A MAC address in any of the usual forms, to `aa:bb:cc:dd:ee:ff`."""
    digits = re.sub(r"[.:-]", "", value.lower())
    if _MAC.fullmatch(digits) is None:
        raise ValueError(say("a MAC address such as 00:1a:2b:3c:4d:5e"))
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def email(value: str) -> str:
    """An e-mail address."""
    if clean(value) != value or _EMAIL.fullmatch(value) is None:
        raise ValueError(say("an e-mail address such as noc@example.org"))
    return value


def complaint_of(field: str, value: str, error: ValueError | InputError) -> Complaint:
    """The complaint that a reader's refusal makes."""
    remedy = error.message if isinstance(error, InputError) else error.args[0]
    return Complaint(field, clean(value, 60), remedy)


def shown(value: object) -> str:
    """A value as text: the inverse of every reader here."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value.value if isinstance(value, StrEnum) else str(value)
