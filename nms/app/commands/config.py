"""`nms config`: configurations of devices, from the shell of the host's owner."""

from __future__ import annotations

from typing import Annotated

import typer

from collectors.terminal import offered_key
from inventory import service
from nms.app.bootstrap import Context, is_demo_here, open_context
from nms.app.commands import config_blocks, config_plans
from nms.base import ledger
from nms.base.errors import InputError, NotFound
from nms.ops.configs import access, diffs, store
from nms.ops.configs.backup import Backups, Done
from nms.ops.configs.models import Cause, ConfigVersion
from nms.ops.configs.rehearsal import rehearse

app = typer.Typer(help="Configurations of devices: backup, versions, search, host keys.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the device.")]
Number = Annotated[int | None, typer.Argument(help="Number of a version; the newest when left out.")]


@app.command("backup")
def backup(
    devices: Annotated[
        list[str] | None, typer.Argument(help="Names; every device with an SSH credential if none.")
    ] = None,
) -> None:
    """Read and keep configurations now; ends with exit code 1 when one did not come."""
    context = open_context()
    backups = Backups(context.database, context.settings, context.box, context.clock)
    if devices:
        done = [backups.one(name, Cause.MANUAL, context.actor) for name in devices]
        for one in done:
            typer.echo(_sentence(one), err=not one.good)
        failed = sum(not one.good for one in done)
    else:
        run = backups.run(Cause.MANUAL, context.actor)
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(run.outcomes.items())) or "nothing to do"
        took = (run.ended_at or run.started_at) - run.started_at
        typer.echo(f"{run.total} devices in {took.total_seconds():.0f} s: {outcomes}.")
        failed = run.failed
    context.database.dispose()
    raise typer.Exit(1 if failed else 0)


@app.command("versions")
def versions(name: Name) -> None:
    """List the versions of a device, the newest first."""
    context = open_context()
    with context.database.reading() as session:
        found = store.versions(session, access.access(session, name).device_id)
    context.database.dispose()
    for one in found:
        stamps = f"{one.at:%Y-%m-%d %H:%M} UTC  seen until {one.seen_at:%Y-%m-%d %H:%M}"
        typer.echo(f"{one.id:>6}  {stamps}  {one.cause.value:<13} {one.lines:>6} lines  by {one.author}")
    if not found:
        typer.echo(f"No version of {name} yet. Make one: nms config backup {name}")


@app.command("show")
def show(
    name: Name,
    number: Number = None,
    whole: Annotated[bool, typer.Option("--whole", help="With its secrets; the journal notes it.")] = False,
) -> None:
    """Print a version, without its secrets."""
    context = open_context()
    text, one = _text(context, name, number)
    if whole:
        with context.database.transaction() as session:
            ledger.append(
                session, kind="config.secrets_read", subject=name, actor=context.actor.name, at=context.clock.now(),
                after={"version": one.id},
            )  # fmt: skip
    with context.database.reading() as session:
        driver = access.access(session, name).driver
    context.database.dispose()
    typer.echo(text if whole else driver.redact(text), nl=False)


@app.command("diff")
def diff(
    name: Name,
    before: Annotated[int | None, typer.Argument(help="Number of a version; the one before the newest.")] = None,
    after: Number = None,
) -> None:
    """What changed between two versions, without secrets."""
    context = open_context()
    with context.database.reading() as session:
        of = access.access(session, name)
        known = [one.id for one in store.versions(session, of.device_id)]
        driver = of.driver
    if len(known) < 2 and before is None:
        raise InputError("one_version", f"{name} has {len(known)} version(s): there is nothing to compare.")
    later, _ = _text(context, name, after)
    earlier, _ = _text(context, name, before if before is not None else known[1])
    context.database.dispose()
    for line in diffs.unified(earlier, later, driver):
        typer.echo(line)


@app.command("search")
def search(
    pattern: Annotated[str, typer.Argument(help="What to look for; * stands for anything.")],
    without: Annotated[bool, typer.Option("--without", help="Name the devices that do not have it.")] = False,
) -> None:
    """Search the newest version of every device; secrets are neither shown nor found."""
    context = open_context()
    with context.database.reading() as session:
        drivers = access.drivers(session)
        if without:
            lines = store.without(session, context.box, pattern, drivers)
        else:
            hits = store.search(session, context.box, pattern, drivers)
            lines = [f"{hit.device}:{hit.number}: {hit.line}" for hit in hits]
    context.database.dispose()
    for line in lines:
        typer.echo(line)


@app.command("pin")
def pin(
    name: Name,
    fingerprint: Annotated[str, typer.Option(help="Confirm only this one (SHA256:...), without asking.")] = "",
) -> None:
    """Ask a device for its SSH host key and confirm it: compare the fingerprint at the device first."""
    service.refuse_in_demo(is_demo_here())
    context = open_context()
    with context.database.reading() as session:
        of = access.access(session, name)
    target = of.target(context.box, context.settings.network.management)
    key = offered_key(target, access.patience(context.settings.configuration))
    if of.pinned is not None and of.pinned != key:
        typer.echo(f"ATTENTION: another key is confirmed for {name}: {of.pinned.fingerprint}.", err=True)
    typer.echo(f"{name} ({target.host}, TCP {target.port}) offers {key.fingerprint} ({key.kind}).")
    if not fingerprint and not typer.confirm("Is it the fingerprint that the device itself shows?"):
        raise typer.Exit(1)
    with context.database.transaction() as session:
        access.pin(session, context.actor, context.clock.now(), name, str(key), fingerprint)
    context.database.dispose()
    typer.echo(f"{name}: confirmed.")


@app.command("rehearse")
def rehearsal(name: Name, number: Number = None) -> None:
    """Read the device, and say what would be sent to bring a version back, and whether that would be enough."""
    context = open_context()
    with context.database.reading() as session:
        of = access.access(session, name)
    wanted, one = _text(context, name, number)
    done = Backups(context.database, context.settings, context.box, context.clock).one(
        name, Cause.REHEARSAL, context.actor
    )
    if not done.good:
        raise NotFound("not_read", _sentence(done))
    running, _ = _text(context, name, None)
    context.database.dispose()
    found = rehearse(running, wanted, of.driver)
    for line in found.lines:
        typer.echo(of.driver.redact(line))
    typer.echo(f"{len(found.lines)} lines would bring version {one.id} back" + ("." if found.exact else ", except:"))
    for line in found.short:
        typer.echo(line)
    raise typer.Exit(0 if found.exact else 1)


def _text(context: Context, name: str, number: int | None) -> tuple[str, ConfigVersion]:
    """The text of a version, secrets included."""
    with context.database.reading() as session:
        of = access.access(session, name)
        one = store.latest(session, of.device_id) if number is None else store.version(session, number, of.device_id)
    if one is None:
        raise NotFound("no_config_version", f"There is no version of {name} yet: nms config backup {name}")
    return store.text_of(context.box, one), one


def _sentence(done: Done) -> str:
    if done.outcome == "stored":
        return f"{done.device}: stored as version {done.version_id}."
    return f"{done.device}: unchanged." if done.good else f"{done.device}: {done.message}"


config_blocks.register(app)
config_plans.register(app)
