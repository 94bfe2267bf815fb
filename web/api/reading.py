"""Summary, sites, communes, availability."""

from __future__ import annotations

from apiflask import APIBlueprint

from inventory import territory
from nms.base.clock import epoch_s
from nms.base.permissions import Permission
from nms.ops import reports, works
from nms.ops.reports import Period
from nms.ops.state import Kind, State
from web.api.schemas import (
    AvailabilityIn,
    AvailabilityListOut,
    AvailabilityOut,
    CommuneListOut,
    CommuneOut,
    CommuneSearchIn,
    Page,
    SiteListOut,
    SiteOut,
    SummaryOut,
    SweepOut,
)
from web.guard import current_actor, requires
from web.known import known
from web.scoping import visible
from web.services import Services


def asked_period(asked: AvailabilityIn, services: Services) -> Period:
    """The legal days that are asked for; the latest thirty unless said otherwise."""
    if asked.month:
        return reports.month_of(asked.month)
    if asked.first_day or asked.last_day:
        return reports.period(asked.first_day or "", asked.last_day or "")
    return reports.latest_days(services.clock.now())


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the routes."""

    @blueprint.get("/summary")
    @requires(Permission.HEALTH_READ)
    @blueprint.output(SummaryOut)
    def get_summary() -> SummaryOut:
        """How many objects stand in each state, and how the sweep goes."""
        counts = {kind: dict.fromkeys(State, 0) for kind in Kind}
        for row in visible(services.live, current_actor()):
            counts[row.subject.kind][row.judgement.state] += 1
        sweep = SweepOut.model_validate(services.live.sweep) if current_actor().scope is None else None
        return SummaryOut(counts=counts, sweep=sweep)

    @blueprint.get("/sites")
    @requires(Permission.DEVICE_READ)
    @blueprint.input(Page, location="query", arg_name="page")
    @blueprint.output(SiteListOut)
    def list_sites(page: Page) -> SiteListOut:
        """Sites by name, with the position that is known."""
        actor, wanted = current_actor(), page.q.casefold()
        rows = [
            place
            for place in known().places().values()
            if actor.sees(place.insee or None)
            and (not page.department or place.department == page.department)
            and (not page.insee or place.insee == page.insee)
            and wanted in f"{place.name} {place.label} {place.commune}".casefold()
        ]
        shown = rows[page.offset : page.offset + page.limit]
        return SiteListOut(total=len(rows), items=[SiteOut.model_validate(place) for place in shown])

    @blueprint.get("/communes")
    @requires(Permission.DEVICE_READ)
    @blueprint.input(CommuneSearchIn, location="query", arg_name="asked")
    @blueprint.output(CommuneListOut)
    def search_communes(asked: CommuneSearchIn) -> CommuneListOut:
        """Communes by any of their names, or by code."""
        with services.database.reading() as session:
            found = territory.search_communes(session, asked.q, asked.limit)
            return CommuneListOut(items=[CommuneOut.model_validate(commune) for commune in found])

    @blueprint.get("/reports/availability")
    @requires(Permission.REPORT_READ)
    @blueprint.input(AvailabilityIn, location="query", arg_name="asked")
    @blueprint.output(AvailabilityListOut)
    def get_availability(asked: AvailabilityIn) -> AvailabilityListOut:
        """Availability over legal days (so far; the latest thirty unless said otherwise); unmeasured time apart."""
        period = asked_period(asked, services)
        start_s, end_s = epoch_s(period.start), epoch_s(period.until(services.clock.now()))
        with services.database.reading() as session:
            mended = works.read(session)
        subjects = known().network().subjects
        seen = {(row.subject.kind, row.subject.name) for row in visible(services.live, current_actor())}
        items = [
            AvailabilityOut(
                kind=found.kind,
                name=found.name,
                ratio=found.ratio,
                up_s=found.up_s,
                degraded_s=found.degraded_s,
                down_s=found.down_s,
                unknown_s=found.unknown_s,
                unmeasured_s=found.unmeasured_s,
                maintenance_s=min(
                    found.unmeasured_s,
                    mended.seconds(subjects[found.kind, found.name], start_s, end_s)
                    if (found.kind, found.name) in subjects
                    else 0,
                ),
            )
            for found in services.store.availability(start_s, end_s)
            if (found.kind, found.name) in seen
        ]
        return AvailabilityListOut(month=asked.month or "", first_day=period.first, last_day=period.last, items=items)
