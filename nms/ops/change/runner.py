"""Carries an approved plan out: the canaries first, one device after the other, and stops where it must.

What is about to happen is written down before it happens, so that a process killed at any point leaves `unknown`, not
a lie; `recover` finds such plans, and a person has the device read back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from nms.base.errors import Conflict, NmsError, PermissionRefused
from nms.base.permissions import Actor, Permission
from nms.base.text import Said, as_json, say
from nms.ops.change.beat import beating, is_alive, is_gone
from nms.ops.change.desk import Desk
from nms.ops.change.glance import Glance
from nms.ops.change.hands import Hands
from nms.ops.change.models import PlanRow
from nms.ops.change.plan import AT_WORK, FAILED, PlanState, StepState, next_step, obstacles
from nms.ops.change.ports import Ports
from nms.ops.change.prepare import Prepared
from nms.ops.change.progress import Progress, end

ABANDONED_AFTER = timedelta(minutes=5)
"""A running plan of which nothing was heard for so long belongs to a process that died, wherever it ran."""
_STOPPED = say("the program was stopped")


class Runner:
    """Carries plans out; `name` tells this process from others."""

    def __init__(self, desk: Desk, ports: Ports, name: str) -> None:
        self._desk, self._ports, self._name = desk, ports, name
        self._stopping = threading.Event()
        self._at_work: set[str] = set()

    def stop(self) -> None:
        """Begin no other device."""
        self._stopping.set()

    def run(self, reference: str, actor: Actor) -> PlanState:
        """Claim a plan and carry it out; answers how it ended."""
        self.claim(reference, actor)
        return self.carry_out(reference)

    def claim(self, reference: str, actor: Actor) -> None:
        """Take a plan to be carried out: it is approved, in its window, and law and network allow it today.

        Raises:
            PermissionRefused: its author. Conflict: it may not run now, and why. LawRefusal: the law forbids it.
            InputError: a link that came since the draft lets a step cut off a device that comes later.
        """
        actor.require(Permission.CONFIG_APPLY)
        if self._stopping.is_set():
            raise Conflict("stopping", say("{reference}: {why}", reference=reference, why=_STOPPED))
        glance = self._desk.glances.one(reference)
        standing = Prepared(obstacles=tuple(self._desk.against(glance)), cut=self._desk.cut_now(glance))
        with self._desk.database.transaction() as session:
            row = self._desk.locked(session, reference)
            found = self._desk.archive.kept(row)
            if found.plan.author == actor.name:
                raise PermissionRefused(
                    "two_people", say("{name} wrote this plan: another person must carry it out.", name=actor.name)
                )
            if row.state != PlanState.DRAFT:
                raise Conflict("plan_over", say("{reference} runs or has run.", reference=reference))
            against = obstacles(found.plan, found.approvals, self._desk.clock.now())
            if against:
                raise Conflict("plan_may_not_run", say("{reference}: {why}", reference=reference, why=against[0]))
            standing.refuse()
            row.state, row.running_by, row.seen_at = PlanState.RUNNING.value, self._name, self._desk.clock.now()
            self._desk.seal(session, reference, actor.name, {"state": "started", "digest": found.plan.digest})

    def carry_out(self, reference: str) -> PlanState:
        """Let sites pass to whom they go, then go through the devices of a claimed plan."""
        with self._working(reference):
            found = self._desk.glances.one(reference)
            if self._may_go_on(found):
                Progress(self._desk, reference).reassign()
            while (device := self._next(found := self._desk.glances.one(reference))) is not None:
                self._device(found, device)
            return self._finish(reference)

    def recover(self) -> list[str]:
        """Stop plans whose process died: devices at work become `unknown`. Answers the references."""
        found: list[str] = []
        with self._desk.database.transaction() as session:
            for row in self._desk.running(session):
                if self._is_carried_out(row):
                    continue
                for step in row.steps:
                    if StepState(step.state) in AT_WORK:
                        step.state = StepState.UNKNOWN.value
                        step.why = as_json(say("the program ended while it was at work on this device"))
                if row.state == PlanState.RUNNING:
                    end(row, PlanState.STOPPED, say("the program ended while this plan ran"))
                self._desk.seal(session, row.reference, "system", {"state": "abandoned"})
                found.append(row.reference)
        return found

    def _is_carried_out(self, row: PlanRow) -> bool:
        """Whether somebody is at work on a plan; the hour is asked last, since a clock may be stepped."""
        if row.reference in self._at_work:
            return True
        if row.running_by != self._name and is_alive(row.running_by):
            return True
        is_fresh = row.seen_at is not None and self._desk.clock.now() - row.seen_at < ABANDONED_AFTER
        return is_fresh and not is_gone(row.running_by)

    @contextmanager
    def _working(self, reference: str) -> Iterator[None]:
        self._at_work.add(reference)
        try:
            yield
        finally:
            self._at_work.discard(reference)

    def read_back(self, reference: str, device: str, actor: Actor) -> StepState:
        """Read a device of unknown state; it stays unknown when it is neither as before nor as intended.

        Raises:
            DeviceError: it cannot be read; it stays unknown. Conflict: its state is known, or somebody else is on it.
        """
        actor.require(Permission.CONFIG_APPLY)
        found, progress = self._desk.glances.one(reference), Progress(self._desk, reference)
        progress.must_be_unknown(device)
        with self._alone(device, reference):
            state = self._hands(found, device).look()
            progress.mark(device, state, _READ[state], by=actor.name, was=StepState.UNKNOWN)
        return state

    def take_back(self, reference: str, device: str, actor: Actor) -> StepState:
        """Bring a device of unknown state back to what it was, and read it; it stays unknown when that fails.

        Raises:
            Conflict: its state is known, or somebody is at work on it.
        """
        actor.require(Permission.CONFIG_APPLY)
        found, progress = self._desk.glances.one(reference), Progress(self._desk, reference)
        progress.must_be_unknown(device)
        with self._working(reference), self._alone(device, reference):
            why = say("taken back by {name}", name=actor.name)
            progress.mark(device, StepState.REVERTING, why, was=StepState.UNKNOWN)
            self._hands(found, device).revert(why)
        return progress.state(device)

    def _next(self, found: Glance) -> str | None:
        """The device whose turn it is."""
        at = next_step(found.states, found.limits) if self._may_go_on(found) else None
        return None if at is None else found.row.steps[at].device

    def _may_go_on(self, found: Glance) -> bool:
        is_over = found.state is not PlanState.RUNNING or self._desk.clock.now() >= found.closes_at
        return not (self._stopping.is_set() or found.row.stop_asked or is_over)

    def _device(self, found: Glance, device: str) -> None:
        """One device: the law of today is asked again, and nobody else may be at work on it."""
        reference = found.row.reference
        try:
            Prepared(obstacles=tuple(self._desk.against(found, [device]))).refuse()
            with self._alone(device, reference):
                self._hands(found, device).change()
        except NmsError as error:
            Progress(self._desk, reference).broke_off(device, error)

    @contextmanager
    def _alone(self, device: str, reference: str) -> Iterator[None]:
        """Nobody else on a device, however long the work on it takes: the lock is held on, and the plan known alive."""
        progress = Progress(self._desk, reference)
        with self._ports.alone(device, reference) as hold:

            def say_so() -> None:
                hold()
                progress.alive()

            with beating(say_so):
                yield

    def _hands(self, found: Glance, device: str) -> Hands:
        """Of the whole plan, only what is done to this device is unsealed."""
        step, before = self._desk.step(found.row.reference, device)
        return Hands(self._ports, Progress(self._desk, found.row.reference), step, found.limits, before)

    def _finish(self, reference: str) -> PlanState:
        with self._desk.database.transaction() as session:
            row = self._desk.locked(session, reference)
            ends = [step.state for step in row.steps] + [one.state for one in row.reassignments]
            done = all(state == StepState.CONFIRMED for state in ends)
            end(row, PlanState.DONE if done else PlanState.STOPPED, "" if done else self._why_stopped(row))
            told = {"state": row.state, "devices": {step.device: step.state for step in row.steps}}
            self._desk.seal(session, reference, "system", told)
            return PlanState(row.state)

    def _why_stopped(self, row: PlanRow) -> Said:
        if row.stop_asked:
            return say("stopped on request")
        failed = sum(StepState(step.state) in FAILED for step in row.steps)
        if failed:
            return say("{failed} of {count} devices failed", failed=failed, count=len(row.steps))
        left = sum(StepState(one.state) in FAILED for one in row.reassignments)
        if left:
            return say("{left} of {count} sites stay as they are", left=left, count=len(row.reassignments))
        if self._stopping.is_set():
            return _STOPPED
        return say("its time was over before every device had its turn")


_READ = {
    StepState.CONFIRMED: say("read back: it is as intended"),
    StepState.REVERTED: say("read back: it is as before"),
    StepState.UNKNOWN: say("read back: it is neither as before nor as intended"),
}
