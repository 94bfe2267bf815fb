"""Numbers of rows in addresses and questions: beyond what a database counts there is no row."""

from __future__ import annotations

from flask import request
from werkzeug.routing import IntegerConverter, Map

MOST = 2**31 - 1
"""The last number that a row can have."""


class RowNumber(IntegerConverter):
    """`<int:…>` of an address; there is nothing at a larger number."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=MOST)


def number_asked(name: str) -> int | None:
    """The number of a row in the question; None without one, or where it is none."""
    number = request.args.get(name, type=int)
    return number if number is not None and 0 <= number <= MOST else None
