"""A document as PDF/A-3u by WeasyPrint: tagged, fonts embedded, nothing read from anywhere, the same octets each time."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nms.base.clock import legal_day
from web.documents.blocks import Document
from web.documents.words import long_day, number, runs, typed
from web.press import pressed

WEB = Path(__file__).parents[1]


def pdf(one: Document) -> bytes:
    """The document as PDF/A-3u, tagged; the same octets each time.

    Raises:
        StoreUnavailable: as `web.press.pressed` tells.
    """
    page = _environment().get_template("document.html").render(_facts(one))
    identifier = one.digest[:32].encode()
    return pressed(page, "print_document.css", pdf_tags=True, pdf_identifier=identifier, custom_metadata=False)


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(WEB / "templates" / "print"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"typed": typed, "runs": runs, "number": number}
    return found


def _facts(one: Document) -> dict[str, Any]:
    return {
        "one": one,
        "day": long_day(legal_day(one.made_at)),
        "created": one.made_at.replace(microsecond=0).isoformat(),
    }
