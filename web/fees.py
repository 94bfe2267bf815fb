"""What each holder owes for the use of frequencies, by year: every figure with its factors, texts and sources."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request

from nms.base.clock import legal_day
from nms.base.errors import InputError
from nms.base.permissions import Permission
from nms.base.text import say
from spectrum import statement
from spectrum.law.fees import ARTICLE, FACTORS
from spectrum.statement import Line
from web import pictures
from web.account import services
from web.downloads import csv_file
from web.guard import current_actor, requires
from web.known import known as keeper
from web.rights import places, register
from web.scoping import within

blueprint = Blueprint("fees", __name__)
FIRST_YEAR, LAST_YEAR = 2006, 2100


@blueprint.get("/registre/redevances")
@requires(Permission.RIGHT_READ)
def page() -> Any:
    """The fees of a year, by holder."""
    year, known = asked_year(), places()
    found = lines(year)
    owed: dict[str, list[Line]] = {}
    for line in found:
        owed.setdefault(line.holding.holder, []).append(line)
    return render_template(
        "fees.html",
        year=year,
        first=FIRST_YEAR,
        last=LAST_YEAR,
        owed=owed,
        factors=FACTORS,
        article=ARTICLE,
        where=lambda one: pictures.area_text(one.extent.area, known),
    )


@blueprint.get("/registre/redevances.csv")
@requires(Permission.RIGHT_READ)
def as_file() -> Response:
    """The same as a file."""
    year = asked_year()
    return csv_file(statement.as_csv(lines(year), year), f"redevances-{year}.csv")


def asked_year() -> int:
    """The year of the question; a commune's account asks about this one.

    Raises:
        InputError: it is no year that the register knows.
    """
    this_year, text = legal_day(services().clock.now()).year, request.args.get("annee", "").strip()
    if not text or current_actor().scope is not None:
        return this_year
    if not (text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:6]) <= LAST_YEAR):
        raise InputError(
            "no_such_year",
            say("Give a year from {first} to {last}.", first=str(FIRST_YEAR), last=str(LAST_YEAR)),
        )
    return int(text)


def lines(year: int) -> list[Line]:
    """The lines that the reader may see: a commune those of rights that lie wholly in it."""
    with services().database.reading() as session:
        known = statement.areas(session)
    found = statement.statement(register().as_of(date.max).holdings(), known, year, keeper().former(register()))
    return [line for line in found if within(current_actor(), line.holding.extent.area)]
