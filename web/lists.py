"""Lists of objects: search, filters, pages made on the server, CSV export; every view has an address."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from nms.base.permissions import Permission
from nms.base.text import csv_cell
from nms.ops.state import SEVERITY, State, Status
from web.account import services
from web.downloads import csv_file
from web.formats import KIND_OF_LIST, LISTS, sentence
from web.guard import current_actor, requires
from web.known import known
from web.scoping import visible

blueprint = Blueprint("lists", __name__)
PAGE = 50
ORDERS = ("name", "state", "commune")


@dataclass(frozen=True, slots=True)
class View:
    """What a list was asked for."""

    text: str
    state: str
    department: str
    order: str
    page: int

    @classmethod
    def asked(cls) -> View:
        """Read the query; a value that is not one of the choices is ignored."""
        page = request.args.get("page", "1")
        order = request.args.get("order", "name")
        return cls(
            request.args.get("q", "").strip()[:100],
            request.args.get("state", "") if request.args.get("state", "") in list(State) else "",
            request.args.get("department", "")[:3],
            order if order in ORDERS else "name",
            int(page) if page.isascii() and page.isdigit() and int(page[:6]) > 0 else 1,
        )

    def query(self, **changes: object) -> str:
        """The query string of this view with something changed."""
        values = {
            "q": self.text,
            "state": self.state,
            "department": self.department,
            "order": self.order if self.order != "name" else "",
            "page": "" if self.page == 1 else self.page,
        } | changes
        return "?" + urlencode({name: value for name, value in values.items() if value})


@blueprint.get(f"/<{LISTS}:word>")
@requires(Permission.DEVICE_READ)
def objects(word: str) -> Any:
    """One kind of object."""
    kind, view = KIND_OF_LIST[word], View.asked()
    names = known().commune_names()
    everything = visible(services().live, current_actor(), kind)
    rows = _chosen(everything, view, names)
    pages = max(1, -(-len(rows) // PAGE))
    page = min(view.page, pages)
    template = "parts/list.html" if request.headers.get("HX-Request") else "list.html"
    return render_template(
        template,
        word=word,
        kind=kind,
        view=view,
        rows=rows[(page - 1) * PAGE : page * PAGE],
        found=len(rows),
        total=len(everything),
        page=page,
        pages=pages,
        names=names,
        departments=sorted({row.subject.department for row in everything if row.subject.department}),
    )


@blueprint.get(f"/<{LISTS}:word>.csv")
@requires(Permission.DEVICE_READ)
def as_csv(word: str) -> Response:
    """The same list, whole, as CSV."""
    kind, names = KIND_OF_LIST[word], known().commune_names()
    at = services().clock.now()
    out = StringIO()
    write = csv.writer(out)
    columns = ("rtt_s", "loss_ratio", "in_bps", "out_bps", "utilisation_ratio", "rssi_dbm", "cinr_db", "clients")
    write.writerow(("name", "label", "insee", "commune", "site", "state", "since", "explanation", *columns))
    for row in _chosen(visible(services().live, current_actor(), kind), View.asked(), names):
        s, j, m = row.subject, row.judgement, row.measures
        texts = (s.name, s.label, s.insee, names.get(s.insee, ""), s.site, j.state.value, j.since.isoformat())
        values = ["" if m is None or getattr(m, c) is None else getattr(m, c) for c in columns]
        write.writerow([*(csv_cell(text) for text in (*texts, sentence(row, at))), *values])
    return csv_file(out.getvalue(), f"{word}.csv")


@blueprint.get("/sites")
@requires(Permission.DEVICE_READ)
def sites() -> Any:
    """Sites with the worst state of what stands on them."""
    view, actor = View.asked(), current_actor()
    places = [place for place in known().places().values() if actor.sees(place.insee or None)]
    worst: dict[str, State] = {}
    for row in visible(services().live, actor):
        site, state = row.subject.site, row.judgement.state
        if site and (site not in worst or SEVERITY[state] > SEVERITY[worst[site]]):
            worst[site] = state
    wanted = view.text.casefold()
    found = [
        place
        for place in places
        if (not wanted or wanted in f"{place.name} {place.label} {place.commune} {place.insee}".casefold())
        and (not view.department or place.department == view.department)
        and (not view.state or worst.get(place.name, State.UNMEASURED) == view.state)
    ]
    pages = max(1, -(-len(found) // PAGE))
    page = min(view.page, pages)
    return render_template(
        "sites.html",
        word="sites",
        view=view,
        rows=found[(page - 1) * PAGE : page * PAGE],
        worst=worst,
        found=len(found),
        total=len(places),
        page=page,
        pages=pages,
        departments=sorted({place.department for place in places if place.department}),
    )


def _chosen(rows: list[Status], view: View, names: Mapping[str, str]) -> list[Status]:
    wanted = view.text.casefold()

    def matches(row: Status) -> bool:
        s = row.subject
        return (
            (not view.state or row.judgement.state == view.state)
            and (not view.department or s.department == view.department)
            and (not wanted or wanted in f"{s.name} {s.label} {s.site} {s.insee} {names.get(s.insee, '')}".casefold())
        )

    found = [row for row in rows if matches(row)]
    if view.order == "state":
        found.sort(key=lambda row: -SEVERITY[row.judgement.state])
    elif view.order == "commune":
        found.sort(key=lambda row: names.get(row.subject.insee, ""))
    return found
