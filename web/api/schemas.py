"""What the API takes and gives; units are in the names."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from nms.base.clock import FIRST_DAY, LAST_DAY, start_of_legal_day
from nms.ops.state import Kind, State, Status

PAGE_MOST = 500

Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
"""A day that is asked for."""

Instant = Annotated[AwareDatetime, Field(ge=start_of_legal_day(FIRST_DAY), lt=start_of_legal_day(LAST_DAY))]
"""An instant that is asked for, with its zone."""


class Out(BaseModel):
    """Base of what is given."""

    model_config = ConfigDict(from_attributes=True)


class Part(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")
    limit: Annotated[int, Field(ge=1, le=PAGE_MOST)] = 100
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class Page(Part):
    """Which part of a list, and which objects."""

    q: Annotated[str, Field(max_length=100)] = ""
    state: State | None = None
    department: Annotated[str, Field(max_length=3)] = ""
    insee: Annotated[str, Field(max_length=5)] = ""


class ReasonOut(Out):
    """One cause of a state: a code and its numbers."""

    code: str
    facts: dict[str, float | int | str]


class MeasuresOut(Out):
    """Numbers of the last poll; null is a gap."""

    at_s: float
    rtt_s: float | None
    loss_ratio: float | None
    in_bps: float | None
    out_bps: float | None
    utilisation_ratio: float | None
    errors_per_s: float | None
    rssi_dbm: float | None
    cinr_db: float | None
    clients: float | None


class RadioOut(Out):
    """One radio reading; `usable` false means that `value` is null and `reason` says why."""

    metric: str
    index: str
    value: float | None
    unit: str
    oid: str
    raw: str
    usable: bool
    reason: str


class StatusOut(BaseModel):
    """One object and its health."""

    kind: Kind
    name: str
    label: str
    device: str
    site: str
    insee: str
    department: str
    family: str
    role: str
    maintenance: bool
    state: State
    since: datetime
    reasons: list[ReasonOut]
    explanation: str
    measures: MeasuresOut | None


class StatusDetailOut(StatusOut):
    """The same, with its radio readings."""

    radio: list[RadioOut]


class AttemptOut(Out):
    """One poll of a device: when, how long it took, and the code of its failure (empty: it answered)."""

    at_s: float
    took_s: float
    sent: int
    lost: int
    code: str


class WhyOut(BaseModel):
    """Why an object is unmeasured or unknown: what is so, what to do now, and what was tried with which device."""

    code: str
    says: str
    do: str
    device: str
    attempts: list[AttemptOut]


class StatusWhyOut(StatusDetailOut):
    """One object with the answer to “why is this unmeasured?”; empty for what is measured."""

    why: list[WhyOut]


class StatusListOut(BaseModel):
    """A part of a list."""

    total: int
    limit: int
    offset: int
    items: list[StatusOut]


class SeriesIn(BaseModel):
    """Which points: epoch seconds, half-open; `resolution` raw, hourly or daily."""

    model_config = ConfigDict(extra="forbid")
    start_s: Annotated[int, Field(ge=0, le=2**40)] | None = None
    end_s: Annotated[int, Field(ge=0, le=2**40)] | None = None
    resolution: Annotated[str, Field(pattern="^(raw|hourly|daily)$")] = "raw"


class SeriesOut(BaseModel):
    """Points in the order of time; null is a gap."""

    resolution: str
    at_s: list[int]
    states: list[State | None]
    values: dict[str, list[float | None]]


class EventOut(BaseModel):
    """One change of state."""

    kind: Kind
    name: str
    at: datetime
    before: State
    after: State
    reasons: list[ReasonOut]


class EventListOut(BaseModel):
    """Changes of state, the newest first."""

    items: list[EventOut]


class NotificationOut(BaseModel):
    """What a device notified: `oid` is snmpTrapOID, `name` its name where it is known, `values` are (OID, text)."""

    id: int
    device: str
    at: datetime
    oid: str
    name: str
    uptime_s: int | None
    values: list[tuple[str, str]]
    times: int


class NotificationListOut(BaseModel):
    """Notifications, the newest first; `before` is what to ask for the older ones, null when there are none."""

    items: list[NotificationOut]
    before: int | None


class SweepOut(Out):
    """The sweep's own health."""

    started_at: datetime | None
    last_tick_at: datetime | None
    duration_s: float
    polled: int
    failed: dict[str, int]
    missed_runs: int
    in_flight: int
    devices: int
    dropped_samples: int


