"""Import of a file: judged whole, named errors, all or nothing, and as cheap for a thousand rows as for ten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, func, select

from inventory import importer
from inventory.credentials import CredentialSecret, save_credential
from inventory.exporter import export_csv
from inventory.forms import HotspotForm, LinkForm, ObjectKind
from inventory.importer import ImportPlan
from inventory.models import CredentialKind, Device, Interface, LifecycleChange, Site
from inventory.snapshot import Snapshot
from nms.base import ledger
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import InputError
from nms.base.permissions import SYSTEM
from nms.base.secrets import SecretBox

AT = FakeClock().now()
WHOLE = """kind,name,label,site,site_kind,insee,lat_deg,lon_deg,address,role,credential,parent,device,azimuth_deg,\
tilt_deg,centre_khz,width_khz,sector,terminal,mac,link_kind,a_device,a_interface,b_device,b_interface,committed_bps,\
provider,ssid,interface,interfaces,if_index,speed_bps,contact,phone
contact,noc,Le NOC,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,'+33 5 49 00 00 00
site,pop-poitiers,Poitiers,,pop,86194,46.58,0.34,,,,,,,,,,,,,,,,,,,,,,,,,noc,
site,salle-86,Cybercentre,,cybercentre,86100,"46,81","0,54",1 place,,,,,,,,,,,,,,,,,,,,,,,,,
device,core,,pop-poitiers,,,,,10.0.0.1,router,lab,,,,,,,,,,,,,,,,,,,ge0|ge1,,,,
device,cpe,,salle-86,,,,,[2001:db8::1]:1161,terminal,lab,core,,,,,,,,,,,,,,,,,,,,,,
interface,eth0,,,,,,,,,,,cpe,,,,,,,,,,,,,,,,,,2,100000000,,
device,bs,,pop-poitiers,,,,,bs.example.org,base_station,,core,,,,,,,,,,,,,,,,,,,,,,
sector,bs-1,=1+1,,,,,,,,,,bs,120,-2,3510000,3500,,,,,,,,,,,,,,,,,
terminal,t1,,salle-86,,,,,,,,,cpe,,,,,bs-1,,001A.2B3C.4D5E,,,,,,,,,,,,,,
link,l1,,salle-86,,,,,,,,,,,,,,,,,dedicated,core,ge0,cpe,eth0,2000000,Opérateur,,,,,,,
link,l2,,salle-86,,,,,,,,,,,,,,bs-1,t1,,access,,,,,,,,,,,,,
hotspot,h1,,salle-86,,,,,,,,,cpe,,,,,,,,,,,,,,,Mairie,eth0,,,,,
credential-reference,lab,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,
"""


@pytest.fixture
def stocked(database: Database) -> Database:
    """A database with one credential, called lab."""
    add_credential(database)
    return database


def add_credential(database: Database) -> None:
    with database.transaction() as session:
        secret = CredentialSecret(CredentialKind.V2C, community="not-in-any-file")
        save_credential(session, SecretBox(b"k" * 32), SYSTEM, AT, "lab", secret)


def bring_in(database: Database, text: str | bytes) -> ImportPlan:
    octets = text if isinstance(text, bytes) else text.encode()
    with database.transaction() as session:
        plan = importer.judge(octets, session)
        importer.apply(session, plan, SYSTEM, AT, "test.csv")
    return plan


def complaints(database: Database, text: str | bytes) -> list[str]:
    octets = text if isinstance(text, bytes) else text.encode()
    with database.reading() as session:
        return [str(complaint) for complaint in importer.judge(octets, session).complaints]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def test_one_file_brings_every_kind_and_an_export_reads_back_to_the_same(stocked: Database) -> None:
    plan = bring_in(stocked, WHOLE)
    assert plan.created == {
        "contact": 1,
        "site": 2,
        "device": 3,
        "interface": 3,
        "sector": 1,
        "terminal": 1,
        "link": 2,
        "hotspot": 1,
    }
    with stocked.reading() as session:
        exported = "".join(export_csv(session))
        forms = {form.name: form for form in Snapshot(session).forms(ObjectKind.LINK)}
        hotspot = Snapshot(session).forms(ObjectKind.HOTSPOT)[0]
        assert session.scalar(select(func.count()).select_from(LifecycleChange)) == 10
        assert ledger.verify(session).broken_at is None
    link = forms["l1"]
    assert isinstance(link, LinkForm)
    assert link.b_interface == "eth0"
    assert link.committed_bps == 2_000_000
    assert isinstance(hotspot, HotspotForm)
    assert hotspot.interface == "eth0"
    assert "'=1+1" in exported
    assert ",-2," in exported
    assert "not-in-any-file" not in exported
    again = bring_in(stocked, exported)
    assert not again.created
    assert not again.updated
    assert again.changes.unchanged == 14
    with stocked.reading() as session:
        assert "".join(export_csv(session)) == exported


def test_the_minimal_list_of_devices_needs_two_columns(database: Database) -> None:
    bring_in(database, "name;address;commune;role\r\nbox-1;10.0.0.1;86194;router\r\n\r\nbox-2;10.0.0.2:1161;;\r\n")
    with database.reading() as session:
        boxes = session.scalars(select(Device).order_by(Device.name)).all()
        assert [box.address for box in boxes] == ["10.0.0.1", "10.0.0.2:1161"]
        assert boxes[0].site is not None
        assert boxes[0].site.insee == "86194"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_files_as_spreadsheets_write_them_are_read(sqlite_database: Database, encoding: str, separator: str) -> None:
    text = "name,label,kind,lat_deg,lon_deg\r\nécole".replace("é", "e") + ',Mairie d\'Angoulême,site,"45,65",0.16\r\n'
    text = text.replace(",", separator).replace(f'"45{separator}65"', '"45,65"')
    bring_in(sqlite_database, text.encode(encoding))
    with sqlite_database.reading() as session:
        site = session.scalars(select(Site)).one()
        assert (site.label, site.lat_deg) == ("Mairie d'Angoulême", 45.65)


def test_every_error_is_named_by_row_column_value_and_remedy_and_nothing_is_written(sqlite_database: Database) -> None:
    text = (
        "kind,name,address,device,lat_deg,lon_deg,centre_khz,width_khz,parent,lifecycle,credential\n"
        "device,good,10.0.0.1,,,,,,,,\n"
        "device,-bad,$(id),,,,,,,,\n"
        "device,dup,10.0.0.2,,,,,,,alive,nobody\n"
        "device,dup,10.0.0.3,,,,,,,,\n"
        "sector,s1,,nowhere,,,3500,3.5,,,\n"
        "site,x,,,95,0,,,,,\n"
        "device,a,10.0.0.4,,,,,,b,,\n"
        "device,b,10.0.0.5,,,,,,a,,\n"
        "spaceship,y,,,,,,,,,\n"
        "site,z,,core,,,,,,,\n"
    )
    found = complaints(sqlite_database, text)
    for part in (
        "row 3, column name “-bad”",
        "row 3, column address “$(id)”",
        "row 4, column lifecycle “alive”: one of: planned, in_service, maintenance, retired",
        "row 6, column centre_khz “3500”",
        "3500 MHz is 3500000",
        "row 6, column width_khz “3.5”",
        "row 7, column lat_deg “95”",
        "row 8, column parent “b”: a device is not reached through itself",
        "row 10, column kind “spaceship”",
        "row 11, column device “core”: a site has no device",
    ):
        assert any(part in line for line in found), (part, found)
    with pytest.raises(InputError, match="Nothing was imported"):
        bring_in(sqlite_database, text)
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Device)) == 0


def test_a_row_that_is_wrong_in_one_cell_is_judged_whole_and_known_to_the_others(sqlite_database: Database) -> None:
    """Its other references are told in the same go, and who names it is not told that it is missing."""
    text = "name,address,parent,credential\nfirst,10.0.0.300,nobody,none\nsecond,10.0.0.2,first,\n"
    with sqlite_database.reading() as session:
        plan = importer.judge(text.encode(), session)
    assert [(c.row, c.column) for c in plan.errors] == [(2, "address"), (2, "credential"), (2, "parent")]


def test_a_device_that_is_there_twice_is_no_circle_of_parents(sqlite_database: Database) -> None:
    """It is told once, for what it is."""
    text = "name,address,parent\nup,10.0.0.1,\nup,10.0.0.2,\ndown,10.0.0.3,up\n"
    with sqlite_database.reading() as session:
        plan = importer.judge(text.encode(), session)
    assert [(c.row, c.column) for c in plan.errors] == [(3, "name")]


def test_a_community_in_a_file_is_refused_without_showing_it(sqlite_database: Database) -> None:
    found = complaints(sqlite_database, "name,address,snmp_community\na,10.0.0.1,s3cr3t\n")
    assert len(found) == 1
    assert "nms credential add" in found[0]
    assert "s3cr3t" not in found[0]


def test_wrong_headers_are_named(sqlite_database: Database) -> None:
    found = complaints(sqlite_database, "name,adress,name\na,10.0.0.1,b\n")
    assert "did you mean “address”" in found[0]
    assert any("there twice" in line for line in found)
    assert any("is missing" in line for line in found)


def test_a_column_that_is_absent_changes_nothing_and_an_empty_cell_sets_the_default(sqlite_database: Database) -> None:
    bring_in(sqlite_database, "name,address,label,vendor\na,10.0.0.1,Old,Acme\n")
    plan = bring_in(sqlite_database, "name,address,vendor\na,10.0.0.9,\n")
    assert plan.updated == {"device": 1}
    with sqlite_database.reading() as session:
        device = session.scalars(select(Device)).one()
        assert (device.address, device.label, device.vendor) == ("10.0.0.9", "Old", "")


def test_a_thousand_devices_cost_as_many_statements_as_ten(database: Database) -> None:
    counts = []
    for prefix, size in (("few", 10), ("many", 1_000)):
        rows = "".join(f"{prefix}{n},10.{n // 250}.1.{n % 250 + 1},p0|p1|p2|p3\n" for n in range(size))
        with counted(database) as statements:
            bring_in(database, "name,address,interfaces\n" + rows)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 25
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Interface)) == 4_040


def test_fault_65_endless_cells_too_many_rows_and_workbooks_are_refused(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inventory.table_file.ROW_CAP", 50)
    cell = "x" * 200_000
    for octets, code in (
        (b"PK\x03\x04rest", "workbook_refused"),
        (b"", "empty_file"),
        (f'name,address\n"{cell}",10.0.0.1\n'.encode(), "bad_row"),
        (b"name,address\n" + b"a,10.0.0.1\n" * 60, "too_many_rows"),
        (b"name,address\na\x00,10.0.0.1\n", "not_text"),
    ):
        with pytest.raises(InputError) as caught:
            complaints(sqlite_database, octets)
        assert caught.value.code == code


def test_a_dry_run_writes_nothing(sqlite_database: Database) -> None:
    assert complaints(sqlite_database, "name,address\na,10.0.0.1\n") == []
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Device)) == 0
