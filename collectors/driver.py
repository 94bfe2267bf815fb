"""How to talk to a family of devices over SSH, as data: the schema of the YAML files in `drivers/`, and their use.

A driver knows which command shows the running configuration, what a whole one looks like, what a refusal looks like,
and which parts of a line are secrets. What reads a device with it is `collectors.terminal` (docs/configuration.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from collectors.described import Name, Pattern, Strict, Written, written
from nms.base.errors import BadAnswer, InputError, NotFound, SettingsError
from nms.base.text import clean, say

HIDDEN = "***"
_ITS_OWN = frozenset({"name", "label", "families"})
"""Keys that a driver never takes from the one that it is like."""
"""What stands where a secret stood."""

_PAGER = re.compile(r"^\s{0,8}(--|<-+)\s?more\b", re.IGNORECASE | re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BACKSPACES = re.compile(r"[^\n\x08]\x08")
_OCTET = re.compile(r"\\x[89a-f][0-9a-f]")
"""How an octet that is no UTF-8 is told (`collectors.pinning`): nobody can type it again."""
_BEFORE = r"(?:[-+] {0,4})?(?:[^\s#>]{1,80}[#>] ?)?(?:(?:line \d{1,6}: ?)?% ?[^:\n]{1,60}: ?)? {0,20}(?:no )?"
"""What may stand before a line: the sign of a difference, a prompt, the words of a device that refuses it and repeats
it, what takes it back; a secret behind it is one."""

_EDGE = 3
"""Lines at either end of an answer in which a device says that something failed."""

_HEAD = 10
"""Lines in which the beginning of a whole configuration stands."""

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x20-\x7e]+$")]


class Confirm(Strict):
    """A change that undoes itself unless it is confirmed in time; `{minutes}` stands for the delay.

    `needs` says what the device must be set up with for these commands to exist.
    """

    start: Line
    confirm: Line
    abort: Line
    needs: str = ""


class Guard(Strict):
    """A watch that a device's own shell keeps: it takes a change back unless it is called off in time.

    `arm` reads the lines that take the change back from its standard input and returns at once; `{seconds}` stands for
    the delay. `disarm` calls it off, or waits for it to end when it acts already.
    """

    arm: Annotated[str, Field(min_length=1, max_length=2_000)]
    disarm: Annotated[str, Field(min_length=1, max_length=2_000)]


class DryRun(Strict):
    """How a device checks lines without entering them, by its own shell.

    `command` reads the lines from its standard input and changes nothing. `refused` matches what it says of a line that
    it would not take: groups `number` (from 1) and `answer`.
    """

    command: Annotated[str, Field(min_length=1, max_length=2_000)]
    refused: Pattern

    @model_validator(mode="after")
    def _groups_are_named(self) -> DryRun:
        for name in ("number", "answer"):
            if f"(?P<{name}>" not in self.refused:
                raise ValueError(f"refused: it has no group (?P<{name}>...)")
        return self


class Radio(Strict):
    """How the family writes its radios; every pattern matches one whole line (docs/configuration.md).

    `head` opens a radio's section and names it (group `radio`); `centre` and `width` have a group `value` and may have
    a group `unit` (kHz, MHz, GHz). `silence` is the line that silences it, `watched` any other line that is about it.
    """

    head: Pattern
    centre: Pattern
    width: Pattern
    silence: Line
    unit: Literal["kHz", "MHz", "GHz"] = "kHz"
    watched: tuple[Pattern, ...] = ()

    @model_validator(mode="after")
    def _groups_are_named(self) -> Radio:
        if "(?P<radio>" not in self.head:
            raise ValueError("head: it has no group (?P<radio>...)")
        for name, pattern in (("centre", self.centre), ("width", self.width)):
            if "(?P<value>" not in pattern:
                raise ValueError(f"{name}: it has no group (?P<value>...)")
        return self


class Driver(Strict):
    """One way of talking. Every pattern is matched line by line.

    `like` names a driver that holds wherever this one says nothing; name, label and families are each one's own.
    `begins` stands within the first lines of a whole configuration, `ends` is the whole of its last one. `secrets` have
    a group named `secret`. `negate` goes before a line to take it back; without it, nothing can be undone line by line.
    `stays` is a section that no line takes back: it is gone when it is empty. `defaults` match lines that are so
    without being shown: the line that takes one back (`no ...`) is shown. `bare` match the beginnings of lines that are
    taken back by their beginning alone (`no description`). `ordered` match heads of sections, or beginnings of lines,
    among which order counts (access lists without numbers); `shuffled` match those of them, head or beginning, that the
    device shows in an order of its own. `together` match the beginnings of lines that all go with any of them.
    `commands` match lines that configuration mode takes and that are no configuration (`do reload`): no plan sends one.
    `texts` match lines that open a text of several lines, ended by a mark of its own (a banner, a certificate): no plan
    sends one either, nor takes one away.
    `hier` names the platform of hier-config that understands the configuration; without it, no delta is computed.
    `start` is the program that is the command line, where the user's login is a shell; `columns` is how wide a terminal
    it is offered: a longer line is echoed in two by some, and its answer then not found.
    `configure` and `leave` open and close configuration mode. `singles` match lines of which a section has one at most:
    the same is what the pattern matches, or its groups where it has any. `closers` match lines without meaning.
    """

    name: Name
    label: str
    like: Name | None = None
    netmiko: Name
    families: tuple[Name, ...] = ()
    show: Line
    begins: Pattern | None = None
    ends: Pattern | None = None
    strip: tuple[Pattern, ...] = ()
    error: Pattern
    save: Line | None = None
    saved: Pattern | None = None
    negate: Line | None = None
    comment: Pattern | None = None
    stays: Pattern | None = None
    defaults: tuple[Pattern, ...] = ()
    bare: tuple[Pattern, ...] = ()
    ordered: tuple[Pattern, ...] = ()
    shuffled: tuple[Pattern, ...] = ()
    together: tuple[Pattern, ...] = ()
    commands: tuple[Pattern, ...] = (r"do\b.*",)
    texts: tuple[Pattern, ...] = ()
    hier: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,30}$")] | None = None
    secrets: tuple[Pattern, ...]
    start: Line | None = None
    columns: Annotated[int, Field(ge=80, le=10_000)] = 511
    configure: Line = "configure terminal"
    leave: Line = "end"
    singles: tuple[Pattern, ...] = ()
    closers: tuple[Pattern, ...] = (r"!.*", r"exit.*", r"end")
    radio: Radio | None = None
    confirm: Confirm | None = None
    guard: Guard | None = None
    dry_run: DryRun | None = None
    rollback: Line | None = None

    @field_validator("secrets")
    @classmethod
    def _secrets_are_named(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            if "(?P<secret>" not in pattern:
                raise ValueError(f"“{pattern}” has no group (?P<secret>...)")
        return patterns

    @model_validator(mode="after")
    def _can_tell_a_whole_one(self) -> Driver:
        if self.begins is None and self.ends is None:
            raise ValueError("begins or ends: without either, half a configuration looks like a whole one")
        if self.save is not None and self.saved is None:
            raise ValueError("saved: what the device says when it has saved")
        return self

    @cached_property
    def _hiding(self) -> tuple[re.Pattern[str], ...]:
        started = (f"^{_BEFORE}{pattern[1:]}" if pattern.startswith("^") else pattern for pattern in self.secrets)
        return tuple(re.compile(pattern) for pattern in started)

    def redact(self, text: str) -> str:
        """The text with every secret that the driver knows of replaced by `***`; lines keep their number."""
        return "\n".join(self._without_secrets(line) for line in text.split("\n"))

    def _without_secrets(self, line: str) -> str:
        for pattern in self._hiding:
            line = pattern.sub(_without_secret, line)
        return line

    def refusal(self, answer: str) -> str:
        """The line with which a device refuses, cleaned for a person; empty when it does not."""
        lines = [line for line in answer.splitlines() if line.strip()]
        at_the_edges = lines if len(lines) <= 2 * _EDGE else lines[:_EDGE] + lines[-_EDGE:]
        found = next((line for line in at_the_edges if re.search(self.error, line)), "")
        return clean(self.redact(found))

    def whole(self, answer: str) -> str:
        """The configuration that an answer holds, without the lines that change by themselves; ends with a line feed.

        Raises:
            BadAnswer: it is empty, an error, stopped at a pager, or has no beginning or end: it must not be stored.
        """
        text = plain(answer)
        lines = [line.rstrip() for line in text.split("\n")]
        while lines and not lines[-1]:
            lines.pop()
        if not any(lines):
            raise BadAnswer("configuration_empty", say("The device answered with nothing."))
        refused = self.refusal(text)
        if refused:
            raise BadAnswer(
                "configuration_refused",
                say("The device refused “{command}”: {answer}", command=self.show, answer=refused),
                answer=refused,
            )
        if _PAGER.search(text):
            raise BadAnswer(
                "configuration_paged", say("The device stopped at a page: its paging could not be turned off.")
            )
        filled = [line for line in lines if line]
        if self.begins and not any(re.search(self.begins, line) for line in filled[:_HEAD]):
            raise _cut(say("its beginning is missing"), len(filled))
        if self.ends and not re.fullmatch(self.ends, filled[-1]):
            raise _cut(say("its end is missing"), len(filled))
        kept = [line for line in lines if not any(re.fullmatch(pattern, line) for pattern in self.strip)]
        return "\n".join(kept).strip("\n") + "\n"


def plain(answer: str) -> str:
    """A terminal's output as lines: line feeds only, nothing that moves a cursor."""
    text = answer.replace("\r\n", "\n").replace("\r", "\n")
    while "\x08" in text:  # a pager wipes itself out with backspaces
        shorter = _BACKSPACES.sub("", text)
        if shorter == text:
            break
        text = shorter
    return _CONTROL.sub("", text)


