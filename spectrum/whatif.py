"""What if? A project supposed to be carried out: the register before and after it, before anything is drafted. Pure.

The register is the fold of acts, so a supposition is one more act on a copy of the fold; nothing is written. What the
law says is what it says of a project, but for the joint dossier and the split of obligations, which do not exist yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from inventory.queries import department_of
from inventory.rows import SectorRow
from nms.base.errors import Conflict
from nms.base.text import Said, say
from spectrum.acts import Act, Obligation
from spectrum.bands import NONE, Answer, Bands
from spectrum.chronicle import Chronicle, Holding
from spectrum.conformance import Conformance, Verdict, emission
from spectrum.conformance import judge as conforms
from spectrum.drafts import STEPS, Draft, Judged, judge
from spectrum.former import NOBODY, Former
from spectrum.law import cession
from spectrum.law.fees import Fee, fees, year_of
from spectrum.law.verdict import Outcome
from spectrum.obligations import Standing, Station, standings
from spectrum.places import OPAQUE, Places
from spectrum.projects import BINDING
from spectrum.rights import Area, Extent, Period, canonical
from spectrum.statement import area_of

SUPPOSED = say("the act supposed")
"""Stands for the number of the decision that nobody has made."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """A draft as if it were carried out. `why_not` says why nothing can change hands; `after` is then `before`."""

    draft: Draft
    judged: Judged
    before: Chronicle
    after: Chronicle
    why_not: str = ""

    @property
    def start(self) -> date:
        """The day of effect."""
        return self.judged.wanted.period.start

    @property
    def area(self) -> Area:
        """The communes that it is about."""
        return self.judged.wanted.area

    def gone(self) -> list[Holding]:
        """Holdings that are no more as they were."""
        return _without(self.before.holdings(), self.after.holdings())

    def come(self) -> list[Holding]:
        """Holdings that are there instead: what is left to the cédant, and what the other party receives."""
        return _without(self.after.holdings(), self.before.holdings())

    def given(self) -> tuple[Extent, ...]:
        """What the other party would hold, or use, by the act supposed."""
        return _joined(
            one.extent
            for one in self.come()
            if one.authorisation == SUPPOSED or (one.act == SUPPOSED and one.user != one.holder)
        )

    def kept(self) -> tuple[Extent, ...]:
        """What the cédant would hold of the title from the day of effect on, and use itself."""
        return _joined(
            replace(one.extent, period=period)
            for one in self.after.holdings()
            if self._of_title(one) and (period := one.extent.period.since(self.start)) is not None
        )

    def kept_there(self) -> tuple[Extent, ...]:
        """Of what is kept, that which lies in the communes that it is about."""
        here = (one for one in self.kept() if not one.area.isdisjoint(self.area))
        return tuple(replace(one, area=one.area & self.area) for one in here)

    def _of_title(self, one: Holding) -> bool:
        same = self.after.parties.same
        own = same(one.holder, self.draft.cedant) and same(one.user, one.holder)
        return own and self.draft.title in ("", one.authorisation)


def suppose(
    draft: Draft,
    folded: Callable[[date], Chronicle],
    acts: Iterable[Act],
    places: Places,
    on: date,
    area: Area | None = None,
) -> Supposed:
    """Judge a draft with the law of a day, and carry it out on a copy of the register.

    Args:
        draft: what is supposed.
        folded: the register as the acts make it that had taken effect by a day (`Register.as_of`).
        acts: every act that stands.
        places: the territory.
        on: the day whose law judges.
        area: the communes that the draft means; without it, what its text names today.

    Raises:
        InputError: as `spectrum.drafts.judge`.
    """
    before = folded(date.max)
    judged = _without_papers(judge(draft, before, places, on, area))
    refused = next((v for v in judged.verdicts if v.rule in BINDING and v.outcome is Outcome.REFUSED), None)
    if refused is not None:
        return Supposed(draft, judged, before, before, refused.text)
    act = _act(draft, judged)
    later = sorted(
        (one for one in acts if one.effective_on > act.effective_on), key=lambda one: (one.effective_on, one.order)
    )
    after = (folded(act.effective_on) if later else before).copy()
    try:
        for one in (act, *later):
            after.apply(one)
    except Conflict as conflict:
        return Supposed(draft, judged, before, before, conflict.message)
    return Supposed(draft, judged, before, after)


def _without_papers(judged: Judged) -> Judged:
    """Judged as a project whose dossier is not held yet: nobody has drafted it."""
    project = replace(judged.project, dossier=None, split=None)
    return replace(judged, project=project, verdicts=cession.judge(project), effects=cession.effects(project))


def _act(draft: Draft, judged: Judged) -> Act:
    """The act that would carry the draft out."""
    wanted = judged.wanted
    return Act(
        number=SUPPOSED,
        step=STEPS[draft.nature],
        decided_on=wanted.period.start,
        effective_on=wanted.period.start,
        area=wanted.area,
        bands=wanted.bands,
        cedant=draft.cedant,
        cessionnaire=draft.cessionnaire.strip() or "?",
        area_text=draft.area_text,
        until=wanted.period.end,
        title=judged.project.title.number,
        simulated=draft.simulated,
    )


def _without(some: Iterable[Holding], others: Iterable[Holding]) -> list[Holding]:
    known = set(others)
    return [one for one in some if one not in known]


def _joined(extents: Iterable[Extent]) -> tuple[Extent, ...]:
    found = tuple(extents)
    return canonical(found) if all(one.bands.known for one in found) else found


class Change(StrEnum):
    """What becomes of an emission."""

    LOST = "right lost"
    OTHER_HOLDER = "other right-holder"
    NEVER = "no right before or after"
    GAINED = "right gained"
    OPEN = "not proved"
    SAME = "unchanged"


@dataclass(frozen=True, slots=True)
class Touched:
    """A sector whose planned emission lies, or may lie, in what changes: the rights there before and after."""

    sector: SectorRow
    commune: str
    before: Conformance
    after: Conformance

    @property
    def change(self) -> Change:
        """What becomes of it."""
        was, is_ = self.before.verdict, self.after.verdict
        if Verdict.CANNOT_PROVE in (was, is_):
            return Change.OPEN
        if Verdict.VIOLATION in (was, is_):
            return Change.NEVER if was is is_ else Change.LOST if is_ is Verdict.VIOLATION else Change.GAINED
        return Change.SAME if parties(self.before) == parties(self.after) else Change.OTHER_HOLDER


def parties(found: Conformance) -> tuple[str, ...]:
    """Who may emit by the rights on which a verdict rests."""
    return tuple(sorted({one.user for one in found.by}))


def touched(
    case: Supposed, sectors: Iterable[SectorRow], today: Callable[[str], str], former: Former = NOBODY
) -> list[Touched]:
    """The sectors in the communes of a supposition that emit, or may emit, in its band; the gravest change first.

    None when nothing changes hands.

    Args:
        case: what is supposed.
        sectors: those of the inventory.
        today: the code of today of a commune (`Places.today`).
        former: which rights are for former communes only.
    """
    if case.why_not:
        return []
    day, wanted = case.start, case.judged.wanted
    here = [(one, code) for one in sectors if (code := today(one.insee)) in wanted.area]
    was, is_ = (_by_commune(folded, day, wanted.area) for folded in (case.before, case.after))
    found = []
    for sector, code in here:
        emitted = emission(sector.centre_khz, sector.width_khz)
        if emitted != NONE and emitted.intersects(wanted.bands) is not Answer.NO:
            rights = (
                conforms(emitted, code, day, held.get(code, ()), stands=sector.insee, former=former)
                for held in (was, is_)
            )
            found.append(Touched(sector, code, *rights))
    return sorted(found, key=lambda one: (list(Change).index(one.change), one.sector.name))


def _by_commune(folded: Chronicle, day: date, area: Area) -> Mapping[str, list[Holding]]:
    found: dict[str, list[Holding]] = {}
    for one in folded.on(day):
        for atom in one.extent.area & area:
            found.setdefault(atom, []).append(one)
    return found


@dataclass(frozen=True, slots=True)
class Moved:
    """An obligation before and after: who owes it, and how it stands; None: it is due from nobody by that clause."""

    before: Standing | None
    after: Standing | None

    @property
    def any(self) -> Standing:
        """The one that is there: what is owed is the same in both."""
        one = self.after or self.before
        assert one is not None
        return one

    @property
    def moves(self) -> bool:
        """Whether somebody else would owe it, or that becomes a question."""
        if self.before is None or self.after is None:
            return True
        return (self.before.holders, self.before.status) != (self.after.holders, self.after.status)


def moved(case: Supposed, acts: Sequence[Act], emitting: Sequence[Station], places: Places) -> list[Moved]:
    """The obligations in the departments of a supposition, before and after, as they stand on the day of effect.

    None when nothing changes hands. The stations are counted as they are today.
    """
    if case.why_not:
        return []
    there = {department_of(atom.removeprefix(OPAQUE)) for atom in case.area}
    found: dict[tuple[str, Obligation], list[Standing | None]] = {}
    for side, folded in enumerate((case.before, case.after)):
        for one in standings(acts, folded, emitting, places, case.start):
            if one.clause.department in there:
                found.setdefault((one.authorisation, one.clause), [None, None])[side] = one
    return [Moved(before, after) for before, after in found.values()]


@dataclass(frozen=True, slots=True)
class Owed:
    """What a party owes in a year for all that it holds, in euros; None when nothing of it can be computed.

    `open` are the reasons why a part is not computed; `euros` is then the sum of the rest.
    """

    year: int
    party: str
    euros: Fraction | None
    open: tuple[Said, ...]

    @property
    def cents(self) -> int | None:
        """Rounded half up."""
        return None if self.euros is None else int((self.euros * 100 + Fraction(1, 2)) // 1)


def owed(folded: Chronicle, party: str, year: int, areas: Mapping[str, Fraction]) -> Owed:
    """The fees of a party in a year.

    A fee is linear in the area: rights of the same bands and days are counted once, over their areas together.
    """
    whole = year_of(year)
    alike: dict[tuple[Bands, Period], list[Holding]] = defaultdict(list)
    for one in folded.holdings():
        days = one.extent.period.intersection(whole)
        if days is not None and folded.parties.same(one.holder, party):
            alike[one.extent.bands, days].append(one)
    found: list[Fee] = []
    for (bands, days), rights in alike.items():
        counted = [area_of(one.extent.area, areas) for one in rights]
        known = [area for area in counted if area is not None]
        for area in ([sum(known, Fraction())] if known else []) + ([None] if len(known) < len(counted) else []):
            found += fees(bands, area, days, year)
    computed = [fee.euros for fee in found if fee.euros is not None]
    why = tuple(dict.fromkeys(fee.why for fee in found if fee.why is not None))
    return Owed(year, party, None if why and not computed else sum(computed, Fraction()), why)
