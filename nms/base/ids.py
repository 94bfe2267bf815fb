"""Types and formats of identifiers that people see."""

from __future__ import annotations

import re
from typing import NewType

from nms.base.errors import InputError
from nms.base.text import say

Insee = NewType("Insee", str)
"""INSEE code of a commune: five characters, the department first (Corsica: 2A, 2B)."""

Oid = NewType("Oid", str)
"""Dotted object identifier without a leading dot."""

_INSEE = re.compile(r"(?:[0-9]{2}|2A|2B)[0-9]{3}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,62}")


def insee(value: str) -> Insee:
    """Check an INSEE code (a spreadsheet may have dropped the zero of `01004`; nothing is put back in silence).

    Raises:
        InputError: the value is not five characters of the INSEE form.
    """
    if _INSEE.fullmatch(value) is None:
        raise InputError(
            "bad_insee",
            say("“{value}” is not an INSEE code: five characters, such as 86194.", value=value),
            value=value,
        )
    return Insee(value)


def object_name(value: str) -> str:
    """Check the short name of a site, device, sector, link or hotspot.

    Raises:
        InputError: empty, longer than 63, or with a character outside letters, digits and `. _ / -`.
    """
    if _NAME.fullmatch(value) is None:
        raise InputError(
            "bad_name",
            say(
                "“{value}” is not a usable name: 1 to 63 letters, digits and . _ / -, starting with a letter or digit.",
                value=value,
            ),
            value=value,
        )
    return value