def one_line(line: str) -> str:
    """A line that may be sent to a device: it is one line, and a person sees all of it.

    Raises:
        InputError: it holds a control character, a line break of any script, an octet that is no text, a question mark,
            which a command line answers at once, or more than 1,000 characters.
    """
    if len(line) > 1_000 or not line.isprintable() or "\u2028" in line or "\u2029" in line:
        raise InputError(
            "bad_cli_line",
            say("“{line}” is not one line of printable text: it is not sent.", line=clean(line, 80)),
            value=clean(line, 80),
        )
    if _OCTET.search(line):
        raise InputError(
            "bad_cli_line",
            say("“{line}” holds an octet that is no text: it is not sent.", line=clean(line, 80)),
            value=clean(line, 80),
        )
    if "?" in line:
        raise InputError(
            "bad_cli_line",
            say("“{line}” holds a question mark, which a command line takes for a wish for help: it is not sent.",
                line=clean(line, 80)),
            value=clean(line, 80),
        )  # fmt: skip
    return line


def _without_secret(match: re.Match[str]) -> str:
    start, end = (place - match.start() for place in match.span("secret"))
    text = match.group(0)
    return text if start < 0 else text[:start] + HIDDEN + text[end:]


def _cut(what: str, lines: int) -> BadAnswer:
    return BadAnswer(
        "configuration_truncated",
        say("The configuration is not whole ({lines} lines came): {what}.", lines=lines, what=what),
        lines=lines,
    )


