"""`nms register import`: the acts of a lawyer's spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inventory.table_file import read_octets
from nms.app.bootstrap import open_context
from spectrum import register as registers
from spectrum.register import Register
from spectrum.sheet.columns import layout_from_words, letter
from spectrum.sheet.file import read_sheet
from spectrum.sheet.judging import judge
from spectrum.sheet.store import refuse


def import_sheet(
    file: Annotated[Path, typer.Argument(help="A lawyer's spreadsheet, CSV or ODS, one row per act.")],
    columns: Annotated[
        list[str], typer.Option("--map", metavar="MEANING=COLUMN", help="Such as commune=F; the rest is guessed.")
    ] = [],  # noqa: B006 - Typer copies it
    steps: Annotated[
        list[str], typer.Option("--step", metavar="WORD=STEP", help="Such as cession=execution; =STEP for every row.")
    ] = [],  # noqa: B006
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge every row and record nothing.")] = False,
) -> None:
    """Record the acts of a spreadsheet on the authority of their decisions: all or nothing, twice is once."""
    context = open_context()
    register = Register(context.database, context.clock)
    table = read_sheet(read_octets(file))
    layout = layout_from_words(table, columns, steps)
    with context.database.transaction() as session:
        registers.lock(session)
        places = register.places(session)
        standing = [(one.row.key, one.act) for one in registers.recorded(session, places)]
        plan = judge(table, layout, places, standing)
        for column, place in layout.columns.items():
            typer.echo(f"  {letter(place)} {table.header[place]}: {column.value}", err=True)
        for row in plan.judged:
            law = f"; {row.outcome.value}" if row.outcome else ""
            act = row.act
            typer.echo(
                f"row {row.row}: {row.fate.value}: {act.number} {act.step.value}, {act.area_text}, {act.bands.text()}, "
                f"{act.effective_on} to {act.until or 'not established'}{law}"
            )
        for complaint in plan.complaints:
            typer.echo(str(complaint), err=True)
        refuse(plan)
        if not dry_run:
            registers.record(session, places, plan.new, actor=context.actor, at=context.clock.now())
    done = "could be recorded" if dry_run else "recorded"
    typer.echo(f"{len(plan.new)} act(s) {done}, {plan.known} already in the register.")
