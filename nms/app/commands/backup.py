"""`nms backup` and `nms restore`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from nms.app import backup as archives
from nms.app.bootstrap import home_of, open_context
from nms.base.settings_load import load


def backup(file: Annotated[Path, typer.Argument(help="Archive to write (.tar.gz); it must not exist.")]) -> None:
    """Write everything into one archive, with the journal verified. It holds the key file: keep it safe."""
    context = open_context()
    found = archives.backup(context.settings, context.database, file)
    typer.echo(f"{file}: written, {found.entries} journal entries verified, head {found.head}.")


def restore(file: Annotated[Path, typer.Argument(help="Archive written by `nms backup`.", exists=True)]) -> None:
    """Bring an archive back into an empty NMS_HOME; the journal is verified after it."""
    settings = load(home_of(os.environ), os.environ)
    found = archives.restore(settings, file)
    typer.echo(f"{settings.home}: restored, {found.entries} journal entries verified, head {found.head}.")
