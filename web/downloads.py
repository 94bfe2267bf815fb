"""Files that pages give: saved under a name of ours, never opened in place."""

from __future__ import annotations

from typing import TypeVar

from flask import Response

R = TypeVar("R", bound=Response)


def saved_as(response: R, name: str) -> R:
    """The response, to be saved under a name; names are made by us from plain letters, digits, `-` and `.`."""
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def csv_file(text: str, name: str) -> Response:
    """CSV with the byte order mark by which Excel knows UTF-8."""
    return saved_as(Response("\ufeff" + text, mimetype="text/csv"), name)
