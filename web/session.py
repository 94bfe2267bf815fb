"""Who asks: a cookie with a random word, or a bearer token. Never both at once, so that a token needs no CSRF word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import Flask, Response, g, request

from nms.base.permissions import Actor, Permission
from web import logins, users
from web.guard import NOBODY, bearer_word
from web.services import Services

COOKIE = "nms_session"
KNOWN = "nms_known"
WALL_COOKIE, WALL_PATH, WALL_LIFE = "nms_wall", "/mur", timedelta(days=30)
"""A screen on the wall: a token that is good for these pages only, whatever else it may."""


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
        if g.user is None and request.blueprint == "wall":
            g.actor = _on_the_wall(services, request.cookies.get(WALL_COOKIE, "")) or NOBODY


def _on_the_wall(services: Services, word: str) -> Actor | None:
    """The actor of a wall's cookie, cut down to reading the wall."""
    actor = users.resolve_token(services.database, services.clock, word) if word else None
    if actor is None or not actor.may(Permission.WALL_READ):
        return None
    return replace(actor, permissions=frozenset({Permission.WALL_READ}))


def remember(response: Response, word: str, services: Services) -> None:
    """Give the browser its session word."""
    _give(response, COOKIE, word, users.SESSION_LIFE, services)


def recognise(response: Response, word: str, services: Services) -> None:
    """Give the browser the word by which it is known at the next login; it opens nothing."""
    _give(response, KNOWN, word, logins.KNOWN_LIFE, services)


def open_wall(response: Response, word: str, services: Services) -> None:
    """Give a screen the word of its token, for the pages of the wall alone."""
    _give(response, WALL_COOKIE, word, WALL_LIFE, services, path=WALL_PATH, samesite="Strict")


def _give(
    response: Response,
    name: str,
    word: str,
    life: timedelta,
    services: Services,
    *,
    path: str = "/",
    samesite: str = "Lax",
) -> None:
    response.set_cookie(
        name,
        word,
        max_age=int(life.total_seconds()),
        path=path,
        httponly=True,
        samesite=samesite,
        secure=services.settings.web.secure_cookies,
    )


def forget(response: Response) -> None:
    """Take the session word back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
