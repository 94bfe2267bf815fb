"""The hot path: what to ask a device is decided once, then asked with one GET per poll.

    plan = await discover(client, target)
    reading = await collect(client, target, plan, slow=False, clock=clock)

A plan is made anew when `reading.plan_stale`: ports were renumbered, or radio objects went away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from collectors import oids
from collectors.base import (
    DeviceReading,
    InterfaceReading,
    RadioReading,
    SnmpClient,
    SnmpTarget,
    ValueKind,
    VarBind,
)
from collectors.gentle import GentleClient
from collectors.interfaces import EXACT_BELOW_BPS, find_ports, number_of, speed_bps, text_of
from collectors.probe import model_of
from collectors.profile import Profile, bundled
from collectors.radio import Instance, gather_radio
from collectors.recognise import Identity, recognise
from collectors.snmp import CheckedClient, prepare
from collectors.values import read
from nms.base.clock import Clock
from nms.base.errors import DeviceError
from nms.base.units import TICKS_WRAP

_NONE = -1
"""Position of a value that is not asked: the last of the list, which is always None."""

_FAST_HC = (
    oids.IF_HC_IN_OCTETS, oids.IF_HC_OUT_OCTETS, oids.IF_IN_ERRORS, oids.IF_OUT_ERRORS, oids.IF_OPER_STATUS,
    oids.IF_HIGH_SPEED, oids.IF_DISCONTINUITY,
)  # fmt: skip
_FAST_32 = (oids.IF_IN_OCTETS, oids.IF_OUT_OCTETS, *_FAST_HC[2:5], oids.IF_SPEED, oids.IF_DISCONTINUITY)
_GONE = (ValueKind.NO_SUCH_INSTANCE, ValueKind.NO_SUCH_OBJECT)
_AT_ONCE = 56


@dataclass(frozen=True, slots=True)
class PlannedPort:
    """A port and where its seven values stand in the fast answer: in, out, in errors, out errors, oper, speed, gap.

    `name_oid` is the object that told the name; empty when the port has none.
    """

    if_index: int
    name: str
    name_oid: str
    at: tuple[int, int, int, int, int, int, int]
    counter_bits: int
    speed_factor: int


@dataclass(slots=True)
class Memory:
    """What the last polls of one device said that the next needs; not part of the plan's identity."""

    uptime_ticks: int | None = None
    at_s: float = 0.0
    admin_up: dict[int, bool | None] = field(default_factory=dict)
    numbers: int = 0
    """How many values from the first on must be numbers; 0: not counted yet."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to ask one device. `fast` starts with sysUpTime; `slow` holds names, admin states and slow radio."""

    family: str
    vendor: str
    model: str
    identity: Identity
    ports: tuple[PlannedPort, ...]
    fast: tuple[str, ...]
    slow: tuple[str, ...]
    radio_fast: tuple[tuple[Instance, int], ...]
    radio_slow: tuple[Instance, ...]
    warnings: tuple[str, ...]
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)


async def discover(client: SnmpClient, target: SnmpTarget, profiles: Sequence[Profile] | None = None) -> Plan:
    """The plan of one device: family, ports by name, radio instances.

    Raises:
        DeviceError: it does not answer.
    """
    warnings: list[str] = []
    client = GentleClient(client)
    answer = await client.get(target, oids.SYSTEM_GROUP)
    object_id = answer[oids.SYS_OBJECT_ID].value
    identity = Identity(
        text_of(answer[oids.SYS_DESCR]),
        object_id.strip(".") if isinstance(object_id, str) else "",
        text_of(answer[oids.SYS_NAME]),
        number_of(answer[oids.SYS_UPTIME]),
    )
    found = await recognise(client, target, identity, bundled() if profiles is None else profiles)
    warnings += found.warnings
    model = await model_of(client, target, found.profile, identity)
    radio: list[tuple[Instance, VarBind]] = []
    await gather_radio(client, target, found.profile, warnings.append, radio)
    indexes = await find_ports(client, target, warnings.append)
    fast: list[str] = [oids.SYS_UPTIME]
    ports = await _planned_ports(client, target, indexes, fast)
    kept = [item for item, row in radio if row.kind not in _GONE]
    fast_items = [item for item in kept if item.wanted.tier == "fast"]
    radio_fast = tuple((item, _place(fast, item.oid)) for item in fast_items)
    radio_slow = tuple(item for item in kept if item.wanted.tier == "slow")
    slow = [port.name_oid for port in ports if port.name_oid]
    slow += [f"{oids.IF_ADMIN_STATUS}.{port.if_index}" for port in ports]
    slow += [item.oid for item in radio_slow]
    plan = Plan(
        found.profile.family, found.profile.vendor, model, identity, ports, tuple(fast),
        tuple(dict.fromkeys(slow)), radio_fast, radio_slow, tuple(warnings),
    )  # fmt: skip
    plan.memory.uptime_ticks = identity.uptime_ticks
    return plan


