"""The period that a page or a file is asked for: a month, two days, or the latest thirty."""

from __future__ import annotations

from flask import request

from nms.base.errors import InputError
from nms.base.text import say
from nms.ops import reports
from nms.ops.reports import Period
from web.account import services


def asked_period() -> Period:
    """`?mois=2026-11`, or `?du=2026-10-24&au=2026-10-26` (both days included), else the latest thirty days.

    Raises:
        InputError: the words are no period.
    """
    month, first, last = (request.args.get(name, "").strip() for name in ("mois", "du", "au"))
    if month:
        return reports.month_of(month)
    if not first and not last:
        return reports.latest_days(services().clock.now())
    if not first or not last:
        raise InputError("bad_period", say("A period has a first and a last day: du=2026-10-24&au=2026-10-26."))
    return reports.period(first, last)
