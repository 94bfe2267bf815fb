"""The inventory on paper: lists of every kind, one form per object, its life and its history."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, get_args, get_type_hints

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import search, service
from inventory.fields import Complaint
from inventory.forms import DEFAULTS, FORMS, REQUIRED, InterfaceForm, ObjectKind, cells_of, field_names, read_form
from inventory.models import Lifecycle
from inventory.snapshot import REFERENCES, Snapshot, port_key
from inventory.territory import Commune
from nms.base.errors import InputError
from nms.base.ledger import LedgerEntry
from nms.base.permissions import Permission
from nms.base.text import clean, say
from web.account import services
from web.guard import current_actor, requires
from web.known import known
from web.rights import parties
from web.wording import FIELDS, KINDS, field_label, in_language, word

blueprint = Blueprint("editing", __name__)
PAGE = 50
OFFERED_MOST = 3000
HISTORY_SHOWN = 20
_KIND = "<any(site,device,interface,sector,terminal,link,hotspot,contact):kind>"
_PORT_FIELDS = ("a_interface", "b_interface", "interface")


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a form as the page shows it."""

    name: str
    label: str
    hint: str
    value: str
    required: bool
    complaint: str
    choices: list[tuple[str, str]] = field(default_factory=list)
    offered: str = ""


@blueprint.get("/inventaire")
@requires(Permission.DEVICE_WRITE)
def index() -> Any:
    """How many of each kind, and a search over all."""
    text = request.args.get("q", "").strip()[:100]
    with services().database.reading() as session:
        snapshot = Snapshot(session)
        counts = {kind: len(snapshot.ids(kind)) for kind in KINDS}
        hits = search.search(session, text, 50) if text else []
    return render_template("inventory.html", counts=counts, kinds=KINDS, hits=hits, text=text)


