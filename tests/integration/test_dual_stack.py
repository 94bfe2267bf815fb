"""IPv6 wherever IPv4 is: the program's own address, who scrapes it, what it probes and discovers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_network
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from collectors.base import SnmpCredential, SnmpVersion
from collectors.snmp import open_client
from inventory.found import Found
from nms.base.permissions import Role
from nms.ops.discovery import Sweep
from tests.conftest import unavailable
from tests.fakes.agent import SYSTEM, FakeAgent, ThreadedAgent, octets
from tests.fakes.program import Program, environment, wait_for
from tests.fakes.site import Web

NMS = (sys.executable, "-m", "nms.app")
OPEN = build_opener(ProxyHandler({}))
SIX = SYSTEM | {"1.3.6.1.2.1.1.5.0": octets("six")}


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    """An agent on the loopback of IPv6."""
    with ExitStack() as stack:
        try:
            yield stack.enter_context(ThreadedAgent(FakeAgent(SIX, host="::1")))
        except OSError:
            unavailable("no IPv6 on this machine")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("host", ["::", pytest.param("::1", marks=pytest.mark.slow)])
def test_the_program_listens_on_ipv6_and_knows_its_own_machine(tmp_path: Path, agent: FakeAgent, host: str) -> None:
    """On `::` it hears both; a scraper of this machine is known as such over either; a device at [::1] is polled."""
    home = tmp_path / "state"
    home.mkdir(mode=0o700)
    (home / "nms.toml").write_text(
        f'[web]\nhost = "{host}"\n[metrics]\nopen_to_loopback = true\n[network]\nmanagement = ["::1/128"]\n'
        "[polling]\ninterval_s = 1\n"
    )
    variables = environment(home, NMS_COMMUNITY=agent.community.decode())
    device = ("device", "add", "six", f"address=[::1]:{agent.port}", "credential=lab")
    for words in (("credential", "add", "lab"), device):
        subprocess.run([*NMS, *words], env=variables, check=True, capture_output=True, timeout=60)
    with Program([*NMS, "run"], tmp_path, environment(home)) as program:
        url = program.url()
        assert url.startswith(f"http://[{host}]:")
        port = url.rpartition(":")[2]
        for address in ("[::1]", "127.0.0.1") if host == "::" else ("[::1]",):
            with OPEN.open(f"http://{address}:{port}/metrics", timeout=10) as answer:
                assert b"nms_sweep_devices " in answer.read()
        wait_for(
            lambda: b'nms_device_up{device="six"' in OPEN.open(f"http://[::1]:{port}/metrics").read(),
            "the device polled",
            15,
        )
        assert program.stop() == 0, program.complained()


def test_a_probe_takes_an_ipv6_address_in_brackets(agent: FakeAgent, tmp_path: Path) -> None:
    command = [*NMS, "probe", f"[::1]:{agent.port}", "--community", agent.community.decode(), "--json"]
    done = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "six" in json.dumps(json.loads(done.stdout))


def test_a_discovery_finds_it_and_writes_its_address_with_brackets(agent: FakeAgent) -> None:
    credential = SnmpCredential(SnmpVersion.V2C, community=agent.community.decode(), name="lab")
    found: list[Found] = []

    async def swept() -> None:
        async with open_client() as client:
            await Sweep((ip_network("::1/128"),), (credential,), agent.port, on_found=found.append).run(client)

    asyncio.run(swept())
    assert [(one.address, one.sys_name) for one in found] == [(f"[::1]:{agent.port}", "six")]


def test_prometheus_is_told_the_address_with_brackets(web: Web) -> None:
    """The target is this program as the scraper reached it."""
    session = web.client(Role.ADMINISTRATOR).get_cookie("nms_session")
    assert session is not None
    headers = {"Host": "[2001:db8::7]:8080", "Cookie": f"nms_session={session.value}"}
    answer = web.app.test_client(use_cookies=False).get("/api/v1/sd/prometheus", headers=headers)
    (target,) = answer.get_json()
    assert target["targets"] == ["[2001:db8::7]:8080"]
