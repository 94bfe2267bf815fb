"""The past of one object: its month as a calendar of days, and one day of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import request

from nms.base.clock import epoch_s, legal_day
from nms.base.errors import InputError
from nms.base.text import say
from nms.ops import day_bars, reports, sealing, works
from nms.ops.history import Hour
from nms.ops.state import Kind, Subject
from web.account import services


def asked_day() -> date | None:
    """The day of the past that is asked for (`?jour=2026-11-20`).

    Raises:
        InputError: not a day.
    """
    text = request.args.get("jour", "")
    return reports.period(text, text).first if text else None


def past_of(subject: Subject, kind: Kind) -> dict[str, Any]:
    """What the page shows of the month: its days, the day that was chosen, the months around it."""
    parts = services()
    now, on = parts.clock.now(), asked_day()
    today = legal_day(now)
    period = reports.month_of(request.args.get("mois") or (on or today).isoformat()[:7])
    if period.first.year < 2000 or period.first > today:
        raise InputError("bad_month", say("There is no history of that month."))
    start_s, end_s, now_s = epoch_s(period.start), epoch_s(period.end), epoch_s(now)
    hours: list[Hour] = parts.store.hours(kind, [subject.name], start_s, min(end_s, now_s)).get(subject.name, [])
    with parts.database.reading() as session:
        mended = works.read(session).of(subject, start_s, end_s)
    days = day_bars.laid_out(day_bars.days(period.first, period.last), hours, mended, now_s)
    after = period.last + timedelta(1)
    return {
        "month": period,
        "days": days,
        "chosen": next((day for day in days if day.on == on), None),
        "month_before": (period.first - timedelta(1)).isoformat()[:7],
        "month_after": after.isoformat()[:7] if after <= today else "",
        "to_install": _to_install(on),
        "month_word": period.first.isoformat()[:7],
    }


def _to_install(on: date | None) -> str:
    """What to install so that a sealed day can be drawn; empty when there is no need."""
    if on is None or sealing.available() or not services().store.sealed_in(*day_bars.bounds_s(on)):
        return ""
    return sealing.INSTALL
