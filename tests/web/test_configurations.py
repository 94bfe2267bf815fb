"""Pages of configurations on scripted devices: what is shown, to whom, and that no secret is in any of it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from inventory.models import Device
from nms.base.ledger import LedgerEntry
from nms.base.permissions import Role
from nms.ops.configs.models import Cause
from tests.fakes.fleet_of_boxes import HASTE, MANAGED, Boxes, boxes
from tests.fakes.site import Web
from web.app import create_app

SECRET = "canary-community"


@pytest.fixture
def pages(web: Web) -> Iterator[tuple[Web, Boxes]]:
    """The application with two scripted devices, `core/1` and `pop-2`, each backed up twice, with a change between."""
    settings = replace(web.services.settings, network=MANAGED, configuration=HASTE)
    with boxes(web.database, settings, web.clock, ["core/1", "pop-2"], web.box) as fleet:
        services = replace(web.services, settings=settings, backups=fleet.backups)
        for name in ("core/1", "pop-2"):  # one after the other: the numbers of the versions are asserted
            fleet.backups.one(name, Cause.NIGHTLY)
        web.clock.advance(86_400)
        fleet.servers["core/1"]._take("ntp server 192.0.2.123")
        fleet.servers["core/1"]._take(f"snmp-server community {SECRET}-2 RO")
        fleet.backups.run(Cause.NIGHTLY)
        yield replace(web, app=create_app(services), services=services), fleet


def text(client: FlaskClient, path: str, status: int = 200) -> str:
    """A page, which holds no secret."""
    page = client.get(path)
    assert page.status_code == status, page.get_data(as_text=True)[:2000]
    body = page.get_data(as_text=True)
    assert "canary" not in body
    return body


def test_the_list_the_search_and_the_tile(pages: tuple[Web, Boxes]) -> None:
    web, _ = pages
    client = web.client(Role.NOC)
    listed = text(client, "/configurations")
    assert listed.index("core/1") < listed.index("pop-2")
    assert "conservée" in listed
    assert "ntp server 192.0.2.123" in text(client, "/configurations?q=NTP*123")
    lacking = text(client, "/configurations?q=ntp+server&sans=1")
    assert "1 équipement ne l’a pas" in lacking
    assert "0 ligne" in text(client, "/configurations?q=can*nity-2")
    assert "Écrivez au plus 200" in text(client, "/configurations?q=***")
    assert "Plus ancienne sauvegarde de configuration" in text(client, "/")
    assert "sauvegarde de configuration" not in text(web.client(Role.VIEWER), "/")
    web.client(Role.VIEWER).get("/configurations")
    for role in (Role.VIEWER, Role.COMMUNE, Role.LEGAL, Role.OFFICIAL):
        assert web.client(role).get("/configurations/pop-2").status_code == 403


def test_versions_are_compared_side_by_side_without_their_secrets(pages: tuple[Web, Boxes]) -> None:
    web, _ = pages
    client = web.client(Role.AUDITOR)
    page = text(client, "/configurations/core/1")
    assert "snmp-server community *** RO" in page
    assert "ntp server 192.0.2.123" in page
    assert "De la version 1 à la version 3" in page
    swapped = text(client, "/configurations/core/1?avant=3&apres=1")
    assert "De la version 3 à la version 1" in swapped
    assert "Les deux sont identiques" in text(client, "/configurations/core/1?avant=1&apres=1")
    assert "<td>le programme</td><td>sauvegarde de nuit</td>" in page
    version = text(client, "/version-configuration/3")
    assert "Télécharger, sans les secrets" in version
    assert "Télécharger entière" not in version
    assert client.get("/version-configuration/99").status_code == 404
    assert client.get("/configurations/nobody").status_code == 404


def test_the_api_tells_backups_versions_texts_and_differences_without_secrets(pages: tuple[Web, Boxes]) -> None:
    web, _ = pages
    client = web.client(Role.AUDITOR)

    def ask(path: str, status: int = 200) -> Any:
        answer = client.get(f"/api/v1{path}")
        assert answer.status_code == status, answer.get_data(as_text=True)
        assert "canary" not in answer.get_data(as_text=True)
        return answer.get_json()

    listed = ask("/configurations")
    assert [(row["device"], row["standing"], row["versions"]) for row in listed["items"]] == [
        ("core/1", "kept", 2),
        ("pop-2", "kept", 1),
    ]
    assert ask("/configurations?standing=failing")["total"] == 0
    versions = ask("/devices/core/1/configurations")["items"]
    assert [(one["version"], one["cause"], one["author"]) for one in versions] == [
        (3, "nightly", "system"),
        (1, "nightly", "system"),
    ]
    one = ask("/configurations/3")
    assert (one["device"], one["lines"]) == ("core/1", len(one["text"].splitlines()))
    assert "snmp-server community *** RO" in one["text"]
    lines = ask("/configurations/3/difference?since=1")["lines"]
    assert "+ntp server 192.0.2.123" in lines
    assert ask("/configurations/1/difference?since=1")["lines"] == []
    ask("/configurations/3/difference?since=2", 404)
    ask("/configurations/3/difference", 422)
    ask("/configurations/99", 404)
    ask("/devices/nobody/configurations", 404)


def test_fault_66_only_who_applies_takes_a_version_with_its_secrets_and_the_journal_says_so(
    pages: tuple[Web, Boxes],
) -> None:
    web, _ = pages
    engineer = web.client(Role.ENGINEER)
    plain = engineer.get("/version-configuration/1.txt")
    assert plain.headers["Content-Disposition"] == 'attachment; filename="core-1-1.txt"'
    assert "canary" not in plain.get_data(as_text=True)
    whole = web.post(engineer, "/version-configuration/1/entiere", "/version-configuration/1")
    assert f"snmp-server community {SECRET} RO" in whole.get_data(as_text=True)
    for role in (Role.NOC, Role.AUDITOR, Role.ADMINISTRATOR):
        refused = web.post(web.client(role), "/version-configuration/1/entiere", "/configurations")
        assert refused.status_code == 403
    with web.database.reading() as session:
        entries = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "config.secrets_read")).all()
        assert [(entry.actor, entry.subject, entry.after) for entry in entries] == [
            ("engineer", "core/1", '{"version":1}')
        ]


def test_fault_68_a_changed_key_is_an_alarm_until_a_person_confirms_the_very_key_shown(
    pages: tuple[Web, Boxes],
) -> None:
    web, fleet = pages
    engineer, noc = web.client(Role.ENGINEER), web.client(Role.NOC)
    page = "/configurations/pop-2"
    server = fleet.servers["pop-2"]
    server.change_key()
    refused = web.post(noc, f"{page}/sauvegarder", page)
    assert refused.status_code == 502
    assert server.key().fingerprint in refused.get_data(as_text=True)
    assert "1 autre clé SSH" in text(noc, "/")
    assert "Je l’ai comparée" not in text(noc, page)
    shown = server.key().fingerprint
    server.change_key()
    web.post(noc, f"{page}/sauvegarder", page)  # yet another one came meanwhile
    late = web.post(engineer, f"{page}/cle", page, fingerprint=shown)
    assert late.status_code == 409
    web.post(engineer, f"{page}/cle", page, fingerprint=server.key().fingerprint)
    done = web.post(noc, f"{page}/sauvegarder", page)
    assert done.status_code == 200
    assert "inchangée" in done.get_data(as_text=True)
    assert "autre clé SSH" not in text(noc, "/")


def test_a_key_is_asked_for_before_anything_is_sent(pages: tuple[Web, Boxes]) -> None:
    web, fleet = pages
    engineer, page = web.client(Role.ENGINEER), "/configurations/pop-2"
    typed = list(fleet.servers["pop-2"].received)
    fleet.servers["pop-2"].change_key()
    assert web.post(engineer, f"{page}/demander-cle", page).status_code == 303
    assert fleet.servers["pop-2"].key().fingerprint in text(engineer, page)
    assert fleet.servers["pop-2"].received == typed


def test_a_rehearsal_reads_and_changes_nothing(pages: tuple[Web, Boxes]) -> None:
    web, fleet = pages
    held = fleet.servers["core/1"].configuration()
    done = web.post(web.client(Role.ENGINEER), "/version-configuration/1/repetition", "/version-configuration/1")
    body = done.get_data(as_text=True)
    assert done.status_code == 200
    assert "no ntp server 192.0.2.123" in body
    assert "exactement" in body
    assert "canary" not in body
    assert fleet.servers["core/1"].configuration() == held


def test_a_device_that_fails_says_why_in_the_reader_s_language(pages: tuple[Web, Boxes]) -> None:
    web, fleet = pages
    fleet.servers["pop-2"].turn(show="version 1.0\n<script>alert(1)</script>\n")
    for _ in range(2):
        assert web.post(web.client(Role.NOC), "/configurations/pop-2/sauvegarder", "/configurations").status_code == 502
    page = text(web.client(Role.NOC), "/configurations/pop-2")
    assert "La configuration n’est pas entière (2 lignes reçues) : il en manque la fin." in page.replace("\u00a0", " ")
    assert "2 échecs de suite" in page
    assert "<script>alert" not in page
    assert "1 sur 2 non conservées" in text(web.client(Role.NOC), "/")


def test_why_nobody_answers_at_a_port_is_told_in_french_too(pages: tuple[Web, Boxes]) -> None:
    web, _ = pages
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with web.database.transaction() as session:
        session.scalars(select(Device).where(Device.name == "pop-2")).one().ssh_port = port
    assert web.post(web.client(Role.NOC), "/configurations/pop-2/sauvegarder", "/configurations").status_code == 502
    page = text(web.client(Role.NOC), "/configurations/pop-2").replace("\u00a0", " ")
    assert f"127.0.0.1, TCP {port} est injoignable : connexion refusée." in page


def test_metrics_tell_the_age_and_the_outcomes_and_name_no_device(pages: tuple[Web, Boxes]) -> None:
    web, _ = pages
    web.clock.advance(3_600)
    client = web.client(Role.ADMINISTRATOR)
    said = text(client, "/metrics")
    assert "nms_config_oldest_backup_age_seconds 3600.0\n" in said
    assert 'nms_config_devices{state="kept"} 2\n' in said
    assert 'nms_config_backups_total{outcome="stored"} 3\n' in said
    assert 'nms_config_backups_total{outcome="unchanged"} 1\n' in said
    lines = [line for line in said.splitlines() if line.startswith("nms_config")]
    assert not [line for line in lines if "pop-2" in line]
    opened = client.get("/metrics", headers={"Accept": "application/openmetrics-text"}).get_data(as_text=True)
    assert "# TYPE nms_config_backups counter\n" in opened


def test_a_number_that_no_database_counts_to_is_of_nothing_that_is_there(web: Web) -> None:
    client, asked = web.client(Role.ENGINEER), 0
    for rule in web.app.url_map.iter_rules():
        if "<int:" in rule.rule and "GET" in (rule.methods or ()):
            path = re.sub(r"<int:\w+>", str(10**25), rule.rule)
            assert client.get(re.sub(r"<[^>]+>", "x", path)).status_code == 404, path
            asked += 1
    assert asked > 5
