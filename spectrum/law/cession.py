"""Whether a project of cession, of making available or of location may be: every rule in the order of the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from nms.base.errors import InputError
from nms.base.text import say
from spectrum.bands import Answer, Bands
from spectrum.law.verdict import Fact, Outcome, Verdict, ruled
from spectrum.law.versions import LOCATION_DAY, Item, Law, Nature, Regime, law_on
from spectrum.parties import key_of
from spectrum.rights import Extent, Period, minus

CESSIBLE = Bands.of((3_400_000, 3_800_000))
"""The row of the arrêté of 11 August 2006 that concerns the local loop; only authorisations wholly in it are judged."""
DUPLEX_KHZ = 100_000
ARRETE = "arrêté du 11 août 2006"


class Axis(StrEnum):
    """Along what a partial cession cuts (R. 20-44-9-1)."""

    GEOGRAPHIC = "geographic"
    SPECTRAL = "spectral"
    TEMPORAL = "temporal"


@dataclass(frozen=True, slots=True)
class Title:
    """The authorisation that a project touches, as far as its facts are established (None: not established)."""

    number: str
    holder: str
    held: tuple[Extent, ...]
    assigned_by_call: bool | None = None
    public_service: bool | None = None
    station_locations: bool | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A project on the day on which it is judged.

    `dossier` tells the items given, by code; None: the dossier is not held, as for a published act. None of a fact
    stands for "not established".
    """

    nature: Nature
    title: Title
    cedant: str
    cessionnaire: str
    wanted: Extent
    on: date
    total: bool = False
    dossier: Mapping[str, str] | None = field(default_factory=dict)
    sanctioned: bool | None = None
    capacity: bool | None = None
    commitments: bool | None = None
    split: str | None = ""
    agreement: str = ""

    @property
    def left(self) -> tuple[Extent, ...]:
        """What the title still holds from the day of effect on: what was ceded or ended before is no part of it."""
        start = self.wanted.period.start
        return tuple(one for one in self.title.held if one.period.since(start) is not None)


Rule = Callable[[Project, Law], Verdict | None]


def judge(project: Project) -> tuple[Verdict, ...]:
    """Every verdict, in the order of the text. Nothing stops at the first refusal: the officer sees all obstacles."""
    try:
        law = law_on(project.on)
    except InputError as refused:
        return (ruled("law_in_force", "décret 2006-1016", Outcome.REFUSED, refused.message),)
    name = say("Judged by {law}, in force since {day}.", law=law.name, day=law.since.isoformat())
    found = [ruled("law_in_force", law.name, Outcome.GRANTED, name)]
    found += [verdict for rule in RULES if (verdict := rule(project, law)) is not None]
    found += _dossier(project, law) if project.nature is not Nature.MAKING_AVAILABLE else []
    return tuple(found)


def axes(project: Project) -> frozenset[Axis]:
    """Along which axes the project cuts the title; of what is not established, none."""
    held, wanted = project.left, project.wanted
    found = set()
    if any(not one.area <= wanted.area for one in held):
        found.add(Axis.GEOGRAPHIC)
    touched = [one for one in held if not one.area.isdisjoint(wanted.area)]
    if any(wanted.bands.contains(one.bands) is Answer.NO for one in touched):
        found.add(Axis.SPECTRAL)
    if any(one.period.end and wanted.period.end and wanted.period.end < one.period.end for one in touched):
        found.add(Axis.TEMPORAL)
    return frozenset(found)


def is_partial(project: Project) -> bool:
    """Whether something is left to the cédant."""
    return not project.total or bool(axes(project))


def regime_of(project: Project) -> Regime | None:
    """How ARCEP takes part; None when the facts do not tell."""
    if project.nature is Nature.MAKING_AVAILABLE:
        return Regime.AGREEMENT
    facts = (project.title.assigned_by_call, project.title.public_service)
    if True in facts:
        return Regime.APPROVAL
    return None if None in facts else Regime.NOTIFICATION


