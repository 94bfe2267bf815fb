"""The families of devices: how each is recognised, what is read of it, its text; bundled ones and one's own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template

from collectors.profile import Profile, bundled, bundled_texts
from collectors.trial import conditions
from nms.base.errors import NotFound
from nms.base.permissions import Permission
from nms.base.text import say
from nms.ops import profiles
from nms.ops.state import Kind
from web.account import services
from web.guard import current_actor, requires
from web.scoping import visible
from web.wording import in_language

blueprint = Blueprint("device_families", __name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """One family of the list: where it comes from, its devices that the reader may see."""

    profile: Profile
    own: bool
    devices: int


@blueprint.get("/familles")
@requires(Permission.DEVICE_READ)
def index() -> Any:
    """Every family, and the files of one's own that are not used, with their faults."""
    known, counts = services().families.known(), _devices()
    rows = [
        Shown(profile, profile.family in known.own, counts[profile.family])
        for profile in sorted(known.profiles, key=lambda profile: (profile.family not in known.own, profile.family))
    ]
    return render_template("families.html", rows=rows, complaints=known.complaints)


@blueprint.get("/familles/<family>")
@requires(Permission.DEVICE_READ)
def one(family: str) -> Any:
    """One family: its rules in the order in which they are tried, its rows, its text, its versions."""
    parts, known = services(), services().families.known()
    profile = known.family(family)
    with parts.database.reading() as session:
        changes = profiles.changes(session, family)
    if profile is None and not changes:
        raise _missing()
    return render_template(
        "family.html",
        family=family,
        profile=profile,
        own=family in known.own,
        bundled=any(one.family == family for one in bundled()),
        rules=sorted(profile.rules, key=lambda rule: -rule.score) if profile else [],
        conditions=conditions,
        told=lambda text: in_language(say(text)),
        devices=_devices()[family],
        text=_text(family),
        changes=changes,
        versions=profiles.version_numbers(parts.settings.home, family),
    )


@blueprint.get("/familles/<family>.yaml")
@requires(Permission.DEVICE_READ)
def as_yaml(family: str) -> Response:
    """The text of a family, to be taken to another installation."""
    text = _text(family)
    if not text:
        raise _missing()
    response = Response(text, mimetype="text/plain")
    response.headers["Content-Disposition"] = f'attachment; filename="{family}.yaml"'
    return response


def _text(family: str) -> str:
    """What is in force: one's own, else the bundled text; empty when there is none."""
    return services().families.known().own.get(family) or bundled_texts().get(f"{family}.yaml", "")


def _devices() -> Counter[str]:
    return Counter(row.family for row in visible(services().live, current_actor(), Kind.DEVICE))


def _missing() -> NotFound:
    return NotFound("no_such_family", say("There is no family of that name."))
