"""`nms config plan|plans|apply|rollback`: change plans from the shell of the host's owner; approving is for the web."""

from __future__ import annotations

import secrets
import sys
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from collectors.families import FOLDER, Families
from inventory import queries, service
from nms.app.bootstrap import Context, is_demo_here, open_context
from nms.app.halting import halted_by_signals
from nms.app.own_families import own_families
from nms.base.clock import meant
from nms.base.errors import InputError
from nms.base.text import clean, of_json
from nms.ops.change import again
from nms.ops.change.archive import Standing
from nms.ops.change.office import ENDING_S, Changes
from nms.ops.change.plan import Limits, PlanState, StepState
from nms.ops.change.trial import Outcome
from nms.ops.change.wanted import Wanted
from nms.ops.change.wish import read_wish
from nms.ops.change.world import World
from nms.ops.configs import access, diffs
from nms.ops.looking import Looker
from spectrum.register import Register

Reference = Annotated[str, typer.Argument(help="Reference of a plan, such as C-2026-0001.")]


def plan(
    file: Annotated[Path, typer.Argument(help="Lines under @name, name (docs/changes.md); - reads standard input.")],
    title: Annotated[str, typer.Option(help="What it is for.")] = "",
    keep: Annotated[bool, typer.Option("--keep", help="Keep it, to be approved on its page.")] = False,
    hours: Annotated[int, typer.Option(min=1, max=168, help="How long its window is, from now.")] = 4,
    until: Annotated[str, typer.Option(help="Last legal day for which radio states are meant, YYYY-MM-DD.")] = "",
    needed: Annotated[
        bool, typer.Option("--needed", help="Leave out devices that are so already; write no second plan for the same.")
    ] = False,
) -> None:
    """Show what a change would do to each device, and what would take it back; nothing is sent."""
    context = open_context()
    changes = _changes(context)
    text = _text(file)
    with context.database.reading() as session:
        known = [device.name for device in queries.poll_targets(session)]
    now = context.clock.now()
    wanted = Wanted(
        title or file.name, read_wish(text, known), now, now + timedelta(hours=hours), _day(until), limits=Limits()
    )
    prepared = changes.desk.preview(wanted)
    if needed:
        wanted = again.still_wanted(wanted, prepared)
        prepared = changes.desk.preview(wanted)
        if not wanted.lines:
            typer.echo("Nothing is to be changed: every device is so already.")
            return
        desk = changes.desk
        kept = again.waiting(desk.glances.unfinished(), lambda one: desk.one(one).plan, wanted, prepared, now)
        if kept:
            typer.echo(f"{kept} is there for the same already.")
            return
    drivers = changes.drivers([step.device for step in prepared.steps])
    for step in prepared.steps:
        driver = drivers[step.device]
        before, after = prepared.configurations[step.device]
        typer.echo(f"== {step.device}")
        for line in diffs.unified(before, after, driver)[2:]:
            typer.echo(line)
        typer.echo("-- what takes it back")
        typer.echo(driver.redact("\n".join(step.inverse)))
    with context.database.reading() as session:
        locked_out = access.locked_out(session, [step.device for step in prepared.steps])
    if locked_out:
        typer.echo(f"No SSH credential, or no confirmed key: nothing can be sent to {', '.join(locked_out)}.", err=True)
    for one in prepared.obstacles:
        typer.echo(f"{one.device}: {one.article + ': ' if one.article else ''}{one.why}", err=True)
    prepared.refuse()
    if keep:
        service.refuse_in_demo(is_demo_here())
        reference = changes.desk.create(wanted, context.actor, secrets.token_hex(16))
        typer.echo(f"{reference} is kept: another person approves it on its page.")
    context.database.dispose()


def plans() -> None:
    """List the newest plans."""
    context = open_context()
    for one in _changes(context).desk.glances.newest(50):
        confirmed = sum(state is StepState.CONFIRMED for state in one.states)
        missing = ", ".join(one.lacking)
        tail = f"  missing: {missing}" if missing else f"  {one.why}" if one.why else ""
        typer.echo(f"{one.row.reference}  {one.state:<9} {confirmed}/{len(one.states)}  {one.row.title}{tail}")
    context.database.dispose()


