"""Who owes which transmitting sites, in which department, by when; whether the stations in service are enough. Pure.

An obligation is a clause of an act. It follows the right through the authorisations taken from it: coverage and
calendar are shared in proportion (R. 20-44-9-4), and the text names no yardstick. So a cession that leaves several
holders in a department moves nothing by itself here: until acts state the number of each, who owes what is a question,
and so is what their numbers leave of the number that was due before.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from inventory.models import Lifecycle
from inventory.rows import SectorRow
from nms.base.text import Said, csv_cell, say
from spectrum.acts import Act, Obligation
from spectrum.bands import Answer, Bands
from spectrum.chronicle import Chronicle, Holding
from spectrum.conformance import emission
from spectrum.places import Places
from spectrum.rights import Area

COLUMNS = (
    "authorisation", "act", "department", "sites_due", "due", "holders", "status", "sites_in_service", "sites_missing",
    "days_left", "why", "source", "confidence", "simulated",
)  # fmt: skip
"""Columns of every answer about obligations, in this order."""


class Status(StrEnum):
    """How an obligation stands."""

    MET = "obligation_met"
    DUE = "obligation_due"
    LATE = "obligation_late"
    TO_ASK = "obligation_to_ask"
    UNKNOWN = "obligation_unknown"


@dataclass(frozen=True, slots=True)
class Station:
    """A site in service that transmits: its commune of today, and one of its planned emissions."""

    site: str
    commune: str
    emitted: Bands


@dataclass(frozen=True, slots=True)
class Standing:
    """An obligation on a day. `holders` hold the right there; `sites` transmit in it, None when that is not known.

    `days_left` is negative once the day is past; `why` says what is to be asked, or why it cannot be computed.
    """

    authorisation: str
    act: Act
    clause: Obligation
    holders: tuple[str, ...]
    status: Status
    sites: int | None
    days_left: int
    why: Said | None

    @property
    def missing(self) -> int | None:
        """How many sites are short of the number due."""
        return None if self.sites is None else max(0, self.clause.sites - self.sites)


def stations(sectors: Iterable[SectorRow], sites_in_service: Iterable[str], places: Places) -> list[Station]:
    """The sectors in service at sites in service, as the inventory plans their emissions."""
    serving = frozenset(sites_in_service)
    return [
        Station(one.site, places.today(one.insee), emission(one.centre_khz, one.width_khz))
        for one in sectors
        if one.lifecycle is Lifecycle.IN_SERVICE and one.site in serving
    ]


def clauses(acts: Iterable[Act], day: date) -> list[tuple[str, Act, Obligation]]:
    """The clauses in effect on a day with their authorisation: the latest for each department and due day."""
    found: dict[tuple[str, str, date], tuple[str, Act, Obligation]] = {}
    for act in sorted(acts, key=lambda act: (act.effective_on, act.order)):
        if act.effective_on <= day and (act.until is None or day < act.until):
            for clause in act.obligations:
                name = act.title or act.number
                found[name, clause.department, clause.due] = (name, act, clause)
    return sorted(found.values(), key=lambda one: (one[2].due, one[2].department, one[0]))


def standings(
    acts: Sequence[Act], folded: Chronicle, emitting: Sequence[Station] | None, places: Places, day: date
) -> list[Standing]:
    """Every obligation on a day, the next due first.

    Args:
        acts: the acts of the register.
        folded: their fold as of that day.
        emitting: the stations in service on that day; None when the inventory does not hold those of that day.
        places: the gazetteer.
        day: the legal day.
    """
    held = folded.on(day)
    lines, found = _lines(folded.holdings()), clauses(acts, day)
    standing = []
    for name, act, clause in found:
        line = lines.get(name, frozenset({name}))
        parts = [
            (other, theirs, part)
            for other, theirs, part in found
            if other != name and other in line and (part.department, part.due) == (clause.department, clause.due)
        ]
        rest = line.difference(*(lines[other] for other, _, _ in parts))
        there = [one for one in held if one.authorisation in rest]
        stated = sum(part.sites for _, theirs, part in parts if theirs.effective_on > act.effective_on)
        one = _stand(name, act, clause, there, stated, emitting, places, day)
        if stated < clause.sites or one.holders:
            standing.append(one)
    return standing


def _lines(holdings: Iterable[Holding]) -> dict[str, frozenset[str]]:
    """Each authorisation with those that were taken from it, and from these."""
    children: dict[str, set[str]] = {}
    for one in holdings:
        children.setdefault(one.authorisation, set())
        if one.parent and one.parent != one.authorisation:
            children.setdefault(one.parent, set()).add(one.authorisation)
    return {name: _reached(name, children) for name in children}


def _reached(name: str, children: dict[str, set[str]]) -> frozenset[str]:
    seen, left = {name}, [name]
    while left:
        new = children.get(left.pop(), set()) - seen
        seen |= new
        left += new
    return frozenset(seen)


def _stand(
    name: str,
    act: Act,
    clause: Obligation,
    held: list[Holding],
    stated: int,
    emitting: Sequence[Station] | None,
    places: Places,
    day: date,
) -> Standing:
    """One obligation; `held` are the rights that it follows, `stated` what later acts state of it for others."""
    area = places.of_department(clause.department)
    there = [one for one in held if not one.extent.area.isdisjoint(area)]
    holders = tuple(dict.fromkeys(one.holder for one in there))
    left = (clause.due - day).days

    def so(status: Status, sites: int | None = None, why: Said | None = None) -> Standing:
        return Standing(name, act, clause, holders, status, sites, left, why)

    if stated:
        return so(
            Status.TO_ASK,
            why=say("to ask: later acts state {count} of these sites for others, and no act states what is left",
                    count=stated),
        )  # fmt: skip
    if not holders:
        return so(Status.UNKNOWN, why=say("cannot be computed: nobody holds the right there on that day"))
    if len(holders) > 1:
        return so(
            Status.TO_ASK,
            why=say("to ask: {holders} hold the right there; the text asks for shares in proportion, and no act states "
                    "them", holders=", ".join(holders)),
        )  # fmt: skip
    if emitting is None:
        return so(Status.UNKNOWN, why=say("cannot be computed: the inventory holds the stations of today only"))
    if clause.department not in places.communes:
        return so(Status.UNKNOWN, why=say("cannot be computed: the communes of the department are not loaded"))
    sure, perhaps = _counted(there, area, emitting)
    if sure >= clause.sites:
        return so(Status.MET, sure)
    if sure + perhaps >= clause.sites:
        return so(
            Status.UNKNOWN,
            why=say("cannot be computed: {count} sites are in the bands of the right, of {others} more it is not "
                    "established", count=sure, others=perhaps),
        )  # fmt: skip
    return so(Status.DUE if left >= 0 else Status.LATE, sure)


def _counted(there: list[Holding], area: Area, emitting: Sequence[Station]) -> tuple[int, int]:
    """Sites that transmit in the right there, and those of which it is not established."""
    answers: dict[str, set[Answer]] = {}
    for station in emitting:
        for one in there:
            if not station.commune:
                answers.setdefault(station.site, set()).add(Answer.CANNOT_PROVE)
            elif station.commune in one.extent.area & area:
                answers.setdefault(station.site, set()).add(one.extent.bands.contains(station.emitted))
    sure = sum(Answer.YES in found for found in answers.values())
    perhaps = sum(Answer.YES not in found and Answer.CANNOT_PROVE in found for found in answers.values())
    return sure, perhaps


def row(one: Standing) -> dict[str, Any]:
    """An obligation for JSON and CSV."""
    return {
        "authorisation": one.authorisation,
        "act": one.act.number,
        "department": one.clause.department,
        "sites_due": one.clause.sites,
        "due": one.clause.due.isoformat(),
        "holders": list(one.holders),
        "status": one.status.removeprefix("obligation_"),
        "sites_in_service": one.sites,
        "sites_missing": one.missing,
        "days_left": one.days_left,
        "why": str(one.why) if one.why else None,
        "source": one.clause.source,
        "confidence": one.clause.confidence,
        "simulated": one.act.simulated,
    }


def as_csv(found: Iterable[Standing]) -> str:
    """Obligations as CSV; what is not known is an empty cell with its reason, never 0."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(COLUMNS)
    for one in found:
        told = row(one) | {"holders": "; ".join(one.holders)}
        write.writerow([csv_cell("" if told[name] is None else str(told[name])) for name in COLUMNS])
    return out.getvalue()
