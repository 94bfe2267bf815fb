"""Which plans touched a device, and when: what one looks for when something broke."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from nms.ops.change.models import PlanRow, StepRow
from nms.ops.change.plan import OPEN, PlanState, StepState


@dataclass(frozen=True, slots=True)
class Touch:
    """A device of a plan; `began_at` None: nothing was sent to it yet."""

    device: str
    reference: str
    plan: PlanState
    state: StepState
    began_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether the plan may still change the device."""
        return self.plan in OPEN and self.state is StepState.PENDING


def touches(session: Session, devices: Collection[str], most: int) -> list[Touch]:
    """The newest plans of some devices, the newest first; nothing is unsealed."""
    query = (
        select(StepRow.device, PlanRow.reference, PlanRow.state, StepRow.state, StepRow.began_at)
        .join(PlanRow, PlanRow.id == StepRow.plan_id)
        .where(StepRow.device.in_(devices))
        .order_by(PlanRow.id.desc())
        .limit(most)
    )
    return [
        Touch(device, reference, PlanState(plan), StepState(state), began_at)
        for device, reference, plan, state, began_at in session.execute(query)
    ]
