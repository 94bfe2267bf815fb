"""The change that follows an act of the register: stations that emit in what it moves are silenced at its instant.

Silence is what can be proposed without guessing; the engineer writes the retune in its place. Nothing is sent that was
not approved, and a plan whose act no longer stands is given up. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nms.ops.change.grammar import parsed
from nms.ops.change.prepare import Subject
from nms.ops.change.radio import radios, silencing
from spectrum.acts import MOVES, USES, Act, Step
from spectrum.bands import NONE, Answer

ENDS = MOVES | USES | {Step.ABROGATION, Step.SUSPENSION}
"""Steps after which somebody may no longer emit what they emitted before."""


@dataclass(frozen=True, slots=True)
class Following:
    """Lines that silence, by device; and stations of the place whose configuration does not tell what they emit."""

    lines: Mapping[str, list[str]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def following(act: Act, subjects: Mapping[str, Subject]) -> Following:
    """What follows from an act for the stations of its place."""
    lines: dict[str, list[str]] = {}
    unread: list[str] = []
    for name, subject in sorted(subjects.items()):
        if not subject.emits or subject.commune not in act.area:
            continue
        family = subject.family
        if family is None or family.radio is None:
            unread.append(name)
            continue
        tree = parsed(subject.running, family.grammar)
        for radio, state in radios(tree, family.radio).items():
            if state.emitted != NONE and state.emitted.intersects(act.bands) is not Answer.NO:
                lines.setdefault(name, []).extend(silencing(radio, tree, family.radio))
    return Following(lines, tuple(unread))


def cause_of(act: Act) -> str:
    """How a plan names the act that it follows: another effective day is another cause."""
    return f"act {act.key[:40]} {act.effective_on.isoformat()}"
