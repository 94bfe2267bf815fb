"""Change plans over the API: the rules of the pages. A token acts as who made it: nobody approves their own plan."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Annotated

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from inventory.reassignment import Answerable
from inventory.service import refuse_in_demo
from nms.base.errors import NotFound
from nms.base.permissions import Permission
from nms.base.text import of_json, say
from nms.ops.change.archive import Kept
from nms.ops.change.plan import Capacity, Limits, PlanState, StepState, obstacles
from nms.ops.change.trial import Outcome
from nms.ops.change.wanted import Wanted
from nms.ops.change.wish import MOST_OCTETS, read_wish
from web.api.schemas import Day, Instant
from web.guard import requires
from web.known import known
from web.persons import person
from web.plans import shown_trial
from web.rights import one_act
from web.services import Services
from web.wording import in_language

MOST = 200
HOURS = 4
_Count = Annotated[int, Field(ge=1, le=2_000)]


class PlansIn(BaseModel):
    """`limit`: how many at most."""

    model_config = ConfigDict(extra="forbid")
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50


class PassingIn(BaseModel):
    """Who answers for a site once the plan has begun: a party as the acts name it, and the name of a contact."""

    model_config = ConfigDict(extra="forbid")
    site: Annotated[str, Field(min_length=1, max_length=63)]
    owner: Annotated[str, Field(max_length=255)] = ""
    contact: Annotated[str, Field(max_length=63)] = ""


class PlanIn(BaseModel):
    """A plan to be kept. `lines` is text: lines under `@name, name` (docs/changes.md); the window is 4 hours from now.

    `sites` pass to somebody else when it begins; `act` is the number in the register of the act that it follows.

    `key`: the same key from the same person again is the same plan. `until`: the last legal day for
    which radio states are meant. `wait_s`: how long a device may take to be back; `back_pct`: with how many clients.
    """

    model_config = ConfigDict(extra="forbid")
    title: Annotated[str, Field(min_length=1, max_length=255)]
    lines: Annotated[str, Field(max_length=MOST_OCTETS)] = ""
    sites: Annotated[list[PassingIn], Field(max_length=2_000)] = []
    act: int | None = None
    key: Annotated[str, Field(max_length=200)] = ""
    opens_at: Instant | None = None
    closes_at: Instant | None = None
    until: Day | None = None
    canary: _Count = 1
    stop_after: _Count = 1
    wait_s: Annotated[int, Field(ge=10, le=3_600)] = 120
    back_pct: Annotated[int, Field(ge=0, le=100)] = 90
    in_this_order: bool = False
    unattended: bool = False


class ApprovalIn(BaseModel):
    """A yes to exactly what was seen: `digest` is that of the plan as it was read."""

    model_config = ConfigDict(extra="forbid")
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    capacity: Capacity = Capacity.ENGINEER


class ApprovalOut(BaseModel):
    """Somebody's yes."""

    by: str
    capacity: Capacity
    at: datetime


class StepOut(BaseModel):
    """One device, in the order of the plan: what is sent, what takes it back, where it is; secrets hidden."""

    device: str
    state: StepState
    why: str
    lines: list[str]
    inverse: list[str]


class PassingOut(BaseModel):
    """A site that passes to somebody else: who answers for it before and after, and whether it has passed."""

    site: str
    owner_before: str
    owner: str
    contact_before: str
    contact: str
    state: StepState
    why: str


class PlanOut(BaseModel):
    """A plan. `lacking`: approvals that it still needs; `obstacles`: why it may not start now, empty when it may."""

    reference: str
    version: int
    digest: str
    state: PlanState
    why: str
    title: str
    author: str
    opens_at: datetime
    closes_at: datetime
    until: date | None
    unattended: bool
    canary: int
    stop_after: int
    wait_s: int
    back_pct: int
    lacking: list[Capacity]
    approvals: list[ApprovalOut]
    obstacles: list[str]
    devices: list[StepOut]
    sites: list[PassingOut]


class TriedOut(BaseModel):
    """One device: `refused` are the lines that it would not take, each with its words."""

    device: str
    outcome: Outcome
    why: str
    refused: list[tuple[str, str]]


class TrialOut(BaseModel):
    """A dry run of the text of this digest; `ended_at` is null while it goes on."""

    digest: str
    by: str
    started_at: datetime
    ended_at: datetime | None
    total: int
    devices: list[TriedOut]


