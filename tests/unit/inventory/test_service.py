"""Saving objects one by one: every change leaves its trace, nothing wrong gets in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from inventory import service
from inventory.credentials import (
    AuthProtocol,
    CredentialSecret,
    PrivProtocol,
    list_credentials,
    remove_credential,
    save_credential,
    secret_of,
)
from inventory.fields import Complaint
from inventory.forms import (
    ContactForm,
    DeviceForm,
    HotspotForm,
    InterfaceForm,
    LinkForm,
    ObjectKind,
    SectorForm,
    SiteForm,
    TerminalForm,
    cells_of,
    read_form,
)
from inventory.models import Credential, CredentialKind, Device, Interface, Lifecycle, LinkKind
from inventory.service import SeenInterface
from nms.base import ledger
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import InputError, NotFound, PermissionRefused
from nms.base.ledger import LedgerEntry
from nms.base.permissions import SYSTEM, Role, actor_of_roles
from nms.base.secrets import SecretBox

AT = FakeClock().now()
BOX = SecretBox(b"k" * 32)
FORMS = (
    ContactForm("noc", phone="+33 5"),
    SiteForm("poitiers", insee="86194", contact="noc"),
    DeviceForm("bs", "10.0.0.1", site="poitiers"),
    DeviceForm("cpe", "10.0.0.2", parent="bs"),
    InterfaceForm("bs", "ge0"),
    InterfaceForm("cpe", "eth0", if_index=2),
    SectorForm("bs-1", "bs", tilt_deg=-2.5, centre_khz=3_510_000),
    TerminalForm("t1", sector="bs-1", device="cpe", mac="00:1a:2b:3c:4d:5e"),
    LinkForm("l1", LinkKind.DEDICATED, a_device="bs", a_interface="ge0", b_device="cpe", b_interface="eth0"),
    LinkForm("l2", LinkKind.ACCESS, sector="bs-1", terminal="t1"),
    HotspotForm("h1", device="cpe", interface="eth0"),
)


def test_every_kind_is_saved_read_back_and_traced(database: Database) -> None:
    with database.transaction() as session:
        for form in FORMS:
            assert service.save(session, SYSTEM, AT, form).created
    with database.transaction() as session:
        for form in FORMS:
            assert not service.save(session, SYSTEM, AT, form).changed
    with database.reading() as session:
        assert service.form_of(session, ObjectKind.LINK, "l1") == FORMS[8]
        assert service.form_of(session, ObjectKind.INTERFACE, "eth0", device="cpe") == FORMS[5]
        assert ledger.verify(session).entries == len(FORMS)
        entry = session.scalars(select(LedgerEntry).where(LedgerEntry.subject == "bs-1")).one()
        assert entry.kind == "inventory.sector"
        assert '"centre_khz":"3510000"' in (entry.after or "")


def test_a_change_is_in_the_ledger_with_before_and_after_and_in_the_life_of_the_object(database: Database) -> None:
    with database.transaction() as session:
        service.save_device(session, SYSTEM, AT, DeviceForm("a", "10.0.0.1", lifecycle=Lifecycle.PLANNED))
    with database.transaction() as session:
        service.save_device(session, SYSTEM, AT, DeviceForm("a", "10.0.0.2", lifecycle=Lifecycle.IN_SERVICE))
        service.retire(session, SYSTEM, AT, ObjectKind.DEVICE, "a")
    with database.reading() as session:
        steps = [(s.before, s.after, s.by) for s in service.life_of(session, ObjectKind.DEVICE, "a")]
        entry = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq)).all()[1]
    assert steps == [
        (None, Lifecycle.PLANNED, "system"),
        (Lifecycle.PLANNED, Lifecycle.IN_SERVICE, "system"),
        (Lifecycle.IN_SERVICE, Lifecycle.RETIRED, "system"),
    ]
    assert '"address":"10.0.0.1"' in (entry.before or "")
    assert '"address":"10.0.0.2"' in (entry.after or "")


def test_a_circle_of_parents_is_refused(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        for form in (DeviceForm("a", "h1"), DeviceForm("b", "h2", parent="a"), DeviceForm("c", "h3", parent="b")):
            service.save_device(session, SYSTEM, AT, form)
    with sqlite_database.transaction() as session, pytest.raises(InputError, match="a > c > b > a"):
        service.save_device(session, SYSTEM, AT, DeviceForm("a", "h1", parent="c"))
    with sqlite_database.transaction() as session, pytest.raises(InputError, match="not reached through itself"):
        service.save_device(session, SYSTEM, AT, DeviceForm("a", "h1", parent="a"))


def test_every_wrong_field_of_a_form_is_named_with_value_and_remedy(sqlite_database: Database) -> None:
    form = DeviceForm("no good", "$(id)", site="nowhere", poll_interval_s=1)
    with sqlite_database.transaction() as session, pytest.raises(InputError) as caught:
        service.save_device(session, SYSTEM, AT, form)
    complaints = caught.value.facts["complaints"]
    assert isinstance(complaints, list)
    assert {c.field for c in complaints if isinstance(c, Complaint)} == {"name", "address", "poll_interval_s"}
    with sqlite_database.transaction() as session, pytest.raises(InputError, match="no site of this name"):
        service.save_device(session, SYSTEM, AT, DeviceForm("a", "h", site="nowhere"))


def test_half_a_pair_is_refused() -> None:
    with pytest.raises(InputError, match="lon_deg: missing: it goes with lat_deg"):
        read_form(ObjectKind.SITE, {"name": "x", "lat_deg": "46"})
    with pytest.raises(InputError, match="not a field of a site"):
        read_form(ObjectKind.SITE, {"name": "x", "role": "router"})


@pytest.mark.parametrize("form", FORMS, ids=lambda form: type(form).__name__)
def test_a_form_as_text_reads_back_to_itself(form: DeviceForm) -> None:
    kind = next(kind for kind in ObjectKind if type(form).__name__ == f"{kind.value.capitalize()}Form")
    assert read_form(kind, cells_of(form)) == form


def test_a_viewer_writes_nothing(sqlite_database: Database) -> None:
    viewer = actor_of_roles("v", [Role.VIEWER])
    with sqlite_database.transaction() as session:
        with pytest.raises(PermissionRefused):
            service.save_device(session, viewer, AT, DeviceForm("a", "h"))
        with pytest.raises(PermissionRefused):
            save_credential(session, BOX, viewer, AT, "c", CredentialSecret(CredentialKind.V2C, community="x"))


def test_what_a_device_says_of_itself_is_noted_without_overwriting_what_people_wrote(database: Database) -> None:
    with database.transaction() as session:
        service.save_device(session, SYSTEM, AT, DeviceForm("a", "h", vendor="Ours"))
        seen = [SeenInterface("eth0", if_index=1), SeenInterface("eth1", if_index=2, speed_bps=10**9)]
        service.record_discovery(session, "a", {"vendor": "Theirs", "model": "X\x00Y"}, seen)
        service.record_discovery(session, "a", {}, [SeenInterface("eth1", alias="up\x1blink", if_index=7)])
        service.record_discovery(session, "a", {}, [SeenInterface("eth1", if_index=7)])
        device = session.scalars(select(Device)).one()
        assert (device.vendor, device.model) == ("Ours", "X Y")
        ports = session.execute(select(Interface).order_by(Interface.name)).scalars().all()
        assert [(port.name, port.if_index) for port in ports] == [("eth0", 1), ("eth1", 7)]
        assert (ports[1].alias, ports[1].speed_bps) == ("up link", 10**9)


def test_a_credential_is_sealed_opened_and_never_shown(database: Database) -> None:
    secret = CredentialSecret(
        CredentialKind.V3,
        user="noc",
        auth=AuthProtocol.SHA256,
        auth_key="canary-auth-1",
        priv=PrivProtocol.AES128,
        priv_key="canary-priv-1",
    )
    with database.transaction() as session:
        save_credential(session, BOX, SYSTEM, AT, "lab", secret)
        save_credential(session, BOX, SYSTEM, AT, "lab", replace(secret, auth_key="canary-auth-2"))
        service.save_device(session, SYSTEM, AT, DeviceForm("a", "h", credential="lab"))
        assert secret_of(session, BOX, "lab").auth_key == "canary-auth-2"
        sealed = session.scalars(select(Credential.sealed)).one()
        texts = [str(row.before) + str(row.after) for row in session.scalars(select(LedgerEntry))]
        assert b"canary" not in sealed
        assert not any("canary" in text for text in [*texts, repr(secret), str(list_credentials(session))])
        assert list_credentials(session)[0].devices == 1
        with pytest.raises(InputError, match="used by 1 devices"):
            remove_credential(session, SYSTEM, AT, "lab")
        with pytest.raises(NotFound):
            secret_of(session, BOX, "other")


@pytest.mark.parametrize(
    "secret",
    [
        CredentialSecret(CredentialKind.V2C),
        CredentialSecret(CredentialKind.V2C, community="canary\n"),
        CredentialSecret(CredentialKind.V2C, community="canary", user="u"),
        CredentialSecret(CredentialKind.V3, user="u", auth=AuthProtocol.SHA256, auth_key="canary"),
        CredentialSecret(CredentialKind.V3, user="u", priv=PrivProtocol.AES128, priv_key="canary-long-enough"),
        CredentialSecret(CredentialKind.V3, user="u", auth_key="canary-long-enough"),
    ],
)
def test_a_credential_that_opens_nothing_is_refused_without_its_secret_in_the_message(
    sqlite_database: Database, secret: CredentialSecret
) -> None:
    with sqlite_database.transaction() as session, pytest.raises(InputError) as caught:
        save_credential(session, BOX, SYSTEM, AT, "lab", secret)
    assert "canary" not in str(caught.value) + str(caught.value.facts)
