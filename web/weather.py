"""The weather of the network: how full each link is in both directions against its committed rate, in classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from nms.ops.state import Status
from web.formats import percent, rate


@dataclass(frozen=True, slots=True)
class Class:
    """A class of utilisation: its name in style sheets, where it begins, and its words."""

    name: str
    from_ratio: float
    words: str


def classes() -> list[Class]:
    """Every class, the lowest first; the words are those of the legend and of the list."""
    return [
        Class("quiet", 0.0, _("under 40 %")),
        Class("busy", 0.4, _("40 to 70 %")),
        Class("full", 0.7, _("70 to 90 %")),
        Class("brimming", 0.9, _("at least 90 %")),
    ]


def unmeasured() -> Class:
    """The class of what has no measure, or no committed rate to compare one with."""
    return Class("none", -1.0, _("not measured, or no committed rate"))


def direction(bps: float | None, committed_bps: float | None, known: list[Class]) -> dict[str, Any]:
    """The class of one direction, and its share in words; a gap stays a gap, zero is zero."""
    if bps is None or not committed_bps:
        return {"class": "none", "text": rate(bps) if bps is not None else "–", "ratio": None}
    ratio = bps / committed_bps
    found = next(one for one in reversed(known) if ratio >= one.from_ratio)
    return {"class": found.name, "text": percent(ratio), "ratio": ratio}


def fullest(row: Status) -> dict[str, Any]:
    """How full a link is in its fuller direction, as a ratio; None where that is not known."""
    committed, measures = row.subject.committed_bps, row.measures
    if not committed or measures is None:
        return {"ratio": None}
    rates = [bps for bps in (measures.in_bps, measures.out_bps) if bps is not None]
    return {"ratio": round(max(rates) / committed, 3) if rates else None}


class Weather:
    """Tells of many links; what reads the same is worded once, for words cost more than all the rest."""

    def __init__(self) -> None:
        self._known = classes()
        self._words = {one.name: one.words for one in [*self._known, unmeasured()]}
        self._directions: dict[tuple[int | None, int | None], dict[str, Any]] = {}
        self._sentences: dict[tuple[str, int | None], str] = {}

    def of(self, row: Status) -> dict[str, Any]:
        """`weather` of a link: both directions (`in` goes to the place served), the class of the fuller, a sentence."""
        committed, measures = row.subject.committed_bps, row.measures
        leaving = self._direction(measures.out_bps if measures else None, committed)
        coming = self._direction(measures.in_bps if measures else None, committed)
        fuller = max(leaving, coming, key=lambda one: -1.0 if one["ratio"] is None else one["ratio"])
        told = {"out": leaving, "in": coming, "class": fuller["class"], "ratio": fuller["ratio"]}
        return {"weather": told | {"sentence": self._sentence(fuller["class"], committed)}}

    def _direction(self, bps: float | None, committed_bps: int | None) -> dict[str, Any]:
        """As `direction`, of a rate to the thousandth of what is committed: no two that read the same differ."""
        grain = (committed_bps or 1_000_000) / 1000
        key = (None if bps is None else round(bps / grain), committed_bps)
        found = self._directions.get(key)
        if found is None:
            found = self._directions[key] = direction(
                None if key[0] is None else key[0] * grain, committed_bps, self._known
            )
        return found

    def _sentence(self, name: str, committed_bps: int | None) -> str:
        key = (name, committed_bps if name != "none" else None)
        if key not in self._sentences:
            words = self._words[name]
            if key[1]:
                words = _("%(words)s of %(rate)s committed", words=words, rate=rate(key[1]))
            self._sentences[key] = words
        return self._sentences[key]
