"""The territory: codes of 2006 resolve today and back, and what a pack does not say stays unsaid."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from inventory import territory
from inventory.territory import Commune, Department
from nms.base.db import Database
from nms.base.errors import InputError, NotFound

PACK = Path(__file__).parents[2] / "data" / "territory"
"""Three communes: one at the border, an enclave, and one merged of two, which surrounds the enclave."""


def load(database: Database, pack: Path = PACK) -> territory.PackReport:
    with database.transaction() as session:
        return territory.load_pack(session, pack)


def test_a_pack_is_loaded_whole_and_replaces_the_one_before(database: Database) -> None:
    load(database)
    report = load(database)
    assert (report.communes, report.positions, report.outlines, report.successors) == (3, 2, 3, 2)
    with database.reading() as session:
        department = session.get(Department, "99")
        assert department is not None
        assert (department.region_name, department.region_2015_name) == ("Grand Essai", "Petit Essai")


def test_a_code_of_2006_resolves_today_and_back(database: Database) -> None:
    load(database)
    with database.reading() as session:
        assert territory.today_of(session, "99004") == "99003"
        assert territory.commune(session, "99004").name == "Œuilly-Sainte-Réunie"
        assert territory.former_of(session, "99003") == ["99003", "99004"]
        assert territory.former_of(session, "99001") == ["99001"]
        with pytest.raises(NotFound):
            territory.commune(session, "99999")
        with pytest.raises(InputError):
            territory.commune(session, "'; drop")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("oeuilly ste reunie", ["99003"]),
        ("ŒUILLY", ["99003"]),
        ("st reunion", ["99003"]),
        ("99004", ["99003"]),
        ("enclos l abbaye", ["99002"]),
        ("9900", ["99001", "99002", "99003"]),
        ("%", []),
        ("_", []),
        ("' or 1=1 --", []),
    ],
)
def test_a_commune_is_found_by_any_of_its_names(database: Database, text: str, codes: list[str]) -> None:
    load(database)
    with database.reading() as session:
        assert [commune.insee for commune in territory.search_communes(session, text)] == codes


def test_what_is_not_known_is_none_and_zero_is_zero(sqlite_database: Database) -> None:
    load(sqlite_database)
    with sqlite_database.reading() as session:
        enclave = session.get(Commune, "99002")
        merged = session.get(Commune, "99003")
        assert enclave is not None
        assert merged is not None
        assert (enclave.population, merged.population, merged.lat_deg) == (0, None, None)
        assert territory.area_km2(session, ["99002"]) == 4.5
        assert territory.area_km2(session, ["99002", "99001"]) is None
        assert territory.area_km2(session, []) is None


def test_a_pack_without_outlines_has_no_polygons(sqlite_database: Database, tmp_path: Path) -> None:
    for name in ("communes.csv", "commune_successors.csv"):
        shutil.copy(PACK / name, tmp_path / name)
    load(sqlite_database, PACK)
    with sqlite_database.reading() as session:
        assert set(territory.polygons(session) or ()) == {"99001", "99002", "99003"}
    load(sqlite_database, tmp_path)
    with sqlite_database.reading() as session:
        assert territory.polygons(session) is None


def test_outlines_may_be_topojson(sqlite_database: Database, tmp_path: Path) -> None:
    shutil.copy(PACK / "communes.csv", tmp_path / "communes.csv")
    topology = {
        "type": "Topology",
        "transform": {"scale": [0.1, 0.1], "translate": [0, 46]},
        "arcs": [[[1, 0], [0, 1]], [[1, 1], [-1, 0], [0, -1], [1, 0]], [[1, 0], [1, 0], [0, 1], [-1, 0]]],
        "objects": {
            "communes": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "arcs": [[0, 1]], "properties": {"insee": "99001"}},
                    {"type": "MultiPolygon", "arcs": [[[2, -1]]], "properties": {"insee": "99003"}},
                    {"type": "Point", "coordinates": [0, 0], "properties": {"insee": "99002"}},
                ],
            }
        },
    }
    (tmp_path / "communes.topojson").write_text(json.dumps(topology))
    assert load(sqlite_database, tmp_path).outlines == 2
    with sqlite_database.reading() as session:
        found = territory.polygons(session) or {}
    assert found["99001"]["coordinates"] == [[[0.1, 46.0], [0.1, 46.1], [0.0, 46.1], [0.0, 46.0], [0.1, 46.0]]]
    assert found["99003"]["coordinates"] == [[[[0.1, 46.0], [0.2, 46.0], [0.2, 46.1], [0.1, 46.1], [0.1, 46.0]]]]
    (tmp_path / "communes.topojson").write_text('{"type": "Topology"}')
    with pytest.raises(InputError, match="not GeoJSON or TopoJSON"):
        load(sqlite_database, tmp_path)


def test_every_wrong_cell_of_a_pack_is_named_and_the_old_territory_stays(
    sqlite_database: Database, tmp_path: Path
) -> None:
    load(sqlite_database)
    (tmp_path / "communes.csv").write_text("insee;name;lat_deg;lon_deg;population\n1004;X;;;\n01004;Y;95;0;-3\n")
    (tmp_path / "commune_successors.csv").write_text("old_insee,new_insee\n01005,01999\n")
    with pytest.raises(InputError) as caught:
        load(sqlite_database, tmp_path)
    for part in ("row 2, column insee: “1004”", "row 3, column lat_deg: “95”", "column population: “-3”", "01999"):
        assert part in str(caught.value)
    with sqlite_database.reading() as session:
        assert territory.commune(session, "99001").name == "Bordeville"


def test_a_folder_that_is_no_pack_is_refused(sqlite_database: Database, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no communes\.csv"):
        load(sqlite_database, tmp_path)


def test_the_bundled_pack_is_the_region_of_today(sqlite_database: Database) -> None:
    report = load(sqlite_database, territory.bundled_pack())
    assert (report.communes, report.outlines, report.areas) == (1338, 0, 0)
    assert report.positions > 550
    with sqlite_database.reading() as session:
        assert territory.commune(session, "86194").name == "Poitiers"
        assert territory.today_of(session, "16004") == "16230"
        assert "16004" in territory.former_of(session, "16230")
        poitiers = session.get(Department, "86")
        assert poitiers is not None
        assert poitiers.region_2015_name == "Poitou-Charentes"
    sources = (territory.bundled_pack() / "SOURCES.md").read_text(encoding="utf-8")
    assert "Licence Ouverte" in sources
    assert "CC-BY 4.0" in sources


@pytest.mark.skipif("NMS_TEST_TERRITORY" not in os.environ, reason="NMS_TEST_TERRITORY names no folder with real packs")
def test_a_real_pack_has_every_outline_and_agrees_with_the_bundled_successors(sqlite_database: Database) -> None:
    load(sqlite_database, territory.bundled_pack())
    with sqlite_database.reading() as session:
        codes = ("16004", "16238", "79013", "86231", "17334")
        bundled = [territory.today_of(session, code) for code in codes]
    report = load(sqlite_database, Path(os.environ["NMS_TEST_TERRITORY"]))
    assert report.outlines == report.communes == report.areas == 1338
    with sqlite_database.reading() as session:
        assert [territory.today_of(session, code) for code in codes] == bundled
