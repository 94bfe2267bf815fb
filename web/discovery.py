"""Discovery on a page: sweep a network, watch it, and decide on what was found."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select

from inventory import found, proposals, service
from inventory.credentials import list_credentials
from inventory.fields import Complaint
from inventory.forms import DEFAULTS, ObjectKind
from inventory.models import CredentialKind, DeviceRole, Site
from inventory.proposals import EDITABLE, OPEN, Proposals, Standing
from nms.base.errors import InputError, NmsError
from nms.base.permissions import Permission
from nms.base.text import clean, say
from nms.ops.credentials import named
from nms.ops.discovery import read_networks
from web.account import services
from web.guard import current_actor, requires
from web.wording import field_label, in_language, word

blueprint = Blueprint("discovery", __name__)
DEFAULT_PORT = 161


@blueprint.get("/inventaire/decouverte")
@requires(Permission.DEVICE_WRITE)
def page() -> Any:
    """What was found, beside the inventory, and the form that starts a sweep."""
    return _page()


@blueprint.get("/parts/decouverte")
@requires(Permission.DEVICE_WRITE)
def progress() -> Any:
    """How far the sweep is; at its end the page is asked to load what was found."""
    now = services().discovery.progress()
    if now.running:
        return render_template("parts/sweep.html", progress=now)
    return "", 200, {"HX-Refresh": "true"}


@blueprint.post("/inventaire/decouverte")
@requires(Permission.DEVICE_WRITE)
def start() -> Any:
    """Begin a sweep of the networks named."""
    parts, names = services(), request.form.getlist("credential")
    try:
        networks = read_networks(request.form.get("networks", "").split(), parts.settings.network.management)
        port = _port(request.form.get("port", ""))
        if not names:
            raise InputError("no_credential", say("Choose at least one credential to ask with."))
        with parts.database.reading() as session:
            credentials = tuple(named(session, parts.box, name) for name in names)
        parts.discovery.start(networks, credentials, port, current_actor().name)
    except NmsError as error:
        return _page(refusal=in_language(error.message)), 400
    return redirect(url_for("discovery.page"), 303)


@blueprint.post("/inventaire/decouverte/arret")
@requires(Permission.DEVICE_WRITE)
def stop() -> Any:
    """End the sweep; what it found stays."""
    services().discovery.stop()
    return redirect(url_for("discovery.page"), 303)


@blueprint.post("/inventaire/decouverte/choix")
@requires(Permission.DEVICE_WRITE)
def decide() -> Any:
    """Accept the ticked proposals, with what was changed in their rows; or leave them aside; or take them up."""
    parts, actor = services(), current_actor()
    service.refuse_in_demo(parts.settings.simulated)
    keys, what = request.form.getlist("key"), request.form.get("decision", "")
    if not keys:
        return _page(refusal=in_language(say("Tick at least one row first."))), 400
    try:
        with parts.database.transaction() as session:
            if what == "accept":
                proposals.accept(session, actor, parts.clock.now(), keys, _edits(keys))
            else:
                found.dismiss(session, keys, actor.name, parts.clock.now(), again=what == "again")
    except InputError as error:
        listed = [f"{field_label(c.field)} “{c.value}”: {in_language(c.remedy)}" for c in _complaints(error)]
        return _page(refusal="\n".join(listed or [in_language(error.message)])), 422
    return redirect(url_for("discovery.page"), 303)


def _complaints(error: InputError) -> list[Complaint]:
    complaints = error.facts.get("complaints")
    return [c for c in complaints if isinstance(c, Complaint)] if isinstance(complaints, list) else []


def _edits(keys: list[str]) -> dict[str, dict[str, str]]:
    """What the rows of these keys say otherwise; their fields are called `FIELD KEY`."""
    fields = [(key, name, f"{name} {key}") for key in keys for name in EDITABLE]
    edits: dict[str, dict[str, str]] = {key: {} for key in keys}
    for key, name, asked in fields:
        if asked in request.form:
            edits[key][name] = request.form[asked].strip()
    return edits


def _port(text: str) -> int:
    if not text.strip():
        return DEFAULT_PORT
    if text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 65_536:
        return int(text)
    raise InputError("bad_port", say("“{port}” is not a port: 1 to 65535.", port=clean(text, 40)))


def _found() -> dict[str, Any]:
    parts = services()
    with parts.database.reading() as session:
        now: Proposals = proposals.propose(session)
        sites = [(name, label) for name, label in session.execute(select(Site.name, Site.label).order_by(Site.name))]
    counts = {standing: sum(p.standing is standing for p in now.devices) for standing in Standing}
    return {
        "proposals": now,
        "open": OPEN,
        "counts": {standing: count for standing, count in counts.items() if count},
        "emitters": sum(p.undeclared_emitter for p in now.devices),
        "progress": parts.discovery.progress(),
        "error": in_language(parts.discovery.progress().error),
        "roles": [(role.value, word(role.value)) for role in DeviceRole],
        "default_role": str(DEFAULTS[ObjectKind.DEVICE]["role"]),
        "sites": sites,
    }


def _page(refusal: str = "") -> str:
    parts = services()
    with parts.database.reading() as session:
        credentials = [s.name for s in list_credentials(session) if s.kind is not CredentialKind.SSH]
    return render_template(
        "discovery.html",
        refusal=refusal,
        credentials=credentials,
        chosen=request.form.getlist("credential"),
        networks=request.form.get("networks", "") or " ".join(map(str, parts.settings.network.management)),
        port=request.form.get("port", ""),
        allowed=[str(network) for network in parts.settings.network.management],
        **_found(),
    )
