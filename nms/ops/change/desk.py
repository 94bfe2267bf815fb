"""Change plans as they are kept: drafted, approved by others, cancelled; each step sealed in the journal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload

from inventory.reassignment import Answerable, reassignments
from nms.base import ledger
from nms.base.clock import Clock, legal_day
from nms.base.db import Database
from nms.base.errors import Conflict, NotFound, PermissionRefused
from nms.base.permissions import Actor, Permission
from nms.base.secrets import SecretBox
from nms.base.text import Said, as_json, clean, of_json, say
from nms.ops.change.archive import Archive, Kept, no_plan, reassignment, reassignment_row
from nms.ops.change.glance import Glances, light
from nms.ops.change.models import ApprovalRow, PlanRow, StepRow
from nms.ops.change.order import CutOff, Topology, cut_offs
from nms.ops.change.plan import AT_WORK, OPEN, Capacity, Judged, PlanState, Step, StepState
from nms.ops.change.prepare import Obstacle, Prepared, Rights, Subject, legal_obstacles, prepare, untold
from nms.ops.change.taking_back import lines_back
from nms.ops.change.wanted import Wanted
from spectrum.rights import Period

KIND = "config.plan"
NEEDS: Mapping[Capacity, Permission] = {
    Capacity.ENGINEER: Permission.CONFIG_APPLY,
    Capacity.LEGAL: Permission.ACT_DECIDE,
}
"""What somebody must hold, beside `config:approve`, to approve in a capacity."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A plan that has not begun: the act that it follows, if any, and when it may start by itself."""

    reference: str
    cause: str
    unattended: bool
    opens_at: datetime
    closes_at: datetime


Subjects = Callable[[Session, Sequence[str]], Mapping[str, Subject]]
Network = Callable[[Session], Topology]


