"""From what a device said to what that means for each object: its evidence for health, and its measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median

from collectors.base import InterfaceReading, Metric, RadioReading
from inventory.queries import HotspotRow, LinkRow, PollTarget
from nms.ops.health import End, Evidence
from nms.ops.network import Network, ends_of
from nms.ops.on_air import Emission, of_device, of_sector, steps
from nms.ops.state import Key, Kind, Measures
from nms.ops.tracking import PortRates, Track

Seen = tuple[Evidence, Measures, tuple[RadioReading, ...]]


class Witness:
    """Reads the tracks of all devices; one method per kind of object."""

    def __init__(self, network: Network, tracks: Mapping[str, Track]) -> None:
        self._network = network
        self._tracks = tracks
        self._sectors = {s.name: (t, s) for t in network.devices.values() for s in t.sectors}

    def see(self, key: Key) -> Seen:
        """Evidence, measures and radio rows of one object, from the newest polls."""
        off = self._network.not_in_service.get(key)
        if off:
            return Evidence(not_in_service=off), Measures(0.0), ()
        kind, name = key
        if kind is Kind.DEVICE:
            return self._device(self._network.devices[name])
        if kind is Kind.SECTOR:
            return self._sector(name)
        if kind is Kind.LINK:
            return self._link(self._network.links[name])
        return self._hotspot(self._network.hotspots[name])

    def emissions(self, key: Key, radio: tuple[RadioReading, ...]) -> tuple[Emission, ...]:
        """What a sector emits, or the radios of a device that are no sector's; nothing for other kinds."""
        kind, name = key
        if kind is Kind.SECTOR:
            return (of_sector(radio, self._sectors[name][1].width_khz),)
        if kind is Kind.DEVICE and radio:
            return of_device(radio, [sector.radio_index for sector in self._network.devices[name].sectors])
        return ()

    def ports(self, key: Key) -> tuple[InterfaceReading, ...]:
        """The interfaces of a device at its last poll; nothing for other kinds."""
        track = self._tracks.get(key[1]) if key[0] is Kind.DEVICE else None
        return tuple(track.ports.values()) if track is not None else ()

    def _base(self, device: str) -> Evidence:
        """What the reachability of a device says, for any object on it."""
        track = self._tracks.get(device)
        if track is None or track.reading is None:
            return Evidence()
        return Evidence(
            reachable=track.reachable,
            refusal=track.error,
            parent_down=self._parent_down(device) if track.reachable is False else "",
            loss_ratio=track.judged_loss(),
            rtt_s=track.reading.rtt_s,
        )

    def _parent_down(self, device: str) -> str:
        """The nearest parent that is silent too; empty when the device is silent alone."""
        target = self._network.devices.get(device)
        parent = target.parent if target is not None else ""
        track = self._tracks.get(parent)
        return parent if track is not None and track.reachable is False else ""

    def _measures(self, device: str, **more: float | None) -> Measures:
        track = self._tracks.get(device)
        if track is None or track.reading is None:
            return Measures(0.0)
        return Measures(track.last_at_s, rtt_s=track.reading.rtt_s, loss_ratio=track.loss_ratio(), **more)

    def _device(self, target: PollTarget) -> Seen:
        track = self._tracks.get(target.name)
        radio = tuple(row for rows in track.radio.values() for row in rows) if track else ()
        rates = [rate for rate in track.rates.values() if rate.in_bps is not None] if track else []
        measures = self._measures(
            target.name,
            in_bps=_sum(rate.in_bps for rate in rates),
            out_bps=_sum(rate.out_bps for rate in rates),
            errors_per_s=_sum(rate.errors_per_s for rate in rates),
            clients=clients_of(radio),
        )
        return self._base(target.name), measures, radio

    def _sector(self, name: str) -> Seen:
        target, sector = self._sectors[name]
        base = self._base(target.name)
        radio = self._rows_of(target.name, sector.radio_index) if sector.radio_index else ()
        cinr, rssi = _median(radio, Metric.CINR), _median(radio, Metric.RSSI)
        clients = clients_of(radio)
        evidence = _with(base, cinr_db=cinr, rssi_dbm=rssi, measured=any(row.usable for row in radio))
        return evidence, self._measures(target.name, cinr_db=cinr, rssi_dbm=rssi, clients=clients), radio

    def _hotspot(self, row: HotspotRow) -> Seen:
        track = self._tracks.get(row.device)
        radio = tuple(r for rows in track.radio.values() for r in rows) if track else ()
        port, rates = self._port(row.device, row.interface)
        ends = (port,) if port is not None else ()
        evidence = _with(self._base(row.device), ends=ends, errors_per_s=rates.errors_per_s if rates else None)
        measures = self._measures(
            row.device,
            in_bps=rates.in_bps if rates else None,
            out_bps=rates.out_bps if rates else None,
            errors_per_s=rates.errors_per_s if rates else None,
            rssi_dbm=_median(radio, Metric.RSSI),
            clients=clients_of(radio),
        )
        return evidence, measures, radio

    def _link(self, link: LinkRow) -> Seen:
        device = self._teller(link)
        radio = self._terminal_rows(link)
        cinr, rssi = _median(radio, Metric.CINR), _median(radio, Metric.RSSI)
        near, near_rates = self._port(link.a_device, link.a_interface)
        far, far_rates = self._port(link.b_device, link.b_interface)
        inward, outward, errors = _through(near_rates, far_rates)
        speeds = [
            s for s in (self._speed(link.a_device, link.a_interface), self._speed(link.b_device, link.b_interface)) if s
        ]
        capacity = link.committed_bps or (min(speeds) if speeds else None)
        flows = [flow for flow in (inward, outward) if flow is not None]
        utilisation = max(flows) / capacity if flows and capacity else None
        evidence = _with(
            self._base(device),
            ends=tuple(end for end in (near, far) if end is not None),
            utilisation_ratio=utilisation,
            errors_per_s=errors,
            port_speed_bps=min(speeds) if speeds else None,
            committed_bps=link.committed_bps,
            cinr_db=cinr,
            rssi_dbm=rssi,
            absent=self._absent(link, radio),
        )
        measures = self._measures(
            device,
            in_bps=inward,
            out_bps=outward,
            utilisation_ratio=utilisation,
            errors_per_s=errors,
            cinr_db=cinr,
            rssi_dbm=rssi,
        )
        return evidence, measures, radio

    def _teller(self, link: LinkRow) -> str:
        """The device whose reachability stands for the link: the farthest that is polled and in service."""
        names = [name for name in ends_of(link) if name in self._tracks]
        on_duty = (name for name in names if (Kind.DEVICE, name) not in self._network.not_in_service)
        return next(on_duty, names[0] if names else "")

    def _port(self, device: str, name: str) -> tuple[End | None, PortRates | None]:
        """One end and its rates; None when the link names no port there, or its device is not polled."""
        track = self._tracks.get(device)
        if not name or track is None:
            return None, None
        port = track.ports.get(name)
        if port is None:
            return End(f"{device} {name}", None), None
        return End(f"{device} {name}", port.oper_up, port.admin_up), track.rates.get(name)

    def _speed(self, device: str, name: str) -> int | None:
        track = self._tracks.get(device)
        port = track.ports.get(name) if track is not None else None
        return port.speed_bps if port is not None else None

    def _rows_of(self, device: str, index: str) -> tuple[RadioReading, ...]:
        """Radio rows of a sector: its own index, and those below it (index.MAC...)."""
        track = self._tracks.get(device)
        if track is None:
            return ()
        wanted = steps(index)
        return tuple(r for i, rows in track.radio.items() if steps(i)[: len(wanted)] == wanted for r in rows)

    def _terminal_rows(self, link: LinkRow) -> tuple[RadioReading, ...]:
        track = self._tracks.get(link.sector_device)
        if track is None or not link.terminal_mac:
            return ()
        wanted = link.terminal_mac.replace("-", ":").lower()
        return tuple(r for i, rows in track.radio.items() if wanted in steps(i) for r in rows)

    def _absent(self, link: LinkRow, radio: tuple[RadioReading, ...]) -> str:
        """The terminal, when its base station lists others in the same sector and not this one."""
        if radio or not link.terminal_mac or link.sector not in self._sectors:
            return ""
        _, sector = self._sectors[link.sector]
        rows = self._rows_of(link.sector_device, sector.radio_index) if sector.radio_index else ()
        listed = any(row.usable and any(":" in step for step in steps(row.index)) for row in rows)
        return link.terminal or link.terminal_mac if listed else ""


