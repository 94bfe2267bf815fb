"""What is on the air against the rights over the API: the list of the page `/emissions`, by the same rules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from apiflask import APIBlueprint
from pydantic import BaseModel

from nms.base.permissions import Permission
from nms.ops.state import Kind
from spectrum.conformance import Case, Verdict
from web.api.schemas import Part
from web.conformity import EVERY, OUTSIDE, emitted, told_row
from web.guard import requires
from web.known import known
from web.services import Services


class EmissionsIn(Part):
    """Which part of the list, and which case; left out, those that the rights do not cover."""

    case: Case | Literal["all"] | None = None


class EmissionOut(BaseModel):
    """What an object emits as its radio told it last, against the rights of a legal day; null is "not known".

    `width_as_planned`: the radio tells a centre and no width, which is then that of the plan.
    """

    kind: Kind
    name: str
    device: str
    insee: str
    commune: str
    planned_centre_khz: float | None
    planned_width_khz: float | None
    centre_khz: float | None
    width_khz: float | None
    width_as_planned: bool
    power_dbm: float | None
    eirp_dbm: float | None
    verdict: Verdict
    case: Case
    why: str
    article: str
    acts: list[str]
    day: date
    since: datetime


class EmissionListOut(BaseModel):
    """Emissions, the gravest first."""

    total: int
    limit: int
    offset: int
    items: list[EmissionOut]


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the route."""

    @blueprint.get("/emissions")
    @requires(Permission.RIGHT_READ)
    @blueprint.input(EmissionsIn, location="query", arg_name="asked")
    @blueprint.output(EmissionListOut)
    def list_emissions(asked: EmissionsIn) -> EmissionListOut:
        """Emissions against the rights, as the page shows them."""
        case, names = asked.case, known().commune_names()
        found = emitted(OUTSIDE if case is None else EVERY if case == "all" else {Case(case)})
        items = [
            EmissionOut.model_validate(told_row(line, names))
            for line in found[asked.offset : asked.offset + asked.limit]
        ]
        return EmissionListOut(total=len(found), limit=asked.limit, offset=asked.offset, items=items)
