"""`nms register reminders`: which reminders are due and not sent; with `--send`, send them now."""

from __future__ import annotations

from typing import Annotated

import typer

from nms.app.bootstrap import open_context
from nms.app.serving import reminding_of
from nms.base.errors import InputError
from nms.ops.reminding import Letter
from spectrum.register import Register


def reminders(
    send: Annotated[bool, typer.Option("--send", help="Send them by mail, whatever the hour.")] = False,
) -> None:
    """Reminders at 180, 90 and 30 days that are due and not sent. Exit status 1 when one could not be sent."""
    context = open_context()
    reminding = reminding_of(context, Register(context.database, context.clock))
    if not send:
        found = reminding.due()
        for letter in found:
            typer.echo(_line(letter))
        if not found:
            typer.echo("No reminder is due.")
        return
    if not reminding.sends():
        raise InputError(
            "no_mail",
            "No mail is set up: name mail.host, mail.sender and mail.recipients in nms.toml."
            if not context.settings.simulated
            else "The demo network sends no mail.",
        )
    told = reminding.send()
    for letter, why in told:
        typer.echo(f"{_line(letter)}  {why or 'sent'}", err=bool(why))
    if not told:
        typer.echo("No reminder is due.")
    if any(why for _letter, why in told):
        raise typer.Exit(1)


def _line(letter: Letter) -> str:
    one, concern = letter.reminder, letter.concern
    late = "  late" if one.late else ""
    whom = f"{len(concern.stations)} station(s), {concern.inhabitants} inhabitant(s)"
    return f"{one.term.last}  {one.threshold} days  {one.term.number}  {one.term.text}  {whom}{late}"
