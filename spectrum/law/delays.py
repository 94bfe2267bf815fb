"""Legal months and weeks: a day, and what the text leaves open about it.

How ARCEP counts its months is not held (no text was found). Each result is therefore a day with a question where the
texts leave one: a month without that day, a last day on which no post office is open.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from nms.base.text import say

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Due:
    """A last day; `ask` says what is not decided by the text, and `latest` the day of the more patient reading."""

    day: date
    latest: date
    ask: str = ""


def add_months(day: date, months: int) -> Due:
    """The day of the same number `months` later; the last of the month when there is no such day: then ask."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    found = date(year, month + 1, min(day.day, last))
    if day.day > last:
        missing = say("there is no day {number} in that month", number=day.day)
        return _open(found, str(missing))
    return _open(found, "")


def add_weeks(day: date, weeks: int) -> Due:
    """The same weekday `weeks` later."""
    return _open(day + timedelta(weeks=weeks), "")


def _open(day: date, why: str) -> Due:
    latest = day
    while not is_working(latest):
        latest += timedelta(1)
    if latest == day and not why:
        return Due(day, day)
    if latest == day:
        return Due(day, day, say("Not decided by the text: {why}. Ask.", why=why))
    name = say("its last day is no working day; the next one is {next}", next=latest.isoformat())
    return Due(day, latest, say("Not decided by the text: {why}. Ask.", why=f"{why}; {name}" if why else name))


def is_working(day: date) -> bool:
    """Whether it is neither a Saturday, a Sunday nor a public holiday of metropolitan France."""
    return day.weekday() < SATURDAY and day not in holidays(day.year)


def holidays(year: int) -> frozenset[date]:
    """Public holidays of metropolitan France (Code du travail, L. 3133-1)."""
    easter = _easter(year)
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    moving = (easter + timedelta(days) for days in (1, 39, 50))
    return frozenset({*(date(year, month, day) for month, day in fixed), *moving})


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    j = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * j) // 433
    month = (h + j - 7 * m + 90) // 25
    return date(year, month, (h + j - 7 * m + 33 * month + 19) % 32)
