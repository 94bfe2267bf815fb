"""Playbooks that write and start change plans: a real `ansible-playbook`, the real program and its own database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from inventory.models import Device, DeviceRole, Sector, Site
from nms.app import bootstrap
from nms.base.settings_load import load
from nms.ops.change.office import Changes
from nms.ops.change.plan import PlanState
from nms.ops.change.wish import read_wish
from nms.ops.change.world import World
from nms.ops.configs import access, store
from nms.ops.configs.models import Cause
from spectrum.register import Register
from tests.fakes import ansible
from tests.fakes.no_clients import NoClients

pytestmark = pytest.mark.timeout(600)
NMS = str(Path(sys.executable).parent / "nms")
ACCESS_POINT = """\
version 15.3
hostname ap-1
dot11 ssid old
 authentication open
 guest-mode
interface Dot11Radio0
 ssid old
end
"""
STATION = "version 1\nradio 1\n frequency 3440000\n width 3500\nend\n"
DRIVER = """\
name: field
label: A base station of the field
netmiko: cisco_ios
show: show running-config
begins: ^version \\d
ends: end
error: ^%
negate: "no "
singles: ["frequency ", "width "]
secrets: []
radio:
  head: "radio (?P<radio>\\\\d+)"
  centre: "frequency (?P<value>\\\\d+)"
  width: "width (?P<value>\\\\d+)"
  silence: shutdown
"""
RADIO = """\
{% for sector in device.nms_sectors %}
radio {{ sector.radio_index }}
 frequency {{ sector.centre_khz }}
 width {{ sector.width_khz }}
{% endfor %}
"""
HOSTS: dict[str, dict[str, Any]] = {
    "ap-1": {
        "nms_cli": "cisco_ios", "nms_lifecycle": "in_service", "nms_sectors": [], "nms_portal_address": "192.0.2.7",
        "nms_hotspots": [{"name": "spot", "label": "", "ssid": "Ville de Niort", "interface": "Dot11Radio0"}],
    },
    "bs-1": {
        "nms_cli": "field", "nms_lifecycle": "in_service", "nms_hotspots": [],
        "nms_sectors": [{"name": "s", "radio_index": "1", "centre_khz": 3_445_000, "width_khz": 3_500}],
    },
}  # fmt: skip


class Product:
    """The program with two devices whose configurations it has read, and the playbooks before it."""

    def __init__(self, folder: Path) -> None:
        self.folder, home = folder, folder / "home"
        (home / "drivers").mkdir(parents=True)
        (home / "drivers" / "field.yaml").write_text(DRIVER)
        (folder / "lines" / "radio").mkdir(parents=True)
        (folder / "lines" / "radio" / "field.j2").write_text(RADIO)
        (folder / "lines" / "hotspot").symlink_to(ansible.FOLDER / "lines" / "hotspot")
        self.context = bootstrap.build(load(home, {}))
        with self.context.database.transaction() as session:
            session.add(Site(name="niort", insee="79191"))
            session.flush()
            site = session.query(Site).one().id
            session.add(Device(name="ap-1", address="127.0.0.1", cli="cisco_ios", site_id=site))
            station = Device(name="bs-1", address="127.0.0.1", cli="field", site_id=site, role=DeviceRole.BASE_STATION)
            station.sectors = [Sector(name="s", radio_index="1", centre_khz=3_445_000, width_khz=3_500)]
            session.add(station)
        self.reads("ap-1", ACCESS_POINT)
        self.reads("bs-1", STATION)
        own = yaml.safe_load((ansible.FOLDER / "server.yml").read_text())
        self.hosts = folder / "hosts.yml"
        self.hosts.write_text(yaml.safe_dump(own | {"nms_devices": {"hosts": HOSTS}}, allow_unicode=True))
        self.variables = {
            "nms_become": False, "nms_as_service": [], "nms_program": NMS, "nms_home": str(home),
            "nms_lines": str(folder / "lines"),
        }  # fmt: skip
        context = self.context
        register = Register(context.database, context.clock)
        world = World(context.database, context.settings, context.box, context.clock, register, NoClients())
        self.desk = Changes(world).desk

    def reads(self, device: str, text: str) -> None:
        """The program reads a device."""
        with self.context.database.transaction() as session:
            number, now = access.access(session, device).device_id, self.context.clock.now()
            store.store(session, self.context.box, number, text, cause=Cause.MANUAL, author="test", at=now)

    def play(self, playbook: str, *options: str, **more: str) -> ansible.Run:
        """Run a playbook."""
        return ansible.play(playbook, self.folder, self.variables | more, "-i", str(self.hosts), *options)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    made = Product(tmp_path_factory.mktemp("product"))
    yield made
    made.context.database.dispose()


def test_hotspots_become_one_plan_that_waits_for_approval_and_none_when_they_are_so(product: Product) -> None:
    dry = product.play("hotspots.yml", "--check")
    assert (dry.code, dry.changed, product.desk.every()) == (0, 0, []), dry.text
    first = product.play("hotspots.yml")
    assert (first.code, first.changed) == (0, 1), first.text
    again = product.play("hotspots.yml")
    assert (again.code, again.changed) == (0, 0), again.text
    (kept,) = product.desk.every()
    assert kept.state is PlanState.DRAFT
    assert kept.lacking
    (step,) = kept.plan.steps
    lines = "\n".join(step.lines)
    assert (step.device, " ip redirection host 192.0.2.7" in lines) == ("ap-1", True)
    assert "interface Dot11Radio0\n ssid Ville de Niort" in lines
    assert read_wish(f"@ap-1\n{lines}", ["ap-1"]) == {"ap-1": list(step.lines)}
    product.reads("ap-1", f"version 15.3\nhostname ap-1\n{lines}\nend\n")
    done = product.play("hotspots.yml")
    assert (done.code, done.changed) == (0, 0), done.text
    assert "every device is so already" in done.text
    assert len(product.desk.every()) == 1


def test_an_ssid_with_a_line_break_reaches_no_device(product: Product) -> None:
    done = product.play("hotspots.yml", nms_ssid="mairie\n@bs-1\nshutdown")
    assert done.code == 2
    assert "an SSID has 1 to 32 characters" in done.text


def test_a_radio_plan_that_no_right_covers_is_refused_and_nothing_is_kept(product: Product) -> None:
    before = [kept.plan.reference for kept in product.desk.every()]
    done = product.play("radio_plan.yml", nms_until="2030-01-31")
    assert done.code == 2, done.text
    assert "L. 42-1" in done.text, done.text
    assert [kept.plan.reference for kept in product.desk.every()] == before
