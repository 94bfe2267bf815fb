"""The command `nms`: one sub-command per subject, one way to fail.

An error of ours is one sentence on standard error and exit code 1; a wrong command line is exit code 2.
"""

from __future__ import annotations

import sys

import typer

from nms import __version__
from nms.app.commands import (
    backup,
    config,
    credential,
    device,
    discover,
    history,
    inventory_io,
    probe,
    profile,
    register,
    reminders,
    report,
    run,
    territory,
    user,
)
from nms.base.errors import NmsError

app = typer.Typer(
    name="nms",
    help="Operations and spectrum management for a regional broadband network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
register.app.command("reminders")(reminders.reminders)
app.command("run")(run.run)
app.command("probe")(probe.probe)
app.command("discover")(discover.discover)
app.command("import")(inventory_io.import_)
app.command("export")(inventory_io.export)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(device.app, name="device")
app.add_typer(credential.app, name="credential")
app.add_typer(config.app, name="config")
app.add_typer(territory.app, name="territory")
app.add_typer(profile.app, name="profile")
app.add_typer(history.app, name="history")
app.add_typer(register.app, name="register")
app.add_typer(report.app, name="report")
app.add_typer(user.app, name="user")


@app.command("version")
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Entry point of the console script."""
    try:
        app()
    except NmsError as error:
        typer.echo(f"nms: {error.message}", err=True)
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"nms: {where}{error.strerror or error}.", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
