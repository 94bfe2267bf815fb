"""Availability of a month: a table to read, a file to keep."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request

from nms.base.clock import PARIS
from nms.base.permissions import Permission
from nms.ops import reports
from nms.ops.state import Kind
from web.account import services
from web.formats import KIND_OF_LIST
from web.guard import current_actor, requires
from web.known import known
from web.scoping import visible

blueprint = Blueprint("availability", __name__)
MONTHS_SHOWN = 12


@blueprint.get("/disponibilite")
@requires(Permission.REPORT_READ)
def page() -> Any:
    """The table of one kind of object, the worst first."""
    month = _month()
    word = request.args.get("objets", "liaisons")
    kind = KIND_OF_LIST.get(word, Kind.LINK)
    rows, mean_pct = reports.worst_first(_table(month), kind)
    return render_template(
        "availability.html",
        month=month,
        months=_months(),
        word=word if word in KIND_OF_LIST else "liaisons",
        words=list(KIND_OF_LIST),
        rows=rows,
        mean=None if mean_pct is None else mean_pct / 100,
    )


@blueprint.get("/disponibilite.<any(csv,ods):form>")
@requires(Permission.REPORT_READ)
def as_file(form: str) -> Response:
    """The whole table as a file."""
    month = _month()
    table = _table(month)
    if form == "ods":
        response = Response(reports.as_ods(table), mimetype="application/vnd.oasis.opendocument.spreadsheet")
    else:
        response = Response("\ufeff" + reports.as_csv(table), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="disponibilite-{month}.{form}"'
    return response


def _month() -> str:
    """The month that is asked for: this one unless said otherwise."""
    asked = request.args.get("mois", "") or _months()[0]
    reports.month(asked)
    return asked


def _months() -> list[str]:
    """The latest months, this one first."""
    now: datetime = services().clock.now().astimezone(PARIS)
    first = now.year * 12 + now.month - 1
    return [f"{(first - back) // 12}-{(first - back) % 12 + 1:02d}" for back in range(MONTHS_SHOWN)]


def _table(month: str) -> Any:
    """The report, only of what the actor may see."""
    parts, actor = services(), current_actor()
    seen = {(row.subject.kind, row.subject.name) for row in visible(parts.live, actor)}
    start, end = reports.month(month)
    end = max(start, min(end, parts.clock.now()))
    return reports.availability(
        parts.store, known().network(), start, end, lambda kind, name: actor.scope is None or (kind, name) in seen
    )
