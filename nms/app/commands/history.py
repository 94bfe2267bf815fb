"""`nms history`: what the history holds, and sealing by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from nms.app.bootstrap import Context, open_context
from nms.base.clock import epoch_s, from_epoch
from nms.base.errors import StoreUnavailable
from nms.ops import sealing
from nms.ops.history import Space
from nms.ops.history_layout import SCALES
from nms.ops.history_sqlite import SqliteStore
from nms.ops.sealing import Sealer

app = typer.Typer(help="The history of samples: what it holds, and sealing of old days.", no_args_is_help=True)
HOUR_S = 3600


@app.callback()
def group() -> None:
    """The history of samples."""


@app.command("status")
def status(
    verify: Annotated[bool, typer.Option(help="Compare every sealed file with the digest of its sealing.")] = False,
) -> None:
    """What each part of the history holds and takes, how long it is kept, and which days wait to be sealed."""
    context = open_context()
    keep, now_s = context.settings.history, epoch_s(context.clock.now())
    kept = {
        "raw": f"{keep.raw_hours} h",
        "hourly": f"{keep.hourly_days} d",
        "daily": f"{keep.daily_days} d",
        "sealed": f"{keep.sealed_days} d",
    }
    sealer = _sealer(context)
    typer.echo(f"{'part':<8} {'kept':>8} {'rows':>12} {'MB':>10}  oldest")
    for one in _measured(context, now_s):
        oldest = f"{from_epoch(one.oldest_s):%Y-%m-%d %H:%M} UTC" if one.oldest_s is not None else "-"
        typer.echo(f"{one.what:<8} {kept[one.what]:>8} {one.rows:>12} {one.octets / 1e6:>10.2f}  {oldest}")
    waiting = sealer.waiting(now_s - keep.raw_hours * HOUR_S)
    if not sealing.available():
        typer.echo(sealing.INSTALL)
    elif not keep.seal:
        typer.echo("Sealing is off (history.seal = false): raw samples are deleted when they are old.")
    else:
        typer.echo(f"{len(waiting)} day(s) wait to be sealed.")
    if verify:
        wrong = sealer.verify()
        if wrong:
            raise StoreUnavailable(
                "sealed_differs", f"Not what was sealed: {', '.join(wrong)}. Restore them from a backup."
            )
        typer.echo("Every sealed file is what was sealed.")


@app.command("seal")
def seal() -> None:
    """Seal now every day that is older than the raw retention; beside a running program too."""
    context = open_context()
    now_s = epoch_s(context.clock.now())
    done = _sealer(context).seal(now_s - context.settings.history.raw_hours * HOUR_S, now_s)
    for day in done:
        typer.echo(f"{day.file}: {day.rows} rows, {day.octets / 1e6:.2f} MB, sha256 {day.digest}")
    typer.echo(f"{len(done)} day(s) sealed.")


def _sealer(context: Context) -> Sealer:
    """The sealer of this home; the store is created when there is none yet."""
    path = context.settings.home / sealing.STORE_FILE
    SqliteStore(path).close()
    return Sealer(path, SCALES)


def _measured(context: Context, now_s: int) -> list[Space]:
    store = SqliteStore(context.settings.home / sealing.STORE_FILE)
    try:
        return store.measure(now_s)
    finally:
        store.close()
