"""The sites of a change plan: who answers for them after an act, proposed, and as a person left it in the form.

Fields of the form, for a site S: `owner:S` and `contact:S`, and `passes:S` where its box is ticked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from inventory.queries import Place
from inventory.reassignment import Answerable
from nms.base.text import of_json
from nms.ops.change.archive import reassignment
from nms.ops.change.following import Station, passing
from nms.ops.change.models import PlanRow
from nms.ops.change.plan import StepState
from nms.ops.state import Kind
from spectrum.acts import MOVES, USES, Act
from spectrum.bands import UNKNOWN
from spectrum.conformance import emission
from web.account import services
from web.known import known

OWNER, CONTACT, PASSES = "owner:", "contact:", "passes:"


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One site in the form: as it is today, who would answer for it, and whether it passes."""

    place: Place
    after: Answerable
    passes: bool


def following_fields(act: Act) -> dict[str, str]:
    """The fields filled in with what an act proposes; none where it names nobody to whom anything passes."""
    if act.step not in MOVES | USES:
        return {}
    parties = services().register.as_of(date.max).parties
    today = {name: Answerable(place.owner, place.contact) for name, place in known().places().items()}
    found: dict[str, str] = {}
    for one in passing(act, _stations(), today, known().contacts(), parties):
        found |= fields({one.site: one.after}, passes=one.proposed)
    return found


def fields(sites: Mapping[str, Answerable], *, passes: bool = True) -> dict[str, str]:
    """The fields of some sites."""
    found: dict[str, str] = {}
    for site, after in sites.items():
        found |= {OWNER + site: after.owner, CONTACT + site: after.contact}
        if passes:
            found[PASSES + site] = "1"
    return found


def lines(given: Mapping[str, str]) -> list[SiteLine]:
    """The sites of a form, those that are still there."""
    places = known().places()
    named = [key.removeprefix(OWNER) for key in given if key.startswith(OWNER)]
    return [
        SiteLine(places[site], _answerable(given, site), bool(given.get(PASSES + site)))
        for site in named
        if site in places
    ]


def wanted(given: Mapping[str, str]) -> dict[str, Answerable]:
    """The sites of a form whose box is ticked."""
    sites = [key.removeprefix(PASSES) for key, value in given.items() if key.startswith(PASSES) and value]
    return {site: _answerable(given, site) for site in sites}


def told(plan: PlanRow) -> list[dict[str, Any]]:
    """The sites of a plan: what changes, where each is, and why."""
    return [
        {"site": row.site, "change": reassignment(row), "state": StepState(row.state), "why": of_json(row.why)}
        for row in plan.reassignments
    ]


def _answerable(given: Mapping[str, str], site: str) -> Answerable:
    return Answerable(given.get(OWNER + site, ""), given.get(CONTACT + site, ""))


def _stations() -> Iterator[Station]:
    """Every sector with what is planned for it, and what it was heard to emit."""
    planned, today = known().sectors(), known().todays()
    for status in services().live.all(Kind.SECTOR):
        one, heard = status.subject, status.on_air
        row = planned.get(one.name)
        carriers = [emission(row.centre_khz, row.width_khz)] if row is not None else []
        if heard is not None:
            carriers.append(emission(heard.emission.centre_khz, heard.emission.width_khz))
        for carrier in [one for one in carriers if one.known] or [UNKNOWN]:
            yield Station(one.site, today(one.insee), carrier)
