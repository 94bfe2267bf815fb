"""Who asks: a cookie with a random word, or a bearer token. Never both at once, so that a token needs no CSRF word."""

from __future__ import annotations

from flask import Flask, Response, g, request

from web import logins, users
from web.guard import NOBODY, bearer_word
from web.services import Services

COOKIE = "nms_session"
KNOWN = "nms_known"


def register(app: Flask, services: Services) -> None:
    """Resolve the actor before each request."""

    @app.before_request
    def resolve() -> None:
        g.actor, g.user = NOBODY, None
        word = bearer_word()
        if word is not None:
            g.actor = users.resolve_token(services.database, services.clock, word) or NOBODY
            return
        cookie = request.cookies.get(COOKIE)
        if cookie and request.endpoint != "static":
            g.user = users.user_of_session(services.database, services.clock, cookie)
            if g.user is not None:
                g.actor = g.user.actor()


def remember(response: Response, word: str, services: Services) -> None:
    """Give the browser its session word."""
    response.set_cookie(
        COOKIE,
        word,
        max_age=int(users.SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=services.settings.web.secure_cookies,
    )


def recognise(response: Response, word: str, services: Services) -> None:
    """Give the browser the word by which it is known at the next login; it opens nothing."""
    response.set_cookie(
        KNOWN,
        word,
        max_age=int(logins.KNOWN_LIFE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=services.settings.web.secure_cookies,
        path="/",
    )


def forget(response: Response) -> None:
    """Take the session word back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
