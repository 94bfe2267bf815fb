"""Agents that misbehave on a socket are described in part or refused in one sentence, well before the deadline."""

from __future__ import annotations

import asyncio
import time

import pytest

from collectors import oids
from collectors.base import SnmpCredential, SnmpTarget, SnmpVersion
from collectors.probe import ProbeResult, probe
from collectors.snmp import open_client
from nms.base.errors import DeviceError
from tests.fakes import agent as fake
from tests.fakes.agent import FakeAgent, Raw, Script, arcs, parse_snmprec
from tests.fakes.memory_client import RECORDINGS

AIROS = parse_snmprec((RECORDINGS / "airos.snmprec").read_text("utf-8"))


def describe(objects: dict[str, Raw], script: Script | None = None, deadline_s: float = 3.0) -> ProbeResult:
    async def play() -> ProbeResult:
        async with FakeAgent(objects, script=script or Script()) as agent, open_client() as client:
            credential = SnmpCredential(SnmpVersion.V2C, community=agent.community.decode())
            target = SnmpTarget(agent.host, agent.port, credential, timeout_s=0.15, retries=0, deadline_s=1.0)
            return await probe(client, target, deadline_s=deadline_s)

    start = time.perf_counter()
    try:
        return asyncio.run(play())
    finally:
        assert time.perf_counter() - start < deadline_s + 1


def test_fault_05_values_of_wrong_type_or_length_are_gaps() -> None:
    odd = {
        **AIROS,
        f"{oids.IF_OPER_STATUS}.1": fake.octets("up"),
        f"{oids.IF_SPEED}.1": Raw(0x42, b"\xff" * 9),
        f"{oids.IF_ADMIN_STATUS}.2": Raw(0x7F, b"?"),
        "1.3.6.1.4.1.41112.1.4.5.1.5.1": Raw(0x40, b"abc"),
    }
    result = describe(odd)
    assert result.ports[0].oper_status is None
    assert result.ports[0].speed_bps is None
    assert result.ports[1].admin_status is None
    assert result.ports[1].oper_status == "up"
    rssi = next(item for item in result.radio if item.oid.endswith("4.5.1.5.1"))
    assert (rssi.usable, rssi.value) == (False, None)


def test_fault_21_generr_at_one_object_and_toobig_leave_the_rest() -> None:
    broken = Script(gen_err_at=arcs(f"{oids.IF_OPER_STATUS}.1"), too_big_above=4)
    result = describe(AIROS, broken)
    assert result.family == "ubiquiti_airos"
    assert [port.oper_status for port in result.ports] == [None, "up"]


def test_fault_22_texts_are_single_lines_without_controls_and_clipped() -> None:
    hostile = b"\xff\xfe\x00\x1b[2J\xe2\x80\xae\nx" + b"A" * 3_000
    result = describe({**AIROS, oids.SYS_DESCR: fake.octets(hostile), oids.SYS_NAME: fake.octets(hostile)})
    for text in (result.identity.sys_descr, result.identity.sys_name):
        assert text.isprintable()
        assert len(text) <= 255


def test_fault_91_vendor_strings_on_the_wire_are_read_or_refused() -> None:
    recording = parse_snmprec((RECORDINGS / "airos_in_text.snmprec").read_text("utf-8"))
    result = describe(recording)
    usable = {(item.metric.value, item.raw) for item in result.radio if item.usable}
    assert usable == {
        ("frequency", "5,56 GHz"),
        ("frequency", "5560000 kHz"),
        ("channel_width", "10,0 MHz"),
        ("rssi", "-61 dBm"),
    }


@pytest.mark.parametrize(
    "script",
    [
        fake.repeating("1.3.6.1.2.1.2.2.1.2.1"),
        fake.cycling("1.3.6.1.2.1.2.2.1.2.1", "1.3.6.1.2.1.2.2.1.2.2", "1.3.6.1.2.1.2.2.1.2.3"),
        fake.endless("1.3.6.1.2.1.2.2.1.2"),
        fake.endless("1.3.6.1.4.1.41112.1.4.1.1.4"),
        Script(successor=lambda _: None),
        Script(delay_s=0.12),
        Script(drop=lambda serial: serial > 1 and serial % 3 == 0),
        Script(drop=lambda serial: serial > 3),
        Script(duplicate=True),
    ],
    ids=["repeats", "cycles", "endless_ports", "endless_radio", "no_next", "slow", "lossy", "dies", "doubles"],
)
def test_an_agent_that_misbehaves_is_still_described(script: Script) -> None:
    result = describe(AIROS, script)
    assert result.identity.sys_name == "cpe-lezay"
    assert len(result.ports) <= 2_000


@pytest.mark.parametrize(
    "script",
    [
        fake.garbage(b"\x30\x84\xff\xff\xff\xff"),
        fake.garbage(bytes(8_193)),
        fake.truncated(20),
        fake.wrong_request_id(),
        fake.empty_answer(),
        Script(drop=lambda _serial: True),
        Script(wrong_source=True),
    ],
    ids=["garbage", "oversized", "truncated", "wrong_id", "empty", "silent", "other_source"],
)
def test_an_agent_that_never_says_anything_sound_is_an_error_in_one_sentence(script: Script) -> None:
    with pytest.raises(DeviceError) as refused:
        describe(AIROS, script)
    assert "\n" not in str(refused.value)
