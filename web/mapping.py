"""The map of the region: communes, sectors as wedges, links as lines, coloured by health; list and map in step."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _

from inventory.queries import Place, SectorRow
from inventory.territory import Commune
from nms.base.permissions import Permission
from nms.ops.explain import explain
from nms.ops.state import SEVERITY, Kind, State, Status
from web import weather
from web.account import services
from web.formats import LIST_OF_KIND, language, word
from web.guard import current_actor, requires
from web.known import Line, known
from web.scoping import visible

T = TypeVar("T")
blueprint = Blueprint("mapping", __name__)
TEXTS_MOST = 50_000
"""Objects whose text is kept, per view and language."""


@blueprint.get("/carte")
@requires(Permission.DEVICE_READ)
def page() -> Any:
    """The map and its list: health, or with `?vue=utilisation` how full the links are."""
    view = "utilisation" if request.args.get("vue") == "utilisation" else "health"
    return render_template(
        "map.html",
        view=view,
        classes=[*weather.classes(), weather.unmeasured()],
        outlines=known().outlines(),
    )


@blueprint.get("/carte/contours")
@requires(Permission.DEVICE_READ)
def outlines() -> Response:
    """The outlines of the communes that the actor may see."""
    return outlines_answer()


def outlines_answer() -> Response:
    """GeoJSON geometries by code, kept by the browser as long as the territory stays the same."""
    actor, kept = current_actor(), known().outlines()
    shown = (f'"{code}":{text}' for code, text in kept.by_code.items() if actor.scope is None or actor.sees(code))
    answer = Response("{" + ",".join(shown) + "}", mimetype="application/json")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Vary"] = "Cookie"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@blueprint.get("/carte/donnees")
@requires(Permission.DEVICE_READ)
def data() -> Any:
    """What is drawn."""
    return drawing()


def drawing(outlines_at: str = "/carte/contours") -> Any:
    """What is drawn: communes with their worst service, wedges, lines; positions that are known, and only those.

    With `?vue=utilisation` each link tells how full it is, and links without a line are there too; else neither is.
    """
    weathered = request.args.get("vue") == "utilisation"
    parts, actor, keeper = services(), current_actor(), known()
    rows = [row for row in visible(parts.live, actor) if row.subject.kind is not Kind.DEVICE]
    communes = [c for c in keeper.communes().values() if actor.sees(c.insee)]
    sectors, lines = keeper.sectors(), keeper.lines()
    successors, today, version = keeper.successors(), keeper.todays(), keeper.outlines().version
    at = {c.insee: (c.lat_deg, c.lon_deg) for c in communes if c.lat_deg is not None}

    by_commune: dict[str, list[Status]] = {}
    absorbed: dict[str, set[str]] = {}
    for row in rows:
        old, code = row.subject.insee, today(row.subject.insee)
        by_commune.setdefault(code, []).append(row)
        if code != old:
            absorbed.setdefault(code, set()).add(successors[old].old_name or old)
    drawn, told = _Drawing(), weather.Weather().of if weathered else weather.fullest
    texts = _texts(f"{language()} {weathered}")

    def of_sector(row: Status, one: SectorRow) -> dict[str, Any]:
        where = {"lat": one.lat_deg, "lon": one.lon_deg, "azimuth": one.azimuth_deg, "width": one.beamwidth_deg}
        return drawn.of(row) | where

    def of_link(row: Status, line: Line) -> dict[str, Any]:
        return drawn.of(row) | {"a": _at(line.a), "b": _at(line.b)} | told(row)

    def of_link_nowhere(row: Status, where: tuple[float | None, float | None] | None) -> dict[str, Any]:
        return drawn.of(row) | {"at": where} | told(row)

    return _json(
        outlines=f"{outlines_at}?v={version}" if version else None,
        communes=[
            drawn.commune(c, by_commune[c.insee], absorbed.get(c.insee, set()))
            for c in communes
            if c.insee in by_commune
        ],
        others=[
            [c.lat_deg, c.lon_deg, c.population or 0, c.name, c.insee]
            for c in communes
            if c.insee not in by_commune and (c.lat_deg is not None or version)
        ],
        sectors=_List(
            texts.of(row, sector, of_sector)
            for row in rows
            if row.subject.kind is Kind.SECTOR
            and (sector := sectors.get(row.subject.name))
            and sector.lat_deg is not None
        ),
        nowhere=_List(
            texts.of(row, at.get(today(row.subject.insee)), of_link_nowhere)
            for row in rows
            if weathered and row.subject.kind is Kind.LINK and row.subject.name not in lines
        ),
        links=_List(
            texts.of(row, line, of_link)
            for row in rows
            if row.subject.kind is Kind.LINK
            and (line := lines.get(row.subject.name))
            and actor.sees(line.a.insee or None)
            and actor.sees(line.b.insee or None)
        ),
        total=len(communes),
        placed=sum(1 for c in communes if c.lat_deg is not None),
    )


class _Drawing:
    """What is drawn of any object; each word is looked up once for all that stand in its state."""

    def __init__(self) -> None:
        self._words = {kind: {state: word(state, kind) for state in State} for kind in Kind}
        self._at, self._language = services().clock.now(), language()

    def of(self, row: Status) -> dict[str, Any]:
        """Name, state and address of an object."""
        subject, state = row.subject, row.judgement.state
        return {
            "name": subject.name,
            "label": subject.label,
            "state": state,
            "word": self._words[subject.kind][state],
            "url": f"/{LIST_OF_KIND[subject.kind]}/{subject.name}",
        }

    def commune(self, commune: Commune, rows: list[Status], absorbed: set[str]) -> dict[str, Any]:
        """A commune with the worst of its services, and why; `former` names absorbed ones whose services it shows."""
        worst = max(rows, key=lambda row: SEVERITY[row.judgement.state])
        kind, state, name = worst.subject.kind, worst.judgement.state, worst.subject.name
        why = "" if state is State.UP else f"{name} – {explain(worst.judgement, kind, self._language, self._at)}"
        return {
            "insee": commune.insee,
            "name": commune.name,
            "lat": commune.lat_deg,
            "lon": commune.lon_deg,
            "population": commune.population,
            "state": state,
            "word": self._words[kind][state],
            "why": why,
            "former": _("drawn here for the former commune of %(names)s", names=", ".join(sorted(absorbed)))
            if absorbed
            else "",
            "url": f"/communes/{commune.insee}",
            "services": len(rows),
        }


class _Texts:
    """What was written of objects: good for as long as an object and its place are the very same.

    Of thousands, a few change between two looks; to word and write the others again would be most of the work.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[Kind, str], tuple[Status, object, str]] = {}

    def of(self, row: Status, place: T, words: Callable[[Status, T], Mapping[str, Any]]) -> str:
        """The JSON of an object at a place."""
        key = (row.subject.kind, row.subject.name)
        kept = self._kept.get(key)
        if kept is None or kept[0] is not row or (kept[1] is not place and kept[1] != place):
            if len(self._kept) >= TEXTS_MOST:
                self._kept.clear()
            kept = self._kept[key] = (row, place, _written(words(row, place)))
        return kept[2]


def _texts(view: str) -> _Texts:
    """Those of one view in one language."""
    kept: dict[str, _Texts] = current_app.extensions.setdefault("nms_map_texts", {})
    return kept.setdefault(view, _Texts())


class _List(list[str]):
    """Values that are JSON already."""


def _json(**parts: object) -> Response:
    """Without the sorting of keys and the blanks of Flask's own, which cost as much as all the rest."""
    told = (f'"{k}":{"[" + ",".join(v) + "]" if isinstance(v, _List) else _written(v)}' for k, v in parts.items())
    return Response("{" + ",".join(told) + "}", mimetype="application/json")


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _at(place: Place) -> tuple[float | None, float | None]:
    return place.lat_deg, place.lon_deg
