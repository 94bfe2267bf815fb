"""Availability of any period of days: a table to read, its days as bars, a file to keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from nms.base.clock import PARIS, epoch_s
from nms.base.permissions import Permission
from nms.ops import day_bars, reports, works
from nms.ops.day_bars import Day
from nms.ops.reports import Group, Period
from nms.ops.state import Kind
from nms.ops.works import Works
from web.account import services
from web.downloads import csv_file, saved_as
from web.formats import KIND_OF_LIST
from web.guard import current_actor, requires
from web.known import known
from web.periods import asked_period
from web.scoping import visible

blueprint = Blueprint("availability", __name__)
MONTHS_SHOWN = 12
ROWS_ON_A_PAGE = 50
BARS_MOST_DAYS = 62
"""Bars of a row are drawn for two months at most; a longer period has its figures alone."""
GROUPS = {
    "objet": Group.OBJECT,
    "commune": Group.COMMUNE,
    "departement": Group.DEPARTMENT,
    "contrat": Group.CONTRACT,
}


@blueprint.get("/disponibilite")
@requires(Permission.REPORT_READ)
def page() -> Any:
    """The table of one kind of object or group, the worst first; days as bars beside each object."""
    period, by = asked_period(), _group()
    word = request.args.get("objets", "liaisons")
    word = word if word in KIND_OF_LIST else "liaisons"
    kind = KIND_OF_LIST[word]
    mended = _works()
    table = _table(period, mended, (kind,))
    rows, _mean = reports.worst_first(reports.grouped(table, by), kind)
    pages = max(1, -(-len(rows) // ROWS_ON_A_PAGE))
    number = min(max(1, request.args.get("page", 1, type=int)), pages)
    shown = rows[(number - 1) * ROWS_ON_A_PAGE : number * ROWS_ON_A_PAGE]
    return render_template(
        "availability.html",
        period=period,
        month=request.args.get("mois", ""),
        months=_months(),
        word=word,
        words=list(KIND_OF_LIST),
        by=by,
        groups=GROUPS,
        group_word=next(text for text, group in GROUPS.items() if group is by),
        rows=shown,
        total=len(rows),
        number=number,
        pages=pages,
        of_all=reports.of_all(table, kind),
        names=known().commune_names() if by is Group.COMMUNE else {},
        bars=_bars(kind, [row["name"] for row in shown], period, mended) if by is Group.OBJECT else {},
        query=_query,
    )


@blueprint.get("/disponibilite.<any(csv,ods):form>")
@requires(Permission.REPORT_READ)
def as_file(form: str) -> Response:
    """The whole table as a file."""
    period, by = asked_period(), _group()
    table = reports.grouped(_table(period, _works()), by)
    name = f"disponibilite-{period.first}_{period.last}.{form}"
    if form == "csv":
        return csv_file(reports.as_csv(table), name)
    return saved_as(Response(reports.as_ods(table), mimetype="application/vnd.oasis.opendocument.spreadsheet"), name)


def _group() -> Group:
    return GROUPS.get(request.args.get("par", ""), Group.OBJECT)


def _query(**changes: object) -> str:
    """The query of this page with other values; an empty one goes."""
    values = {name: request.args.get(name, "") for name in ("mois", "du", "au", "objets", "par")} | changes
    return urlencode({name: value for name, value in values.items() if value not in ("", None)})


def _months() -> list[str]:
    """The latest months, this one first."""
    now = services().clock.now().astimezone(PARIS)
    first = now.year * 12 + now.month - 1
    return [f"{(first - back) // 12}-{(first - back) % 12 + 1:02d}" for back in range(MONTHS_SHOWN)]


def _works() -> Works:
    with services().database.reading() as session:
        return works.read(session)


def _table(period: Period, mended: Works, kinds: Iterable[Kind] = tuple(Kind)) -> Any:
    """The report so far, only of what the actor may see."""
    parts, actor = services(), current_actor()
    seen = {(row.subject.kind, row.subject.name) for row in visible(parts.live, actor)}
    return reports.availability(
        parts.store,
        known().network(),
        period.start,
        period.until(parts.clock.now()),
        lambda kind, name: actor.scope is None or (kind, name) in seen,
        mended,
        kinds,
    )


def _bars(kind: Kind, names: list[str], period: Period, mended: Works) -> dict[str, list[Day]]:
    """The days of each row as bars."""
    which = day_bars.days(period.first, period.last)
    if len(which) > BARS_MOST_DAYS:
        return {}
    subjects = known().network().subjects
    start_s, end_s = epoch_s(period.start), epoch_s(period.end)
    now_s = epoch_s(services().clock.now())
    hours = services().store.hours(kind, names, start_s, min(end_s, now_s))
    return {
        name: day_bars.laid_out(
            which, found, mended.of(subjects[kind, name], start_s, end_s) if (kind, name) in subjects else [], now_s
        )
        for name, found in hours.items()
    }
