"""Row 20 of the fault catalogue: SNMPv3 that refuses, lies or changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from collectors.base import SnmpCredential, SnmpTarget, SnmpVersion
from collectors.snmp import CheckedClient, open_client
from collectors.snmp_ber import encode_oid
from collectors.snmp_call import Call
from collectors.snmp_usm import scoped_pdu, seal, take_apart
from collectors.snmp_v3 import judge
from nms.base.errors import AuthFailed, DeviceError, Timeout
from tests.conftest import unavailable
from tests.fakes.agent import SYSTEM, FakeAgent, element
from tests.fakes.snmpd import AUTH_KEY, BINARY, PRIV_KEY, Snmpd, user_of

OIDS = ("1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.3.0")


@pytest.fixture(scope="module")
def snmpd() -> Iterator[Snmpd]:
    if BINARY is None:
        unavailable("not installed: snmpd (make system-packages)")
    with Snmpd() as agent:
        yield agent


def refusal_of(question: SnmpTarget) -> tuple[DeviceError, CheckedClient]:
    async def play() -> tuple[DeviceError, CheckedClient]:
        async with open_client() as client:
            with pytest.raises(DeviceError) as caught:
                await client.get(question, OIDS)
            return caught.value, client

    return asyncio.run(play())


@pytest.mark.real
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"user": "nobody"}, "snmp_wrong_user"),
        ({"auth_key": "wrong wrong wrong"}, "snmp_wrong_auth_key"),
        ({"priv_key": "wrong wrong wrong"}, "snmp_wrong_priv_key"),
        ({"user": user_of(None, None)}, "snmp_unsupported_level"),
        ({"auth_key": "short"}, "snmp_bad_credential"),
    ],
)
def test_fault_20_a_refused_v3_user_is_one_auth_failed_that_says_which(
    snmpd: Snmpd, changes: dict[str, str], code: str
) -> None:
    question = replace(snmpd.target_v3("SHA256", "AES128", **changes), timeout_s=0.4)
    error, client = refusal_of(question)
    assert isinstance(error, AuthFailed)
    assert error.code == code
    assert client.stats.requests <= 6
    for secret in (AUTH_KEY, PRIV_KEY, "wrong wrong wrong"):
        assert secret not in str(error) + repr(error) + repr(error.facts)


@pytest.mark.real
def test_fault_20_an_unknown_algorithm_is_named_before_anything_is_sent_under_it(snmpd: Snmpd) -> None:
    question = snmpd.target_v3()
    question = replace(question, credential=replace(question.credential, auth="MD5"))
    error, _ = refusal_of(question)
    assert (type(error), error.code) == (AuthFailed, "snmp_unsupported_algorithm")


@pytest.mark.real
def test_fault_20_an_authentication_only_user_may_be_refused_by_the_view(snmpd: Snmpd) -> None:
    question = snmpd.target_v3("SHA256", None, user=user_of("SHA256", "AES128"))
    error, _ = refusal_of(question)
    assert (type(error), error.code) == (AuthFailed, "snmp_not_authorized")


@pytest.mark.real
def test_fault_20_a_changed_engine_id_is_found_again_within_the_same_call() -> None:
    if BINARY is None:
        unavailable("not installed: snmpd (make system-packages)")

    async def play() -> None:
        with Snmpd(engine_id="0x8000000001020304") as agent:
            async with open_client() as client:
                assert (await client.get(agent.target_v3(), OIDS))[OIDS[0]].value == b"fake-snmpd"
                agent.stop()
                agent.engine_id = "0x8000000009080706"
                agent.start()
                assert (await client.get(agent.target_v3(), OIDS))[OIDS[0]].value == b"fake-snmpd"

    asyncio.run(play())


@pytest.mark.real
def test_fault_20_an_engine_out_of_the_time_window_is_resynchronised_by_its_signed_report(snmpd: Snmpd) -> None:
    async def play() -> None:
        async with open_client() as client:
            question = snmpd.target_v3()
            await client.get(question, OIDS)
            engine = client.engines[(snmpd.host, snmpd.port)]
            engine.boots, engine.seen_s = engine.boots + 5, 90_000
            assert (await client.get(question, OIDS))[OIDS[0]].value == b"fake-snmpd"
            assert client.stats.requests == 4

    asyncio.run(play())


class ReportLoop(asyncio.DatagramProtocol):
    """Answers every v3 message with an unsigned report of one cause."""

    def __init__(self, causes: list[int]) -> None:
        self.causes = causes
        self.received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        place = data.index(b"\x02\x04") + 2
        number = element(0x02, data[place : place + 4])
        cause = self.causes[min(self.received, len(self.causes) - 1)]
        self.received += 1
        row = element(0x30, encode_oid(f"1.3.6.1.6.3.15.1.1.{cause}.0") + element(0x41, b"\x01"))
        pdu = element(0xA8, number + b"\x02\x01\x00\x02\x01\x00" + element(0x30, row))
        engine = element(0x04, b"\x80\x00\x00\x00" + bytes([self.received]))
        usm = element(0x30, engine + b"\x02\x01\x01\x02\x01\x01\x04\x00\x04\x00\x04\x00")
        header = element(0x30, number + b"\x02\x02\x20\x00\x04\x01\x00\x02\x01\x03")
        body = b"\x02\x01\x03" + header + element(0x04, usm) + element(0x30, engine + b"\x04\x00" + pdu)
        self.transport.sendto(element(0x30, body), addr)  # type: ignore[attr-defined]  # asyncio types it too wide


@pytest.mark.parametrize(
    ("causes", "code", "most"),
    [([4], "snmp_engine_changed", 4), ([4, 2], "snmp_not_in_time_window", 3), ([4, 99], "snmp_report", 3)],
)
def test_fault_20_a_report_loop_ends_with_its_cause(causes: list[int], code: str, most: int) -> None:
    async def play() -> None:
        loop = asyncio.get_running_loop()
        protocol = ReportLoop(causes)
        transport, _ = await loop.create_datagram_endpoint(lambda: protocol, local_addr=("127.0.0.1", 0))
        port = transport.get_extra_info("sockname")[1]
        credential = SnmpCredential(SnmpVersion.V3, user="u", auth="SHA1", auth_key="canary auth key")
        async with open_client() as client:
            with pytest.raises(AuthFailed) as caught:
                await client.get(SnmpTarget("127.0.0.1", port, credential, timeout_s=0.3), OIDS)
        transport.close()
        assert caught.value.code == code
        assert protocol.received <= most

    asyncio.run(play())


def test_fault_20_v3_never_falls_back_to_v2c() -> None:
    async def play() -> None:
        async with FakeAgent(SYSTEM) as agent, open_client() as client:
            credential = SnmpCredential(SnmpVersion.V3, user="u", auth="SHA1", auth_key="canary auth key")
            with pytest.raises(Timeout):
                await client.get(SnmpTarget(agent.host, agent.port, credential, timeout_s=0.2, retries=0), OIDS)
            assert agent.requests == [], "nothing that a v2c agent could read was sent"

    asyncio.run(play())


@pytest.mark.real
def test_fault_20_an_answer_signed_by_another_key_is_refused_before_it_is_decrypted(snmpd: Snmpd) -> None:
    async def play() -> None:
        async with open_client() as client:
            question = snmpd.target_v3()
            await client.get(question, OIDS)
            engine = client.engines[(snmpd.host, snmpd.port)]
            keys = engine.keys_of(question.credential)
            sent = take_apart(seal(engine, keys, b"\x01\x02\x03\x04", scoped_pdu(engine.engine_id, b""), 0.0))
            forged = sent._replace(digest=bytes(24), flags=3)
            with pytest.raises(AuthFailed, match="not signed"):
                judge(Call(client._wire, question), engine, keys, forged)
            assert client.stats.malformed == 1

    asyncio.run(play())
