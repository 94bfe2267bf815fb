"""Objects and their health: lists, one object, its series, its events."""

from __future__ import annotations

from collections.abc import Sequence

from apiflask import APIBlueprint

from nms.base.clock import epoch_s
from nms.base.errors import InputError
from nms.base.permissions import Permission
from nms.base.text import say
from nms.ops.history import COLUMNS, Resolution
from nms.ops.models import HealthEvent
from nms.ops.outcome import load_reasons
from nms.ops.state import Kind, State, Status
from web import timeline
from web.api.schemas import (
    AttemptOut,
    EventListOut,
    EventOut,
    Page,
    RadioOut,
    ReasonOut,
    SeriesIn,
    SeriesOut,
    StatusListOut,
    StatusOut,
    StatusWhyOut,
    WhyOut,
    status_fields,
)
from web.formats import sentence
from web.guard import current_actor, requires
from web.scoping import one, visible
from web.services import Services
from web.unmeasured import findings
from web.wording import in_language

PLURALS = {"devices": Kind.DEVICE, "sectors": Kind.SECTOR, "links": Kind.LINK, "hotspots": Kind.HOTSPOT}
WORDS = "any(devices, sectors, links, hotspots)"
SPAN_MOST_S = 4000 * 86400
RAW_MOST_S = 8 * 86400
EVENTS_MOST = 200


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the routes."""

    def out(row: Status) -> StatusOut:
        return StatusOut.model_validate(status_fields(row, sentence(row, services.clock.now())))

    @blueprint.get(f"/<{WORDS}:plural>")
    @requires(Permission.DEVICE_READ)
    @blueprint.input(Page, location="query", arg_name="page")
    @blueprint.output(StatusListOut)
    def list_objects(plural: str, page: Page) -> StatusListOut:
        """Objects of one kind, by name."""
        rows = [row for row in visible(services.live, current_actor(), PLURALS[plural]) if _matches(row, page)]
        items = [out(row) for row in rows[page.offset : page.offset + page.limit]]
        return StatusListOut(total=len(rows), limit=page.limit, offset=page.offset, items=items)

    @blueprint.get(f"/<{WORDS}:plural>/<path:name>")
    @requires(Permission.DEVICE_READ)
    @blueprint.output(StatusWhyOut)
    def get_object(plural: str, name: str) -> StatusWhyOut:
        """One object; `why` tells what is missing when it is unmeasured or unknown."""
        row = one(services.live, current_actor(), PLURALS[plural], name)
        fields = status_fields(row, sentence(row, services.clock.now()))
        return StatusWhyOut.model_validate(
            fields | {"radio": [RadioOut.model_validate(r) for r in row.radio], "why": _why(services, row)}
        )

    @blueprint.get(f"/<{WORDS}:plural>/<path:name>/series")
    @requires(Permission.DEVICE_READ)
    @blueprint.input(SeriesIn, location="query", arg_name="asked")
    @blueprint.output(SeriesOut)
    def get_series(plural: str, name: str, asked: SeriesIn) -> SeriesOut:
        """Points of one object; the last 24 hours unless said otherwise."""
        kind = PLURALS[plural]
        one(services.live, current_actor(), kind, name)
        end_s = asked.end_s if asked.end_s is not None else epoch_s(services.clock.now()) + 1
        start_s = asked.start_s if asked.start_s is not None else end_s - 86400
        most_s = RAW_MOST_S if asked.resolution == "raw" else SPAN_MOST_S
        if not 0 < end_s - start_s <= most_s:
            raise InputError(
                "bad_span",
                say("start_s must lie before end_s, by at most {most_s} s at this resolution.", most_s=most_s),
            )
        found = services.store.series(kind, name, start_s, end_s, Resolution(asked.resolution))
        values = {column: found.values[column] for column in COLUMNS}
        return SeriesOut(resolution=found.resolution.value, at_s=found.at_s, states=found.states, values=values)

    @blueprint.get(f"/<{WORDS}:plural>/<path:name>/events")
    @requires(Permission.DEVICE_READ)
    @blueprint.output(EventListOut)
    def get_events(plural: str, name: str) -> EventListOut:
        """The newest changes of state of one object, the newest first."""
        kind = PLURALS[plural]
        one(services.live, current_actor(), kind, name)
        return EventListOut(items=_shown(timeline.of_object(services, kind, name, EVENTS_MOST)))

    @blueprint.get("/events")
    @requires(Permission.DEVICE_READ)
    @blueprint.output(EventListOut)
    def list_events() -> EventListOut:
        """The newest changes of state of every object that one may see, the newest first."""
        return EventListOut(items=_shown(timeline.of_all(services, current_actor(), EVENTS_MOST)))


def _shown(events: Sequence[HealthEvent]) -> list[EventOut]:
    return [
        EventOut(
            kind=Kind(row.kind),
            name=row.name,
            at=row.at,
            before=State(row.before),
            after=State(row.after),
            reasons=[ReasonOut(code=r.code, facts=dict(r.facts)) for r in load_reasons(row.reasons)],
        )
        for row in events
    ]


def _why(services: Services, row: Status) -> list[WhyOut]:
    return [
        WhyOut(
            code=finding.code,
            says=in_language(finding.says),
            do=in_language(finding.do),
            device=finding.device,
            attempts=[AttemptOut.model_validate(attempt) for attempt in finding.attempts],
        )
        for finding in findings(services, row)
    ]


def _matches(row: Status, page: Page) -> bool:
    s, wanted = row.subject, page.q.casefold()
    return (
        (page.state is None or row.judgement.state is page.state)
        and (not page.department or s.department == page.department)
        and (not page.insee or s.insee == page.insee)
        and (not wanted or wanted in f"{s.name} {s.label} {s.site} {s.insee}".casefold())
    )