def items_of(project: Project) -> tuple[Item, ...]:
    """The items that the joint dossier of this project needs."""
    partial = is_partial(project)
    return tuple(item for item in law_on(project.on).items if partial or not item.only_partial)


def effects(project: Project) -> tuple[str, ...]:
    """What execution does (R. 20-44-9-4, -7 and -11)."""
    number = project.title.number or "?"
    if project.nature is not Nature.CESSION:
        return (
            say("{holder} stays the holder of {number} and answerable; the user changes.", holder=project.cedant,
                number=number),
        )  # fmt: skip
    own = (
        say("The authorisation {number} of the assignor is abrogated.", number=number)
        if not is_partial(project)
        else say("The authorisation {number} of the assignor is modified.", number=number)
    )
    return (
        own,
        say("{taker} receives a new authorisation, or one of its own in the same band is modified.",
            taker=project.cessionnaire),
        say("Each party pays the fees for what it holds."),
        say("ARCEP tells ANFR which assignments change hands; a technical change then is the assignee's to declare."),
    )  # fmt: skip


def _nature(project: Project, law: Law) -> Verdict | None:
    if project.nature in law.natures:
        return None
    text = say("Location does not exist in law before {day}.", day=LOCATION_DAY.isoformat())
    return ruled("nature", "L. 42-3", Outcome.REFUSED, text)


def _holder(project: Project, law: Law) -> Verdict:
    title = project.title
    if not title.held:
        text = say("{cedant} holds nothing by {number} there.", cedant=project.cedant, number=title.number or "—")
        return ruled("holder", "L. 42-3", Outcome.REFUSED, text)
    text = say("{cedant} holds {number}.", cedant=project.cedant, number=title.number)
    return ruled("holder", "L. 42-3", Outcome.GRANTED, text)


def _parties(project: Project, law: Law) -> Verdict | None:
    if not project.cessionnaire.strip():
        text = say("The assignee is not named.")
        return ruled("parties", "R. 20-44-9-3", Outcome.UNPROVEN, text, missing=(Fact.CESSIONNAIRE,))
    if key_of(project.cedant) == key_of(project.cessionnaire):
        return ruled("parties", "R. 20-44-9-3", Outcome.REFUSED, say("Assignor and assignee are one party."))
    return None


def _cessible(project: Project, law: Law) -> Verdict | None:
    """Art. 1: only an authorisation that lies wholly in listed bands may be ceded."""
    if project.nature is Nature.MAKING_AVAILABLE or not project.title.held:
        return None
    answers = {CESSIBLE.contains(one.bands) for one in project.title.held}
    if Answer.NO in answers:
        text = say("The authorisation does not lie wholly in 3400 to 3800 MHz; other bands are not judged here. Ask.")
        return ruled("cessible_band", ARRETE, Outcome.ASK, text)
    if Answer.CANNOT_PROVE in answers:
        text = say("The bands of {number} are not established.", number=project.title.number)
        return ruled("cessible_band", ARRETE, Outcome.UNPROVEN, text, missing=(Fact.BANDS,))
    text = say("The whole authorisation lies in 3400 to 3800 MHz: rights in it may be ceded.")
    return ruled("cessible_band", ARRETE, Outcome.GRANTED, text, confidence=law.arrete_confidence)


def _inside(project: Project, law: Law) -> Verdict | None:
    """A derived right lies inside its parent in area and band, and never outlives it (R. 20-44-9-1, -4)."""
    held, wanted = project.left or project.title.held, project.wanted
    if not held:
        return None
    article = "R. 20-44-9-1"
    area = frozenset().union(*(one.area for one in held))
    if not wanted.area <= area:
        count = len(wanted.area - area)
        text = say("{count} of the communes wanted are not in {number}.", count=count, number=project.title.number)
        return ruled("inside_area", article, Outcome.REFUSED, text)
    touched = [one for one in held if not one.area.isdisjoint(wanted.area)]
    if not _is_all_that_is_left(project) and _lacks(touched, wanted):
        text = say("The bands wanted are not all held everywhere in the area wanted, on every day.")
        return ruled("inside_bands", article, Outcome.REFUSED, text)
    return _inside_period(project, touched)


