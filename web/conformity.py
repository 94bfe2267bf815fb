"""What is on the air against the rights, as pages tell it: one verdict, that of the last poll, everywhere."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from io import StringIO
from typing import Any

from flask import Blueprint, Response, render_template, request

from nms.base.clock import legal_day
from nms.base.permissions import Actor, Permission
from nms.base.text import csv_cell, say
from nms.ops.conformity import GRAVITY, load
from nms.ops.on_air import Emission
from nms.ops.state import Kind, OnAir, Status
from spectrum.acts import Act
from spectrum.chronicle import Holding
from spectrum.conformance import Case, Conformance, Verdict, emission, judge
from web import timeline
from web.account import services
from web.downloads import csv_file
from web.guard import current_actor, requires
from web.known import known
from web.network_families import EMITTING
from web.scoping import visible, within
from web.services import Services
from web.wording import in_language

blueprint = Blueprint("conformity", __name__)
OUTSIDE = frozenset(case for case in Case if case.verdict is Verdict.VIOLATION)
EVERY = frozenset(Case)
BEYOND = say("it rests on rights that reach beyond your communes")
COLUMNS = (
    "kind",
    "name",
    "device",
    "insee",
    "commune",
    "planned_centre_khz",
    "planned_width_khz",
    "centre_khz",
    "width_khz",
    "width_as_planned",
    "power_dbm",
    "eirp_dbm",
    "verdict",
    "case",
    "why",
    "article",
    "acts",
    "day",
    "since",
)
"""Those of the file of emissions, and the fields of the API."""


@dataclass(frozen=True, slots=True)
class Line:
    """One emission as a page shows it; `planned_khz` is the centre and the width of its plan, None without one."""

    status: Status
    on_air: OnAir
    planned_khz: tuple[float | None, float | None]
    eirp_dbm: float | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of case of one object; `why` and `acts` are empty for who may not read them."""

    at: datetime
    case: Case
    emission: Emission
    why: str
    article: str
    acts: tuple[str, ...]


def told_to(actor: Actor, found: Conformance) -> Conformance:
    """A verdict for an actor: an account of a commune learns no right that reaches beyond its own."""
    if actor.scope is None or all(within(actor, one.extent.area) for one in found.by):
        return found
    return Conformance(found.case, (), BEYOND, found.article)


def line_of(status: Status) -> Line | None:
    """What an object emits, for who may read rights; None where it emits nothing that is judged."""
    on_air = status.on_air
    if on_air is None or not current_actor().may(Permission.RIGHT_READ):
        return None
    row = known().sectors().get(status.subject.name) if status.subject.kind is Kind.SECTOR else None
    power, eirp = on_air.emission.power_dbm, None
    if row is not None and power is not None and row.gain_dbi is not None and row.feeder_loss_db is not None:
        eirp = power + row.gain_dbi - row.feeder_loss_db
    planned = (row.centre_khz, row.width_khz) if row is not None else (None, None)
    return Line(status, replace(on_air, found=told_to(current_actor(), on_air.found)), planned, eirp)


def lines_of(rows: Iterable[Status]) -> list[Line]:
    """Their emissions, the gravest first."""
    found = [line for row in rows if (line := line_of(row)) is not None]
    return sorted(found, key=lambda one: (GRAVITY[one.on_air.found.case], one.status.subject.name))


def counts(rows: Iterable[Status]) -> Counter[Case]:
    """How many emissions stand in each case."""
    return Counter(row.on_air.found.case for row in rows if row.on_air is not None)


@dataclass(frozen=True, slots=True)
class Tile:
    """The emissions that one sees, by verdict."""

    outside: int
    unproven: int
    within: int


def tile(rows: Iterable[Status]) -> Tile | None:
    """The sums of the overview; None where nothing is judged, or for who may not read rights."""
    found = counts(rows) if current_actor().may(Permission.RIGHT_READ) else Counter()
    if not found:
        return None
    by: Counter[Verdict] = Counter()
    for case, count in found.items():
        by[case.verdict] += count
    return Tile(by[Verdict.VIOLATION], by[Verdict.CANNOT_PROVE], by[Verdict.CONFORM])


def by_act(act: Act) -> list[Line]:
    """The emissions whose verdict rests on what an act made, or on an authorisation of its number."""

    def rests(one: Holding) -> bool:
        return act.number in (one.act, one.authorisation)

    rows = (row for kind in EMITTING for row in visible(services().live, current_actor(), kind))
    return lines_of(row for row in rows if row.on_air is not None and any(map(rests, row.on_air.found.by)))


