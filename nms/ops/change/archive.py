"""Change plans between tables and values; what may hold secrets is sealed on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from inventory.reassignment import Answerable, Reassignment
from nms.base.errors import NotFound
from nms.base.secrets import SecretBox
from nms.base.text import clean, of_json, say
from nms.ops.change.models import PlanRow, ReassignmentRow, StepRow
from nms.ops.change.plan import Approval, Capacity, Limits, Plan, PlanState, Step, StepState, lacking
from nms.ops.change.prepare import Prepared
from nms.ops.change.radio import RadioChange, RadioState


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a plan stands, by its row alone; nothing sealed is needed for it."""

    row: PlanRow

    @property
    def state(self) -> PlanState:
        """Where the plan stands."""
        return PlanState(self.row.state)

    @property
    def why(self) -> str:
        """Why it stopped; empty when it did not."""
        return of_json(self.row.why)

    @property
    def states(self) -> tuple[StepState, ...]:
        """Where each device is."""
        return tuple(StepState(step.state) for step in self.row.steps)

    @property
    def whys(self) -> tuple[str, ...]:
        """Why each device is there; empty where there is nothing to say."""
        return tuple(of_json(step.why) for step in self.row.steps)

    @property
    def radios(self) -> Mapping[str, tuple[RadioChange, ...]]:
        """What it does on the air; see `Plan.radios`."""
        return {step.device: found for step in self.row.steps if (found := touched(step))}

    @property
    def limits(self) -> Limits:
        """Within which it is carried out."""
        return Limits(self.row.canary, self.row.stop_after, self.row.wait_s, self.row.back_pct)

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """The approvals that were not taken back, of whatever version."""
        return tuple(
            Approval(one.by, Capacity(one.capacity), one.digest, one.at)
            for one in self.row.approvals
            if one.revoked_at is None
        )


@dataclass(frozen=True, slots=True)
class Kept(Standing):
    """A plan as it stands: what was approved, by whom, and where each device is."""

    plan: Plan

    @property
    def confirmed(self) -> tuple[str, ...]:
        """The devices on which it is done and confirmed."""
        steps = zip(self.row.steps, self.states, strict=True)
        return tuple(step.device for step, state in steps if state is StepState.CONFIRMED)

    @property
    def lacking(self) -> tuple[Capacity, ...]:
        """The approvals that it still needs."""
        return lacking(self.plan, self.approvals)


class Archive:
    """Reads and writes the rows of plans."""

    def __init__(self, box: SecretBox) -> None:
        self._box = box

    def kept(self, row: PlanRow) -> Kept:
        """A row as people see it."""
        return Kept(row, self.plan(row))

    def plan(self, row: PlanRow) -> Plan:
        """The version of a plan that a row holds."""
        return Plan(
            reference=row.reference,
            version=row.version,
            author=row.author,
            title=row.title,
            steps=tuple(self.step(step) for step in row.steps),
            limits=Standing(row).limits,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            until=row.until,
            unattended=row.unattended,
            reassignments=tuple(reassignment(one) for one in row.reassignments),
        )

    def step(self, row: StepRow) -> Step:
        """What is done to one device."""
        told = self._opened(row)
        return Step(
            device=row.device,
            lines=tuple(map(str, told["lines"])),
            inverse=tuple(map(str, told["inverse"])),
            base=row.base,
            expected=row.expected,
            radios=touched(row),
        )

    def configurations(self, row: StepRow) -> tuple[str, str]:
        """The whole configuration of a step, before and after, secrets included."""
        told = self._opened(row)
        return str(told["before"]), str(told["after"])

    def log(self, row: StepRow) -> str:
        """What was said with the device, redacted; empty before it was spoken to."""
        return self._box.unseal(row.log).decode() if row.log else ""

    def sealed_log(self, text: str) -> bytes:
        """A transcript as it is kept."""
        return self._box.seal(text.encode())

    def step_row(self, seq: int, step: Step, prepared: Prepared) -> StepRow:
        before, after = prepared.configurations[step.device]
        told = {"lines": step.lines, "inverse": step.inverse, "before": before, "after": after}
        return StepRow(
            seq=seq,
            device=step.device,
            base=step.base,
            expected=step.expected,
            radios=json.dumps([asdict(one) for one in step.radios]),
            sealed=self._box.seal(json.dumps(told).encode()),
            state=StepState.PENDING.value,
        )

    def _opened(self, row: StepRow) -> dict[str, list[str]]:
        opened: dict[str, list[str]] = json.loads(self._box.unseal(row.sealed))
        return opened


def no_plan(reference: str) -> NotFound:
    """There is none of this reference."""
    return NotFound("no_such_plan", say("There is no plan {reference}.", reference=clean(reference, 40)))


def touched(row: StepRow) -> tuple[RadioChange, ...]:
    """What a step does on the air."""
    return tuple(
        RadioChange(one["radio"], _radio_state(one["before"]), _radio_state(one["after"]))
        for one in json.loads(row.radios)
    )


def _radio_state(told: Mapping[str, object] | None) -> RadioState | None:
    if told is None:
        return None
    return RadioState(told["on"], told["centre_khz"], told["width_khz"], tuple(told["rest"]))  # type: ignore[arg-type]


def reassignment(row: ReassignmentRow) -> Reassignment:
    """What a row says of a site."""
    before = Answerable(row.owner_before, row.contact_before)
    return Reassignment(row.site, before, Answerable(row.owner_after, row.contact_after))


def reassignment_row(seq: int, one: Reassignment) -> ReassignmentRow:
    """A site as a plan keeps it."""
    return ReassignmentRow(
        seq=seq,
        site=one.site,
        owner_before=one.before.owner,
        owner_after=one.after.owner,
        contact_before=one.before.contact,
        contact_after=one.after.contact,
        state=StepState.PENDING.value,
    )
