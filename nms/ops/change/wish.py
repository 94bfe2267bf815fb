"""What an engineer writes for many devices at once: lines under the names of the devices that they are for. Pure.

@niort, melle
interface eth0
 description to Lezay
@lezay
ip route 10.8.0.0/16 10.0.0.1
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nms.base.errors import InputError
from nms.base.text import clean, say

MOST_OCTETS = 2_000_000


def read_wish(text: str, known: Iterable[str]) -> dict[str, list[str]]:
    """Lines by device, in the order in which the devices are named. A device named twice gets both parts.

    Raises:
        InputError: lines before any name, a name that no device has, a device without lines; with the line's number.
    """
    names, current = frozenset(known), None
    found: dict[str, list[str]] = {}
    if len(text) > MOST_OCTETS:
        raise InputError("wish_too_long", say("At most {most} characters.", most=MOST_OCTETS))
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if line.startswith("@"):
            current = _named(line, number, names)
            for name in current:
                found.setdefault(name, [])
        elif line.strip():
            if current is None:
                raise _fault(number, say("say first which devices this is for: @name, name"))
            for name in current:
                found[name].append(line.rstrip())
    empty = [name for name, lines in found.items() if not lines]
    if empty:
        raise InputError("wish_without_lines", say("Nothing is to be sent to {device}.", device=empty[0]))
    return found


def written(lines: Mapping[str, Sequence[str]]) -> str:
    """The inverse of `read_wish`: devices with the same lines stand together."""
    together: dict[tuple[str, ...], list[str]] = {}
    for name, wanted in lines.items():
        together.setdefault(tuple(wanted), []).append(name)
    return "".join(
        f"@{', '.join(names)}\n" + "".join(f"{line}\n" for line in wanted) for wanted, names in together.items()
    )


def _named(line: str, number: int, known: frozenset[str]) -> list[str]:
    names = [name.strip() for name in line.removeprefix("@").split(",") if name.strip()]
    if not names:
        raise _fault(number, say("no device is named"))
    for name in names:
        if name not in known:
            raise _fault(number, say("no device has the name {name}", name=clean(name, 63)))
    return names


def _fault(number: int, why: str) -> InputError:
    return InputError("bad_wish", say("Line {number}: {why}.", number=number, why=why), line=number)
