"""Discovery in the browser: what may be swept, what was found, and who decides."""

from __future__ import annotations

from ipaddress import IPv4Network

from inventory import found
from inventory.forms import ObjectKind
from inventory.found import Found, FoundPort, Heard
from inventory.snapshot import Snapshot
from nms.base.permissions import Role
from tests.fakes.agent import SYSTEM, FakeAgent, ThreadedAgent, octets
from tests.fakes.site import Web

PAGE = "/inventaire/decouverte"
NEW = Found(
    "10.0.5.1", "lab", "wimax_wman_if2", "WiMAX", "<b>model</b>", "base_station", "bs <script>alert(1)</script>",
    identity="aa", chassis_id="02:00:00:00:00:01", ports=(FoundPort("air0"),),
    neighbours=(Heard("air0", "02:00:00:00:00:02", "wan"),),
)  # fmt: skip
KNOWN = Found("10.0.1.97", "lab", "openwrt", "OpenWrt", chassis_id="02:00:00:00:00:02", ports=(FoundPort("wan"),))


def see(web: Web, *devices: Found) -> None:
    with web.database.transaction() as session:
        found.remember(session, devices, web.clock.now())


def test_a_found_device_is_shown_as_text_and_accepted_with_its_link(web: Web) -> None:
    """What the device says of itself is never markup; the accepted row is in the inventory under its edited name."""
    see(web, NEW, KNOWN)
    client = web.client(Role.ENGINEER)
    page = client.get(PAGE).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;b&gt;model" in page
    assert "1 station de base émet sans être à l’inventaire." in page
    (link,) = [line for line in page.split('name="key" value="') if line.startswith("link ")]
    fields = {"name 10.0.5.1": "bs-new", "role 10.0.5.1": "base_station", "site 10.0.5.1": "site-a"}
    answer = web.post(client, f"{PAGE}/choix", PAGE, decision="accept", key=["10.0.5.1", link.split('"')[0]], **fields)
    assert answer.status_code == 303
    with web.database.reading() as session:
        snapshot = Snapshot(session)
        assert snapshot.of(ObjectKind.DEVICE)["bs-new"].values["site"] == "site-a"
        ends = [v.values["a_device"] for v in snapshot.of(ObjectKind.LINK).values()]
        assert "bs-new" in ends or "cpe-a" in ends


def test_a_wrong_name_is_said_in_french_and_nothing_enters(web: Web) -> None:
    """The complaint names the field and what to do."""
    see(web, NEW)
    client = web.client(Role.ENGINEER)
    answer = web.post(client, f"{PAGE}/choix", PAGE, decision="accept", key="10.0.5.1", **{"name 10.0.5.1": "bad name"})
    assert answer.status_code == 422
    assert "n’est pas un nom utilisable" in answer.get_data(as_text=True)
    with web.database.reading() as session:
        assert len(Snapshot(session).of(ObjectKind.DEVICE)) == 4


def test_only_management_networks_are_swept_from_the_web(web: Web) -> None:
    """What lies outside, is no network or is too large starts nothing."""
    client = web.client(Role.ENGINEER)
    for networks, sentence in (
        ("192.0.2.0/24", "réseau d’administration"),
        ("10.0.0.0/7", "trop"),
        ("nonsense", "n’est pas un réseau"),
        ("", "au moins un réseau"),
    ):
        answer = web.post(client, PAGE, PAGE, networks=networks, credential="lab")
        assert answer.status_code == 400, networks
        assert sentence in answer.get_data(as_text=True)
    assert not web.services.discovery.progress().total


def test_a_sweep_started_in_the_browser_finds_a_device(web: Web) -> None:
    """From the form to the proposal, on an agent that really answers; the sealed community opens it."""
    with ThreadedAgent(FakeAgent(SYSTEM | {"1.3.6.1.2.1.1.5.0": octets("found-me")}, host="127.7.1.1")) as agent:
        web.allow(IPv4Network("127.7.1.0/30"), agent.community.decode())
        client = web.client(Role.ENGINEER)
        answer = web.post(client, PAGE, PAGE, networks="127.7.1.0/30", credential="found", port=str(agent.port))
        assert answer.status_code == 303, answer.get_data(as_text=True)
        web.services.discovery.wait(30)
    assert client.get("/parts/decouverte").headers["HX-Refresh"] == "true"
    assert "found-me" in client.get(PAGE).get_data(as_text=True)