class Desk:
    """Where plans are made and approved; `nms.ops.change.runner` carries them out."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        box: SecretBox,
        rights: Callable[[], Rights],
        subjects: Subjects,
        standing: Subjects,
        topology: Network,
    ) -> None:
        self.database, self.clock, self.archive = database, clock, Archive(box)
        self.glances = Glances(database, self.archive)
        self._rights, self._subjects, self._standing, self._topology = rights, subjects, standing, topology

    def preview(self, wanted: Wanted) -> Prepared:
        """What a plan would do and what stands against it; nothing is written, nothing is sent."""
        with self.database.reading() as session:
            subjects = self._subjects(session, list(wanted.lines))
            topology = self._topology(session)
            passing, refused = reassignments(session, wanted.sites)
        meant = self._meant_for(wanted.until)
        prepared = prepare(wanted.lines, subjects, topology, self._rights(), meant, wanted.in_order)
        against = tuple(Obstacle(site, why) for site, why in refused.items())
        return replace(prepared, obstacles=prepared.obstacles + against, reassignments=tuple(passing))

    def create(self, wanted: Wanted, actor: Actor, key: str) -> str:
        """Keep a plan; answers its reference. The same `key` again is the same plan.

        Raises:
            PermissionRefused; InputError: something stands against it; LawRefusal: the law does.
        """
        actor.require(Permission.CONFIG_PLAN)
        wanted.must_be_whole(self.clock.now())
        prepared = self.preview(wanted)
        prepared.refuse()
        digest = hashlib.sha256(key.encode()).hexdigest()
        with self.database.transaction() as session:
            known = session.scalar(select(PlanRow.reference).where(PlanRow.key == digest))
            if known is not None:
                return known
            now = self.clock.now()
            number = (session.scalar(select(func.max(PlanRow.id))) or 0) + 1
            row = PlanRow(
                id=number,
                reference=f"C-{legal_day(now).year}-{number:04}",
                key=digest,
                author=actor.name,
                title=clean(wanted.title),
                created_at=now,
                opens_at=wanted.opens_at,
                closes_at=wanted.closes_at,
                until=wanted.until,
                cause=wanted.cause,
                unattended=wanted.unattended,
                state=PlanState.DRAFT.value,
                version=1,
                **asdict(wanted.limits),
            )
            row.steps = [self.archive.step_row(n, step, prepared) for n, step in enumerate(prepared.steps)]
            row.reassignments = [reassignment_row(n, one) for n, one in enumerate(prepared.reassignments)]
            session.add(row)
            session.flush()
            self.seal(session, row.reference, actor.name, {"state": "drafted", "digest": self.archive.plan(row).digest})
            return row.reference

    def approve(self, reference: str, digest: str, capacity: Capacity, actor: Actor) -> None:
        """Say yes to exactly what was seen, in one capacity; the same yes again changes nothing.

        Raises:
            PermissionRefused: the author, or not of that capacity. Conflict: it is no longer what was seen.
            LawRefusal: the rights have changed, and no longer cover what it would put on the air.
        """
        actor.require(Permission.CONFIG_APPROVE)
        actor.require(NEEDS[capacity])
        legal = self.against(self.glances.one(reference))
        with self.database.transaction() as session:
            row = self.locked(session, reference)
            plan = self.archive.plan(row)
            if actor.name == plan.author:
                raise PermissionRefused(
                    "two_people",
                    say("{name} wrote this plan: another person must approve it.", name=actor.name),
                )
            self._must_be_draft(row)
            if digest != plan.digest:
                raise Conflict(
                    "plan_changed",
                    say("{reference} is no longer what you saw: look at it again.", reference=reference),
                )
            Prepared(obstacles=tuple(legal)).refuse()
            standing = [one for one in row.approvals if one.digest == digest and one.by == actor.name]
            if any(one.capacity == capacity.value for one in standing):
                return
            row.approvals.append(
                ApprovalRow(digest=digest, by=actor.name, capacity=capacity.value, at=self.clock.now())
            )
            told = {"state": "approved", "digest": digest, "capacity": capacity.value}
            self.seal(session, reference, actor.name, told)

    def revoke(self, reference: str, actor: Actor) -> None:
        """Take one's approval back. The plan becomes another version: every approval must be given anew.

        Raises:
            NotFound: one has approved nothing here. Conflict: it runs, or has run.
        """
        with self.database.transaction() as session:
            row = self.locked(session, reference)
            self._must_be_draft(row)
            mine = [one for one in row.approvals if one.by == actor.name and one.revoked_at is None]
            if not mine:
                raise NotFound("no_approval", say("You have not approved {reference}.", reference=reference))
            for one in mine:
                one.revoked_at = self.clock.now()
            row.version += 1
            self.seal(
                session, reference, actor.name, {"state": "approval_revoked", "digest": self.archive.plan(row).digest}
            )

    def cancel(self, reference: str, actor: Actor, why: Said) -> None:
        """Give a plan up before it runs; or, while it runs, let it stop after the device at work."""
        actor.require(Permission.CONFIG_PLAN)
        with self.database.transaction() as session:
            row = self.locked(session, reference)
            if row.state not in OPEN:
                raise Conflict("plan_over", say("{reference} is over.", reference=reference))
            row.why = as_json(why)
            if row.state == PlanState.DRAFT:
                row.state = PlanState.CANCELLED.value
            else:
                row.stop_asked = True
            self.seal(session, reference, actor.name, {"state": "cancelled"})

    def give_up(self, reference: str, why: str) -> None:
        """A plan that would start by itself does not, and why."""
        with self.database.transaction() as session:
            row = self.locked(session, reference)
            self._must_be_draft(row)
            row.state, row.why = PlanState.STOPPED.value, as_json(why)
            self.seal(session, reference, "system", {"state": "stopped", "why": str(why)})

    def one(self, reference: str) -> Kept:
        """A plan.

        Raises:
            NotFound: there is none.
        """
        with self.database.reading() as session:
            return self.archive.kept(_row(session, reference))

    def every(self, limit: int = 200) -> list[Kept]:
        """The newest plans, the newest first."""
        with self.database.reading() as session:
            rows = session.scalars(select(PlanRow).order_by(PlanRow.id.desc()).limit(limit)).all()
            return [self.archive.kept(row) for row in rows]

    def running(self, session: Session) -> list[PlanRow]:
        """The rows of plans that are being carried out, or brought back by a person; nobody else's until the
        transaction ends."""
        at_work = PlanRow.steps.any(StepRow.state.in_(AT_WORK))
        query = light().where((PlanRow.state == PlanState.RUNNING.value) | at_work).with_for_update()
        return list(session.scalars(query))

    def waiting(self) -> list[Waiting]:
        """Plans that wait for approval or for their hour; nothing is unsealed."""
        row = PlanRow
        columns = select(row.reference, row.cause, row.unattended, row.opens_at, row.closes_at)
        with self.database.reading() as session:
            found = session.execute(columns.where(row.state == PlanState.DRAFT.value).order_by(row.id))
            return [Waiting(*one) for one in found]

    def is_due(self, one: Waiting) -> bool:
        """Whether a plan starts by itself now: its window is open and it is approved."""
        hour = one.unattended and one.opens_at <= self.clock.now() < one.closes_at
        return hour and not self.glances.one(one.reference).lacking

    def stands(self, reference: str, device: str) -> tuple[StepState, str]:
        """Where one device of a plan is, and why; nothing is unsealed.

        Raises:
            NotFound: it is not in this plan.
        """
        with self.database.reading() as session:
            row = _step_row(session, reference, device)
            return StepState(row.state), of_json(row.why)

    def step(self, reference: str, device: str) -> tuple[Step, str]:
        """What is done to one device of a plan, and its whole configuration before, secrets included.

        Raises:
            NotFound: it is not in this plan.
        """
        with self.database.reading() as session:
            row = _step_row(session, reference, device)
            return self.archive.step(row), self.archive.configurations(row)[0]

    def way_back(self, reference: str) -> str:
        """Lines (as `wish.read_wish` reads them) that take back what a plan did where it was confirmed, and leave what
        was changed since.

        Raises:
            NotFound: there is no such plan.
        """
        found = self.one(reference)
        with self.database.reading() as session:
            subjects = self._subjects(session, found.confirmed)
        return lines_back(found, subjects)

    def sites_back(self, reference: str) -> Mapping[str, Answerable]:
        """Who answered for the sites of a plan before it changed that.

        Raises:
            NotFound: there is no such plan.
        """
        rows = self.glances.one(reference).row.reassignments
        return {row.site: reassignment(row).before for row in rows if row.state == StepState.CONFIRMED}

    def against(self, plan: Judged, devices: Collection[str] | None = None) -> list[Obstacle]:
        """What the law says today against a plan, or some devices of it, from the texts that were approved.

        A device that has got sectors meanwhile, of which nobody can read what they emit, is one too.
        """
        asked = plan.devices if devices is None else devices
        with self.database.reading() as session:
            subjects = self._standing(session, list(asked))
        found = [obstacle for name in asked if name in subjects for obstacle in untold(subjects[name])]
        radios = {name: many for name, many in plan.radios.items() if name in asked}
        if not radios:
            return found
        meant, rights = self._meant_for(plan.until), self._rights()
        for device, changes in radios.items():
            subject = subjects.get(device)
            if subject is None or meant is None:
                found.append(Obstacle(device, say("its place or its right cannot be told"), "L. 42-1"))
            else:
                found += legal_obstacles(subject, changes, rights, meant)
        return found

    def cut_now(self, plan: Judged) -> tuple[CutOff, ...]:
        """Every step that could cut off a device of the plan that comes later, as the network is today."""
        with self.database.reading() as session:
            return tuple(cut_offs(plan.devices, self._topology(session)))

    def locked(self, session: Session, reference: str) -> PlanRow:
        """The row of a plan, nobody else's until the transaction ends; its parts come when they are asked for."""
        query = select(PlanRow).where(PlanRow.reference == reference).options(lazyload("*")).with_for_update()
        row = session.scalar(query)
        if row is None:
            raise no_plan(reference)
        return row

    def seal(self, session: Session, reference: str, by: str, told: Mapping[str, object]) -> None:
        """Write what happened to a plan into the journal."""
        ledger.append(session, kind=KIND, subject=reference, actor=by, at=self.clock.now(), after=told)

    def _meant_for(self, until: date | None) -> Period | None:
        today = legal_day(self.clock.now())
        if until is None or until < today:
            return None
        return Period(today, date.fromordinal(until.toordinal() + 1))

    def _must_be_draft(self, row: PlanRow) -> None:
        if row.state != PlanState.DRAFT:
            raise Conflict("plan_over", say("{reference} runs or has run.", reference=row.reference))


def _row(session: Session, reference: str) -> PlanRow:
    row = session.scalar(select(PlanRow).where(PlanRow.reference == reference))
    if row is None:
        raise no_plan(reference)
    return row


def _step_row(session: Session, reference: str, device: str) -> StepRow:
    query = select(StepRow).join(PlanRow, StepRow.plan_id == PlanRow.id)
    row = session.scalar(query.where(PlanRow.reference == reference, StepRow.device == device))
    if row is None:
        raise NotFound("no_such_step", say("{device} is not in this plan.", device=clean(device, 63)))
    return row
