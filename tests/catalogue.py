"""`python -m tests.catalogue` writes docs/faults.md: which faults the program survives, and which tests prove it.

The rows are those of the catalogue of faults; a test names its rows: `test_fault_33_...`, `test_fault_46_47_...`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/faults.md"
ROWS = Path(__file__).parent / "faults/catalogue.toml"
_TEST = re.compile(r"^(?:async )?def test_fault_((?:\d\d_)+)", re.MULTILINE)
_HEAD = """# Faults that the program survives

Made by `python -m tests.catalogue` from `tests/faults/catalogue.toml` and the names of the tests; a test compares it.
`make test` runs all but those marked `slow`, which `make faults` runs. "Open" says what a row still waits for.

| row | fault | proved by | open |
|---|---|---|---|
"""


def proved() -> dict[int, list[str]]:
    """The files with tests of each row."""
    found: dict[int, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for match in _TEST.finditer(path.read_text("utf-8")):
            for row in re.findall(r"\d\d", match[1]):
                found[int(row)].add(str(path.relative_to(ROOT)))
    return {row: sorted(paths) for row, paths in found.items()}


def rows() -> dict[int, dict[str, str]]:
    """Number, words and, where something is missing, what."""
    return {int(number): row for number, row in tomllib.loads(ROWS.read_text("utf-8")).items()}


def page() -> str:
    """The page as it should be."""
    tests = proved()
    lines = [
        f"| {number} | {row['fault']} | {', '.join(f'`{path}`' for path in tests.get(number, []))} "
        f"| {row.get('open', '')} |"
        for number, row in sorted(rows().items())
    ]
    return _HEAD + "\n".join(lines) + "\n"


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