def _place(fast: list[str], oid: str) -> int:
    """Position of an OID in the fast question, which grows when it is new."""
    if oid not in fast:
        fast.append(oid)
    return fast.index(oid)


async def _planned_ports(
    client: SnmpClient, target: SnmpTarget, indexes: Sequence[int], fast: list[str]
) -> tuple[PlannedPort, ...]:
    wanted = [
        f"{column}.{index}"
        for index in indexes
        for column in (oids.IF_NAME, oids.IF_DESCR, *dict.fromkeys(_FAST_HC + _FAST_32))
    ]
    answer: dict[str, VarBind] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        answer |= await client.get(target, wanted[start : start + _AT_ONCE])
    return tuple(_planned(index, answer, fast) for index in indexes)


def _planned(index: int, answer: dict[str, VarBind], fast: list[str]) -> PlannedPort:
    def has(column: str) -> bool:
        return number_of(answer.get(f"{column}.{index}")) is not None

    wide = has(oids.IF_HC_IN_OCTETS) and has(oids.IF_HC_OUT_OCTETS)
    columns = list(_FAST_HC if wide else _FAST_32)
    high = _tells_speed_in_mbps(answer, index)
    columns[5] = oids.IF_HIGH_SPEED if high else oids.IF_SPEED
    at = []
    for column in columns:
        if has(column):
            at.append(len(fast))
            fast.append(f"{column}.{index}")
        else:
            at.append(_NONE)
    name_oid = next(
        (oid for column in (oids.IF_NAME, oids.IF_DESCR) if text_of(answer.get(oid := f"{column}.{index}"))), ""
    )
    name = text_of(answer.get(name_oid)) or str(index)
    factor = 1_000_000 if high else 1
    places = (at[0], at[1], at[2], at[3], at[4], at[5], at[6])
    return PlannedPort(index, name, name_oid, places, 64 if wide else 32, factor)


def _tells_speed_in_mbps(answer: dict[str, VarBind], index: int) -> bool:
    """Whether ifHighSpeed is the one to poll: not for slow lines (2,048 kbit/s), which it rounds, nor when absent."""
    high = number_of(answer.get(f"{oids.IF_HIGH_SPEED}.{index}"))
    low = number_of(answer.get(f"{oids.IF_SPEED}.{index}"))
    return high is not None and not (low and low < EXACT_BELOW_BPS)


async def collect(client: SnmpClient, target: SnmpTarget, plan: Plan, *, slow: bool, clock: Clock) -> DeviceReading:
    """One poll of one device; a failure is the reading's `error`, never an exception.

    When sysUpTime fell, the names of the ports are checked in the same poll: readings are not glued to another port.
    """
    before_s = clock.monotonic_s()
    try:
        values, kinds, rtt_s, sent, lost = await _ask(client, target, plan.fast)
    except DeviceError as error:
        tries = target.retries + 1
        at = clock.now().timestamp()
        return DeviceReading(at, clock.monotonic_s(), sent=tries, lost=tries, error=error)
    at_s, monotonic_s = clock.now().timestamp(), clock.monotonic_s()
    warnings: list[str] = []
    radio = [_radio(item, values[place], kinds[place]) for item, place in plan.radio_fast]
    stale = any(kinds[place] in _GONE and not item.wanted.comes_and_goes for item, place in plan.radio_fast)
    _numbers_only(plan, values, warnings)
    uptime = values[0]
    uptime_ticks = uptime if isinstance(uptime, int) else None
    if slow or _restarted(plan.memory, uptime_ticks, monotonic_s):
        try:
            renamed = await _slow(client, target, plan, radio)
            stale = stale or bool(renamed)
        except DeviceError as error:
            warnings.append(f"The slow values were not read: {error.message}")
            renamed = set()
    else:
        renamed = set()
    plan.memory.uptime_ticks, plan.memory.at_s = uptime_ticks, monotonic_s
    admin = plan.memory.admin_up
    ports = [_port(port, values, admin) for port in plan.ports if port.if_index not in renamed]
    return DeviceReading(
        at_s, monotonic_s, uptime_ticks, tuple(ports), tuple(item for item in radio if item is not None),
        rtt_s if rtt_s is not None else monotonic_s - before_s, sent, lost, None, tuple(warnings), stale,
    )  # fmt: skip


