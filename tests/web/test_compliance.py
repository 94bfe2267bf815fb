"""How configurations stand to the golden blocks: on pages, in the timeline, as metrics; and what mends them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from inventory.models import Device
from nms.base.permissions import SYSTEM, Role
from nms.base.secrets import SecretBox
from nms.ops.change import intents
from nms.ops.change.office import Changes
from nms.ops.change.wanted import Wanted
from nms.ops.change.world import World
from nms.ops.configs import events, store
from nms.ops.configs.models import Cause
from tests.fakes.blocks import DRIFTED, GOOD, LOGS, SECRET, run_with, write_block
from tests.fakes.fleet_of_boxes import HASTE, MANAGED, Boxes, boxes
from tests.fakes.no_clients import NoClients
from tests.fakes.site import Web
from tests.web.test_configurations import text
from tests.web.test_known import counting
from web import config_families
from web.app import create_app

PAGE = "/changements/conformite"


@pytest.fixture
def drifted(web: Web) -> Web:
    """Two routers that a block is for: `cpe-a` drifted, `cpe-b` did not."""
    write_block(web.services.settings.home)
    run_with(web.database, web.box, web.clock.now(), "cpe-a", DRIFTED)
    run_with(web.database, web.box, web.clock.now(), "cpe-b", GOOD)
    web.services.changes.drift.look()
    return web


def test_the_page_of_a_device_tells_how_far_it_drifts_and_fills_in_what_mends_it(drifted: Web) -> None:
    engineer = drifted.client(Role.ENGINEER)
    page = text(engineer, "/appareils/cpe-a")
    assert "dérive de 3 lignes" in page
    assert "area-password md5 ***" in page
    assert "log syslog errors" in page
    assert '</span> <span class="tag">dérive</span> sa configuration' in page
    assert "conforme" in text(engineer, "/appareils/cpe-b")
    plan = drifted.post(engineer, PAGE, PAGE, device="cpe-a").get_data(as_text=True)
    assert f"@cpe-a\nlog syslog informational\narea-password md5 {SECRET}" in plan
    assert "@cpe-b" not in plan
    assert "dérive" not in text(drifted.client(Role.VIEWER), "/appareils/cpe-a")
    engineer.set_cookie("nms_language", "en")
    english = text(engineer, "/appareils/cpe-a")
    assert "drifts by 3 lines" in english
    assert "its configuration drifts from logs; lines that differ: 3" in english
    noc = drifted.client(Role.NOC)
    assert "Rédiger la modification" not in text(noc, "/appareils/cpe-a")


def test_an_open_change_is_named_beside_the_drift(drifted: Web) -> None:
    now = drifted.clock.now()
    desk = drifted.services.changes.desk
    wanted = Wanted("logs", {"cpe-a": ["log syslog informational"]}, now, now.replace(hour=23))
    reference = desk.create(wanted, replace(SYSTEM, name="anne"), "k")
    assert f'<a href="/changements/{reference}">' in text(drifted.client(Role.NOC), "/appareils/cpe-a")


def test_the_overview_counts_what_drifts(drifted: Web) -> None:
    page = text(drifted.client(Role.NOC), "/parts/overview")
    assert "Configurations qui dérivent" in page
    assert "1 conforme" in page
    assert "qui dérivent" not in text(drifted.client(Role.VIEWER), "/parts/overview")


def test_the_page_of_compliance_tells_what_differs_and_what_is_broken(drifted: Web) -> None:
    engineer = drifted.client(Role.ENGINEER)
    page = text(engineer, PAGE)
    assert "area-password md5 ***" in page
    assert 'href="/appareils/cpe-b' not in page
    plan = drifted.post(engineer, PAGE, PAGE, intent="logs").get_data(as_text=True)
    assert "@cpe-a\nlog syslog" in plan
    write_block(drifted.services.settings.home, "name: b\nlines: 3\n", "b.yaml")
    drifted.services.changes.drift.look()
    page = text(engineer, PAGE)
    assert "b.yaml" in page
    assert "cpe-b" in page
    assert "3 lignes" in text(engineer, "/appareils/cpe-a")
    assert "conforme aux" not in text(engineer, "/appareils/cpe-b")


NAMING = """\
name: naming
label: Who it is
variables:
  place: {kind: text, fact: commune}
  key: {kind: word, value: canary-key}
lines: |
  hostname {{ place }}
  area-password md5 {{ key }}
