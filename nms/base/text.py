"""Untrusted text of devices, files and people: decoded, stripped of controls, clipped, safe for a line or a cell."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

CLIP_MARK = "…"
DEFAULT_LIMIT = 255

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")


def _unwanted(char: str) -> bool:
    """Control, format (bidirectional overrides, zero width), surrogate, private, unassigned, line separators."""
    return unicodedata.category(char) in {"Cc", "Cf", "Cn", "Cs", "Co", "Zl", "Zp"}


def clean(value: str | bytes, limit: int = DEFAULT_LIMIT) -> str:
    """One line of printable text from anything.

    Bytes are read as UTF-8 and else as Latin-1 replacement characters; every control or direction-changing character
    becomes a space; runs of spaces collapse; what is longer than `limit` characters is clipped and marked with `…`.
    """
    text = value[: limit * 8].decode("utf-8", "replace") if isinstance(value, bytes) else value[: limit * 8]
    if not text.isascii() or not text.isprintable():
        text = "".join(" " if _unwanted(char) else char for char in text)
    text = " ".join(text.split())
    longer = len(text) > limit or len(value) > limit * 8
    return text[: limit - 1] + CLIP_MARK if longer else text


def csv_cell(value: str) -> str:
    """A text cell that no spreadsheet takes for a formula: an apostrophe goes before a leading formula sign.

    A text that already has apostrophes there gets one more, so that `csv_cell_back` gives back exactly the same.
    """
    return "'" + value if value.lstrip("'").startswith(_FORMULA_STARTS) else value


def csv_cell_back(value: str) -> str:
    """The inverse of `csv_cell`, for import."""
    return value[1:] if value.startswith("'") and value.lstrip("'").startswith(_FORMULA_STARTS) else value


class Said(str):
    """A sentence that keeps its template and its facts: a reader of another language gets the same sentence."""

    __slots__ = ("facts", "template")
    template: str
    facts: Mapping[str, object]


def say(template: str, **facts: object) -> Said:
    """An English sentence for a person; `{name}` stands for a fact. Its template is a key of the translations."""
    sentence = Said(template.format(**facts) if facts else template)
    sentence.template = template
    sentence.facts = facts
    return sentence


def retold(sentence: str, translate: Callable[[str], str], show: Callable[[str], str] = str) -> str:
    """The sentence in another language: `translate` takes a template, or the value of an enum.

    Facts that are sentences, or words of an enum, are translated too; `show` writes any other text, and days. What a
    template itself says, such as how to write a day, is the translation's alone.
    """
    if isinstance(sentence, StrEnum):
        return translate(sentence.value)
    if not isinstance(sentence, Said):
        return show(sentence)
    facts = {
        name: retold(str(fact) if isinstance(fact, date) else fact, translate, show)
        if isinstance(fact, str | date)
        else fact
        for name, fact in sentence.facts.items()
    }
    template = translate(sentence.template)
    return template.format(**facts) if facts else template


def kept(sentence: str) -> object:
    """A sentence, or a word of an enum, as JSON that keeps its template; any other text as it is."""
    if isinstance(sentence, StrEnum):
        return {"template": sentence.value, "facts": {}}
    if isinstance(sentence, Said):
        return {"template": sentence.template, "facts": {name: _kept(fact) for name, fact in sentence.facts.items()}}
    return str(sentence)


def _kept(fact: object) -> object:
    """A fact as JSON has it: a sentence stays one, a number too."""
    if isinstance(fact, str):
        return kept(fact)
    return fact if isinstance(fact, int | float) else str(fact)


def said_again(told: object) -> str:
    """The sentence that `kept` wrote."""
    if isinstance(told, Mapping):
        return say(str(told["template"]), **{str(name): _fact(fact) for name, fact in told["facts"].items()})
    return str(told)


def _fact(told: object) -> object:
    return told if isinstance(told, int | float) else said_again(told)


def as_json(sentence: str) -> str:
    """A sentence as a database keeps it, so that each reader gets it in their own language; "" for ""."""
    return json.dumps(kept(sentence), ensure_ascii=False) if sentence else ""


def of_json(told: str) -> str:
    """The inverse of `as_json`."""
    return said_again(json.loads(told)) if told else ""
