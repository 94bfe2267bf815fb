"""A sweep asks every address once, describes what answers, keeps it as it comes, and can be stopped."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack
from dataclasses import replace
from ipaddress import ip_network

import pytest

from collectors.base import SnmpCredential, SnmpTarget, SnmpVersion, VarBind
from collectors.snmp import CheckedClient
from inventory.found import Found, recall
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import Conflict, ForbiddenTarget, InputError
from nms.ops.discovery import Desk, Progress, Sweep, addresses, read_networks
from tests.fakes.agent import SYSTEM, FakeAgent, octets
from tests.fakes.snmpd import COMMUNITY

GOOD = SnmpCredential(SnmpVersion.V2C, community=COMMUNITY, name="good")
BAD = SnmpCredential(SnmpVersion.V2C, community="another", name="bad")
NETWORK = ip_network("127.7.0.0/29")


async def swept(*agents: tuple[str, str], credentials: tuple[SnmpCredential, ...]) -> tuple[list[Found], list[bool]]:
    """What a sweep of the /29 finds among agents (address, sysName) that all listen on one port."""
    found: list[Found] = []
    asked: list[bool] = []
    async with AsyncExitStack() as stack:
        port = 0
        for host, name in agents:
            served = SYSTEM | {
                "1.3.6.1.2.1.1.5.0": octets(name),
                "1.3.6.1.6.3.10.2.1.1.0": octets(b"\x80\x00\x1f\x88" + name.encode()),
            }
            agent = await stack.enter_async_context(
                FakeAgent(served, host=host, port=port, community=COMMUNITY.encode())
            )
            port = agent.port
        client = CheckedClient()
        await Sweep((NETWORK,), credentials, port, on_found=found.append, on_asked=asked.append).run(client)
        client.close()
    return found, asked


def test_every_address_is_asked_once_and_what_answers_is_described() -> None:
    """Two of six answer; the second credential opens both."""
    found, asked = asyncio.run(swept(("127.7.0.2", "r1"), ("127.7.0.5", "r2"), credentials=(BAD, GOOD)))
    assert len(asked) == 6
    assert [(f.sys_name, f.credential, f.family) for f in sorted(found, key=lambda f: f.address)] == [
        ("r1", "good", "net_snmp"),
        ("r2", "good", "net_snmp"),
    ]
    assert {f.address.partition(":")[0] for f in found} == {"127.7.0.2", "127.7.0.5"}
    assert len({f.identity for f in found}) == 2


def test_networks_are_read_strictly() -> None:
    """What is no network, too large, or outside of what may be contacted is refused before a packet leaves."""
    allowed = (ip_network("10.0.0.0/16"),)
    assert read_networks(["10.0.3.7/24"], allowed) == (ip_network("10.0.3.0/24"),)
    for text, error, sentence in (
        ("10.0.0.0/33", InputError, "is not a network"),
        ("$(id)", InputError, "is not a network"),
        ("10.0.0.0/8", InputError, "too many"),
        ("2001:db8::/64", InputError, "too many"),
        ("10.1.0.0/24", ForbiddenTarget, "management network"),
        ("127.0.0.0/24", ForbiddenTarget, "management network"),
    ):
        with pytest.raises(error, match=sentence):
            read_networks([text], allowed)
    with pytest.raises(InputError, match="at least one"):
        read_networks([], allowed)


@pytest.mark.parametrize(
    "text", ["127.0.0.0/24", "::1", "::ffff:127.0.0.0/120", "::ffff:192.0.2.0/120", "fe80::/112", "169.254.0.0/24"]
)
def test_fault_53_a_wide_network_opens_neither_this_machine_nor_an_ipv4_network_in_disguise(text: str) -> None:
    """`::/0` and `0.0.0.0/0` say nothing of loopback and link-local; a mapped network is an IPv4 network."""
    wide = (ip_network("::/0"),) if text.startswith("::ffff:192") else (ip_network("::/0"), ip_network("0.0.0.0/0"))
    with pytest.raises(ForbiddenTarget):
        read_networks([text], wide)


def test_a_network_of_loopback_is_swept_when_it_is_named_as_such() -> None:
    for text, own in (("127.7.1.0/30", "127.0.0.0/8"), ("::1", "::1/128"), ("::ffff:10.1.0.0/126", "10.1.0.0/16")):
        assert read_networks([text], (ip_network(own),))


@pytest.mark.parametrize("text", ["fe80::1%eth0", "fe80::%2/64", "[::1]", "10.0.0.1:161"])
def test_what_names_an_interface_or_a_port_is_no_network(text: str) -> None:
    with pytest.raises(InputError):
        read_networks([text], None)


def test_addresses_are_those_of_one_device_each_once() -> None:
    """No broadcast, no network address, no twin of an overlapping network; IPv6 as well."""
    assert list(addresses((ip_network("10.0.0.0/30"), ip_network("10.0.0.2/32")))) == ["10.0.0.1", "10.0.0.2"]
    assert list(addresses((ip_network("224.0.0.0/30"),))) == []
    assert "2001:db8::3" in list(addresses((ip_network("2001:db8::/126"),)))


class Slow:
    """A client that never answers, and says when it is asked."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.closed = False

    async def get(self, target: SnmpTarget, oids: object) -> dict[str, VarBind]:
        self.asked.set()
        await asyncio.sleep(3600)
        return {}

    def close(self) -> None:
        self.closed = True


def test_a_sweep_is_stopped_at_once_and_only_one_runs(sqlite_database: Database) -> None:
    """A second start is a conflict; stopping ends the first with a word, and its client is closed."""
    client = Slow()
    desk = Desk(sqlite_database, FakeClock(), lambda: client)  # type: ignore[arg-type,return-value]  # a fake client
    desk.start((NETWORK,), (GOOD,), by="alice")
    assert client.asked.wait(10)
    assert desk.progress().running
    assert desk.progress().total == 6
    with pytest.raises(Conflict):
        desk.start((NETWORK,), (GOOD,))
    desk.stop()
    desk.wait(10)
    now = desk.progress()
    assert (now.running, now.error, now.by, client.closed) == (False, "Stopped before its end.", "alice", True)


def test_what_was_found_is_kept_and_a_wrong_answer_is_counted(sqlite_database: Database) -> None:
    """Findings are in the database at the end, whatever else happened."""

    async def main() -> Progress:
        served = SYSTEM | {"1.3.6.1.6.3.10.2.1.1.0": octets(b"\x80\x00\x1f\x88x")}
        async with FakeAgent(served, host="127.7.0.3", community=COMMUNITY.encode()) as agent:
            desk = Desk(sqlite_database, FakeClock())
            desk.start((NETWORK,), (GOOD,), agent.port, "bob")
            await asyncio.to_thread(desk.wait, 30)
            return desk.progress()

    ended = asyncio.run(main())
    assert (ended.asked, ended.found, ended.error) == (6, 1, "")
    with sqlite_database.reading() as session:
        ((device, _),) = recall(session).devices
    assert device == replace(device, credential="good", sys_name="fake-1", identity="80001f8878")
