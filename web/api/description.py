"""What the API's description says beside the shapes: who may ask, and how every refusal looks."""

from __future__ import annotations

import re
from typing import Any

from apiflask import APIFlask

from web.errors import PROBLEM
from web.guard import PUBLIC, access_of

_REFUSAL = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_LIBRARYS = ("HTTPError", "ValidationError")
"""Shapes that the library names, and that no answer has."""


def register(app: APIFlask) -> None:
    """Complete the description each time it is made."""

    @app.spec_processor
    def complete(spec: dict[Any, Any] | str) -> dict[Any, Any] | str:
        assert isinstance(spec, dict)  # JSON, not YAML
        needs = _needs(app)
        for path, methods in spec["paths"].items():
            for method, operation in methods.items():
                _tell_refusals(operation["responses"])
                need = needs[method.upper(), path]
                if need != PUBLIC:
                    operation["security"] = [{"bearer": []}]
                    operation.setdefault("description", f"Needs the permission `{need}`.")
        schemas = spec["components"]["schemas"]
        for name in _LIBRARYS:
            schemas.pop(name, None)
        schemas["Problem"] = PROBLEM
        return spec


def _needs(app: APIFlask) -> dict[tuple[str, str], str | None]:
    """The permission that each operation needs, by method and path as the description writes it."""
    return {
        (method, re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule)): access_of(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }


def _tell_refusals(responses: dict[str, Any]) -> None:
    """Each refusal has the one shape; any may come, for each names its cause in `code`."""
    for status, response in responses.items():
        if status.startswith(("4", "5")):
            response["content"] = _REFUSAL
    responses["default"] = {"description": "Refused; `code` says why", "content": _REFUSAL}
