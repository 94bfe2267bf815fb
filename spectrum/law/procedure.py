"""The life of a project before ARCEP, from its events and the day alone (R. 20-44-9-7 to -9).

No job run is ever a legal fact: silence refuses at its date, computed on any later day. Approval alone transfers
nothing. Where the text leaves a question open, the reading that does not favour the parties is taken, and it is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from nms.base.text import say
from spectrum.law.delays import Due, add_months, add_weeks
from spectrum.law.verdict import Outcome, Verdict, ruled
from spectrum.law.versions import Regime

DAY = timedelta(1)
APPROVAL_MONTHS, EXTENSION_MONTHS, EXTENSION_NOTICE_MONTHS = 3, 3, 2
NOTIFICATION_WEEKS = 6
WITHDRAWAL_MONTHS = 1


class Mark(StrEnum):
    """What happened."""

    SENT = "sent"
    RECEIVED = "received"
    INCOMPLETE = "incomplete"
    COMPLETE = "complete"
    EXTENDED = "extended"
    APPROVED = "approved"
    REFUSED = "refused_by_arcep"
    OPPOSED = "opposed"
    NOTIFIED = "notified"
    CONFIRMED_CEDANT = "confirmed_by_assignor"
    CONFIRMED_CESSIONNAIRE = "confirmed_by_assignee"
    WITHDRAWN = "withdrawn"
    EXECUTED = "executed"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a project on a legal day; `reference` is the number of a decision or of a letter."""

    mark: Mark
    on: date
    by: str = ""
    reference: str = ""
    note: str = ""


class Stage(StrEnum):
    """Where a project stands."""

    DRAFT = "draft"
    SENT = "sent_stage"
    RECEIVED = "received_stage"
    IN_REVIEW = "in_review"
    APPROVED = "approved_stage"
    WITHDRAWAL_PERIOD = "withdrawal_period"
    EXECUTABLE = "executable"
    UNOPPOSED = "unopposed"
    EXECUTED = "executed_stage"
    REFUSED = "refused_stage"
    SILENTLY_REFUSED = "silently_refused"
    OPPOSED = "opposed_stage"
    WITHDRAWN = "withdrawn_stage"


ENDED = frozenset({Stage.EXECUTED, Stage.REFUSED, Stage.SILENTLY_REFUSED, Stage.OPPOSED, Stage.WITHDRAWN})
"""Stages after which nothing follows (but an approval that comes after silence: ask)."""

