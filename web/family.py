"""What a family of /metrics is, and how it is written.

Base units; closed label sets. Absence is absence: no sample, never a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from collectors.base import Metric
from nms.ops.state import Kind, Status, Subject

Levels = Mapping[Metric, list[float]]
"""Usable radio values of one object by metric, in rising order."""

Rows = list[tuple[str, Status, Levels]]
"""Objects of one kind: their label part (`link="…",commune="…",department="…"`), status and radio values."""

Table = Mapping[Kind, Rows]

Now = TypeVar("Now")
GAUGE, COUNTER = "gauge", "counter"
PLACE = ("commune", "department")


@dataclass(frozen=True, slots=True)
class Family:
    """One family: name as in Prometheus text (a counter ends in `_total`), type, help, labels, and its lines."""

    name: str
    type: str
    help: str
    labels: tuple[str, ...]
    lines: Callable[[Table], list[str]]


@dataclass(frozen=True, slots=True)
class FamilyOf(Generic[Now]):
    """One family about something else, as it is now: `read` answers label part and value of each sample."""

    name: str
    type: str
    help: str
    labels: tuple[str, ...]
    read: Callable[[Now], Iterable[tuple[str, float]]]


def told(families: Iterable[FamilyOf[Now]], now: Now, openmetrics: bool) -> str:
    """The text of every family that has a sample."""
    return "".join(_lines(families, now, openmetrics))


def head(family: Family | FamilyOf[Now], openmetrics: bool) -> str:
    """HELP and TYPE of a family; OpenMetrics names a counter without its ending."""
    name = family.name.removesuffix("_total") if openmetrics else family.name
    return f"# HELP {name} {family.help}\n# TYPE {name} {family.type}\n"


def _lines(families: Iterable[FamilyOf[Now]], now: Now, openmetrics: bool) -> Iterator[str]:
    for family in families:
        samples = list(family.read(now))
        if samples:
            yield head(family, openmetrics)
            yield from (f"{family.name}{labels} {value!r}\n" for labels, value in samples)


def label_of(subject: Subject) -> str:
    """The labels of an object: `link="…",commune="…",department="…"`."""
    place = f'commune="{escape(subject.insee)}",department="{escape(subject.department)}"'
    return f'{subject.kind.value}="{escape(subject.name)}",{place}'


@lru_cache(maxsize=65_536)
def escape(text: str) -> str:
    """A label value: backslash, quote and line feed escaped."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
