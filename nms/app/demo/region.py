"""The simulated region: which boxes stand where, and the inventory file that names them. Deterministic by seed.

Real communes of the bundled territory, invented equipment. Everything leaves this module as rows of the ordinary
import format: no other code knows that the network is not real.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from math import cos, hypot, radians
from pathlib import Path

from inventory.territory import bundled_pack
from nms.app.demo.script import Cast

SEED = 2006
DEPARTMENTS = {"16": "16015", "17": "17300", "79": "79191", "86": "86194"}
"""Departments, each with the commune of its router."""
STATIONS, CYBERCENTRES, HOTSPOTS = 11, 32, 31
"""Per department."""
PLAN_KHZ = (3_434_250, 3_437_750, 3_441_250, 3_444_750)
"""Channels of 3.5 MHz in the block 3,432.5 to 3,447.5 MHz."""
HOLDER = "Région Nouvelle-Aquitaine"
"""Who holds the demo network’s frequencies, and owns its masts."""
V2C, V3 = "demo-v2c", "demo-v3"
KM_PER_DEG = 111.2


@dataclass(frozen=True, slots=True)
class Place:
    """A commune with a known position."""

    insee: str
    name: str
    department: str
    population: int
    lat_deg: float
    lon_deg: float

    def km_to(self, other: Place) -> float:
        """Distance on the small plane of a department."""
        east = (self.lon_deg - other.lon_deg) * cos(radians(self.lat_deg))
        return hypot(self.lat_deg - other.lat_deg, east) * KM_PER_DEG


@dataclass(frozen=True, slots=True)
class Box:
    """One simulated device. `model` is router, station, cpe or hotspot; `terminals` are (sector, MAC) of a station."""

    name: str
    model: str
    place: Place
    number: int
    parent: str
    credential: str
    terminals: tuple[tuple[int, str], ...] = ()

    @property
    def host(self) -> str:
        """Its loopback address."""
        return f"127.16.{self.number // 250}.{self.number % 250 + 1}"


@dataclass(frozen=True, slots=True)
class Region:
    """All boxes, in order of their numbers."""

    boxes: tuple[Box, ...]

    def named(self) -> Mapping[str, Box]:
        """Boxes by name."""
        return {box.name: box for box in self.boxes}

    def behind(self, name: str) -> tuple[str, ...]:
        """Names of all boxes that are reached through one."""
        found = [name]
        for box in self.boxes:
            if box.parent in found:
                found.append(box.name)
        return tuple(found[1:])

    def cast(self) -> Cast:
        """Who plays which part in the script: by role, so that it holds for any seed."""
        stations = [box for box in self.boxes if box.model == "station"]
        first, *_, last = DEPARTMENTS
        cut, second = (self._darkest([s for s in stations if s.place.department == d]) for d in (first, last))
        hidden = {cut, second, *self.behind(cut), *self.behind(second)}
        free = [box for box in self.boxes if box.name not in hidden]
        cpes = [box for box in free if box.model == "cpe"]
        spots = [box for box in free if box.model == "hotspot"]
        others = [box for box in stations if box.name not in hidden and box.terminals]
        return Cast(
            cut=cut,
            behind_cut=self.behind(cut),
            second_cut=second,
            behind_second=self.behind(second),
            saturated=cpes[3].name,
            rebooting=spots[5].name,
            retuned=others[4].name,
            flapping=others[7].name,
            lossy=cpes[20].name,
            distant=cpes[40].name,
        )

    def _darkest(self, stations: list[Box]) -> str:
        """The station whose loss takes the most dedicated links with it."""
        named = self.named()
        return max(stations, key=lambda s: sum(named[name].model == "cpe" for name in self.behind(s.name))).name


def build(seed: int = SEED) -> Region:
    """The region."""
    dice = random.Random(seed)  # noqa: S311 - a simulation, nothing to guess
    boxes: list[Box] = []

    def add(name: str, model: str, place: Place, parent: str, terminals: tuple[tuple[int, str], ...] = ()) -> Box:
        number = len(boxes)
        boxes.append(Box(name, model, place, number, parent, V3 if number % 6 == 0 else V2C, terminals))
        return boxes[-1]

    places = _places()
    for department, seat in DEPARTMENTS.items():
        here = [place for place in places if place.department == department]
        router = add(f"pop-{department}", "router", next(p for p in here if p.insee == seat), "")
        stations: list[Box] = []
        for n, place in enumerate(_spread(dice, here, STATIONS), 1):
            near = min(stations, key=lambda s: s.place.km_to(place), default=None)
            parent = near.name if near is not None and n % 3 == 0 else router.name
            macs = _terminals(dice, department, n)
            stations.append(add(f"bs-{department}-{n:02}", "station", place, parent, macs))
        centres = dice.sample([p for p in here if p.insee != seat], CYBERCENTRES)
        cpes = {}
        for n, place in enumerate(centres, 1):
            near = min(stations, key=lambda s: s.place.km_to(place))
            parent = near.name if n % 2 and near.place.km_to(place) < 25 else router.name
            cpes[place.insee] = add(f"cpe-{department}-{n:03}", "cpe", place, parent)
        for n, place in enumerate(dice.sample(here, HOTSPOTS), 1):
            near = min(stations, key=lambda s: s.place.km_to(place))
            parent = cpes[place.insee].name if place.insee in cpes else near.name
            add(f"wifi-{department}-{n:03}", "hotspot", place, parent)
    return Region(tuple(boxes))


def inventory_csv(region: Region, port: int) -> str:
    """The region as a file of the import format, its agents at `port` of their addresses."""
    rows = list(_rows(region, port))
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = StringIO()
    write = csv.DictWriter(out, columns, restval="")
    write.writeheader()
    write.writerows(rows)
    return out.getvalue()


def _rows(region: Region, port: int) -> Iterator[dict[str, str]]:
    named = region.named()
    for name in (V2C, V3):
        yield {"kind": "credential", "name": name, "version": "v2c" if name == V2C else "v3"}
    yield {"kind": "contact", "name": "noc", "label": "NOC (simulé)", "organisation": HOLDER}
    for box in region.boxes:
        site = f"site-{box.name}"
        kinds = {"router": "pop", "station": "base_station", "cpe": "cybercentre", "hotspot": "town_hall"}
        yield {
            "kind": "site",
            "name": site,
            "label": box.place.name,
            "site_kind": kinds[box.model],
            "owner": HOLDER if box.model in ("router", "station") else f"Commune de {box.place.name}",
            "contact": "noc" if box.model in ("router", "station") else "",
            "insee": box.place.insee,
            "lat_deg": f"{box.place.lat_deg:.5f}",
            "lon_deg": f"{box.place.lon_deg:.5f}",
        }
        roles = {"router": "router", "station": "base_station", "cpe": "router", "hotspot": "access_point"}
        yield {
            "kind": "device",
            "name": box.name,
            "label": box.place.name,
            "address": f"{box.host}:{port}",
            "site": site,
            "role": roles[box.model],
            "credential": box.credential,
            "parent": box.parent,
        }
        yield from _OWN[box.model](box, site, named)


def _router_rows(box: Box, site: str, named: Mapping[str, Box]) -> Iterator[dict[str, str]]:
    for child in named.values():
        if child.parent == box.name and child.model == "station":
            yield {"kind": "interface", "device": box.name, "name": f"to-{child.name}"}


def _station_rows(box: Box, site: str, named: Mapping[str, Box]) -> Iterator[dict[str, str]]:
    yield {"kind": "interface", "device": box.name, "name": "eth0"}
    backhaul = {
        "kind": "link",
        "name": f"bh-{box.name}",
        "label": f"{named[box.parent].place.name} – {box.place.name}",
        "link_kind": "backhaul",
        "site": site,
        "b_device": box.name,
        "b_interface": "eth0",
        "committed_bps": "50000000",
        "provider": "Régie régionale",
    }
    if named[box.parent].model == "router":
        backhaul |= {"a_device": box.parent, "a_interface": f"to-{box.name}"}
    yield backhaul
    for sector in (1, 2, 3):
        yield {
            "kind": "sector",
            "name": f"{box.name}-s{sector}",
            "label": box.place.name,
            "device": box.name,
            "radio_index": str(sector + 1),
            "azimuth_deg": str((sector - 1) * 120 + box.number % 4 * 30),
            "beamwidth_deg": "90",
            "height_m": str(25 + box.number % 4 * 5),
            "gain_dbi": "14",
            "power_dbm": "35",
            "centre_khz": str(planned_khz(box, sector)),
            "width_khz": "3500",
        }
    for n, (sector, mac) in enumerate(box.terminals, 1):
        name = f"{box.name}-t{n}"
        yield {"kind": "terminal", "name": name, "label": box.place.name, "sector": f"{box.name}-s{sector}", "mac": mac}
        yield {
            "kind": "link",
            "name": f"acc-{name}",
            "label": f"Abonné {n}, {box.place.name}",
            "link_kind": "access",
            "site": site,
            "sector": f"{box.name}-s{sector}",
            "terminal": name,
        }


def _cpe_rows(box: Box, site: str, named: Mapping[str, Box]) -> Iterator[dict[str, str]]:
    yield {"kind": "interface", "device": box.name, "name": "wan"}
    yield {
        "kind": "link",
        "name": f"NR-{box.place.department}-{box.name[-3:]}",
        "label": f"Cybercentre de {box.place.name}",
        "link_kind": "dedicated",
        "site": site,
        "b_device": box.name,
        "b_interface": "wan",
        "committed_bps": "2000000",
        "provider": "Opérateur fictif",
        "contract_class": "GTR 4 h",
    }


def _hotspot_rows(box: Box, site: str, named: Mapping[str, Box]) -> Iterator[dict[str, str]]:
    yield {"kind": "interface", "device": box.name, "name": "ath0"}
    yield {
        "kind": "hotspot",
        "name": f"pa-{box.place.department}-{box.name[-3:]}",
        "label": f"Mairie de {box.place.name}",
        "ssid": f"{box.place.name[:24]} WiFi",
        "site": site,
        "device": box.name,
        "interface": "ath0",
    }


_OWN = {"router": _router_rows, "station": _station_rows, "cpe": _cpe_rows, "hotspot": _hotspot_rows}


def planned_khz(box: Box, sector: int) -> int:
    """The channel of a sector: neighbours of one station differ."""
    return PLAN_KHZ[(box.number + sector) % len(PLAN_KHZ)]


def _terminals(dice: random.Random, department: str, station: int) -> tuple[tuple[int, str], ...]:
    """Subscriber terminals: (sector, MAC of the locally administered kind)."""
    count = dice.randint(1, 4)
    return tuple((1 + n % 3, f"02:00:5e:{int(department):02x}:{station:02x}:{n + 1:02x}") for n in range(count))


def _spread(dice: random.Random, places: list[Place], count: int) -> list[Place]:
    """Places far from each other: each new one is the best of some random ones."""
    chosen: list[Place] = []
    while len(chosen) < count:
        candidates = dice.sample([p for p in places if p not in chosen], 12)
        chosen.append(max(candidates, key=lambda p: min((p.km_to(c) for c in chosen), default=0.0)))
    return chosen


def _places() -> list[Place]:
    """Communes of the bundled territory whose position is known."""
    with (Path(bundled_pack()) / "communes.csv").open(encoding="utf-8", newline="") as file:
        return [
            Place(
                row["insee"],
                row["name"],
                row["department"],
                int(row["population"] or 0),
                float(row["lat_deg"]),
                float(row["lon_deg"]),
            )
            for row in csv.DictReader(file)
            if row["lat_deg"]
        ]
