"""`nms register replay|import`: acts from files. The first filling is the host owner's; later, officers decide."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from inventory.table_file import read_octets
from nms.app.bootstrap import Context, open_context
from nms.base.text import clean
from spectrum import register as registers
from spectrum.act_file import read_acts
from spectrum.acts import Act
from spectrum.register import Register
from spectrum.sheet import setup
from spectrum.sheet.columns import layout_from_words, letter
from spectrum.sheet.file import read_sheet
from spectrum.sheet.judging import Plan, judge, judge_acts
from spectrum.sheet.store import Form, Sheets, refuse

DryRun = Annotated[bool, typer.Option("--dry-run", help="Judge every row and record nothing.")]


def replay(
    file: Annotated[Path, typer.Argument(help="CSV of published acts, one row per act (docs/register.md).")],
    dry_run: DryRun = False,
    correct: Annotated[bool, typer.Option("--correct", help="Put right the acts whose facts differ.")] = False,
) -> None:
    """Record published acts on the authority of their decisions: all or nothing, twice is once.

    Once officers have recorded acts, the file is brought to them instead: one of them records it on its page.
    """
    context, register = _open()
    octets = read_octets(file)
    with context.database.transaction() as session:
        registers.lock(session)
        found = read_acts(octets, register.places(session))
        found.refuse()
        plan = judge_acts(found, _standing(session, register), correct=correct)
        for complaint in plan.complaints:
            typer.echo(str(complaint), err=True)
        refuse(plan)
        recorded = _filled(session, context, register, plan, file, octets, dry_run=dry_run, correct=correct)
    known = f"{plan.known} already in the register, {plan.left_out} row(s) left out (not core)."
    if not recorded:
        _bring(context, register, octets, file.name, Form.ACTS, correct=correct)
        return
    typer.echo(f"{len(plan.new)} act(s) {'could be recorded' if dry_run else 'recorded'}, {known}")
    if not dry_run:
        _tell_remarks(register, plan.new)


def import_sheet(
    file: Annotated[Path, typer.Argument(help="A lawyer's spreadsheet, CSV or ODS, one row per act.")],
    columns: Annotated[
        list[str], typer.Option("--map", metavar="MEANING=COLUMN", help="Such as commune=F; the rest is guessed.")
    ] = [],  # noqa: B006 - Typer copies it
    steps: Annotated[
        list[str], typer.Option("--step", metavar="WORD=STEP", help="Such as cession=execution; =STEP for every row.")
    ] = [],  # noqa: B006
    dry_run: DryRun = False,
) -> None:
    """Record the acts of a spreadsheet: all or nothing, twice is once.

    Once officers have recorded acts, the file is brought to them instead: one of them records it on its page.
    """
    context, register = _open()
    octets = read_octets(file)
    table = read_sheet(octets)
    layout = layout_from_words(table, columns, steps)
    with context.database.transaction() as session:
        registers.lock(session)
        plan = judge(table, layout, register.places(session), _standing(session, register))
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
        recorded = _filled(session, context, register, plan, file, octets, dry_run=dry_run)
    if not recorded:
        reference = _bring(context, register, octets, file.name, Form.SHEET)
        sheets = Sheets(register)
        sheets.explain(reference, sheets.one(reference).row.version, lambda _table: layout, context.actor)
        return
    done = "could be recorded" if dry_run else "recorded"
    typer.echo(f"{len(plan.new)} act(s) {done}, {plan.known} already in the register.")


def _filled(
    session: Session,
    context: Context,
    register: Register,
    plan: Plan,
    file: Path,
    octets: bytes,
    *,
    dry_run: bool,
    correct: bool = False,
) -> bool:
    """Record what is new, when that is the host owner's to do; whether nothing is left for an officer."""
    if dry_run or not plan.new:
        return True
    if setup.officers_decided(session):
        return False
    sha256 = hashlib.sha256(octets).hexdigest()
    setup.fill(
        session, register, plan.new, actor=context.actor, file=clean(file.name, 200), sha256=sha256, correct=correct
    )
    return True


def _bring(context: Context, register: Register, octets: bytes, name: str, form: Form, *, correct: bool = False) -> str:
    """Keep the file for an officer, and say what now."""
    reference = Sheets(register).open(octets, name, context.actor, form=form, correct=correct)
    typer.echo(
        f"Nothing is recorded yet: the register holds acts that officers decided. {reference} waits: a legal officer "
        f"records it, or drops it, on its page (Rights > Import, /registre/import/{reference})."
    )
    return reference


def _open() -> tuple[Context, Register]:
    context = open_context()
    return context, Register(context.database, context.clock)


def _standing(session: Session, register: Register) -> list[tuple[str, Act]]:
    return [(one.row.key, one.act) for one in registers.recorded(session, register.places(session))]


def _tell_remarks(register: Register, acts: Sequence[Act]) -> None:
    """What the acts just recorded do not establish."""
    numbers = {act.number for act in acts}
    for number, remark in register.as_of(date.max).remarks if acts else ():
        if number in numbers:
            typer.echo(f"  {number}: {remark}", err=True)
