"""The article table: each text as rule, data, not automated (why) or not held. Nothing of the law is left unsaid."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files


class Status(StrEnum):
    """What a text is to the program."""

    RULE = "rule"
    DATA = "data"
    MANUAL = "not_automated"
    NOT_HELD = "not_held"


@dataclass(frozen=True, slots=True)
class Article:
    """One text: what it says in both languages, since when, how sure that is, which rules apply it, and its source."""

    number: str
    status: Status
    confidence: str
    since: date
    rules: tuple[str, ...]
    summaries: Mapping[str, str]
    notes: Mapping[str, str]
    source: str


def _read() -> tuple[Article, ...]:
    told = tomllib.loads(files("spectrum.law").joinpath("articles.toml").read_text("utf-8"))
    return tuple(
        Article(
            number=one["number"],
            status=Status(one["status"]),
            confidence=one["confidence"],
            since=date.fromisoformat(one["since"]),
            rules=tuple(one.get("rules", ())),
            summaries={"fr": one["fr"], "en": one["en"]},
            notes={"fr": one.get("note_fr", ""), "en": one.get("note_en", "")},
            source=one["source"],
        )
        for one in told["article"]
    )


ARTICLES = _read()
"""Every text, in the order of the law."""
