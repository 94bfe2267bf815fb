"""Rows 1 to 12 and 19 to 22 of the fault catalogue: hostile or broken SNMP agents."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import pytest

from collectors import snmp_guard
from collectors.base import SnmpCredential, SnmpTarget, SnmpVersion, ValueKind, Walk
from collectors.snmp import CheckedClient, open_client
from collectors.snmp_ber import decode_pdu, open_community, open_message
from nms.base.errors import BadAnswer, DeviceError, Timeout, WalkAbandoned
from tests.fakes import agent as fake
from tests.fakes.agent import SYSTEM, FakeAgent, Raw, Script, element, integer

T = TypeVar("T")
NAME = "1.3.6.1.2.1.1.5.0"
UPTIME = "1.3.6.1.2.1.1.3.0"
TABLE = "1.3.6.1.2.1.2.2.1.2"


def target(agent: FakeAgent, version: SnmpVersion = SnmpVersion.V2C, **patience: float) -> SnmpTarget:
    credential = SnmpCredential(version, community=agent.community.decode())
    patience = {"timeout_s": 0.2, "deadline_s": 2.0, **patience}
    retries = int(patience.pop("retries", 0))
    return SnmpTarget(agent.host, agent.port, credential, retries=retries, **patience)


def against(
    script: Script,
    ask: Callable[[CheckedClient, FakeAgent], Awaitable[T]],
    objects: dict[str, Raw] | None = None,
) -> T:
    """Run a question against an agent with this script."""

    async def play() -> T:
        async with FakeAgent(objects or SYSTEM, script=script) as agent, open_client() as client:
            return await ask(client, agent)

    return asyncio.run(play())


def answer_with(*rows: tuple[str, Raw]) -> bytes:
    """A whole v2c answer, without its id being anybody's."""
    return fake.Reply(1, b"c", 0x01020304, 0, 0, tuple((fake.arcs(oid), value) for oid, value in rows)).encode()


def decode(datagram: bytes) -> object:
    """The guarded path that every datagram takes."""
    snmp_guard.check(datagram)
    _, pos = open_message(datagram)
    _, pos = open_community(datagram, pos)
    return decode_pdu(datagram, pos, len(datagram))


# ---- rows 1 and 2 --------------------------------------------------------------------------------------------------


def bombard(cases: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(cases):
        datagram = chance.randbytes(chance.choice((0, 1, 2, 7, 40, 200, 1400, 8192)))
        try:
            decode(datagram)
        except BadAnswer:
            continue


def test_fault_01_random_bytes_are_bad_answers_and_never_a_traceback() -> None:
    bombard(3_000, seed=1)


@pytest.mark.slow
def test_fault_01_a_hundred_thousand_random_datagrams_are_bad_answers() -> None:
    bombard(100_000, seed=2)


def test_fault_01_random_bytes_as_answers_are_counted_and_named() -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        agent.script = fake.garbage(os.urandom(512).replace(b"\x30", b"\x31"))
        with pytest.raises(BadAnswer) as caught:
            await client.get(target(agent), [NAME])
        assert caught.value.code == "snmp_undecodable"
        assert client.stats.malformed == 1
        agent.script = Script()
        assert (await client.get(target(agent), [NAME]))[NAME].value == b"fake-1"

    against(Script(), ask)


def mutations(datagram: bytes, chance: random.Random, cases: int) -> Iterator[bytes]:
    for _ in range(cases):
        mutant = bytearray(datagram)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(mutant))
            mutant[place] = chance.choice((0, 0x7F, 0x80, 0xFF, 0x84, 0x30, 0x06, chance.randrange(256)))
        if chance.random() < 0.3:
            del mutant[chance.randrange(len(mutant)) :]
        yield bytes(mutant)


def seconds_of(datagram: bytes) -> float:
    begun = time.thread_time()
    with contextlib.suppress(BadAnswer):
        decode(datagram)
    return time.thread_time() - begun


def mutate(cases: int, seed: int) -> None:
    whole = answer_with(*SYSTEM.items(), ("1.3.6.1.2.1.2.2.1.10.1", fake.counter64(2**63)))
    for mutant in mutations(whole, random.Random(seed), cases):
        assert seconds_of(mutant) < 0.05 or min(seconds_of(mutant) for _ in range(3)) < 0.05, mutant.hex()


