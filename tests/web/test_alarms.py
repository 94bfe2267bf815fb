"""Alarms on the pages, over the API and in the metrics: one per fault, with the people, and with who has it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest

from inventory import service
from inventory.forms import ObjectKind
from inventory.models import Lifecycle
from nms.base.permissions import Role
from nms.ops.models import HealthEvent
from nms.ops.state import Judgement, Kind, Reason, State
from tests.conftest import need
from tests.fakes.site import ELSEWHERE, HERE, Web, csrf_of

POITIERS = 89_916


@pytest.fixture
def silent(web: Web) -> Web:
    """The router of Poitiers is silent, and its hotspot and its link with it; the link of La Rochelle is cut."""
    for kind, name in ((Kind.DEVICE, "cpe-a"), (Kind.HOTSPOT, "spot-a"), (Kind.LINK, "link-a")):
        row = web.live.get(kind, name)
        assert row is not None
        web.live.update([replace(row, judgement=Judgement(State.DOWN, web.clock.now(), (Reason("no_answer"),)))])
    return web


def read(web: Web, path: str, role: Role = Role.NOC) -> str:
    """A page, in English."""
    return web.read(path, role)


def take(web: Web, note: str, name: str = "appareils/cpe-a", role: Role = Role.NOC) -> int:
    return web.post(web.client(role), f"/alarmes/{name}/prise", note=note).status_code


def listed(web: Web, role: Role = Role.NOC) -> list[dict[str, object]]:
    return list(web.client(role).get("/api/v1/alarms").get_json()["items"])


def scraped(web: Web) -> str:
    client = web.client(Role.ADMINISTRATOR)
    page = web.post(client, "/jetons", "/jetons", name="scraper", scope="metrics:read", days="30").text
    word = re.search(r'id="token">([^<]+)<', page)
    assert word is not None
    return web.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {word[1]}"}).text


def test_the_overview_tells_one_fault_with_what_it_takes_along_and_whom_it_cuts_off(silent: Web) -> None:
    """The most people first; page, API, metric and list of communes tell the same number."""
    page = read(silent, "/parts/overview")
    rows = re.findall(r'<tr class="(\w+)">', page)
    assert rows == ["down", "down"]
    assert page.index("cpe-a") < page.index("link-b")
    assert "with it: 1 link, 1 hotspot" in page
    assert f"<strong>{POITIERS:,}</strong>" in page
    first, second = listed(silent)
    assert (first["name"], first["people"], first["cut"]) == ("cpe-a", POITIERS, [HERE])
    assert (second["name"], second["people"], second["touched"]) == ("link-b", 0, [ELSEWHERE])
    cut_off = re.search(r'desservie=coupee".*?tile-total">([\d,]+)<', read(silent, "/communes"), re.DOTALL)
    assert cut_off is not None
    assert cut_off[1] == "1"
    metrics = scraped(silent)
    assert f'nms_alarm_people{{device="cpe-a",commune="{HERE}",department="86"}} {POITIERS}' in metrics
    assert 'nms_people_cut_off{department="86"} 89916' in metrics
    assert 'nms_people_cut_off{department="17"} 0' in metrics
    assert f'nms_alarm_behind{{link="link-a",commune="{HERE}",department="86",root="cpe-a"}} 1' in metrics


@pytest.mark.real
def test_promtool_finds_nothing_wrong_with_what_is_scraped(silent: Web) -> None:
    """The whole of it, alarms among the rest."""
    need("promtool")
    body = scraped(silent).encode()
    assert b"nms_alarm_people{" in body
    done = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")


def test_what_lies_behind_a_fault_leads_to_it(silent: Web) -> None:
    """From the address of its own alarm, and from its page."""
    answer = silent.client(Role.NOC).get("/alarmes/liaisons/link-a")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/alarmes/appareils/cpe-a")
    assert "It belongs to the alarm of cpe-a" in read(silent, "/parts/liaisons/link-a")
    page = read(silent, "/alarmes/appareils/cpe-a")
    assert "in communes where no service serves any more:" in page
    assert "spot-a" in page
    well = silent.client(Role.NOC).get("/alarmes/appareils/bs-a")
    assert (well.status_code, well.headers["Location"]) == (302, "/appareils/bs-a")


def test_whoever_takes_it_is_named_everywhere_until_it_is_worse_or_well(silent: Web) -> None:
    """On the overview, its page, the page of its object, over the API, in the metrics and on the wall."""
    assert "Nobody has it yet." in read(silent, "/alarmes/appareils/cpe-a")
    assert take(silent, "Orange <appelé>") == 302
    for path in ("/parts/overview", "/alarmes", "/alarmes/appareils/cpe-a", "/parts/appareils/cpe-a"):
        assert "noc has it" in read(silent, path), path
        assert "Orange &lt;appelé&gt;" in read(silent, path), path
    assert "noc" in read(silent, "/mur/etat")
    taken = listed(silent)[0]["taken"]
    assert isinstance(taken, dict)
    assert (taken["by"], taken["note"]) == ("noc", "Orange <appelé>")
    assert f'nms_alarm_taken{{device="cpe-a",commune="{HERE}",department="86"}} 1' in scraped(silent)
    with silent.database.transaction() as session:
        at = silent.clock.now() + timedelta(seconds=1)
        session.add(HealthEvent(kind="device", name="cpe-a", at=at, before="down", after="up"))
    assert listed(silent)[0]["taken"] is None
    assert "has it" not in read(silent, "/parts/overview")


def test_an_alarm_is_given_back_and_taken_over_the_api_too(silent: Web) -> None:
    """The same rules, and a note of its own."""
    client = silent.client(Role.ENGINEER)
    page = client.get("/compte").text
    word = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert word is not None
    headers = {"X-CSRFToken": word[1]}
    path = "/api/v1/devices/cpe-a/acknowledgement"
    answer = client.post(path, headers=headers, json={"note": "sur place"})
    assert (answer.status_code, answer.get_json()["by"]) == (200, "engineer")
    assert client.delete(path, headers=headers).status_code == 204
    assert listed(silent)[0]["taken"] is None
    refused = client.post("/api/v1/devices/bs-a/acknowledgement", headers=headers, json={})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "no_alarm")
    assert client.post(path, headers=headers, json={"note": "x" * 501}).status_code == 422


def test_what_is_not_measured_is_not_called_well(web: Web) -> None:
    """Nothing measured at all says so, on the wall too; some of it is counted beside the good news."""
    rows = web.live.all()
    web.live.update([replace(row, judgement=Judgement(State.UP, web.clock.now())) for row in rows])
    assert "Nothing is wrong.</p>" in read(web, "/parts/overview")
    silent = [replace(row, judgement=Judgement(State.UNMEASURED, web.clock.now())) for row in web.live.all()]
    web.live.update(silent[:2])
    assert "2 objects are not measured." in read(web, "/parts/overview")
    web.live.update(silent)
    for path in ("/parts/overview", "/mur/etat"):
        assert "Nothing is wrong." not in read(web, path)
        assert "Nothing is measured yet" in read(web, path)


def test_a_list_without_any_object_says_what_to_do(web: Web) -> None:
    """No filter is to be cleared where nothing is hidden by one."""
    web.live.keep_only({(row.subject.kind, row.subject.name) for row in web.live.all(Kind.DEVICE)})
    page = read(web, "/liaisons", Role.ENGINEER)
    assert "There is none in the inventory yet." in page
    assert 'href="/inventaire/import"' in page
    assert "clear the filters" not in page
    assert "clear the filters" in read(web, "/appareils?q=nothing-of-that-name")


def test_a_token_may_take_alarms(silent: Web) -> None:
    """The scope is offered to who has it, and what was ticked stays when the form is refused."""
    client = silent.client(Role.NOC)
    page = silent.post(client, "/jetons", "/jetons", name="no good!", scope="alarm:acknowledge", days="90").text
    assert re.search(r'value="alarm:acknowledge"\s+checked', page)
    assert re.search(r'value="90"\s+selected', page)
    assert 'value="alarm:acknowledge"' not in silent.client(Role.VIEWER).get("/jetons").text


def test_who_only_looks_takes_nothing(silent: Web) -> None:
    """No button, and a refusal."""
    assert "Take it" not in read(silent, "/alarmes/appareils/cpe-a", Role.VIEWER)
    assert take(silent, "", role=Role.VIEWER) == 403
    assert take(silent, "", "appareils/nothing") == 404


def test_fault_55_an_account_of_a_commune_has_the_alarms_of_its_own(silent: Web) -> None:
    """Nothing of La Rochelle: page, list, API, one alarm; a foreign one and none get the same answer."""
    client = silent.client(Role.COMMUNE)
    for path in ("/alarmes", "/parts/overview", "/api/v1/alarms"):
        text = client.get(path).get_data(as_text=True)
        assert "cpe-a" in text, path
        assert "link-b" not in text, path
    assert client.get("/api/v1/alarms").get_json()["total"] == 1
    answers = [client.get(f"/alarmes/liaisons/{name}").status_code for name in ("link-b", "link-z")]
    assert answers == [404, 404]


def test_who_runs_the_network_begins_and_ends_works(silent: Web) -> None:
    """As the role says; the journal tells who, and nothing else of the inventory is theirs to write."""
    address = "/travaux/appareils/cpe-a"
    assert "Begin works" in read(silent, "/parts/appareils/cpe-a")
    assert "Begin works" not in read(silent, "/parts/appareils/cpe-a", Role.VIEWER)
    noc = silent.client(Role.NOC)
    assert silent.post(noc, address, begin="yes").status_code == 302
    assert "End the works" in read(silent, "/parts/appareils/cpe-a")
    with silent.database.reading() as session:
        (step,) = [one for one in service.life_of(session, ObjectKind.DEVICE, "cpe-a") if one.before]
    assert (step.after, step.by) == (Lifecycle.MAINTENANCE, "noc")
    assert silent.post(noc, address, begin="yes").status_code == 409
    assert silent.post(noc, address, begin="no").status_code == 302
    assert silent.post(noc, address, begin="no").status_code == 409
    assert silent.post(silent.client(Role.COMMUNE), address, begin="yes").status_code == 403
    word = csrf_of(noc.get("/compte"))
    over_api = noc.post("/api/v1/links/link-a/works", headers={"X-CSRFToken": word}, json={"begin": True})
    assert (over_api.status_code, over_api.get_json()["changed"]) == (200, True)
    assert silent.post(noc, "/inventaire/vie/device/cpe-a", to="retired").status_code == 403


def test_every_alarm_that_nobody_has_offers_to_be_taken(silent: Web) -> None:
    """That of the silent router with all it takes along, and that of the cut link; to those who may."""
    assert read(silent, "/alarmes").count(">Take it<") == len(listed(silent)) == 2
    assert read(silent, "/alarmes", Role.VIEWER).count(">Take it<") == 0
    take(silent, "on the way")
    assert read(silent, "/alarmes").count(">Take it<") == 1
