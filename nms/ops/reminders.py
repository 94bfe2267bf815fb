"""Which reminders are due on a day, and whom an end concerns. Pure: days, ends and the inventory in, reminders out.

A reminder belongs 180, 90 and 30 days before the last day that counts. When several of them were missed, the nearest
one stands for all; one that goes out after its day says that it is late.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from inventory.models import Lifecycle
from inventory.rows import LinkRow, PollTarget, SectorRow
from spectrum.bands import Answer
from spectrum.conformance import emission
from spectrum.terms import DAY, Term

THRESHOLDS = (180, 90, 30)
"""Days before the last day."""
Mark = tuple[str, int]
"""Key of an end, and days before it: what is sent once."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One that is due: `threshold` days before the end or later; `missed` are the earlier ones that never went out."""

    term: Term
    threshold: int
    late: bool
    missed: tuple[int, ...] = ()

    @property
    def mark(self) -> Mark:
        """What is sent once."""
        return self.term.key, self.threshold


@dataclass(frozen=True, slots=True)
class Concern:
    """Stations that emit within an end's place and band, those for which this cannot be told, and who they serve.

    `communes` are the codes of today of the communes where these stations stand, where their links end, or where a
    device is reached through them (but for a station behind another: it emits by its own right);
    `inhabitants` is their sum, and `uncounted` how many of them have no known population.
    """

    stations: tuple[SectorRow, ...] = ()
    unproven: tuple[SectorRow, ...] = ()
    communes: tuple[str, ...] = ()
    inhabitants: int = 0
    uncounted: int = 0


def due(day: date, terms: Iterable[Term], sent: Collection[Mark]) -> list[Reminder]:
    """What has to go out on a day, given what went out before."""
    found = []
    for term in terms:
        passed = [days for days in THRESHOLDS if day_of(term, days) <= day]
        if not passed or (term.key, passed[-1]) in sent:
            continue
        if day > term.last and term.known >= term.last:  # nobody could have been told in time
            continue
        missed = tuple(
            days
            for days in passed[:-1]
            if (term.key, days) not in sent and prompt(term, days) < day_of(term, passed[-1])
        )
        found.append(Reminder(term, passed[-1], day > prompt(term, passed[-1]), missed))
    return found


def coming(day: date, term: Term) -> tuple[int, date] | None:
    """The next reminder after a day: its threshold and its day; None when none follows."""
    return next(((days, day_of(term, days)) for days in THRESHOLDS if day_of(term, days) > day), None)


def day_of(term: Term, days: int) -> date:
    """The day on which a reminder belongs."""
    return term.last - timedelta(days)


def prompt(term: Term, days: int) -> date:
    """The last day on which a reminder is not late: its own, or the day after the register learned of the end."""
    return max(day_of(term, days), term.known + DAY)


def concerned(
    term: Term,
    sectors: Iterable[SectorRow],
    links: Iterable[LinkRow],
    devices: Iterable[PollTarget],
    people: Mapping[str, int | None],
    today: Callable[[str], str],
) -> Concern:
    """Whom an end concerns; `people` are inhabitants by code of today, `today` leads there from any code."""
    inside: dict[str, SectorRow] = {}
    unproven: list[SectorRow] = []
    emitting: set[str] = set()
    for sector in sectors:
        emitting.add(sector.device)
        if sector.lifecycle is Lifecycle.RETIRED or not sector.insee:
            continue
        answer = _emits_in(term, sector, today(sector.insee))
        if answer is Answer.YES:
            inside[sector.name] = sector
        elif answer is Answer.CANNOT_PROVE:
            unproven.append(sector)
    served = {today(one.insee) for one in inside.values()}
    served |= {
        today(link.insee)
        for link in links
        if link.sector in inside and link.insee and link.lifecycle is not Lifecycle.RETIRED
    }
    stations = {one.device for one in inside.values()}
    served |= {today(one.insee) for one in devices if one.parent in stations and one.insee and one.name not in emitting}
    counts = [people.get(code) for code in served]
    return Concern(
        tuple(inside.values()),
        tuple(unproven),
        tuple(sorted(served)),
        sum(count for count in counts if count is not None),
        counts.count(None),
    )


def _emits_in(term: Term, sector: SectorRow, commune: str) -> Answer:
    """Whether a planned emission touches the place and the band of an end."""
    emitted = emission(sector.centre_khz, sector.width_khz)
    answers = {one.bands.intersects(emitted) for one in term.extents if commune in one.area}
    return next((answer for answer in (Answer.YES, Answer.CANNOT_PROVE) if answer in answers), Answer.NO)
