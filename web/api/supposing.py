"""What if, over the API: one supposition, with the same answers as the page; writes nothing."""

from __future__ import annotations

from typing import Annotated, Any

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from nms.base.permissions import Permission
from spectrum import obligations
from spectrum.rights import Extent
from spectrum.whatif import Moved, Touched, parties
from web.guard import requires
from web.owing import Fees
from web.scoping import whole_region
from web.whatif import alternative

Text = Annotated[str, Field(max_length=4000)]


class SupposedIn(BaseModel):
    """The fields of the page, under the same names; empty facts stand for "not established"."""

    model_config = ConfigDict(extra="forbid")
    title: Text
    area_text: Text
    nature: Text = "cession"
    cessionnaire: Text = ""
    bands_text: Text = ""
    start: Annotated[str, Field(max_length=10)]
    until: Annotated[str, Field(max_length=10)] = ""
    total: Text = "no"
    agreement: Text = ""
    assigned_by_call: Text = ""
    public_service: Text = ""
    station_locations: Text = ""
    commitments: Text = ""
    sanctioned: Text = ""
    capacity: Text = ""


class SupposedOut(BaseModel):
    """What would be. `why_not` is empty when nothing in the register stands against it."""

    outcome: str
    why_not: str
    verdicts: list[dict[str, Any]]
    given: list[dict[str, Any]]
    kept: list[dict[str, Any]]
    fees: list[dict[str, Any]]
    sectors: list[dict[str, Any]]
    inhabitants: int | None
    obligations: list[dict[str, Any]]
    effects: list[str]


def add(blueprint: APIBlueprint) -> None:
    """Add the route."""

    @blueprint.get("/register/whatif")
    @requires(Permission.RIGHT_READ)
    @whole_region
    @blueprint.input(SupposedIn, location="query", arg_name="asked")
    @blueprint.output(SupposedOut)
    def what_if(asked: SupposedIn) -> SupposedOut:
        """What the law says, what changes hands, what remains, what each party owes, which sectors are touched."""
        told = alternative("A", asked.model_dump())
        case = told.case
        return SupposedOut(
            outcome=case.judged.outcome.value,
            why_not=str(case.why_not),
            verdicts=[one.as_json() for one in told.verdicts],
            given=[_extent(one) for one in case.given()],
            kept=[_extent(one) for one in case.kept()],
            fees=[_fees(one) for one in told.fees],
            sectors=[_sector(one) for one in told.sectors],
            inhabitants=told.people,
            obligations=[_moved(one) for one in told.moved],
            effects=list(map(str, case.judged.effects)),
        )


def _extent(one: Extent) -> dict[str, Any]:
    end = one.period.end
    return {
        "communes": sorted(one.area),
        "bands_khz": one.bands.as_lists(),
        "valid_from": one.period.start.isoformat(),
        "valid_until": end.isoformat() if end else None,
    }


def _fees(one: Fees) -> dict[str, Any]:
    """Cents of euro; null, or a sum without a part, with the reasons."""
    return {
        "party": one.after.party,
        "year": one.after.year,
        "cents_before": one.before.cents,
        "cents_after": one.after.cents,
        "cannot_be_computed": list(dict.fromkeys(map(str, one.before.open + one.after.open))),
    }


def _moved(one: Moved) -> dict[str, Any]:
    """An obligation with how it stands on each side; null: nobody owes it by that clause."""
    clause = one.any.clause
    return {
        "authorisation": one.any.authorisation,
        "department": clause.department,
        "sites_due": clause.sites,
        "due": clause.due.isoformat(),
        "moves": one.moves,
        "before": obligations.row(one.before) if one.before else None,
        "after": obligations.row(one.after) if one.after else None,
    }


def _sector(one: Touched) -> dict[str, Any]:
    return {
        "sector": one.sector.name,
        "device": one.sector.device,
        "commune": one.commune,
        "change": one.change.name.lower(),
        "verdict_before": one.before.verdict.value,
        "verdict_after": one.after.verdict.value,
        "users_before": list(parties(one.before)),
        "users_after": list(parties(one.after)),
    }
