"""Who holds what on a day: a pure fold of acts in the order of their effect.

Nothing is guessed. A fact that the acts do not establish (a band, an end, which of two authorisations) becomes a mark
on the holding, and a question about it is answered "cannot prove". Approval alone moves nothing; users never overlap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from nms.base.errors import Conflict
from nms.base.text import say
from spectrum.acts import MOVES, USES, Act, Step
from spectrum.bands import HIGHEST_KHZ, LOWEST_KHZ, Answer, Bands
from spectrum.book import Book, Holding
from spectrum.parties import Parties, read_party
from spectrum.rights import Area, Extent, Period

__all__ = ["Chronicle", "Holding", "chronicle"]


class Chronicle:
    """The register as some acts make it. `remarks` are facts that acts lack, as (number of the act, sentence)."""

    def __init__(self) -> None:
        self.parties = Parties()
        self.remarks: list[tuple[str, str]] = []
        self.pending: list[Act] = []
        self._book = Book()

    def copy(self) -> Chronicle:
        """The same register, to which acts may be applied while this stays as it is."""
        found = Chronicle()
        found.parties, found._book = self.parties.copy(), self._book.copy()
        found.remarks, found.pending = list(self.remarks), list(self.pending)
        return found

    def holdings(self) -> list[Holding]:
        """Every holding that the acts made, of any day."""
        return list(self._book)

    def held_by(self, party: str, area: Area, since: date) -> list[Holding]:
        """What a party holds from a day on, under any of its names, in an area (empty: anywhere)."""
        return [holding for _, holding in self._book.of_party(self.parties.keys_of(party), area, since)]

    def of_title(self, authorisation: str) -> list[Holding]:
        """Every holding by one authorisation, of any day."""
        return self._book.of_title(authorisation)

    def end_of(self, authorisation: str, on: date) -> date | None:
        """The legal end of an authorisation in force: that of the piece that lasts longest; None: not established."""
        ends = [one.extent.period.end for one in self._book.of_title(authorisation, on)]
        return None if None in ends else max(end for end in ends if end is not None)

    def holder_of(self, authorisation: str, on: date) -> str:
        """Who holds by an authorisation from a day on, first; when it is over, who held it last; empty: nobody ever."""
        titled = self._book.of_title(authorisation)
        left = [one for one in titled if one.extent.period.since(on) is not None]
        found = min(left or titled[-1:], key=lambda one: one.extent.period.start, default=None)
        return found.holder if found else ""

    def titles(self, on: date) -> dict[str, str]:
        """The authorisations that hold something on a day or later, also what others use, each with its holder."""
        lasting = {one.authorisation for one in self._book if one.extent.period.since(on) is not None}
        return {number: self.parties.name_on(self.holder_of(number, on), on) for number in sorted(lasting)}

    def on(self, day: date) -> list[Holding]:
        """What is held on a day, in the order of authorisations; what is approved and not executed is a mark.

        The acts must be those that had taken effect by that day (`chronicle(acts, day)`).
        """
        found = [self.shown(holding, day) for holding in self._book if holding.extent.period.holds(day)]
        return sorted(found, key=lambda h: (h.extent.period.start, h.authorisation, h.act, min(h.extent.area)))

    def shown(self, holding: Holding, day: date) -> Holding:
        """A holding under the names of a day, with what is approved and not executed as a mark."""
        marks = [
            _approved(act)
            for act in self.pending
            if self.parties.same(read_party(act.cedant).name, holding.holder)
            and not act.area.isdisjoint(holding.extent.area)
            and act.bands.intersects(holding.extent.bands) is not Answer.NO
            and act.title in ("", holding.authorisation)
        ]
        holder, user = (self.parties.name_on(name, day) for name in (holding.holder, holding.user))
        return replace(holding, holder=holder, user=user).marked(*marks)

    def apply(self, act: Act) -> None:
        """Take one act.

        Raises:
            Conflict: somebody else holds, or uses, the same place and band on a day of the act.
        """
        for text in (act.cedant, act.cessionnaire):
            if text:
                self.parties.learn(read_party(text))
        if act.step is Step.RENAMING:
            self.parties.join(read_party(act.cedant).name, read_party(act.cessionnaire).name, act.effective_on)
        elif act.step is Step.ATTRIBUTION:
            self._attribute(act)
        elif act.step is Step.APPROVAL:
            self.pending.append(act)
        elif act.step is Step.WITHDRAWAL:
            self._withdraw(act)
        elif act.step in MOVES:
            self._move(act)
        elif act.step in (Step.ABROGATION, Step.SUSPENSION):
            self._end(act)
        elif act.step is Step.RENEWAL:
            self._renew(act)
        elif act.step in USES:
            self._make_available(act)

    def _attribute(self, act: Act) -> None:
        name = read_party(act.cessionnaire).name
        box = _box(act)
        for _, other in self._book.touching(box):
            self._refuse_if_certain(other, box, act)
        if _is_too_long(act):
            text = say("it lasts more than twenty years, the most that L. 42-1, II, 2° allows: to be checked")
            self._remark(act, text)
        self._book.add(Holding(act.number, name, name, box, act.number, (), act.simulated))

    def _refuse_if_certain(self, other: Holding, box: Extent, act: Act) -> None:
        """Two holders of one place and band: a contradiction when it is certain, a remark when it cannot be proved."""
        if other.extent.intersects(box) is Answer.YES:
            raise Conflict(
                "already_held",
                say(
                    "Act {number}: {holder} holds a part of this area and band by {authorisation} since {day}.",
                    number=act.number,
                    holder=other.holder,
                    authorisation=other.authorisation,
                    day=other.extent.period.start.isoformat(),
                ),
                act=act.number,
                holder=other.holder,
                authorisation=other.authorisation,
            )
        self._remark(
            act,
            say(
                "the bands of {one} and {other} are not both established: "
                "neither a conflict nor its absence can be proved",
                one=act.number,
                other=other.authorisation,
            ),
        )

    def _move(self, act: Act) -> None:
        """Take from the cédant what the act names, and give it to the cessionnaire by an authorisation of its own."""
        if act.step is Step.MODIFICATION and not (act.cedant and act.cessionnaire):
            self._remark(act, say("it modifies conditions; nobody else holds after it"))
            return
        if not self._complete(act) and act.step is Step.EXECUTION:
            self._remark(act, say("the approval that this act executes is not in the register"))
        given = self._held_by(act)
        marks = self._doubt(act, given)
        covered: set[str] = set()
        for number, holding in given:
            if marks:
                self._book.replace(number, [holding.marked(*marks)])
                continue
            taken = _taken(act, holding)
            covered |= taken.area
            self._book.replace(number, _kept(holding, taken, act))
            if act.step is Step.TRANSFER:
                self._succeed(act, holding, taken)
            else:
                self._ask_of_use(act, holding)
                self._give(act, taken, (), act.number, holding.authorisation)
        missing = act.area - covered
        if missing:
            if covered:
                marks = (say("the right of the cédant over a part of the area is not established"),)
            box = replace(_box(act), area=missing)
            for _, other in self._book.touching(box):
                if not self._same(other.holder, act.cedant) or act.title not in ("", other.authorisation):
                    self._refuse_if_certain(other, box, act)
            self._give(act, box, marks, act.number)
        for mark in marks:
            self._remark(act, mark)

    def _doubt(self, act: Act, given: list[tuple[int, Holding]]) -> tuple[str, ...]:
        """Why it cannot be told from which right the act takes; nothing when it can."""
        if not given:
            cedant = read_party(act.cedant).name
            return (say("the right of {cedant} over this area is not established", cedant=cedant),)
        numbers = sorted({holding.authorisation for _, holding in given})
        if len(numbers) > 1 and not act.bands.known and self._compete(given):
            return (say("which of {numbers} is ceded is not established", numbers=", ".join(numbers)),)
        return ()

    def _compete(self, given: list[tuple[int, Holding]]) -> bool:
        """Whether several authorisations lie over one commune: then an act without bands may mean either."""
        seen: set[str] = set()
        for _, holding in given:
            if seen & holding.extent.area:
                return True
            seen |= holding.extent.area
        return False

    def _give(self, act: Act, box: Extent, marks: tuple[str, ...], number: str, parent: str = "") -> None:
        name = read_party(act.cessionnaire).name
        self._book.add(Holding(number, name, name, box, act.number, marks, act.simulated, parent))

    def _succeed(self, act: Act, holding: Holding, taken: Extent) -> None:
        """The authorisation goes on under another holder, and whoever uses it goes on using it."""
        name = read_party(act.cessionnaire).name
        lent = not self._same(holding.user, holding.holder)
        user = holding.user if lent else name
        self._book.add(replace(holding, holder=name, user=user, extent=taken, act=act.number, marks=()))

    def _ask_of_use(self, act: Act, holding: Holding) -> None:
        """Whether a use goes on when the right is ceded to somebody else is in no text that is held."""
        if self._same(holding.user, holding.holder) or self._same(holding.user, act.cessionnaire):
            return
        text = say("{user} used a part of it by {act}: whether that use goes on is not established; it is not shown.",
                   user=holding.user, act=holding.act)  # fmt: skip
        self._remark(act, text)

    def _complete(self, act: Act) -> bool:
        """Take the latest matching approval off what is pending; whether there is one."""
        for approval in reversed(self.pending):
            parties = (approval.cedant, act.cedant), (approval.cessionnaire, act.cessionnaire)
            if (
                approval.area == act.area
                and all(self._same(one, other) for one, other in parties)
                and approval.bands.intersects(act.bands) is not Answer.NO
                and _of_one_title(approval, act)
            ):
                self.pending.remove(approval)
                return True
        return False

    def _withdraw(self, act: Act) -> None:
        """The project that was approved is over; nothing had moved, and nothing moves."""
        if not self._complete(act):
            self._remark(act, say("the approval that this act gives up is not in the register"))

    def _end(self, act: Act) -> None:
        """End what the party still holds there; a suspension gives it back on its last day."""
        ended = self._held_by(act)
        for number, holding in ended:
            taken = _taken(act, holding)
            if act.step is Step.ABROGATION:
                taken = replace(taken, period=Period(taken.period.start, holding.extent.period.end))
            self._book.replace(number, _kept(holding, taken, act))
        if act.step is Step.ABROGATION:
            self.pending = [one for one in self.pending if not self._void(one, act)]
        if not ended:
            self._remark(act, say("nothing that this act could end is established"))

    def _void(self, approval: Act, act: Act) -> bool:
        """Whether an abrogation leaves nothing of what was approved."""
        return (
            self._same(approval.cedant, act.cedant)
            and approval.area <= act.area
            and _of_one_title(approval, act)
            and (not act.bands.known or act.bands.contains(approval.bands) is Answer.YES)
        )

    def _renew(self, act: Act) -> None:
        """The same right for longer: a new end; nobody else may hold those days."""
        renewed = self._held_by(act)
        legal = {one.authorisation: self.end_of(one.authorisation, act.effective_on) for _, one in renewed}
        for number, holding in renewed:
            end = holding.extent.period.end
            if act.until is None or end is None or end >= act.until or end != legal[holding.authorisation]:
                continue
            longer = replace(holding.extent, period=Period(end, act.until))
            for _, other in self._book.touching(longer):
                self._refuse_if_certain(other, longer, act)
            if holding.user == holding.holder:
                extent = replace(holding.extent, period=Period(holding.extent.period.start, act.until))
                self._book.replace(number, [replace(holding, extent=extent, act=act.number)])
            else:  # whoever uses it does so until the day that was agreed
                self._book.add(replace(holding, extent=longer, user=holding.holder, act=act.number))
        if not renewed:
            self._remark(act, say("nothing that this act could renew is established"))

    def _make_available(self, act: Act) -> None:
        """Another user, the same holder: he stays answerable."""
        name = read_party(act.cessionnaire).name
        self._complete(act)
        given = self._held_by(act)
        for number, holding in given:
            taken = _taken(act, holding)
            if not self._same(holding.user, holding.holder) and not self._same(holding.user, name):
                raise Conflict(
                    "already_used",
                    say(
                        "Act {number}: {user} uses a part of this area and band by {act}.",
                        number=act.number,
                        user=holding.user,
                        act=holding.act,
                    ),
                    act=act.number,
                    holder=holding.user,
                    authorisation=holding.act,
                )
            kept = [replace(piece, act=holding.act) for piece in _kept(holding, taken, act)]
            self._book.replace(number, [*kept, replace(holding, extent=taken, user=name, act=act.number)])
        if not given:
            self._remark(act, say("the right of the titulaire over this area is not established"))

    def _held_by(self, act: Act) -> list[tuple[int, Holding]]:
        """What the party from whom the act takes holds there, on or after its day of effect."""
        keys = self.parties.keys_of(read_party(act.cedant).name)
        period = Period(act.effective_on, act.until)
        return [
            (number, holding)
            for number, holding in self._book.of_party(keys, act.area, act.effective_on)
            if act.title in ("", holding.authorisation)
            and holding.extent.area
            and holding.extent.period.intersection(period) is not None
            and holding.extent.bands.intersects(act.bands) is not Answer.NO
        ]

    def _same(self, one: str, other: str) -> bool:
        return self.parties.same(read_party(one).name, read_party(other).name)

    def _remark(self, act: Act, text: str) -> None:
        self.remarks.append((act.number, text))


def chronicle(acts: Iterable[Act], day: date | None = None) -> Chronicle:
    """The fold of acts in the order of their effect, those of one day in the order in which they were recorded.

    With a day: only of those that had taken effect by then.

    Raises:
        Conflict: two acts cannot both be so.
    """
    found = Chronicle()
    for act in sorted(acts, key=lambda act: (act.effective_on, act.order)):
        if day is None or act.effective_on <= day:
            found.apply(act)
    return found


def _approved(act: Act) -> str:
    """What an approval says of a right as long as nothing carries it out."""
    name, day = read_party(act.cessionnaire).name, act.decided_on.isoformat()
    if act.kind.casefold().startswith(("lease", "location")):
        return say("location to {name} approved by {number} on {day}, execution not established", name=name,
                   number=act.number, day=day)  # fmt: skip
    return say("cession to {name} approved by {number} on {day}, execution not established", name=name,
               number=act.number, day=day)  # fmt: skip


def _of_one_title(one: Act, other: Act) -> bool:
    """Whether two acts may be about one authorisation: none of them names another."""
    return one.title == other.title or "" in (one.title, other.title)


def _box(act: Act) -> Extent:
    return Extent(act.area, act.bands, Period(act.effective_on, act.until))


def _taken(act: Act, holding: Holding) -> Extent:
    """What the act takes of a holding: an axis that the act leaves open is taken whole."""
    held = holding.extent
    bands = (
        held.bands if not act.bands.known else act.bands if not held.bands.known else held.bands.intersection(act.bands)
    )
    period = Period(act.effective_on, act.until).intersection(held.period)
    return Extent(act.area & held.area if act.area else held.area, bands, period or held.period)


def _kept(holding: Holding, taken: Extent, act: Act) -> list[Holding]:
    """What is left to the holder; from the day of effect on, by the authorisation as the act modified it."""
    held = holding.extent
    if act.bands.known:
        left = held.minus(taken)
    else:  # the act takes every band: cut along the other two axes
        pieces = replace(held, bands=_WHOLE).minus(replace(taken, bands=_WHOLE))
        left = tuple(replace(piece, bands=held.bands) for piece in pieces)
    return [replace(holding, extent=piece, act=holding.act if _before(piece, taken) else act.number) for piece in left]


_LONGEST_YEARS = 20
"""The longest duration of an authorisation (L. 42-1, II, 2°)."""


def _is_too_long(act: Act) -> bool:
    start, end = act.effective_on, act.until
    return end is not None and (end.year - _LONGEST_YEARS, end.month, end.day) > (start.year, start.month, start.day)


_WHOLE = Bands.of((LOWEST_KHZ, HIGHEST_KHZ))


def _before(extent: Extent, taken: Extent) -> bool:
    return extent.period.end is not None and extent.period.end <= taken.period.start