def judged(parts: Services, centre_khz: float | None, width_khz: float | None, insee: str) -> Conformance:
    """A planned emission against the rights of today at a place (code as the inventory has it)."""
    today = legal_day(parts.clock.now())
    keeper = known()
    return judge(
        emission(centre_khz, width_khz),
        keeper.today(insee),
        today,
        keeper.of_day("held", today, lambda: parts.register.holdings(today)),
        stands=insee,
        former=keeper.former(parts.register),
    )


def acts_by_number() -> Mapping[str, str]:
    """The page of each act that one may see, by its number."""
    actor = current_actor()
    if not actor.may(Permission.RIGHT_READ):
        return {}
    acts = known().acts(services().register)
    return {one.act.number: f"/registre/actes/{one.row.id}" for one in acts if within(actor, one.act.area)}


def history(kind: Kind, name: str, most: int) -> Sequence[Changed]:
    """The newest changes of case of one object, for who may read rights."""
    actor = current_actor()
    if kind not in EMITTING or not actor.may(Permission.RIGHT_READ):
        return []
    found = []
    for row in timeline.conformity_of(services(), kind, name, most):
        told = load(row.told)
        why, acts = (told.why, told.acts) if actor.scope is None else ("", ())
        found.append(Changed(row.at, Case(row.after), told.emission, why, told.article, acts))
    return found


def emitted(cases: Collection[Case]) -> list[Line]:
    """The emissions of these cases that the reader may see, the gravest first."""
    return _of_cases(_emitting(), cases)


def _emitting() -> list[Status]:
    """Everything with radios that the reader may see."""
    return [row for kind in EMITTING for row in visible(services().live, current_actor(), kind)]


def _of_cases(rows: Iterable[Status], cases: Collection[Case]) -> list[Line]:
    return lines_of(row for row in rows if row.on_air is not None and row.on_air.found.case in cases)


def told_row(line: Line, names: Mapping[str, str]) -> dict[str, object]:
    """One emission by `COLUMNS`: kHz, dBm, None where it is not known; `acts` a tuple of numbers."""
    subject, on_air = line.status.subject, line.on_air
    carrier, found = on_air.emission, on_air.found
    values = (
        subject.kind.value,
        subject.name,
        subject.device,
        subject.insee,
        names.get(subject.insee, ""),
        *line.planned_khz,
        carrier.centre_khz,
        carrier.width_khz,
        carrier.planned_width,
        carrier.power_dbm,
        line.eirp_dbm,
        found.verdict.value,
        found.case.value,
        in_language(found.why),
        found.article,
        found.acts,
        on_air.day,
        on_air.since,
    )
    return dict(zip(COLUMNS, values, strict=True))


@blueprint.get("/emissions")
@requires(Permission.RIGHT_READ)
def page() -> Any:
    """Every emission of a case; without one, those that the rights do not cover."""
    (asked, cases), rows = _asked(), _emitting()
    standing = counts(rows)
    return render_template(
        "emissions.html",
        found=_of_cases(rows, cases),
        asked=asked,
        counts=standing,
        cases=tuple(Case),
        outside=sum(standing[one] for one in OUTSIDE),
        acts=acts_by_number(),
        names=known().commune_names(),
    )


@blueprint.get("/emissions.csv")
@requires(Permission.RIGHT_READ)
def as_file() -> Response:
    """The same list as a file; what is not known is an empty cell."""
    asked, cases = _asked()
    names, out = known().commune_names(), StringIO()
    write = csv.writer(out)
    write.writerow(COLUMNS)
    for line in emitted(cases):
        write.writerow([_cell(value) for value in told_row(line, names).values()])
    return csv_file(out.getvalue(), f"emissions{'-' if asked else ''}{asked}.csv")


def _asked() -> tuple[str, frozenset[Case]]:
    """The word of the query where it is one, and the cases that it means; nonsense asks for what is not covered."""
    asked = request.args.get("cas", "")
    if asked == "tous":
        return asked, EVERY
    return (asked, frozenset({Case(asked)})) if asked in list(Case) else ("", OUTSIDE)


def _cell(value: object) -> object:
    """A number as it is; a text that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return value
    if isinstance(value, tuple):
        return csv_cell("; ".join(value))
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else csv_cell(str(value))
