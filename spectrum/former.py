"""Rights that name a commune as it was: since absorbed or enlarged, so that today's commune is larger than the right.

An act keeps the code that it was written with. Where the commune of today holds more than what an act names, the right
is drawn on it and marked with the names of the former communes that it is for. Pure, but for the rows handed in.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Protocol

from spectrum.acts import Act
from spectrum.rights import Area

Names = tuple[str, ...]
Former = Mapping[tuple[str, str], Names]
"""By the number of an act and the commune of today: the former communes that the act names there."""

_CODE = re.compile(r"(?<![0-9])(?:[0-9]{2}|2[AB])[0-9]{3}(?![0-9])")


class Change(Protocol):
    """What became of a commune; `date_on` is the first day of the new one, None when not known."""

    @property
    def old_name(self) -> str: ...
    @property
    def new_insee(self) -> str: ...
    @property
    def date_on(self) -> date | None: ...


class Stored(Protocol):
    """An act with the atoms of its day."""

    @property
    def act(self) -> Act: ...
    @property
    def stored(self) -> Area: ...


def former(acts: Iterable[Stored], changes: Mapping[str, Change]) -> Former:
    """Which rights are drawn larger than they are.

    An act that names every former commune of one of today is not among them, nor is one that names departments or
    groupings: these lose nothing when communes merge.

    Args:
        changes: by the code of 2006; an enlarged commune leads to its own code.
    """
    whole: dict[str, set[str]] = defaultdict(set)
    for old, change in changes.items():
        whole[change.new_insee].add(old)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in acts:
        for old in _named(one, changes):
            found[one.act.number, changes[old].new_insee].add(old)
    return {
        (number, new): tuple(sorted(changes[old].old_name or old for old in named))
        for (number, new), named in found.items()
        if named < whole[new]
    }


def _named(one: Stored, changes: Mapping[str, Change]) -> set[str]:
    """Codes of communes that are no more, or, where the act writes codes, of such as were smaller on its day."""
    written = {code for code in _CODE.findall(one.act.area_text) if code in changes}
    gone = {code for code in one.stored | written if code in changes and changes[code].new_insee != code}
    smaller = {code for code in written if (on := changes[code].date_on) is not None and one.act.decided_on < on}
    return gone | smaller
