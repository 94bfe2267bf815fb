"""What was found beside what is known: each thing is proposed once, a person decides, and all or nothing is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inventory import found, proposals, service
from inventory.credentials import CredentialSecret, save_credential
from inventory.forms import DeviceForm, InterfaceForm, LinkForm, ObjectKind, SiteForm
from inventory.found import Found, FoundPort, Heard
from inventory.models import CredentialKind, DeviceRole, Lifecycle, LinkKind
from inventory.proposals import Proposals, Standing, propose, slug
from inventory.snapshot import Snapshot
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import InputError, PermissionRefused
from nms.base.permissions import SYSTEM, Role, actor_of_roles
from nms.base.secrets import SecretBox

AT = FakeClock().now()
R1 = Found(
    "10.0.0.1", "lab", "cisco_ios", "Cisco", "2811", "router", "r1", identity="aa", chassis_id="02:00:00:00:00:01",
    ports=(FoundPort("Gi0/0", 1, 10**9), FoundPort("Gi0/1", 2)),
    neighbours=(Heard("Gi0/1", "02:00:00:00:00:02", "eth0", "", "r2"),),
)  # fmt: skip
R2 = Found(
    "10.0.0.2", "lab", "net_snmp", "Net-SNMP", "", "server", "r2", identity="bb", chassis_id="02:00:00:00:00:02",
    ports=(FoundPort("eth0", 1),), neighbours=(Heard("eth0", "02:00:00:00:00:01", "Gi0/1"),),
)  # fmt: skip


@pytest.fixture
def stocked(database: Database) -> Database:
    with database.transaction() as session:
        secret = CredentialSecret(CredentialKind.V2C, community="not-in-any-file")
        save_credential(session, SecretBox(b"k" * 32), SYSTEM, AT, "lab", secret)
        service.save_site(session, SYSTEM, AT, SiteForm("pop", insee="86194"))
    return database


def after(database: Database, *devices: Found) -> Proposals:
    with database.transaction() as session:
        found.remember(session, devices, AT)
    return now(database)


def now(database: Database) -> Proposals:
    with database.reading() as session:
        return propose(session)


def accept(database: Database, *keys: str, **edits: str) -> list[str]:
    with database.transaction() as session:
        return proposals.accept(session, SYSTEM, AT, keys, {keys[0]: edits} if edits else None)


def test_what_answers_is_proposed_and_accepted_whole(stocked: Database) -> None:
    """Two devices and the link between them, heard from both ends, enter with their ports in one go."""
    found_now = after(stocked, R1, R2)
    assert [(p.name, p.standing) for p in found_now.devices] == [("r1", Standing.NEW), ("r2", Standing.NEW)]
    assert [(link.name, link.heard_by) for link in found_now.links] == [("r1--r2", 2)]
    new = accept(stocked, *found_now.waiting())
    assert sorted(new) == ["r1", "r1--r2", "r2"]
    with stocked.reading() as session:
        snapshot = Snapshot(session)
        link = snapshot.of(ObjectKind.LINK)["r1--r2"].values
        assert (link["a_device"], link["a_interface"], link["b_device"], link["b_interface"]) == (
            "r1", "Gi0/1", "r2", "eth0",
        )  # fmt: skip
        device = snapshot.of(ObjectKind.DEVICE)["r1"].values
        assert (device["role"], device["vendor"], device["credential"]) == (DeviceRole.ROUTER, "Cisco", "lab")
    assert now(stocked).waiting() == []
    assert {p.standing for p in now(stocked).devices} == {Standing.KNOWN}
    assert [link.standing for link in now(stocked).links] == [Standing.KNOWN]


def test_what_a_person_says_otherwise_is_written(stocked: Database) -> None:
    """Name, role and site of the row win; a wrong one refuses all of it."""
    after(stocked, R1, R2)
    with pytest.raises(InputError, match="nowhere"):
        accept(stocked, "10.0.0.1", site="nowhere")
    accept(stocked, "10.0.0.1", name="core-1", role="switch", site="pop")
    with stocked.reading() as session:
        device = Snapshot(session).of(ObjectKind.DEVICE)["core-1"].values
    assert (device["role"], device["site"], device["label"]) == (DeviceRole.SWITCH, "pop", "r1")


def test_a_link_to_a_device_that_was_renamed_on_acceptance_goes_to_it(stocked: Database) -> None:
    """The link of one batch follows the name that its device got in the same batch."""
    keys = after(stocked, R1, R2).waiting()
    accept(stocked, *keys, name="core-1")
    with stocked.reading() as session:
        link = Snapshot(session).of(ObjectKind.LINK)["r1--r2"].values
    assert link["a_device"] == "core-1"


def test_one_box_at_three_addresses_is_proposed_once(stocked: Database) -> None:
    """The same SNMP engine is the same box; an address that the inventory has wins."""
    others = [replace(R1, address="10.0.7.1"), replace(R1, address="[2001:db8::1]:161")]
    (device,) = after(stocked, *others, R1).devices
    assert (device.key, device.also_at) == ("10.0.0.1", ("10.0.7.1", "[2001:db8::1]:161"))
    with stocked.transaction() as session:
        service.save_device(session, SYSTEM, AT, DeviceForm("core", "10.0.7.1:161"))
    (device,) = now(stocked).devices
    assert (device.name, device.standing, device.key) == ("core", Standing.KNOWN, "10.0.7.1")


def test_a_device_that_calls_itself_as_a_known_one_has_moved(stocked: Database) -> None:
    """Accepting changes its address and credential, and nothing else."""
    with stocked.transaction() as session:
        service.save_device(session, SYSTEM, AT, DeviceForm("r1", "192.0.2.9", site="pop", note="do not touch"))
    (device,) = after(stocked, R1).devices
    assert (device.standing, device.known_address) == (Standing.MOVED, "192.0.2.9")
    accept(stocked, "10.0.0.1")
    with stocked.reading() as session:
        values = Snapshot(session).of(ObjectKind.DEVICE)["r1"].values
    assert (values["address"], values["site"], values["note"]) == ("10.0.0.1", "pop", "do not touch")


def test_a_retired_device_that_answers_is_said_and_not_accepted(stocked: Database) -> None:
    """It is in nobody's plan any more, yet on the air: a base station is then an undeclared emitter."""
    with stocked.transaction() as session:
        service.save_device(session, SYSTEM, AT, DeviceForm("old", "10.0.0.1", lifecycle=Lifecycle.RETIRED))
    (device,) = after(stocked, replace(R1, role="base_station")).devices
    assert device.standing is Standing.RETIRED
    assert device.undeclared_emitter
    with pytest.raises(InputError, match=r"10\.0\.0\.1"):
        accept(stocked, "10.0.0.1")


