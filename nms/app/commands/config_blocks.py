"""`nms config intended`: what the golden blocks say for a device; a file may be tried before it is in place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nms.app.bootstrap import open_context
from nms.base.errors import InputError
from nms.ops.change import intents
from nms.ops.change.golden import Block, golden


def intended(
    name: Annotated[str, typer.Argument(help="Name of the device.")],
    block: Annotated[
        list[Path] | None, typer.Option("--block", help="A file that is not in place yet, instead of those that are.")
    ] = None,
) -> None:
    """Print what a device should say, without secrets; ends with exit code 1 unless it conforms.

    A line with + would change something; what is too much on the device stands below, under the heads of its sections.
    """
    context = open_context()
    texts = {path.name: _read(path) for path in block} if block else intents.files(context.settings.home)
    with context.database.reading() as session:
        told = golden(session, context.box, texts, name)
    context.database.dispose()
    for one in told.blocks:
        typer.echo(f"== {one.name}: {one.label}\n-- {_stands(one)}")
        for line in one.lines:
            typer.echo(f"{'+' if line.tells else ' '} {line.text}")
        if one.extra:
            typer.echo("-- too much")
        for text in one.extra.splitlines():
            typer.echo(f"  {text}")
    for complaint in told.broken:
        typer.echo(complaint, err=True)
    if not told.blocks and not told.broken:
        typer.echo(f"No block is for {name}.")
    raise typer.Exit(0 if told.conforms else 1)


def register(app: typer.Typer) -> None:
    """Add the command to `nms config`."""
    app.command("intended")(intended)


def _stands(one: Block) -> str:
    if one.differ:
        return f"drifts, lines that differ: {one.differ}"
    return str(one.why) or "conforms"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError("file_unreadable", f"{path} cannot be read: {error}.") from error
