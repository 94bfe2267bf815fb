"""Words that the tree may not hold: each has let somebody in, somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = (
    r"\|\s*safe\b",
    r"\bMarkup\(",
    r"render_template_string",
    r"innerHTML",
    r"outerHTML",
    r"document\.write",
    r"mark_safe",
    r"(?<![\w.])eval\(",
    r"(?<![\w.])exec\(",
    r"\bpickle\b",
    r"yaml\.load\(",
    r"shell\s*=\s*True",
    r"\btext\(f[\"']",
    r"os\.system",
    r"autoescape\s+false",
    r"verify\s*=\s*False",
)
PLACES = ("nms", "inventory", "spectrum", "collectors", "web")
SUFFIXES = {".py", ".html", ".js"}


@pytest.mark.parametrize("word", FORBIDDEN)
def test_fault_49_no_file_of_ours_holds(word: str) -> None:
    """Vendored scripts are the only exception: they are not ours, and the policy keeps them from inline code."""
    pattern = re.compile(word)
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for place in PLACES
        for path in (ROOT / place).rglob("*")
        if path.suffix in SUFFIXES and "vendor" not in path.parts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []
