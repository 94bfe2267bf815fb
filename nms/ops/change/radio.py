"""What a configuration puts on the air, read from its text by the family's data, and whether the rights allow it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from nms.ops.change.grammar import Path, Tree
from spectrum.bands import NONE, Bands
from spectrum.conformance import emission

_KHZ = {"kHz": Decimal(1), "MHz": Decimal(1000), "GHz": Decimal(1_000_000)}


@dataclass(frozen=True, slots=True)
class RadioGrammar:
    """How a family writes its radios. Every field is a pattern that matches one whole line.

    `head` opens a radio's section, its group `radio` names it as the inventory's sectors do. `centre` and `width`
    have a group `value` and may have a group `unit` (kHz, MHz, GHz; without it, `unit`). `off` is the very line that
    silences the radio; `watched` are patterns of any other line that is about the radio (power, identity).
    """

    head: str
    centre: str
    width: str
    off: str
    unit: str = "kHz"
    watched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RadioState:
    """One radio as a configuration makes it; kHz, None where the text does not say. `rest` are its watched lines."""

    on: bool
    centre_khz: int | None
    width_khz: int | None
    rest: tuple[str, ...] = ()

    @property
    def emitted(self) -> Bands:
        """What it emits: nothing when it is off, not established when centre or width is not said."""
        return emission(self.centre_khz, self.width_khz) if self.on else NONE


@dataclass(frozen=True, slots=True)
class RadioChange:
    """What lines do to one radio; None: there was, or will be, no such radio."""

    radio: str
    before: RadioState | None
    after: RadioState | None


def radios(tree: Iterable[Path], grammar: RadioGrammar) -> dict[str, RadioState]:
    """Every radio of a configuration, by its name."""
    lines: dict[str, list[str]] = {}
    for path in tree:
        head = re.fullmatch(grammar.head, path[0])
        if head:
            lines.setdefault(head["radio"], []).extend(path[1:][-1:])
    return {radio: _state(found, grammar) for radio, found in lines.items()}


def changes(before: Tree, after: Tree, grammar: RadioGrammar) -> list[RadioChange]:
    """The radios that a change touches: frequency, width, whether it emits, or any watched line."""
    old, new = radios(before, grammar), radios(after, grammar)
    names = sorted(old.keys() | new.keys())
    return [RadioChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def silencing(radio: str, tree: Iterable[Path], grammar: RadioGrammar) -> list[str]:
    """The lines that take a radio off the air, whatever else it is told."""
    heads = dict.fromkeys(path[0] for path in tree)
    found = next((head for head in heads if (m := re.fullmatch(grammar.head, head)) and m["radio"] == radio), None)
    return [] if found is None else [found, " " + grammar.off]


def _state(lines: Iterable[str], grammar: RadioGrammar) -> RadioState:
    lines = list(lines)
    watched = (line for line in lines if any(re.fullmatch(pattern, line) for pattern in grammar.watched))
    return RadioState(
        on=grammar.off not in lines,
        centre_khz=_khz(lines, grammar.centre, grammar.unit),
        width_khz=_khz(lines, grammar.width, grammar.unit),
        rest=tuple(sorted(watched)),
    )


def _khz(lines: Iterable[str], pattern: str, unit: str) -> int | None:
    """The one value that the lines give, in whole kilohertz; None without one, or with two."""
    found = [match for line in lines if (match := re.fullmatch(pattern, line))]
    if len(found) != 1:
        return None
    groups: Mapping[str, str | None] = found[0].groupdict()
    khz = Decimal(groups["value"] or "NaN") * _KHZ[groups.get("unit") or unit]
    return int(khz) if khz.is_finite() and khz == khz.to_integral_value() else None