_AFTER: dict[Mark, Stage] = {
    Mark.SENT: Stage.SENT,
    Mark.RECEIVED: Stage.RECEIVED,
    Mark.INCOMPLETE: Stage.RECEIVED,
    Mark.COMPLETE: Stage.IN_REVIEW,
    Mark.APPROVED: Stage.APPROVED,
    Mark.REFUSED: Stage.REFUSED,
    Mark.OPPOSED: Stage.OPPOSED,
    Mark.NOTIFIED: Stage.WITHDRAWAL_PERIOD,
    Mark.WITHDRAWN: Stage.WITHDRAWN,
    Mark.EXECUTED: Stage.EXECUTED,
}
_BEFORE_EXECUTION = frozenset(Stage) - ENDED
_FOLLOWS: dict[Mark, frozenset[Stage]] = {
    Mark.SENT: frozenset({Stage.DRAFT}),
    Mark.RECEIVED: frozenset({Stage.SENT}),
    Mark.INCOMPLETE: frozenset({Stage.RECEIVED}),
    Mark.COMPLETE: frozenset({Stage.RECEIVED}),
    Mark.EXTENDED: frozenset({Stage.IN_REVIEW}),
    Mark.APPROVED: frozenset({Stage.IN_REVIEW, Stage.SILENTLY_REFUSED}),
    Mark.REFUSED: frozenset({Stage.IN_REVIEW}),
    Mark.OPPOSED: frozenset({Stage.IN_REVIEW}),
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
_BOTH = frozenset({Mark.CONFIRMED_CEDANT, Mark.CONFIRMED_CESSIONNAIRE})
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


@dataclass(slots=True)
class _Course:
    """What the events so far establish."""

    stage: Stage = Stage.DRAFT
    since: date | None = None
    complete: date | None = None
    extended: bool = False
    notified: date | None = None
    confirmed: frozenset[Mark] = frozenset()

    def silence(self, regime: Regime) -> Due | None:
        """The last day for ARCEP to decide, or to oppose."""
        if self.complete is None:
            return None
        if regime is Regime.APPROVAL:
            return add_months(self.complete, APPROVAL_MONTHS + (EXTENSION_MONTHS if self.extended else 0))
        due = add_weeks(self.complete, NOTIFICATION_WEEKS)
        return add_months(due.day, EXTENSION_MONTHS) if self.extended else due

    def notice(self, regime: Regime) -> Due | None:
        """The last day for ARCEP to tell the parties of an extension."""
        if self.complete is None:
            return None
        if regime is Regime.APPROVAL:
            return add_months(self.complete, EXTENSION_NOTICE_MONTHS)
        return add_weeks(self.complete, NOTIFICATION_WEEKS)

    def withdrawal(self) -> Due | None:
        """The last day to withdraw."""
        return add_months(self.notified, WITHDRAWAL_MONTHS) if self.notified else None


def standing(events: Iterable[Event], regime: Regime, on: date) -> Standing:
    """Where a project stands on a day."""
    course = _course(events, regime, on)
    text = _TEXTS[course.stage]
    return Standing(course.stage, course.since, text, _deadlines(course, regime, on))


def deadlines(events: Iterable[Event], regime: Regime, on: date) -> tuple[Deadline, ...]:
    """The deadlines that run on a day."""
    return _deadlines(_course(events, regime, on), regime, on)


def may(events: Sequence[Event], regime: Regime, event: Event) -> tuple[Verdict, ...]:
    """Whether this event can follow those before it: verdicts, a refusal among them when it cannot."""
    last = max((one.on for one in events), default=date.min)
    article = _ARTICLE.get(event.mark, "R. 20-44-9-8")
    if event.on < last:
        text = say("An event of {day} cannot follow one of {last}.", day=event.on.isoformat(), last=last.isoformat())
        return (ruled("order_of_days", article, Outcome.REFUSED, text),)
    course = _course(events, regime, event.on)
    regime_verdict = _of_regime(regime, event)
    if regime_verdict:
        return (regime_verdict,)
    follows = _BY_AGREEMENT if regime is Regime.AGREEMENT else _FOLLOWS
    if course.stage not in follows.get(event.mark, frozenset()):
        text = say("“{mark}” cannot follow the stage “{stage}”.", mark=event.mark, stage=course.stage)
        return (ruled("order_of_steps", article, Outcome.REFUSED, text),)
    return (*_doubts(course, regime, event), ruled("order_of_steps", article, Outcome.GRANTED, say("In order.")))


def _of_regime(regime: Regime, event: Event) -> Verdict | None:
    if event.mark is Mark.OPPOSED and regime is Regime.APPROVAL:
        text = say("In the approval regime ARCEP approves or refuses; it opposes in the notification regime.")
        return ruled("regime", "R. 20-44-9-2", Outcome.REFUSED, text)
    if event.mark in (Mark.APPROVED, Mark.REFUSED) and regime is Regime.NOTIFICATION:
        text = say("In the notification regime ARCEP does not approve: it may oppose within six weeks.")
        return ruled("regime", "R. 20-44-9-2", Outcome.REFUSED, text)
    return None


def _doubts(course: _Course, regime: Regime, event: Event) -> list[Verdict]:
    """What the text leaves open about an event that is in order."""
    found = []
    if event.mark is Mark.APPROVED and course.stage is Stage.SILENTLY_REFUSED:
        text = say("Silence had already refused on {day}; the text does not say what a later approval is worth. Ask.",
                   day=(course.since or event.on).isoformat())  # fmt: skip
        found.append(ruled("late_approval", "R. 20-44-9-8", Outcome.ASK, text))
    notice = course.notice(regime)
    if event.mark is Mark.EXTENDED and notice and event.on > notice.day:
        text = say("Told after its own limit of {day}: it is recorded, and extends nothing. Ask.",
                   day=notice.day.isoformat())  # fmt: skip
        found.append(ruled("late_extension", "R. 20-44-9-9", Outcome.ASK, text))
    if event.mark is Mark.WITHDRAWN and course.stage is Stage.EXECUTABLE:
        if course.confirmed >= _BOTH:
            text = say("Both parties had confirmed; the text does not say whether one may still withdraw. Ask.")
        else:
            text = say("The month to withdraw is over; the text does not say what a late withdrawal is worth. Ask.")
        found.append(ruled("late_withdrawal", "R. 20-44-9-8", Outcome.ASK, text))
    return found


def _course(events: Iterable[Event], regime: Regime, on: date) -> _Course:
    course = _Course()
    for event in sorted((one for one in events if one.on <= on), key=lambda one: one.on):
        _let_time_pass(course, regime, event.on)
        if event.mark is Mark.EXTENDED:
            notice = course.notice(regime)
            course.extended = course.extended or (notice is not None and event.on <= notice.day)
        elif event.mark in _BOTH:
            course.confirmed |= {event.mark}
        elif course.stage not in ENDED or _comes_late(course, event):
            course.stage, course.since = _AFTER[event.mark], event.on
            if event.mark is Mark.COMPLETE:
                course.complete = event.on
            elif event.mark is Mark.NOTIFIED:
                course.notified = event.on
        if course.stage is Stage.WITHDRAWAL_PERIOD and course.confirmed >= _BOTH:
            course.stage, course.since = Stage.EXECUTABLE, event.on
    _let_time_pass(course, regime, on)
    return course


def _comes_late(course: _Course, event: Event) -> bool:
    """An approval after silence had refused."""
    return event.mark is Mark.APPROVED and course.stage is Stage.SILENTLY_REFUSED


def _let_time_pass(course: _Course, regime: Regime, on: date) -> None:
    """What follows from the calendar alone."""
    if course.stage is Stage.IN_REVIEW and (due := course.silence(regime)) and on > due.latest:
        approval = regime is Regime.APPROVAL
        course.stage, course.since = (Stage.SILENTLY_REFUSED if approval else Stage.UNOPPOSED), due.latest + DAY
    if course.stage is Stage.WITHDRAWAL_PERIOD and (due := course.withdrawal()) and on > due.latest:
        course.stage, course.since = Stage.EXECUTABLE, due.latest + DAY


def _deadlines(course: _Course, regime: Regime, on: date) -> tuple[Deadline, ...]:
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