"""
"""For every device."""


def test_a_device_shows_what_it_should_say_where_it_drifts_and_where_it_conforms(drifted: Web) -> None:
    engineer = drifted.client(Role.ENGINEER)
    assert f'href="{PAGE}/cpe-a"' in text(engineer, "/appareils/cpe-a")
    page = text(engineer, f"{PAGE}/cpe-a")
    assert '<span class="plus">+ log syslog informational\n</span>' in page
    assert '<span class="plus">+ area-password md5 ***\n</span>' in page
    assert "log syslog errors" in page
    assert "dérive de 3 lignes" in page
    plan = drifted.post(engineer, PAGE, f"{PAGE}/cpe-a", device="cpe-a").get_data(as_text=True)
    assert "@cpe-a\nlog syslog informational" in plan
    page = text(engineer, f"{PAGE}/cpe-b")
    assert '<span class="same">log syslog informational\n</span>' in page
    assert '<span class="same">area-password md5 ***\n</span>' in page
    assert "conforme</span>" in page
    assert "Rédiger" not in page
    assert "Rédiger" not in text(drifted.client(Role.NOC), f"{PAGE}/cpe-a")
    assert "Aucun bloc" in text(engineer, f"{PAGE}/bs-a")
    assert engineer.get(f"{PAGE}/nothing").status_code == 404


def test_a_device_that_was_never_read_shows_what_it_should_say_and_one_of_which_secrets_are_unknown_does_not(
    drifted: Web,
) -> None:
    write_block(drifted.services.settings.home, NAMING, "naming.yaml")
    with drifted.database.transaction() as session:
        site = session.scalars(select(Device.site_id).where(Device.name == "bs-a")).one()
        session.add_all(
            Device(name=name, address="10.0.0.9", cli="frr", site_id=where)
            for name, where in (("new", site), ("lost", None))
        )
    engineer = drifted.client(Role.ENGINEER)
    page = text(engineer, f"{PAGE}/new")
    assert "hostname Poitiers\n" in page
    assert "area-password md5 ***\n" in page
    assert "jamais été lue" in page
    assert "+ " not in page
    page = text(engineer, f"{PAGE}/lost")
    assert "hostname" not in page
    assert "n’est pas du genre text" in page
    page = text(engineer, f"{PAGE}/bs-a")
    assert "canary-key" not in page
    assert "hostname" not in page
    assert "ligne de commande" in page


def test_a_block_shows_every_device_that_it_is_for(drifted: Web) -> None:
    home, engineer = drifted.services.settings.home, drifted.client(Role.ENGINEER)
    assert f'href="{PAGE}?bloc=logs"' in text(engineer, PAGE)
    page = text(engineer, f"{PAGE}?bloc=logs")
    assert "2 équipements" in page
    assert page.index(f'href="{PAGE}/cpe-a#logs"') < page.index(f'href="{PAGE}/cpe-b#logs"')
    assert "area-password md5 ***" in page
    assert SECRET not in page
    write_block(home, "name: none\nlabel: Nobody\nroles: [core]\nlines: |\n  ntp server 192.0.2.1\n", "none.yaml")
    drifted.services.changes.drift.look()
    assert "Aucun équipement" in text(engineer, f"{PAGE}?bloc=none")
    assert engineer.get(f"{PAGE}?bloc=nothing").status_code == 404
    write_block(home, "name: host\nlabel: Name\ndrivers: [frr]\nlines: |\n  hostname a\n", "host.yaml")
    drifted.services.changes.drift.look()
    page = text(engineer, f"{PAGE}?bloc=host")
    assert page.count('step-confirmed">conforme') == 2
    assert "log syslog" not in page


def test_the_api_tells_blocks_and_what_they_say_for_a_device(drifted: Web) -> None:
    engineer = drifted.client(Role.ENGINEER)
    told = engineer.get("/api/v1/golden-blocks").get_json()
    assert told["blocks"] == [{"name": "logs", "label": "Logs go to the NOC", "devices": ["cpe-a", "cpe-b"]}]
    assert (told["states"]["drifts"], told["states"]["conforms"], told["broken"]) == (1, 1, [])
    one = engineer.get("/api/v1/devices/cpe-a/golden-blocks").get_json()
    (block,) = one["blocks"]
    assert block["lines"] == [
        {"text": "log syslog informational", "changes": True},
        {"text": "area-password md5 ***", "changes": True},
    ]
    assert (one["conforms"], block["conforms"], block["differ"]) == (False, False, 3)
    assert block["extra"] == ["log syslog errors"]
    assert engineer.get("/api/v1/devices/cpe-b/golden-blocks").get_json()["conforms"] is True
    write_block(drifted.services.settings.home, "name: b\nlines: 3\n", "b.yaml")
    one = engineer.get("/api/v1/devices/cpe-b/golden-blocks").get_json()
    assert one["conforms"] is False
    assert "b.yaml" in one["broken"][0]
    unread = engineer.get("/api/v1/devices/bs-a/golden-blocks").get_json()
    assert (unread["version"], unread["seen_at"], unread["blocks"]) == (None, None, [])


def test_metrics_count_every_state_and_name_only_what_drifts(drifted: Web) -> None:
    told = config_families.render(drifted.services, openmetrics=False)
    assert 'nms_config_drift_devices{state="drifts"} 1\n' in told
    assert 'nms_config_drift_devices{state="conforms"} 1\n' in told
    assert 'nms_config_drift_devices{state="never_read"} 0\n' in told
    assert 'nms_config_drift_lines{device="cpe-a",commune="86194",department="86"} 3\n' in told
    assert "cpe-b" not in told
    run_with(drifted.database, drifted.box, drifted.clock.now(), "cpe-a", GOOD)
    told = config_families.render(drifted.services, openmetrics=False)
    assert 'nms_config_drift_devices{state="not_judged_yet"} 1\n' in told
    assert "nms_config_drift_lines" not in told


def test_nothing_is_told_where_there_is_no_block(web: Web) -> None:
    assert "drift" not in config_families.render(web.services, openmetrics=False)
    client = web.client(Role.ENGINEER)
    assert "qui dérivent" not in text(client, "/parts/overview")
    assert "minute" in text(client, PAGE)
    web.services.changes.drift.look()
    assert "NMS_HOME" in text(client, PAGE)


def test_no_page_and_no_scrape_judges_anything(drifted: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("judged on a page")

    monkeypatch.setattr(intents, "judged", never)
    monkeypatch.setattr(store, "text_of", never)
    client = drifted.client(Role.ENGINEER)
    for path in ("/", PAGE, "/appareils/cpe-a", "/appareils/cpe-b"):
        text(client, path)
    assert config_families.render(drifted.services, openmetrics=True)


@pytest.fixture
def scripted(web: Web) -> Iterator[tuple[Web, Boxes]]:
    """One device behind a real SSH server, backed up once, with a block that it complies with."""
    settings = replace(web.services.settings, network=MANAGED, configuration=HASTE)
    block = LOGS.replace("frr", "scripted").partition("  log")[0] + "  interface eth0\n   mtu 1500\n"
    write_block(settings.home, block)
    with boxes(web.database, settings, web.clock, ["pop-2"], web.box) as fleet:
        fleet.backups.one("pop-2", Cause.NIGHTLY)
        register = web.services.register
        world = World(web.database, settings, web.box, web.clock, register, NoClients())
        services = replace(web.services, settings=settings, backups=fleet.backups, changes=Changes(world))
        services.changes.drift.look()
        yield replace(web, app=create_app(services), services=services), fleet


def test_the_timeline_tells_drift_refused_keys_and_backups_that_fail_and_recover(scripted: tuple[Web, Boxes]) -> None:
    web, fleet = scripted
    look, server = web.services.changes.drift.look, fleet.servers["pop-2"]

    def kinds() -> list[str]:
        with web.database.reading() as session:
            return [one.kind for _, one in reversed(events.newest(session, ["pop-2"], 50))]

    assert kinds() == []
    web.clock.advance(3_600)
    server._take("interface eth0")
    server._take(" mtu 9000")
    fleet.backups.one("pop-2", Cause.NIGHTLY)
    look()
    assert kinds() == ["drift_began"]
    server._take("interface eth0")
    server._take(" mtu 1500")
    fleet.backups.one("pop-2", Cause.NIGHTLY)
    look()
    assert kinds() == ["drift_began", "drift_ended"]
    server.change_key()
    for _ in range(4):
        web.clock.advance(60)
        fleet.backups.one("pop-2", Cause.NIGHTLY)
    assert kinds()[2:] == ["key_refused", "backups_fail"]
    fleet.pin("pop-2")
    web.clock.advance(60)
    fleet.backups.one("pop-2", Cause.NIGHTLY)
    assert kinds()[4:] == ["key_confirmed", "backups_again"]
    fleet.backups.forget_events(web.clock.now())
    assert kinds() == ["backups_again"]


def test_the_page_of_a_plan_asks_as_much_for_one_device_as_for_many(web: Web) -> None:
    now, desk = web.clock.now(), web.services.changes.desk
    names = [f"r-{n:02}" for n in range(12)]
    with web.database.transaction() as session:
        session.add_all(Device(name=name, address="10.0.0.9", cli="frr") for name in names)
    for name in names:
        run_with(web.database, web.box, now, name, DRIFTED)
    client, asked = web.client(Role.ENGINEER), []
    for some in (names[:1], names):
        wanted = Wanted("logs", {name: ["log syslog informational"] for name in some}, now, now.replace(hour=23))
        reference = desk.create(wanted, replace(SYSTEM, name="anne"), f"k{len(some)}")
        for path in (f"/changements/{reference}", f"/changements/{reference}/etat"):
            client.get(path)
            with counting(web) as said:
                assert client.get(path).status_code == 200
            asked.append(len(said))
        with counting(web) as said:
            desk.preview(wanted)
        asked.append(len(said))
    assert asked[:3] == asked[3:], asked


def test_the_job_of_plans_reads_those_that_wait_once_and_unseals_none_of_them(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, office = web.clock.now(), web.services.changes
    run_with(web.database, web.box, now, "cpe-a", DRIFTED)
    for key in "abc":
        wanted = Wanted(key, {"cpe-a": ["log syslog informational"]}, now, now.replace(hour=23), unattended=key == "c")
        office.desk.create(replace(wanted, opens_at=now.replace(hour=22)), replace(SYSTEM, name="anne"), key)

    def never(*_: object) -> None:
        raise AssertionError("a plan was unsealed")

    monkeypatch.setattr(SecretBox, "unseal", never)
    with counting(web) as said:
        office.tick()
    assert len([one for one in said if "change_plan" in one]) == 2, said  # those that run, those that wait
