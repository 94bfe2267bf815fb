"""Sites due in each department, by when, and how the stations in service stand against them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template

from nms.base.clock import legal_day
from nms.base.permissions import Permission
from spectrum import obligations
from spectrum.deployment import obligations as standing
from spectrum.obligations import Standing, Status
from web.account import services
from web.downloads import csv_file
from web.guard import current_actor, requires
from web.known import known
from web.rights import asked_day, places, register
from web.scoping import within

blueprint = Blueprint("obligations", __name__)
SOON_DAYS = 180
"""As long before as the first reminder of an end."""


@blueprint.get("/registre/obligations")
@requires(Permission.RIGHT_READ)
def page() -> Any:
    """The obligations of a day, the next due first."""
    on = asked_day()
    return render_template(
        "obligations.html",
        on=on,
        today=legal_day(services().clock.now()),
        found=seen(on),
        departments=places().departments,
    )


@blueprint.get("/registre/obligations.csv")
@requires(Permission.RIGHT_READ)
def as_file() -> Response:
    """The same as a file."""
    on = asked_day()
    return csv_file(obligations.as_csv(seen(on)), f"obligations-{on.isoformat()}.csv")


def seen(on: date) -> list[Standing]:
    """What the reader may see: a commune the clauses of acts that lie wholly in it."""
    every = known().of_day("obligations", on, lambda: standing(register(), on))
    return [one for one in every if within(current_actor(), one.act.area)]


@dataclass(frozen=True, slots=True)
class Soon:
    """Obligations that are late, and those not met whose day is near; `first` is the day of the next one."""

    late: int
    due: int
    first: date | None


def soon() -> Soon | None:
    """What the overview tells; None without any, and for who may not read rights."""
    if not current_actor().may(Permission.RIGHT_READ):
        return None
    found = seen(legal_day(services().clock.now()))
    late = sum(one.status is Status.LATE for one in found)
    due = [one for one in found if one.status is Status.DUE and one.days_left <= SOON_DAYS]
    return Soon(late, len(due), min((one.clause.due for one in due), default=None)) if late or due else None
