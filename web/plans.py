"""Change plans in the browser: written, previewed, approved by others, started, followed, taken back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext

from collectors.driver import Driver
from inventory import service
from nms.base.clock import PARIS, meant, start_of_legal_day
from nms.base.errors import Conflict, DeviceError, InputError, LawRefusal, NmsError
from nms.base.permissions import Permission
from nms.base.text import say
from nms.ops.change.desk import NEEDS
from nms.ops.change.following import cause_of, reach
from nms.ops.change.glance import Glance
from nms.ops.change.models import StepRow
from nms.ops.change.office import Changes
from nms.ops.change.plan import Capacity, Limits, Plan, PlanState, Step, StepState, obstacles
from nms.ops.change.prepare import Prepared
from nms.ops.change.trial import Trial
from nms.ops.change.wanted import Wanted
from nms.ops.change.wish import read_wish, written
from nms.ops.configs import access, diffs
from spectrum.acts import MOVES, Act
from spectrum.register import Recorded
from web import plan_sites
from web.account import services
from web.guard import requires
from web.known import known
from web.persons import person
from web.rights import one_act, parties, visible_acts
from web.wording import in_language

blueprint = Blueprint("plans", __name__)
HOURS = 4
"""How long a new plan's window is unless somebody says otherwise."""


def changes() -> Changes:
    """The plans of this application."""
    return services().changes


@blueprint.get("/changements")
@requires(Permission.CONFIG_READ, Permission.CONFIG_APPROVE)
def listing() -> Any:
    """The newest plans."""
    return render_template("plans.html", plans=changes().desk.glances.newest())


@blueprint.route("/changements/nouveau", methods=["GET", "POST"])
@requires(Permission.CONFIG_PLAN)
def create() -> Any:
    """Write a plan; a preview tells everything before anything is kept."""
    if request.method == "GET":
        return form(_following(request.args.get("acte", "")))
    try:
        wanted = _wanted(request.form)
        prepared = changes().desk.preview(wanted)
        if request.form.get("do") != "keep":
            return _form(request.form, prepared=prepared, refusal=_short(wanted))
        reference = changes().desk.create(wanted, person(), request.form.get("key") or secrets.token_hex(16))
    except InputError as error:
        return _form(request.form, refusal=in_language(error.message)), 400
    except LawRefusal as error:
        return _form(request.form, refusal=in_language(error.message)), 422
    return redirect(f"/changements/{reference}")


@blueprint.get("/changements/<reference>")
@requires(Permission.CONFIG_READ, Permission.CONFIG_APPROVE)
def page(reference: str) -> Any:
    """One plan: what is sent, what takes it back, who said yes, where each device is."""
    return _page(reference)


@blueprint.get("/changements/<reference>/etat")
@requires(Permission.CONFIG_READ, Permission.CONFIG_APPROVE)
def part(reference: str) -> Any:
    """Its living part."""
    return render_template("parts/plan.html", **_facts(changes().desk.glances.one(reference)))


@blueprint.post("/changements/<reference>/approbation")
@requires(Permission.CONFIG_APPROVE)
def approve(reference: str) -> Any:
    """Say yes to what was seen, or take one's yes back."""
    desk, actor = changes().desk, person()
    if request.form.get("do") == "revoke":
        return _done(reference, lambda: desk.revoke(reference, actor))
    asked = request.form.get("capacity", "")
    capacity = Capacity(asked) if asked in set(Capacity) else _capacities()[0]
    return _done(reference, lambda: desk.approve(reference, request.form.get("digest", ""), capacity, actor))


@blueprint.post("/changements/<reference>/execution")
@requires(Permission.CONFIG_APPLY)
def start(reference: str) -> Any:
    """Carry it out."""
    return _done(reference, lambda: changes().start(reference, person()))


@blueprint.post("/changements/<reference>/essai")
@requires(Permission.CONFIG_PLAN)
def dry_run(reference: str) -> Any:
    """Ask the devices which lines they would not take; nothing is entered."""
    service.refuse_in_demo(services().settings.simulated)
    return _done(reference, lambda: changes().trials.start(reference, person()))


@blueprint.post("/changements/<reference>/abandon")
@requires(Permission.CONFIG_PLAN)
def cancel(reference: str) -> Any:
    """Give it up, or stop it after the device at work."""
    actor = person()
    why = say("given up by {name}", name=actor.name)
    return _done(reference, lambda: changes().desk.cancel(reference, actor, why))


