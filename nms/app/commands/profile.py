"""`nms profile`: the families that are known, and the judgement of a file that describes one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from collectors.profile import TEXT_LIMIT, Profile, Rule, bundled, parse
from nms.base.errors import InputError, SettingsError
from nms.base.text import clean

app = typer.Typer(help="Families of devices, as data.", no_args_is_help=True)
_BYTES_PER_CHARACTER = 4


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Which families are known, how each is recognised, what is read of it."""
    if as_json:
        typer.echo(json.dumps([profile.model_dump(mode="json") for profile in bundled()], ensure_ascii=False))
        return
    for profile in bundled():
        _tell(profile)


@app.command("check")
def check(file: Annotated[Path, typer.Argument(help="The profile (YAML).", exists=True, dir_okay=False)]) -> None:
    """Judge a profile: every complaint at once, each with its line."""
    with file.open("rb") as stream:
        octets = stream.read(TEXT_LIMIT * _BYTES_PER_CHARACTER + 1)
    try:
        profile = parse(octets.decode("utf-8"), file.name)
    except UnicodeDecodeError as error:
        raise InputError("profile_refused", f"{file.name} is not text in UTF-8.") from error
    except SettingsError as error:
        for complaint in error.complaints:
            typer.echo(clean(complaint, 400), err=True)
        raise typer.Exit(1) from error
    _tell(profile)


def _tell(profile: Profile) -> None:
    typer.echo(f"{profile.family}  {profile.vendor}  ({profile.role})")
    for rule in sorted(profile.rules, key=lambda rule: -rule.score):
        typer.echo(f"  {rule.score:>3}  {_conditions(rule)}")
    for item in profile.radio:
        doubt = f"  never used: {item.unusable}" if item.unusable else ""
        typer.echo(f"       {item.metric.value} {item.unit}  {item.oid}{doubt}")


def _conditions(rule: Rule) -> str:
    """The conditions of a rule in one line; all of them must hold."""
    parts = []
    if rule.object_id:
        parts.append(f"sysObjectID under {' or '.join(rule.object_id)}")
    if rule.descr is not None:
        parts.append(f"sysDescr matches {rule.descr}")
    if rule.probe is not None:
        parts.append(f"has {rule.probe.oid}" + (f" matching {rule.probe.value}" if rule.probe.value else ""))
    return ", ".join(parts)
