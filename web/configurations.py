"""Configurations of devices on pages: how the backups stand, versions, comparison, search, host keys, rehearsal."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from collectors.cli import HostKey
from inventory import service
from nms.base import ledger
from nms.base.errors import DeviceError, InputError, NmsError, NotFound
from nms.base.permissions import Permission
from nms.base.text import say
from nms.ops.configs import access, diffs, store
from nms.ops.configs.access import Access
from nms.ops.configs.backup import Done
from nms.ops.configs.models import Cause, ConfigVersion
from nms.ops.configs.rehearsal import Rehearsal, rehearse
from nms.ops.configs.summary import Standing, rows, summed
from web.account import services
from web.downloads import saved_as
from web.guard import current_actor, requires
from web.wording import in_language

blueprint = Blueprint("configurations", __name__)
SHOWN = 500
"""Lines of a search that a page shows."""

_WORST = tuple(reversed(Standing))


@blueprint.get("/configurations")
@requires(Permission.CONFIG_READ)
def overview() -> Any:
    """Every device whose configuration is kept, and a search through all of them."""
    return _overview()


@blueprint.get("/parts/configurations")
@requires(Permission.CONFIG_READ)
def part() -> Any:
    """The list alone, asked again while a run goes on."""
    return render_template("parts/configurations.html", **_listed())


@blueprint.post("/configurations/sauvegarder")
@requires(Permission.DEVICE_POLL)
def back_all_up() -> Any:
    """Begin a backup of every device."""
    try:
        services().backups.start(Cause.MANUAL, current_actor())
    except NmsError as error:
        return _overview(refusal=in_language(error.message)), 409
    return redirect(url_for("configurations.overview"), 303)


@blueprint.get("/configurations/<path:name>")
@requires(Permission.CONFIG_READ)
def device(name: str) -> Any:
    """The versions of one device, two of them side by side."""
    return _device(name)


@blueprint.post("/configurations/<path:name>/sauvegarder")
@requires(Permission.DEVICE_POLL)
def back_up(name: str) -> Any:
    """Read this device now."""
    done = services().backups.one(name, Cause.MANUAL, current_actor())
    return _device(name, done=done), 200 if done.good else 502


@blueprint.post("/configurations/<path:name>/demander-cle")
@requires(Permission.HOSTKEY_PIN)
def ask_key(name: str) -> Any:
    """Ask the device for its host key; a person then confirms it, or not."""
    try:
        services().backups.ask_key(name)
    except DeviceError as error:
        return _device(name, refusal=in_language(error.message)), 502
    return redirect(url_for("configurations.device", name=name), 303)


@blueprint.post("/configurations/<path:name>/cle")
@requires(Permission.HOSTKEY_PIN)
def pin(name: str) -> Any:
    """Confirm the key that the device offered, if it is still the one that was shown."""
    parts = services()
    service.refuse_in_demo(parts.settings.simulated)
    try:
        with parts.database.transaction() as session:
            of = access.access(session, name)
            row = access.keys(session, of.device_id)
            if row is None or not row.offered:
                raise NotFound("no_offered_key", say("No key of this device waits to be confirmed."))
            shown = request.form.get("fingerprint", "") or "-"
            access.pin(session, current_actor(), parts.clock.now(), name, row.offered, shown)
    except InputError as error:
        return _device(name, refusal=in_language(error.message)), 409
    return redirect(url_for("configurations.device", name=name), 303)


@blueprint.get("/version-configuration/<int:number>")
@requires(Permission.CONFIG_READ)
def version(number: int) -> Any:
    """One version, without its secrets."""
    of, one, text = read(number)
    return render_template(
        "configuration_version.html", of=of, version=one, lines=of.driver.redact(text).splitlines()
    )  # fmt: skip


@blueprint.get("/version-configuration/<int:number>.txt")
@requires(Permission.CONFIG_READ)
def download(number: int) -> Response:
    """The same as a file."""
    of, _, text = read(number)
    return _file(of.driver.redact(text), of.device, number)


@blueprint.post("/version-configuration/<int:number>/entiere")
@requires(Permission.CONFIG_APPLY)
def download_whole(number: int) -> Response:
    """A version with its secrets, for a restore by hand; the journal says who took it."""
    parts = services()
    of, one, text = read(number)
    with parts.database.transaction() as session:
        ledger.append(
            session, kind="config.secrets_read", subject=of.device, actor=current_actor().name, at=parts.clock.now(),
            after={"version": one.id},
        )  # fmt: skip
    return _file(text, of.device, number)


@blueprint.post("/version-configuration/<int:number>/repetition")
@requires(Permission.CONFIG_PLAN)
def rehearsal(number: int) -> Any:
    """Read the device, and show what would bring this version back."""
    of, one, wanted = read(number)
    done = services().backups.one(of.device, Cause.REHEARSAL, current_actor())
    if not done.good:
        return _device(of.device, done=done), 502
    running = _newest(of)
    try:
        found: Rehearsal = rehearse(running, wanted, of.driver)
    except InputError as error:
        return _device(of.device, refusal=in_language(error.message)), 422
    return render_template(
        "configuration_rehearsal.html", of=of, version=one, found=found,
        lines=[of.driver.redact(line) for line in found.lines],
    )  # fmt: skip


def _listed() -> dict[str, Any]:
    parts, asked = services(), request.args.get("appareil", "").strip()[:100]
    with parts.database.reading() as session:
        found = rows(session)
    fits = [row for row in found if asked.casefold() in f"{row.access.device} {row.access.label}".casefold()]
    fits.sort(key=lambda row: (_WORST.index(row.standing), row.access.device))
    run = parts.backups.progress
    return {
        "rows": fits, "total": len(found), "summary": summed(found, parts.clock.now()), "asked": asked,
        "run": run, "running": run is not None and run.ended_at is None, "Standing": Standing,
    }  # fmt: skip


def _overview(refusal: str = "") -> str:
    parts = services()
    wanted, lacking = request.args.get("q", "").strip()[:300], bool(request.args.get("sans"))
    hits: list[Any] = []
    if wanted and not refusal:
        try:
            with parts.database.reading() as session:
                drivers = access.drivers(session)
                look = store.without if lacking else store.search
                hits = list(look(session, parts.box, wanted, drivers))
        except InputError as error:
            refusal = in_language(error.message)
    return render_template(
        "configurations.html", wanted=wanted, lacking=lacking, hits=hits[:SHOWN], more=max(0, len(hits) - SHOWN),
        refusal=refusal, **_listed(),
    )  # fmt: skip


def _device(name: str, *, refusal: str = "", done: Done | None = None) -> str:
    parts = services()
    with parts.database.reading() as session:
        of = access.access(session, name)
        known = store.versions(session, of.device_id)
        key = access.keys(session, of.device_id)
        state = next((row for row in rows(session) if row.access.device_id == of.device_id), None)
    pair = _pair(known)
    compared = _compared(of, pair) if pair else []
    return render_template(
        "configuration.html", of=of, versions=known, pair=pair, rows=compared, state=state, refusal=refusal, done=done,
        pinned=HostKey.read(key.pinned) if key and key.pinned else None, key=key,
        offered=HostKey.read(key.offered) if key and key.offered else None, Standing=Standing,
    )  # fmt: skip


def _pair(known: list[ConfigVersion]) -> tuple[ConfigVersion, ConfigVersion] | None:
    """The two versions to compare: those asked for, else the newest two."""
    by_id = {one.id: one for one in known}
    before = by_id.get(request.args.get("avant", 0, type=int))
    after = by_id.get(request.args.get("apres", 0, type=int))
    if before and after:
        return before, after
    return (known[1], known[0]) if len(known) > 1 else None


def _compared(of: Access, pair: tuple[ConfigVersion, ConfigVersion]) -> list[diffs.Row]:
    before, after = (read(one.id)[2] for one in pair)
    return diffs.side_by_side(before, after, of.driver)


def read(number: int, device_id: int | None = None) -> tuple[Access, ConfigVersion, str]:
    """A version (of this device, where one is given) with its device and its text, secrets included."""
    parts = services()
    with parts.database.reading() as session:
        one = store.version(session, number, device_id)
        of = access.access_of(session, one.device_id)
    return of, one, store.text_of(parts.box, one)


def _newest(of: Access) -> str:
    """The text of the newest version, secrets included."""
    parts = services()
    with parts.database.reading() as session:
        newest = store.latest(session, of.device_id)
    return store.text_of(parts.box, newest) if newest is not None else ""


def _file(text: str, name: str, number: int) -> Response:
    plain = "".join(char if (char.isalnum() and char.isascii()) or char in ".-" else "-" for char in name)
    return saved_as(Response(text, mimetype="text/plain"), f"{plain}-{number}.txt")
