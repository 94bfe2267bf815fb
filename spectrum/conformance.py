"""Does an emission lie in what the rights allow at that place, on that day? Pure; three answers, never two.

An emission is an interval of kilohertz (`emission`). It conforms when the rights in force there of some one user,
taken together, hold all of it: the exact edge is inside, one kilohertz beyond is not. What is not established (the
width on the air, the bands of a right, in which former commune a station stands) is never held to conform.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from nms.base.text import Said, say
from spectrum.bands import NONE, UNKNOWN, Answer, Bands
from spectrum.chronicle import Holding
from spectrum.former import NOBODY, Former, Part, part_of
from spectrum.law.exemptions import exempt

NEEDED, ANOTHERS = "L. 42-1", "L. 42-3"
"""An emission needs an authorisation; a right that was ceded or made available is another's."""


class Verdict(StrEnum):
    """Whether an emission is within the rights."""

    CONFORM = "conform"
    VIOLATION = "violation"
    CANNOT_PROVE = "cannot_prove"


class Case(StrEnum):
    """What a verdict rests on, the gravest first: a closed set, for lists and metrics."""

    NOT_COVERED = "not_covered"
    STICKS_OUT = "sticks_out"
    TO_CHECK = "to_check"
    NOT_ESTABLISHED = "not_established"
    NOT_TOLD = "not_told"
    EXEMPT = "exempt"
    COVERED = "covered"

    @property
    def verdict(self) -> Verdict:
        """Conform, a violation, or neither is proved."""
        return _VERDICTS[self]


_VERDICTS = {
    Case.NOT_COVERED: Verdict.VIOLATION,
    Case.STICKS_OUT: Verdict.VIOLATION,
    Case.TO_CHECK: Verdict.CANNOT_PROVE,
    Case.NOT_ESTABLISHED: Verdict.CANNOT_PROVE,
    Case.NOT_TOLD: Verdict.CANNOT_PROVE,
    Case.EXEMPT: Verdict.CONFORM,
    Case.COVERED: Verdict.CONFORM,
}


@dataclass(frozen=True, slots=True)
class Conformance:
    """The case, the rights it rests on (those that hold the emission, or that might), why in a sentence, and the text.

    `article` is that of the law or decision, empty where none is needed to say so.
    """

    case: Case
    by: tuple[Holding, ...]
    why: Said
    article: str = ""

    @property
    def verdict(self) -> Verdict:
        """Conform, a violation, or neither is proved."""
        return self.case.verdict

    @property
    def acts(self) -> tuple[str, ...]:
        """Numbers of the authorisations, each before the acts that gave it its shape of now."""
        return tuple(dict.fromkeys(number for one in self.by for number in (one.authorisation, one.act)))


