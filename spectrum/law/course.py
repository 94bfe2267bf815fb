"""What happened to a project before ARCEP, and what follows from it and the calendar (R. 20-44-9-7 to -9). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from spectrum.law.delays import Due, add_months, add_weeks
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
    RECTIFIED = "rectified"


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
"""Stages after which nothing follows (but an express decision that comes after silence: ask)."""

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
BOTH = frozenset({Mark.CONFIRMED_CEDANT, Mark.CONFIRMED_CESSIONNAIRE})


@dataclass(slots=True)
class Course:
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

    def is_told_in_time(self, regime: Regime, day: date) -> bool:
        """Whether an extension told on a day counts; of two readings of its limit, the one that helps no party.

        Longer time for ARCEP puts off a refusal by silence, or the end of the time to oppose.
        """
        notice = self.notice(regime)
        return notice is not None and day <= (notice.day if regime is Regime.APPROVAL else notice.latest)

    def withdrawal(self) -> Due | None:
        """The last day to withdraw."""
        return add_months(self.notified, WITHDRAWAL_MONTHS) if self.notified else None


def taken_back(events: Sequence[Event]) -> frozenset[int]:
    """The places of events that were entered by mistake: each rectification takes back the last one that stands."""
    stand: list[int] = []
    gone: set[int] = set()
    for place, event in enumerate(events):
        if event.mark is not Mark.RECTIFIED:
            stand.append(place)
        elif stand:
            gone.add(stand.pop())
    return frozenset(gone)


def stood(events: Sequence[Event]) -> list[Event]:
    """What happened: the events in the order of their record, without those taken back."""
    gone = taken_back(events)
    return [one for place, one in enumerate(events) if place not in gone and one.mark is not Mark.RECTIFIED]


def course_of(events: Sequence[Event], regime: Regime, on: date) -> Course:
    course = Course()
    for event in sorted((one for one in stood(events) if one.on <= on), key=lambda one: one.on):
        _let_time_pass(course, regime, event.on)
        if event.mark is Mark.EXTENDED:
            course.extended = course.extended or course.is_told_in_time(regime, event.on)
        elif event.mark in BOTH:
            course.confirmed |= {event.mark}
        elif course.stage not in ENDED or _comes_late(course, event):
            course.stage, course.since = _AFTER[event.mark], event.on
            if event.mark is Mark.COMPLETE:
                course.complete = event.on
            elif event.mark is Mark.NOTIFIED:
                course.notified = event.on
        if course.stage is Stage.WITHDRAWAL_PERIOD and course.confirmed >= BOTH:
            course.stage, course.since = Stage.EXECUTABLE, event.on
    _let_time_pass(course, regime, on)
    return course


def _comes_late(course: Course, event: Event) -> bool:
    """An express decision after silence had refused."""
    return event.mark in (Mark.APPROVED, Mark.REFUSED) and course.stage is Stage.SILENTLY_REFUSED


def _let_time_pass(course: Course, regime: Regime, on: date) -> None:
    """What follows from the calendar alone."""
    if course.stage is Stage.IN_REVIEW and (due := course.silence(regime)) and on > due.latest:
        approval = regime is Regime.APPROVAL
        course.stage, course.since = (Stage.SILENTLY_REFUSED if approval else Stage.UNOPPOSED), due.latest + DAY
    if course.stage is Stage.WITHDRAWAL_PERIOD and (due := course.withdrawal()) and on > due.latest:
        course.stage, course.since = Stage.EXECUTABLE, due.latest + DAY
