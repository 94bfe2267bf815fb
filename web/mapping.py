"""The map of the region: communes, sectors as wedges, links as lines, coloured by health; list and map in step."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, render_template
from sqlalchemy import select

from inventory import queries
from inventory.territory import Commune
from nms.base.permissions import Permission
from nms.ops.state import SEVERITY, Kind, State, Status
from web.account import services
from web.formats import LIST_OF_KIND, sentence, word
from web.guard import current_actor, requires
from web.scoping import visible

blueprint = Blueprint("mapping", __name__)


@blueprint.get("/carte")
@requires(Permission.DEVICE_READ)
def page() -> Any:
    """The map and its list."""
    return render_template("map.html")


@blueprint.get("/carte/donnees")
@requires(Permission.DEVICE_READ)
def data() -> Any:
    """What is drawn: communes with their worst service, wedges, lines; positions that are known, and only those."""
    parts, actor = services(), current_actor()
    rows = [row for row in visible(parts.live, actor) if row.subject.kind is not Kind.DEVICE]
    with parts.database.reading() as session:
        places = {place.name: place for place in queries.places(session) if actor.sees(place.insee or None)}
        communes = [c for c in session.scalars(select(Commune).order_by(Commune.insee)) if actor.sees(c.insee)]
        sectors = {row.name: row for row in queries.sectors(session)}
        links = {row.name: row for row in queries.links(session)}
        site_of = {target.name: target.site for target in queries.poll_targets(session)}
    by_commune: dict[str, list[Status]] = {}
    for row in rows:
        by_commune.setdefault(row.subject.insee, []).append(row)
    return jsonify(
        communes=[_commune(c, by_commune[c.insee]) for c in communes if c.insee in by_commune],
        others=[
            [c.lat_deg, c.lon_deg, c.population or 0, c.name]
            for c in communes
            if c.lat_deg is not None and c.insee not in by_commune
        ],
        sectors=[
            _drawn(row) | {"lat": s.lat_deg, "lon": s.lon_deg, "azimuth": s.azimuth_deg, "width": s.beamwidth_deg}
            for row in rows
            if row.subject.kind is Kind.SECTOR and (s := sectors.get(row.subject.name)) and s.lat_deg is not None
        ],
        links=[
            _drawn(row) | {"a": a, "b": b, "load": row.measures.utilisation_ratio if row.measures else None}
            for row in rows
            if row.subject.kind is Kind.LINK
            and (link := links.get(row.subject.name))
            and (a := _at(places.get(site_of.get(link.a_device or link.sector_device, ""))))
            and (b := _at(places.get(link.site or site_of.get(link.b_device, ""))))
            and a != b
        ],
        total=len(communes),
        placed=sum(1 for c in communes if c.lat_deg is not None),
    )


def _commune(commune: Commune, rows: list[Status]) -> dict[str, Any]:
    worst = max(rows, key=lambda row: SEVERITY[row.judgement.state])
    at = services().clock.now()
    return {
        "insee": commune.insee,
        "name": commune.name,
        "lat": commune.lat_deg,
        "lon": commune.lon_deg,
        "population": commune.population,
        "state": worst.judgement.state.value,
        "word": word(worst.judgement.state, worst.subject.kind),
        "why": f"{worst.subject.name} – {sentence(worst, at)}" if worst.judgement.state is not State.UP else "",
        "url": f"/{LIST_OF_KIND[worst.subject.kind]}/{worst.subject.name}",
        "services": len(rows),
    }


def _drawn(row: Status) -> dict[str, Any]:
    subject = row.subject
    return {
        "name": subject.name,
        "label": subject.label,
        "state": row.judgement.state.value,
        "word": word(row.judgement.state, subject.kind),
        "url": f"/{LIST_OF_KIND[subject.kind]}/{subject.name}",
    }


def _at(place: queries.Place | None) -> list[float] | None:
    if place is None or place.lat_deg is None or place.lon_deg is None:
        return None
    return [place.lat_deg, place.lon_deg]