def _is_all_that_is_left(project: Project) -> bool:
    """Whether it cedes everything that the title holds, whatever its shape after earlier partial cessions."""
    return project.total and bool(project.left) and not axes(project)


def _lacks(touched: list[Extent], wanted: Extent) -> bool:
    """Whether some (commune, kHz, day) wanted, in the days of the title, is certainly not held."""
    if not wanted.bands.known or not all(one.bands.known for one in touched):
        return False
    first, ends = min(one.period.start for one in touched), [one.period.end for one in touched]
    last = None if None in ends else max(end for end in ends if end)
    if last is not None and last <= first:
        return False
    days = wanted.period.intersection(Period(first, last))
    return days is not None and bool(minus([replace(wanted, period=days)], touched))


def _inside_period(project: Project, touched: list[Extent]) -> Verdict:
    article, period, number = "R. 20-44-9-1", project.wanted.period, project.title.number
    latest = [one.period.end for one in touched]
    if period.start < min(one.period.start for one in touched):
        text = say("{number} does not hold yet on {day}.", number=number, day=period.start.isoformat())
        return ruled("inside_period", article, Outcome.REFUSED, text)
    if all(end is not None and end <= period.start for end in latest):
        text = say("{number} is over on {day}.", number=number, day=period.start.isoformat())
        return ruled("inside_period", article, Outcome.REFUSED, text)
    if None in latest or period.end is None:
        text = say("The end of {number}, or of the right derived from it, is not established.", number=number)
        return ruled("inside_period", article, Outcome.UNPROVEN, text, missing=(Fact.END,))
    end = max(day for day in latest if day is not None)
    if period.end > end:
        text = say("The right derived would end on {day}, after {number} on {end}.", day=period.end.isoformat(),
                   number=number, end=end.isoformat())  # fmt: skip
        return ruled("inside_period", article, Outcome.REFUSED, text)
    if not project.wanted.bands.known or not all(one.bands.known for one in touched):
        text = say("Inside {number} in area and in time; in its bands that is not established.", number=number)
        return ruled("inside_bands", article, Outcome.UNPROVEN, text, missing=(Fact.BANDS,))
    text = say("The right derived lies inside {number} along all three axes.", number=number)
    return ruled("inside_period", article, Outcome.GRANTED, text)


def _pair(project: Project, law: Law) -> Verdict | None:
    """The halves of a duplex pair: the text does not decide whether one may be ceded without the other."""
    parts = project.wanted.bands.parts
    if not parts:
        return None
    shifted = Bands.of(*((low + DUPLEX_KHZ, high + DUPLEX_KHZ) for low, high in parts if high <= 3_500_000))
    upper = Bands.of(*(part for part in parts if part[0] >= 3_500_000))
    if shifted.parts and upper.parts and shifted == upper:
        return ruled("duplex_pair", "décision 2005-1082", Outcome.GRANTED, say("Both halves of each pair are there."))
    text = say(
        "A half of a duplex pair (100 MHz apart) is wanted without the other: the texts held do not decide. Ask."
    )
    return ruled("duplex_pair", "décision 2005-1082", Outcome.ASK, text, confidence="M")


def _total(project: Project, law: Law) -> Verdict | None:
    if project.nature is not Nature.CESSION or not project.title.held:
        return None
    cut = axes(project)
    if project.total and cut:
        text = say("Said to be total, but it leaves something to the assignor ({axes}).", axes=_words(cut))
        return ruled("total", "R. 20-44-9-1", Outcome.REFUSED, text)
    if not project.total and not cut:
        text = say("Said to be partial, but nothing certain would be left to the assignor.")
        return ruled("total", "R. 20-44-9-1", Outcome.ASK, text)
    kind = say("total") if project.total else say("partial ({axes})", axes=_words(cut))
    return ruled("total", "R. 20-44-9-1", Outcome.GRANTED, say("The cession is {kind}.", kind=kind))


