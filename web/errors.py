"""One table from error class to HTTP status; JSON below /api, a page elsewhere, with an incident number."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from apiflask import HTTPError
from flask import Flask, Response, jsonify, make_response, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from nms.base import errors
from nms.base.text import say
from web import refusals
from web.guard import LoginNeeded
from web.wording import in_language

log = logging.getLogger(__name__)

STATUS: dict[type[errors.NmsError], int] = {
    errors.InputError: 400,
    LoginNeeded: 401,
    errors.PermissionRefused: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.LawRefusal: 422,
    errors.ForbiddenTarget: 400,
    errors.DeviceError: 502,
    errors.PushFailed: 502,
    errors.SourceUnavailable: 502,
    errors.MailFailed: 502,
    errors.StoreUnavailable: 503,
    errors.LedgerBroken: 503,
    errors.NmsError: 500,
}


PROBLEM: dict[str, object] = {
    "type": "object",
    "required": ["status", "code", "message", "facts"],
    "properties": {
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "what it is, for programs"},
        "message": {"type": "string", "description": "what it is, in the language that was asked for"},
        "facts": {
            "type": "object",
            "description": "what it is about; of `validation_error`, what is wrong with each of its `fields`",
        },
    },
}
"""Every refusal of the API, as its description tells."""


def status_of(error: errors.NmsError) -> int:
    """The HTTP status of an error: that of the nearest class of the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def wants_json() -> bool:
    """Whether the client reads JSON: the API, and the pages' own data."""
    return request.path.startswith(("/api/", "/readyz", "/healthz"))


def register(app: Flask) -> None:
    """Answer every failure, of ours and of others."""

    @app.errorhandler(errors.NmsError)
    def ours(error: errors.NmsError) -> Any:
        status = status_of(error)
        if status == 401 and not wants_json() and request.method == "GET":
            return redirect(url_for("account.login", suite=request.full_path.rstrip("?")))
        return answer(status, error.code, in_language(error.message), dict(error.facts))

    @app.errorhandler(HTTPException)
    def theirs(error: HTTPException) -> Any:
        status = error.code or 500
        if status < 400:
            return error
        code = (error.name or "error").lower().replace(" ", "_")
        response = answer(status, code, in_language(refusals.of_http(error)), {})
        if status == 405 and (valid := getattr(error, "valid_methods", None)):
            response.headers["Allow"] = ", ".join(valid)
        return response

    @app.errorhandler(HTTPError)
    def of_the_api(error: HTTPError) -> Any:
        cause = error.__cause__
        if not isinstance(cause, ValidationError):
            return answer(error.status_code, "refused", error.message or "", {})
        wrong = refusals.fields(cause)
        field, whys = next(iter(wrong.items()))
        message = say("{field}: {why}", field=field, why=whys[0]) if field else whys[0]
        told = {name: list(map(in_language, every)) for name, every in wrong.items()}
        return answer(error.status_code, "validation_error", in_language(message), {"fields": told})

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Any:
        incident = secrets.token_hex(4)
        log.error("incident %s: %s %s", incident, request.method, request.path, exc_info=error)
        return answer(500, "unexpected", "", {"incident": incident})


def answer(status: int, code: str, message: str, facts: dict[str, object]) -> Response:
    """The answer to a failure; nothing of the inside is in it."""
    if wants_json():
        response = jsonify({"status": status, "code": code, "message": message, "facts": facts})
        response.headers["Content-Type"] = "application/problem+json"
    else:
        response = make_response(
            render_template("error.html", status=status, code=code, message=message, incident=facts.get("incident"))
        )
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
