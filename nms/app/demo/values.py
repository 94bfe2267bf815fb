"""What the simulated devices hold: objects whose values are functions of time, moving as real ones do."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import cos, pi, sin

from collectors.snmp_ber import encode_integer, encode_oid, tlv
from nms.app.demo.region import Box, Region, planned_khz
from nms.app.demo.script import Effects

DAY_S = 86400.0
FIRST_START_S = 1_780_000_000.0
_INTEGER, _OCTETS, _OID, _COUNTER32, _GAUGE32, _TICKS, _COUNTER64 = 0x02, 0x04, 0x06, 0x41, 0x42, 0x43, 0x46

Reader = Callable[[float], bytes | None]
"""The encoded value at an instant (epoch seconds); None while the object is not there."""
Arcs = tuple[int, ...]


def _number(tag: int, value: int) -> bytes:
    content = encode_integer(value)
    return bytes((tag,)) + content[1:]


def constant(encoded: bytes) -> Reader:
    """A value that does not move."""
    return lambda _t_s: encoded


def text(value: str) -> bytes:
    """An octet string."""
    return tlv(_OCTETS, value.encode())


class Mib:
    """Objects in OID order; `next_after` skips those that are not there now."""

    def __init__(self, objects: dict[str, Reader]) -> None:
        named = sorted((tuple(int(arc) for arc in oid.split(".")), oid, reader) for oid, reader in objects.items())
        self._order = [arcs for arcs, _, _ in named]
        self._names = [encode_oid(oid) for _, oid, _ in named]
        self._readers = [reader for _, _, reader in named]
        self._place = {arcs: place for place, arcs in enumerate(self._order)}

    def get(self, arcs: Arcs, t_s: float) -> bytes | None:
        """The encoded value of one object."""
        place = self._place.get(arcs)
        return None if place is None else self._readers[place](t_s)

    def next_after(self, arcs: Arcs, t_s: float) -> tuple[Arcs, bytes, bytes] | None:
        """The next object that is there: its arcs, its encoded name, its encoded value; None at the end."""
        for place in range(bisect_right(self._order, arcs), len(self._order)):
            value = self._readers[place](t_s)
            if value is not None:
                return self._order[place], self._names[place], value
        return None


@dataclass(frozen=True, slots=True)
class Flow:
    """A load in bit/s over the day, never negative, with its exact integral: rates and counters agree."""

    mean_bps: float
    phase: float

    def bps(self, t_s: float) -> float:
        """Load at an instant: a daily wave, a slow one and a quick one."""
        day, slow, quick = (2 * pi * t_s / period for period in (DAY_S, 1700.0, 67.0))
        wave = 0.5 * sin(day + self.phase) + 0.25 * sin(slow + 3 * self.phase) + 0.2 * sin(quick + 7 * self.phase)
        return self.mean_bps * (1 + wave)

    def bits(self, t_s: float) -> float:
        """Bits since the epoch: the integral of `bps`."""
        total = t_s
        for share, period, factor in ((0.5, DAY_S, 1), (0.25, 1700.0, 3), (0.2, 67.0, 7)):
            total -= share * period / (2 * pi) * (cos(2 * pi * t_s / period + factor * self.phase) - 1)
        return self.mean_bps * total


@dataclass(frozen=True, slots=True)
class Port:
    """One port of a box; `scripted` ports also carry the load of the script."""

    index: int
    name: str
    speed_bps: int
    inward: Flow
    outward: Flow
    scripted: bool = False
    kind: int = 6


def objects(box: Box, region: Region, effects: Effects) -> dict[str, Reader]:
    """Every object of a box."""
    made = dict(_system(box, effects))
    for port in _ports(box, region):
        made.update(_interface(port, effects))
    made["1.3.6.1.2.1.2.1.0"] = constant(_number(_INTEGER, len(_ports(box, region))))
    if box.model == "station":
        made.update(_wimax(box, effects))
    if box.model == "hotspot":
        made.update(_airos(box))
    return made


_SYSTEM = {
    "router": ("1.3.6.1.4.1.8072.3.2.10", "Linux {name} 6.1.0 #1 SMP x86_64 (simulated router)"),
    "station": ("1.3.6.1.4.1.99999.16", "IEEE 802.16 base station, three sectors (simulated)"),
    "cpe": ("1.3.6.1.4.1.8072.3.2.10", "Linux {name} 5.10.0 OpenWrt mips (simulated)"),
    "hotspot": ("1.3.6.1.4.1.10002.1", "Linux 2.6.33 airOS v6.3 (simulated)"),
}


def _system(box: Box, effects: Effects) -> Iterator[tuple[str, Reader]]:
    object_id, description = _SYSTEM[box.model]
    first_s = FIRST_START_S + box.number * 4_321.0

    def uptime(t_s: float) -> bytes:
        return _number(_TICKS, int((t_s - effects.started_at_s(t_s, first_s)) * 100) % 2**32)

    yield "1.3.6.1.2.1.1.1.0", constant(text(description.format(name=box.name)))
    yield "1.3.6.1.2.1.1.2.0", constant(encode_oid(object_id))
    yield "1.3.6.1.2.1.1.3.0", uptime
    yield "1.3.6.1.2.1.1.4.0", constant(text("noc@example.org"))
    yield "1.3.6.1.2.1.1.5.0", constant(text(box.name))
    yield "1.3.6.1.2.1.1.6.0", constant(text(box.place.name))


def _ports(box: Box, region: Region) -> list[Port]:
    """The ports of a box; the load fits the place's size."""
    phase = box.number * 0.37
    busy = min(1_250_000.0, 300_000.0 + 120.0 * box.place.population)

    def port(index: int, name: str, speed_bps: int, mean_bps: float, **more: object) -> Port:
        flows = Flow(mean_bps, phase + index), Flow(mean_bps / 5, phase + index + 1)
        return Port(index, name, speed_bps, *flows, **more)  # type: ignore[arg-type]  # names of Port

    if box.model == "router":
        names = [child.name for child in region.boxes if child.parent == box.name and child.model == "station"]
        return [port(n, f"to-{name}", 10**9, 9e6) for n, name in enumerate(names, 1)]
    if box.model == "station":
        return [port(1, "eth0", 10**8, 9e6)] + [port(n + 1, f"sector-{n}", 0, 3e6, kind=237) for n in (1, 2, 3)]
    if box.model == "cpe":
        return [port(1, "wan", 10**7, busy, scripted=True), port(2, "lan", 10**8, busy)]
    return [port(1, "eth0", 10**8, busy / 3), port(2, "ath0", 0, busy / 3, kind=71)]