def _words(cut: Iterable[Axis]) -> str:
    """Axes as a list of words, each of which can be said in another language."""
    first, *rest = sorted(cut, key=list(Axis).index)
    return say("{first}, {rest}", first=first, rest=_words(rest)) if rest else first


def _axes_open(project: Project, law: Law) -> Verdict | None:
    """Annexe I: geographic and spectral cuts only without station locations; a temporal cut always."""
    cut = axes(project) & {Axis.GEOGRAPHIC, Axis.SPECTRAL}
    if project.nature is Nature.MAKING_AVAILABLE or not cut:
        return None
    article = f"{ARRETE}, annexe I"
    locations = project.title.station_locations
    if locations is None:
        text = say("Whether {number} specifies station locations is not established.", number=project.title.number)
        return ruled("axes", article, Outcome.UNPROVEN, text, missing=(Fact.LOCATIONS,))
    if locations and law.since >= LOCATION_DAY:
        text = say("{number} specifies station locations; since {day} R. 20-44-9-1 refers no more to the order for "
                   "what may be cut, and whether it still limits that is not held. Ask.", number=project.title.number,
                   day=LOCATION_DAY.isoformat())  # fmt: skip
        return ruled("axes", article, Outcome.ASK, text, confidence=law.arrete_confidence)
    if locations:
        text = say("{number} specifies station locations: it may be cut in time only.", number=project.title.number)
        return ruled("axes", article, Outcome.REFUSED, text)
    text = say("Without station locations the right may be cut by area, by band and in time.")
    return ruled("axes", article, Outcome.GRANTED, text, confidence=law.arrete_confidence)


def _regime(project: Project, law: Law) -> Verdict:
    regime = regime_of(project)
    if regime is Regime.AGREEMENT:
        return _agreement(project)
    article = "R. 20-44-9-2"
    if regime is None:
        text = say("Whether ARCEP must approve is not established: how was the frequency assigned, and for what use?")
        missing = (Fact.CALL, Fact.SERVICE)
        return ruled("regime", article, Outcome.UNPROVEN, text, missing=missing)
    if regime is Regime.APPROVAL:
        text = say("ARCEP must approve beforehand: three months from the complete file, and silence is a refusal.")
    else:
        text = say("ARCEP is notified: it has six weeks from the complete file to oppose.")
    return ruled("regime", article, Outcome.GRANTED, text)


def _agreement(project: Project) -> Verdict:
    if project.agreement:
        text = say("Prior agreement: {reference}. The holder stays answerable.", reference=project.agreement)
        return ruled("agreement", "L. 42-3", Outcome.GRANTED, text, confidence="M")
    text = say("The rules of 2006 on making available are not held: is a prior agreement of ARCEP needed? Ask.")
    return ruled("agreement", "L. 42-3", Outcome.ASK, text, missing=(Fact.AGREEMENT,), confidence="M")


def _split(project: Project, law: Law) -> Verdict | None:
    """Coverage, calendar and commitments are split proportionately; nothing falls between the two (R. 20-44-9-4)."""
    if project.nature is not Nature.CESSION or not is_partial(project):
        return None
    if project.split:
        text = say("The split of obligations is proposed; ARCEP judges whether it is proportionate.")
        return ruled("split", "R. 20-44-9-4", Outcome.GRANTED, text, confidence="M")
    if project.split is None:
        text = say("The split of obligations between the parties is not held.")
        return ruled("split", "R. 20-44-9-4", Outcome.UNPROVEN, text, missing=(Fact.SPLIT,), confidence="M")
    text = say("The split of coverage, calendar and commitments between the parties is not proposed.")
    return ruled("split", "R. 20-44-9-4", Outcome.REFUSED, text, confidence="M")


