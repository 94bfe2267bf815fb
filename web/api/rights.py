"""The register and the projects over the API: the same questions as the pages and the shell, with the same answers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from nms.base.clock import legal_day
from nms.base.permissions import Permission
from nms.base.text import clean
from spectrum import deployment, obligations, statement, told, verification
from spectrum.act_file import read_day
from spectrum.chronicle import Holding
from spectrum.dossiers import Dossier, Dossiers
from spectrum.drafts import Draft
from spectrum.law.course import Event, Mark
from spectrum.law.versions import Nature
from spectrum.register import Register
from web.api import imports, papers, supposing
from web.dossiers import FACTS, one_seen, visible_projects
from web.guard import current_actor, requires
from web.known import known
from web.persons import person
from web.scoping import within
from web.services import Services

Day = Annotated[str, Field(max_length=10)]
Text = Annotated[str, Field(max_length=4000)]


class AsOfIn(BaseModel):
    """Which day, as known at the end of which day, and of whom."""

    model_config = ConfigDict(extra="forbid")
    on: Day = ""
    known_at: Day = ""
    area: Text = ""
    holder: Text = ""


class HoldingOut(BaseModel):
    """One holding; `bands_khz` empty and `valid_until` null stand for "not established"."""

    authorisation: str
    holder: str
    user: str
    departments: list[str]
    communes: list[str]
    bands_khz: list[list[int]]
    valid_from: str
    valid_until: str | None
    act: str
    parent: str
    marks: list[str]
    simulated: bool


class HoldingListOut(BaseModel):
    """What is held on a day."""

    on: str
    items: list[HoldingOut]


class DayIn(BaseModel):
    """Which day; today when left out."""

    model_config = ConfigDict(extra="forbid")
    on: Day = ""


class FeesIn(BaseModel):
    """Which year."""

    model_config = ConfigDict(extra="forbid")
    year: Annotated[int, Field(ge=2006, le=2100)]


class FeeOut(BaseModel):
    """What is owed for one right over some days, in cents of euro; null, with the reason, when it cannot be computed.

    `cents` counts both halves of a pair, `cents_pair_once` a pair once: which is meant is to be confirmed.
    """

    year: int
    holder: str
    authorisation: str
    act: str
    valid_from: str
    valid_until: str | None
    days: int
    days_of_year: int
    width_khz: int | None
    width_once_khz: int | None
    area_km2: float | None
    k2: str | None
    bf: str | None
    metropolis_km2: str | None
    cents: int | None
    cents_pair_once: int | None
    cannot_be_computed: str | None
    simulated: bool


class ObligationOut(BaseModel):
    """Sites due in a department by a day. `status`: met, due, late, to_ask or unknown, the last two with `why`."""

    authorisation: str
    act: str
    department: str
    sites_due: int
    due: str
    holders: list[str]
    status: str
    sites_in_service: int | None
    sites_missing: int | None
    days_left: int
    why: str | None
    source: str
    confidence: str
    simulated: bool


class ObligationListOut(BaseModel):
    """The obligations of a day."""

    on: str
    items: list[ObligationOut]


class FeeListOut(BaseModel):
    """What every holder owes in a year."""

    year: int
    items: list[FeeOut]


class DraftIn(BaseModel):
    """A project: the facts of `spectrum.drafts.Draft`; null stands for "not established"."""

    model_config = ConfigDict(extra="forbid")
    nature: Nature = Nature.CESSION
    title: Text
    cedant: Text
    cessionnaire: Text = ""
    area: Text
    bands_mhz: Text = ""
    start: Day
    until: Day = ""
    total: bool = False
    items: dict[str, Text] = {}
    split: Text = ""
    agreement: Text = ""
    assigned_by_call: bool | None = None
    public_service: bool | None = None
    station_locations: bool | None = None
    commitments: bool | None = None
    sanctioned: bool | None = None
    capacity: bool | None = None
    key: Annotated[str, Field(max_length=64)] = ""


class JudgedOut(BaseModel):
    """What the law of a day says of a project."""

    on: str
    outcome: str
    verdicts: list[dict[str, Any]]
    effects: list[str]


class EventIn(BaseModel):
    """An event of the procedure; the same `key` again changes nothing."""

    model_config = ConfigDict(extra="forbid")
    mark: Mark
    on: Day
    by: Text = ""
    reference: Text = ""
    note: Text = ""
    key: Annotated[str, Field(min_length=8, max_length=64)]


class DossierOut(BaseModel):
    """A project and where it stands; the financial conditions are never here."""

    reference: str
    version: int
    facts: dict[str, Any]
    stage: str
    since: str | None
    events: list[dict[str, str]]
    deadlines: list[dict[str, Any]]


class DossierListOut(BaseModel):
    """Projects, the newest first."""

    items: list[DossierOut]


class VerifiedOut(BaseModel):
    """What a verification of the journal and the register found."""

    entries: int
    broken_at: int | None
    reason: str
    head: str


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the routes."""
    supposing.add(blueprint)
    imports.add(blueprint, services)
    papers.add(blueprint)
    register = services.register
    dossiers = Dossiers(register, services.box)

    def today() -> date:
        return legal_day(services.clock.now())

    def listed(held: Sequence[Holding], on: date) -> HoldingListOut:
        actor = current_actor()
        seen = [one for one in held if actor.scope is None or one.extent.area <= actor.scope]
        with services.database.reading() as session:
            rows = told.holdings(seen, register.places(session))
        return HoldingListOut(on=on.isoformat(), items=[HoldingOut.model_validate(row) for row in rows])

    @blueprint.get("/register/holdings")
    @requires(Permission.RIGHT_READ)
    @blueprint.input(AsOfIn, location="query", arg_name="asked")
    @blueprint.output(HoldingListOut)
    def get_holdings(asked: AsOfIn) -> HoldingListOut:
        """What is held on a day, as known at the end of another; an account of communes asks about today only."""
        on, known = _days(asked, today())
        held = register.holdings(on, known)
        return listed(_of(held, asked, services), on)

    @blueprint.get("/register/residual")
    @requires(Permission.RIGHT_READ)
    @blueprint.input(AsOfIn, location="query", arg_name="asked")
    @blueprint.output(HoldingListOut)
    def get_residual(asked: AsOfIn) -> HoldingListOut:
        """What may still be ceded from a day on, as known at the end of another: where, in which band, until when."""
        on, known_at = _days(asked, today())
        area = _area(asked.area, services)
        return listed(told.residual(register.as_of(date.max, known_at), on, area, asked.holder), on)

    @blueprint.get("/register/fees")
    @requires(Permission.RIGHT_READ)
    @blueprint.input(FeesIn, location="query", arg_name="asked")
    @blueprint.output(FeeListOut)
    def get_fees(asked: FeesIn) -> FeeListOut:
        """What is owed in a year, with every factor; an account of communes asks about this year only."""
        year = asked.year if current_actor().scope is None else today().year
        with services.database.reading() as session:
            areas = statement.areas(session)
        lines = statement.statement(register.as_of(date.max).holdings(), areas, year, known().former(register))
        rows = [statement.row(one, year) for one in lines if within(current_actor(), one.holding.extent.area)]
        dated = [one | {"valid_from": one["from"], "valid_until": one["until"]} for one in rows]
        return FeeListOut(year=year, items=[FeeOut.model_validate(one) for one in dated])

    @blueprint.get("/register/obligations")
    @requires(Permission.RIGHT_READ)
    @blueprint.input(DayIn, location="query", arg_name="asked")
    @blueprint.output(ObligationListOut)
    def get_obligations(asked: DayIn) -> ObligationListOut:
        """Sites due against the stations in service; an account of communes gets those of its own acts, today."""
        actor = current_actor()
        on = read_day(asked.on) if asked.on and actor.scope is None else today()
        found = [one for one in deployment.obligations(register, on) if within(actor, one.act.area)]
        items = [ObligationOut.model_validate(obligations.row(one)) for one in found]
        return ObligationListOut(on=on.isoformat(), items=items)

    @blueprint.post("/register/check")
    @requires(Permission.ACT_DRAFT)
    @blueprint.input(DraftIn, arg_name="asked")
    @blueprint.output(JudgedOut)
    def check(asked: DraftIn) -> JudgedOut:
        """What the law of today and the register say of a project; writes nothing."""
        judged = dossiers.judge(_draft(asked, register), today())
        return JudgedOut(
            on=judged.on.isoformat(),
            outcome=judged.outcome.value,
            verdicts=[one.as_json() for one in judged.verdicts],
            effects=list(map(str, judged.effects)),
        )

    @blueprint.get("/register/dossiers")
    @requires(Permission.RIGHT_READ)
    @blueprint.output(DossierListOut)
    def list_dossiers() -> DossierListOut:
        """Every project that one may see, as it stands today."""
        return DossierListOut(items=[_told(one) for one in visible_projects()])

    @blueprint.get("/register/dossiers/<reference>")
    @requires(Permission.RIGHT_READ)
    @blueprint.output(DossierOut)
    def get_dossier(reference: str) -> DossierOut:
        """One project."""
        return _told(one_seen(reference))

    @blueprint.post("/register/dossiers")
    @requires(Permission.ACT_DRAFT)
    @blueprint.input(DraftIn, arg_name="asked")
    @blueprint.output(DossierOut, status_code=201)
    def create_dossier(asked: DraftIn) -> DossierOut:
        """Open a project; the same `key` again is the same project."""
        key = asked.key or secrets.token_hex(16)
        reference = dossiers.create(_draft(asked, register), person(), today(), key)
        return _told(dossiers.one(reference, today()))

    @blueprint.post("/register/dossiers/<reference>/events")
    @requires(Permission.ACT_DECIDE)
    @blueprint.input(EventIn, arg_name="asked")
    @blueprint.output(DossierOut)
    def add_event(reference: str, asked: EventIn) -> DossierOut:
        """Record an event of the procedure; 422 with every verdict when it is not in order."""
        event = Event(asked.mark, read_day(asked.on), clean(asked.by), clean(asked.reference), clean(asked.note, 2000))
        dossiers.add_event(reference, event, person(), asked.key)
        return _told(dossiers.one(reference, today()))

    @blueprint.get("/register/verification")
    @requires(Permission.LEDGER_VERIFY)
    @blueprint.output(VerifiedOut)
    def verify() -> VerifiedOut:
        """Recompute the chain of the journal, and each act against its entry."""
        with services.database.reading() as session:
            found = verification.verify(session)
        return VerifiedOut(entries=found.entries, broken_at=found.broken_at, reason=found.reason, head=found.head)


