"""Rights that name a commune as it was: since absorbed or enlarged, so that today's commune is larger than the right.

An act keeps the code that it was written with. Where the commune of today holds more than what an act names, the right
is drawn on it and marked with the names of the former communes that it is for. Pure, but for the rows handed in.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Protocol

from spectrum.acts import MOVES, Act, Step
from spectrum.chronicle import Holding
from spectrum.parties import key_of, read_party
from spectrum.rights import Area


@dataclass(frozen=True, slots=True)
class Part:
    """The former communes that an act names in one of today: codes and names, in the order of the codes.

    `giver` is the key of the party from whom the act takes, empty when it takes from nobody: what is left to that
    party is not only for the former communes.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    giver: str = ""


Former = Mapping[tuple[str, str], Part]
"""By the number of an act and the commune of today: the former communes that the act names there."""
NOBODY: Former = MappingProxyType({})

_TAKES = MOVES | {Step.ABROGATION, Step.SUSPENSION}
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
    givers: dict[str, str] = {}
    for one in acts:
        if one.act.step in _TAKES:
            givers[one.act.number] = key_of(read_party(one.act.cedant).name)
        for old in _named(one, changes):
            found[one.act.number, changes[old].new_insee].add(old)
    return {
        (number, new): Part(
            codes=tuple(sorted(named)),
            names=tuple(changes[old].old_name or old for old in sorted(named)),
            giver=givers.get(number, ""),
        )
        for (number, new), named in found.items()
        if named < whole[new]
    }


def part_of(one: Holding, commune: str, known: Former) -> Part | None:
    """The former communes that a right is for in a commune of today; None when it is for all of that commune.

    A right that was renewed, or taken from one for a former commune, is for that former commune still.
    """
    if not known:
        return None
    shaped = known.get((one.act, commune))
    if shaped is not None and not (shaped.giver and key_of(one.user) == shaped.giver):
        return shaped
    for number in (one.authorisation, one.parent):
        if number != one.act and (part := known.get((number, commune))) is not None:
            return part
    return None


def _named(one: Stored, changes: Mapping[str, Change]) -> set[str]:
    """Codes of communes that are no more, or, where the act writes codes, of such as were smaller on its day."""
    written = {code for code in _CODE.findall(one.act.area_text) if code in changes}
    gone = {code for code in one.stored | written if code in changes and changes[code].new_insee != code}
    smaller = {code for code in written if (on := changes[code].date_on) is not None and one.act.decided_on < on}
    return gone | smaller
