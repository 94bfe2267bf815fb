"""What takes a plan back that was carried out, and leaves what was changed since. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from nms.ops.change.archive import Kept
from nms.ops.change.grammar import applied, parsed, way
from nms.ops.change.prepare import Subject
from nms.ops.change.wish import written


def lines_back(found: Kept, subjects: Mapping[str, Subject]) -> str:
    """Lines (as `wish.read_wish` reads them) that take back what a plan did where it was confirmed."""
    lines: dict[str, list[str]] = {}
    for device in found.confirmed:
        subject = subjects.get(device)
        if subject is not None and subject.family is not None:
            grammar = subject.family.grammar
            here, inverse = parsed(subject.running, grammar), found.plan.step(device).inverse
            lines[device] = way(here, applied(here, inverse, grammar), grammar)
    return written({name: wanted for name, wanted in lines.items() if wanted})
