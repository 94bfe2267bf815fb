"""Addresses of devices: how they are written, and the check that a target is inside the management networks.

A name is resolved once; the address that was checked is the address that is contacted, so that a name which changes
between two look-ups gains nothing.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from nms.base.errors import ForbiddenTarget, InputError, Unreachable
from nms.base.text import clean, say

SNMP_PORT = 161

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Lookup = Callable[..., Sequence[tuple[Any, ...]]]

_FORM = say("write a host name, an IPv4 address such as 10.0.0.1, or an IPv6 address such as [2001:db8::1]:161")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_PORT = re.compile(r"[0-9]{1,5}")
_BROADCAST = IPv4Address("255.255.255.255")
_THIS_NETWORK = IPv4Network("0.0.0.0/8")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host (name or literal address) and a port, well formed but not resolved."""

    host: str
    port: int

    @property
    def literal(self) -> Address | None:
        """The address itself, when the host is written as one (an IPv4 address in IPv6 clothes is IPv4)."""
        try:
            ip = ip_address(self.host)
        except ValueError:
            return None
        return _plain(ip)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_endpoint(text: str, default_port: int = SNMP_PORT) -> Endpoint:
    """Read `host`, `host:port`, `::1`, `[::1]` or `[::1]:161`.

    Raises:
        InputError: anything else, such as a blank, a leading dash, a shell character, or an address that is not
            written as four decimal numbers.
    """
    if not text or len(text) > 255 or text != text.strip():
        raise _bad(text)
    host, port = _split(text)
    if port is None:
        return Endpoint(_host(host, text), default_port)
    if _PORT.fullmatch(port) is None or not 0 < int(port) < 65_536:
        raise InputError(
            "bad_port",
            say("“{port}” is not a port: 1 to 65535.", port=clean(port, 40)),
            field="address",
            value=clean(text),
        )
    return Endpoint(_host(host, text), int(port))


def _split(text: str) -> tuple[str, str | None]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or ":" not in host or (rest and not rest.startswith(":")):
            raise _bad(text)
        return host, rest[1:] if rest else None
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, port
    return text, None


def _host(host: str, text: str) -> str:
    if ":" in host:
        try:
            return str(IPv6Address(host)) if "%" not in host else _refuse(text)
        except ValueError:
            raise _bad(text) from None
    labels = host.removesuffix(".").split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise _bad(text) from None
    if len(host) > 253 or not host.isascii() or not all(_LABEL.fullmatch(label) for label in labels):
        raise _bad(text)
    return host


def _refuse(text: str) -> str:
    raise _bad(text)


def _bad(text: str) -> InputError:
    shown = clean(text, 60)
    return InputError(
        "bad_address",
        say("“{shown}” is not an address: {form}.", shown=shown, form=_FORM),
        field="address",
        value=shown,
    )


def check_ip(ip: Address, networks: Sequence[Network] | None) -> Address:
    """The address to contact, when it may be contacted; an IPv4 address in IPv6 clothes is judged as IPv4.

    `networks` None means: the operator at the shell named it. Even so nothing is sent to many at once or to nobody.
    Loopback and link-local addresses need a network that says exactly that; `0.0.0.0/0` does not open them.

    Raises:
        ForbiddenTarget: outside every management network, or broadcast, multicast or unspecified.
    """
    ip = _plain(ip)
    if ip.is_multicast or ip.is_unspecified or ip == _BROADCAST or (ip.version == 4 and ip in _THIS_NETWORK):
        raise ForbiddenTarget("forbidden_target", say("{ip} is not the address of one device.", ip=ip), address=str(ip))
    if networks is None or any(_admits(network, ip) for network in networks):
        return ip
    remedy = say("add its network to network.management") if networks else say("set network.management")
    raise ForbiddenTarget(
        "forbidden_target",
        say("{ip} is outside the management networks; {remedy} in nms.toml.", ip=ip, remedy=remedy),
        address=str(ip),
    )


def _plain(ip: Address) -> Address:
    return ip.ipv4_mapped if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None else ip


def _admits(network: Network, ip: Address) -> bool:
    if ip.version != network.version or ip not in network:
        return False
    if (ip.is_loopback and not network.is_loopback) or (ip.is_link_local and not network.is_link_local):
        return False
    wide = network.prefixlen < network.max_prefixlen - 1
    return not (wide and ip.version == 4 and ip in (network.network_address, network.broadcast_address))


def resolve_checked(
    endpoint: Endpoint | str, networks: Sequence[Network] | None, lookup: Lookup = socket.getaddrinfo
) -> tuple[str, int]:
    """The literal address and port to contact; resolved once, checked, never resolved again.

    Raises:
        ForbiddenTarget: no address of the name may be contacted.
        Unreachable: the name has no address.
    """
    endpoint = parse_endpoint(endpoint) if isinstance(endpoint, str) else endpoint
    if endpoint.literal is not None:
        return str(check_ip(endpoint.literal, networks)), endpoint.port
    try:
        found = lookup(endpoint.host, endpoint.port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise _unresolved(endpoint) from error
    return _first_allowed(endpoint, found, networks), endpoint.port


async def resolve_checked_async(endpoint: Endpoint | str, networks: Sequence[Network] | None) -> tuple[str, int]:
    """`resolve_checked` for a running event loop."""
    endpoint = parse_endpoint(endpoint) if isinstance(endpoint, str) else endpoint
    if endpoint.literal is not None:
        return resolve_checked(endpoint, networks)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise _unresolved(endpoint) from error
    return _first_allowed(endpoint, found, networks), endpoint.port


def check_target(address: str, networks: Sequence[Network] | None) -> tuple[str, int]:
    """`resolve_checked` of an address as the inventory writes it."""
    return resolve_checked(parse_endpoint(address), networks)


def _first_allowed(endpoint: Endpoint, found: Sequence[tuple[Any, ...]], networks: Sequence[Network] | None) -> str:
    refusal: ForbiddenTarget | None = None
    for *_, socket_address in found:
        try:
            return str(check_ip(ip_address(str(socket_address[0]).partition("%")[0]), networks))
        except ForbiddenTarget as error:
            refusal = refusal or error
    raise refusal or _unresolved(endpoint)


def _unresolved(endpoint: Endpoint) -> Unreachable:
    return Unreachable(
        "name_not_resolved",
        say("The name {host} has no address; check its spelling or the DNS.", host=endpoint.host),
        host=endpoint.host,
    )