def emission(centre_khz: float | None, width_khz: float | None) -> Bands:
    """The interval that a carrier takes, whole kilohertz outwards; not established when centre or width is not."""
    if centre_khz is None or width_khz is None or width_khz <= 0:
        return UNKNOWN
    low, high = centre_khz - width_khz / 2, centre_khz + width_khz / 2
    return Bands.of((int(low // 1), int(-(-high // 1))))


def told(
    centre_khz: float | None,
    width_khz: float | None,
    commune: str,
    day: date,
    held: Iterable[Holding],
    *,
    stands: str = "",
    former: Former = NOBODY,
) -> Conformance:
    """The verdict on what a radio tells of itself; a width that it does not tell is never made up.

    Without a width, a centre that no right covers by itself is a violation whatever the width; any other is not told.
    """
    if centre_khz is None:
        return Conformance(Case.NOT_TOLD, (), say("the radio does not tell its frequency"))
    held = tuple(held)
    if width_khz is not None and width_khz > 0:
        return judge(emission(centre_khz, width_khz), commune, day, held, stands=stands, former=former)
    least = judge(emission(centre_khz, 1), commune, day, held, stands=stands, former=former)
    if least.verdict is Verdict.VIOLATION:
        return least
    return Conformance(Case.NOT_TOLD, least.by, say("the radio does not tell its channel width"))


def judge(
    emitted: Bands, commune: str, day: date, held: Iterable[Holding], *, stands: str = "", former: Former = NOBODY
) -> Conformance:
    """The verdict on an emission in a commune (code of today) on a legal day; an emission of nothing conforms.

    Args:
        emitted: what is on the air, or planned to be.
        commune: where the station stands, code of today; empty when the place is not known.
        day: the legal day.
        held: the rights; those that are elsewhere, or of other days, are left out.
        stands: the code of the commune as the inventory has it, perhaps of before a merger; empty: only today's.
        former: which rights are for former communes only.
    """
    if emitted == NONE:
        return Conformance(Case.COVERED, (), say("nothing is emitted"))
    here = [one for one in held if commune in one.extent.area and one.extent.period.holds(day)]
    if not emitted.known:
        return Conformance(Case.NOT_TOLD, tuple(here), say("centre frequency or width is not established"))
    sure, doubtful = _sorted_out(here, commune, stands or commune, former)
    found = _covered(emitted, sure) or _free(emitted, day)
    if found is not None:
        return found
    if not commune:
        return Conformance(Case.NOT_ESTABLISHED, (), say("the place is not established"))
    return _to_check(emitted, sure, doubtful, commune, stands) or _not_covered(emitted, sure)


_Doubt = tuple[Holding, Part]


def _sorted_out(
    here: Iterable[Holding], commune: str, stands: str, former: Former
) -> tuple[list[Holding], list[_Doubt]]:
    """The rights that are certain to be for the place, and those for former communes of which that is to be checked.

    A station known to stand in another former commune has no part in a right for this one; whose that other one is,
    where the right was taken from a larger one, the fold does not tell.
    """
    sure, doubtful = [], []
    for one in here:
        part = part_of(one, commune, former)
        elsewhere = part is not None and stands != commune and stands not in part.codes
        if part is None or (stands != commune and stands in part.codes):
            sure.append(one)
        elif not elsewhere or one.parent or one.user != one.holder:
            doubtful.append((one, part))
    return sure, doubtful


def _by_user(rights: Iterable[Holding]) -> dict[str, list[Holding]]:
    found: dict[str, list[Holding]] = defaultdict(list)
    for one in rights:
        found[one.user].append(one)
    return found


def _covered(emitted: Bands, rights: Iterable[Holding]) -> Conformance | None:
    for user, rights_of in _by_user(rights).items():
        if _holds(rights_of, emitted) is Answer.YES:
            by = tuple(one for one in rights_of if one.extent.bands.intersects(emitted) is Answer.YES)
            return Conformance(Case.COVERED, by, say("within the rights of {user}", user=user))
    return None


def _free(emitted: Bands, day: date) -> Conformance | None:
    text = exempt(emitted, day)
    if text is None:
        return None
    why = say("no authorisation of its own is needed in this band; the technical conditions are not checked here")
    return Conformance(Case.EXEMPT, (), why, text.article)


def _to_check(
    emitted: Bands, sure: Sequence[Holding], doubtful: Sequence[_Doubt], commune: str, stands: str
) -> Conformance | None:
    parts = {id(one): part for one, part in doubtful}
    for user, rights_of in _by_user([*sure, *(one for one, _ in doubtful)]).items():
        by = tuple(one for one in rights_of if id(one) in parts and one.extent.bands.intersects(emitted) != Answer.NO)
        if not by or _holds(rights_of, emitted) is Answer.NO:
            continue
        names = ", ".join(dict.fromkeys(name for one in by for name in parts[id(one)].names))
        if stands and stands != commune:
            why = say(
                "the right of {user} is only for the former commune of {names}, and the station stands in another part "
                "of the commune: whose right that part is, is to be checked in the acts",
                user=user,
                names=names,
            )
        else:
            why = say(
                "the right of {user} is only for the former commune of {names}, and of the station only the commune of "
                "today is known: give its site the INSEE code of the former commune",
                user=user,
                names=names,
            )
        return Conformance(Case.TO_CHECK, by, why)
    return None


def _not_covered(emitted: Bands, rights: Sequence[Holding]) -> Conformance:
    by_user = _by_user(rights)
    unproven = [user for user, rights_of in by_user.items() if _holds(rights_of, emitted) is Answer.CANNOT_PROVE]
    if unproven:
        by = tuple(one for user in unproven for one in by_user[user])
        why = say("the bands of {user} are not established", user=", ".join(unproven))
        return Conformance(Case.NOT_ESTABLISHED, by, why)
    touched = tuple(one for one in rights if one.extent.bands.intersects(emitted) is Answer.YES)
    if touched:
        users = dict.fromkeys(one.user for one in touched)
        why = say("it sticks out of the rights of {user}", user=", ".join(users))
        return Conformance(Case.STICKS_OUT, touched, why, ANOTHERS if len(users) > 1 else NEEDED)
    return Conformance(Case.NOT_COVERED, (), say("no right in force here holds this band"), NEEDED)


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
