"""The vocabulary between devices and the rest: targets, values, readings, and the protocol of an SNMP client.

No SNMP library's type crosses this line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from nms.base.errors import DeviceError


class SnmpVersion(StrEnum):
    """The three message processing models."""

    V1 = "v1"
    V2C = "v2c"
    V3 = "v3"


@dataclass(frozen=True, slots=True)
class SnmpCredential:
    """What opens a device. `repr` shows no secret.

    v1/v2c: `community`. v3: `user`, `auth` (None, SHA1, SHA256, SHA512), `priv` (None, AES128, AES256) and their
    passphrases (8 characters or more), and `context` for the rare device that has several. No field has a default that
    opens anything.
    """

    version: SnmpVersion
    community: str = field(default="", repr=False)
    user: str = ""
    auth: str | None = None
    auth_key: str = field(default="", repr=False)
    priv: str | None = None
    priv_key: str = field(default="", repr=False)
    name: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True)
class SnmpTarget:
    """Where to ask: a literal IP address (already checked by `inventory.address`), a port, a credential, patience.

    `timeout_s` is per request, `retries` are further tries, `deadline_s` bounds one whole call (a walk included).
    """

    host: str
    port: int
    credential: SnmpCredential
    timeout_s: float = 1.5
    retries: int = 1
    deadline_s: float = 8.0


class ValueKind(StrEnum):
    """SNMP type of a value as it stood on the wire, or why there is none."""

    INTEGER = "integer"
    OCTETS = "octets"
    OID = "oid"
    IP_ADDRESS = "ip_address"
    COUNTER32 = "counter32"
    GAUGE32 = "gauge32"
    TICKS = "ticks"
    OPAQUE = "opaque"
    COUNTER64 = "counter64"
    NULL = "null"
    UNKNOWN_TYPE = "unknown_type"
    NO_SUCH_OBJECT = "no_such_object"
    NO_SUCH_INSTANCE = "no_such_instance"
    END_OF_VIEW = "end_of_view"
    BAD = "bad"
    UNTYPED = "untyped"


@dataclass(frozen=True, slots=True)
class VarBind:
    """One answered object. `value` is int, bytes or str (dotted OID or address); None when there is none.

    `reason` is set when `kind` is BAD: why this one value cannot be believed; its neighbours stand.
    """

    oid: str
    kind: ValueKind
    value: int | bytes | str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Walk:
    """A bounded walk: the rows so far, and why it stopped early (None: it is complete)."""

    rows: tuple[VarBind, ...]
    stopped: DeviceError | None = None


class SnmpClient(Protocol):
    """Asks one device at a time, many devices at once. Every failure is a `DeviceError` of `nms.base.errors`."""

    async def get(self, target: SnmpTarget, oids: Sequence[str]) -> dict[str, VarBind]:
        """One value or verdict per asked OID (dotted, no leading dot); splits on `tooBig`."""
        ...

    async def walk(self, target: SnmpTarget, root: str, *, row_cap: int = 10_000, bulk: int = 20) -> Walk:
        """The subtree below `root` by GETBULK (GETNEXT for v1): rising OIDs, row cap, overall deadline.

        A failure before the first row is raised; later, it is `Walk.stopped` and the rows so far are kept.
        """
        ...


class Metric(StrEnum):
    """What a radio reading measures; units are fixed here, once."""

    FREQUENCY = "frequency"
    CHANNEL_WIDTH = "channel_width"
    TX_POWER = "tx_power"
    RSSI = "rssi"
    NOISE = "noise"
    CINR = "cinr"
    SNR = "snr"
    RATE = "rate"
    CAPACITY = "capacity"
    CLIENTS = "clients"
    DISTANCE = "distance"
    UTILISATION = "utilisation"
    QUALITY = "quality"


UNITS: dict[Metric, str] = {
    Metric.FREQUENCY: "kHz",
    Metric.CHANNEL_WIDTH: "kHz",
    Metric.TX_POWER: "dBm",
    Metric.RSSI: "dBm",
    Metric.NOISE: "dBm",
    Metric.CINR: "dB",
    Metric.SNR: "dB",
    Metric.RATE: "bps",
    Metric.CAPACITY: "bps",
    Metric.CLIENTS: "",
    Metric.DISTANCE: "m",
    Metric.UTILISATION: "%",
    Metric.QUALITY: "%",
}


@dataclass(frozen=True, slots=True)
class RadioReading:
    """One radio value. `value` is in `UNITS[metric]`; when `usable` is false, `value` is None and `reason` says why."""

    metric: Metric
    index: str
    value: float | None
    unit: str
    oid: str
    raw: str
    usable: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InterfaceReading:
    """One port at one instant. Counters are raw octets or packets, None when not answered.

    `counter_bits` is 64 when the HC columns answered, else 32. `admin_up`/`oper_up` are None when unknown.
    `discontinuity_ticks` is ifCounterDiscontinuityTime.
    """

    if_index: int
    name: str
    oper_up: bool | None
    admin_up: bool | None
    in_octets: int | None
    out_octets: int | None
    in_errors: int | None
    out_errors: int | None
    speed_bps: int | None
    counter_bits: int
    discontinuity_ticks: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceReading:
    """All that one poll of one device brought back; `error` says why it brought nothing.

    `at_s` is wall epoch seconds, `monotonic_s` the poller's monotonic time of the answer; `uptime_ticks` sysUpTime.
    `sent`/`lost` count the requests of this poll and `rtt_s` is the round trip of an answered one.
    `plan_stale` asks for a new discovery: ports were renumbered, or radio objects went away.
    """

    at_s: float
    monotonic_s: float
    uptime_ticks: int | None = None
    interfaces: tuple[InterfaceReading, ...] = ()
    radio: tuple[RadioReading, ...] = ()
    rtt_s: float | None = None
    sent: int = 0
    lost: int = 0
    error: DeviceError | None = None
    warnings: tuple[str, ...] = ()
    plan_stale: bool = False
