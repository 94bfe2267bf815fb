"""What the text leaves open about an event that is in order: a question each, never granted silently. Pure."""

from __future__ import annotations

from collections.abc import Callable

from nms.base.text import say
from spectrum.law.course import BOTH, DAY, Course, Event, Mark, Stage
from spectrum.law.verdict import Outcome, Verdict, ruled
from spectrum.law.versions import Regime


def doubts(course: Course, regime: Regime, event: Event) -> list[Verdict]:
    """What the text leaves open about an event that is in order."""
    asked = _ASKED.get(event.mark)
    found = asked(course, regime, event) if asked else None
    return [found] if found else []


def _late_decision(course: Course, regime: Regime, event: Event) -> Verdict | None:
    silence = course.silence(regime)
    if silence is None or event.on <= silence.day:
        return None
    rule = "late_approval" if event.mark is Mark.APPROVED else "late_refusal"
    if event.on <= silence.latest:
        text = say("Silence refuses on {day}, or by another reading on {latest}; the text does not say what this "
                   "decision is worth between them. Ask.", day=(silence.day + DAY).isoformat(),
                   latest=(silence.latest + DAY).isoformat())  # fmt: skip
    elif event.mark is Mark.APPROVED:
        text = say("Silence had already refused on {day}; the text does not say what a later approval is worth. Ask.",
                   day=(course.since or event.on).isoformat())  # fmt: skip
    else:
        text = say("Silence had already refused on {day}; the text does not say whether this decision stands in its "
                   "place. Ask.", day=(course.since or event.on).isoformat())  # fmt: skip
    return ruled(rule, "R. 20-44-9-8", Outcome.ASK, text)


def _late_opposition(course: Course, regime: Regime, event: Event) -> Verdict | None:
    silence = course.silence(regime)
    if silence is None or event.on <= silence.day:
        return None
    text = say("The time to oppose was over on {day} by our reading, to be confirmed; the text does not say what a "
               "later opposition is worth. Ask.", day=silence.day.isoformat())  # fmt: skip
    return ruled("late_opposition", "R. 20-44-9-7", Outcome.ASK, text, confidence="M")


def _late_extension(course: Course, regime: Regime, event: Event) -> Verdict | None:
    notice = course.notice(regime)
    if notice is None or event.on <= notice.day:
        return None
    if course.is_told_in_time(regime, event.on):
        text = say("Its own limit was {day}, or {latest} by another reading, which is taken: nothing is unopposed "
                   "before the longer time is over. Ask.", day=notice.day.isoformat(),
                   latest=notice.latest.isoformat())  # fmt: skip
    else:
        text = say("Told after its own limit of {day}: it is recorded, and extends nothing. Ask.",
                   day=notice.day.isoformat())  # fmt: skip
    return ruled("late_extension", "R. 20-44-9-9", Outcome.ASK, text)


def _late_withdrawal(course: Course, regime: Regime, event: Event) -> Verdict | None:
    month = course.withdrawal()
    if course.stage is Stage.EXECUTABLE and course.confirmed >= BOTH:
        text = say("Both parties had confirmed; the text does not say whether one may still withdraw. Ask.")
    elif month is not None and event.on > month.day:
        text = say("The month to withdraw is over; the text does not say what a late withdrawal is worth. Ask.")
    else:
        return None
    return ruled("late_withdrawal", "R. 20-44-9-8", Outcome.ASK, text)


def _unopposed(course: Course, regime: Regime, event: Event) -> Verdict | None:
    if course.stage is not Stage.UNOPPOSED:
        return None
    text = say("ARCEP did not oppose in time: that this lets the project be carried out is our reading. Ask.")
    return ruled("unopposed", "R. 20-44-9-7", Outcome.ASK, text, confidence="M")


_ASKED: dict[Mark, Callable[[Course, Regime, Event], Verdict | None]] = {
    Mark.EXTENDED: _late_extension,
    Mark.APPROVED: _late_decision,
    Mark.REFUSED: _late_decision,
    Mark.OPPOSED: _late_opposition,
    Mark.WITHDRAWN: _late_withdrawal,
    Mark.EXECUTED: _unopposed,
}