class SummaryOut(BaseModel):
    """How many objects of each kind stand in each state; `sweep` null for an account of communes: it tells of all."""

    counts: dict[Kind, dict[State, int]]
    sweep: SweepOut | None


class SiteOut(Out):
    """A site with its position; `position_of` says whose position it is (site, commune, or nobody's)."""

    name: str
    label: str
    kind: str
    insee: str
    commune: str
    department: str
    lat_deg: float | None
    lon_deg: float | None
    position_of: str
    address: str
    owner: str
    contact: str
    lifecycle: str


class SiteListOut(BaseModel):
    """Sites by name."""

    total: int
    items: list[SiteOut]


class CommuneOut(Out):
    """A commune of the territory."""

    insee: str
    name: str
    department: str
    epci_name: str
    population: int | None
    population_year: int | None
    lat_deg: float | None
    lon_deg: float | None


class CommuneListOut(BaseModel):
    """Communes that match, the best first."""

    items: list[CommuneOut]


class CommuneSearchIn(BaseModel):
    """A name, today's or a former one, or an INSEE code."""

    model_config = ConfigDict(extra="forbid")
    q: Annotated[str, Field(min_length=1, max_length=100)]
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class AvailabilityIn(BaseModel):
    """A legal month (2026-11), or legal days from `first_day` to `last_day`, both included."""

    model_config = ConfigDict(extra="forbid")
    month: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")] | None = None
    first_day: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    last_day: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None


class AvailabilityOut(BaseModel):
    """Seconds of a period in each state; `ratio` is null when nothing was measured.

    `maintenance_s` is the part of `unmeasured_s` that lies in works.
    """

    kind: Kind
    name: str
    ratio: float | None
    up_s: float
    degraded_s: float
    down_s: float
    unknown_s: float
    unmeasured_s: float
    maintenance_s: float = 0.0


class AvailabilityListOut(BaseModel):
    """Availability of every visible object; `month` is empty for other days than those of a month."""

    month: str
    first_day: date
    last_day: date
    items: list[AvailabilityOut]


class ObjectIn(BaseModel):
    """The cells of an object, by the column names of the import format."""

    model_config = ConfigDict(extra="forbid")
    cells: dict[Annotated[str, Field(max_length=63)], Annotated[str, Field(max_length=1000)]]


class ObjectListOut(BaseModel):
    """A part of the objects of a kind, by name."""

    total: int
    limit: int
    offset: int
    items: list[ObjectIn]


class ImportIn(BaseModel):
    """Whether to judge only."""

    model_config = ConfigDict(extra="forbid")
    dry_run: bool = False


class ComplaintOut(Out):
    """One error of a file: the row as a spreadsheet numbers it, the column, the value, and what to do."""

    row: int
    column: str
    value: str
    remedy: str


class ImportOut(BaseModel):
    """What an import did, or would do; counts are by kind of object."""

    rows: int
    applied: bool
    created: dict[str, int]
    updated: dict[str, int]
    unchanged: int
    complaints: list[ComplaintOut]
    complaints_total: int


class SavedOut(BaseModel):
    """What a write did."""

    kind: str
    name: str
    created: bool
    changed: bool


class WorksIn(BaseModel):
    """Whether works begin, or end."""

    model_config = ConfigDict(extra="forbid")
    begin: bool


class LifecycleIn(BaseModel):
    """Where the object is to stand."""

    model_config = ConfigDict(extra="forbid")
    lifecycle: Annotated[str, Field(pattern="^(planned|in_service|maintenance|retired)$")]


class ProblemOut(BaseModel):
    """A failure: what, where, what now."""

    status: int
    code: str
    message: str
    facts: dict[str, object]


def status_fields(row: Status, explanation: str) -> dict[str, object]:
    """The fields of `StatusOut`."""
    s, j = row.subject, row.judgement
    return {
        "kind": s.kind,
        "name": s.name,
        "label": s.label,
        "device": s.device,
        "site": s.site,
        "insee": s.insee,
        "department": s.department,
        "family": row.family or s.family,
        "role": s.role,
        "maintenance": s.maintenance,
        "state": j.state,
        "since": j.since,
        "reasons": [ReasonOut(code=r.code, facts=dict(r.facts)) for r in j.reasons],
        "explanation": explanation,
        "measures": MeasuresOut.model_validate(row.measures) if row.measures else None,
    }
