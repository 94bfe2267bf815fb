"""What libraries refuse, in the words of the program: requests that have not their form, and HTTP itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from nms.base.text import Said, clean, say

_WHOLE = say("a whole number is expected")
_DAY = say("a day is expected, such as 2027-03-31")
_INSTANT = say("a day and an hour with its zone are expected, such as 2027-03-31T08:00:00+02:00")
_OBJECT = say("an object with fields is expected")
_UNUSABLE = say("this value cannot be used")

_WHY: Mapping[str, Callable[[Mapping[str, Any]], Said]] = {
    "missing": lambda _: say("it is missing"),
    "extra_forbidden": lambda _: say("there is no such field"),
    "int_type": lambda _: _WHOLE,
    "int_parsing": lambda _: _WHOLE,
    "int_parsing_size": lambda _: _WHOLE,
    "int_from_float": lambda _: _WHOLE,
    "bool_type": lambda _: say("true or false is expected"),
    "bool_parsing": lambda _: say("true or false is expected"),
    "string_type": lambda _: say("a text is expected"),
    "string_too_short": lambda told: say("at least {count} characters are expected", count=told["min_length"]),
    "string_too_long": lambda told: say("at most {count} characters are taken", count=told["max_length"]),
    "string_pattern_mismatch": lambda told: say("it has not the form {pattern}", pattern=told["pattern"]),
    "greater_than_equal": lambda told: say("it must be {limit} at least", limit=told["ge"]),
    "less_than_equal": lambda told: say("it must be {limit} at most", limit=told["le"]),
    "less_than": lambda told: say("it must be less than {limit}", limit=told["lt"]),
    "enum": lambda told: say("one of these is expected: {values}", values=_values(told)),
    "literal_error": lambda told: say("one of these is expected: {values}", values=_values(told)),
    "date_type": lambda _: _DAY,
    "date_parsing": lambda _: _DAY,
    "date_from_datetime_parsing": lambda _: _DAY,
    "date_from_datetime_inexact": lambda _: _DAY,
    "datetime_type": lambda _: _INSTANT,
    "datetime_parsing": lambda _: _INSTANT,
    "datetime_from_date_parsing": lambda _: _INSTANT,
    "timezone_aware": lambda _: _INSTANT,
    "list_type": lambda _: say("a list is expected"),
    "too_long": lambda told: say("at most {count} entries are taken", count=told["max_length"]),
    "dict_type": lambda _: _OBJECT,
    "model_type": lambda _: _OBJECT,
    "model_attributes_type": lambda _: _OBJECT,
}
"""By the type of an error of pydantic."""

_HTTP: Mapping[int, Said] = {
    400: say("The request cannot be read: it has not the form that it claims."),
    404: say("There is nothing at this address, or it is not yours to see."),
    405: say("This address does not take this method."),
    413: say("What was sent is too large: 16 MiB at most."),
    415: say("The body has another type than the one that is taken here (application/json)."),
}


def fields(error: ValidationError) -> dict[str, list[Said]]:
    """What is wrong with each field of a request; the empty name is the request as a whole."""
    found: dict[str, list[Said]] = {}
    for one in error.errors(include_url=False, include_input=False):
        words = _WHY.get(one["type"])
        place = [part for part in map(str, one["loc"]) if "[" not in part]  # without the branches of a union
        found.setdefault(clean(".".join(place), 80), []).append(words(one.get("ctx", {})) if words else _UNUSABLE)
    return found


def of_http(error: HTTPException) -> Said | str:
    """Why HTTP refuses a request."""
    if isinstance(error, CSRFError):
        return say("The word of the form is missing or too old: load the page again. Programs send a token instead.")
    return _HTTP.get(error.code or 500, error.description or "")


def _values(told: Mapping[str, Any]) -> str:
    return str(told["expected"]).replace(" or ", ", ").replace("'", "")
