"""`nms profile`: the families that are known, and the judgement of a file that describes one."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from collectors.base import SnmpCredential, SnmpTarget, SnmpVersion
from collectors.described import TEXT_LIMIT
from collectors.families import Known
from collectors.families import judge as judged
from collectors.probe import ProbeResult, probe
from collectors.profile import Profile, Rule, parse
from collectors.recording import MAX_OCTETS, ReplayClient
from collectors.recording import parse as parse_recording
from nms.app.bootstrap import home_of
from nms.app.own_families import own_families
from nms.base.errors import InputError, SettingsError
from nms.base.text import clean

app = typer.Typer(help="Families of devices, as data.", no_args_is_help=True)
_BYTES_PER_CHARACTER = 4


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Which families are known, how each is recognised, what is read of it."""
    known = _known()
    if as_json:
        told = [{**profile.model_dump(mode="json"), "own": profile.family in known.own} for profile in known.profiles]
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for profile in known.profiles:
        _tell(profile, own=profile.family in known.own)


@app.command("check")
def check(file: Annotated[Path, typer.Argument(help="The profile (YAML).", exists=True, dir_okay=False)]) -> None:
    """Judge a profile: every complaint at once, each with its line."""
    _tell(_read_profile(file), own=True)


@app.command("test")
def try_recording(
    file: Annotated[Path, typer.Argument(help="A recording: .snmprec or snmpwalk -On.", exists=True, dir_okay=False)],
    profile: Annotated[
        Path | None, typer.Option("--profile", help="A profile (YAML) to try as well.", exists=True, dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Replay a recording: which family it is and why, what is read of it, and what nothing reads."""
    families = {profile.family: profile for profile in _known().profiles}
    if profile is not None:
        own = _read_profile(profile, beside=False)
        families[own.family] = own
    with _complaints_told():
        client = ReplayClient(parse_recording(_text_of(file, MAX_OCTETS), file.name))
    target = SnmpTarget("127.0.0.1", 161, SnmpCredential(SnmpVersion.V2C))
    result = asyncio.run(probe(client, target, list(families.values())))
    why = _conditions(result.rule) if result.rule is not None else ""
    if as_json:
        told = {key: value for key, value in result.as_dict().items() if key != "address"}
        typer.echo(json.dumps({**told, "why": why, "unread": client.unread()}, ensure_ascii=False))
        return
    _tell_reading(result, why, client.unread())


def _known() -> Known:
    """The families of this shell's NMS_HOME; its unusable files are told."""
    return own_families(home_of(os.environ)).known()


def _read_profile(file: Path, *, beside: bool = True) -> Profile:
    """A profile; `beside` the bundled ones it may take the place of none unsaid."""
    with _complaints_told():
        return (judged if beside else parse)(_text_of(file, TEXT_LIMIT * _BYTES_PER_CHARACTER + 1, cut=True), file.name)


def _text_of(file: Path, limit: int, *, cut: bool = False) -> str:
    """The text of a file of at most `limit` octets; a longer one is refused, or cut for a reader with its own limit."""
    with file.open("rb") as stream:
        octets = stream.read(limit if cut else limit + 1)
    if not cut and len(octets) > limit:
        raise InputError("recording_refused", f"{file.name} has more than {limit} octets.")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("file_not_text", f"{file.name} is not text in UTF-8.") from error


@contextmanager
def _complaints_told() -> Iterator[None]:
    """Every complaint on a line of its own, then the end."""
    try:
        yield
    except SettingsError as error:
        for complaint in error.complaints:
            typer.echo(clean(complaint, 400), err=True)
        raise typer.Exit(1) from error


def _tell_reading(result: ProbeResult, why: str, unread: dict[str, int]) -> None:
    typer.echo(f"{result.family}  {result.vendor}  {result.model}".rstrip())
    typer.echo(f"  because: {why}" if why else "  no rule of any family holds")
    for reading in result.radio:
        verdict = f"{reading.value:.10g} {reading.unit}".rstrip() if reading.value is not None else "not usable"
        remark = f"  ({reading.reason})" if reading.reason else ""
        typer.echo(f"  {reading.metric.value}  {reading.oid}  raw {clean(reading.raw, 80)}  {verdict}{remark}")
    typer.echo(f"  {len(result.ports)} interfaces, {len(result.neighbours)} neighbours")
    for warning in result.warnings:
        typer.echo(f"  warning: {warning}")
    typer.echo(f"{sum(unread.values())} objects that nothing reads:")
    for root, count in unread.items():
        typer.echo(f"  {count:>6}  {root}")


def _tell(profile: Profile, *, own: bool = False) -> None:
    mark = ("  [own, replaces the bundled one]" if profile.replaces_bundled else "  [own]") if own else ""
    typer.echo(f"{profile.family}  {profile.vendor}  ({profile.role}){mark}")
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
