"""The words of enums: two that are spelled the same are one key, and must be one word."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from spectrum.law.verdict import Outcome
from tests.fakes.site import Web
from web import wording


def test_members_that_are_spelled_the_same_are_the_same_word() -> None:
    tree = ast.parse(Path(wording.__file__).read_text("utf-8"))
    (words,) = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "WORDS" and isinstance(node.value, ast.Dict)
    )
    said: dict[str, set[str]] = defaultdict(set)
    for key, word in zip(words.keys, words.values, strict=True):
        if isinstance(key, ast.Attribute):
            said[str(eval(ast.unparse(key), vars(wording)))].add(ast.unparse(word))
    assert len(said) > 100
    assert {spelled: found for spelled, found in said.items() if len(found) > 1} == {}


def test_a_verdict_that_refuses_says_that_it_refuses(web: Web) -> None:
    with web.app.test_request_context(headers={"Accept-Language": "fr"}):
        assert wording.word(Outcome.REFUSED) == "refusé"
