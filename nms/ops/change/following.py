"""The change that follows an act of the register: at its instant, stations that emit in what it moves are silenced, and
the sites where they stand pass to whom it names.

Silence is what can be proposed without guessing; the engineer writes the retune in its place, and says of each site
whether it passes. Nothing is done that was not approved, and a plan whose act no longer stands is given up. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

from inventory.reassignment import Answerable
from nms.ops.change.grammar import parsed
from nms.ops.change.prepare import Subject
from nms.ops.change.radio import radios, silencing
from spectrum.acts import MOVES, USES, Act, Step
from spectrum.bands import NONE, Answer, Bands
from spectrum.chronicle import Holding
from spectrum.parties import Parties, read_party

ENDS = MOVES | USES | {Step.ABROGATION, Step.SUSPENSION}
"""Steps after which somebody may no longer emit what they emitted before."""


@dataclass(frozen=True, slots=True)
class Following:
    """Lines that silence, by device; and stations of the place whose configuration does not tell what they emit."""

    lines: Mapping[str, list[str]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def reach(act: Act, held: Iterable[Holding], parties: Parties) -> Act:
    """The act with the place and the bands that it means where it names none: those of the right that it takes from.

    Args:
        act: the act.
        held: what was held on the eve of its effective day.
        parties: who is who in the register.
    """
    if act.area and act.bands.known:
        return act
    giver = read_party(act.cedant).name
    taken = [
        one.extent
        for one in held
        if parties.same(one.holder, giver) and act.title in ("", one.authorisation)
        if not act.area or act.area & one.extent.area
    ]
    if not taken:
        return act
    area = act.area or frozenset[str]().union(*(one.area for one in taken))
    bands = act.bands if act.bands.known else reduce(Bands.union, (one.bands for one in taken))
    return replace(act, area=area, bands=bands)


def following(act: Act, subjects: Mapping[str, Subject]) -> Following:
    """What follows from an act for the stations of its place."""
    lines: dict[str, list[str]] = {}
    unread: list[str] = []
    for name, subject in sorted(subjects.items()):
        if not subject.emits or subject.commune not in act.area:
            continue
        family = subject.family
        if family is None or family.radio is None:
            unread.append(name)
            continue
        tree = parsed(subject.running, family.grammar)
        for radio, state in radios(tree, family.radio).items():
            if state.emitted != NONE and state.emitted.intersects(act.bands) is not Answer.NO:
                lines.setdefault(name, []).extend(silencing(radio, tree, family.radio))
    return Following(lines, tuple(unread))


@dataclass(frozen=True, slots=True)
class Station:
    """A sector as the inventory has it: its site, the commune of today, and what it emits (as planned, or as heard)."""

    site: str
    commune: str
    emitted: Bands


@dataclass(frozen=True, slots=True)
class Passing:
    """A site with stations that emit in what an act moves, who would answer for it, and whether that is proposed."""

    site: str
    after: Answerable
    proposed: bool


def passing(
    act: Act,
    stations: Iterable[Station],
    today: Mapping[str, Answerable],
    contacts: Mapping[str, str],
    parties: Parties,
) -> list[Passing]:
    """Who answers for the sites that an act concerns, by site.

    A site passes with the frequencies where the act moves them and the site is its cédant's, or nobody's yet; a right
    to use moves no site. The contact is the only one of the cessionnaire's organisation, else that of today.

    Args:
        act: the act.
        stations: what stands where; a station that tells no carrier counts as concerned.
        today: who answers for each site.
        contacts: the organisation of each contact.
        parties: who is who in the register.
    """
    concerned = {
        one.site
        for one in stations
        if one.site in today and one.commune in act.area and one.emitted.intersects(act.bands) is not Answer.NO
    }
    taker, giver = read_party(act.cessionnaire).name, read_party(act.cedant).name
    known = [name for name, organisation in contacts.items() if organisation and parties.same(organisation, taker)]
    found = []
    for site in sorted(concerned):
        now = today[site]
        moves = act.step in MOVES and bool(taker) and (not now.owner or parties.same(now.owner, giver))
        contact = known[0] if moves and len(known) == 1 else now.contact
        after = Answerable(taker if moves else now.owner, contact)
        found.append(Passing(site, after, after != now))
    return found


def cause_of(act: Act) -> str:
    """How a plan names the act that it follows: another effective day is another cause."""
    return f"act {act.key[:40]} {act.effective_on.isoformat()}"
