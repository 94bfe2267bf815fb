"""Sites due in each department, by when, and how the stations in service stand against them."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template

from nms.base.clock import legal_day
from nms.base.permissions import Permission
from spectrum import obligations
from spectrum.deployment import obligations as standing
from spectrum.obligations import Standing
from web.account import services
from web.downloads import csv_file
from web.guard import current_actor, requires
from web.rights import asked_day, places, register
from web.scoping import within

blueprint = Blueprint("obligations", __name__)


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
    return [one for one in standing(register(), on) if within(current_actor(), one.act.area)]
