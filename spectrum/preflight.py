"""Before anything is sent: is an emission within the rights at a place on every day of a period? Pure.

Rights change on few days only, so one day after each change tells all of them. What cannot be proved is not covered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from spectrum.bands import Bands
from spectrum.chronicle import Holding
from spectrum.conformance import ANOTHERS, NEEDED, Conformance, Verdict, judge
from spectrum.former import NOBODY, Former
from spectrum.rights import Period


@dataclass(frozen=True, slots=True)
class Uncovered:
    """The first day of a period on which an emission is not within the rights, and which article stands against it."""

    day: date
    article: str
    found: Conformance


def uncovered(
    emitted: Bands,
    commune: str,
    period: Period,
    every: Iterable[Holding],
    held_on: Callable[[date], Sequence[Holding]],
    *,
    stands: str = "",
    former: Former = NOBODY,
) -> Uncovered | None:
    """The first day that is not covered; None when every day is.

    `every` are the holdings of all days (they tell on which days something changes), `held_on` those of one day; a
    period without an end asks for a right without an end. `stands` and `former` as `conformance.judge` has them.
    """
    for day in _days(commune, period, every):
        found = judge(emitted, commune, day, held_on(day), stands=stands, former=former)
        if found.verdict is not Verdict.CONFORM:
            return Uncovered(day, found.article or (ANOTHERS if found.by else NEEDED), found)
    return None


def _days(commune: str, period: Period, every: Iterable[Holding]) -> list[date]:
    """The first day of the period, and each later one on which a right there begins or ends."""
    bounds = {period.start}
    for one in every:
        if commune in one.extent.area:
            bounds |= {one.extent.period.start, one.extent.period.end or period.start}
    return sorted(day for day in bounds if period.holds(day))
