"""The probe and the poll against agents on real sockets: net-snmp's snmpd, and recordings served by the fake agent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from collectors.base import SnmpCredential, SnmpTarget, SnmpVersion
from collectors.poll import collect, discover
from collectors.probe import probe
from collectors.snmp import open_client
from nms.app.commands.probe import probe as command
from nms.base.clock import SystemClock
from nms.base.errors import DeviceError
from tests.conftest import unavailable
from tests.fakes import snmpd
from tests.fakes.agent import FakeAgent, Script, ThreadedAgent
from tests.fakes.memory_client import RECORDINGS
from tests.fakes.snmpd import AUTH_KEY, COMMUNITY, PRIV_KEY, Snmpd, user_of

app = typer.Typer()
app.command()(command)


@pytest.fixture(scope="module")
def box() -> Iterator[Snmpd]:
    if snmpd.BINARY is None:
        unavailable("snmpd is not installed")
    with Snmpd() as running:
        yield running


@pytest.mark.parametrize("version", ["v2c", "v3"])
def test_a_real_snmpd_is_described_and_polled(box: Snmpd, version: str) -> None:
    target = box.target() if version == "v2c" else box.target_v3("SHA256", "AES128")

    async def play() -> None:
        async with open_client() as client:
            described = (await probe(client, target)).as_dict()
            assert described["family"] == "net_snmp"
            assert described["sys_name"] == "fake-snmpd"
            assert "lo" in {port["name"] for port in described["interfaces"]}
            plan = await discover(client, target)
            reading = await collect(client, target, plan, slow=True, clock=SystemClock())
            assert reading.error is None
            assert (reading.sent, reading.lost, reading.plan_stale) == (1, 0, False)
            loopback = next(port for port in reading.interfaces if port.name == "lo")
            assert (loopback.oper_up, loopback.admin_up, loopback.counter_bits) == (True, True, 64)

    asyncio.run(play())


@pytest.mark.parametrize("name", ["airos", "wimax_if2", "albentia", "hostile_texts", "openwrt"])
def test_a_recording_served_on_a_socket_is_described(name: str) -> None:
    agent = FakeAgent.from_snmprec((RECORDINGS / f"{name}.snmprec").read_text("utf-8"))

    async def play() -> int:
        async with agent, open_client() as client:
            credential = SnmpCredential(SnmpVersion.V2C, community=agent.community.decode())
            result = await probe(client, SnmpTarget(agent.host, agent.port, credential))
            return len(result.radio)

    assert (asyncio.run(play()) == 0) == (name == "hostile_texts")


def test_the_command_describes_a_real_snmpd_over_v2c_in_json(box: Snmpd) -> None:
    done = CliRunner().invoke(app, [f"{box.host}:{box.port}", "--community", COMMUNITY, "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["family"] == "net_snmp"


def test_the_command_takes_v3_keys_from_the_environment_and_shows_none(
    box: Snmpd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NMS_V3_AUTH_KEY", AUTH_KEY)
    monkeypatch.setenv("NMS_V3_PRIV_KEY", PRIV_KEY)
    monkeypatch.setenv("NMS_LANGUAGE", "fr")
    options = ["--v3-user", user_of("SHA256", "AES128"), "--v3-auth", "SHA256", "--v3-priv", "AES128"]
    done = CliRunner().invoke(app, [f"{box.host}:{box.port}", *options])
    assert done.exit_code == 0
    assert "Famille" in done.stdout
    assert AUTH_KEY not in done.output
    assert PRIV_KEY not in done.output


def test_the_command_asks_for_keys_that_are_not_in_the_environment(box: Snmpd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NMS_V3_AUTH_KEY", raising=False)
    monkeypatch.delenv("NMS_V3_PRIV_KEY", raising=False)
    options = ["--v3-user", user_of("SHA512", "AES256"), "--v3-auth", "SHA512", "--v3-priv", "AES256", "--json"]
    done = CliRunner().invoke(app, [f"{box.host}:{box.port}", *options], input=f"{AUTH_KEY}\n{PRIV_KEY}\n")
    assert done.exit_code == 0
    assert AUTH_KEY not in done.output


def test_the_command_says_in_one_sentence_that_nothing_answers() -> None:
    with ThreadedAgent(FakeAgent({}, script=Script(drop=lambda _serial: True))) as agent:
        done = CliRunner().invoke(app, [f"{agent.host}:{agent.port}", "--community", "x", "--timeout", "0.1"])
    assert done.exit_code == 1
    assert isinstance(done.exception, DeviceError)
    assert str(done.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        ["127.0.0.1"],
        ["127.0.0.1", "--community", "a", "--v3-user", "b"],
        ["127.0.0.1", "--v3-user", "b", "--v3-priv", "AES128"],
        ["127.0.0.1", "--community", "a", "--v3-auth", "SHA1"],
        ["127.0.0.1:99999", "--community", "a"],
        ["[::1", "--community", "a"],
        ["a b", "--community", "a"],
        ["127.0.0.1", "--community", "a", "--timeout", "99"],
    ],
)
def test_a_wrong_command_line_is_exit_code_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2