def _sanctioned(project: Project, law: Law) -> Verdict | None:
    if project.nature is Nature.MAKING_AVAILABLE:
        return None
    if project.sanctioned:
        text = say("{taker} was sanctioned (L. 36-11, L. 39, L. 39-1 or L. 39-4): a ground to oppose.",
                   taker=project.cessionnaire)  # fmt: skip
        return ruled("sanctioned", "R. 20-44-9-5, 1°", Outcome.REFUSED, text)
    if project.sanctioned is None:
        text = say("Whether the assignee was sanctioned is not established.")
        return ruled("sanctioned", "R. 20-44-9-5, 1°", Outcome.UNPROVEN, text, missing=(Fact.SANCTIONS,))
    return ruled("sanctioned", "R. 20-44-9-5, 1°", Outcome.GRANTED, say("The assignee was not sanctioned."))


def _capacity(project: Project, law: Law) -> Verdict | None:
    if project.nature is Nature.MAKING_AVAILABLE:
        return None
    if project.capacity is None:
        text = say("The technical and financial capacity of the assignee is not established.")
        return ruled("capacity", "R. 20-44-9-5, 1°", Outcome.UNPROVEN, text, missing=(Fact.CAPACITY,))
    outcome = Outcome.GRANTED if project.capacity else Outcome.REFUSED
    text = say("The assignee proves its capacity.") if project.capacity else say("The assignee lacks the capacity.")
    return ruled("capacity", "R. 20-44-9-5, 1°", outcome, text)


def _commitments(project: Project, law: Law) -> Verdict | None:
    """The commitments of the call: a ground against a cession; against a location only 1° to 4° are (-5, II)."""
    if project.nature is Nature.LEASE or regime_of(project) is not Regime.APPROVAL:
        return None
    article = "R. 20-44-9-5, 5°"
    if project.commitments is None:
        text = say("Whether both parties keep the commitments of the call is not established.")
        return ruled("commitments", article, Outcome.UNPROVEN, text, missing=(Fact.COMMITMENTS,), confidence="M")
    outcome = Outcome.GRANTED if project.commitments else Outcome.REFUSED
    kept = say("The commitments of the call are taken over.")
    text = kept if project.commitments else say("Commitments of the call would be broken.")
    return ruled("commitments", article, outcome, text, confidence="M")


def _competition(project: Project, law: Law) -> Verdict | None:
    if project.nature is Nature.MAKING_AVAILABLE:
        return None
    text = say("Whether competition for spectrum is harmed is for ARCEP to judge; it is not automated.")
    return ruled("competition", "R. 20-44-9-5, 3°", Outcome.ASK, text, confidence="M")


def _dossier(project: Project, law: Law) -> list[Verdict]:
    """The joint dossier item by item."""
    if project.dossier is None:
        text = say("The joint dossier is not held.")
        return [ruled("dossier", "R. 20-44-9-3", Outcome.UNPROVEN, text, missing=(Fact.DOSSIER,))]
    found = []
    for item in items_of(project):
        given = bool(project.dossier.get(item.code, "").strip())
        article = f"R. 20-44-9-3, {item.code}°"
        if given:
            text = say("Given: {item}.", item=item.label)
            found.append(ruled("dossier", article, Outcome.GRANTED, text, confidence=law.items_confidence))
        elif not item.may_lack:
            text = say("Missing: {item}.", item=item.label)
            found.append(ruled("dossier", article, Outcome.REFUSED, text, confidence=law.items_confidence))
    return found


RULES: tuple[Rule, ...] = (
    _nature,
    _holder,
    _parties,
    _cessible,
    _inside,
    _pair,
    _total,
    _axes_open,
    _regime,
    _split,
    _sanctioned,
    _capacity,
    _commitments,
    _competition,
)
"""The rules in the order of the text: L. 42-3, the arrêté, R. 20-44-9-1 to -5."""
