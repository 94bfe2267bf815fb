"""The life of a project before ARCEP, from its events and the day alone (R. 20-44-9-7 to -9).

No job run is ever a legal fact: silence refuses at its date, computed on any later day. Approval alone transfers
nothing. Where the text leaves a question open, the reading that does not favour the parties is taken, and it is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from nms.base.text import say
from spectrum.law.course import ENDED, Course, Event, Mark, Stage, course_of, stood
from spectrum.law.delays import Due
from spectrum.law.doubts import doubts
from spectrum.law.verdict import Outcome, Verdict, ruled
from spectrum.law.versions import Regime

_BEFORE_EXECUTION = frozenset(Stage) - ENDED
_FOLLOWS: dict[Mark, frozenset[Stage]] = {
    Mark.SENT: frozenset({Stage.DRAFT}),
    Mark.RECEIVED: frozenset({Stage.SENT}),
    Mark.INCOMPLETE: frozenset({Stage.RECEIVED}),
    Mark.COMPLETE: frozenset({Stage.RECEIVED}),
    Mark.EXTENDED: frozenset({Stage.IN_REVIEW, Stage.UNOPPOSED}),
    Mark.APPROVED: frozenset({Stage.IN_REVIEW, Stage.SILENTLY_REFUSED}),
    Mark.REFUSED: frozenset({Stage.IN_REVIEW, Stage.SILENTLY_REFUSED}),
    Mark.OPPOSED: frozenset({Stage.IN_REVIEW, Stage.UNOPPOSED}),
    Mark.NOTIFIED: frozenset({Stage.APPROVED}),
    Mark.CONFIRMED_CEDANT: frozenset({Stage.WITHDRAWAL_PERIOD, Stage.EXECUTABLE}),
    Mark.CONFIRMED_CESSIONNAIRE: frozenset({Stage.WITHDRAWAL_PERIOD, Stage.EXECUTABLE}),
    Mark.WITHDRAWN: _BEFORE_EXECUTION,
    Mark.EXECUTED: frozenset({Stage.EXECUTABLE, Stage.UNOPPOSED}),
}
_BY_AGREEMENT: dict[Mark, frozenset[Stage]] = {
    Mark.EXECUTED: frozenset({Stage.DRAFT}),
    Mark.WITHDRAWN: frozenset({Stage.DRAFT}),
}
_ARTICLE = {
    Mark.SENT: "R. 20-44-9-3",
    Mark.RECEIVED: "R. 20-44-9-3",
    Mark.INCOMPLETE: "R. 20-44-9-3",
    Mark.COMPLETE: "R. 20-44-9-3",
    Mark.EXTENDED: "R. 20-44-9-9",
    Mark.OPPOSED: "R. 20-44-9-7",
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day that counts: `ask` is what the text leaves open about it, `latest` the more patient reading."""

    code: str
    due: date
    latest: date
    article: str
    text: str
    confidence: str
    ask: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a project stands on a day, since when, why, and the deadlines that run."""

    stage: Stage
    since: date | None
    text: str
    deadlines: tuple[Deadline, ...]


def standing(events: Sequence[Event], regime: Regime, on: date) -> Standing:
    """Where a project stands on a day."""
    course = course_of(events, regime, on)
    text = _TEXTS[course.stage]
    return Standing(course.stage, course.since, text, _deadlines(course, regime, on))


def deadlines(events: Sequence[Event], regime: Regime, on: date) -> tuple[Deadline, ...]:
    """The deadlines that run on a day."""
    return _deadlines(course_of(events, regime, on), regime, on)


def may(events: Sequence[Event], regime: Regime, event: Event, act: str = "") -> tuple[Verdict, ...]:
    """Whether this event can follow those before it: verdicts, a refusal among them when it cannot.

    `act` is the number of the act that the last of them recorded, where that act stands.
    """
    events = stood(events)
    last = max((one.on for one in events), default=date.min)
    article = _ARTICLE.get(event.mark, "R. 20-44-9-8")
    if event.mark is Mark.RECTIFIED:
        return (_rectifies(events, act),)
    if event.on < last:
        text = say("An event of {day} cannot follow one of {last}.", day=event.on.isoformat(), last=last.isoformat())
        return (ruled("order_of_days", article, Outcome.REFUSED, text),)
    course = course_of(events, regime, event.on)
    regime_verdict = _of_regime(regime, event)
    if regime_verdict:
        return (regime_verdict,)
    follows = _BY_AGREEMENT if regime is Regime.AGREEMENT else _FOLLOWS
    if course.stage not in follows.get(event.mark, frozenset()):
        text = say("“{mark}” cannot follow the stage “{stage}”.", mark=event.mark, stage=course.stage)
        return (ruled("order_of_steps", article, Outcome.REFUSED, text),)
    return (*doubts(course, regime, event), ruled("order_of_steps", article, Outcome.GRANTED, say("In order.")))


def _rectifies(events: Sequence[Event], act: str) -> Verdict:
    """Whether the last event can be taken back: one that recorded an act stands as long as its act does."""
    if not events:
        text = say("Nothing has happened that could be taken back.")
        return ruled("order_of_steps", "R. 20-44-9-3", Outcome.REFUSED, text)
    last = events[-1]
    article = _ARTICLE.get(last.mark, "R. 20-44-9-8")
    if act:
        text = say("“{mark}” recorded the act {number}: the record of the act is to be annulled first.", mark=last.mark,
                   number=act)  # fmt: skip
        return ruled("order_of_steps", article, Outcome.REFUSED, text)
    text = say("“{mark}” of {day} was entered by mistake.", mark=last.mark, day=last.on.isoformat())
    return ruled("order_of_steps", article, Outcome.GRANTED, text)


def _of_regime(regime: Regime, event: Event) -> Verdict | None:
    if event.mark is Mark.OPPOSED and regime is Regime.APPROVAL:
        text = say("In the approval regime ARCEP approves or refuses; it opposes in the notification regime.")
        return ruled("regime", "R. 20-44-9-2", Outcome.REFUSED, text)
    if event.mark in (Mark.APPROVED, Mark.REFUSED) and regime is Regime.NOTIFICATION:
        text = say("In the notification regime ARCEP does not approve: it may oppose within six weeks.")
        return ruled("regime", "R. 20-44-9-2", Outcome.REFUSED, text)
    return None


def _deadlines(course: Course, regime: Regime, on: date) -> tuple[Deadline, ...]:
    found: list[Deadline] = []

    def add(code: str, due: Due | None, article: str, text: str, confidence: str = "H") -> None:
        if due is not None:
            found.append(Deadline(code, due.day, due.latest, article, text, confidence, due.ask, due.day < on))

    if course.stage is Stage.IN_REVIEW:
        if not course.extended:
            text = say("last day for ARCEP to announce three more months")
            add("extension_notice", course.notice(regime), "R. 20-44-9-9", text)
        if regime is Regime.APPROVAL:
            add(
                "silence", course.silence(regime), "R. 20-44-9-8", say("silence until the end of this day is a refusal")
            )
        else:
            text = say("silence until the end of this day is read as no opposition (our reading, to be confirmed)")
            add("opposition", course.silence(regime), "R. 20-44-9-7", text, "M")
    if course.stage is Stage.WITHDRAWAL_PERIOD:
        text = say("last day to withdraw; then the decision may be executed")
        add("withdrawal", course.withdrawal(), "R. 20-44-9-8", text)
    return tuple(found)


_TEXTS: dict[Stage, str] = {
    Stage.DRAFT: say("A draft: nothing has been sent."),
    Stage.SENT: say("Sent by registered letter; not yet received."),
    Stage.RECEIVED: say("Received; time runs from the complete notification only."),
    Stage.IN_REVIEW: say("Complete: ARCEP examines it."),
    Stage.APPROVED: say("Approved; the parties are not notified yet. Nothing has moved."),
    Stage.WITHDRAWAL_PERIOD: say("Approved and notified: either party may withdraw. Nothing has moved."),
    Stage.EXECUTABLE: say("The decision may be executed. Nothing has moved yet."),
    Stage.UNOPPOSED: say("Not opposed in time (our reading, to be confirmed). Nothing has moved yet."),
    Stage.EXECUTED: say("Executed: the rights have moved."),
    Stage.REFUSED: say("Refused."),
    Stage.SILENTLY_REFUSED: say("Refused by silence."),
    Stage.OPPOSED: say("Opposed."),
    Stage.WITHDRAWN: say("Withdrawn: the project is over."),
}