def _interface(port: Port, effects: Effects) -> Iterator[tuple[str, Reader]]:
    """IF-MIB of one port; its counters are the integrals of its load since the box started."""

    def octets(flow: Flow, added: bool) -> Callable[[float], int]:
        extra = effects.extra_bits if added and port.scripted and effects.load else None

        def bits(t_s: float) -> float:
            return flow.bits(t_s) + (extra(t_s) if extra else 0.0)

        def read(t_s: float) -> int:
            before = 0.0 if effects.reboot_s is None else bits(effects.started_at_s(t_s, 0.0))
            return int((bits(t_s) - before) / 8)

        return read

    inward, outward = octets(port.inward, True), octets(port.outward, False)
    low, high = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
    i = port.index
    yield f"{low}.1.{i}", constant(_number(_INTEGER, i))
    yield f"{low}.2.{i}", constant(text(port.name))
    yield f"{low}.3.{i}", constant(_number(_INTEGER, port.kind))
    yield f"{low}.5.{i}", constant(_number(_GAUGE32, min(port.speed_bps, 2**32 - 1)))
    yield f"{low}.7.{i}", constant(_number(_INTEGER, 1))
    yield f"{low}.8.{i}", constant(_number(_INTEGER, 1))
    yield f"{low}.10.{i}", lambda t: _number(_COUNTER32, inward(t) % 2**32)
    yield f"{low}.14.{i}", constant(_number(_COUNTER32, 0))
    yield f"{low}.16.{i}", lambda t: _number(_COUNTER32, outward(t) % 2**32)
    yield f"{low}.20.{i}", constant(_number(_COUNTER32, 0))
    yield f"{high}.1.{i}", constant(text(port.name))
    yield f"{high}.6.{i}", lambda t: _number(_COUNTER64, inward(t))
    yield f"{high}.10.{i}", lambda t: _number(_COUNTER64, outward(t))
    yield f"{high}.15.{i}", constant(_number(_GAUGE32, port.speed_bps // 10**6))
    yield f"{high}.18.{i}", constant(text(""))
    yield f"{high}.19.{i}", constant(_number(_TICKS, 0))


def _wimax(box: Box, effects: Effects) -> Iterator[tuple[str, Reader]]:
    """WMAN-IF2: a downlink centre per sector (kHz), CINR (dB) and RSSI (dBm) per registered terminal."""
    root = "1.0.8802.16.2.1"
    for sector in (1, 2, 3):
        planned = planned_khz(box, sector)

        def centre(t_s: float, sector: int = sector, planned: int = planned) -> bytes:
            return _number(_INTEGER, planned + effects.shift_khz(sector, t_s))

        yield f"{root}.2.9.1.2.1.6.{sector + 1}", centre
    for n, (sector, mac) in enumerate(box.terminals):
        row = ".".join(str(int(octet, 16)) for octet in mac.split(":"))
        for direction in (1, 2):
            index = f"{sector + 1}.{row}.{direction}.1"
            phase = box.number * 1.7 + n * 2.3 + direction
            yield f"{root}.1.2.3.1.7.{index}", _fading(effects, n, 22 + n % 3 * 3, 2.2, phase)
            yield f"{root}.1.2.3.1.8.{index}", _fading(effects, n, -71 - n % 4 * 3, 2.5, phase)


def _fading(effects: Effects, terminal: int, middle: float, depth: float, phase: float) -> Reader:
    """A level that fades slowly; absent while the terminal is not registered."""

    def read(t_s: float) -> bytes | None:
        if effects.is_deaf(terminal, t_s):
            return None
        wave = sin(t_s / 611 + phase) + 0.4 * sin(t_s / 43 + 2 * phase)
        return _number(_INTEGER, round(middle + depth * wave))

    return read


def _airos(box: Box) -> Iterator[tuple[str, Reader]]:
    """airMAX objects of a hotspot: frequency (MHz), power, signal, noise, rates, clients by the hour."""
    radio, station = "1.3.6.1.4.1.41112.1.4.1.1", "1.3.6.1.4.1.41112.1.4.5.1"
    phase = box.number * 0.9
    most = 3 + min(14, box.place.population // 400)

    def clients(t_s: float) -> bytes:
        hour = sin(2 * pi * (t_s / DAY_S) - 1.9)
        return _number(_INTEGER, max(0, round(most * (0.45 + 0.5 * hour + 0.15 * sin(t_s / 307 + phase)))))

    def signal(t_s: float) -> bytes:
        return _number(_INTEGER, round(-61 - box.number % 9 + 3 * sin(t_s / 203 + phase)))

    yield "1.2.840.10036.3.1.2.1.3.5", constant(text("NanoStation Loco M2"))
    yield f"{radio}.4.1", constant(_number(_INTEGER, 2412 + 25 * (box.number % 3)))
    yield f"{radio}.6.1", constant(_number(_INTEGER, 20))
    yield f"{station}.5.1", signal
    yield f"{station}.7.1", lambda t: _number(_INTEGER, round(88 + 6 * sin(t / 401 + phase)))
    yield f"{station}.8.1", constant(_number(_INTEGER, -95))
    yield f"{station}.9.1", lambda t: _number(_INTEGER, round(52e6 + 13e6 * sin(t / 307 + phase)))
    yield f"{station}.10.1", lambda t: _number(_INTEGER, round(39e6 + 13e6 * sin(t / 283 + phase)))
    yield f"{station}.14.1", constant(_number(_INTEGER, 20))
    yield f"{station}.15.1", clients
