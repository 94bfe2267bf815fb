"""`nms user`: who may log in, and tokens, from the shell of the host's owner."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy import select

from nms.app.bootstrap import open_context
from nms.base import ledger
from nms.base.errors import InputError
from nms.base.permissions import Permission, Role
from web import users
from web.users import User

app = typer.Typer(help="Users and tokens.", no_args_is_help=True)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Login name.")],
    role: Annotated[list[Role], typer.Option(help="Role; may be given several times.")],
    commune: Annotated[list[str] | None, typer.Option(help="INSEE code in the scope of the role commune.")] = None,
) -> None:
    """Add a user; the password comes from NMS_PASSWORD or a prompt, never from the command line."""
    password = _password()
    context = open_context()
    with context.database.transaction() as session:
        users.create_user(session, context.actor, context.clock.now(), name, password, role, commune or ())
    typer.echo(f"{name}: added with {', '.join(sorted(role))}.")


@app.command("list")
def list_users() -> None:
    """List the users."""
    context = open_context()
    with context.database.reading() as session:
        for user in session.scalars(select(User).order_by(User.name)):
            state = "active" if user.active else "locked"
            scope = ", ".join(json.loads(user.scope))
            typer.echo(f"{user.name}\t{state}\t{', '.join(json.loads(user.roles))}\t{scope}")


@app.command("password")
def password(name: Annotated[str, typer.Argument(help="Login name.")]) -> None:
    """Set a user's password; their sessions end."""
    word = _password()
    context = open_context()
    with context.database.transaction() as session:
        users.set_password(session, users.user_named(session, name), word)
        after = {"password": "changed"}
        ledger.append(session, kind="user", subject=name, actor=context.actor.name, at=context.clock.now(), after=after)
    typer.echo(f"{name}: password changed.")


@app.command("disable")
def disable(name: Annotated[str, typer.Argument(help="Login name.")]) -> None:
    """Lock a user out, at once."""
    _set_active(name, active=False)


@app.command("enable")
def enable(name: Annotated[str, typer.Argument(help="Login name.")]) -> None:
    """Let a locked user in again."""
    _set_active(name, active=True)


@app.command("token")
def token(
    name: Annotated[str, typer.Argument(help="Name of the token.")],
    scope: Annotated[list[Permission], typer.Option(help="Permission; may be given several times.")],
    days: Annotated[int | None, typer.Option(min=1, help="Days until it ends; without it, it does not end.")] = None,
) -> None:
    """Make a token for the API or for Prometheus (`--scope metrics:read`); it is shown once."""
    context = open_context()
    life = timedelta(days=days) if days else None
    with context.database.transaction() as session:
        typer.echo(users.issue_token(session, context.actor, context.clock.now(), name, scope, life))


def _set_active(name: str, *, active: bool) -> None:
    context = open_context()
    with context.database.transaction() as session:
        users.set_active(session, context.actor, context.clock.now(), name, active)
    typer.echo(f"{name}: {'active' if active else 'locked'}.")


def _password() -> str:
    given = os.environ.get("NMS_PASSWORD")
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise InputError("no_secret", "No password was given: set NMS_PASSWORD, or run the command in a terminal.")
    return str(typer.prompt("Password (12 characters or more)", hide_input=True, confirmation_prompt=True))
