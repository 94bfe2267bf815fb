"""What changed between two configurations, without a secret in it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collectors.driver import Driver


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a comparison side by side: `what` is same, changed, removed, added or gap (lines left out).

    Numbers count from 1, None where a side has no line. `secret` says that the lines differ in a secret only.
    """

    what: str
    before_number: int | None = None
    before: str = ""
    after_number: int | None = None
    after: str = ""
    secret: bool = False


def unified(before: str, after: str, driver: Driver, context: int = 3) -> list[str]:
    """A unified diff; a changed secret shows as a line taken away and one added that read the same."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="", n=context)
    return [line if line.startswith(("---", "+++", "@@")) and _is_head(line) else line[:1] + driver.redact(line[1:])
            for line in lines]  # fmt: skip


def counted(before: str, after: str) -> tuple[int, int]:
    """How many lines were added and taken away."""
    added = removed = 0
    for tag, i1, i2, j1, j2 in _opcodes(before.splitlines(), after.splitlines()):
        if tag != "equal":
            removed, added = removed + i2 - i1, added + j2 - j1
    return added, removed


def side_by_side(before: str, after: str, driver: Driver, context: int = 3) -> list[Row]:
    """Rows for a page: what changed with some lines around it, and gaps between."""
    a, b = before.splitlines(), after.splitlines()
    shown_a, shown_b = _redacted(before, driver), _redacted(after, driver)
    rows: list[Row] = []
    opcodes = _opcodes(a, b)
    for place, (tag, i1, i2, j1, j2) in enumerate(opcodes):
        if tag == "equal":
            rows += _around(shown_a, i1, i2, j1, place == 0, place == len(opcodes) - 1, context)
            continue
        for step in range(max(i2 - i1, j2 - j1)):
            i = i1 + step if i1 + step < i2 else None
            j = j1 + step if j1 + step < j2 else None
            left = shown_a[i] if i is not None else ""
            right = shown_b[j] if j is not None else ""
            what = "added" if i is None else "removed" if j is None else "changed"
            rows.append(
                Row(what, None if i is None else i + 1, left, None if j is None else j + 1, right,
                    secret=what == "changed" and left == right)
            )  # fmt: skip
    return rows


def _around(lines: list[str], i1: int, i2: int, j1: int, first: bool, last: bool, context: int) -> Iterator[Row]:
    head = 0 if first else context
    tail = 0 if last else context
    for i in range(i1, i2):
        if i < i1 + head or i >= i2 - tail:
            yield Row("same", i + 1, lines[i], i - i1 + j1 + 1, lines[i])
        elif i == i1 + head:
            yield Row("gap")


def _opcodes(a: list[str], b: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    return difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()


def _redacted(text: str, driver: Driver) -> list[str]:
    return driver.redact(text).splitlines()


def _is_head(line: str) -> bool:
    return line in ("--- before", "+++ after") or line.startswith("@@ -")
