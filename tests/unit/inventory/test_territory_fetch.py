"""A pack from the open-data API: what enters it, what is refused, and that half of one is never there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from inventory import territory, territory_fetch, territory_source
from inventory.territory import Commune
from inventory.territory_fetch import Answer, Before
from nms.base.db import Database
from nms.base.download import Patience
from nms.base.errors import InputError, SourceUnavailable
from tests.fakes import geo_api
from tests.fakes.geo_api import Told, feature, square

ON = date(2026, 11, 26)
NOTHING = Before({}, {}, {})
Fault = Callable[[BaseHTTPRequestHandler, bytes], None]


def ask(url: str, *departments: str, whole_s: float = 20, silence_s: float = 5) -> Answer:
    with Patience(whole_s) as patience:
        return territory_fetch.ask(url, departments, patience, silence_s=silence_s, told=lambda _d, _o: None)


def write(made: territory_fetch.Made, home: Path, on: date = ON) -> Path:
    return territory_fetch.write(made, home, source="http://127.0.0.1", attribution="Whose it is", on=on)


def known(database: Database) -> Before:
    with database.transaction() as session:
        territory.ensure_loaded(session)
        return territory_fetch.before(session)


def test_a_pack_has_outlines_areas_and_what_the_source_does_not_tell(sqlite_database: Database, tmp_path: Path) -> None:
    before = known(sqlite_database)
    with geo_api.served() as told:
        made = territory_fetch.make(ask(told.url, "16", "86"), before, 2026)
    assert told.asked[0].startswith("/departements/16/communes?fields=code,nom,population,codeEpci")
    folder = write(made, tmp_path)
    with sqlite_database.transaction() as session:
        report = territory.load_pack(session, folder)
    assert report.outlines == 3
    assert report.attribution == "Whose it is, 2026-11-26"
    with sqlite_database.reading() as session:
        abzac, poitiers = session.get_one(Commune, "16001"), session.get_one(Commune, "86194")
        assert abzac.area_km2 == pytest.approx(86.15, abs=0.3)
        assert (abzac.epci_name, abzac.population, abzac.population_year) == ("CC de Charente Limousine", 321, None)
        assert (abzac.lon_deg, abzac.lat_deg) == pytest.approx((0.65, 46.05))  # no village known: inside its outline
        assert (poitiers.lon_deg, poitiers.lat_deg) == pytest.approx((0.34348, 46.58261), abs=0.01)  # the village stays
        assert territory.today_of(session, "16004") == "16230"
        shapes = territory.polygons(session) or {}
    assert len(shapes["16001"]["coordinates"][0]) < 20
    assert not list((tmp_path / "territory").glob("half-*"))


def test_the_same_answer_is_the_same_pack_on_any_day(tmp_path: Path) -> None:
    with geo_api.served() as told:
        answers = [ask(told.url, "16") for _ in range(2)]
        told.departments["16"][0]["properties"]["population"] = 322
        other = ask(told.url, "16")
    one, two = (
        write(territory_fetch.make(a, NOTHING, 2026), tmp_path, on)
        for a, on in zip(answers, (ON, date(2026, 12, 1)), strict=True)
    )
    assert one == two
    assert write(territory_fetch.make(other, NOTHING, 2026), tmp_path) != one


def test_a_commune_that_the_source_no_longer_tells_stays_unless_its_successor_is_known(
    sqlite_database: Database,
) -> None:
    before = known(sqlite_database)
    with geo_api.served() as told:
        answer = ask(told.url, "16")
    made = territory_fetch.make(answer, before, 2027)
    assert "Les Adjots (16002)" in made.vanished
    row = next(row for row in made.communes if row["insee"] == "16002")
    assert (row["area_km2"], row["vintage"]) == (None, 2026)
    merged = Before(before.communes, {**before.successors, "16002": {"old_insee": "16002", "new_insee": "16001"}}, {})
    made = territory_fetch.make(answer, merged, 2027)
    assert "Les Adjots (16002)" not in made.vanished
    assert "16002" not in {row["insee"] for row in made.communes}


def test_a_commune_without_an_outline_is_kept_and_named() -> None:
    told = Told()
    told.departments["16"].append(feature("16002", "Les Adjots", None))
    with geo_api.served(told):
        made = territory_fetch.make(ask(told.url, "16"), NOTHING, 2026)
    assert made.bare == ["Les Adjots (16002)"]
    assert len(made.communes) == 3
    assert set(made.outlines) == {"16001", "16230"}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (geo_api.error_500, "answers 500"),
        (geo_api.truncated, "then the connection ended"),
        (geo_api.half_json, "communes of 16: it is not whole JSON"),
        (geo_api.deep, "it is not whole JSON"),
        (geo_api.page, "it is not whole JSON"),
        (geo_api.moved("http://127.0.0.2:9/departements/16/communes"), "sends on to http://127.0.0.2:9"),
        (geo_api.moved("file:///etc/passwd"), "file:///etc/passwd"),
        (geo_api.moved("/departements/16/communes?again"), "cannot be reached|answers 302|answers 404"),
    ],
    ids=["500", "cut", "half", "deep", "portal", "elsewhere", "file", "circle"],
)
def test_a_faulty_answer_is_refused_with_its_reason(fault: Fault, says: str) -> None:
    with (
        geo_api.served(Told(fault_at="/departements/16", fault=fault)) as told,
        pytest.raises(SourceUnavailable, match=says),
    ):
        ask(told.url, "16")


def test_a_body_without_end_is_cut_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(territory_fetch, "OCTETS_MOST", 2**20)
    with (
        geo_api.served(Told(fault_at="communes", fault=geo_api.endless)) as told,
        pytest.raises(SourceUnavailable, match="sends more than 1 MiB"),
    ):
        ask(told.url, "16")


@pytest.mark.parametrize("fault", [geo_api.drip, geo_api.drip_headers, geo_api.silent])
def test_a_source_that_is_too_slow_is_left_in_time(fault: Fault) -> None:
    with geo_api.served(Told(fault_at="communes", fault=fault)) as told:
        begun = time.monotonic()
        with pytest.raises(SourceUnavailable, match=r"did not answer within 0\.5 s|nothing comes from it"):
            ask(told.url, "16", whole_s=0.5)
        assert time.monotonic() - begun < 4.5


def test_silence_ends_before_patience_does() -> None:
    with (
        geo_api.served(Told(fault_at="communes", fault=geo_api.silent)) as told,
        pytest.raises(SourceUnavailable, match="nothing comes from it"),
    ):
        ask(told.url, "16", silence_s=0.3)


def test_nobody_there_is_said_and_a_name_that_is_not_found_too() -> None:
    with geo_api.served() as told:
        gone = told.url
    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1:\d+ cannot be reached: Connection refused"):
        ask(gone, "16")
    with pytest.raises(SourceUnavailable, match="its name is not found"):
        ask("http://nothing.invalid", "16")


RING: list[Any] = square(0.6, 46.0)
WRONG: list[tuple[str, Any, str]] = [
    ("no collection", [], "a GeoJSON collection with communes was expected"),
    ("empty", {"features": []}, "a GeoJSON collection with communes was expected"),
    ("no feature", {"features": [1]}, "number 1: a feature with properties"),
    ("code", {"features": [feature("1601", "X", RING)]}, "code “1601” is not one of a commune of 16"),
    ("other department", {"features": [feature("17001", "X", RING)]}, "“17001” is not one of a commune of 16"),
    ("twice", {"features": [feature("16001", "X", RING)] * 2}, "16001 is there twice"),
    ("name", {"features": [feature("16001", "", RING)]}, "nom “” is not a name"),
    ("people", {"features": [feature("16001", "X", RING, population="many")]}, "population “many”"),
    ("true people", {"features": [feature("16001", "X", RING, population=True)]}, "population “True”"),
    ("grouping", {"features": [feature("16001", "X", RING, codeEpci=7)]}, "codeEpci “7” is not a SIREN"),
    ("centre", {"features": [feature("16001", "X", RING, centre=[0, 1])]}, "centre is not a point"),
    ("open ring", {"features": [feature("16001", "X", RING[:-1])]}, "a ring that is not closed"),
    ("far", {"features": [feature("16001", "X", [[1e9, 4], *RING[1:]])]}, "not a position in degrees"),
    ("text", {"features": [feature("16001", "X", [["0", "4"], *RING[1:]])]}, "is not a position"),
    ("flat", {"features": [feature("16001", "X", [])]}, "contour has an empty part"),
    ("point", {"features": [feature("16001", "X", None) | {"geometry": {"type": "Point"}}]}, "not a Polygon"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "says"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_value_of_a_wrong_type_is_refused_with_its_place(content: Any, says: str) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        territory_source.communes(json.dumps(content).encode(), "16")
    assert "communes of 16" in caught.value.message
    assert says in caught.value.message


def test_numbers_that_json_does_not_know_are_refused() -> None:
    body = json.dumps({"features": [feature("16001", "X", RING)]}).replace("0.6", "NaN", 1).encode()
    with pytest.raises(SourceUnavailable, match="not a position in degrees"):
        territory_source.communes(body, "16")


def test_names_of_groupings_are_checked_too() -> None:
    for body in (b"{}", b'[{"code": "1", "nom": "x"}]', b'[{"code": "200072049"}]', b"[7]"):
        with pytest.raises(SourceUnavailable, match="groupings of 16"):
            territory_source.groupings(body, "16")


@pytest.mark.parametrize("text", ["", "16,hello", "16;17", "../16", "99 "])
def test_departments_are_codes(text: str) -> None:
    if text.strip() == "99":
        assert territory_source.departments_of(text) == ["99"]
        return
    with pytest.raises(InputError, match="not a department code"):
        territory_source.departments_of(text)


def test_a_disk_that_refuses_leaves_no_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with geo_api.served() as told:
        made = territory_fetch.make(ask(told.url, "16"), NOTHING, 2026)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(territory_fetch.os, "fsync", full)  # type: ignore[attr-defined]
    with pytest.raises(OSError, match="No space left"):
        write(made, tmp_path)
    assert list((tmp_path / "territory").iterdir()) == []
