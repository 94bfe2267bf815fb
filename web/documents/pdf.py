"""A document as PDF/A-3u by WeasyPrint: tagged, fonts embedded, nothing read from anywhere, the same octets each time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nms.base.clock import legal_day
from nms.base.errors import StoreUnavailable
from nms.base.text import say
from web.documents.blocks import Document
from web.documents.words import long_day, number, runs, typed

WEB = Path(__file__).parents[1]
PATIENCE_S = 30.0
_PRESS = BoundedSemaphore(1)
"""One document is set at a time: the others of the web server's threads stay free for pages."""
logging.getLogger("weasyprint").setLevel(logging.ERROR)


def pdf(one: Document) -> bytes:
    """The document as PDF/A-3u.

    Raises:
        StoreUnavailable: the system libraries that set the pages are missing, or others' documents are being set.
    """
    try:
        from weasyprint import CSS, HTML
    except OSError:
        raise StoreUnavailable(
            "no_pango",
            say(
                "PDF needs the library Pango, which this machine lacks; "
                "on Debian: apt install libpango-1.0-0 libpangoft2-1.0-0."
            ),
        ) from None
    page = _environment().get_template("document.html").render(_facts(one))
    if not _PRESS.acquire(timeout=PATIENCE_S):
        raise StoreUnavailable("press_busy", say("Other documents are being set; try again in a minute."))
    try:
        made = HTML(string=page, base_url=None, url_fetcher=_no_fetch).write_pdf(
            stylesheets=[CSS(string=(WEB / "static" / "print_document.css").read_text("utf-8"), url_fetcher=_no_fetch)],
            pdf_variant="pdf/a-3u",
            pdf_tags=True,
            pdf_identifier=one.digest[:32].encode(),
            custom_metadata=False,
        )
    finally:
        _PRESS.release()
    return bytes(made)


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


def _no_fetch(url: str, *_rest: object, **_more: object) -> Mapping[str, Any]:
    """Nothing is read from anywhere: the page bears all that it shows."""
    raise ValueError(f"not fetched: {url}")
