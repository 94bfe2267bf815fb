"""Documents in the browser: what each is for, and each as PDF/A, ODT or ODS. The documents themselves are in French."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from nms.base.clock import legal_day
from nms.base.errors import PermissionRefused
from nms.base.permissions import Permission
from nms.base.text import say
from web import dossiers, rights
from web.account import services
from web.documents.blocks import Document
from web.documents.maker import FIRST_YEAR, Maker, made
from web.documents.projects import Council
from web.downloads import saved_as
from web.guard import current_actor, requires

blueprint = Blueprint("documents", __name__)


def maker() -> Maker:
    """The maker of this application's documents."""
    return Maker(rights.register(), dossiers.dossiers(), services().settings)


@blueprint.get("/documents")
@requires(Permission.RIGHT_READ)
def page() -> Any:
    """Every document with what it is for, and where it is made."""
    actor, today = current_actor(), legal_day(services().clock.now())
    return render_template(
        "documents.html",
        today=today,
        acts=rights.visible_acts(),
        dossiers=dossiers.visible_projects(),
        holders=maker().holders() if actor.scope is None else [],
        years=range(today.year, FIRST_YEAR - 1, -1),
    )


@blueprint.get("/documents/acte-<int:number>.<any(pdf,odt):printed>")
@requires(Permission.RIGHT_READ)
def act(number: int, printed: str) -> Response:
    """The extract of an act; a commune's account gets those of its own acts."""
    return _sent(maker().extract(rights.one_act(number)), printed)


@blueprint.get("/documents/registre.<any(pdf,odt,ods):printed>")
@requires(Permission.RIGHT_READ)
def register(printed: str) -> Response:
    """The register as the page shows it: of a day, as known on a day."""
    asked, held = rights.asked_and_held()
    return _sent(maker().holdings(held, asked.on, asked.known_at), printed)


@blueprint.get("/documents/deliberation/<reference>.<any(pdf,odt):printed>")
@requires(Permission.RIGHT_READ)
def deliberation(reference: str, printed: str) -> Response:
    """The template of a council's deliberation on a project."""
    one = dossiers.one_seen(reference)
    regional = request.args.get("assemblee") == Council.REGIONAL
    council = Council.REGIONAL if regional else Council.MUNICIPAL
    return _sent(maker().deliberation(one, council, _finance(reference)), printed)


@blueprint.get("/documents/convention/<reference>.<any(pdf,odt):printed>")
@requires(Permission.RIGHT_READ)
def convention(reference: str, printed: str) -> Response:
    """The template of the convention between the parties of a project."""
    one = dossiers.one_seen(reference)
    return _sent(maker().convention(one, _finance(reference)), printed)


@blueprint.get("/documents/etat-annuel.<any(pdf,odt,ods):printed>")
@requires(Permission.RIGHT_READ)
def statement(printed: str) -> Response:
    """A holder's yearly statement; it tells of the whole region, so no commune's account gets it."""
    if current_actor().scope is not None:
        raise PermissionRefused("whole_region", say("This document tells of the whole region."))
    year = request.args.get("annee", type=int) or legal_day(services().clock.now()).year
    return _sent(maker().statement(request.args.get("titulaire", ""), year), printed)


def _finance(reference: str) -> str:
    """The financial conditions when they are asked for; refused to whoever is no legal officer."""
    if request.args.get("conditions") != "remplies":
        return ""
    return dossiers.dossiers().finance(reference, current_actor())


def _sent(one: Document, form: str) -> Response:
    content, media_type = made(one, form)
    response = saved_as(Response(content, mimetype=media_type), f"{one.name}.{form}")
    response.headers["X-Content-SHA256"] = one.digest
    return response