@blueprint.get(f"/inventaire/{_KIND}")
@requires(Permission.DEVICE_WRITE)
def listing(kind: str) -> Any:
    """The objects of a kind."""
    of_kind, text = ObjectKind(kind), request.args.get("q", "").strip()[:100]
    page = request.args.get("page", "1")
    at = int(page) if page.isascii() and page.isdigit() and int(page[:6]) > 0 else 1
    with services().database.reading() as session:
        forms = Snapshot(session).forms(of_kind)
    wanted, names = text.casefold(), known().commune_names()
    rows = [
        cells
        for cells in map(cells_of, forms)
        if not wanted or wanted in " ".join((*cells.values(), names.get(cells.get("insee", ""), ""))).casefold()
    ]
    pages = max(1, -(-len(rows) // PAGE))
    at = min(at, pages)
    return render_template(
        "inventory_list.html",
        kind=of_kind,
        title=KINDS[of_kind][1],
        one=KINDS[of_kind][0],
        columns=_columns(of_kind),
        rows=rows[(at - 1) * PAGE : at * PAGE],
        found=len(rows),
        total=len(forms),
        page=at,
        pages=pages,
        text=text,
        names=names,
    )


@blueprint.route(f"/inventaire/nouveau/{_KIND}", methods=["GET", "POST"])
@requires(Permission.DEVICE_WRITE)
def create(kind: str) -> Any:
    """A new object."""
    of_kind, parts = ObjectKind(kind), services()
    cells = {name: request.form.get(name, request.args.get(name, "")) for name in field_names(of_kind)}
    if request.method == "GET":
        return _page(of_kind, _with_defaults(of_kind, cells), new=True)
    service.refuse_in_demo(parts.settings.simulated)
    try:
        form = read_form(of_kind, cells)
        with parts.database.transaction() as session:
            key = port_key(form.device, form.name) if isinstance(form, InterfaceForm) else form.name
            if key in Snapshot(session).ids(of_kind):
                taken = Complaint("name", form.name, say("there is one of this name already"))
                raise InputError("name_taken", "", complaints=[taken])
            service.save(session, current_actor(), parts.clock.now(), form)
    except InputError as error:
        return _page(of_kind, cells, new=True, complaints=_complaints(error)), 400
    return redirect(_address(of_kind, form.name, cells.get("device", "")) + "&fait=1")


@blueprint.get(f"/inventaire/{_KIND}/<path:name>")
@requires(Permission.DEVICE_WRITE)
def show(kind: str, name: str) -> Any:
    """The form of an object."""
    of_kind = ObjectKind(kind)
    cells = _cells(of_kind, name)
    return _page(of_kind, cells, name=name, seen=_digest(cells), done=request.args.get("fait") == "1")


@blueprint.post(f"/inventaire/{_KIND}/<path:name>")
@requires(Permission.DEVICE_WRITE)
def change(kind: str, name: str) -> Any:
    """Save the form; what somebody else saved since it was opened is never overwritten silently."""
    of_kind, parts = ObjectKind(kind), services()
    service.refuse_in_demo(parts.settings.simulated)
    present = _cells(of_kind, name)
    fixed = {"name": name} | ({"device": present["device"]} if of_kind is ObjectKind.INTERFACE else {})
    cells = {field_: request.form.get(field_, present[field_]) for field_ in field_names(of_kind)} | fixed
    if request.form.get("seen") != _digest(present):
        theirs = [_told(of_kind, f, v) for f, v in present.items() if v != cells[f]]
        return _page(of_kind, cells, name=name, seen=_digest(present), theirs=theirs), 409
    try:
        with parts.database.transaction() as session:
            service.save(session, current_actor(), parts.clock.now(), read_form(of_kind, cells))
    except InputError as error:
        seen = request.form["seen"]
        return _page(of_kind, cells, name=name, seen=seen, complaints=_complaints(error)), 400
    return redirect(_address(of_kind, name, present.get("device", "")) + "&fait=1")


@blueprint.post(f"/inventaire/vie/{_KIND}/<path:name>")
@requires(Permission.DEVICE_WRITE)
def move(kind: str, name: str) -> Any:
    """A step of an object's life."""
    of_kind, parts = ObjectKind(kind), services()
    service.refuse_in_demo(parts.settings.simulated)
    try:
        to = Lifecycle(request.form.get("to", ""))
    except ValueError:
        raise InputError("bad_lifecycle", say("Choose one of: {words}.", words=", ".join(Lifecycle))) from None
    with parts.database.transaction() as session:
        service.move(session, current_actor(), parts.clock.now(), of_kind, name, to)
    return redirect(_address(of_kind, name) + "&fait=1")


def _page(
    kind: ObjectKind,
    cells: Mapping[str, str],
    *,
    new: bool = False,
    name: str = "",
    seen: str = "",
    complaints: Mapping[str, str] | None = None,
    theirs: list[str] | None = None,
    done: bool = False,
) -> str:
    complaints = complaints or {}
    with services().database.reading() as session:
        inputs = [_input(kind, field_, cells[field_], complaints) for field_ in field_names(kind)]
        fixed = () if new else (("name", "device") if kind is ObjectKind.INTERFACE else ("name",))
        return render_template(
            "inventory_form.html",
            kind=kind,
            one=KINDS[kind][0],
            many=KINDS[kind][1],
            new=new,
            name=name,
            device=cells.get("device", ""),
            inputs=[one for one in inputs if one.name not in fixed],
            general=[text for key, text in complaints.items() if key not in cells],
            offers=_offers(session, {one.offered for one in inputs if one.offered}),
            seen=seen,
            theirs=theirs or [],
            done=done,
            lives=[] if new or "lifecycle" not in cells else [(s.value, word(s)) for s in Lifecycle],
            lifecycle=cells.get("lifecycle", ""),
            life=[] if new else service.life_of(session, kind, name),
            history=[] if new else _history(session, kind, name, cells.get("device", "")),
            word=word,
        )


def _input(kind: ObjectKind, name: str, value: str, complaints: Mapping[str, str]) -> Input:
    label, hint = FIELDS[name]
    choices = _choices(kind, name)
    if choices and name not in REQUIRED[kind] and DEFAULTS[kind].get(name) is None:
        choices = [("", "–"), *choices]
    reference = REFERENCES.get(kind, {}).get(name)
    offered = reference[0].value if reference else ""
    if name in ("a_device", "b_device"):
        offered = ObjectKind.DEVICE.value
    elif name == "insee":
        offered = "commune"
    elif name in _PORT_FIELDS:
        offered = "port"
    elif name == "family":
        offered = "family"
    elif name == "owner":
        offered = "party"
    return Input(name, str(label), str(hint), value, name in REQUIRED[kind], complaints.get(name, ""), choices, offered)


def _choices(kind: ObjectKind, name: str) -> list[tuple[str, str]]:
    """The words of an enum's field; empty for any other."""
    hint = get_type_hints(FORMS[kind])[name]
    for candidate in (hint, *get_args(hint)):
        if isinstance(candidate, type) and issubclass(candidate, StrEnum):
            return [(member.value, word(member)) for member in candidate]
    return []


def _offers(session: Session, wanted: set[str]) -> dict[str, list[tuple[str, str]]]:
    """Names to choose from while one types, of each kind that the form refers to."""
    snapshot, found = Snapshot(session), {}
    for kind in sorted(wanted - {"commune", "port", "family", "party"}):
        found[kind] = [(name, "") for name in sorted(snapshot.ids(ObjectKind(kind)))[:OFFERED_MOST]]
    if "commune" in wanted:
        rows = session.execute(select(Commune.insee, Commune.name).order_by(Commune.insee).limit(OFFERED_MOST))
        found["commune"] = [(code, name) for code, name in rows]
    if "port" in wanted:
        names = {key.partition("\n")[2] for key in snapshot.ids(ObjectKind.INTERFACE)}
        found["port"] = [(name, "") for name in sorted(names)[:OFFERED_MOST]]
    if "party" in wanted:
        found["party"] = [(name, "") for name in parties()]
    if "family" in wanted:
        profiles = sorted(services().families.profiles(), key=lambda profile: profile.family)
        found["family"] = [(profile.family, profile.vendor) for profile in profiles]
    return found


def _columns(kind: ObjectKind) -> list[tuple[str, str]]:
    """The columns of a list: what tells the objects of a kind apart."""
    chosen = {
        ObjectKind.SITE: ("name", "label", "site_kind", "insee", "lifecycle"),
        ObjectKind.DEVICE: ("name", "label", "role", "site", "address", "credential", "lifecycle"),
        ObjectKind.INTERFACE: ("device", "name", "descr", "alias", "speed_bps"),
        ObjectKind.SECTOR: ("name", "device", "azimuth_deg", "centre_khz", "width_khz", "lifecycle"),
        ObjectKind.TERMINAL: ("name", "label", "sector", "site", "mac", "lifecycle"),
        ObjectKind.LINK: ("name", "label", "link_kind", "site", "committed_bps", "provider", "lifecycle"),
        ObjectKind.HOTSPOT: ("name", "label", "ssid", "site", "device", "lifecycle"),
        ObjectKind.CONTACT: ("name", "label", "organisation", "phone", "email"),
    }[kind]
    return [(name, field_label(name)) for name in chosen]


def _with_defaults(kind: ObjectKind, cells: dict[str, str]) -> dict[str, str]:
    return {
        name: value or ("" if (default := DEFAULTS[kind].get(name)) is None else str(default))
        for name, value in cells.items()
    }


def _cells(kind: ObjectKind, name: str) -> dict[str, str]:
    with services().database.reading() as session:
        return cells_of(service.form_of(session, kind, name, request.args.get("appareil", "")))


def _digest(cells: Mapping[str, str]) -> str:
    """What the form was opened with, in a word."""
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()[:16]


def _complaints(error: InputError) -> dict[str, str]:
    """The complaints by field, in the reader's language; one without a field stands alone."""
    listed = error.facts.get("complaints")
    if not isinstance(listed, list):
        return {"": in_language(error.message)}
    return {complaint.field: in_language(complaint.remedy) for complaint in listed}


def _address(kind: ObjectKind, name: str, device: str = "") -> str:
    query = device if kind is ObjectKind.INTERFACE else ""
    return url_for("editing.show", kind=kind.value, name=name) + f"?appareil={query}"


def _history(session: Session, kind: ObjectKind, name: str, device: str) -> list[tuple[LedgerEntry, list[str]]]:
    """What was written of this object alone (an import is one entry of the journal for many), the latest first."""
    if not current_actor().may(Permission.LEDGER_READ):
        return []
    subject = clean(port_key(device, name) if kind is ObjectKind.INTERFACE else name)
    entries = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.kind == f"inventory.{kind.value}", LedgerEntry.subject == subject)
        .order_by(LedgerEntry.seq.desc())
        .limit(HISTORY_SHOWN)
    )
    return [(entry, _difference(kind, entry)) for entry in entries]


def _told(kind: ObjectKind, name: str, *values: object) -> str:
    """A field and what it says, one value after another; those of an enum in words."""
    words = dict(_choices(kind, name)) if name in field_names(kind) else {}
    shown = ["–" if value in (None, "") else words.get(str(value), str(value)) for value in values]
    return f"{field_label(name)}{gettext(': ')}{' → '.join(shown)}"


def _difference(kind: ObjectKind, entry: LedgerEntry) -> list[str]:
    before, after = json.loads(entry.before or "{}"), json.loads(entry.after or "{}")
    names = dict.fromkeys((*before, *after))
    return [
        _told(kind, name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]
