"""The whole program in a process of its own, real agents before it, and a real Prometheus behind it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
import yaml

from tests.conftest import need, run_ok
from tests.fakes.blocks import write_block
from tests.fakes.prometheus import Prometheus, end, free_port
from tests.fakes.snmpd import COMMUNITY, Snmpd
from tests.integration.test_dashboard import dashboard_queries, rule_queries
from web.exposition import everything

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

DOCS = Path(__file__).parents[2] / "docs" / "prometheus"
NMS = str(Path(sys.executable).parent / "nms")
BASE_STATION = """
override 1.0.8802.16.2.1.2.9.1.2.1.6.2 integer 3510000
override 1.0.8802.16.2.1.1.2.3.1.7.2.2.0.94.0.0.17.2.1 integer 21
override 1.0.8802.16.2.1.1.2.3.1.8.2.2.0.94.0.0.17.2.1 integer -78
"""
ACCESS_POINT = """
override 1.3.6.1.4.1.41112.1.4.1.1.4.1 integer 5560
override 1.3.6.1.4.1.41112.1.4.5.1.5.1 integer -63
override 1.3.6.1.4.1.41112.1.4.5.1.15.1 integer 4
"""
INVENTORY = """\
kind,name,insee,site,device,address,credential,family,radio_index,centre_khz,link_kind,a_device,a_interface,\
committed_bps,interface,lifecycle
site,poitiers,86194,,,,,,,,,,,,,
site,chauray,79081,,,,,,,,,,,,,
device,box,,poitiers,,127.0.0.1:{box},lab,,,,,,,,,
device,bs,,poitiers,,127.0.0.1:{bs},lab,,,,,,,,,
device,ap,,chauray,,127.0.0.1:{ap},lab,,,,,,,,,
device,later,,chauray,,127.0.0.1:9,lab,,,,,,,,,planned
interface,lo,,,bs,,,,,,,,,,,
interface,lo,,,ap,,,,,,,,,,,
sector,bs-1,,,bs,,,,2,3510000,,,,,,
link,cyber-1,,chauray,,,,,,,dedicated,bs,lo,2000000,,
hotspot,wifi-1,,chauray,ap,,,,,,,,,,lo,
"""
ONLY_ON_EVENTS = {
    "nms_sweep_failures_total": "nothing failed before the agent was stopped",
    "nms_config_drift_lines": "no configuration of these agents is read",
    "nms_alarm_": "nothing is wrong before the agent is stopped",
}
"""Families without a sample in a quiet network of these agents, and why."""
NOT_TOLD = {
    "nms_device_conformant": "the access point does not tell its channel width",
    "nms_sector_clients": "WMAN-IF2 counts no clients",
    "nms_radio_snr_db": "neither family tells it",
    "nms_radio_noise_dbm": "not among the agents' values",
    "nms_radio_transmit_power_dbm": "not among the agents' values",
    "nms_radio_channel_width_hertz": "not among the agents' values",
}


def wait_for(told: Callable[[], object], what: str, patience_s: float = 40.0) -> float:
    """Seconds until it was so."""
    began = time.monotonic()
    while time.monotonic() < began + patience_s:
        if told():
            return time.monotonic() - began
        time.sleep(0.2)
    raise AssertionError(f"not within {patience_s} s: {what}")


@dataclass(frozen=True)
class Scene:
    """What runs: the program, its agents, and a Prometheus with the shipped configurations."""

    url: str
    token: str
    prometheus: Prometheus
    box: Snmpd

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """Status, content type and text of an answer of the program."""
        try:
            with urlopen(Request(self.url + path, headers=dict(headers or {})), timeout=10) as response:
                return response.status, response.headers["Content-Type"], response.read().decode()
        except HTTPError as error:
            return error.code, "", error.read().decode()

    def scrape(self, accept: str = "text/plain") -> str:
        """The metrics as a scraper with the token gets them."""
        status, _, text = self.get("/metrics", {"Authorization": f"Bearer {self.token}", "Accept": accept})
        assert status == 200
        return text


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    need("snmpd", "prometheus", "promtool")
    folder = tmp_path_factory.mktemp("scene")
    with Snmpd() as box, Snmpd(BASE_STATION) as bs, Snmpd(ACCESS_POINT) as ap:
        (folder / "mine.csv").write_text(INVENTORY.format(box=box.port, bs=bs.port, ap=ap.port), "utf-8")
        port = free_port()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("NMS_")},
            "NMS_HOME": str(folder / "home"),
            "NMS_COMMUNITY": COMMUNITY,
            "NMS_NETWORK_MANAGEMENT": "127.0.0.0/8",
            "NMS_POLLING_INTERVAL_S": "1",
            "NMS_TERRITORY_START": "no",
            "NMS_POLLING_TIMEOUT_S": "0.3",
            "NMS_POLLING_DEVICE_DEADLINE_S": "4",
            "PORT": str(port),
        }
        _nms(environment, "credential", "add", "lab")
        write_block(folder / "home", "name: names\nlabel: Names\nlines: hostname x\n")
        token = _nms(environment, "user", "token", "prometheus", "--scope", "metrics:read").strip()
        (folder / "nms.token").write_text(token, "utf-8")
        shutil.copy(DOCS / "rules.yml", folder)
        url = f"http://127.0.0.1:{port}"
        with (folder / "nms.log").open("wb") as log:
            program = subprocess.Popen(
                [NMS, "run", "--inventory", str(folder / "mine.csv")], env=environment, stdout=log, stderr=log
            )
            try:
                wait_for(lambda: _answers(url) or program.poll() is not None, "the program answers")
                assert program.poll() is None, (folder / "nms.log").read_text()
                with Prometheus(folder, _configuration(f"127.0.0.1:{port}")) as prometheus:
                    yield Scene(url, token, prometheus, box)
            finally:
                end(program)


def _nms(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run([NMS, *words], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _answers(url: str) -> bool:
    try:
        with urlopen(url + "/healthz", timeout=2):
            return True
    except URLError:
        return False


def _configuration(target: str) -> dict[str, Any]:
    """Both shipped configurations as two jobs, with the target and the pace of a test."""
    static, discovered = (
        yaml.safe_load((DOCS / name).read_text("utf-8").replace("127.0.0.1:8080", target))
        for name in ("prometheus.yml", "prometheus-http-sd.yml")
    )
    by_discovery = discovered["scrape_configs"][0]
    by_discovery["job_name"] = "nms-discovered"
    by_discovery["http_sd_configs"][0]["refresh_interval"] = "1s"
    static["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    static["scrape_configs"].append(by_discovery)
    return dict(static)


def test_a_real_prometheus_scrapes_it_with_the_token_by_both_configurations(scene: Scene) -> None:
    wait_for(lambda: len(scene.prometheus.query("up == 1")) == 2, "both jobs are up")
    jobs = {sample["metric"]["job"] for sample in scene.prometheus.query("up == 1")}
    assert jobs == {"nms", "nms-discovered"}
    told = scene.prometheus.query('up{job="nms-discovered"}')[0]["metric"]
    assert told["simulated"] == "false"
    targets = scene.prometheus.get("/api/v1/targets")["data"]["activeTargets"]
    assert {target["scrapeUrl"] for target in targets} == {f"{scene.url}/metrics"}
    assert {target["lastError"] for target in targets} == {""}


def test_a_device_is_up_in_prometheus_with_its_commune_and_department(scene: Scene) -> None:
    wait_for(lambda: scene.prometheus.query('nms_device_up{device="box",job="nms"} == 1'), "the device is up")
    sample = scene.prometheus.query('nms_device_up{device="box",job="nms"}')[0]
    assert sample["metric"]["commune"] == "86194"
    assert sample["metric"]["department"] == "86"
    assert sample["value"][1] == "1"


def test_what_is_not_in_service_has_a_health_and_no_up(scene: Scene) -> None:
    told = 'nms_device_health{device="later",state="unmeasured",job="nms"} == 1'
    wait_for(lambda: scene.prometheus.query(told), "the planned device is unmeasured")
    assert scene.prometheus.query('nms_device_up{device="later"}') == []


def test_the_body_of_a_running_program_pleases_promtool(scene: Scene) -> None:
    wait_for(lambda: "nms_radio_cinr_db{sector=" in scene.scrape(), "a radio value")
    body = scene.scrape()
    assert body.count("nms_device_up{device=") == 3, "promtool passes empty input"
    done = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_nobody_scrapes_without_the_token(scene: Scene) -> None:
    assert scene.get("/metrics")[0] == 401
    assert scene.get("/metrics", {"Authorization": "Bearer wrong"})[0] == 401
    assert "metrics:read" in scene.get("/metrics")[2]
    assert scene.get("/api/v1/sd/prometheus")[0] == 401


def test_the_format_is_the_one_that_is_asked_for(scene: Scene) -> None:
    token = {"Authorization": f"Bearer {scene.token}"}
    accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}
    _, kind, text = scene.get("/metrics", token | accept)
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")
    _, kind, text = scene.get("/metrics", token)
    assert kind.startswith("text/plain; version=0.0.4")
    assert "# EOF" not in text


def test_every_family_that_these_agents_can_tell_reaches_prometheus(scene: Scene) -> None:
    wanted = {family.name for family in everything()} - NOT_TOLD.keys() - ONLY_ON_EVENTS.keys()

    def stored() -> set[str]:
        return set(scene.prometheus.get("/api/v1/label/__name__/values")["data"])

    wait_for(lambda: wanted <= stored(), "every family", 60)
    assert not NOT_TOLD.keys() & stored()


def test_every_query_of_dashboard_and_rules_runs_and_those_with_data_answer(scene: Scene) -> None:
    silent = {*dashboard_queries(), *rule_queries()}

    def unanswered() -> set[str]:
        """What tells of no event and has never answered; each has only to answer once, for a busy machine has gaps."""
        silent.difference_update({query for query in silent if scene.prometheus.query(query)})
        rest = {query for query in silent if not any(sign in query for sign in ("==", ">", "<", "absent("))}
        return {query for query in rest if not any(name in query for name in ONLY_ON_EVENTS)}

    with suppress(AssertionError):  # what has not answered is told below
        wait_for(lambda: not unanswered(), "every query", 60)
    assert unanswered() == set()


def test_the_shipped_rules_are_loaded_and_healthy(scene: Scene) -> None:
    def groups() -> list[dict[str, Any]]:
        return list(scene.prometheus.get("/api/v1/rules")["data"]["groups"])

    wait_for(lambda: all(rule["health"] == "ok" for group in groups() for rule in group["rules"]), "rules evaluated")
    assert {group["name"] for group in groups()} == {"nms-recording", "nms-program", "nms-network"}
    wait_for(lambda: scene.prometheus.query("state:nms_link_health:sum"), "a recorded series")


def test_a_silent_agent_is_down_in_prometheus_within_the_confirm_time_and_the_alert_waits(scene: Scene) -> None:
    """Last of the file: it stops an agent. Two looks 5 s apart at most, with an interval and the tries around them."""
    up = 'nms_device_up{device="box",job="nms"}'
    wait_for(lambda: scene.prometheus.query(f"{up} == 1"), "up before")
    scene.box.stop()
    took_s = wait_for(lambda: scene.prometheus.query(f"{up} == 0"), "down", 30)
    assert took_s < 20
    down = 'nms_device_health{device="box",state="down",job="nms"} == 1'
    assert scene.prometheus.query(down)
    assert scene.prometheus.query('nms_sweep_failures_total{reason=~"Timeout|Unreachable"} > 0')
    wait_for(lambda: not scene.prometheus.query('nms_interface_receive_bytes_total{device="box"}'), "no frozen counter")
    pending = 'ALERTS{alertname="NmsDeviceDown",device="box",job="nms",alertstate="pending"}'
    wait_for(lambda: scene.prometheus.query(pending), "the alert is pending")
    scene.box.start()
    wait_for(lambda: scene.prometheus.query(f"{up} == 1"), "up again", 30)


def test_promtool_accepts_the_configurations_and_the_rules(tmp_path: Path) -> None:
    need("promtool")
    for name in ("prometheus.yml", "prometheus-http-sd.yml", "rules.yml"):
        shutil.copy(DOCS / name, tmp_path)
    (tmp_path / "nms.token").write_text("word")
    for name in ("prometheus.yml", "prometheus-http-sd.yml"):
        run_ok("promtool", "check", "config", str(tmp_path / name))
    assert "SUCCESS" in run_ok("promtool", "check", "rules", str(DOCS / "rules.yml"))


def test_the_alerts_fire_when_they_should_and_not_before() -> None:
    need("promtool")
    assert "SUCCESS" in run_ok("promtool", "test", "rules", str(DOCS / "rules_test.yml"))
    alerts = [
        r["alert"]
        for g in yaml.safe_load((DOCS / "rules.yml").read_text())["groups"]
        for r in g["rules"]
        if "alert" in r
    ]
    tested = json.dumps(yaml.safe_load((DOCS / "rules_test.yml").read_text()))
    assert [alert for alert in alerts if alert not in tested] == []