class PlanListOut(BaseModel):
    """Plans, the newest first."""

    items: list[PlanOut]


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the routes."""
    changes = services.changes
    desk = changes.desk

    @blueprint.get("/plans")
    @requires(Permission.CONFIG_READ, Permission.CONFIG_APPROVE)
    @blueprint.input(PlansIn, location="query", arg_name="asked")
    @blueprint.output(PlanListOut)
    def list_plans(asked: PlansIn) -> PlanListOut:
        """The newest plans of changes, the newest first."""
        return PlanListOut(items=[_told(services, kept) for kept in desk.every(asked.limit)])

    @blueprint.get("/plans/<reference>")
    @requires(Permission.CONFIG_READ, Permission.CONFIG_APPROVE)
    @blueprint.output(PlanOut)
    def get_plan(reference: str) -> PlanOut:
        """One plan: what is sent to whom, who said yes, where each device is."""
        return _told(services, desk.one(reference))

    @blueprint.post("/plans")
    @requires(Permission.CONFIG_PLAN)
    @blueprint.input(PlanIn, arg_name="body")
    @blueprint.output(PlanOut, status_code=201)
    def create_plan(body: PlanIn) -> PlanOut:
        """Keep a plan, to be approved by another person; refused when anything stands against it."""
        actor = person()
        key = f"{actor.name} {body.key}" if body.key else secrets.token_hex(16)
        return _told(services, desk.one(desk.create(_wanted(body, services.clock.now()), actor, key)))

    @blueprint.post("/plans/<reference>/approval")
    @requires(Permission.CONFIG_APPROVE)
    @blueprint.input(ApprovalIn, arg_name="body")
    @blueprint.output(PlanOut)
    def approve_plan(reference: str, body: ApprovalIn) -> PlanOut:
        """Say yes to what another person wrote, and one has seen; the same yes again changes nothing."""
        desk.approve(reference, body.digest, body.capacity, person())
        return _told(services, desk.one(reference))

    @blueprint.post("/plans/<reference>/withdrawal")
    @requires(Permission.CONFIG_APPROVE)
    @blueprint.output(PlanOut)
    def withdraw_approval(reference: str) -> PlanOut:
        """Take one's approval back: every approval must be given anew."""
        desk.revoke(reference, person())
        return _told(services, desk.one(reference))

    @blueprint.post("/plans/<reference>/start")
    @requires(Permission.CONFIG_APPLY)
    @blueprint.output(PlanOut, status_code=202)
    def start_plan(reference: str) -> PlanOut:
        """Begin to carry an approved plan of another person out; ask for the plan to learn how it goes."""
        changes.start(reference, person())
        return _told(services, desk.one(reference))

    @blueprint.post("/plans/<reference>/dry-run")
    @requires(Permission.CONFIG_PLAN)
    @blueprint.output(TrialOut, status_code=202)
    def start_dry_run(reference: str) -> TrialOut:
        """Let each device that can say which lines it would not take; nothing is entered. Ask again for the outcome."""
        refuse_in_demo(services.settings.simulated)
        changes.trials.start(reference, person())
        return _tried(desk.one(reference))

    @blueprint.get("/plans/<reference>/dry-run")
    @requires(Permission.CONFIG_READ, Permission.CONFIG_APPROVE)
    @blueprint.output(TrialOut)
    def get_dry_run(reference: str) -> TrialOut:
        """The newest dry run of the plan's present text."""
        return _tried(desk.one(reference))

    @blueprint.post("/plans/<reference>/stop")
    @requires(Permission.CONFIG_PLAN)
    @blueprint.output(PlanOut)
    def stop_plan(reference: str) -> PlanOut:
        """Give a plan up before it runs; one that runs stops after the device at work."""
        actor = person()
        desk.cancel(reference, actor, say("given up by {name}", name=actor.name))
        return _told(services, desk.one(reference))


def _tried(kept: Kept) -> TrialOut:
    found = shown_trial(kept.plan.reference, kept.plan.digest)
    if found is None:
        raise NotFound("no_dry_run", say("This text has had no dry run yet."))
    rows = [
        TriedOut(device=row.device, outcome=row.outcome, why=in_language(row.why), refused=list(row.refused))
        for row in found.rows
    ]
    return TrialOut(
        digest=found.digest,
        by=found.by,
        started_at=found.started_at,
        ended_at=found.ended_at,
        total=found.total,
        devices=rows,
    )


def _wanted(body: PlanIn, now: datetime) -> Wanted:
    lines = read_wish(body.lines, known().devices())
    opens = body.opens_at or now
    return Wanted(
        title=body.title,
        lines=lines,
        opens_at=opens,
        closes_at=body.closes_at or opens + timedelta(hours=HOURS),
        until=body.until,
        limits=Limits(body.canary, body.stop_after, body.wait_s, body.back_pct),
        in_order=list(lines) if body.in_this_order else None,
        unattended=body.unattended,
        sites={one.site: Answerable(one.owner, one.contact) for one in body.sites},
        follows=one_act(body.act).act if body.act is not None else None,
    )


def _told(services: Services, kept: Kept) -> PlanOut:
    plan, limits, is_draft = kept.plan, kept.plan.limits, kept.state is PlanState.DRAFT
    against = obstacles(plan, kept.approvals, services.clock.now()) if is_draft else ()
    devices, drivers = [], services.changes.drivers([step.device for step in plan.steps])
    for step, state, why in zip(plan.steps, kept.states, kept.whys, strict=True):
        driver = drivers.get(step.device)  # without one nothing is shown: which parts are secrets is not known
        lines, inverse = ([driver.redact(one) for one in many] if driver else [] for many in (step.lines, step.inverse))
        devices.append(StepOut(device=step.device, state=state, why=in_language(why), lines=lines, inverse=inverse))
    return PlanOut(
        reference=plan.reference,
        version=plan.version,
        digest=plan.digest,
        state=kept.state,
        why=in_language(kept.why),
        title=plan.title,
        author=plan.author,
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
        until=plan.until,
        unattended=plan.unattended,
        canary=limits.canary,
        stop_after=limits.stop_after,
        wait_s=limits.wait_s,
        back_pct=limits.back_pct,
        lacking=list(kept.lacking) if is_draft else [],
        approvals=[ApprovalOut(by=one.by, capacity=one.capacity, at=one.at) for one in kept.approvals],
        obstacles=[in_language(one) for one in against],
        devices=devices,
        sites=[
            PassingOut(
                site=row.site,
                owner_before=row.owner_before,
                owner=row.owner_after,
                contact_before=row.contact_before,
                contact=row.contact_after,
                state=StepState(row.state),
                why=in_language(of_json(row.why)),
            )
            for row in kept.row.reassignments
        ],
    )
