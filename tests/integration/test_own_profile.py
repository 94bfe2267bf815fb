"""An engineer meets a box that nobody knows: records it, writes its profile on the page, and sees it polled."""

from __future__ import annotations

import html
import io
import re
import subprocess
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from collectors.base import Metric
from inventory.forms import DeviceForm
from inventory.service import save_device
from nms.base.permissions import SYSTEM, Role
from nms.base.settings import NetworkSettings, PollingSettings
from nms.ops.polling import Sweep
from nms.ops.state import Kind
from tests.conftest import need
from tests.fakes.agent import FakeAgent, ThreadedAgent
from tests.fakes.memory_client import RECORDINGS
from tests.fakes.site import Web, csrf_of

COMMUNITY = "s3cret-community"
RADIO = """radio:
  - {metric: frequency, oid: 1.3.6.1.4.1.99777.2.1.1.3, kind: column, unit: kHz, bands_mhz: [[3400, 3600]]}
  - {metric: rssi, oid: 1.3.6.1.4.1.99777.2.1.1.4, kind: column, unit: dBm, scale: 0.1}
  - {metric: clients, oid: 1.3.6.1.4.1.99777.2.2.0, kind: scalar, unit: ""}
"""


def record(agent: FakeAgent) -> bytes:
    """What an engineer does in the shell."""
    command = ["snmpwalk", "-v2c", "-c", COMMUNITY, "-On", "-m", "", f"{agent.host}:{agent.port}", ".1"]
    return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout


def text_on(page: TestResponse) -> str:
    """The profile that lies on the desk."""
    found = re.search(r'<textarea[^>]* id="text"[^>]*>\n(.*?)</textarea>', page.get_data(as_text=True), re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def hidden(page: TestResponse) -> dict[str, str]:
    """What the form carries unseen."""
    fields = re.findall(r'name="(seen|kept|recording)" value="([^"]*)"', page.get_data(as_text=True))
    return {name: html.unescape(value) for name, value in fields}


@pytest.mark.real
def test_a_box_that_nobody_knows_is_recorded_described_and_polled(web: Web) -> None:
    need("snmpwalk")
    unknown = FakeAgent.from_snmprec(
        (RECORDINGS / "unknown_vendor.snmprec").read_text("utf-8"), community=COMMUNITY.encode()
    )
    settings = replace(
        web.services.settings,
        polling=PollingSettings(interval_s=60, timeout_s=1.0),
        network=NetworkSettings((ip_network("127.0.0.0/8"),)),
    )
    with ThreadedAgent(unknown) as agent:
        with web.database.transaction() as session:
            form = DeviceForm("new-box", f"{agent.host}:{agent.port}", credential="lab")
            save_device(session, SYSTEM, web.clock.now(), form)
        sweep = Sweep(
            web.database, settings, web.live, web.services.store, web.clock, web.box, families=web.services.families
        )
        sweep.start()
        try:
            poll(web, sweep)
            assert reading(web, Metric.FREQUENCY) is None, "nobody knows the box yet"
            family = write_profile(web, record(agent))
            poll(web, sweep)
        finally:
            sweep.stop()
    assert family == "fabulon_airbridge"
    assert reading(web, Metric.FREQUENCY) == 3_441_750
    assert reading(web, Metric.RSSI) == -61.5
    assert reading(web, Metric.CLIENTS) == 9
    viewer = web.client(Role.VIEWER)
    page = viewer.get("/appareils/new-box").get_data(as_text=True)
    assert "3\u202f441,750" in page
    assert "fabulon_airbridge" in viewer.get("/appareils").get_data(as_text=True)
    assert "fabulon_airbridge" in viewer.get("/familles").get_data(as_text=True)


def write_profile(web: Web, recording: bytes) -> str:
    """Draft, mistake, check, save: through the page. Answers the family."""
    engineer = web.client(Role.ENGINEER)
    empty = engineer.get("/inventaire/profil")
    form: dict[str, object] = {"csrf_token": csrf_of(empty)}
    drafted = engineer.post(
        "/inventaire/profil", data={**form, "what": "draft", "file": (io.BytesIO(recording), "box.txt")}
    )
    assert drafted.status_code == 200
    assert "1.3.6.1.4.1.99777.2.1.1.4" in drafted.get_data(as_text=True), "what is there to be read is shown"
    form |= hidden(drafted)
    wrong = text_on(drafted).replace("radio: []\n", RADIO.replace("scale: 0.1", "scael: 0.1"))
    refused = engineer.post("/inventaire/profil", data={**form, "what": "save", "text": wrong})
    assert refused.status_code == 422
    assert text_on(refused).strip() == wrong.strip(), "nothing typed is lost"
    line = next(n for n, text in enumerate(wrong.splitlines(), 1) if "scael" in text)
    assert f'data-line="{line}"' in refused.get_data(as_text=True)
    assert not (web.services.settings.home / "profiles").exists()
    right = wrong.replace("scael", "scale")
    checked = engineer.post("/inventaire/profil", data={**form, "what": "check", "text": right})
    assert checked.status_code == 200
    shown = checked.get_data(as_text=True)
    assert "1.3.6.1.4.1.99777.2.1.1.3.1" in shown
    assert "3\u202f441,750" in shown
    assert "\u221261,5" in shown
    saved = engineer.post("/inventaire/profil", data={**form, "what": "save", "text": right})
    assert saved.status_code == 303
    return Path(saved.headers["Location"].partition("?")[0]).name


def poll(web: Web, sweep: Sweep) -> None:
    """One turn of every device."""
    web.clock.advance(61)
    sweep.tick(5.0)


def reading(web: Web, metric: Metric) -> float | None:
    """What the box says of a metric, as the pages see it."""
    status = web.live.get(Kind.DEVICE, "new-box")
    assert status is not None
    return next((item.value for item in status.radio if item.metric is metric and item.usable), None)


def test_a_broken_file_of_ones_own_is_told_and_stops_neither_the_start_nor_a_poll(
    web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    folder = web.services.settings.home / "profiles"
    folder.mkdir()
    (folder / "broken.yaml").write_text("family: broken\nvendor: B\nrules: 4\n")
    settings = replace(web.services.settings, network=NetworkSettings((ip_network("127.0.0.0/8"),)))
    recording = (RECORDINGS / "cisco_aironet.snmprec").read_text("utf-8")
    with ThreadedAgent(FakeAgent.from_snmprec(recording, community=COMMUNITY.encode())) as agent:
        with web.database.transaction() as session:
            form = DeviceForm("new-box", f"{agent.host}:{agent.port}", credential="lab")
            save_device(session, SYSTEM, web.clock.now(), form)
        sweep = Sweep(web.database, settings, web.live, web.services.store, web.clock, web.box)
        sweep.start()
        try:
            poll(web, sweep)
            poll(web, sweep)
        finally:
            sweep.stop()
    assert reading(web, Metric.CLIENTS) == 14
    told = [record.getMessage() for record in caplog.records if "broken.yaml" in record.getMessage()]
    assert len(told) == 1, "told once, not at every turn"
    assert "broken.yaml:3" in told[0]
