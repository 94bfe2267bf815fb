"""The inventory plugin in a real `ansible-inventory`, asking the real application over loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from inventory.models import Device, Hotspot
from nms.base import ledger
from nms.base.permissions import Permission, Role
from tests.fakes import ansible
from tests.fakes.site import HERE, Web
from tests.web.test_api import token

pytestmark = pytest.mark.timeout(180)
EVIL = "{{ lookup('ansible.builtin.pipe', 'touch PWNED') }}"


@dataclass(frozen=True)
class Asked:
    """The application behind a port of loopback, and a folder for Ansible."""

    web: Web
    url: str
    home: Path

    def word(self, role: Role, *scopes: Permission) -> str:
        """A new token that somebody of this role made."""
        return token(self.web, role, *scopes)["Authorization"].removeprefix("Bearer ")

    def inventory(self, word: str, **more: str) -> ansible.Run:
        """What Ansible reads with a token."""
        given = {"NMS_TOKEN": word, "NMS_URL": self.url} | more
        file = self.home / "any.nms.yml"
        file.write_text("plugin: nms\ntimeout_s: 10\n")
        return ansible.inventory(self.home, "--inventory", str(file), "--list", **given)


@pytest.fixture
def asked(web: Web, tmp_path: Path) -> Iterator[Asked]:
    with web.database.transaction() as session:
        device = session.query(Device).filter_by(name="cpe-a").one()
        device.label, device.family, device.ssh_port = EVIL, "cisco-ios", 2222
        device.cli = "cisco_ios"
        session.query(Hotspot).filter_by(name="spot-a").one().ssid = EVIL
        ledger.append(session, kind="device", subject="cpe-a", actor="test", at=web.clock.now(), after={"label": EVIL})
    server = make_server("127.0.0.1", 0, web.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Asked(web, f"http://127.0.0.1:{server.server_port}", tmp_path)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def told(run: ansible.Run) -> dict[str, Any]:
    """The inventory that was printed; Ansible marks each text that is no template with a word of its own."""
    assert run.code == 0, run.text
    found: dict[str, Any] = json.loads(run.text, object_hook=lambda item: item.get("__ansible_unsafe", item))
    return found


def test_devices_stand_in_groups_with_variables_and_without_secrets(asked: Asked) -> None:
    run = asked.inventory(asked.word(Role.NOC, Permission.DEVICE_READ))
    found = told(run)
    assert found["nms_department_86"]["children"] == [f"nms_commune_{HERE}"]
    assert found[f"nms_commune_{HERE}"]["hosts"] == ["bs-a", "cpe-a"]
    assert found["nms_role_base_station"]["hosts"] == ["bs-a", "bs-b"]
    assert found["nms_lifecycle_in_service"]["hosts"] == ["bs-a", "bs-b", "cpe-a", "cpe-b"]
    assert found["nms_family_cisco_ios"]["hosts"] == ["cpe-a"]
    router = found["_meta"]["hostvars"]["cpe-a"]
    assert (router["ansible_port"], router["nms_cli"]) == (2222, "cisco_ios")
    station = found["_meta"]["hostvars"]["bs-a"]
    assert (station["ansible_host"], station["ansible_port"], station["nms_cli"]) == ("10.0.0.97", 22, "")
    assert (station["nms_commune"], station["nms_department"], station["nms_label"]) == ("Poitiers", "86", "Poitiers")
    assert station["nms_sectors"][0] | {"name": "sec-a", "centre_khz": 3_440_000} == station["nms_sectors"][0]
    assert "s3cret" not in run.text
    assert "lab" not in {str(word) for word in station.values()}


def test_text_of_the_inventory_is_never_taken_for_a_template(asked: Asked) -> None:
    """Neither when it is listed nor when a playbook prints it."""
    word = asked.word(Role.NOC, Permission.DEVICE_READ)
    device = told(asked.inventory(word))["_meta"]["hostvars"]["cpe-a"]
    assert (device["nms_label"], device["nms_hotspots"][0]["ssid"]) == (EVIL, EVIL)
    book = asked.home / "say.yml"
    book.write_text(
        "- hosts: cpe-a\n  gather_facts: false\n  connection: local\n  tasks:\n"
        "    - ansible.builtin.debug: {msg: '{{ nms_label }} {{ nms_hotspots[0].ssid }}'}\n"
    )
    done = ansible.play(
        str(book), asked.home, {}, "-i", str(asked.home / "any.nms.yml"), NMS_TOKEN=word, NMS_URL=asked.url
    )
    assert done.code == 0, done.text
    assert done.text.count("touch PWNED") == 2
    assert not list(ansible.FOLDER.rglob("PWNED"))
    assert not list(asked.home.rglob("PWNED"))


def test_a_commune_sees_its_own_devices_only(asked: Asked) -> None:
    found = told(asked.inventory(asked.word(Role.COMMUNE, Permission.DEVICE_READ)))
    assert sorted(found["_meta"]["hostvars"]) == ["bs-a", "cpe-a"]
    assert "nms_department_17" not in found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"NMS_TOKEN": "canary-wrong"}, "the token is refused"),
        ({"NMS_TOKEN": ""}, "nms user token ansible --scope device:read"),
        ({"NMS_URL": "http://192.0.2.1:8080"}, "must begin with https://"),
        ({"NMS_URL": "http://127.0.0.1:9"}, "cannot be reached"),
    ],
    ids=["wrong token", "no token", "in the clear", "nobody there"],
)
def test_what_is_wrong_is_said_and_the_run_ends(asked: Asked, given: dict[str, str], said: str) -> None:
    """An empty inventory would be taken for an empty network."""
    run = asked.inventory("canary-token", **given)
    assert run.code != 0
    assert said in " ".join(run.text.split())
    assert "canary" not in run.text


def test_a_token_of_another_scope_or_in_an_open_file_is_refused(asked: Asked) -> None:
    other = asked.inventory(asked.word(Role.NOC, Permission.REPORT_READ))
    assert other.code != 0
    assert "lacks the scope device:read" in other.text
    file = asked.home / "token"
    file.write_text(asked.word(Role.VIEWER, Permission.DEVICE_READ))
    file.chmod(0o644)
    wide = asked.inventory("", NMS_TOKEN_FILE=str(file))
    assert wide.code != 0
    assert "chmod 600" in wide.text
    file.chmod(0o600)
    assert "bs-a" in told(asked.inventory("", NMS_TOKEN_FILE=str(file)))["_meta"]["hostvars"]
