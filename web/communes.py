"""Which commune is served, and what of one commune: its services and the rights there, on one page."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import queries
from inventory.territory import Commune, CommuneSuccessor, Department, folded, former_of, today_of
from nms.base.clock import legal_day
from nms.base.errors import NotFound
from nms.base.permissions import Actor, Permission
from nms.base.text import csv_cell, say
from nms.ops.on_air import Emission
from nms.ops.serving import SERVED, best
from nms.ops.state import SEVERITY, Kind, State, Status
from spectrum.chronicle import Holding
from spectrum.conformance import Conformance
from spectrum.obligations import Standing
from web import obligations, pictures
from web.account import services
from web.conformity import acts_by_number, judged, told_to
from web.downloads import csv_file
from web.guard import current_actor, requires
from web.known import known
from web.lists import PAGE
from web.rights import only_former
from web.scoping import visible
from web.services import Services

blueprint = Blueprint("communes", __name__)
COMPLETED = 12
SERVES: Mapping[str, Callable[[State | None], bool]] = {
    "oui": lambda state: state is not None,
    "non": lambda state: state is None,
    "marche": lambda state: state in SERVED,
    "coupee": lambda state: state is State.DOWN,
}
"""What the list may be narrowed to, by the state of the best service."""
_SERVICES = (Kind.LINK, Kind.HOTSPOT, Kind.SECTOR)


@dataclass(frozen=True, slots=True)
class Served:
    """One commune with its services, the worst state first."""

    commune: Commune
    rows: tuple[Status, ...] = ()

    @property
    def state(self) -> State | None:
        """The state of its best service that serves people there (a link or a hotspot); None: it has none."""
        return best(self.rows)

    def count(self, kind: Kind) -> int:
        """How many services of a kind."""
        return sum(row.subject.kind is kind for row in self.rows)


@dataclass(frozen=True, slots=True)
class View:
    """What the list was asked for; `serves` is one of `SERVES`, or empty."""

    text: str
    department: str
    serves: str
    page: int

    @classmethod
    def asked(cls) -> View:
        """Read the query; a value that is not one of the choices is ignored."""
        page, serves = request.args.get("page", "1"), request.args.get("desservie", "")
        return cls(
            request.args.get("q", "").strip()[:100],
            request.args.get("department", "")[:3],
            serves if serves in SERVES else "",
            int(page) if page.isascii() and page.isdigit() and int(page[:6]) > 0 else 1,
        )

    def query(self, **changes: object) -> str:
        """The query string of this view with something changed."""
        values = {
            "q": self.text,
            "department": self.department,
            "desservie": self.serves,
            "page": "" if self.page == 1 else self.page,
        } | changes
        return "?" + urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True, slots=True)
class Emitter:
    """A sector here: what is planned and what is on the air, each against the rights of its day."""

    row: queries.SectorRow
    status: Status | None
    planned: Conformance | None
    observed: Conformance | None
    emission: Emission | None = None
    """What the device tells of it; None before the first poll."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One commune: who it is, what serves it, and the rights there; `held` is None for who may not read them."""

    commune: Commune
    department: str
    merged: tuple[CommuneSuccessor, ...]
    rows: tuple[Status, ...]
    places: tuple[queries.Place, ...]
    held: tuple[Holding, ...] | None
    emitters: tuple[Emitter, ...]
    today: date

    @property
    def served(self) -> Served:
        """The commune with its services."""
        return Served(self.commune, self.rows)

    def of(self, kind: Kind) -> list[Status]:
        """Its services of one kind, the worst first."""
        of_kind = [row for row in self.rows if row.subject.kind is kind]
        return sorted(of_kind, key=lambda row: (-SEVERITY[row.judgement.state], row.subject.name))


