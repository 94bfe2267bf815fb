"""`nms device`: the devices of the inventory, from the shell."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from inventory import queries, service
from inventory.fields import shown
from inventory.forms import DeviceForm, ObjectKind, cells_of, field_names, read_form
from inventory.models import Lifecycle
from inventory.snapshot import Snapshot
from nms.app.bootstrap import is_demo_here, open_context
from nms.base.errors import InputError

app = typer.Typer(help="Devices of the inventory.", no_args_is_help=True)

_FIELDS = tuple(name for name in field_names(ObjectKind.DEVICE) if name != "name")
_SETTINGS = typer.Argument(help=f"FIELD=VALUE, any of: {', '.join(_FIELDS)}.", metavar="FIELD=VALUE ...")


@app.command("list")
def list_() -> None:
    """List the devices that are not retired."""
    context = open_context()
    with context.database.reading() as session:
        targets = queries.poll_targets(session)
    context.database.dispose()
    if not targets:
        typer.echo("No device yet. Add one: nms device add NAME address=10.0.0.1 credential=NAME")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("name", "address", "credential", "role", "site", "commune", "lifecycle"):
        table.add_column(title, overflow="fold")
    for t in targets:
        table.add_row(t.name, t.address, t.credential, t.role.value, t.site, t.insee, t.lifecycle.value)
    console = Console()
    console.width = console.width if console.is_terminal else 200
    console.print(table)


@app.command("show")
def show(name: Annotated[str, typer.Argument(help="Name of the device.")]) -> None:
    """Show a device, its ports and its life."""
    context = open_context()
    with context.database.reading() as session:
        form = service.form_of(session, ObjectKind.DEVICE, name)
        target = next((t for t in queries.poll_targets(session) if t.name == name), None)
        life = service.life_of(session, ObjectKind.DEVICE, name)
    context.database.dispose()
    for field, value in cells_of(form).items():
        if value:
            typer.echo(f"{field:16} {value}")
    for port in target.interfaces if target else ():
        typer.echo(f"{'interface':16} {port.name}" + (f" ({shown(port.speed_bps)} bit/s)" if port.speed_bps else ""))
    for step in life:
        before = step.before.value if step.before else "new"
        typer.echo(f"{'life':16} {step.at:%Y-%m-%d %H:%M} UTC {before} > {step.after.value}, by {step.by}")


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name of the device.")], values: Annotated[list[str], _SETTINGS]
) -> None:
    """Add a device, such as: nms device add core-1 address=10.0.0.1 credential=lab role=router."""
    _save({"name": name} | _assignments(values), new=True)


@app.command("set")
def set_(
    name: Annotated[str, typer.Argument(help="Name of the device.")], values: Annotated[list[str], _SETTINGS]
) -> None:
    """Change fields of a device; what is not named stays."""
    _save({"name": name} | _assignments(values), new=False)


@app.command("retire")
def retire(name: Annotated[str, typer.Argument(help="Name of the device.")]) -> None:
    """Take a device out of service for good; it keeps its name and its history."""
    _save({"name": name, "lifecycle": Lifecycle.RETIRED.value}, new=False)


def _assignments(values: list[str]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for field, equals, _ in pairs:
        if not equals or field not in _FIELDS:
            raise InputError(
                "bad_assignment", f"“{field}{equals}”: write FIELD=VALUE with one of {', '.join(_FIELDS)}."
            )
    return {field: value for field, _, value in pairs}


def _save(cells: dict[str, str], *, new: bool) -> None:
    service.refuse_in_demo(is_demo_here())
    context = open_context()
    with context.database.transaction() as session:
        if new and cells["name"] in Snapshot(session).of(ObjectKind.DEVICE):
            raise InputError(
                "device_exists", f"There is a device {cells['name']} already; change it with: nms device set"
            )
        before = {} if new else cells_of(service.form_of(session, ObjectKind.DEVICE, cells["name"]))
        form = read_form(ObjectKind.DEVICE, before | cells)
        if not isinstance(form, DeviceForm):
            raise TypeError("a device's cells made another form")
        saved = service.save_device(session, context.actor, context.clock.now(), form)
    context.database.dispose()
    typer.echo(f"{saved.name}: {'added' if saved.created else 'changed' if saved.changed else 'already so'}.")
