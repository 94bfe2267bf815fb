"""The application factory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apiflask import APIFlask
from flask import Response, g, request
from flask.json.provider import DefaultJSONProvider
from flask_babel import Babel, get_locale
from flask_wtf.csrf import CSRFProtect

from web import (
    account,
    admin,
    alarms,
    attachments,
    availability,
    communes,
    compliance,
    configurations,
    conformity,
    contracts,
    deadlines,
    detail,
    device_families,
    discovery,
    document_pages,
    dossiers,
    editing,
    errors,
    fees,
    formats,
    healthz,
    history_page,
    importing,
    lists,
    mapping,
    metrics,
    notifications,
    obligations,
    overview,
    plans,
    profile_desk,
    rights,
    searching,
    sheets,
    unmeasured,
    views,
    wall,
    whatif,
    works,
)
from web import session as sessions
from web.api import register as register_api
from web.guard import NOBODY, bearer_word, current_actor, refuse_unguarded
from web.known import Known
from web.numbers import RowNumber
from web.services import Services

LANGUAGES = ("fr", "en")
MAX_BODY_OCTETS = 16 * 2**20
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


class BoundedJson(DefaultJSONProvider):
    """JSON nested deeper than the decoder bears is malformed like any other."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Decode a body.

        Raises:
            ValueError: it is no JSON, or nested too deeply.
        """
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def create_app(services: Services) -> APIFlask:
    """Build the WSGI application on services that the composition root hands over."""
    app = APIFlask(
        "web",
        title="NMS",
        version="v1",
        spec_path="/api/v1/openapi.json",
        docs_path=None,
        json_errors=False,
        static_folder="static",
        template_folder="templates",
    )
    app.config.update(
        SECRET_KEY=services.box.derive("web"),
        MAX_CONTENT_LENGTH=MAX_BODY_OCTETS,
        MAX_FORM_PARTS=1000,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_SSL_STRICT=False,
        SESSION_COOKIE_NAME="nms_form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=services.settings.web.secure_cookies,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
        BABEL_DEFAULT_LOCALE="fr",
        BABEL_DEFAULT_TIMEZONE="Europe/Paris",
        BABEL_TRANSLATION_DIRECTORIES="translations",
        OPENAPI_VERSION="3.1.0",
    )
    app.json = BoundedJson(app)
    app.url_map.converters["int"] = RowNumber
    app.extensions["nms"] = services
    app.extensions["nms_known"] = Known(services.database)
    sessions.register(app, services)
    _protect(app)
    Babel(app, locale_selector=lambda: language_of(services))
    formats.register(app, services)
    errors.register(app)
    for part in (
        overview,
        alarms,
        plans,
        mapping,
        communes,
        compliance,
        conformity,
        lists,
        detail,
        configurations,
        contracts,
        notifications,
        unmeasured,
        availability,
        editing,
        discovery,
        device_families,
        profile_desk,
        importing,
        fees,
        obligations,
        rights,
        whatif,
        document_pages,
        dossiers,
        deadlines,
        searching,
        attachments,
        sheets,
        views,
        wall,
        works,
        account,
        admin,
        history_page,
    ):
        app.register_blueprint(part.blueprint)
    views.register(app)
    alarms.register(app)
    healthz.register(app, services)
    metrics.register(app, services)
    register_api(app, services)
    _open_own_routes(app)
    refuse_unguarded(app)
    return app


def language_of(services: Services) -> str:
    """The language: of the user, else of a cookie, else, over the API, of `Accept-Language`, else of the settings."""
    user, own = g.get("user"), services.settings.language
    chosen = (user.language if user is not None else "") or request.cookies.get("nms_language", "")
    if chosen in LANGUAGES:
        return chosen
    if not request.path.startswith("/api/"):
        return own
    asked = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((tag for tag in asked if tag in LANGUAGES), own)


def _protect(app: APIFlask) -> None:
    """Headers on every answer, and a CSRF word on every unsafe request that comes with a cookie."""
    csrf = CSRFProtect(app)

    @app.before_request
    def check_csrf() -> None:
        stranger = request.path.startswith("/api/") and current_actor() is NOBODY  # is told to log in
        if bearer_word() is None and not stranger and request.method not in ("GET", "HEAD", "OPTIONS"):
            csrf.protect()

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CSP)  # a view may be stricter
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer" if request.blueprint == "wall" else "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=()"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Language"] = str(get_locale() or "fr") if request.endpoint != "static" else "fr"
        return response


def _open_own_routes(app: APIFlask) -> None:
    """The description of the API tells nothing of the network: it is public."""
    from web.guard import public

    for endpoint in ("openapi.spec",):
        if endpoint in app.view_functions:
            app.view_functions[endpoint] = public(app.view_functions[endpoint])