@blueprint.post("/changements/<reference>/appareils/<device>")
@requires(Permission.CONFIG_APPLY)
def settle(reference: str, device: str) -> Any:
    """A device of unknown state: read it, or bring it back to what it was."""
    actor = person()
    if request.form.get("do") == "take_back":
        return _done(reference, lambda: changes().take_back(reference, device, actor))
    return _done(reference, lambda: changes().read_back(reference, device, actor))


@blueprint.post("/changements/<reference>/retour")
@requires(Permission.CONFIG_PLAN)
def undo(reference: str) -> Any:
    """A new plan that takes back what this one did, filled in to be previewed."""
    desk = changes().desk
    given = {"title": gettext("Takes %(reference)s back", reference=reference), "lines": desk.way_back(reference)}
    return form(given | plan_sites.fields(desk.sites_back(reference)))


def _done(reference: str, act: Any) -> Any:
    """Do something to a plan and show it; a refusal is shown above it."""
    try:
        act()
    except (Conflict, LawRefusal, InputError, DeviceError) as error:
        return _page(reference, refusal=error)
    return redirect(f"/changements/{reference}")


def _page(reference: str, refusal: NmsError | None = None) -> Any:
    desk = changes().desk
    kept = desk.one(reference)
    drivers = changes().drivers([step.device for step in kept.plan.steps])
    text = render_template(
        "plan.html",
        refusal=in_language(refusal.message) if refusal else "",
        details={
            step.device: _detail(step, row, drivers[step.device])
            for step, row in zip(kept.plan.steps, kept.row.steps, strict=True)
            if step.device in drivers
        },
        plan=kept.plan,
        follows=_followed(kept.row.cause),
        locked_out=_locked_out(kept.plan) if kept.state is PlanState.DRAFT else [],
        **_facts(desk.glances.one(reference)),
    )
    if refusal is None:
        return text
    return text, 422 if isinstance(refusal, LawRefusal) else 409


def shown_trial(reference: str, digest: str) -> Trial | None:
    """The dry run of this text, secrets of lines hidden as everywhere."""
    found = changes().trials.of(reference, digest)
    if found is None:
        return None
    drivers = changes().drivers([row.device for row in found.rows if row.refused])
    rows = (
        replace(row, refused=tuple((drivers[row.device].redact(line), words) for line, words in row.refused))
        if row.device in drivers
        else replace(row, refused=tuple(("", words) for _, words in row.refused))
        for row in found.rows
    )
    return replace(found, rows=tuple(rows))


def _facts(seen: Glance) -> dict[str, Any]:
    """What the living part shows; of a draft also what stands against it and who may approve it."""
    row, actor, is_draft = seen.row, person(), seen.state is PlanState.DRAFT
    lacking = seen.lacking if is_draft else ()
    return {
        "kept": seen,
        "row": row,
        "steps": list(zip(row.steps, seen.states, seen.whys, strict=True)),
        "law": changes().desk.against(seen) if is_draft else [],
        "sites": plan_sites.told(row),
        "trial": shown_trial(row.reference, seen.digest),
        "obstacles": obstacles(seen, seen.approvals, services().clock.now()) if is_draft else (),
        "lacking": lacking,
        "capacities": [one for one in _capacities() if one in lacking] if actor.name != row.author else [],
        "mine": any(one.by == actor.name for one in seen.approvals),
        "PlanState": PlanState,
        "StepState": StepState,
    }


def _detail(step: Step, row: StepRow, driver: Driver) -> dict[str, Any]:
    """What a page shows of one device: lines, inverse, difference, what was said; secrets hidden."""
    archive = changes().desk.archive
    before, after = archive.configurations(row)
    return {
        "lines": driver.redact("\n".join(step.lines)),
        "inverse": driver.redact("\n".join(step.inverse)),
        "difference": diffs.unified(before, after, driver),
        "log": archive.log(row),
        "arms": driver.confirm is not None or driver.guard is not None,
    }


def _capacities() -> list[Capacity]:
    actor = person()
    if not actor.may(Permission.CONFIG_APPROVE):
        return []
    return [capacity for capacity, permission in NEEDS.items() if actor.may(permission)]


