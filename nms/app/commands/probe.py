"""`nms probe HOST[:PORT]`: what is this box?"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import socket
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from collectors.base import SnmpCredential, SnmpTarget, SnmpVersion
from collectors.probe import DEADLINE_S, ProbeResult
from collectors.probe import probe as describe
from collectors.snmp import open_client
from nms.app.bootstrap import home_of
from nms.app.commands.probe_text import language_of, render
from nms.app.own_families import own_families
from nms.base.errors import DeviceError

DEFAULT_PORT = 161


class Auth(StrEnum):
    """Authentication of SNMPv3."""

    SHA1 = "SHA1"
    SHA256 = "SHA256"
    SHA512 = "SHA512"


class Priv(StrEnum):
    """Privacy of SNMPv3."""

    AES128 = "AES128"
    AES256 = "AES256"


def probe(
    host: Annotated[str, typer.Argument(help="Name or address, with a port if it is not 161: 10.0.0.7, [::1]:1161.")],
    community: Annotated[str | None, typer.Option(help="Community of SNMP v2c.")] = None,
    credential: Annotated[str | None, typer.Option(help="Name of a credential of the inventory.")] = None,
    v3_user: Annotated[str | None, typer.Option("--v3-user", help="User of SNMPv3.")] = None,
    v3_auth: Annotated[Auth | None, typer.Option("--v3-auth", help="Key: NMS_V3_AUTH_KEY, else asked.")] = None,
    v3_priv: Annotated[Priv | None, typer.Option("--v3-priv", help="Key: NMS_V3_PRIV_KEY, else asked.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    timeout: Annotated[float, typer.Option(min=0.1, max=15.0, help="Seconds to wait for each answer.")] = 1.5,
) -> None:
    """Describe one device: family, model, interfaces, radio values, neighbours."""
    key = _credential(community, credential, v3_user, v3_auth, v3_priv)
    address, port = _address(host)
    target = SnmpTarget(address, port, key, timeout_s=timeout, retries=1)
    result = asyncio.run(_probe(target))
    if as_json:
        typer.echo(json.dumps(result.as_dict(), ensure_ascii=False, indent=2))
    else:
        render(result, language_of(os.environ))


async def _probe(target: SnmpTarget) -> ProbeResult:
    async with open_client() as client:
        profiles = own_families(home_of(os.environ)).profiles()
        return await describe(client, replace(target, deadline_s=DEADLINE_S / 3), profiles)


def _credential(
    community: str | None, name: str | None, user: str | None, auth: Auth | None, priv: Priv | None
) -> SnmpCredential:
    ways = [way is not None for way in (community, name, user)]
    if sum(ways) != 1:
        raise typer.BadParameter("give exactly one of --community, --credential and --v3-user")
    if user is None and (auth or priv):
        raise typer.BadParameter("--v3-auth and --v3-priv go with --v3-user")
    if priv and not auth:
        raise typer.BadParameter("--v3-priv needs --v3-auth")
    if name is not None:
        return _named(name)
    if user is not None:
        auth_key = _key("NMS_V3_AUTH_KEY", "Authentication key") if auth else ""
        priv_key = _key("NMS_V3_PRIV_KEY", "Privacy key") if priv else ""
        return SnmpCredential(
            SnmpVersion.V3, user=user, auth=auth and auth.value, auth_key=auth_key,
            priv=priv and priv.value, priv_key=priv_key,
        )  # fmt: skip
    return SnmpCredential(SnmpVersion.V2C, community=community or "")


def _key(variable: str, title: str) -> str:
    """A passphrase from the environment, else asked without echo."""
    key = os.environ.get(variable) or str(typer.prompt(title, hide_input=True))
    if len(key) < 8:
        raise typer.BadParameter(f"{variable} has fewer than 8 characters")
    return key


def _named(name: str) -> SnmpCredential:
    """A credential of the inventory, unsealed."""
    from nms.app.bootstrap import open_context  # the inventory and its database are needed for this way only
    from nms.ops.credentials import named

    context = open_context()
    try:
        with context.database.transaction() as session:
            return named(session, context.box, name)
    finally:
        context.database.dispose()


def _address(host: str) -> tuple[str, int]:
    """A literal address and a port. The operator named it: the management networks do not bind the command line."""
    name, port = _split(host)
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise DeviceError("name_not_found", f"The name {name[:80]!r} is not known.", host=name[:80]) from None
    return str(found[0][4][0]), port


def _split(host: str) -> tuple[str, int]:
    wrong = typer.BadParameter(f"{host[:80]!r} is not HOST, HOST:PORT, [IPV6] or [IPV6]:PORT")
    if not host or not host.isprintable() or any(char.isspace() for char in host) or host.startswith("-"):
        raise wrong
    if host.startswith("["):
        name, closed, rest = host[1:].partition("]")
        port = rest.removeprefix(":")
        if not closed or (rest and not rest.startswith(":")):
            raise wrong
    else:
        try:
            return str(ipaddress.ip_address(host)), DEFAULT_PORT
        except ValueError:
            name, _, port = host.partition(":")
    if not name or (port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536)):
        raise wrong
    return name, int(port) if port else DEFAULT_PORT
