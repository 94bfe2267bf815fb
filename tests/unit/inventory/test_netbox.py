"""A NetBox export enters the inventory, whichever of its two forms it has, and what stays out is said."""

from __future__ import annotations

import pytest

from inventory import netbox
from inventory.credentials import CredentialSecret, save_credential
from inventory.forms import ObjectKind
from inventory.models import CredentialKind, DeviceRole, Lifecycle
from inventory.netbox import NetboxPlan
from inventory.snapshot import Snapshot
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import InputError
from nms.base.permissions import SYSTEM
from nms.base.secrets import SecretBox

AT = FakeClock().now()
VIEW = {
    "netbox_sites.csv": "Name,Status,Facility,Region,Tenant,Description,Physical Address,Latitude,Longitude\n"
    'Mairie de Lusignan,Active,,Vienne,Région,La mairie,"1 place\nde la Mairie",46.433,0.122\n',
    "netbox_devices.csv": "Name,Status,Tenant,Site,Rack,Role,Manufacturer,Type,IP Address,Serial number\n"
    "BS Lusignan 1,Active,,Mairie de Lusignan,,Base Station,Airspan,Airspan MacroMAX,10.20.0.5/24,SN1\n"
    "patch panel,Active,,Mairie de Lusignan,,Patch Panel,Legrand,Legrand P24,,\n"
    "core-1,Planned,,,,Core Router,Cisco,ISR 2811,2001:db8::7/64,\n",
    "netbox_interfaces.csv": "Device,Name,Label,Enabled,Type,Description,Speed (Kbps),MAC Address\n"
    "core-1,GigabitEthernet0/0,uplink,True,1000BASE-T,vers Poitiers,1000000,00:11:22:33:44:55\n"
    "patch panel,1,,True,Other,,,\n",
}
ALL_DATA = {
    "devices.csv": "name,device_type,role,manufacturer,serial,site,status,primary_ip4\n"
    "sw-1,EX2300,access switch,Juniper,X1,,offline,10.9.9.9/32\n",
}


@pytest.fixture
def stocked(database: Database) -> Database:
    with database.transaction() as session:
        secret = CredentialSecret(CredentialKind.V2C, community="not-in-any-file")
        save_credential(session, SecretBox(b"k" * 32), SYSTEM, AT, "lab", secret)
    return database


def bring_in(database: Database, files: dict[str, str], credential: str = "lab") -> NetboxPlan:
    with database.transaction() as session:
        judged = netbox.judge({name: text.encode() for name, text in files.items()}, session, credential)
        netbox.apply(session, judged, SYSTEM, AT)
    return judged


def test_the_files_of_a_current_view_enter_together(stocked: Database) -> None:
    """Sites, devices on them and their ports, in our words; racks and patch panels stay out, and that is said."""
    judged = bring_in(stocked, VIEW)
    with stocked.reading() as session:
        snapshot = Snapshot(session)
        site = snapshot.of(ObjectKind.SITE)["Mairie-de-Lusignan"].values
        assert (site["label"], site["lat_deg"], site["address"]) == (
            "Mairie de Lusignan", 46.433, "1 place de la Mairie",
        )  # fmt: skip
        station = snapshot.of(ObjectKind.DEVICE)["BS-Lusignan-1"].values
        assert (station["site"], station["role"], station["address"], station["model"], station["serial"]) == (
            "Mairie-de-Lusignan", DeviceRole.BASE_STATION, "10.20.0.5", "MacroMAX", "SN1",
        )  # fmt: skip
        core = snapshot.of(ObjectKind.DEVICE)["core-1"].values
        assert (core["address"], core["lifecycle"], core["role"], core["credential"]) == (
            "2001:db8::7", Lifecycle.PLANNED, DeviceRole.ROUTER, "lab",
        )  # fmt: skip
        port = snapshot.of(ObjectKind.INTERFACE)["core-1\nGigabitEthernet0/0"].values
        assert (port["speed_bps"], port["alias"]) == (10**9, "vers Poitiers")
    assert [str(sentence) for sentence in judged.left_out] == [
        "netbox_devices.csv: 1 rows have no name or no address and stay out (rows 3)",
        "1 interfaces belong to devices that stay out",
    ]


def test_an_export_of_all_data_is_read_as_well(stocked: Database) -> None:
    """The other form of export, with the names of fields."""
    bring_in(stocked, ALL_DATA, credential="")
    with stocked.reading() as session:
        switch = Snapshot(session).of(ObjectKind.DEVICE)["sw-1"].values
    assert (switch["lifecycle"], switch["role"], switch["vendor"]) == (
        Lifecycle.MAINTENANCE, DeviceRole.SWITCH, "Juniper",
    )  # fmt: skip


def test_a_complaint_names_the_file_and_the_row_that_netbox_wrote(stocked: Database) -> None:
    """And nothing is imported."""
    wrong = VIEW | {"netbox_devices.csv": VIEW["netbox_devices.csv"].replace("10.20.0.5/24", "10.20.0.500/24")}
    with pytest.raises(InputError, match=r"netbox_devices\.csv, row 2, column address"):
        bring_in(stocked, wrong)
    with stocked.reading() as session:
        assert not Snapshot(session).of(ObjectKind.DEVICE)


def test_another_file_is_refused_with_its_columns(stocked: Database) -> None:
    """A list of cables is not one of the three."""
    with pytest.raises(InputError, match="termination_a"):
        bring_in(stocked, {"cables.csv": "label,termination_a,termination_b\nx,y,z\n"})