@blueprint.get("/communes")
@requires(Permission.DEVICE_READ)
def listing() -> Any:
    """Every commune of the territory: is it served?"""
    view = View.asked()
    with services().database.reading() as session:
        everything = _served(session)
        former = _former_names(session)
        departments = dict(session.execute(select(Department.code, Department.name)).all())
    found = [one for one in everything if _matches(one, view, former)]
    pages = max(1, -(-len(found) // PAGE))
    page = min(view.page, pages)
    return render_template(
        "communes.html",
        view=view,
        word="communes",
        rows=found[(page - 1) * PAGE : page * PAGE],
        former=former,
        found=len(found),
        total=len(everything),
        tallies={word: _tally([one for one in everything if of(one.state)]) for word, of in SERVES.items()},
        page=page,
        pages=pages,
        departments=sorted({one.commune.department for one in everything}),
        department_names=departments,
        kinds=_SERVICES,
    )


@blueprint.get("/communes.csv")
@requires(Permission.DEVICE_READ)
def as_csv() -> Response:
    """The same list, whole, as CSV."""
    view = View.asked()
    with services().database.reading() as session:
        found, former = _served(session), _former_names(session)
    out = StringIO()
    write = csv.writer(out)
    write.writerow(("insee", "commune", "department", "epci", "population", "state", "links", "hotspots", "sectors"))
    for one in found:
        if _matches(one, view, former):
            c = one.commune
            counts = [one.count(kind) for kind in _SERVICES]
            texts = [csv_cell(text) for text in (c.insee, c.name, c.department, c.epci_name)]
            write.writerow([*texts, c.population, one.state.value if one.state else "", *counts])
    return csv_file(out.getvalue(), "communes.csv")


@blueprint.get("/communes/noms")
@requires(Permission.DEVICE_READ)
def names() -> Response:
    """The communes that a beginning of a name or code means, of today and of before, to choose from while one types."""
    text = folded(request.args.get("q", "").strip()[:100])
    return jsonify([{"value": value, "text": told} for value, told in _completed(text)[:COMPLETED]] if text else [])


def _completed(text: str) -> list[tuple[str, str]]:
    """Names with their codes as an act writes them, and what else tells them apart; what begins so first."""
    keeper, actor = known(), current_actor()
    communes = keeper.communes()
    found = [
        (not c.search_name.startswith(text), c.name, f"{c.name} ({c.insee})", c.epci_name or c.department)
        for c in communes.values()
        if (text in c.search_name or c.insee.casefold().startswith(text)) and actor.sees(c.insee)
    ]
    for old, change in keeper.successors().items():
        now = communes.get(change.new_insee)
        if now is None or old == change.new_insee or not actor.sees(change.new_insee):
            continue
        name = folded(change.old_name)
        if text in name or old.casefold().startswith(text):
            part = _("former commune, in %(name)s today", name=now.name)
            found.append((not name.startswith(text), change.old_name, f"{change.old_name} ({old})", part))
    return [(value, told) for _late, _name, value, told in sorted(found)]


@blueprint.get("/communes/<insee>")
@requires(Permission.DEVICE_READ)
def page(insee: str) -> Any:
    """One commune: services beside rights. A code of the past leads to the commune of today."""
    picture = pictured(services(), current_actor(), insee)
    if picture.commune.insee != insee:
        return redirect(url_for("communes.page", insee=picture.commune.insee), 301)
    colours = pictures.Colours(services().register.as_of(date.max))
    return render_template(
        "commune.html",
        seen=picture,
        commune=picture.commune,
        served=picture.served,
        held=picture.held,
        only_former=only_former,
        services={kind: picture.of(kind) for kind in (Kind.LINK, Kind.HOTSPOT, Kind.DEVICE)},
        where=picture.commune.insee,
        acts=acts_by_number(),
        owed=_owed(picture),
        departments={picture.commune.department: picture.department},
        colours=colours,
        panels=pictures.ruler(picture.held or (), colours),
    )


def pictured(parts: Services, actor: Actor, insee: str) -> Picture:
    """What is known of the commune that a code, of today or of the past, means today.

    Raises:
        NotFound: no such commune in the territory, or not the actor's: the answer is the same.
    """
    today = legal_day(parts.clock.now())
    with parts.database.reading() as session:
        code = today_of(session, insee)
        commune = session.get(Commune, code)
        if commune is None or not actor.sees(code):
            raise NotFound("no_such_commune", say("No commune {insee} is in the loaded territory.", insee=insee))
        codes = {code, *former_of(session, code)}
        merged = session.scalars(
            select(CommuneSuccessor)
            .where(CommuneSuccessor.new_insee == code, CommuneSuccessor.old_insee != code)
            .order_by(CommuneSuccessor.old_name)
        ).all()
        department = session.get(Department, commune.department)
    places = [place for place in known().places().values() if place.insee in codes]
    sectors = [row for row in known().sectors().values() if row.insee in codes]
    rows = [row for row in visible(parts.live, actor) if row.subject.insee in codes]
    held = _held(parts, actor, code, today) if actor.may(Permission.RIGHT_READ) else None
    return Picture(
        commune=commune,
        department=department.name if department else commune.department,
        merged=tuple(merged),
        rows=tuple(rows),
        places=tuple(places),
        held=held,
        emitters=tuple(_emitter(parts, actor, row, rows) for row in sectors),
        today=today,
    )


def _held(parts: Services, actor: Actor, code: str, today: date) -> tuple[Holding, ...]:
    """The rights in force in a commune; a commune's account sees those that lie wholly in its own."""
    return tuple(
        one
        for one in parts.register.holdings(today)
        if code in one.extent.area and (actor.scope is None or one.extent.area <= actor.scope)
    )


def _owed(picture: Picture) -> list[Standing]:
    """The deployment obligations of today in the department of a commune, for who may read rights."""
    if picture.held is None:
        return []
    return [one for one in obligations.seen(picture.today) if one.clause.department == picture.commune.department]


def _emitter(parts: Services, actor: Actor, row: queries.SectorRow, rows: Sequence[Status]) -> Emitter:
    """A sector with its two verdicts; none for who may not read rights, and of the air none before the first poll."""
    status = next((s for s in rows if s.subject.kind is Kind.SECTOR and s.subject.name == row.name), None)
    on_air = status.on_air if status is not None else None
    if not actor.may(Permission.RIGHT_READ):
        return Emitter(row, status, None, None, on_air.emission if on_air else None)
    planned = told_to(actor, judged(parts, row.centre_khz, row.width_khz, row.insee)) if row.centre_khz else None
    if on_air is None:
        return Emitter(row, status, planned, None)
    return Emitter(row, status, planned, told_to(actor, on_air.found), on_air.emission)


def _served(session: Session) -> list[Served]:
    """Every commune that the actor sees, by name, with the services that stand in it, under whichever code."""
    actor = current_actor()
    today = dict(session.execute(select(CommuneSuccessor.old_insee, CommuneSuccessor.new_insee)).all())
    by_commune: dict[str, list[Status]] = defaultdict(list)
    for row in visible(services().live, actor):
        if row.subject.kind in _SERVICES:
            by_commune[today.get(row.subject.insee, row.subject.insee)].append(row)
    communes = session.scalars(select(Commune).order_by(Commune.search_name, Commune.insee)).all()
    return [Served(c, tuple(by_commune.get(c.insee, ()))) for c in communes if actor.sees(c.insee)]


def _former_names(session: Session) -> dict[str, list[str]]:
    """The names that communes of 2006 had, by the code of today, where they differ."""
    found: dict[str, list[str]] = defaultdict(list)
    rows = select(CommuneSuccessor.new_insee, CommuneSuccessor.old_name, CommuneSuccessor.old_insee)
    for new, name, old in session.execute(rows.order_by(CommuneSuccessor.old_name)):
        if old != new:
            found[new].append(name)
    return found


def _matches(one: Served, view: View, former: Mapping[str, Sequence[str]]) -> bool:
    c, wanted = one.commune, folded(view.text)
    names = [c.search_name, c.insee.casefold(), folded(c.epci_name), *map(folded, former.get(c.insee, ()))]
    return (
        (not wanted or any(wanted in name for name in names))
        and (not view.department or c.department == view.department)
        and (not view.serves or SERVES[view.serves](one.state))
    )


def _tally(found: Sequence[Served]) -> tuple[int, int]:
    """How many communes, and inhabitants where they are known."""
    return len(found), sum(one.commune.population or 0 for one in found)
