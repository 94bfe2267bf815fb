"""One search over everything that one may see: communes, the network, the register, projects; grouped by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _

from inventory.search import LONGEST, Hit, Wanted, find
from inventory.territory import folded
from nms.base.clock import legal_day
from nms.base.permissions import Permission
from web.account import services
from web.attached import attachments
from web.dossiers import visible_projects
from web.guard import current_actor, requires
from web.known import known
from web.rights import register
from web.scoping import within
from web.wording import word

blueprint = Blueprint("searching", __name__)
SUGGESTED_EACH, SUGGESTED = 4, 12
SHOWN_EACH = 50


class Group(StrEnum):
    """What is found, in the order of the results."""

    COMMUNE = "commune"
    SITE = "site"
    LINK = "link"
    SECTOR = "sector"
    HOTSPOT = "hotspot"
    DEVICE = "device"
    TERMINAL = "terminal"
    AUTHORISATION = "authorisation"
    HOLDER = "holder"
    ACT = "act"
    PROJECT = "project"
    PAPER = "attachment"


TITLES = {
    Group.COMMUNE: _("Communes"),
    Group.SITE: _("Sites"),
    Group.LINK: _("Links"),
    Group.SECTOR: _("Sectors"),
    Group.HOTSPOT: _("Hotspots"),
    Group.DEVICE: _("Devices"),
    Group.TERMINAL: _("Terminals"),
    Group.AUTHORISATION: _("Authorisations"),
    Group.HOLDER: _("Holders"),
    Group.ACT: _("Acts"),
    Group.PROJECT: _("Projects"),
    Group.PAPER: _("Attached papers"),
}
_PAGES: dict[str, Callable[[Hit], str]] = {
    Group.COMMUNE: lambda hit: f"/communes/{hit.name}",
    Group.SITE: lambda hit: f"/sites?q={quote(hit.name)}",
    Group.LINK: lambda hit: f"/liaisons/{quote(hit.name)}",
    Group.SECTOR: lambda hit: f"/secteurs/{quote(hit.name)}",
    Group.HOTSPOT: lambda hit: f"/points-acces/{quote(hit.name)}",
    Group.DEVICE: lambda hit: f"/appareils/{quote(hit.name)}",
    Group.TERMINAL: lambda hit: f"/secteurs/{quote(hit.of)}" if hit.of else f"/sites?q={quote(hit.name)}",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One result: its name, what else is said of it, and the page that shows it."""

    group: Group
    name: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Results:
    """What a text found, by kind; `total` counts what is not shown too."""

    text: str
    groups: dict[Group, list[Found]]

    @property
    def total(self) -> int:
        """How many there are in all."""
        return sum(len(rows) for rows in self.groups.values())

    def suggested(self) -> list[Found]:
        """A few of each kind."""
        return [one for rows in self.groups.values() for one in rows[:SUGGESTED_EACH]][:SUGGESTED]


@blueprint.get("/recherche")
@requires(Permission.DEVICE_READ)
def page() -> Any:
    """The results, grouped by kind."""
    return render_template(
        "search.html", results=results(request.args.get("q", "")), titles=TITLES, most=SHOWN_EACH, groups=list(Group)
    )


@blueprint.get("/recherche/suggestions")
@requires(Permission.DEVICE_READ)
def suggestions() -> Any:
    """The first results while somebody types."""
    return render_template("parts/suggestions.html", results=results(request.args.get("q", "")), titles=TITLES)


def results(text: str) -> Results:
    """Everything of that text that the actor of this request may see."""
    text = text.strip()[:LONGEST]
    wanted = Wanted.of(text)
    found: dict[Group, list[Found]] = {group: [] for group in Group}
    if wanted is not None:
        for one in (*_network(text), *_rights(wanted), *_papers(text)):
            found[one.group].append(one)
    return Results(text, {group: rows for group, rows in found.items() if rows})


def _network(text: str) -> Iterator[Found]:
    actor = current_actor()
    for hit in find(known().findable(), text, None, lambda insee: actor.sees(insee or None)):
        if hit.retired:
            continue
        group = Group(hit.kind)
        if group is Group.COMMUNE:
            yield Found(group, hit.label, " · ".join(filter(None, (hit.name, hit.detail))), _PAGES[group](hit))
        else:
            yield Found(group, hit.name, " · ".join(filter(None, (hit.label, hit.detail))), _PAGES[group](hit))


def _rights(wanted: Wanted) -> Iterator[Found]:
    actor, parts = current_actor(), services()
    if not actor.may(Permission.RIGHT_READ):
        return
    held = [
        one for one in register().holdings(legal_day(parts.clock.now())) if within(actor, frozenset(one.extent.area))
    ]
    holders = {one.authorisation: one.holder for one in held}
    for number, holder in sorted(holders.items()):
        if wanted.matches(folded(number), number.casefold()):
            yield Found(Group.AUTHORISATION, number, holder, f"/registre?q={quote(number)}")
    for holder in sorted(set(holders.values())):
        if wanted.matches(folded(holder)):
            yield Found(Group.HOLDER, holder, "", f"/registre?q={quote(holder)}")
    for act in reversed(known().acts(parts.register)):
        told = act.act
        words = folded(f"{told.number} {told.cedant} {told.cessionnaire} {told.area_text}")
        if within(actor, told.area) and wanted.matches(words, told.number.casefold()):
            parties = " → ".join(filter(None, (told.cedant, told.cessionnaire)))
            yield Found(Group.ACT, told.number, parties, f"/registre/actes/{act.row.id}")
    for project in visible_projects():
        row = project.row
        if wanted.matches(folded(f"{row.reference} {row.title} {row.cessionnaire}"), row.reference.casefold()):
            yield Found(Group.PROJECT, row.reference, row.title, f"/dossiers/{quote(row.reference)}")


def _papers(text: str) -> Iterator[Found]:
    for one in attachments().search(text, current_actor(), word):
        said = " · ".join(filter(None, (one.title, word(one.row.kind), one.row.note)))
        yield Found(Group.PAPER, one.row.name, said, f"{one.path}#pieces")
