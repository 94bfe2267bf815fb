"""Does an emission lie in what the rights allow at that place, on that day? Pure; three answers, never two.

An emission is an interval of kilohertz (`emission`). It conforms when the rights in force there of some one user,
taken together, hold all of it: the exact edge is inside, one kilohertz beyond is not. What is not established (the
width on the air, the bands of a right) is never held to conform.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from nms.base.text import Said, say
from spectrum.bands import NONE, UNKNOWN, Answer, Bands
from spectrum.chronicle import Holding


class Verdict(StrEnum):
    """Whether an emission is within the rights."""

    CONFORM = "conform"
    VIOLATION = "violation"
    CANNOT_PROVE = "cannot_prove"


@dataclass(frozen=True, slots=True)
class Conformance:
    """The verdict, the rights it rests on (those that hold the emission, or that might), and why in a sentence."""

    verdict: Verdict
    by: tuple[Holding, ...]
    why: Said


def emission(centre_khz: float | None, width_khz: float | None) -> Bands:
    """The interval that a carrier takes, whole kilohertz outwards; not established when centre or width is not."""
    if centre_khz is None or width_khz is None or width_khz <= 0:
        return UNKNOWN
    low, high = centre_khz - width_khz / 2, centre_khz + width_khz / 2
    return Bands.of((int(low // 1), int(-(-high // 1))))


def judge(emitted: Bands, commune: str, day: date, held: Iterable[Holding]) -> Conformance:
    """The verdict on an emission in a commune (code of today) on a legal day; an emission of nothing conforms."""
    if emitted == NONE:
        return Conformance(Verdict.CONFORM, (), say("nothing is emitted"))
    here = [one for one in held if commune in one.extent.area and one.extent.period.holds(day)]
    if not emitted.known:
        return Conformance(Verdict.CANNOT_PROVE, tuple(here), say("centre frequency or width is not established"))
    if not commune:
        return Conformance(Verdict.CANNOT_PROVE, (), say("the place is not established"))
    rights: dict[str, list[Holding]] = defaultdict(list)
    for one in here:
        rights[one.user].append(one)
    answers = {user: _holds(rights_of, emitted) for user, rights_of in rights.items()}
    for user, answer in answers.items():
        if answer is Answer.YES:
            by = tuple(one for one in rights[user] if one.extent.bands.intersects(emitted) is Answer.YES)
            return Conformance(Verdict.CONFORM, by, say("within the rights of {user}", user=user))
    unproven = [user for user, answer in answers.items() if answer is Answer.CANNOT_PROVE]
    if unproven:
        by = tuple(one for user in unproven for one in rights[user])
        return Conformance(
            Verdict.CANNOT_PROVE, by, say("the bands of {user} are not established", user=", ".join(unproven))
        )
    touched = tuple(one for one in here if one.extent.bands.intersects(emitted) is Answer.YES)
    if touched:
        why = say("it sticks out of the rights of {user}", user=", ".join(dict.fromkeys(one.user for one in touched)))
        return Conformance(Verdict.VIOLATION, touched, why)
    return Conformance(Verdict.VIOLATION, (), say("no right in force here holds this band"))


def _holds(rights: Iterable[Holding], emitted: Bands) -> Answer:
    """Whether rights of one user, taken together, hold an emission."""
    known, open_ = NONE, False
    for one in rights:
        if one.extent.bands.known:
            known = known.union(one.extent.bands)
        else:
            open_ = True
    answer = known.contains(emitted)
    return Answer.CANNOT_PROVE if answer is Answer.NO and open_ else answer