def test_fault_02_mutated_answers_are_decoded_or_refused_in_under_50_ms() -> None:
    mutate(3_000, seed=3)


@pytest.mark.slow
def test_fault_02_two_hundred_thousand_mutated_answers_are_decoded_or_refused() -> None:
    mutate(200_000, seed=4)


def besiege(cases: int, seed: int) -> None:
    """Ask an agent whose answers are mutants: every outcome is an answer or a `DeviceError`, and it ends in time."""
    chance = random.Random(seed)
    script = Script(datagram=lambda request, answer: next(mutations(answer, chance, 1)))

    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        question = target(agent, timeout_s=0.02, deadline_s=0.1)
        for _ in range(cases):
            with contextlib.suppress(DeviceError):
                verdicts = await client.get(question, list(SYSTEM))
                assert list(verdicts) == list(SYSTEM)
            with contextlib.suppress(DeviceError):
                walk = await client.walk(question, "1.3.6.1.2.1.1", row_cap=50)
                assert len(walk.rows) <= 50
        agent.script = Script()
        assert (await client.get(target(agent), [NAME]))[NAME].value == b"fake-1"

    against(script, ask)


def test_fault_02_a_client_besieged_by_mutants_gets_answers_or_device_errors() -> None:
    besiege(100, seed=5)


@pytest.mark.slow
def test_fault_02_a_client_besieged_by_mutants_for_long_gets_answers_or_device_errors() -> None:
    besiege(2_000, seed=6)


@pytest.mark.parametrize(
    "datagram",
    [
        b"\x30\x80\x02\x01\x01\x00\x00",
        b"\x30\x84\xff\xff\xff\xff\x02\x01\x01",
        b"\x30\x88" + b"\xff" * 8,
        (b"\x30\x82\x1f\xf0" * 2000)[:8192],
        b"\x1f\x81\x01\x00",
        b"",
        b"\x30",
        b"\x30\x00",
    ],
    ids=["indefinite", "4 GiB", "8 length bytes", "nested", "long tag", "nothing", "half a header", "empty"],
)
def test_fault_02_bad_structure_is_a_bad_answer(datagram: bytes) -> None:
    begun = time.thread_time()
    with pytest.raises(BadAnswer):
        decode(datagram)
    assert time.thread_time() - begun < 0.05


def test_fault_02_nesting_of_two_thousand_levels_is_refused_without_recursion() -> None:
    datagram = b""
    while len(datagram) < 8_000:
        datagram = element(0x30, datagram)
    with pytest.raises(BadAnswer, match="nested deeper"):
        snmp_guard.check(datagram)


# ---- rows 3 to 5 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arcs", [129, 1_000, 60_000])
def test_fault_03_an_oid_bomb_is_refused_before_the_decoder_in_under_a_millisecond(arcs: int) -> None:
    bomb = element(0x30, element(0x06, b"\x2b" + b"\x01" * (arcs - 2)))
    best_s = 1.0
    for _ in range(5):
        begun = time.thread_time()
        with pytest.raises(BadAnswer):
            snmp_guard.check(bomb)
        best_s = min(best_s, time.thread_time() - begun)
    assert best_s < 0.001


def test_fault_03_an_oid_bomb_as_a_value_spoils_only_itself() -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        agent.set(NAME, Raw(0x06, b"\x2b" + b"\x01" * 4_000))
        verdicts = await client.get(target(agent), [UPTIME, NAME])
        assert verdicts[UPTIME].value == 123_456
        assert verdicts[NAME].kind is ValueKind.BAD
        assert "128 arcs" in verdicts[NAME].reason

    against(Script(), ask)


def test_fault_03_many_long_oids_within_the_limit_are_decoded_quickly() -> None:
    rows = [(f"1.3.6.1.4.1.{at}." + ".".join(["1"] * 110), integer(1)) for at in range(60)]
    datagram = answer_with(*rows)
    assert len(datagram) <= snmp_guard.MAX_DATAGRAM_OCTETS
    begun = time.thread_time()
    decode(datagram)
    assert time.thread_time() - begun < 0.05


