"""The desk where an engineer writes the profile of a family: from a bundled one or from a recording, checked on it,
saved when it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Blueprint, redirect, render_template, request

from collectors.base import UNITS, Metric, VarBind
from collectors.described import TEXT_LIMIT
from collectors.families import judge
from collectors.faults import Fault, Refused
from collectors.profile import bundled, bundled_texts
from collectors.recording import MAX_OCTETS
from collectors.recording import parse as parse_recording
from collectors.trial import Trial, attempt, conditions, draft, raw_text
from inventory.models import DeviceRole
from nms.base.errors import Conflict, InputError, NmsError, NotFound, SettingsError
from nms.base.permissions import Permission
from nms.base.text import clean, say
from nms.ops import profiles
from web import uploads
from web.account import services
from web.guard import current_actor, requires
from web.profile_words import ENTRIES
from web.wording import QUANTITIES, in_language, word

blueprint = Blueprint("profile_desk", __name__)
PASTED_LIMIT = 250_000
"""Characters of a recording in the form; a longer one is sent as a file."""

_FAMILY_LINE = re.compile(r"(?m)^family:[^\n]*$")


@dataclass
class Desk:
    """What lies on the desk: the text with its faults, the recording with its faults, and what one makes of the other.

    `seen` is the digest of the text that was in force when this one was opened.
    """

    text: str = ""
    seen: str = ""
    faults: tuple[Fault, ...] = ()
    checked: bool = False
    family: str = ""
    recording: str = ""
    kept: str = ""
    objects: int = 0
    recording_faults: list[str] = field(default_factory=list)
    trial: Trial | None = None
    refusal: str = ""


@blueprint.get("/inventaire/profil")
@requires(Permission.DEVICE_WRITE)
def form() -> Any:
    """An empty desk, or one with a family or with an earlier version of one."""
    family, version = request.args.get("depuis", ""), request.args.get("version", "", type=str)
    return _page(_opened(family, version) if family else Desk())


@blueprint.post("/inventaire/profil")
@requires(Permission.DEVICE_WRITE)
def work() -> Any:
    """Draft from the recording, check, or save."""
    what = request.form.get("what", "check")
    desk = Desk(text=request.form.get("text", "").replace("\r\n", "\n"), seen=request.form.get("seen", ""))
    rows = _recorded(desk)
    if what == "draft":
        if rows:
            desk.text, desk.seen = draft(rows, [known.family for known in services().families.profiles()]), ""
        elif not desk.recording_faults:
            desk.refusal = in_language(say("Choose a recording first, or paste the text of snmpwalk -On."))
    held = _check(desk, rows) if desk.text.strip() else False
    if what != "save" or not held:
        return _page(desk), 422 if desk.refusal or desk.faults or desk.recording_faults else 200
    parts = services()
    try:
        profile = profiles.save(parts.database, parts.settings.home, current_actor(), parts.clock, desk.text, desk.seen)
    except NmsError as error:
        desk.refusal = in_language(error.message)
        desk.seen = str(error.facts.get("seen", desk.seen))
        return _page(desk), 409 if isinstance(error, Conflict) else 400 if isinstance(error, InputError) else 503
    return redirect(f"/familles/{profile.family}?fait=1", 303)


@blueprint.post("/inventaire/profil/<family>/retrait")
@requires(Permission.DEVICE_WRITE)
def withdraw(family: str) -> Any:
    """Put a family of one's own out of force; its text stays as a version."""
    parts = services()
    profiles.withdraw(parts.database, parts.settings.home, current_actor(), parts.clock, family)
    return redirect(f"/familles/{family}", 303)


def _opened(family: str, version: str) -> Desk:
    """A family of one's own or an earlier version, to be changed; a bundled one under another name.

    Raises:
        NotFound: there is none.
    """
    home = services().settings.home
    if family in services().families.known().own or version:
        number = int(version) if version.isascii() and version.isdecimal() and len(version) <= 4 else 0
        text = profiles.version_text(home, family, number) if version else profiles.text_of(home, family)
        return Desk(text=text, seen=profiles.digest_of(profiles.text_of(home, family)))
    text = bundled_texts().get(f"{family}.yaml", "")
    if not text:
        raise NotFound("no_such_family", say("There is no family of that name."))
    return Desk(text=_FAMILY_LINE.sub(f"family: {family[:36]}_own", text, count=1))


def _recorded(desk: Desk) -> list[VarBind]:
    """The rows of the recording: a file, else a pasted text, else the one kept from the last check."""
    upload, pasted, kept = request.files.get("file"), request.form.get("pasted", ""), request.form.get("kept", "")
    desk.recording = clean(request.form.get("recording", ""), 100)
    try:
        if upload is not None and upload.filename:
            with upload.stream as stream:
                octets = stream.read(MAX_OCTETS + 1)
            desk.recording = clean(Path(upload.filename).name, 100)
        elif pasted.strip():
            octets, desk.recording = pasted.encode(), in_language(say("pasted text"))
        elif kept:
            octets = uploads.kept(kept, "snmprec")
        else:
            return []
        if len(octets) > MAX_OCTETS:
            raise InputError("recording_refused", say("A recording has at most {most} octets.", most=MAX_OCTETS))
        rows = parse_recording(octets.decode("utf-8"), desk.recording)
    except SettingsError as error:
        desk.recording_faults = [clean(in_language(complaint), 300) for complaint in error.complaints]
    except UnicodeDecodeError:
        desk.recording_faults = [in_language(say("{file} is not text in UTF-8.", file=desk.recording))]
    except NmsError as error:
        desk.recording_faults = [in_language(error.message)]
    else:
        desk.kept, desk.objects = uploads.keep(octets, "snmprec"), len(rows)
        return rows
    return []


def _check(desk: Desk, rows: list[VarBind]) -> bool:
    """Judge the text, and try it on the recording when there is one; whether it holds."""
    desk.checked = True
    try:
        profile = judge(desk.text)
    except Refused as error:
        desk.faults = error.faults
        return False
    desk.family = profile.family
    if rows:
        desk.trial = attempt(rows, profile, services().families.profiles())
    return True


def _page(desk: Desk) -> str:
    return render_template(
        "profile_desk.html",
        desk=desk,
        lines=desk.text.split("\n"),
        bundled=[profile.family for profile in bundled()],
        own=sorted(services().families.known().own),
        entries=ENTRIES,
        metrics=[(metric.value, QUANTITIES[metric], UNITS[metric]) for metric in Metric],
        roles=[(role.value, word(role)) for role in DeviceRole],
        text_limit=TEXT_LIMIT,
        pasted_limit=PASTED_LIMIT,
        conditions=conditions,
        raw_text=raw_text,
    )
