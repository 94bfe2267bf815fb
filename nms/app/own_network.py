"""`nms run --inventory`: one's own network from a file.

The operator names the file on the command line, so the literal addresses in it are contacted: when no management
network is configured yet, they are written into the settings file, where the operator can see and change them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import tomli_w
import typer
from sqlalchemy import select

from inventory import address, importer
from inventory.models import Device
from nms.app.bootstrap import Context, build
from nms.base.errors import InputError
from nms.base.settings_load import load


def adopt(context: Context, file: Path, environ: Mapping[str, str]) -> Context:
    """Load the file (all or nothing; what is known already is updated) and answer the context to run with.

    Raises:
        InputError: a row is wrong; every error is listed and nothing was loaded.
    """
    with context.database.transaction() as session:
        plan = importer.judge(file, session)
        if plan.errors:
            listed = "\n".join(f"  {error}" for error in plan.errors[:50])
            more = f"\n  ... and {len(plan.errors) - 50} more" if len(plan.errors) > 50 else ""
            raise InputError("import_refused", f"{file}: nothing was loaded.\n{listed}{more}", errors=len(plan.errors))
        importer.apply(session, plan, actor=context.actor, at=context.clock.now())
    typer.echo(f"Loaded {file}: {plan.summary()}.")
    if context.settings.network.management:
        return context
    _name_networks(context)
    context.database.dispose()
    return build(load(context.settings.home, environ))


def _name_networks(context: Context) -> None:
    """Write the literal addresses of the inventory as management networks into the settings file."""
    with context.database.reading() as session:
        hosts = {address.parse_endpoint(text).literal for text in session.scalars(select(Device.address))}
    networks = sorted(f"{host}/{host.max_prefixlen}" for host in hosts if host is not None)
    path = context.settings.home / "nms.toml"
    with path.open("ab") as settings_file:
        settings_file.write(b"\n")
        tomli_w.dump({"network": {"management": networks}}, settings_file)
    typer.echo(f"No management network was configured: the {len(networks)} address(es) of the file are now in {path}.")
