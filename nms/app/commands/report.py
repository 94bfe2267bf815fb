"""`nms report`: tables for people."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nms.app.bootstrap import open_context
from nms.base.errors import InputError
from nms.ops import contract_report, network, reports, works
from nms.ops.history_sqlite import SqliteStore

app = typer.Typer(help="Reports.", no_args_is_help=True)


class Format(StrEnum):
    """How a report is written."""

    CSV = "csv"
    ODS = "ods"


@app.callback()
def group() -> None:
    """Reports."""


@app.command("contracts")
def contracts(
    month: Annotated[str, typer.Option(help="A month, such as 2026-11 (days of Paris).")] = "",
    first_day: Annotated[str, typer.Option(help="First day, such as 2026-10-24; else the latest thirty days.")] = "",
    last_day: Annotated[str, typer.Option(help="Last day, included.")] = "",
    out: Annotated[Path | None, typer.Option(help="File to write; standard output when absent.")] = None,
) -> None:
    """Interruptions and 95th percentiles of every dedicated link over days (so far), as CSV."""
    asked = _asked(month, first_day, last_day)
    context = open_context()
    now = context.clock.now()
    store = SqliteStore(context.settings.home / "ts.db")
    try:
        with context.database.reading() as session:
            text = contract_report.as_csv(session, store, network.read(session), asked or reports.latest_days(now), now)
    finally:
        store.close()
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, "utf-8")


def _asked(month: str, first_day: str, last_day: str) -> reports.Period | None:
    """The period that is asked for; None: the latest days."""
    if month:
        return reports.month_of(month)
    return reports.period(first_day, last_day) if first_day or last_day else None


@app.command("availability")
def availability(
    month: Annotated[str, typer.Option(help="A month, such as 2026-11 (days of Paris).")] = "",
    first_day: Annotated[str, typer.Option(help="First day, such as 2026-10-24; else the latest thirty days.")] = "",
    last_day: Annotated[str, typer.Option(help="Last day, included.")] = "",
    by: Annotated[reports.Group, typer.Option(help="What a row stands for.")] = reports.Group.OBJECT,
    form: Annotated[Format, typer.Option("--format", help="csv or ods.")] = Format.CSV,
    out: Annotated[Path | None, typer.Option(help="File to write; standard output when absent (csv only).")] = None,
) -> None:
    """Availability of every link, hotspot, sector and device over days (so far); works and unmeasured time apart."""
    asked = _asked(month, first_day, last_day)
    if form is Format.ODS and out is None:
        raise InputError("no_file", "An ODS file is not for the terminal: name a file with --out FILE.ods.")
    context = open_context()
    period = asked or reports.latest_days(context.clock.now())
    store = SqliteStore(context.settings.home / "ts.db")
    try:
        with context.database.reading() as session:
            found = reports.availability(
                store,
                network.read(session),
                period.start,
                period.until(context.clock.now()),
                works=works.read(session),
            )
    finally:
        store.close()
    table = reports.grouped(found, by)
    if form is Format.ODS and out is not None:
        out.write_bytes(reports.as_ods(table))
    elif out is None:
        typer.echo(reports.as_csv(table), nl=False)
    else:
        out.write_text(reports.as_csv(table), "utf-8")
