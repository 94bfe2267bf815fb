"""What a document is made of, whatever the file: blocks of text, facts, tables, articles, lists, signatures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Heading:
    """A title inside the document; it is also a bookmark."""

    text: str
    kind: str = "heading"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. `look` is body, lead, visa, note, warning or code."""

    text: str
    look: str = "body"
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of a word and its value."""

    rows: Sequence[tuple[str, str]]
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a header row that is repeated on every page."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | int]]
    empty: str = "Néant."
    kind: str = "grid"


@dataclass(frozen=True, slots=True)
class Article:
    """A numbered article with its paragraphs."""

    number: int
    title: str
    paragraphs: Sequence[str]
    kind: str = "article"


@dataclass(frozen=True, slots=True)
class Listing:
    """Names under a title, set in columns."""

    title: str
    names: Sequence[str]
    kind: str = "listing"


@dataclass(frozen=True, slots=True)
class Signatures:
    """Where each party signs."""

    parties: Sequence[str]
    kind: str = "signatures"


Block = Heading | Text | Facts | Grid | Article | Listing | Signatures


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whose paper it is; empty lines become blanks to be filled in."""

    name: str
    address: Sequence[str]


@dataclass(frozen=True, slots=True)
class Document:
    """One document: `name` is its file's, `made_at` the only instant in it."""

    name: str
    title: str
    reference: str
    letterhead: Letterhead
    blocks: Sequence[Block]
    made_at: datetime
    simulated: bool = False
    wide: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of what the document says (not of its file): the same facts at the same instant give the same."""
        told = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=datetime.isoformat)
        return hashlib.sha256(told.encode()).hexdigest()
