"""The read side: joins that pages and the poller need, in a number of statements that does not grow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from inventory import queries, service, territory
from inventory.credentials import CredentialSecret, open_sealed, save_credential
from inventory.exporter import export_geojson
from inventory.forms import DeviceForm, HotspotForm, InterfaceForm, LinkForm, SectorForm, SiteForm, TerminalForm
from inventory.models import CredentialKind, Lifecycle, LinkKind
from inventory.search import search
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.permissions import SYSTEM
from nms.base.secrets import SecretBox

AT = FakeClock().now()
BOX = SecretBox(b"k" * 32)


@pytest.fixture
def network(database: Database) -> Database:
    """A base station in Bordeville that serves a cybercentre in the enclave, and a retired box."""
    with database.transaction() as session:
        territory.load_pack(session, Path(__file__).parents[2] / "data" / "territory")
        save_credential(session, BOX, SYSTEM, AT, "lab", CredentialSecret(CredentialKind.V2C, community="hush"))
        for form in (
            SiteForm("pop", insee="99001", lat_deg=46.01, lon_deg=0.01),
            SiteForm("cyber", insee="99002", lifecycle=Lifecycle.MAINTENANCE),
            SiteForm("nowhere"),
            DeviceForm("bs", "10.0.0.1", site="pop", credential="lab", family="wman"),
            DeviceForm("cpe", "10.0.0.2", site="cyber", parent="bs"),
            DeviceForm("old", "10.0.0.3", lifecycle=Lifecycle.RETIRED),
            InterfaceForm("bs", "ge0", if_index=1, speed_bps=10**9),
            InterfaceForm("cpe", "eth0"),
            SectorForm("bs-1", "bs", azimuth_deg=120, centre_khz=3_510_000, width_khz=3_500),
            TerminalForm("t1", sector="bs-1", device="cpe", mac="00:1a:2b:3c:4d:5e"),
            LinkForm(
                "l1",
                LinkKind.DEDICATED,
                site="cyber",
                a_device="bs",
                a_interface="ge0",
                b_device="cpe",
                b_interface="eth0",
                committed_bps=2_000_000,
            ),
            LinkForm("l2", LinkKind.ACCESS, sector="bs-1", terminal="t1"),
            HotspotForm("h1", ssid="Mairie", device="cpe", interface="eth0"),
        ):
            service.save(session, SYSTEM, AT, form)
    return database


@contextmanager
def at_most(database: Database, limit: int) -> Iterator[None]:
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield
    event.remove(database.engine, "before_cursor_execute", note)
    assert len([s for s in statements if s.startswith("SELECT")]) <= limit, statements


def test_poll_targets_carry_all_that_asking_needs(network: Database) -> None:
    with network.reading() as session, at_most(network, 3):
        bs, cpe = queries.poll_targets(session)
    assert (bs.name, bs.credential, bs.family, bs.site, bs.insee) == ("bs", "lab", "wman", "pop", "99001")
    assert bs.sealed is not None
    assert open_sealed(BOX, bs.sealed).community == "hush"
    assert "hush" not in repr(bs)
    assert "sealed" not in repr(bs)
    assert [(p.name, p.if_index, p.speed_bps) for p in bs.interfaces] == [("ge0", 1, 10**9)]
    assert [(s.name, s.centre_khz) for s in bs.sectors] == [("bs-1", 3_510_000)]
    assert (cpe.parent, cpe.sealed, cpe.credential_kind) == ("bs", None, None)


def test_subjects_name_their_device_and_the_place_they_serve(network: Database) -> None:
    with network.reading() as session, at_most(network, 4):
        found = {(s.kind, s.name): s for s in queries.subjects(session)}
    assert ("device", "old") not in found
    assert (found["sector", "bs-1"].device, found["sector", "bs-1"].insee) == ("bs", "99001")
    link = found["link", "l1"]
    assert (link.device, link.site, link.department, link.maintenance) == ("bs", "cyber", "99", True)
    assert found["link", "l2"].device == "bs"
    assert (found["hotspot", "h1"].device, found["hotspot", "h1"].insee) == ("cpe", "99002")


def test_lists_join_both_ends(network: Database) -> None:
    with network.reading() as session:
        l1, l2 = queries.links(session)
        sector = queries.sectors(session)[0]
        terminal = queries.terminals(session)[0]
        hotspot = queries.hotspots(session)[0]
    assert (l1.a_device, l1.a_if_index, l1.b_device, l1.b_interface, l1.b_if_index) == ("bs", 1, "cpe", "eth0", None)
    assert (l2.sector_device, l2.terminal_mac, l2.terminal_device) == ("bs", "00:1a:2b:3c:4d:5e", "cpe")
    assert (sector.device, sector.lat_deg, sector.azimuth_deg) == ("bs", 46.01, 120)
    assert (terminal.base_station, terminal.device) == ("bs", "cpe")
    assert (hotspot.device, hotspot.interface) == ("cpe", "eth0")


def test_a_place_has_its_own_position_or_that_of_its_commune_or_none(network: Database) -> None:
    with network.reading() as session, at_most(network, 1):
        cyber, nowhere, pop = queries.places(session)
    assert (pop.lat_deg, pop.position_of) == (46.01, "site")
    assert (cyber.lat_deg, cyber.position_of, cyber.commune) == (46.05, "commune", "Enclos-l'Abbaye")
    assert (nowhere.lat_deg, nowhere.lon_deg, nowhere.position_of) == (None, None, "")


def test_the_map_file_has_points_and_lines_and_null_where_no_position_is_known(network: Database) -> None:
    with network.reading() as session:
        features = json.loads(export_geojson(session))["features"]
    by_name = {(f["properties"]["object"], f["properties"]["name"]): f["geometry"] for f in features}
    assert by_name["site", "pop"] == {"type": "Point", "coordinates": [0.01, 46.01]}
    assert by_name["site", "nowhere"] is None
    assert by_name["link", "l1"] == {"type": "LineString", "coordinates": [[0.01, 46.01], [0.15, 46.05]]}
    assert by_name["sector", "bs-1"]["type"] == by_name["hotspot", "h1"]["type"] == "Point"


@pytest.mark.parametrize("read", [queries.links, queries.sectors, queries.hotspots, queries.terminals])
def test_a_list_is_one_statement(network: Database, read: Callable[[Session], object]) -> None:
    with network.reading() as session, at_most(network, 1):
        read(session)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bs-1", ("sector", "bs-1")),
        ("10.0.0.2", ("device", "cpe")),
        ("MAIRIE", ("hotspot", "h1")),
        ("3c:4d", ("terminal", "t1")),
        ("enclos l'abbaye", ("commune", "99002")),
        ("nowhere", ("site", "nowhere")),
    ],
)
def test_search_finds_an_object_by_what_one_remembers(network: Database, text: str, expected: tuple[str, str]) -> None:
    with network.reading() as session:
        first = search(session, text)[0]
        assert (first.kind, first.name) == expected
        assert search(session, text, sees=lambda _insee: False) == []


@pytest.mark.parametrize("text", ["%", "_", "' or '1'='1", "\x00", " ", "x" * 10_000])
def test_fault_52_a_search_takes_nothing_for_a_command(network: Database, text: str) -> None:
    with network.reading() as session:
        assert search(session, text) == []