_Values = list[int | bytes | str | None]


async def _ask(
    client: SnmpClient, target: SnmpTarget, asked: tuple[str, ...]
) -> tuple[_Values, list[ValueKind], float | None, int, int]:
    """Values and kinds in the order asked, with one None after the last."""
    if isinstance(client, CheckedClient):
        answer = await client.get_values(target, prepare(asked))
        return [*answer.values, None], [*answer.kinds, ValueKind.NULL], answer.rtt_s, answer.sent, answer.lost
    rows = await client.get(target, asked)
    values: _Values = [rows[oid].value for oid in asked]
    return [*values, None], [*(rows[oid].kind for oid in asked), ValueKind.NULL], None, 1, 0


def _numbers_only(plan: Plan, values: _Values, warnings: list[str]) -> None:
    """Put None where a port's value is no number (reliability row 5): its neighbours stand."""
    if not plan.memory.numbers:
        plan.memory.numbers = 1 + max((place for port in plan.ports for place in port.at), default=0)
    for place in range(plan.memory.numbers):
        if type(values[place]) is not int:
            if values[place] is not None:
                warnings.append(f"{plan.fast[place]} holds no number.")
            values[place] = None


def _port(port: PlannedPort, values: _Values, admin: dict[int, bool | None]) -> InterfaceReading:
    received, sent, received_bad, sent_bad, oper, speed, gap = port.at
    state: object = values[oper]
    return InterfaceReading(
        port.if_index,
        port.name,
        None if state is None or state == 4 else state == 1,
        admin.get(port.if_index),
        values[received],  # type: ignore[arg-type]  # _numbers_only left only int and None
        values[sent],  # type: ignore[arg-type]  # as above
        values[received_bad],  # type: ignore[arg-type]  # as above
        values[sent_bad],  # type: ignore[arg-type]  # as above
        _speed(values[speed], port.speed_factor),
        port.counter_bits,
        values[gap],  # type: ignore[arg-type]  # as above
    )


def _speed(value: int | bytes | str | None, factor: int) -> int | None:
    if not isinstance(value, int):
        return None
    return speed_bps(value, None) if factor > 1 else speed_bps(None, value)


def _radio(item: Instance, value: int | bytes | str | None, kind: ValueKind) -> RadioReading | None:
    return read(item.wanted, VarBind(item.oid, kind, value), item.index)


def _restarted(memory: Memory, uptime_ticks: int | None, monotonic_s: float) -> bool:
    """Whether sysUpTime fell, other than by its wrap at 497 days (a false alarm costs one question)."""
    if uptime_ticks is None or memory.uptime_ticks is None or uptime_ticks >= memory.uptime_ticks:
        return False
    elapsed = (monotonic_s - memory.at_s) * 100
    return abs((memory.uptime_ticks + elapsed) % TICKS_WRAP - uptime_ticks) > max(1_000.0, elapsed * 0.1)


async def _slow(client: SnmpClient, target: SnmpTarget, plan: Plan, radio: list[RadioReading | None]) -> set[int]:
    """Ask the slow tier: remembers admin states, adds slow radio, gives the ifIndex whose port has another name now.

    Raises:
        DeviceError: the device did not answer.
    """
    if not plan.slow:
        return set()
    rows = await client.get(target, plan.slow)
    for port in plan.ports:
        state = number_of(rows.get(f"{oids.IF_ADMIN_STATUS}.{port.if_index}"))
        plan.memory.admin_up[port.if_index] = None if state not in oids.ADMIN_STATUS else state == 1
    radio += [read(item.wanted, rows[item.oid], item.index) for item in plan.radio_slow]
    return {port.if_index for port in plan.ports if port.name_oid and text_of(rows[port.name_oid]) != port.name}