def test_fault_04_an_answer_over_8_kib_is_refused_and_asked_again_by_halves() -> None:
    objects = {f"1.3.6.1.4.1.1.{at}.0": fake.octets(b"x" * 3_000) for at in range(1, 5)}

    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        oids = list(objects)
        first = await client.get(target(agent), oids)
        assert [len(row.value) for row in first.values() if isinstance(row.value, bytes)] == [3_000] * 4
        assert len(agent.requests) == 3
        assert client.stats.malformed == 1
        await client.get(target(agent), oids)
        assert len(agent.requests) == 5, "the next poll asks by halves at once"

    against(Script(), ask, objects)


def test_fault_04_a_single_value_over_8_kib_is_a_bad_answer_that_tells_the_remedy() -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        with pytest.raises(BadAnswer, match="lower max-repetitions"):
            await client.get(target(agent), [NAME])

    against(Script(), ask, {NAME: fake.octets(b"x" * 60_000)})


def test_fault_04_a_walk_lowers_its_repetitions_and_ends_complete() -> None:
    objects = {f"{TABLE}.{at}": fake.octets(b"y" * 1_500) for at in range(1, 31)}

    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        walk = await client.walk(target(agent), TABLE, bulk=20)
        assert walk.stopped is None
        assert len(walk.rows) == 30

    against(Script(), ask, objects)


ODD_VALUES = {
    "9-byte Counter64": (Raw(0x46, b"\x01" + b"\x00" * 8), "beyond 64 bits"),
    "10-byte Counter64": (Raw(0x46, b"\x01" * 10), "10 bytes"),
    "3-byte IpAddress": (Raw(0x40, b"\x0a\x00\x01"), "3 bytes"),
    "negative Gauge": (Raw(0x42, b"\xff"), "negative"),
    "negative 4-byte Counter": (Raw(0x41, b"\xff\xff\xff\xff"), "negative"),
    "unknown application tag": (Raw(0x4A, b"\x01"), "unknown type"),
    "empty integer": (Raw(0x02, b""), "0 bytes"),
    "INTEGER beyond 32 bits": (Raw(0x02, b"\x01\x00\x00\x00\x00"), "beyond 32 bits"),
    "NULL with content": (Raw(0x05, b"\x00"), "with content"),
    "OID cut off": (Raw(0x06, b"\x2b\x86"), "cut off"),
    "empty OID": (Raw(0x06, b""), "empty"),
}


@pytest.mark.parametrize("odd", ODD_VALUES, ids=list(ODD_VALUES))
@pytest.mark.parametrize("version", [SnmpVersion.V1, SnmpVersion.V2C])
def test_fault_05_an_odd_value_is_bad_and_its_neighbours_stand(odd: str, version: SnmpVersion) -> None:
    value, reason = ODD_VALUES[odd]

    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        agent.set(NAME, value)
        verdicts = await client.get(target(agent, version), ["1.3.6.1.2.1.1.1.0", NAME, UPTIME])
        assert verdicts[NAME].kind is ValueKind.BAD
        assert verdicts[NAME].value is None
        assert reason in verdicts[NAME].reason
        assert verdicts["1.3.6.1.2.1.1.1.0"].value == b"A fake agent"
        assert verdicts[UPTIME].value == 123_456

    against(Script(), ask)


def test_fault_05_a_string_where_a_number_is_expected_keeps_its_type() -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        oid = "1.3.6.1.2.1.2.2.1.8.1"
        agent.set(oid, fake.octets("up"))
        verdict = (await client.get(target(agent), [oid]))[oid]
        assert (verdict.kind, verdict.value) == (ValueKind.OCTETS, b"up")

    against(Script(), ask)


def test_fault_05_a_float_in_an_opaque_stays_opaque() -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        agent.set(NAME, Raw(0x44, bytes.fromhex("9f780441480000")))
        verdict = (await client.get(target(agent), [NAME]))[NAME]
        assert (verdict.kind, verdict.value) == (ValueKind.OPAQUE, bytes.fromhex("9f780441480000"))

    against(Script(), ask)


# ---- rows 7 to 12 --------------------------------------------------------------------------------------------------


def walk_of(
    script: Script, version: SnmpVersion = SnmpVersion.V2C, bulk: int = 20, **patience: float
) -> tuple[Walk, int]:
    async def ask(client: CheckedClient, agent: FakeAgent) -> tuple[Walk, int]:
        walk = await client.walk(target(agent, version, **patience), TABLE, row_cap=200, bulk=bulk)
        return walk, len(agent.requests)

    return against(script, ask)


