"""A wish that comes again, from a program that asks for the same every night: what of it is still to be done. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from nms.ops.change.archive import Standing, reassignment
from nms.ops.change.plan import OPEN, Plan
from nms.ops.change.prepare import Prepared
from nms.ops.change.wanted import Wanted


def still_wanted(wanted: Wanted, prepared: Prepared) -> Wanted:
    """The wish without the devices that are as wanted already."""
    done = {step.device for step in prepared.steps if step.base == step.expected}
    return replace(wanted, lines={name: lines for name, lines in wanted.lines.items() if name not in done})


def waiting(
    plans: Iterable[Standing], text: Callable[[str], Plan], wanted: Wanted, prepared: Prepared, now: datetime
) -> str:
    """The reference of a plan that waits or runs and does just this to the same configurations and sites, after the
    same act and until the same day; empty without one.

    `plans` are those that may be it; `text` opens one of them, by its reference, when nothing else tells it apart.
    """
    bases = {step.device: step.base for step in prepared.steps}
    lines = {step.device: step.lines for step in prepared.steps}
    for one in plans:
        row = one.row
        same = (
            one.state in OPEN
            and now < row.closes_at
            and (row.until, row.cause) == (wanted.until, wanted.cause)
            and {step.device: step.base for step in row.steps} == bases
            and set(map(reassignment, row.reassignments)) == set(prepared.reassignments)
        )
        if same and {step.device: step.lines for step in text(row.reference).steps} == lines:
            return row.reference
    return ""