def apply(reference: Reference) -> None:
    """Carry out an approved plan; ends with exit code 1 unless every device was confirmed.

    Told to end (Ctrl-C, SIGTERM), it begins no other device; one that is not done soon is unknown until it is read.
    """
    service.refuse_in_demo(is_demo_here())
    context = open_context()
    with closing(_looker(context, own_families(context.settings.home))) as looker:
        changes = _changes(context, looker)
        with halted_by_signals(changes.halt, ENDING_S, _CUT_SHORT.format(reference=reference)):
            changes.run(reference, context.actor)
    ended = changes.desk.glances.one(reference)
    _report(ended)
    context.database.dispose()
    raise typer.Exit(0 if ended.state is PlanState.DONE else 1)


def dry_run(reference: Reference) -> None:
    """Let each device that can say which lines of a plan it would not take; nothing is entered."""
    service.refuse_in_demo(is_demo_here())
    context = open_context()
    done = _changes(context).trials.run(reference, context.actor)
    for row in done.rows:
        typer.echo(f"{row.device:<24} {OUTCOMES[row.outcome]}{'  ' + row.why if row.why else ''}")
        for line, words in row.refused:
            typer.echo(f"    {line.strip()}\n        {words}")
    context.database.dispose()
    raise typer.Exit(1 if any(row.outcome in (Outcome.REFUSED, Outcome.FAILED) for row in done.rows) else 0)


def rollback(reference: Reference) -> None:
    """Write the lines that take a plan back, as `nms config plan` reads them."""
    context = open_context()
    lines = _changes(context).desk.way_back(reference)
    typer.echo(lines, nl=False)
    if not lines:
        typer.echo(f"{reference} confirmed nothing that could still be taken back.", err=True)
    context.database.dispose()


_CUT_SHORT = (
    "{reference} was ended while a device was at work. Whether its change was taken is unknown: "
    "have the device read back on the page of the plan."
)
OUTCOMES = {
    Outcome.ACCEPTED: "takes every line",
    Outcome.REFUSED: "would refuse:",
    Outcome.NO_WAY: "has no dry run",
    Outcome.FAILED: "could not be asked",
}


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("file_unreadable", f"{file} cannot be read: {error}.") from error


def _day(word: str) -> date | None:
    try:
        return meant(date.fromisoformat(word)) if word else None
    except ValueError as error:
        raise InputError("bad_day", f"--until {clean(word, 40)}: write a day such as 2027-03-31.") from error


def register(app: typer.Typer) -> None:
    """Add these commands to `nms config`."""
    for command in (plan, plans, dry_run, apply, rollback):
        app.command(command.__name__.replace("_", "-"))(command)


def _report(ended: Standing) -> None:
    for step, state, why in zip(ended.row.steps, ended.states, ended.whys, strict=True):
        typer.echo(f"{step.device:<24} {state}{'  ' + why if why else ''}")
    for site in ended.row.reassignments:
        typer.echo(f"{site.site:<24} {site.state}{'  ' + of_json(site.why) if site.why else ''}")
    typer.echo(f"{ended.row.reference}: {ended.state}{'  ' + ended.why if ended.why else ''}")


def _changes(context: Context, looker: Looker | None = None) -> Changes:
    """The plans; `looker` counts subscribers of the devices of one that is carried out."""
    counter = looker or _looker(context, Families(context.settings.home / FOLDER))
    rights = Register(context.database, context.clock)
    changes = Changes(World(context.database, context.settings, context.box, context.clock, rights, counter))
    changes.recover()  # a plan that was ended with its process is told as stopped, not as running
    return changes


def _looker(context: Context, families: Families) -> Looker:
    return Looker(context.database, context.settings, context.clock, context.box, families)
