"""The client against a real snmpd, and against three other engines that read the same values."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import replace

import pytest
from gufo.snmp import SnmpVersion as GufoVersion
from gufo.snmp.aio import SnmpSession
from gufo.snmp.user import Aes128Key, Aes256Key, Sha1Key, Sha256Key, Sha512Key, User

from collectors.base import SnmpCredential, SnmpTarget, SnmpVersion, ValueKind, VarBind
from collectors.snmp import open_client, prepare
from tests.conftest import unavailable
from tests.fakes.snmpd import AUTH_KEY, AUTHS, BINARY, COMMUNITY, PRIV_KEY, PRIVS, Snmpd

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # pysnmp uses old names of pysmi
    from pysnmp.hlapi.v1arch.asyncio import (
        CommunityData,
        ObjectIdentity,
        ObjectType,
        SnmpDispatcher,
        UdpTransportTarget,
        get_cmd,
    )

SYS_NAME = "1.3.6.1.2.1.1.5.0"
STEADY = ("1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", SYS_NAME, "1.3.6.1.2.1.1.6.0", "1.3.6.1.2.1.2.2.1.2.1")
LEVELS = [(None, None), *((auth, priv) for auth in AUTHS for priv in (None, *PRIVS))]


pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def snmpd() -> Iterator[Snmpd]:
    if BINARY is None:
        unavailable("not installed: snmpd (make system-packages)")
    with Snmpd() as agent:
        yield agent


def ask(target: SnmpTarget, oids: tuple[str, ...]) -> dict[str, VarBind]:
    async def play() -> dict[str, VarBind]:
        async with open_client() as client:
            return await client.get(target, oids)

    return asyncio.run(play())


@pytest.mark.parametrize(("auth", "priv"), LEVELS, ids=lambda name: name or "none")
def test_a_real_snmpd_is_read_at_every_security_level(snmpd: Snmpd, auth: str | None, priv: str | None) -> None:
    verdicts = ask(snmpd.target_v3(auth, priv), STEADY)
    assert verdicts[SYS_NAME].value == b"fake-snmpd"
    assert verdicts == ask(snmpd.target(), STEADY)


@pytest.mark.parametrize("version", [SnmpVersion.V1, SnmpVersion.V2C])
def test_a_real_snmpd_is_walked_to_the_end_as_snmpwalk_walks_it(snmpd: Snmpd, version: SnmpVersion) -> None:
    if shutil.which("snmpbulkwalk") is None:
        unavailable("not installed: snmpbulkwalk (make system-packages)")
    root = "1.3.6.1.2.1.1.9"
    command = ["snmpbulkwalk", "-v2c", "-c", COMMUNITY, "-On", "-Oq", f"{snmpd.host}:{snmpd.port}", root]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True, env={"MIBS": "", "PATH": "/usr/bin"})

    async def play() -> list[str]:
        async with open_client() as client:
            credential = SnmpCredential(version, community=COMMUNITY)
            walk = await client.walk(SnmpTarget(snmpd.host, snmpd.port, credential), root)
            assert walk.stopped is None
            return [row.oid for row in walk.rows]

    lines = [line for line in theirs.stdout.splitlines() if line.startswith(".1.")]
    assert asyncio.run(play()) == [line.split(" ")[0].strip(".") for line in lines]


def test_gufo_reads_the_same_values_over_v2c(snmpd: Snmpd) -> None:
    async def play() -> dict[str, object]:
        async with SnmpSession(
            snmpd.host, snmpd.port, community=COMMUNITY, version=GufoVersion.v2c, timeout=2.0
        ) as session:
            return dict(await session.get_many(list(STEADY)))

    assert {oid: row.value for oid, row in ask(snmpd.target(), STEADY).items()} == asyncio.run(play())


@pytest.mark.parametrize(
    ("auth", "key"), [("SHA1", Sha1Key), ("SHA256", Sha256Key), ("SHA512", Sha512Key)], ids=["SHA1", "SHA256", "SHA512"]
)
@pytest.mark.parametrize(("priv", "cipher"), [("AES128", Aes128Key), ("AES256", Aes256Key)], ids=["AES128", "AES256"])
def test_gufo_reads_the_same_values_over_v3(
    snmpd: Snmpd, auth: str, key: type[Sha1Key], priv: str, cipher: type[Aes128Key]
) -> None:
    target = snmpd.target_v3(auth, priv)
    user = User(target.credential.user, auth_key=key(AUTH_KEY.encode()), priv_key=cipher(PRIV_KEY.encode()))

    async def play() -> dict[str, object]:
        async with SnmpSession(snmpd.host, snmpd.port, user=user, timeout=2.0) as session:
            return dict(await session.get_many(list(STEADY)))

    assert {oid: row.value for oid, row in ask(target, STEADY).items()} == asyncio.run(play())


@pytest.mark.filterwarnings("ignore:.* is deprecated. Please use:DeprecationWarning")
def test_pysnmp_reads_the_same_values(snmpd: Snmpd) -> None:
    async def play() -> dict[str, str]:
        with SnmpDispatcher() as dispatcher:
            target = await UdpTransportTarget.create((snmpd.host, snmpd.port), timeout=2, retries=0)
            names = [ObjectType(ObjectIdentity(oid)) for oid in STEADY]
            error, status, _, rows = await get_cmd(dispatcher, CommunityData(COMMUNITY), target, *names)
            assert not error
            assert not status
            return {str(name): value.prettyPrint() for name, value in rows}

    theirs = asyncio.run(play())
    for oid, row in ask(snmpd.target(), STEADY).items():
        ours = row.value.decode() if isinstance(row.value, bytes) else str(row.value)
        assert ours == theirs[oid]


def test_thirty_questions_at_once_are_answered_over_one_socket(snmpd: Snmpd) -> None:
    async def play() -> None:
        async with open_client() as client:
            prepared = prepare(STEADY)
            kinds = [snmpd.target(), snmpd.target_v3("SHA1", "AES128"), snmpd.target_v3("SHA512", "AES256")]
            targets = [replace(target, timeout_s=20.0, deadline_s=60.0) for target in kinds * 10]  # slow is not lost
            answers = await asyncio.gather(*(client.get_values(target, prepared) for target in targets))
            assert {tuple(map(str, answer.values)) for answer in answers} == {tuple(map(str, answers[0].values))}
            assert [answer.lost for answer in answers] == [0] * len(answers)
            assert min(answer.rtt_s or 0.0 for answer in answers) > 0

    asyncio.run(play())


def test_an_object_that_is_not_there_is_told_from_one_that_is(snmpd: Snmpd) -> None:
    verdicts = ask(snmpd.target_v3(), (SYS_NAME, "1.3.6.1.4.1.99999.1.0"))
    assert verdicts[SYS_NAME].kind is ValueKind.OCTETS
    assert verdicts["1.3.6.1.4.1.99999.1.0"].kind in (ValueKind.NO_SUCH_OBJECT, ValueKind.NO_SUCH_INSTANCE)
