"""The two pages of the law say what the program applies: every text, every rule, how sure, what is not held."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from spectrum.law import cession
from spectrum.law.articles import ARTICLES, Status

ROOT = Path(__file__).parents[4]
PAGES = {"fr": "droit.md", "en": "law.md"}
STATUS = {
    "fr": {
        Status.RULE: "règle",
        Status.DATA: "donnée",
        Status.MANUAL: "non automatisé",
        Status.NOT_HELD: "texte non détenu",
    },
    "en": {
        Status.RULE: "rule",
        Status.DATA: "data",
        Status.MANUAL: "not automated",
        Status.NOT_HELD: "text not held",
    },
}
TO_BE_CONFIRMED = {"fr": "M, à confirmer", "en": "M, to be confirmed"}


def page(language: str) -> str:
    return (ROOT / "docs" / PAGES[language]).read_text("utf-8")


@pytest.mark.parametrize("language", PAGES)
def test_each_text_stands_in_the_page_with_what_it_is_to_the_program_and_how_sure(language: str) -> None:
    told = page(language)
    for article in ARTICLES:
        confidence = TO_BE_CONFIRMED[language] if article.confidence == "M" else article.confidence
        row = f"| {article.number} | {STATUS[language][article.status]} | {confidence} | {article.summaries[language]}"
        assert row in told, article.number
        assert article.notes[language] in told, article.number


@pytest.mark.parametrize("language", PAGES)
def test_each_rule_of_a_cession_is_told_in_plain_words(language: str) -> None:
    told = page(language)
    tree = ast.parse(Path(cession.__file__).read_text("utf-8"))
    codes = {
        str(call.args[0].value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "ruled"
        if isinstance(call.args[0], ast.Constant)
    }
    assert len(codes) >= len(cession.RULES)
    missing = {code for code in codes if f"`{code}`" not in told}
    assert not missing


def test_the_two_pages_name_each_other() -> None:
    assert "[law.md](law.md)" in page("fr")
    assert "[droit.md](droit.md)" in page("en")