def _days(asked: AsOfIn, today: date) -> tuple[date, date | None]:
    if current_actor().scope is not None:
        return today, None
    return read_day(asked.on) if asked.on else today, read_day(asked.known_at) if asked.known_at else None


def _area(text: str, services: Services) -> frozenset[str] | None:
    if not text:
        return None
    with services.database.reading() as session:
        return services.register.places(session).area(text)


def _of(held: Sequence[Holding], asked: AsOfIn, services: Services) -> list[Holding]:
    area = _area(asked.area, services)
    who = services.register.as_of(date.max).parties
    return [
        one
        for one in held
        if (area is None or not area.isdisjoint(one.extent.area))
        and (not asked.holder or who.same(asked.holder, one.holder))
    ]


def _draft(asked: DraftIn, register: Register) -> Draft:
    facts = asked.model_dump(include=set(FACTS) | {"nature", "total"})
    title = clean(asked.title)
    return Draft(
        title=title,
        cedant=clean(asked.cedant),
        cessionnaire=clean(asked.cessionnaire),
        area_text=clean(asked.area, 4000),
        bands_text=clean(asked.bands_mhz),
        start=read_day(asked.start),
        until=read_day(asked.until) if asked.until else None,
        items={clean(code): clean(text, 4000) for code, text in asked.items.items()},
        split=clean(asked.split, 2000),
        agreement=clean(asked.agreement),
        simulated=any(one.simulated for one in register.as_of(date.max).of_title(title)),
        **facts,
    )


def _told(one: Dossier) -> DossierOut:
    standing = one.standing
    return DossierOut(
        reference=one.row.reference,
        version=one.row.version,
        facts=dict(one.draft.as_json()),
        stage=standing.stage.value.removesuffix("_stage"),
        since=standing.since.isoformat() if standing.since else None,
        events=[{"mark": e.mark.value, "on": e.on.isoformat(), "reference": e.reference} for e in one.events],
        deadlines=[
            {"code": d.code, "due": d.due.isoformat(), "article": d.article, "text": str(d.text), "ask": str(d.ask)}
            for d in standing.deadlines
        ],
    )
