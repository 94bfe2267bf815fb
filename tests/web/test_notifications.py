"""The page of notifications, the device's own, the API and the metrics, fed by datagrams on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network

import pytest
from sqlalchemy import update

from collectors import snmp_ber as ber
from collectors.notification import SNMP_TRAP_OID, SYS_UP_TIME, TRAP_V2
from inventory.models import Device
from nms.base.permissions import Role
from nms.base.settings import NetworkSettings, NotificationSettings
from nms.ops.notifications.hearing import Hearing
from tests.fakes.program import wait_for
from tests.fakes.site import Web
from web.app import create_app

HOSTS = {"bs-a": "127.0.0.21", "bs-b": "127.0.0.22"}
PAYLOAD = "<script>alert(1)</script>"


def trap(oid: str, text: str, community: str = "s3cret-community") -> bytes:
    rows = [(SYS_UP_TIME, b"\x43\x02\x13\x88"), (SNMP_TRAP_OID, ber.encode_oid(oid))]
    rows.append(("1.3.6.1.2.1.31.1.1.1.18.7", ber.tlv(0x04, text.encode())))
    encoded = b"".join(ber.tlv(0x30, ber.encode_oid(name) + value) for name, value in rows)
    pdu = ber.tlv(TRAP_V2, ber.encode_integer(7) + ber.encode_integer(0) * 2 + ber.tlv(0x30, encoded))
    return ber.encode_message(1, community.encode(), pdu)


@pytest.fixture
def heard(web: Web) -> Iterator[tuple[Web, Hearing]]:
    """The application that hears on loopback; its two stations live there."""
    with web.database.transaction() as session:
        for name, host in HOSTS.items():
            session.execute(update(Device).where(Device.name == name).values(address=host))
    settings = replace(
        web.services.settings,
        network=NetworkSettings((ip_network("127.0.0.0/8"),)),
        notification=NotificationSettings("127.0.0.1", 0),
    )
    backed_up: list[str] = []
    hearing = Hearing(web.database, settings, web.box, web.clock, web.polled.append, backed_up.append)
    hearing.refresh()
    hearing.start()
    try:
        services = replace(web.services, settings=settings, hearing=hearing)
        yield replace(web, app=create_app(services), services=services), hearing
    finally:
        hearing.stop()


def send(hearing: Hearing, source: str, data: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.sendto(data, ("127.0.0.1", hearing.port))


def test_fault_24_what_was_notified_and_who_was_refused(heard: tuple[Web, Hearing]) -> None:
    web, hearing = heard
    before = {row.subject.name: row.judgement for row in web.live.all()}
    send(hearing, HOSTS["bs-a"], trap("1.3.6.1.6.3.1.1.5.3", PAYLOAD))
    send(hearing, HOSTS["bs-b"], trap("1.3.6.1.4.1.99999.0.1", "ailleurs"))
    send(hearing, HOSTS["bs-b"], trap("1.3.6.1.6.3.1.1.5.3", "forged", "canary-wrong"))
    send(hearing, "127.0.0.77", trap("1.3.6.1.6.3.1.1.5.3", "stranger"))
    wait_for(lambda: hearing.heard.admitted == 2 and sum(hearing.heard.refused.values()) == 2, "heard", 10)
    wait_for(lambda: len(web.polled) == 2, "polled", 5)
    assert sorted(web.polled) == ["bs-a", "bs-b"]
    assert {row.subject.name: row.judgement for row in web.live.all()} == before  # a trap is no state

    noc = web.client(Role.NOC)
    page = noc.get("/notifications").get_data(as_text=True)
    assert "Un port est tombé." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert PAYLOAD not in page
    assert "Notification 1.3.6.1.4.1.99999.0.1" in page
    assert "127.0.0.77" in page
    assert "1 d’une adresse qui n’est celle d’aucun équipement en service" in page
    for wrong in ("forged", "stranger", "canary", "s3cret"):
        assert wrong not in page
    assert "Un port est tombé." in noc.get("/appareils/bs-a").get_data(as_text=True)
    assert "Un port est tombé." not in noc.get("/notifications?appareil=bs-b").get_data(as_text=True)

    viewer = web.client(Role.VIEWER).get("/notifications").get_data(as_text=True)
    assert "127.0.0.77" not in viewer
    own = web.client(Role.COMMUNE)
    mine = own.get("/notifications").get_data(as_text=True)
    assert "Un port est tombé." in mine
    assert "ailleurs" not in mine
    assert "127.0.0.77" not in mine
    assert own.get("/notifications?appareil=bs-b").status_code == 404
    assert noc.get("/notifications?avant=x").status_code == 400
    assert noc.get("/notifications?avant=1").status_code == 200

    told = noc.get("/api/v1/notifications?limit=1").get_json()
    assert [len(told["items"]), told["before"] is not None] == [1, True]
    rest = noc.get(f"/api/v1/notifications?before={told['before']}").get_json()
    both = told["items"] + rest["items"]
    assert {(row["device"], row["name"], row["uptime_s"]) for row in both} == {
        ("bs-a", "linkDown", 50),
        ("bs-b", "", 50),
    }
    assert own.get("/api/v1/notifications?device=bs-b").status_code == 404
    metrics = web.app.test_client()
    scraped = web.client(Role.ADMINISTRATOR).get("/metrics").get_data(as_text=True)
    assert "nms_notifications_total 2" in scraped
    assert 'nms_notifications_refused_total{reason="credential"} 1' in scraped
    assert metrics.get("/readyz").get_json()["parts"]["notifications"] == "ok"


def test_where_nobody_listens_the_page_says_what_to_do(web: Web) -> None:
    page = web.client(Role.NOC).get("/notifications").get_data(as_text=True)
    assert "Personne n’écoute" in page
    assert "nms_notifications" not in web.client(Role.ADMINISTRATOR).get("/metrics").get_data(as_text=True)