def test_exactly_the_base_stations_that_no_inventory_knows_are_undeclared_emitters(stocked: Database) -> None:
    """Of fifty base stations, three are not in the inventory: exactly these three are told of."""
    seen = [replace(R1, address=f"10.0.3.{n}", identity=f"{n:02x}", sys_name=f"bs-{n}", role="base_station",
                    chassis_id="", neighbours=()) for n in range(1, 51)]  # fmt: skip
    with stocked.transaction() as session:
        for device in seen[:47]:
            service.save_device(session, SYSTEM, AT, DeviceForm(device.sys_name, device.address))
    emitters = [p.name for p in after(stocked, *seen).devices if p.undeclared_emitter]
    assert emitters == ["bs-48", "bs-49", "bs-50"]


def test_what_was_left_aside_stays_aside_until_taken_up(stocked: Database) -> None:
    """A second sweep does not bring it back."""
    keys = after(stocked, R1, R2).waiting()
    with stocked.transaction() as session:
        found.dismiss(session, keys, "alice", AT)
    assert after(stocked, R1, R2).waiting() == []
    with stocked.transaction() as session:
        found.dismiss(session, keys[:1], "alice", AT, again=True)
    assert now(stocked).waiting() == keys[:1]


def test_names_out_of_hostile_texts_are_usable_and_never_collide(stocked: Database) -> None:
    """Two boxes of one name, one without any, one in Arabic."""
    names = ["Château d'eau", "Château d'eau", "", "محطة", "../../etc/passwd", "-x"]
    boxes = [replace(R1, address=f"10.0.4.{n}", identity=str(n), chassis_id="", neighbours=(), sys_name=name)
             for n, name in enumerate(names, 1)]  # fmt: skip
    proposed = after(stocked, *boxes)
    given = [p.name for p in proposed.devices]
    assert given == [
        "Chateau-d-eau", "Chateau-d-eau-2", "cisco_ios-10.0.4.3", "cisco_ios-10.0.4.4", "etc/passwd", "x",
    ]  # fmt: skip
    assert len(accept(stocked, *proposed.waiting())) == len(names)


def test_slug_of_anything_is_short_and_printable() -> None:
    """Even of what is far too long."""
    assert len(slug("é" * 500)) == 63


def test_a_known_link_keeps_its_own_name(stocked: Database) -> None:
    """What an engineer called nr-1 is not proposed again as r1--r2."""
    with stocked.transaction() as session:
        for name, address, port in (("r1", "10.0.0.1", "Gi0/1"), ("r2", "10.0.0.2", "eth0")):
            service.save_device(session, SYSTEM, AT, DeviceForm(name, address))
            service.save_interface(session, SYSTEM, AT, InterfaceForm(name, port))
        link = LinkForm(
            "nr-1", LinkKind.BACKHAUL, a_device="r2", a_interface="eth0", b_device="r1", b_interface="Gi0/1"
        )
        service.save_link(session, SYSTEM, AT, link)
    (proposal,) = after(stocked, R1, R2).links
    assert (proposal.name, proposal.standing) == ("nr-1", Standing.KNOWN)


def test_only_who_writes_the_inventory_accepts(stocked: Database) -> None:
    """A viewer does not."""
    after(stocked, R1)
    with stocked.transaction() as session, pytest.raises(PermissionRefused):
        proposals.accept(session, actor_of_roles("eve", [Role.VIEWER]), AT, ["10.0.0.1"])
