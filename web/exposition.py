"""Prometheus text from the live state: pure and fast; never touches a device or the database.

The label part of each object is rendered once and kept; a scrape joins strings. What is said is in `network_families`
and `sweep_families`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from nms.ops.live import LiveState, SweepStats
from nms.ops.state import Kind, Status, Subject
from web.family import Family, FamilyOf, Levels, Table, head, label_of, told
from web.network_families import NETWORK
from web.sweep_families import SWEEP

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_NO_LEVELS: Levels = {}


def everything() -> tuple[Family | FamilyOf[SweepStats], ...]:
    """Every family of the network and of the sweep, in the order of the exposition."""
    return (*NETWORK, *SWEEP)


class Exposition:
    """Renders scrapes; keeps the label parts by subject."""

    def __init__(self, live: LiveState) -> None:
        self._live = live
        self._labels: dict[tuple[Kind, str], tuple[Subject, str]] = {}
        self._cached: tuple[tuple[int, bool], bytes] | None = None

    def render(self, openmetrics: bool, rights: str = "") -> bytes:
        """The whole exposition; the part of the objects is made anew only when something changed.

        `rights` is the text of the families that are about something else.
        """
        key = (self._live.version, openmetrics)
        cached = self._cached
        if cached is None or cached[0] != key:
            cached = self._cached = (key, "".join(self._objects(openmetrics)).encode())
        tail = rights + told(SWEEP, self._live.sweep, openmetrics) + ("# EOF\n" if openmetrics else "")
        return cached[1] + tail.encode()

    def _objects(self, openmetrics: bool) -> Iterator[str]:
        """Every family that has a sample."""
        table = self._table()
        for family in NETWORK:
            lines = family.lines(table)
            if lines:
                yield head(family, openmetrics)
                yield "".join(lines)

    def _table(self) -> Table:
        table = {kind: [(self._label(row.subject), row, _levels(row)) for row in self._live.all(kind)] for kind in Kind}
        known = sum(len(rows) for rows in table.values())
        if len(self._labels) > 2 * known + 100:  # objects that the inventory no longer has
            self._labels = {}
        return table

    def _label(self, subject: Subject) -> str:
        """`device="…",commune="…",department="…"`, rendered once per version of the subject."""
        key = (subject.kind, subject.name)
        kept = self._labels.get(key)
        if kept is not None and kept[0] is subject:
            return kept[1]
        label = label_of(subject)
        self._labels[key] = (subject, label)
        return label


def _levels(row: Status) -> Levels:
    """Usable radio values by metric, in rising order."""
    if not row.radio:
        return _NO_LEVELS
    levels = defaultdict(list)
    for reading in row.radio:
        if reading.usable and reading.value is not None:
            levels[reading.metric].append(reading.value)
    for values in levels.values():
        values.sort()
    return levels
