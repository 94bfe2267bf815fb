"""The families that a program knows: the bundled ones, and those of a folder of one's own, read anew when it changes.

A file that cannot be used is a complaint with file and line; the others, and the bundled families, stand. A family of
one's own takes the place of a bundled one only when it says so (`replaces_bundled: true`).
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG

from collectors.described import TEXT_LIMIT
from collectors.faults import Fault, Refused
from collectors.profile import GENERIC, Profile, bundled, parse
from nms.base.text import clean, say

FOLDER = "profiles"
"""Below NMS_HOME: one file per family of one's own, `FAMILY.yaml`; `versions/` holds what they said before."""

FILE = re.compile(r"([a-z][a-z0-9_]{1,39})\.yaml", re.ASCII)
VERSIONS = "versions"
VERSION = re.compile(r"([a-z][a-z0-9_]{1,39})\.([0-9]{4})\.yaml", re.ASCII)
"""A text that was saved before: family, and its number from 1."""

MOST_FILES = 500
_OCTETS = TEXT_LIMIT * 4


@dataclass(frozen=True, slots=True)
class Complaint:
    """A file of the folder that is not used, and every reason why."""

    file: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at one moment: all families, one's own with their text, and the files that are not used."""

    profiles: tuple[Profile, ...]
    own: dict[str, str] = field(default_factory=dict)
    complaints: tuple[Complaint, ...] = ()

    def family(self, name: str) -> Profile | None:
        """The family of this name."""
        return next((profile for profile in self.profiles if profile.family == name), None)


class Families:
    """All families; `known()` looks at the folder each time and reads it only when a file came, went or changed."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._seen: object = None
        self._known = Known(bundled())

    def known(self) -> Known:
        """The families of now; the same object as long as nothing changed."""
        with self._lock:
            seen = self._signature()
            if seen != self._seen:
                self._known, self._seen = self._read(), seen
            return self._known

    def profiles(self) -> tuple[Profile, ...]:
        """The families of now, for those who ask devices."""
        return self.known().profiles

    def _signature(self) -> object:
        """Names, inodes, sizes and times of change: a file put in place by a rename has another inode."""
        try:
            return tuple((name, s.st_ino, s.st_size, s.st_mtime_ns) for name, s in self._files())
        except OSError as error:
            return error.errno

    def _files(self) -> Iterator[tuple[str, os.stat_result]]:
        if self._folder is None or not self._folder.is_dir():
            return
        with os.scandir(self._folder) as entries:
            found = sorted((entry for entry in entries if entry.name.endswith((".yaml", ".yml"))), key=lambda e: e.name)
        for entry in found[: MOST_FILES + 1]:
            yield entry.name, entry.stat(follow_symlinks=False)

    def _read(self) -> Known:
        folder, own, texts, complaints = self._folder, {}, {}, []
        if folder is None:
            return Known(bundled())
        try:
            files = list(self._files())
        except OSError as error:
            return Known(bundled(), {}, (Complaint(FOLDER, (_unreadable(error),)),))
        for name, state in files[:MOST_FILES]:
            try:
                text = _text(folder / name, state)
                profile = judge(text, name)
                _require_name(name, profile, text)
            except Refused as error:
                complaints.append(Complaint(name, error.faults))
            except OSError as error:
                complaints.append(Complaint(name, (_unreadable(error),)))
            else:
                own[profile.family], texts[profile.family] = profile, text
        if len(files) > MOST_FILES:
            fault = Fault(0, "", say("more than {most} files: the rest is not read", most=MOST_FILES))
            complaints.append(Complaint(FOLDER, (fault,)))
        kept = [profile for profile in bundled() if profile.family not in own]
        return Known((*kept, *own.values()), texts, tuple(complaints))


def judge(text: str, file: str = "profile") -> Profile:
    """A profile of one's own: what the schema says, and that it takes the place of no other unsaid.

    Raises:
        Refused: with every fault.
    """
    profile = parse(text, file)
    line = _line_of(text, "family")
    stands = any(known.family == profile.family for known in bundled())
    faults = []
    if profile.family == GENERIC:
        faults.append(Fault(line, "family", say("the family generic is what all others fall back to: name yours")))
    elif stands and not profile.replaces_bundled:
        faults.append(
            Fault(line, "family", say("a bundled family has this name: choose another one, or write "
                                      "replaces_bundled: true to stand in for it"))
        )  # fmt: skip
    elif profile.replaces_bundled and not stands:
        faults.append(
            Fault(_line_of(text, "replaces_bundled"), "replaces_bundled",
                  say("no bundled family has the name {family}", family=profile.family))
        )  # fmt: skip
    elif not profile.rules:
        faults.append(Fault(line, "rules", say("without a rule no device is ever recognised as this family")))
    if faults:
        raise Refused(file, faults)
    return profile


def _require_name(file: str, profile: Profile, text: str) -> None:
    if file != f"{profile.family}.yaml":
        sentence = say("a family {family} belongs into the file {family}.yaml", family=profile.family)
        raise Refused(file, [Fault(_line_of(text, "family"), "family", sentence)])


def is_kept(name: str) -> bool:
    """Whether a name below the folder is that of a profile or of an earlier version of one."""
    inside, _, rest = name.rpartition("/")
    return (inside == "" and FILE.fullmatch(rest) is not None) or (
        inside == VERSIONS and VERSION.fullmatch(rest) is not None
    )


def kept_files(home: Path) -> list[Path]:
    """The profiles of one's own in a home folder, and their earlier versions."""
    folder = home / FOLDER
    found = sorted((*folder.glob("*.yaml"), *(folder / VERSIONS).glob("*.yaml")))
    return [p for p in found if is_kept(p.relative_to(folder).as_posix()) and p.is_file() and not p.is_symlink()]


def _line_of(text: str, key: str) -> int:
    lines = text.split("\n")
    return next((n for n, line in enumerate(lines, 1) if re.match(rf"[\"']?{key}[\"']?\s*:", line)), 1)


def _text(path: Path, state: os.stat_result) -> str:
    """The text of a plain file of a fitting name.

    Raises:
        Refused: it is not one, or no text in UTF-8.
        OSError: it cannot be read.
    """
    if FILE.fullmatch(path.name) is None:
        raise Refused(path.name, [Fault(0, "", say("the file of a family is called FAMILY.yaml"))])
    if not S_ISREG(state.st_mode):
        raise Refused(path.name, [Fault(0, "", say("not a plain file"))])
    with path.open("rb") as stream:
        octets = stream.read(_OCTETS + 1)
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        line = octets[: error.start].count(b"\n") + 1
        raise Refused(path.name, [Fault(line, "", say("not text in UTF-8"))]) from error


def _unreadable(error: OSError) -> Fault:
    return Fault(0, "", say("cannot be read ({reason})", reason=clean(error.strerror or str(error), 80)))
