"""What the client promises beside the fault rows: IPv6, parts, limits that are learnt, statistics, many loops."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import replace

import pytest

from collectors.base import SnmpClient, SnmpCredential, SnmpTarget, SnmpVersion, ValueKind
from collectors.snmp import CheckedClient, Limits, open_client, prepare
from nms.base.errors import AuthFailed, DeviceError, Timeout, Unreachable
from tests.conftest import unavailable
from tests.fakes import agent as fake
from tests.fakes.agent import SYSTEM, FakeAgent, Script, ThreadedAgent

NAME = "1.3.6.1.2.1.1.5.0"


def target(agent: FakeAgent) -> SnmpTarget:
    credential = SnmpCredential(SnmpVersion.V2C, community=agent.community.decode())
    return SnmpTarget(agent.host, agent.port, credential, timeout_s=0.3, retries=1, deadline_s=2.0)


def test_an_agent_in_a_thread_is_asked_from_another_loop_each_time() -> None:
    async def ask(agent: FakeAgent) -> object:
        async with open_client() as client:
            checked: SnmpClient = client
            return (await checked.get(target(agent), [NAME]))[NAME].value

    with ThreadedAgent(FakeAgent(SYSTEM)) as agent:
        assert [asyncio.run(ask(agent)) for _ in range(3)] == [b"fake-1"] * 3


def test_a_device_is_asked_over_ipv6_in_any_spelling_of_its_address() -> None:
    async def play() -> None:
        async with FakeAgent(SYSTEM, host="::1") as agent, open_client() as client:
            question = replace(target(agent), host="0:0:0:0:0:0:0:1")
            assert (await client.get(question, [NAME]))[NAME].value == b"fake-1"

    if not socket.has_ipv6:
        unavailable("no IPv6 on this machine")
    asyncio.run(play())


def test_many_objects_are_asked_in_parts_and_come_back_in_order() -> None:
    objects = {f"1.3.6.1.4.1.1.{at}.0": fake.integer(at) for at in range(150)}

    async def play() -> None:
        async with FakeAgent(objects) as agent, open_client() as client:
            answer = await client.get_values(target(agent), prepare(tuple(objects)))
            assert answer.values == list(range(150))
            assert (answer.sent, answer.lost, len(agent.requests)) == (3, 0, 3)

    asyncio.run(play())


def test_a_lost_question_is_repeated_and_counted() -> None:
    async def play() -> None:
        async with FakeAgent(SYSTEM, script=Script(drop=lambda serial: serial == 1)) as agent, open_client() as client:
            answer = await client.get_values(target(agent), prepare((NAME,)))
            assert (answer.values, answer.sent, answer.lost) == ([b"fake-1"], 2, 1)
            assert answer.rtt_s is not None
            assert 0 < answer.rtt_s < 0.3
            stats = client.stats
            assert (stats.requests, stats.retries, stats.timeouts) == (2, 1, 0)

    asyncio.run(play())


def test_silence_tells_how_many_requests_were_lost() -> None:
    async def play() -> None:
        async with FakeAgent(SYSTEM, script=Script(drop=lambda serial: True)) as agent, open_client() as client:
            with pytest.raises(Timeout) as caught:
                await client.get(target(agent), [NAME])
            assert (caught.value.facts["sent"], caught.value.facts["lost"]) == (2, 2)
            assert "canary" not in str(caught.value)

    asyncio.run(play())


@pytest.mark.parametrize("host", ["router.example.org", "10.0.0", "::g", ""])
def test_a_name_is_not_looked_up_here(host: str) -> None:
    async def play() -> None:
        async with open_client() as client:
            credential = SnmpCredential(SnmpVersion.V2C, community="canary")
            with pytest.raises(Unreachable, match="is not an IP address"):
                await client.get(SnmpTarget(host, 161, credential), [NAME])

    asyncio.run(play())


def test_a_credential_without_a_community_opens_nothing() -> None:
    async def play() -> None:
        async with FakeAgent(SYSTEM, community=b"") as agent, open_client() as client:
            with pytest.raises(AuthFailed, match="no community"):
                await client.get(target(agent), [NAME])
            assert agent.requests == []

    asyncio.run(play())


def test_an_empty_subtree_is_complete_and_a_foreign_row_ends_the_walk() -> None:
    async def play() -> None:
        async with FakeAgent(SYSTEM) as agent, open_client() as client:
            for version in (SnmpVersion.V1, SnmpVersion.V2C):
                credential = replace(target(agent).credential, version=version)
                walk = await client.walk(replace(target(agent), credential=credential), "1.3.6.1.2.1.1.4")
                assert [row.value for row in walk.rows] == [b"noc@example.org"]
                beyond = await client.walk(replace(target(agent), credential=credential), "1.3.6.1.9")
                assert (beyond.rows, beyond.stopped) == ((), None)

    asyncio.run(play())


def test_an_odd_value_in_a_table_is_a_row_of_its_own() -> None:
    table = "1.3.6.1.2.1.2.2.1.10"
    objects = {f"{table}.{at}": fake.counter32(at) for at in range(1, 5)} | {f"{table}.3": fake.Raw(0x41, b"\xff" * 9)}

    async def play() -> None:
        async with FakeAgent(objects) as agent, open_client() as client:
            walk = await client.walk(target(agent), table)
            assert [row.kind for row in walk.rows] == [
                ValueKind.COUNTER32, ValueKind.COUNTER32, ValueKind.BAD, ValueKind.COUNTER32,
            ]  # fmt: skip

    asyncio.run(play())


def test_a_bulk_that_fails_is_followed_by_single_steps() -> None:
    def refuse(request: fake.Request, reply: fake.Reply) -> fake.Reply:
        return replace(reply, error=fake.GEN_ERR, index=1) if request.kind == fake.GETBULK else reply

    async def play() -> None:
        async with FakeAgent(SYSTEM, script=Script(reply=refuse)) as agent, open_client() as client:
            walk = await client.walk(target(agent), "1.3.6.1.2.1.1")
            assert (len(walk.rows), walk.stopped) == (len(SYSTEM), None)

    asyncio.run(play())


def test_a_silent_device_does_not_hold_up_the_others() -> None:
    async def play() -> None:
        silent = Script(drop=lambda serial: True)
        async with FakeAgent(SYSTEM) as good, FakeAgent(SYSTEM, script=silent) as bad, open_client() as client:
            loop = asyncio.get_running_loop()
            hopeless = asyncio.gather(*(_outcome(client, target(bad)) for _ in range(30)))
            begun_s = loop.time()
            assert set(await asyncio.gather(*(_outcome(client, target(good)) for _ in range(100)))) == {"answered"}
            assert loop.time() - begun_s < 0.3
            assert set(await hopeless) == {"snmp_timeout"}

    asyncio.run(play())


async def _outcome(client: CheckedClient, question: SnmpTarget) -> str:
    try:
        await client.get_values(question, prepare((NAME,)))
    except DeviceError as error:
        return error.code
    return "answered"


def test_a_learnt_limit_is_doubled_after_a_while_and_at_last_forgotten() -> None:
    limits = Limits()
    here = ("192.0.2.1", 161)
    limits.lower(here, 8)
    assert {limits.at(here, 29) for _ in range(Limits.PATIENCE - 1)} == {8}
    assert limits.at(here, 29) == 16
    for _ in range(Limits.PATIENCE):
        limits.at(here, 29)
    assert limits.at(here, 29) == 29
    assert not limits


def test_a_busy_poller_is_no_slow_device() -> None:
    """The round trip ends when the kernel took the answer in, however late we come to read it."""

    async def ask(agent: FakeAgent) -> float | None:
        async with open_client() as client:
            patient = replace(target(agent), timeout_s=5.0, deadline_s=6.0)
            asked = asyncio.create_task(client.get_values(patient, prepare((NAME,))))
            await asyncio.sleep(0)
            time.sleep(0.5)  # the loop is busy with something else while the answer lies there
            return (await asked).rtt_s

    with ThreadedAgent(FakeAgent(SYSTEM)) as agent:
        rtt_s = asyncio.run(ask(agent))
    assert rtt_s is not None
    assert rtt_s < 0.4
