"""One commune over the API: its services, the rights there today, and each sector against them."""

from __future__ import annotations

from apiflask import APIBlueprint
from pydantic import BaseModel

from nms.base.permissions import Permission
from nms.ops.state import State
from spectrum import told
from spectrum.conformance import Case, Conformance, Verdict
from web.api.rights import HoldingOut
from web.api.schemas import CommuneOut, StatusOut, status_fields
from web.communes import Emitter, pictured
from web.formats import sentence
from web.guard import current_actor, requires
from web.services import Services


class VerdictOut(BaseModel):
    """Whether an emission lies in the rights of today, by which authorisations, and why."""

    verdict: Verdict
    case: Case
    article: str
    authorisations: list[str]
    why: str


class EmitterOut(BaseModel):
    """A sector: what is planned and what the device tells, each beside its verdict; null is "not known"."""

    sector: str
    device: str
    planned_centre_khz: float | None
    planned_width_khz: float | None
    planned: VerdictOut | None
    observed_centre_khz: float | None
    observed_width_khz: float | None
    observed: VerdictOut | None


class CommuneDetailOut(BaseModel):
    """A commune; `state` is of its best link or hotspot (null: none), `holdings` null for who may not read."""

    commune: CommuneOut
    former_insee: list[str]
    state: State | None
    services: list[StatusOut]
    holdings: list[HoldingOut] | None
    emitters: list[EmitterOut]


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the routes."""

    @blueprint.get("/communes/<insee>")
    @requires(Permission.DEVICE_READ)
    @blueprint.output(CommuneDetailOut)
    def get_commune(insee: str) -> CommuneDetailOut:
        """One commune by its INSEE code of today or of the past."""
        picture = pictured(services, current_actor(), insee)
        at = services.clock.now()
        with services.database.reading() as session:
            places = services.register.places(session)
            rows = None if picture.held is None else told.holdings(picture.held, places)
        return CommuneDetailOut(
            commune=CommuneOut.model_validate(picture.commune),
            former_insee=[one.old_insee for one in picture.merged],
            state=picture.served.state,
            services=[StatusOut.model_validate(status_fields(row, sentence(row, at))) for row in picture.rows],
            holdings=None if rows is None else [HoldingOut.model_validate(row) for row in rows],
            emitters=[_emitter(one) for one in picture.emitters],
        )


def _emitter(one: Emitter) -> EmitterOut:
    return EmitterOut(
        sector=one.row.name,
        device=one.row.device,
        planned_centre_khz=one.row.centre_khz,
        planned_width_khz=one.row.width_khz,
        planned=_verdict(one.planned),
        observed_centre_khz=one.emission.centre_khz if one.emission else None,
        observed_width_khz=one.emission.width_khz if one.emission else None,
        observed=_verdict(one.observed),
    )


def _verdict(found: Conformance | None) -> VerdictOut | None:
    if found is None:
        return None
    by = list(dict.fromkeys(one.authorisation for one in found.by))
    return VerdictOut(
        verdict=found.verdict, case=found.case, article=found.article, authorisations=by, why=str(found.why)
    )
