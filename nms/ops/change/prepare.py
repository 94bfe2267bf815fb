"""From lines that somebody wrote to steps that somebody can approve: order, text, inverse, what is on the air. Pure.

Everything that stands against a plan is found at once, device by device, so that its author learns all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from collectors.driver import one_line
from inventory.reassignment import Reassignment
from nms.base.errors import InputError, LawRefusal
from nms.base.text import Said, clean, say
from nms.ops.change.grammar import Grammar, Tree, applied, parsed, shown, way
from nms.ops.change.likeness import digest_of, in_order, same
from nms.ops.change.order import CutOff, Topology, cut_offs, order
from nms.ops.change.plan import Step
from nms.ops.change.radio import RadioChange, RadioGrammar, RadioState, changes, silencing
from spectrum.bands import NONE
from spectrum.chronicle import Holding
from spectrum.former import Former
from spectrum.preflight import Uncovered, uncovered
from spectrum.rights import Period


@dataclass(frozen=True, slots=True)
class Family:
    """How a device's family writes its configuration, and its radios; None: it is not known how."""

    grammar: Grammar
    radio: RadioGrammar | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A device that may be changed: its configuration as it was last read, and where its radios stand.

    `commune` is the INSEE code of today, empty when the place is not known, and `stands` the code as the inventory has
    it, perhaps of before a merger; `emits` tells whether the inventory has sectors on it. `family` None: nothing that
    is sent to it could be taken back line by line. `running` is empty where only the law is asked.
    """

    name: str
    running: str
    family: Family | None
    commune: str = ""
    emits: bool = False
    stands: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """The register as a pre-flight asks it: holdings of all days, those of one day, and rights for former communes."""

    every: Sequence[Holding]
    on: Callable[[date], Sequence[Holding]]
    former: Former = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands against a device, or a site, of a plan; `article` when it is the law."""

    device: str
    why: Said | str
    article: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Steps in their order, the configurations that they lead to, the sites that pass to somebody else, and what stands
    against them.
    """

    steps: tuple[Step, ...] = ()
    configurations: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    obstacles: tuple[Obstacle, ...] = ()
    cut: tuple[CutOff, ...] = ()
    reassignments: tuple[Reassignment, ...] = ()

    def refuse(self) -> None:
        """Raise when something stands against it: the law first. The facts hold every obstacle.

        Raises:
            LawRefusal; InputError.
        """
        every = [{"device": one.device, "why": str(one.why), "article": one.article} for one in self.obstacles]
        legal = next((one for one in self.obstacles if one.article), None)
        if legal is not None:
            raise LawRefusal(
                "law_refuses",
                say("{article}: {device}: {why}", article=legal.article, device=legal.device, why=legal.why),
                article=legal.article,
                reason=str(legal.why),
                obstacles=every,
            )
        if self.obstacles:
            first = self.obstacles[0]
            raise InputError(
                "plan_refused", say("{device}: {why}", device=first.device, why=first.why), obstacles=every
            )
        if self.cut:
            first_cut = self.cut[0]
            raise InputError(
                "plan_cuts_off",
                say(
                    "In this order {device} is changed while {later} still stand behind it: far ends come first.",
                    device=first_cut.device,
                    later=", ".join(first_cut.later[:5]),
                ),
                device=first_cut.device,
                later=list(first_cut.later),
            )


def prepare(
    wanted: Mapping[str, Sequence[str]],
    subjects: Mapping[str, Subject],
    topology: Topology,
    rights: Rights,
    meant_for: Period | None,
    in_order: Sequence[str] | None = None,
) -> Prepared:
    """The steps for the lines wanted per device, far ends first unless an order is given.

    `meant_for` are the legal days for which radio states are meant; None is an obstacle where a radio is touched.
    """
    steps: list[Step] = []
    configurations: dict[str, tuple[str, str]] = {}
    against: list[Obstacle] = []
    names = list(in_order) if in_order is not None else order(wanted, topology)
    for name in names:
        subject = subjects.get(name)
        if subject is None:
            against.append(Obstacle(name, say("its configuration has never been read: back it up first")))
            continue
        if subject.family is None:
            why = say("its command line has no way to take lines back one by one: it is not changed from here")
            against.append(Obstacle(name, why))
            continue
        lines = tuple(line.rstrip() for line in wanted[name] if line.strip())
        unfit = _unfit(lines, subject.family.grammar)
        if unfit:
            against.append(Obstacle(name, unfit))
            continue
        step, before, after = _step(subject, subject.family, lines)
        if same(before, after, subject.family.grammar):
            against.append(Obstacle(name, say("these lines change nothing")))
        against += _legal(subject, step, rights, meant_for)
        if meant_for is not None:
            silence = _silence(subject, subject.family, step, before, rights, meant_for)
            step = replace(step, inverse=step.inverse + tuple(silence))
        against += _for_ever(step, before, after, subject.family.grammar)
        steps.append(step)
        configurations[name] = ("\n".join(shown(before)), "\n".join(shown(after)))
    return Prepared(tuple(steps), configurations, tuple(against), tuple(cut_offs(names, topology)))


def legal_obstacles(
    subject: Subject, touched: Iterable[RadioChange], rights: Rights, meant_for: Period, *, back: bool = False
) -> list[Obstacle]:
    """Radio states that the rights do not cover on every day that they are meant for; silence is always covered."""
    found: list[Obstacle] = []
    for change in touched:
        state = change.before if back else change.after
        if state is None or state.emitted == NONE:
            continue
        against = uncovered(
            state.emitted,
            subject.commune,
            meant_for,
            rights.every,
            rights.on,
            stands=subject.stands,
            former=rights.former,
        )
        if against is not None:
            found.append(Obstacle(subject.name, _said(change.radio, state, against), against.article))
    return found


def _unfit(lines: Iterable[str], grammar: Grammar) -> Said | str:
    """Why lines are sent to no device, whatever it is; empty when they may be."""
    for line in lines:
        try:
            one_line(line)
        except InputError as error:
            return error.message
        if grammar.is_command(line):
            return say("“{line}” is a command, no line of configuration", line=clean(line.strip(), 80))
        if grammar.opens_text(line):
            return say("“{line}” opens a text of several lines, which is not typed line by line", line=_head(line))
    return ""


def _head(line: str) -> str:
    """A line as it is named: one that opens a text may hold all of it."""
    return clean(" ".join(line.split()[:2]), 80)


def _step(subject: Subject, family: Family, lines: tuple[str, ...]) -> tuple[Step, Tree, Tree]:
    grammar, radio = family.grammar, family.radio
    before = parsed(subject.running, grammar)
    after = applied(before, lines, grammar)
    touched = changes(before, after, radio) if radio else []
    step = Step(
        device=subject.name,
        lines=lines,
        inverse=tuple(way(after, before, grammar)),
        base=digest_of(before, grammar),
        expected=digest_of(after, grammar),
        radios=tuple(touched),
    )
    return step, before, after


def _for_ever(step: Step, before: Tree, after: Tree, grammar: Grammar) -> list[Obstacle]:
    """What stands against a step because it cannot be taken back: a line that cannot be typed, or another order."""
    unfit = _unfit(step.inverse, grammar)
    if unfit:
        return [Obstacle(step.device, say("it could not be taken back: {why}", why=unfit))]
    if in_order(applied(after, step.inverse, grammar), grammar) != in_order(before, grammar):
        why = say("it could not be taken back: lines of a list in which order counts would come back in another order")
        return [Obstacle(step.device, why)]
    return []


def untold(subject: Subject) -> list[Obstacle]:
    """What stands against a device with sectors of which nobody can read what it emits."""
    if subject.emits and subject.family is not None and subject.family.radio is None:
        why = say("it has sectors, and how its family writes them is not known: what it would emit cannot be told")
        return [Obstacle(subject.name, why, "L. 42-1")]
    return []


def _legal(subject: Subject, step: Step, rights: Rights, meant_for: Period | None) -> list[Obstacle]:
    found = untold(subject)
    if found or not step.radios:
        return found
    if meant_for is None:
        return [Obstacle(subject.name, say("a radio is touched: say until which day the change is meant for"))]
    return legal_obstacles(subject, step.radios, rights, meant_for)


def _silence(
    subject: Subject, family: Family, step: Step, before: Tree, rights: Rights, meant_for: Period
) -> list[str]:
    """Lines that silence each radio which taking back would return to an emission that no right covers."""
    lines: list[str] = []
    for change in step.radios:
        if family.radio and change.before and legal_obstacles(subject, [change], rights, meant_for, back=True):
            lines += silencing(change.radio, before, family.radio)
    return lines


def _said(radio: str, state: RadioState, against: Uncovered) -> Said:
    return say(
        "radio {radio}, {band}: not covered on {day}: {why}",
        radio=radio,
        band=state.emitted.text() if state.emitted.known else "?",
        day=against.day.isoformat(),
        why=against.found.why,
    )
