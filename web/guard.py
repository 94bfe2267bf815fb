"""Deny by default: a route that does not say which permission it needs, or that it is public, stops the start."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, g, request

from nms.base.errors import PermissionRefused
from nms.base.permissions import Actor, Permission
from nms.base.text import say

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "_nms_access"
PUBLIC = "public"
LOGGED_IN = "logged_in"

NOBODY = Actor("anonymous", frozenset())


class LoginNeeded(PermissionRefused):
    """Nobody is logged in: a page answers with the login form, the API with 401."""


def requires(permission: Permission, *others: Permission) -> Callable[[View], View]:
    """The view needs this permission, or one of the others, by session or by token."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            actor = current_actor()
            if actor is NOBODY:
                raise LoginNeeded("login_needed", say("Log in first."))
            if not any(actor.may(other) for other in others):
                actor.require(permission)
            return view(*args, **kwargs)

        setattr(guarded, _MARK, permission.value)
        return cast("View", guarded)

    return mark


def logged_in(view: View) -> View:
    """The view needs a user, whatever the role (account, logout)."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if current_actor() is NOBODY:
            raise LoginNeeded("login_needed", say("Log in first."))
        return view(*args, **kwargs)

    setattr(guarded, _MARK, LOGGED_IN)
    return cast("View", guarded)


def public(view: View) -> View:
    """The view is for anybody (login, health probes, static files)."""
    setattr(view, _MARK, PUBLIC)
    return view


def access_of(app: Flask, endpoint: str) -> str | None:
    """What a route needs: a permission's value, `public`, `logged_in`; None when it says nothing."""
    return getattr(app.view_functions[endpoint], _MARK, None)


def refuse_unguarded(app: Flask) -> None:
    """Refuse to start when a route says nothing of who may use it."""
    silent = sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and access_of(app, rule.endpoint) is None
    )
    if silent:
        raise RuntimeError(f"routes without @requires or @public: {', '.join(silent)}")


def current_actor() -> Actor:
    """Who asks: the user of the session, the token, or nobody."""
    return cast("Actor", g.get("actor", NOBODY))


def bearer_word() -> str | None:
    """The word of an Authorization: Bearer header."""
    scheme, _, word = request.headers.get("Authorization", "").partition(" ")
    return word.strip() if scheme.lower() == "bearer" and word.strip() else None
