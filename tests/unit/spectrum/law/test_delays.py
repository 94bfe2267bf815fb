"""Months and weeks of the law hold for every day, not only for those in the lawyer's table."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum.law.delays import add_months, add_weeks, holidays, is_working

DAYS = st.dates(date(2006, 8, 13), date(2060, 1, 1))


@pytest.mark.parametrize(
    "easter_monday",
    [date(2006, 4, 17), date(2008, 3, 24), date(2011, 4, 25), date(2024, 4, 1), date(2026, 4, 6), date(2038, 4, 26)],
)
def test_easter_monday_is_where_the_calendars_print_it(easter_monday: date) -> None:
    assert easter_monday in holidays(easter_monday.year)
    assert not is_working(easter_monday)


@given(st.integers(2006, 2199))
def test_the_moving_holidays_fall_on_a_monday_and_a_thursday(year: int) -> None:
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    moving = {day.weekday() for day in holidays(year) if (day.month, day.day) not in fixed}
    assert moving <= {0, 3}
    assert fixed <= {(day.month, day.day) for day in holidays(year)}


@given(DAYS, st.integers(1, 12))
def test_a_month_is_never_longer_than_its_name_and_the_doubt_is_said(day: date, months: int) -> None:
    due = add_months(day, months)
    assert (due.day.year - day.year) * 12 + due.day.month - day.month == months
    assert due.day.day == day.day or (due.day.day < day.day and due.ask and (due.day + timedelta(1)).day == 1)
    assert is_working(due.latest)
    assert (due.latest == due.day) == is_working(due.day)
    assert is_working(due.day) or due.ask


@given(DAYS, DAYS, st.integers(1, 12))
def test_who_is_complete_later_is_never_due_earlier(one: date, other: date, months: int) -> None:
    first, second = sorted((one, other))
    assert add_months(first, months).day <= add_months(second, months).day
    assert add_months(first, months).latest <= add_months(second, months).latest


@given(DAYS, st.integers(1, 20))
def test_a_week_later_is_the_same_weekday(day: date, weeks: int) -> None:
    due = add_weeks(day, weeks)
    assert due.day - day == timedelta(weeks=weeks)
    assert timedelta(0) <= due.latest - due.day <= timedelta(5)
