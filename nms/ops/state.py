"""What the control room knows at this moment: the types that the sweep writes and that pages and metrics read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from collectors.base import InterfaceReading, RadioReading
from nms.ops.on_air import Emission
from spectrum.conformance import Conformance


class State(StrEnum):
    """Health of a device, sector, link or hotspot; ordered from good to bad by `SEVERITY`."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
    UNMEASURED = "unmeasured"


SEVERITY: dict[State, int] = {
    State.UP: 0,
    State.UNMEASURED: 1,
    State.UNKNOWN: 2,
    State.DEGRADED: 3,
    State.DOWN: 4,
}


class Kind(StrEnum):
    """Kinds of object that have a health."""

    DEVICE = "device"
    SECTOR = "sector"
    LINK = "link"
    HOTSPOT = "hotspot"


Key = tuple[Kind, str]
"""What an object is named by."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause in a judgement: `code` is a key of the translations, `facts` its numbers (units in their names)."""

    code: str
    facts: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The health of one object: state, since when, and why, worst cause first."""

    state: State
    since: datetime
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Measures:
    """Numbers of one object at its last poll; None is a gap, never zero.

    Rates in bit/s, loss and utilisation as ratios 0..1, rtt in seconds, levels in dBm/dB.
    """

    at_s: float
    rtt_s: float | None = None
    loss_ratio: float | None = None
    in_bps: float | None = None
    out_bps: float | None = None
    utilisation_ratio: float | None = None
    errors_per_s: float | None = None
    rssi_dbm: float | None = None
    cinr_db: float | None = None
    clients: float | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """An object as pages and metrics name it; labels come from the inventory, closed sets only.

    `device` is the device whose polls feed it (the near one for a link), `site` and `insee` the place it serves.
    `role` is what a device, or a link, is for. `committed_bps` is the rate of a link's contract, `planned_khz` the
    centre frequency that the plan gives a sector.
    """

    kind: Kind
    name: str
    label: str
    device: str
    site: str
    insee: str
    department: str
    family: str = ""
    role: str = ""
    maintenance: bool = False
    committed_bps: int | None = None
    planned_khz: int | None = None


@dataclass(frozen=True, slots=True)
class OnAir:
    """What an object emits as its radio told it last, against the rights of a legal day at its place.

    Of several radios the gravest case is shown. `since` is when its case was first told.
    """

    emission: Emission
    found: Conformance
    day: date
    since: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """Everything known now about one object.

    `on_air` is set for a sector in service, and for a device with radios of its own that tell a frequency; None while
    the register has not been read yet. Only for a device: `ports`, its interfaces with their raw counters, and
    `family`, as it was recognised, else as the inventory says.
    """

    subject: Subject
    judgement: Judgement
    measures: Measures | None
    radio: tuple[RadioReading, ...] = ()
    ports: tuple[InterfaceReading, ...] = ()
    family: str = ""
    on_air: OnAir | None = None
