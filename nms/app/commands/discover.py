"""`nms discover`: what answers on a network, and what of it belongs into the inventory."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from collectors.base import SnmpCredential
from inventory import found, proposals
from inventory.address import SNMP_PORT, Network
from inventory.credentials import list_credentials
from inventory.models import CredentialKind
from inventory.proposals import OPEN, Proposals, Standing
from inventory.service import refuse_in_demo
from nms.app.bootstrap import Context, is_demo_here, open_context
from nms.app.commands.probe_text import language_of
from nms.app.own_families import own_families
from nms.base.errors import ForbiddenTarget, InputError
from nms.ops.credentials import named
from nms.ops.discovery import Desk, read_networks

_WORDS = {
    "fr": {
        Standing.NEW: "nouveau",
        Standing.KNOWN: "connu",
        Standing.MOVED: "déplacé",
        Standing.RETIRED: "retiré, mais répond",
        Standing.DISMISSED: "écarté",
    },
    "en": {
        Standing.NEW: "new",
        Standing.KNOWN: "known",
        Standing.MOVED: "moved",
        Standing.RETIRED: "retired, but answers",
        Standing.DISMISSED: "dismissed",
    },
}
_TICK_S = 0.1


def discover(
    networks: Annotated[list[str] | None, typer.Argument(help="10.0.0.0/24, an address, 2001:db8::/120.")] = None,
    credential: Annotated[
        list[str] | None, typer.Option(help="Credential of the inventory to ask with; again for more, tried in order.")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="UDP port of SNMP.")] = SNMP_PORT,
    accept: Annotated[
        list[str] | None, typer.Option(help="Address or link to accept, again for more; “all” for everything open.")
    ] = None,
    dismiss: Annotated[list[str] | None, typer.Option(help="Address or link to leave aside.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Sweep a management network and propose what answers; without a network, show what was found before."""
    refuse_in_demo(is_demo_here() and bool(accept or dismiss))
    context = open_context()
    try:
        if networks:
            _sweep(context, networks, credential, port)
        if dismiss:
            with context.database.transaction() as session:
                found.dismiss(session, dismiss, context.actor.name, context.clock.now())
        if accept:
            _accept(context, accept)
        with context.database.reading() as session:
            _show(proposals.propose(session), as_json)
    finally:
        context.database.dispose()


def _sweep(context: Context, texts: list[str], names: list[str] | None, port: int) -> None:
    networks = read_networks(texts, None)
    _warn_outside(networks, context.settings.network.management)
    desk = Desk(context.database, context.clock, profiles=own_families(context.settings.home).profiles)
    desk.start(networks, _credentials(context, names), port, context.actor.name)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=desk.progress().total)
        while desk.progress().running:
            now = desk.progress()
            bar.update(task, completed=now.asked, description=f"{now.found} devices")
            desk.wait(_TICK_S)
    ended = desk.progress()
    if ended.error:
        raise InputError("discovery_failed", ended.error)
    typer.echo(f"{ended.asked} addresses asked, {ended.found} devices answer.", err=True)
    if ended.refused:
        typer.echo(f"{ended.refused} more answer, but refuse the credential or answer badly.", err=True)


def _warn_outside(networks: tuple[Network, ...], allowed: tuple[Network, ...]) -> None:
    for network in networks:
        try:
            read_networks([str(network)], allowed)
        except ForbiddenTarget as error:
            typer.echo(f"Note: {error.message} What is accepted there is not polled before it is.", err=True)


def _credentials(context: Context, names: list[str] | None) -> tuple[SnmpCredential, ...]:
    """The credentials to ask with: those named, else all of them."""
    with context.database.reading() as session:
        names = names or [s.name for s in list_credentials(session) if s.kind is not CredentialKind.SSH]
        if not names:
            raise InputError(
                "no_credential", "There is no credential to ask with; create one: nms credential add NAME --version v2c"
            )
        return tuple(named(session, context.box, name) for name in names)


def _accept(context: Context, keys: list[str]) -> None:
    with context.database.transaction() as session:
        if keys == ["all"]:
            keys = proposals.propose(session).waiting()
        new = proposals.accept(session, context.actor, context.clock.now(), keys)
    typer.echo(f"Accepted: {len(keys)}; new: {', '.join(new) or '-'}.", err=True)


def _show(found_now: Proposals, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_plain(found_now), ensure_ascii=False, indent=2))
        return
    if not found_now.devices:
        typer.echo("Nothing was found yet. Sweep a network: nms discover 10.0.0.0/24 --credential NAME")
        return
    words = _WORDS["fr" if language_of(os.environ).startswith("fr") else "en"]
    console = Console()
    console.width = console.width if console.is_terminal else 200
    table = Table(box=None, pad_edge=False)
    for title in ("", "address", "name", "family", "model", "role", "also at"):
        table.add_column(title, overflow="fold")
    for device in found_now.devices:
        mark = " §" if device.undeclared_emitter else ""
        table.add_row(
            words[device.standing] + mark, device.key, device.name, device.found.family, device.found.model,
            device.found.role, ", ".join(device.also_at) or device.known_address,
        )  # fmt: skip
    console.print(table)
    if found_now.links:
        console.print()
        links = Table(box=None, pad_edge=False)
        for title in ("", "link", "end A", "end B", "heard by"):
            links.add_column(title, overflow="fold")
        for link in found_now.links:
            ends = (f"{link.a_device} {link.a_interface}", f"{link.b_device} {link.b_interface}")
            links.add_row(words[link.standing], link.name, *ends, "A+B" if link.heard_by == 2 else "1")
        console.print(links)
    waiting = len(found_now.waiting())
    if waiting:
        typer.echo(f"\n{waiting} to decide: nms discover --accept all, or --accept ADDRESS, or --dismiss ADDRESS")


def _plain(found_now: Proposals) -> dict[str, Any]:
    return {
        "devices": [
            asdict(p.found)
            | {
                "key": p.key,
                "standing": p.standing.value,
                "name": p.name,
                "also_at": p.also_at,
                "open": p.standing in OPEN,
                "undeclared_emitter": p.undeclared_emitter,
                "seen_at": p.seen_at.isoformat(),
            }
            for p in found_now.devices
        ],
        "links": [asdict(link) | {"key": link.key} for link in found_now.links],
    }
