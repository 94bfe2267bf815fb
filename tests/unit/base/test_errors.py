"""Errors reach people of two languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from nms.base import errors

ROOT = Path(__file__).parents[3]
OURS = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.NmsError)}
SHELL_ONLY = ("nms/app/",)
"""The command line speaks English, and so does what only it runs."""


def messages(text: str) -> Iterator[tuple[int, ast.expr]]:
    """Where errors of ours are made, and what each says."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute) and len(node.args) > 1:
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if name in OURS or name == "LoginNeeded":
                yield node.lineno, node.args[1]


@pytest.mark.parametrize("package", ["nms", "inventory", "spectrum", "collectors", "web"])
def test_every_error_that_a_page_may_show_is_a_sentence_of_the_catalogue(package: str) -> None:
    """A plain text would be shown as it is to a reader of French."""
    plain = [
        f"{path.relative_to(ROOT)}:{line}: {ast.unparse(message)}"
        for path in sorted((ROOT / package).rglob("*.py"))
        if not str(path.relative_to(ROOT)).startswith(SHELL_ONLY)
        for line, message in messages(path.read_text("utf-8"))
        if isinstance(message, ast.JoinedStr) or (isinstance(message, ast.Constant) and message.value)
    ]
    assert plain == []


def test_a_plain_message_would_be_found() -> None:
    """The search sees what it is for."""
    text = 'raise NotFound("a", f"no {b}")\nraise errors.Conflict("a", "plain")\nraise InputError("a", say("b"))'
    assert [isinstance(one, ast.Call) for _, one in messages(text)] == [False, False, True]
