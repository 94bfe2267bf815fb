"""What comes to an end: rights and uses of rights, and the deadlines of projects; each by its last legal day.

A right's period is half open and a deadline includes its day; here both are told by the last day that counts. A right
that another act carries on (a renewal, a cession, a use that begins) does not end, wherever that act is recorded.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from nms.base.clock import legal_day
from nms.base.text import say
from spectrum.bands import NONE, Answer, Bands
from spectrum.chronicle import Chronicle, Holding
from spectrum.dossiers import Dossiers
from spectrum.register import Recorded, Register
from spectrum.rights import Area, Extent

DAY = timedelta(1)
PAST = timedelta(30)
"""How long an end that is over is still told, for who was not told of it before."""


class TermKind(StrEnum):
    """What comes to an end."""

    RIGHT = "right_ends"
    USE = "use_ends"
    DEADLINE = "project_deadline"


@dataclass(frozen=True, slots=True)
class Term:
    """One end. `last` is the last day with the right, or the last day of the deadline; `latest` a more patient reading.

    `number` is the authorisation or the reference of the project, `party` who holds, uses or takes. `known` is the day
    on which the register learned of it; `revision` rises with what is recorded of it. `ask` is what the text leaves
    open.
    """

    kind: TermKind
    number: str
    party: str
    last: date
    latest: date
    known: date
    extents: tuple[Extent, ...]
    text: str
    key: str
    article: str = ""
    ask: str = ""
    confidence: str = "H"
    simulated: bool = False
    revision: int = 0
    holder: str = ""

    @property
    def area(self) -> Area:
        """Every commune of it."""
        return frozenset().union(*(one.area for one in self.extents))

    def days_left(self, on: date) -> int:
        """Whole days from a day to the last one; 0 on it, negative after it."""
        return (self.last - on).days


def terms(register: Register, dossiers: Dossiers, on: date) -> list[Term]:
    """What runs on a day, and the rights that ended shortly before; the next end first."""
    found = [*ends(register.as_of(date.max), register.acts(), on), *deadlines(dossiers, on)]
    return sorted(found, key=lambda term: (term.last, term.number, term.party, term.key))


def ends(folded: Chronicle, acts: Iterable[Recorded], on: date) -> list[Term]:
    """Rights and uses with an established end that nobody carries on; `folded` holds every act, of later effect too."""
    everything = folded.holdings()
    lines: dict[str, list[Holding]] = defaultdict(list)
    for one in everything:
        for number in {one.authorisation, one.parent}:
            lines[number].append(one)
    known, revisions = _records(acts)
    pieces: dict[tuple[str, str, str, date], list[Holding]] = defaultdict(list)
    for one in everything:
        end = one.extent.period.end
        if end is None or one.extent.period.start > on or end + PAST <= on:
            continue
        area = one.extent.area - _carried_on(one, end, lines[one.authorisation], folded)
        if area:
            cut = replace(one, extent=replace(one.extent, area=area))
            pieces[one.authorisation, one.holder, one.user, end].append(cut)
    return [_end_of(key, found, folded, on, known, revisions) for key, found in pieces.items()]


def _carried_on(one: Holding, end: date, line: Iterable[Holding], folded: Chronicle) -> Area:
    """Where the right goes on after its end: in its own `line` of authorisations; a use, by the same user."""
    lent = not folded.parties.same(one.user, one.holder)
    then: dict[str, Bands] = {}
    for other in line:
        if not other.extent.period.holds(end) or (lent and not folded.parties.same(other.user, one.user)):
            continue
        for atom in other.extent.area & one.extent.area:
            then[atom] = _together(then.get(atom, NONE), other.extent.bands, one.extent.bands)
    return frozenset(atom for atom, bands in then.items() if _holds(bands, one.extent.bands))


def _together(one: Bands, other: Bands, wanted: Bands) -> Bands:
    """Both; beside established bands, what is not established proves nothing."""
    return one if wanted.known and not other.known else one.union(other)


def _holds(bands: Bands, wanted: Bands) -> bool:
    return bands == wanted or bands.contains(wanted) is Answer.YES


def day_without(one: Holding, commune: str, line: Sequence[Holding]) -> date | None:
    """The first day without a right in a commune, however uses and other cessions cut it into pieces until then.

    `line` are the pieces by its authorisation that its holder has. None when that day is not established.
    """
    end = one.extent.period.end
    while end is not None:
        then = [other for other in line if commune in other.extent.area and other.extent.period.holds(end)]
        bands = NONE
        for other in then:
            bands = _together(bands, other.extent.bands, one.extent.bands)
        if not _holds(bands, one.extent.bands):
            return end
        ends = [other.extent.period.end for other in then]
        end = min((day for day in ends if day is not None), default=None)
    return None


def _records(acts: Iterable[Recorded]) -> tuple[Mapping[str, date], Mapping[str, int]]:
    known: dict[str, date] = {}
    revisions: dict[str, int] = {}
    for one in acts:
        known.setdefault(one.act.number, legal_day(one.row.recorded_at))
        revisions[one.act.number] = one.row.id
    return known, revisions


def _end_of(
    key: tuple[str, str, str, date],
    pieces: list[Holding],
    folded: Chronicle,
    on: date,
    known: Mapping[str, date],
    revisions: Mapping[str, int],
) -> Term:
    number, holder, user, end = key
    shown = folded.shown(pieces[0], on)
    lent = not folded.parties.same(user, holder)
    kind = TermKind.USE if lent else TermKind.RIGHT
    last = end - DAY
    text = (
        say("last day on which {user} uses the right of {holder}", user=shown.user, holder=shown.holder)
        if lent
        else say("last day of the right of {holder}", holder=shown.holder)
    )
    numbers = {number, *(one.act for one in pieces)}
    return Term(
        kind=kind,
        number=number,
        party=shown.user,
        holder=shown.holder,
        last=last,
        latest=last,
        known=max((known[one] for one in numbers if one in known), default=on),
        extents=tuple(one.extent for one in pieces),
        text=text,
        key=_key(kind, number, holder, user, last.isoformat()),
        simulated=any(one.simulated for one in pieces),
        revision=max((revisions.get(one, 0) for one in numbers), default=0),
    )


def deadlines(dossiers: Dossiers, on: date) -> list[Term]:
    """The deadlines of projects that run on a day."""
    found = []
    recorded = dossiers.recorded_at()
    for one in dossiers.every(on):
        if not one.standing.deadlines:
            continue
        wanted = dossiers.judged(one, on).wanted
        known = legal_day(recorded.get(one.row.id, one.row.created_at))
        found += [
            Term(
                kind=TermKind.DEADLINE,
                number=one.row.reference,
                party=one.draft.cessionnaire,
                holder=one.draft.cedant,
                last=deadline.due,
                latest=deadline.latest,
                known=known,
                extents=(wanted,),
                text=deadline.text,
                key=_key(TermKind.DEADLINE, one.row.reference, deadline.code, deadline.due.isoformat()),
                article=deadline.article,
                ask=deadline.ask,
                confidence=deadline.confidence,
                simulated=one.row.simulated,
                revision=len(one.events),
            )
            for deadline in one.standing.deadlines
        ]
    return found


def _key(*parts: str) -> str:
    """The same for the same end, whatever names its parties take later."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
