"""A wish that comes again, from a program that asks for the same every night: what of it is still to be done. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from nms.ops.change.archive import Kept
from nms.ops.change.desk import Wanted
from nms.ops.change.plan import PlanState
from nms.ops.change.prepare import Prepared

OPEN = (PlanState.DRAFT, PlanState.RUNNING)


def still_wanted(wanted: Wanted, prepared: Prepared) -> Wanted:
    """The wish without the devices that are as wanted already."""
    done = {step.device for step in prepared.steps if step.base == step.expected}
    return replace(wanted, lines={name: lines for name, lines in wanted.lines.items() if name not in done})


def waiting(plans: Iterable[Kept], wanted: Wanted, prepared: Prepared, now: datetime) -> str:
    """The reference of a plan that waits or runs and does just this to the same configurations; empty without one."""
    steps = {step.device: (step.lines, step.base) for step in prepared.steps}
    for kept in plans:
        plan = kept.plan
        same = steps == {step.device: (step.lines, step.base) for step in plan.steps} and plan.until == wanted.until
        if same and kept.state in OPEN and now < plan.closes_at:
            return plan.reference
    return ""
