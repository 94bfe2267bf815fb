"""`nms credential`: what opens devices over SNMP and SSH. Secrets come from the environment or a prompt."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from inventory import credentials
from inventory.credentials import AuthProtocol, CredentialSecret, PrivProtocol
from inventory.models import CredentialKind
from nms.app.bootstrap import open_context
from nms.base.errors import InputError

app = typer.Typer(help="Credentials of SNMP and SSH, sealed at rest.", no_args_is_help=True)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name by which devices refer to it.")],
    version: Annotated[CredentialKind, typer.Option(help="SNMP version, or ssh.")] = CredentialKind.V2C,
    user: Annotated[str, typer.Option(help="v3, ssh: user name.")] = "",
    auth: Annotated[AuthProtocol | None, typer.Option(help="v3: authentication.", case_sensitive=False)] = None,
    priv: Annotated[PrivProtocol | None, typer.Option(help="v3: privacy.", case_sensitive=False)] = None,
    identity: Annotated[Path | None, typer.Option(help="ssh: file of a private key without passphrase.")] = None,
) -> None:
    """Add a credential or replace its secret.

    The secret is read from NMS_COMMUNITY (v1, v2c), NMS_V3_AUTH_KEY and NMS_V3_PRIV_KEY (v3), NMS_SSH_PASSWORD (ssh),
    else asked for; a private key of SSH from the file of --identity.
    """
    if version is CredentialKind.SSH:
        key = _text_of(identity) if identity else ""
        password = "" if identity else _secret("NMS_SSH_PASSWORD", "Password")
        secret = CredentialSecret(version=version, user=user, password=password, private_key=key)
    elif version is CredentialKind.V3:
        secret = CredentialSecret(
            version=version,
            user=user,
            auth=auth,
            auth_key=_secret("NMS_V3_AUTH_KEY", "Authentication passphrase") if auth else "",
            priv=priv,
            priv_key=_secret("NMS_V3_PRIV_KEY", "Privacy passphrase") if priv else "",
        )
    else:
        community = _secret("NMS_COMMUNITY", "Community")
        secret = CredentialSecret(version=version, community=community, user=user, auth=auth, priv=priv)
    context = open_context()
    with context.database.transaction() as session:
        credentials.save_credential(session, context.box, context.actor, context.clock.now(), name, secret)
    context.database.dispose()
    typer.echo(f"{name}: saved ({version.value}).")


@app.command("list")
def list_() -> None:
    """List the credentials; their secrets are never shown."""
    context = open_context()
    with context.database.reading() as session:
        found = credentials.list_credentials(session)
    context.database.dispose()
    for credential in found:
        typer.echo(f"{credential.name}  {credential.kind.value}  used by {credential.devices} devices")
    if not found:
        typer.echo("No credential yet. Add one: nms credential add NAME --version v2c")


@app.command("remove")
def remove(name: Annotated[str, typer.Argument(help="Name of the credential.")]) -> None:
    """Forget a credential that no device uses."""
    context = open_context()
    with context.database.transaction() as session:
        credentials.remove_credential(session, context.actor, context.clock.now(), name)
    context.database.dispose()
    typer.echo(f"{name}: removed.")


def _text_of(file: Path) -> str:
    try:
        return file.read_text("ascii")
    except UnicodeDecodeError as error:
        raise InputError("bad_key_file", f"{file} is not a private key.", file=str(file)) from error


def _secret(variable: str, question: str) -> str:
    given = os.environ.get(variable)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise InputError("no_secret", f"No secret was given: set {variable}, or run the command in a terminal.")
    answer: str = typer.prompt(question, hide_input=True)
    return answer
