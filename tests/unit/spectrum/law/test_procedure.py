"""The life of a project: legal effects come from dates, never from a job having run."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum.law.course import ENDED, Event, Mark, Stage, stood, taken_back
from spectrum.law.procedure import deadlines, may, standing
from spectrum.law.verdict import Outcome, worst
from spectrum.law.versions import Regime

COMPLETE = date(2008, 1, 29)
FIRST = [Event(Mark.SENT, date(2008, 1, 10)), Event(Mark.RECEIVED, date(2008, 1, 14)), Event(Mark.COMPLETE, COMPLETE)]
APPROVED = [*FIRST, Event(Mark.APPROVED, date(2008, 2, 1)), Event(Mark.NOTIFIED, date(2008, 2, 4))]
APPROVAL, NOTIFICATION = Regime.APPROVAL, Regime.NOTIFICATION


def stage(events: list[Event], on: date, regime: Regime = APPROVAL) -> Stage:
    return standing(events, regime, on).stage


def outcome(events: list[Event], event: Event, regime: Regime = APPROVAL) -> Outcome:
    return worst(may(events, regime, event))


@pytest.mark.parametrize("later", [0, 1, 400])
def test_fault_87_silence_refuses_at_its_date_whenever_it_is_computed(later: int) -> None:
    last = date(2008, 4, 29)
    assert stage(FIRST, last) is Stage.IN_REVIEW
    found = standing(FIRST, APPROVAL, last + timedelta(1 + later))
    assert (found.stage, found.since) == (Stage.SILENTLY_REFUSED, last + timedelta(1))


def test_time_runs_from_the_complete_file_only() -> None:
    waiting = [*FIRST[:2], Event(Mark.INCOMPLETE, date(2008, 1, 20))]
    assert stage(waiting, date(2010, 1, 1)) is Stage.RECEIVED
    assert deadlines(waiting, APPROVAL, date(2010, 1, 1)) == ()


@pytest.mark.parametrize(
    ("day", "extends"), [(date(2008, 3, 28), True), (date(2008, 3, 29), True), (date(2008, 3, 30), False)]
)
def test_fault_88_an_extension_counts_only_when_it_is_told_in_its_own_time(day: date, extends: bool) -> None:
    event = Event(Mark.EXTENDED, day)
    assert (stage([*FIRST, event], date(2008, 5, 15)) is Stage.IN_REVIEW) == extends
    assert outcome(FIRST, event) is (Outcome.GRANTED if extends else Outcome.ASK)


def test_approval_alone_moves_nothing_and_the_month_runs_from_its_notification() -> None:
    assert stage(APPROVED[:-1], date(2009, 1, 1)) is Stage.APPROVED
    assert stage(APPROVED, date(2008, 3, 4)) is Stage.WITHDRAWAL_PERIOD
    assert stage(APPROVED, date(2008, 3, 5)) is Stage.EXECUTABLE
    assert outcome(APPROVED, Event(Mark.EXECUTED, date(2008, 3, 4))) is Outcome.REFUSED
    assert outcome(APPROVED, Event(Mark.EXECUTED, date(2008, 3, 5))) is Outcome.GRANTED


def test_both_confirmations_open_the_execution_early_as_in_the_real_case() -> None:
    one = [*APPROVED, Event(Mark.CONFIRMED_CEDANT, date(2008, 2, 18))]
    both = [*one, Event(Mark.CONFIRMED_CESSIONNAIRE, date(2008, 2, 20))]
    execution = Event(Mark.EXECUTED, date(2008, 2, 26))
    assert outcome(one, execution) is Outcome.REFUSED
    assert outcome(both, execution) is Outcome.GRANTED
    assert stage([*both, execution], date(2008, 2, 26)) is Stage.EXECUTED


def test_fault_89_a_withdrawal_ends_the_project_whoever_else_acts_on_that_day() -> None:
    day = date(2008, 2, 20)
    withdrawn = [*APPROVED, Event(Mark.CONFIRMED_CEDANT, date(2008, 2, 18)), Event(Mark.WITHDRAWN, day)]
    assert stage(withdrawn, day) is Stage.WITHDRAWN
    for mark in (Mark.CONFIRMED_CESSIONNAIRE, Mark.EXECUTED, Mark.WITHDRAWN, Mark.NOTIFIED):
        assert outcome(withdrawn, Event(mark, day)) is Outcome.REFUSED
    assert stage([*withdrawn, Event(Mark.CONFIRMED_CESSIONNAIRE, day)], day + timedelta(90)) is Stage.WITHDRAWN


def test_fault_89_what_a_withdrawal_after_the_month_or_after_both_confirmations_is_worth_is_asked() -> None:
    both = [
        *APPROVED,
        Event(Mark.CONFIRMED_CEDANT, date(2008, 2, 18)),
        Event(Mark.CONFIRMED_CESSIONNAIRE, date(2008, 2, 20)),
    ]
    assert outcome(both, Event(Mark.WITHDRAWN, date(2008, 2, 20))) is Outcome.ASK
    assert outcome(APPROVED, Event(Mark.WITHDRAWN, date(2008, 3, 4))) is Outcome.GRANTED
    assert outcome(APPROVED, Event(Mark.WITHDRAWN, date(2008, 3, 5))) is Outcome.ASK


def test_an_approval_after_silence_is_a_question_and_never_granted_silently() -> None:
    assert outcome(FIRST, Event(Mark.APPROVED, date(2008, 5, 2))) is Outcome.ASK


def test_the_notification_regime_opposes_within_six_weeks_or_not_at_all() -> None:
    last = date(2008, 3, 11)
    assert outcome(FIRST, Event(Mark.APPROVED, date(2008, 2, 1)), NOTIFICATION) is Outcome.REFUSED
    assert outcome(FIRST, Event(Mark.OPPOSED, last), NOTIFICATION) is Outcome.GRANTED
    assert outcome(FIRST, Event(Mark.OPPOSED, last), APPROVAL) is Outcome.REFUSED
    assert stage(FIRST, last, NOTIFICATION) is Stage.IN_REVIEW
    assert stage(FIRST, last + timedelta(1), NOTIFICATION) is Stage.UNOPPOSED
    assert deadlines(FIRST, NOTIFICATION, last)[-1].confidence == "M"


def test_events_go_forward_in_time() -> None:
    assert outcome(FIRST, Event(Mark.APPROVED, COMPLETE - timedelta(1))) is Outcome.REFUSED


def test_each_deadline_bears_its_article_and_says_what_is_open() -> None:
    found = {one.code: one for one in deadlines(FIRST, APPROVAL, COMPLETE)}
    assert (found["silence"].due, found["silence"].article) == (date(2008, 4, 29), "R. 20-44-9-8")
    assert found["extension_notice"].due == date(2008, 3, 29)
    assert "Ask" in found["extension_notice"].ask
    (last,) = deadlines(APPROVED, APPROVAL, date(2008, 2, 4))
    assert (last.code, last.due) == ("withdrawal", date(2008, 3, 4))


SATURDAY = date(2008, 2, 2)
ON_SATURDAY = [Event(mark, SATURDAY) for mark in (Mark.SENT, Mark.RECEIVED, Mark.COMPLETE)]


def test_of_two_readings_of_a_limit_the_one_that_helps_no_party_is_taken_and_it_is_said() -> None:
    """Six weeks from a Saturday end on Saturday 15 March 2008, or on Monday 17."""
    monday = date(2008, 3, 17)
    told = Event(Mark.EXTENDED, monday)
    assert outcome(ON_SATURDAY, told, NOTIFICATION) is Outcome.ASK
    assert stage([*ON_SATURDAY, told], monday + timedelta(1), NOTIFICATION) is Stage.IN_REVIEW
    late = Event(Mark.EXTENDED, monday + timedelta(1))
    assert outcome(ON_SATURDAY, late, NOTIFICATION) is Outcome.ASK
    assert stage([*ON_SATURDAY, late], monday + timedelta(2), NOTIFICATION) is Stage.UNOPPOSED


def test_a_decision_between_the_two_readings_of_the_last_day_is_asked() -> None:
    """Three months from 1 February 2008 end on 1 May, a public holiday, or on Friday 2."""
    begun = [Event(mark, date(2008, 2, 1)) for mark in (Mark.SENT, Mark.RECEIVED, Mark.COMPLETE)]
    for mark in (Mark.APPROVED, Mark.REFUSED):
        assert outcome(begun, Event(mark, date(2008, 4, 30))) is Outcome.GRANTED
        assert outcome(begun, Event(mark, date(2008, 5, 1))) is Outcome.GRANTED
        assert outcome(begun, Event(mark, date(2008, 5, 2))) is Outcome.ASK
        assert outcome(begun, Event(mark, date(2008, 5, 6))) is Outcome.ASK


def test_an_express_refusal_after_silence_is_recorded_and_asked() -> None:
    refusal = Event(Mark.REFUSED, date(2008, 6, 2))
    assert outcome(FIRST, refusal) is Outcome.ASK
    assert stage([*FIRST, refusal], date(2008, 6, 1)) is Stage.SILENTLY_REFUSED
    assert stage([*FIRST, refusal], date(2008, 6, 2)) is Stage.REFUSED


def test_no_opposition_by_lapse_of_time_is_our_reading_and_never_granted_silently() -> None:
    after = date(2008, 3, 12)
    assert stage(FIRST, after, NOTIFICATION) is Stage.UNOPPOSED
    assert outcome(FIRST, Event(Mark.EXECUTED, after), NOTIFICATION) is Outcome.ASK
    late = Event(Mark.OPPOSED, after)
    assert outcome(FIRST, late, NOTIFICATION) is Outcome.ASK
    assert stage([*FIRST, late], after, NOTIFICATION) is Stage.OPPOSED
    assert outcome([*FIRST, late], Event(Mark.EXECUTED, after), NOTIFICATION) is Outcome.REFUSED


def test_a_withdrawal_between_the_two_readings_of_its_last_day_is_asked() -> None:
    """A month from 1 February 2008 ends on Saturday 1 March, or on Monday 3."""
    told = [*FIRST, Event(Mark.APPROVED, date(2008, 2, 1)), Event(Mark.NOTIFIED, date(2008, 2, 1))]
    assert outcome(told, Event(Mark.WITHDRAWN, date(2008, 3, 1))) is Outcome.GRANTED
    assert outcome(told, Event(Mark.WITHDRAWN, date(2008, 3, 3))) is Outcome.ASK
    assert outcome(told, Event(Mark.EXECUTED, date(2008, 3, 3))) is Outcome.REFUSED


def test_what_was_entered_by_mistake_is_taken_back_and_entered_anew_one_event_at_a_time() -> None:
    wrong = [*FIRST[:2], Event(Mark.COMPLETE, date(2008, 1, 31))]
    back = Event(Mark.RECTIFIED, date(2008, 2, 5))
    assert outcome(wrong, back) is Outcome.GRANTED
    right = [*wrong, back, Event(Mark.COMPLETE, COMPLETE)]
    assert outcome(right[:-1], right[-1]) is Outcome.GRANTED
    for day in (COMPLETE, date(2008, 2, 3), date(2008, 4, 30)):
        assert standing(right, APPROVAL, day) == standing(FIRST, APPROVAL, day)
    assert taken_back(right) == {2}
    twice = [*right, back, back]
    assert stood(twice) == FIRST[:1]
    assert outcome([], back) is Outcome.REFUSED


def test_an_event_whose_act_stands_is_not_taken_back() -> None:
    back = Event(Mark.RECTIFIED, date(2008, 2, 20))
    assert worst(may(APPROVED[:-1], APPROVAL, back, "2008-0001")) is Outcome.REFUSED
    assert worst(may(APPROVED[:-1], APPROVAL, back)) is Outcome.GRANTED
    assert stage([*APPROVED, back], back.on) is Stage.APPROVED


marks = st.lists(st.tuples(st.sampled_from(Mark), st.integers(0, 60)), max_size=12)


@given(marks, st.sampled_from([APPROVAL, NOTIFICATION]))
def test_what_is_ended_stays_ended_and_nothing_is_executed_without_its_conditions(
    wanted: list[tuple[Mark, int]], regime: Regime
) -> None:
    events: list[Event] = []
    day = COMPLETE
    for mark, days in wanted:
        day += timedelta(days)
        event = Event(mark, day)
        asked = outcome(events, event, regime)
        if asked is Outcome.GRANTED or (asked is Outcome.ASK and regime is NOTIFICATION):
            events.append(event)
    stages = [stage(events, COMPLETE + timedelta(n), regime) for n in range(0, 800, 7)]
    for earlier, later in pairwise(stages):
        assert earlier not in ENDED or later is earlier
    done = [event.mark for event in stood(events)]
    if Mark.EXECUTED in done:
        assert Mark.COMPLETE in done
        assert regime is NOTIFICATION or Mark.NOTIFIED in done
        assert Mark.WITHDRAWN not in done
