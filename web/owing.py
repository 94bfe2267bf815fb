"""What the parties of a project owe before it and after it, as the page of the project and the what-if tell it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

from nms.base.clock import legal_day
from nms.base.errors import InputError
from spectrum import statement
from spectrum.chronicle import chronicle
from spectrum.dossiers import Dossier
from spectrum.drafts import Draft
from spectrum.whatif import Owed, Supposed, owed, suppose
from web.account import services
from web.known import known


@dataclass(frozen=True, slots=True)
class Fees:
    """What a party owes in a year, before and after."""

    before: Owed
    after: Owed

    @property
    def more_cents(self) -> int | None:
        """How much more it would owe; None while a part cannot be computed."""
        if self.before.cents is None or self.after.cents is None or self.before.open or self.after.open:
            return None
        return self.after.cents - self.before.cents


def fees_of(case: Supposed) -> tuple[Fees, ...]:
    """Of both parties, in the year of effect and in the next one that the right reaches."""
    with services().database.reading() as session:
        areas = statement.areas(session)
    start, end = case.start, case.judged.wanted.period.end
    years = [start.year] + ([start.year + 1] if end is None or end > date(start.year + 1, 1, 1) else [])
    return tuple(
        Fees(owed(case.before, party, year, areas), owed(case.after, party, year, areas))
        for party in _parties(case.draft)
        for year in years
    )


def _parties(draft: Draft) -> list[str]:
    return [draft.cedant, *([draft.cessionnaire] if draft.cessionnaire.strip() else [])]


def fees_of_project(one: Dossier) -> tuple[Fees, ...]:
    """The same of a project; one that was executed is held against the register without its acts.

    Nothing when the project cannot be carried out as it is written.
    """
    parts = services()
    every = known().acts(parts.register)
    acts = [act.act for act in every if act.row.dossier != one.row.reference]
    folded = parts.register.as_of if len(acts) == len(every) else partial(chronicle, acts)
    with parts.database.reading() as session:
        places = parts.register.places(session)
    try:
        case = suppose(one.draft, folded, acts, places, legal_day(parts.clock.now()), one.area(places))
    except InputError:
        return ()
    return () if case.why_not else fees_of(case)
