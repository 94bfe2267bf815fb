"""`nms import` and `nms export`: the whole inventory as one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from inventory import importer, netbox
from inventory.exporter import export_csv, export_geojson
from inventory.importer import ImportPlan
from inventory.service import refuse_in_demo
from nms.app.bootstrap import Context, is_demo_here, open_context
from nms.base.errors import InputError

_SHOWN = 100


def import_(
    files: Annotated[
        list[Path], typer.Argument(help="CSV file; at least the columns name and address (docs/import.md).")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge the file, write nothing.")] = False,
    from_netbox: Annotated[
        bool, typer.Option("--netbox", help="The files are NetBox's exports of sites, devices, interfaces.")
    ] = False,
    credential: Annotated[str, typer.Option(help="With --netbox: the credential of the devices.")] = "",
) -> None:
    """Import an inventory from a CSV file: every row judged, every error listed, all or nothing."""
    refuse_in_demo(is_demo_here() and not dry_run)
    if not from_netbox and len(files) > 1:
        raise typer.BadParameter("one file, unless --netbox is given")
    file = files[0]
    context = open_context()
    try:
        if from_netbox:
            plan = _from_netbox(context, files, credential, dry_run)
        else:
            plan = _judged_only(context, file) if dry_run else _imported(context, file)
    finally:
        context.database.dispose()
    head = "Dry run, nothing written" if dry_run else "Imported"
    typer.echo(f"{head}: {plan.summary()}.")


def _judged_only(context: Context, file: Path) -> ImportPlan:
    with context.database.reading() as session, _progress(file) as progress:
        plan = importer.judge(file, session, _Stepper(progress))
    _report(plan)
    return plan


def _imported(context: Context, file: Path) -> ImportPlan:
    with context.database.transaction() as session:
        with _progress(file) as progress:
            plan = importer.judge(file, session, _Stepper(progress))
        _report(plan)
        importer.apply(session, plan, context.actor, context.clock.now(), file.name)
    return plan


def _from_netbox(context: Context, files: list[Path], credential: str, dry_run: bool) -> ImportPlan:
    with context.database.reading() if dry_run else context.database.transaction() as session:
        judged = netbox.judge({file.name: file for file in files}, session, credential)
        for sentence in judged.left_out:
            typer.echo(f"Note: {sentence}.", err=True)
        _report(judged.plan)
        if not dry_run:
            netbox.apply(session, judged, context.actor, context.clock.now())
    return judged.plan


def _progress(file: Path) -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn(f"Judging {file.name}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


class _Stepper:
    """Moves one bar of a progress display."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("rows", total=None)

    def __call__(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)


def _report(plan: ImportPlan) -> None:
    """List every error and refuse, if there is one."""
    if plan.ok:
        return
    for complaint in plan.complaints[:_SHOWN]:
        typer.echo(str(complaint), err=True)
    total = len(plan.complaints) + plan.more_complaints
    if total > _SHOWN:
        typer.echo(f"... and {total - _SHOWN} more", err=True)
    raise InputError("import_refused", f"{total} errors; nothing was imported.", total=total)


def export(
    format_: Annotated[str, typer.Option("--format", help="csv or geojson.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="File to write; standard output when left out.")] = None,
) -> None:
    """Export the whole inventory (no secret is in it); the CSV can be imported again."""
    if format_ not in ("csv", "geojson"):
        raise InputError("bad_format", f"“{format_}” is not a format of export: csv or geojson.", value=format_)
    context = open_context()
    with context.database.reading() as session:
        text = "".join(export_csv(session)) if format_ == "csv" else export_geojson(session) + "\n"
    context.database.dispose()
    if out is None:
        sys.stdout.write(text)
        return
    try:
        with out.open("w", encoding="utf-8-sig" if format_ == "csv" else "utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise InputError("file_unwritable", f"{out} cannot be written: {error.strerror}.", file=str(out)) from error
    typer.echo(f"Written: {out}")