@pytest.mark.parametrize("version", [SnmpVersion.V1, SnmpVersion.V2C])
def test_fault_07_the_same_oid_for_ever_ends_the_walk_after_one_repeat(version: SnmpVersion) -> None:
    walk, packets = walk_of(fake.repeating(f"{TABLE}.1"), version, bulk=1)
    assert isinstance(walk.stopped, WalkAbandoned)
    assert "OID did not rise" in str(walk.stopped)
    assert (len(walk.rows), packets) == (1, 2)


def test_fault_07_the_same_oid_within_one_bulk_answer_ends_the_walk_at_once() -> None:
    walk, packets = walk_of(fake.repeating(f"{TABLE}.1"))
    assert isinstance(walk.stopped, WalkAbandoned)
    assert (len(walk.rows), packets) == (1, 1)


@pytest.mark.parametrize("bulk", [1, 20])
def test_fault_08_a_cycle_ends_the_walk_at_the_first_fall(bulk: int) -> None:
    walk, packets = walk_of(fake.cycling(f"{TABLE}.1", f"{TABLE}.2", f"{TABLE}.3"), bulk=bulk)
    assert isinstance(walk.stopped, WalkAbandoned)
    assert [row.oid for row in walk.rows] == [f"{TABLE}.1", f"{TABLE}.2", f"{TABLE}.3"]
    assert packets == (4 if bulk == 1 else 1)


def test_fault_09_an_endless_table_stops_at_the_row_cap_and_is_not_complete() -> None:
    walk, packets = walk_of(fake.endless(TABLE))
    assert isinstance(walk.stopped, WalkAbandoned)
    assert walk.stopped.code == "snmp_row_cap"
    assert len(walk.rows) == 200
    assert packets <= 11


def test_fault_10_an_empty_list_of_values_is_a_bad_answer_without_a_retry() -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        for question in (client.get(target(agent, retries=3), [NAME]), client.walk(target(agent, retries=3), TABLE)):
            before = len(agent.requests)
            with pytest.raises(BadAnswer):
                await question
            assert len(agent.requests) == before + 1

    against(fake.empty_answer(), ask)


@pytest.mark.parametrize("keep", [1, 3], ids=["fewer", "more"])
def test_fault_10_fewer_or_more_values_than_asked_are_a_bad_answer(keep: int) -> None:
    script = Script(reply=lambda request, reply: replace(reply, rows=(reply.rows * 2)[:keep]))

    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        with pytest.raises(BadAnswer, match=rf"answered {keep} value"):
            await client.get(target(agent, retries=3), [NAME, UPTIME])
        assert len(agent.requests) == 1

    against(script, ask)


def test_fault_10_an_answer_that_names_another_object_is_bad_for_that_one() -> None:
    def rename(request: fake.Request, reply: fake.Reply) -> fake.Reply:
        return replace(reply, rows=((fake.arcs("1.3.6.1.2.1.1.6.0"), reply.rows[0][1]), *reply.rows[1:]))

    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        verdicts = await client.get(target(agent), [NAME, UPTIME])
        assert verdicts[NAME].kind is ValueKind.BAD
        assert verdicts[UPTIME].value == 123_456

    against(Script(reply=rename), ask)


def test_fault_11_silence_after_the_first_answer_is_a_timeout_within_the_deadline() -> None:
    script = fake.endless(TABLE)
    script.drop = lambda serial: serial > 1
    begun = time.monotonic()
    walk, packets = walk_of(script, timeout_s=0.1, retries=2)
    assert isinstance(walk.stopped, Timeout)
    assert len(walk.rows) == 20
    assert packets == 4, "one answered, one question in three tries, and no more"
    assert time.monotonic() - begun < 1.0


def test_fault_12_a_slow_drip_ends_at_the_overall_deadline() -> None:
    script = fake.endless(TABLE)
    script.delay_s = 0.08
    begun = time.monotonic()
    walk, _ = walk_of(script, bulk=1, timeout_s=0.1, deadline_s=0.5)
    elapsed_s = time.monotonic() - begun
    assert isinstance(walk.stopped, Timeout)
    assert walk.stopped.code == "snmp_deadline"
    assert 2 <= len(walk.rows) <= 6
    assert elapsed_s < 0.7