def _with(base: Evidence, **facts: object) -> Evidence:
    """Evidence with more facts; an unreachable or refusing device says nothing else."""
    if base.reachable is not True:
        return base
    return Evidence(
        reachable=True,
        loss_ratio=base.loss_ratio,
        rtt_s=base.rtt_s,
        **facts,  # type: ignore[arg-type]  # names of Evidence
    )


def _through(near: PortRates | None, far: PortRates | None) -> tuple[float | None, float | None, float | None]:
    """Bit/s towards the place served, from it, and errors per second at both ends."""
    inward = far.in_bps if far is not None and far.in_bps is not None else near.out_bps if near is not None else None
    outward = far.out_bps if far is not None and far.out_bps is not None else near.in_bps if near is not None else None
    return inward, outward, _sum(end.errors_per_s for end in (near, far) if end is not None)


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _median(rows: Iterable[RadioReading], metric: Metric) -> float | None:
    values = [row.value for row in rows if row.metric is metric and row.usable and row.value is not None]
    return float(median(values)) if values else None


def clients_of(rows: Iterable[RadioReading]) -> float | None:
    """How many clients the rows tell in all (those of two radios of one access point); None: none of them tells."""
    return _sum(row.value for row in rows if row.metric is Metric.CLIENTS and row.usable)
