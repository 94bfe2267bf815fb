"""How the contract of a link was kept, over the API: interruptions, and percentiles of slots of five minutes."""

from __future__ import annotations

from datetime import date, datetime

from apiflask import APIBlueprint
from pydantic import BaseModel

from nms.base.clock import from_epoch
from nms.base.permissions import Permission
from nms.ops.state import Kind
from web import contracts
from web.api.reading import asked_period
from web.api.schemas import AvailabilityIn, Out
from web.guard import current_actor, requires
from web.scoping import one
from web.services import Services


class InterruptionOut(BaseModel):
    """A time in which the link was down; `counted_s` is its length without works; `lasts`: not over in the period.

    `longer_than_contract` is null where the contract class does not say how soon the link is to be restored.
    """

    start: datetime
    end: datetime
    counted_s: int
    works_s: int
    unwatched_s: int
    lasts: bool
    longer_than_contract: bool | None


class PercentilesOut(Out):
    """95th percentiles (nearest rank) of slots of five minutes; null is "not measured", a sum is per slot."""

    slots: int
    measured: int
    in_bps: float | None
    out_bps: float | None
    sum_bps: float | None
    rtt_s: float | None
    loss_ratio: float | None


class ContractOut(BaseModel):
    """How the contract of a link was kept over legal days, so far."""

    name: str
    first_day: date
    last_day: date
    contract_class: str
    restored_within_s: int | None
    interruptions: list[InterruptionOut]
    interrupted_s: int
    longest_s: int
    percentiles: PercentilesOut


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the routes."""

    @blueprint.get("/links/<path:name>/contract")
    @requires(Permission.REPORT_READ)
    @blueprint.input(AvailabilityIn, location="query", arg_name="asked")
    @blueprint.output(ContractOut)
    def get_contract(name: str, asked: AvailabilityIn) -> ContractOut:
        """Interruptions and percentiles of one link (the latest thirty days unless said otherwise)."""
        period = asked_period(asked, services)
        found = contracts.kept(one(services.live, current_actor(), Kind.LINK, name), period)
        return ContractOut(
            name=name,
            first_day=period.first,
            last_day=period.last,
            contract_class=contracts.contract_class(name),
            restored_within_s=found.within_s,
            interruptions=[
                InterruptionOut(
                    start=from_epoch(this.start_s),
                    end=from_epoch(this.end_s),
                    counted_s=this.counted_s,
                    works_s=this.works_s,
                    unwatched_s=this.unwatched_s,
                    lasts=this.lasts,
                    longer_than_contract=None if found.within_s is None else found.is_longer(this),
                )
                for this in found.interruptions
            ],
            interrupted_s=found.interrupted_s,
            longest_s=found.longest_s,
            percentiles=PercentilesOut.model_validate(found.percentiles),
        )