def load(texts: Mapping[str, str]) -> dict[str, Driver]:
    """Drivers by name, from file name -> YAML.

    Raises:
        SettingsError: every complaint of every file; two drivers of one name or for one family.
    """
    drivers: dict[str, Driver] = {}
    families: dict[str, str] = {}
    complaints: list[str] = []
    files: list[Written] = []
    for file, text in sorted(texts.items()):
        try:
            files.append(written(text, file))
        except SettingsError as error:
            complaints += error.complaints
    alone = {str(one.value("name")): one.data for one in files if one.value("like") is None}
    for one in files:
        file, like = one.file, alone.get(str(one.value("like")))
        shared = {key: value for key, value in like.items() if key not in _ITS_OWN} if isinstance(like, dict) else {}
        try:
            driver = one.judged(Driver, shared)
        except SettingsError as error:
            complaints += error.complaints
            continue
        if driver.like is not None and like is None:
            complaints.append(f"{file}: like: there is no driver {driver.like} that is like no other")
        if driver.name in drivers:
            complaints.append(f"{file}: a driver of the name {driver.name} is there already")
        for family in driver.families:
            if family in families:
                complaints.append(f"{file}: the family {family} has a driver already: {families[family]}")
            families[family] = driver.name
        drivers[driver.name] = driver
    if complaints:
        raise SettingsError(complaints)
    return drivers


@lru_cache(maxsize=1)
def bundled() -> Mapping[str, Driver]:
    """The drivers that come with the program, by name."""
    return load(dict(_texts()))


def _texts() -> Iterator[tuple[str, str]]:
    for file in (files("collectors") / "drivers").iterdir():
        if file.name.endswith(".yaml"):
            yield file.name, file.read_text("utf-8")


FOLDER = "drivers"
_OWN: dict[str, Driver] = {}


def take_own(home: Path) -> list[str]:
    """Take in one's own drivers, the YAML files of the folder `drivers` of a home, once at the start of the process.

    Answers the complaints about those that are left out: a broken one stops neither the others nor the start.
    """
    _OWN.clear()
    complaints: list[str] = []
    for path in sorted((home / FOLDER).glob("*.yaml")):
        try:
            own = load({**dict(_texts()), f"{FOLDER}/{path.name}": path.read_text("utf-8")})
        except SettingsError as error:
            complaints += error.complaints
        except (OSError, UnicodeDecodeError) as error:
            complaints.append(f"{path.name}: {error}")
        else:
            _OWN.update({name: one for name, one in own.items() if name not in bundled()})
    return complaints


def known() -> Mapping[str, Driver]:
    """Every driver, one's own among them."""
    return {**bundled(), **_OWN}


def driver_for(named: str, family: str, drivers: Mapping[str, Driver] | None = None) -> Driver:
    """The driver that a device names, else that of its family.

    Raises:
        NotFound: neither leads to one.
    """
    every = known() if drivers is None else drivers
    if named:
        found = every.get(named)
    else:
        found = next((driver for driver in every.values() if family and family in driver.families), None)
    if found is None:
        raise NotFound(
            "no_cli_driver",
            say("No way is known to read the configuration of this device: name its command line ({names}).",
                names=", ".join(sorted(every))),
            names=sorted(every),
        )  # fmt: skip
    return found
