"""Addresses: what may be written, and what may be contacted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.address import Endpoint, Network, check_target, parse_endpoint, resolve_checked, resolve_checked_async
from nms.base.errors import ForbiddenTarget, InputError, Unreachable

EVERYTHING: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("10.0.0.1", "10.0.0.1", 161),
        ("10.0.0.1:1161", "10.0.0.1", 1161),
        ("::1", "::1", 161),
        ("[::1]:161", "::1", 161),
        ("[2001:DB8::1]", "2001:db8::1", 161),
        ("bs-1.example.org", "bs-1.example.org", 161),
        ("bs-1.example.org:1161", "bs-1.example.org", 1161),
    ],
)
def test_the_usual_ways_to_write_an_address_are_read(text: str, host: str, port: int) -> None:
    assert parse_endpoint(text) == Endpoint(host, port)
    assert parse_endpoint(str(parse_endpoint(text))) == Endpoint(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$(id)",
        ";id",
        "`id`",
        "-oProxyCommand=x",
        "a b",
        " a",
        "host\n",
        "x" * 300,
        "a..b",
        "[::1",
        "[::1]161",
        "10.0.0.1:0",
        "10.0.0.1:65536",
        "10.0.0.1:x",
        "fe80::1%eth0",
        "[]:1",
        "hôte",
        "a_b",
        "http://x",
        "a/b",
        "١",
    ],
)
def test_fault_50_what_a_shell_or_a_tool_could_take_for_something_else_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_endpoint(text)
    assert caught.value.facts["field"] == "address"
    assert "such as" in str(caught.value) or "1 to 65535" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "127.0.0.01", "1.2.3.4.5"]
)
def test_fault_53_an_address_in_disguise_is_refused_before_anybody_resolves_it(text: str) -> None:
    with pytest.raises(InputError):
        parse_endpoint(text)


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "::1",
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "255.255.255.255",
        "224.0.0.1",
        "::",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "fe80::1",
        "::ffff:169.254.169.254",
    ],
)
def test_fault_53_even_the_widest_network_does_not_open_loopback_link_local_or_many(text: str) -> None:
    with pytest.raises(ForbiddenTarget):
        check_target(text, EVERYTHING)


def test_fault_53_the_broadcast_address_of_a_network_is_refused() -> None:
    networks = (ip_network("10.1.0.0/16"),)
    for text in ("10.1.255.255", "10.1.0.0", "10.2.0.1", "::ffff:10.2.0.1"):
        with pytest.raises(ForbiddenTarget):
            check_target(text, networks)
    assert check_target("10.1.2.3", networks) == ("10.1.2.3", 161)
    assert check_target("::ffff:10.1.2.3", networks) == ("10.1.2.3", 161)


def test_a_network_that_says_loopback_opens_it() -> None:
    assert check_target("127.0.0.1:1161", LOOPBACK) == ("127.0.0.1", 1161)
    assert check_target("[::1]:1161", LOOPBACK) == ("::1", 1161)


def test_without_networks_nothing_is_contacted_and_the_message_says_what_to_set() -> None:
    with pytest.raises(ForbiddenTarget, match=r"network\.management"):
        check_target("10.0.0.1", ())


def test_the_operator_at_the_shell_may_name_any_single_device() -> None:
    assert check_target("127.0.0.1", None) == ("127.0.0.1", 161)
    with pytest.raises(ForbiddenTarget):
        check_target("255.255.255.255", None)


class _Changing:
    """A DNS that gives a good address first and loopback ever after."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _host: str, port: int, **_options: Any) -> Sequence[tuple[Any, ...]]:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (answer, port))]


def test_fault_53_a_name_is_resolved_once_and_the_checked_address_is_the_one_to_contact() -> None:
    dns = _Changing("10.0.0.7", "127.0.0.1")
    assert resolve_checked("rebind.example.org", EVERYTHING, dns) == ("10.0.0.7", 161)
    assert dns.asked == 1
    with pytest.raises(ForbiddenTarget):
        resolve_checked("rebind.example.org", EVERYTHING, dns)


def test_a_name_without_an_address_is_unreachable() -> None:
    def no_such_name(*_args: Any, **_options: Any) -> Sequence[tuple[Any, ...]]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Unreachable, match="has no address"):
        resolve_checked("nowhere.example.org", EVERYTHING, no_such_name)


def test_the_event_loop_resolves_and_checks_the_same_way() -> None:
    assert asyncio.run(resolve_checked_async("localhost:1161", LOOPBACK))[1] == 1161
    with pytest.raises(ForbiddenTarget):
        asyncio.run(resolve_checked_async("localhost", EVERYTHING))
    with pytest.raises(ForbiddenTarget):
        asyncio.run(resolve_checked_async("[::1]", EVERYTHING))


@given(st.text(max_size=80))
def test_fault_51_whatever_is_accepted_is_bare_ascii(text: str) -> None:
    try:
        endpoint = parse_endpoint(text)
    except InputError:
        return
    assert text == text.strip()
    assert text.isascii()
    assert text.isprintable()
    assert 0 < endpoint.port < 65_536
