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


def of(row: Status, known: list[Class], none: Class) -> dict[str, Any]:
    """Both directions of a link (`in` goes to the place served), the class of the fuller one, and its sentence."""
    committed = row.subject.committed_bps
    measures = row.measures
    leaving = direction(measures.out_bps if measures else None, committed, known)
    coming = direction(measures.in_bps if measures else None, committed, known)
    fuller = max(leaving, coming, key=lambda one: -1.0 if one["ratio"] is None else one["ratio"])
    words = {one.name: one.words for one in [*known, none]}[fuller["class"]]
    if committed and fuller["ratio"] is not None:
        words = _("%(words)s of %(rate)s committed", words=words, rate=rate(committed))
    return {
        "out": leaving,
        "in": coming,
        "class": fuller["class"],
        "ratio": fuller["ratio"],
        "sentence": words,
    }
