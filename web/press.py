"""Pages set as PDF/A-3u by WeasyPrint, with fonts embedded and nothing read from anywhere, one at a time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from nms.base.errors import StoreUnavailable
from nms.base.text import say

STATIC = Path(__file__).parent / "static"
PATIENCE_S = 30.0
_PRESS = BoundedSemaphore(1)
"""One document is set at a time: the others of the web server's threads stay free for pages."""
logging.getLogger("weasyprint").setLevel(logging.ERROR)


def pressed(page: str, style: str, **options: Any) -> bytes:
    """A page of HTML with a style sheet of the folder `static`, as PDF/A-3u; options go to WeasyPrint's `write_pdf`.

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
    if not _PRESS.acquire(timeout=PATIENCE_S):
        raise StoreUnavailable("press_busy", say("Other documents are being set; try again in a minute."))
    try:
        sheet = CSS(string=(STATIC / style).read_text("utf-8"), url_fetcher=_no_fetch)
        made = HTML(string=page, base_url=None, url_fetcher=_no_fetch).write_pdf(
            stylesheets=[sheet], pdf_variant="pdf/a-3u", **options
        )
    finally:
        _PRESS.release()
    return bytes(made)


def _no_fetch(url: str, *_rest: object, **_more: object) -> Mapping[str, Any]:
    """Nothing is read from anywhere: the page bears all that it shows."""
    raise ValueError(f"not fetched: {url}")