# ---- row 19 --------------------------------------------------------------------------------------------------------


def test_fault_19_an_answer_from_another_address_is_ignored_and_counted() -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        with pytest.raises(Timeout, match="another address"):
            await client.get(target(agent), [NAME])
        assert client.stats.stray == 1

    against(Script(wrong_source=True), ask)


def test_fault_19_an_answer_with_a_foreign_request_id_is_ignored_and_counted() -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        with pytest.raises(Timeout, match="another request-id"):
            await client.get(target(agent), [NAME])
        assert client.stats.stray == 1

    against(fake.wrong_request_id(), ask)


def test_fault_19_a_duplicate_is_counted_and_harms_nothing() -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        for _ in range(3):
            assert (await client.get(target(agent), [NAME]))[NAME].value == b"fake-1"
        await asyncio.sleep(0.05)
        assert client.stats.stray == 3

    against(Script(duplicate=True), ask)


def test_fault_19_a_late_answer_of_the_previous_poll_is_not_taken_for_this_one() -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        with pytest.raises(Timeout):
            await client.get(target(agent, timeout_s=0.1), [NAME])
        agent.script = Script()
        agent.set(NAME, fake.octets("renamed"))
        await asyncio.sleep(0.15)
        assert (await client.get(target(agent), [NAME]))[NAME].value == b"renamed"
        assert client.stats.stray == 1

    against(Script(delay_s=0.2), ask)


# ---- rows 21 and 22 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [SnmpVersion.V1, SnmpVersion.V2C])
def test_fault_21_a_missing_object_leaves_the_others(version: SnmpVersion) -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        verdicts = await client.get(target(agent, version), [NAME, "1.3.6.1.4.1.9.9", UPTIME])
        assert verdicts["1.3.6.1.4.1.9.9"].kind in (ValueKind.NO_SUCH_INSTANCE, ValueKind.NO_SUCH_OBJECT)
        assert verdicts["1.3.6.1.4.1.9.9"].value is None
        assert verdicts[NAME].value == b"fake-1"
        assert verdicts[UPTIME].value == 123_456

    against(Script(), ask)


@pytest.mark.parametrize("version", [SnmpVersion.V1, SnmpVersion.V2C])
def test_fault_21_gen_err_names_one_object_and_leaves_the_others(version: SnmpVersion) -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        verdicts = await client.get(target(agent, version), [NAME, "1.3.6.1.2.1.1.4.0", UPTIME])
        assert verdicts["1.3.6.1.2.1.1.4.0"].kind is ValueKind.BAD
        assert "genErr" in verdicts["1.3.6.1.2.1.1.4.0"].reason
        assert verdicts[UPTIME].value == 123_456
        assert len(agent.requests) == 2

    against(Script(gen_err_at=fake.arcs("1.3.6.1.2.1.1.4.0")), ask)


def test_fault_21_too_big_halves_the_request_and_the_next_poll_remembers() -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        verdicts = await client.get(target(agent), list(SYSTEM))
        assert all(row.value is not None for row in verdicts.values())
        assert len(agent.requests) == 3
        await client.get(target(agent), list(SYSTEM))
        assert len(agent.requests) == 5

    against(Script(too_big_above=3), ask)


def test_fault_21_too_big_for_a_single_object_is_its_own_verdict() -> None:
    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        verdicts = await client.get(target(agent), [NAME, UPTIME])
        assert {row.kind for row in verdicts.values()} == {ValueKind.BAD}
        assert "tooBig" in verdicts[NAME].reason

    against(Script(too_big_above=0), ask)


def test_fault_22_hostile_text_arrives_as_the_bytes_it_was() -> None:
    text = b"\x00\xff\xfe\x1b[2J\r\nfake log line\xe2\x80\xae<script>" + b"A" * 4_000

    async def ask(client: CheckedClient, agent: FakeAgent) -> None:
        verdict = (await client.get(target(agent), [NAME]))[NAME]
        assert (verdict.kind, verdict.value) == (ValueKind.OCTETS, text)

    against(Script(), ask, {NAME: fake.octets(text)})