def _form(given: Mapping[str, str], prepared: Prepared | None = None, refusal: str = "") -> Any:
    refused = ""
    if prepared is not None and not refusal:
        try:
            prepared.refuse()
        except NmsError as error:
            refused = in_language(error.message)
    return render_template(
        "plan_form.html",
        given=given,
        refusal=refusal,
        refused=refused,
        prepared=prepared,
        differences=_differences(prepared) if prepared else {},
        locked_out=_locked_out(prepared) if prepared else [],
        key=given.get("key") or secrets.token_hex(16),
        devices=sorted(known().devices()),
        act=_act(given.get("acte", "")),
        sites=plan_sites.lines(given),
        contacts=sorted(known().contacts()),
        parties=parties(),
        moves=MOVES,
    )


def _locked_out(plan: Plan | Prepared) -> list[str]:
    """The devices of a plan that nothing could be sent to now; known before somebody approves it."""
    with services().database.reading() as session:
        return access.locked_out(session, [step.device for step in plan.steps])


def _followed(cause: str) -> Recorded | None:
    """The act that a plan follows, as its row names it; None where it follows none, or that act stands no longer."""
    return next((one for one in visible_acts() if cause_of(one.act) == cause), None) if cause else None


def _act(number: str) -> Act | None:
    """The act that a plan follows, by its number in the register."""
    return one_act(int(number)).act if _is_number(number) else None


def _differences(prepared: Prepared) -> dict[str, tuple[list[str], str]]:
    """Of each device that would be changed: the difference and the inverse, secrets hidden."""
    found = {}
    drivers = changes().drivers([step.device for step in prepared.steps])
    for step in prepared.steps:
        driver = drivers[step.device]
        before, after = prepared.configurations[step.device]
        inverse = driver.redact("\n".join(step.inverse))
        found[step.device] = (diffs.unified(before, after, driver), inverse)
    return found


def _short(wanted: Wanted) -> str:
    """Why a plan that is previewed would not be kept yet, whatever its lines do; empty when it would."""
    try:
        wanted.must_be_whole(changes().desk.clock.now())
    except InputError as error:
        return in_language(error.message)
    return ""


def form(given: Mapping[str, str]) -> Any:
    """The form of a new plan with something filled in."""
    return _form(_blank() | dict(given))


def _following(number: str) -> dict[str, str]:
    """The form filled in with what follows from an act; empty without one."""
    act = _act(number)
    if act is None:
        return {}
    register = services().register
    act = reach(act, register.holdings(act.effective_on - timedelta(1)), register.as_of(date.max).parties)
    found = changes().following(act)
    opens = max(start_of_legal_day(act.effective_on), services().clock.now()).astimezone(PARIS)
    told = {
        "title": gettext("After %(number)s", number=act.number),
        "lines": written(found.lines),
        "opens": opens.strftime("%Y-%m-%dT%H:%M"),
        "closes": (opens + timedelta(hours=HOURS)).strftime("%Y-%m-%dT%H:%M"),
        "unattended": "1",
        "acte": number,
        "unread": ", ".join(found.unread),
    }
    if act.until is not None:
        told["until"] = (act.until - timedelta(1)).isoformat()
    return told | plan_sites.following_fields(act)


def _blank() -> dict[str, str]:
    now = services().clock.now().astimezone(PARIS)
    limits = Limits()
    return {
        "opens": now.strftime("%Y-%m-%dT%H:%M"),
        "closes": (now + timedelta(hours=HOURS)).strftime("%Y-%m-%dT%H:%M"),
        "canary": str(limits.canary),
        "stop_after": str(limits.stop_after),
        "wait": str(limits.wait_s),
        "back": str(limits.back_pct),
    }


def _wanted(given: Mapping[str, str]) -> Wanted:
    lines = read_wish(given.get("lines", ""), known().devices())
    until = given.get("until", "").strip()
    try:
        last = meant(date.fromisoformat(until)) if until else None
    except ValueError:
        raise InputError("bad_day", say("“{text}” is not a day.", text=until[:20])) from None
    return Wanted(
        title=given.get("title", ""),
        lines=lines,
        opens_at=_instant(given.get("opens", "")),
        closes_at=_instant(given.get("closes", "")),
        until=last,
        limits=Limits(*(_number(given.get(name, "")) for name in ("canary", "stop_after", "wait", "back"))),
        in_order=list(lines) if given.get("by_hand") else None,
        unattended=bool(given.get("unattended")),
        sites=plan_sites.wanted(given),
        follows=_act(given.get("acte", "")),
    )


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=PARIS)
        meant(at.date())
        return at.astimezone(UTC)
    except ValueError:
        raise InputError("bad_instant", say("“{text}” is not a day and an hour.", text=text[:20])) from None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise InputError("bad_number", say("“{text}” is not a whole number.", text=text[:20]))
    return int(text)
