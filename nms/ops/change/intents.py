"""What configurations should say: golden blocks as data, filled in from the inventory, compared with what runs. Pure.

An intent is a YAML file (docs/changes.md). Its lines are a Jinja2 template; every value that enters them has a form of
its own, so that no name of a commune becomes a second command. A device complies when entering the lines would change
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import Field, model_validator

from collectors.described import Name, Pattern, Strict, read
from collectors.driver import HIDDEN
from nms.base.errors import InputError, SettingsError
from nms.base.text import Said, clean, say
from nms.ops.change.grammar import Grammar, Tree, applied, beyond, parsed, telling, way
from nms.ops.change.likeness import same
from nms.ops.change.prepare import Subject

FOLDER = "intents"
LINES_MOST = 2_000
Value = str | int | float
Facts = Mapping[str, object]
"""What the inventory knows of a device: `name`, `label`, `role`, `family`, `address`, `site`, `commune`, `insee`,
`department`, and `sectors`, `hotspots`, `ports` as lists of such facts (`web` and the shell give the same)."""


class Kind(StrEnum):
    """What a variable may be; each has one written form."""

    WORD = "word"
    TEXT = "text"
    INT = "int"
    IP = "ip"
    NETWORK = "network"
    KHZ = "khz"


_FORMS: Mapping[Kind, str] = {
    Kind.WORD: r"[A-Za-z0-9][A-Za-z0-9._/-]{0,62}",
    Kind.TEXT: r"[^\W_][\w .,:'’()/+-]{0,79}",
    Kind.INT: r"-?[0-9]{1,12}",
    Kind.KHZ: r"[0-9]{5,8}",
}


class Variable(Strict):
    """A value of the lines: a fact of the inventory (`fact`), or the same for all (`value`); `pattern` narrows it."""

    kind: Kind = Field(strict=False)
    fact: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")] | None = None
    value: str | int | float | None = None
    pattern: Pattern | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Variable:
        if (self.fact is None) == (self.value is None):
            raise ValueError("either fact or value")
        return self

    def checked(self, name: str, value: object) -> Value:
        """The value in its written form.

        Raises:
            InputError: it has not the form of its kind.
        """
        text = str(value if value is not None else "")
        good = text.isprintable() and _has_form(self.kind, text)
        if not good or (self.pattern and not re.fullmatch(self.pattern, text)):
            shown = clean(text, 60) if self.fact else HIDDEN  # what a file says may be a secret
            raise InputError(
                "bad_intent_value",
                say("{name}: “{value}” is not of the kind {kind}", name=name, value=shown, kind=self.kind),
            )
        return int(text) if self.kind in (Kind.INT, Kind.KHZ) else text


class Intent(Strict):
    """A block that the configurations of some devices should hold.

    `drivers`, `families` and `roles` choose the devices; an empty one chooses all. `each` repeats the lines for every
    `sectors`, `hotspots` or `ports` of a device, whose facts come before those of the device.
    """

    name: Name
    label: str
    drivers: tuple[Name, ...] = ()
    families: tuple[Name, ...] = ()
    roles: tuple[Name, ...] = ()
    each: Annotated[str, Field(pattern=r"^(sectors|hotspots|ports)$")] | None = None
    variables: dict[Name, Variable] = Field(default_factory=dict)
    lines: Annotated[str, Field(min_length=1, max_length=20_000)]

    def chooses(self, facts: Facts, driver: str) -> bool:
        """Whether a device is among those that it is for."""
        return (
            (not self.drivers or driver in self.drivers)
            and (not self.families or facts.get("family") in self.families)
            and (not self.roles or facts.get("role") in self.roles)
        )

    def filled(self, facts: Facts) -> list[str]:
        """The lines for one device.

        Raises:
            InputError: a value is missing or has not the form of its kind, or the template has a fault.
        """
        parts = facts.get(self.each, ()) if self.each else ({},)
        lines: list[str] = []
        for part in parts if isinstance(parts, (list, tuple)) else ():
            known = {**facts, **part}
            values = {
                name: one.checked(name, known.get(one.fact) if one.fact else one.value)
                for name, one in self.variables.items()
            }
            try:
                text = _template(self.lines).render(values)
            except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
                why = clean(str(error), 120)
                raise InputError("bad_intent", say("{intent}: {why}", intent=self.name, why=why)) from error
            lines += [line.rstrip() for line in text.splitlines() if line.strip()]
        if len(lines) > LINES_MOST:
            raise InputError("bad_intent", say("{intent}: more than {most} lines", intent=self.name, most=LINES_MOST))
        return lines


_TEMPLATES = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@lru_cache(maxsize=256)
def _template(lines: str) -> Template:
    """The same lines are for many devices."""
    return _TEMPLATES.from_string(lines)


@dataclass(frozen=True, slots=True)
class Compliance:
    """One device against one intent: `missing` is what would have to be entered, in which case it `lacks` lines or has
    some that are `extra`, `differ` in all.

    `why` tells what cannot be judged; such a device is neither compliant nor not.
    """

    device: str
    intent: str
    missing: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    differ: int = 0
    why: Said | str = ""

    @property
    def judged(self) -> bool:
        """Whether anything can be said."""
        return not self.why

    @property
    def complies(self) -> bool:
        """Whether entering the lines would change nothing."""
        return self.judged and not self.differ


@dataclass(frozen=True, slots=True)
class Rendered:
    """A block filled in for one device: its lines as they would be entered, none where they cannot be.

    `telling` says of each line whether entering it would change something; empty where nothing is compared.
    """

    intent: Intent
    lines: tuple[str, ...]
    telling: tuple[bool, ...]
    stands: Compliance


def judged(chosen: Iterable[Intent], device: str, facts: Facts, subject: Subject | None) -> list[Compliance]:
    """A device against the intents that are for it."""
    return [one.stands for one in rendered(chosen, device, facts, subject)]


def rendered(chosen: Iterable[Intent], device: str, facts: Facts, subject: Subject | None) -> list[Rendered]:
    """The intents that are for a device filled in, and how it stands to them; `subject` None: it was never read."""
    family, found = subject.family if subject else None, list[Rendered]()
    running = parsed(subject.running, family.grammar) if subject and family else {}
    for intent in chosen:
        try:
            lines = tuple(intent.filled(facts))
        except InputError as error:
            found.append(Rendered(intent, (), (), Compliance(device, intent.name, why=error.message)))
        else:
            found.append(
                _compared(intent, device, lines, running, family.grammar)
                if family
                else Rendered(intent, lines, (), Compliance(device, intent.name, why=_NO_WAY if subject else _UNREAD))
            )
    return found


_UNREAD = say("its configuration has never been read: back it up first")
_NO_WAY = say("its command line has no way to take lines back one by one: it is not changed from here")


def _compared(intent: Intent, device: str, lines: tuple[str, ...], running: Tree, grammar: Grammar) -> Rendered:
    wanted = applied(running, lines, grammar)
    if same(running, wanted, grammar):
        return Rendered(intent, lines, (False,) * len(lines), Compliance(device, intent.name))
    stands = Compliance(
        device,
        intent.name,
        missing=tuple(way(running, wanted, grammar)),
        lacks=tuple(beyond(running, wanted)),
        extra=tuple(beyond(wanted, running)),
        differ=len(running.keys() ^ wanted.keys()),
    )
    return Rendered(intent, lines, tuple(telling(lines, running, wanted, grammar)), stands)


def files(home: Path) -> dict[str, bytes]:
    """The files of a home folder that hold intents, by name; empty where one cannot be read."""
    found: dict[str, bytes] = {}
    for path in sorted((home / FOLDER).glob("*.yaml")):
        try:
            found[path.name] = path.read_bytes()
        except OSError:
            found[path.name] = b""
    return found


def load(texts: Mapping[str, bytes]) -> tuple[list[Intent], list[str]]:
    """The intents of files, and every complaint about those that are left out, which begins with the file's name."""
    found: dict[str, Intent] = {}
    complaints: list[str] = []
    for file, text in texts.items():
        try:
            intent = read(text.decode("utf-8"), file, Intent)
        except SettingsError as error:
            complaints += error.complaints
        except UnicodeDecodeError as error:
            complaints.append(f"{file}: {error}")
        else:
            if intent.name in found:
                complaints.append(f"{file}: an intent of the name {intent.name} is there already")
            else:
                found[intent.name] = intent
    return list(found.values()), complaints


def wish_of(found: Iterable[Compliance]) -> dict[str, Sequence[str]]:
    """The lines that bring every device that drifted to what is intended (`wish.written` writes them)."""
    wanted: dict[str, list[str]] = {}
    for one in found:
        if one.judged and not one.complies:
            wanted.setdefault(one.device, []).extend(one.missing)
    return dict(wanted)


def _has_form(kind: Kind, text: str) -> bool:
    if kind in _FORMS:
        return re.fullmatch(_FORMS[kind], text) is not None
    try:
        (ip_address if kind is Kind.IP else ip_network)(text)
    except ValueError:
        return False
    return True
