"""Login, logout, the first administrator, and one's own settings."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from nms.base.errors import InputError, NmsError
from nms.base.text import say
from web import logins, users
from web import session as sessions
from web.guard import logged_in, public
from web.services import Services
from web.wording import in_language

blueprint = Blueprint("account", __name__)
THEMES = ("light", "dark")
YEAR_S = 365 * 86400


def services() -> Services:
    """The services of this application."""
    found: Services = current_app.extensions["nms"]
    return found


def safe_target(target: str) -> str:
    """A path of this site to go on to; anything else is the overview."""
    ours = target.startswith("/") and not target.startswith(("//", "/\\")) and "\\" not in target
    return target if ours and target.isprintable() else "/"


@blueprint.get("/connexion")
@public
def login() -> Any:
    """The login form."""
    return render_template("login.html", target=safe_target(request.args.get("suite", "/")), name="", refusal="")


@blueprint.post("/connexion")
@public
def log_in() -> Any:
    """Check name and password; a new session word at each login."""
    parts = services()
    name, password = request.form.get("name", ""), request.form.get("password", "")
    target = safe_target(request.form.get("suite", "/"))
    refusal, status = _("Unknown user or wrong password."), 401
    try:
        user = logins.authenticate(parts.database, parts.clock, name, password, request.remote_addr or "", known(name))
    except NmsError:
        user, refusal, status = None, _("Too many refused logins: wait ten minutes, then try again."), 429
    if user is None:
        return render_template("login.html", target=target, name=name, refusal=refusal), status
    return _logged_in(user, target)


@blueprint.get("/premier-acces/<word>")
@public
def first_access(word: str) -> Any:
    """The form that creates the first administrator."""
    parts = services()
    still_open = users.link_is_open(parts.database, parts.clock, word)
    page = render_template("first_access.html", word=word, still_open=still_open, name="", refusal="")
    return page, 200 if still_open else 404


@blueprint.post("/premier-acces/<word>")
@public
def create_first(word: str) -> Any:
    """Create the first administrator; the link works once."""
    parts = services()
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        if password != request.form.get("again", ""):
            raise InputError("passwords_differ", say("The two passwords differ."))
        user = users.create_first_admin(parts.database, parts.clock, word, name, password)
    except InputError as error:
        refusal = in_language(error.message)
        return render_template("first_access.html", word=word, still_open=True, name=name, refusal=refusal), 400
    return _logged_in(user, "/")


@blueprint.post("/deconnexion")
@logged_in
def log_out() -> Any:
    """End this session."""
    word = request.cookies.get(sessions.COOKIE)
    if word:
        users.close_session(services().database, word)
    response = make_response(redirect(url_for("account.login")))
    sessions.forget(response)
    return response


@blueprint.get("/compte")
@logged_in
def account() -> Any:
    """One's own settings."""
    return render_template("account.html", refusal="", done=False)


@blueprint.post("/compte/mot-de-passe")
@logged_in
def change_password() -> Any:
    """Change one's password: every session ends, this browser gets a new one."""
    parts = services()
    if g.user is None:
        raise InputError("no_user", say("A token has no password."))
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        if new != request.form.get("again", ""):
            raise InputError("passwords_differ", say("The two passwords differ."))
        name, address = g.user.name, request.remote_addr or ""
        if logins.authenticate(parts.database, parts.clock, name, old, address, known(name)) is None:
            raise InputError("wrong_password", say("The present password is wrong."))
        with parts.database.transaction() as session:
            user = users.user_named(session, g.user.name)
            users.set_password(session, user, new)
    except InputError as error:
        return render_template("account.html", refusal=in_language(error.message), done=False), 400
    return _logged_in(user, "/compte")


@blueprint.post("/preferences")
@public
def preferences() -> Any:
    """Language and theme: kept with the user, and in a cookie for who is not logged in."""
    parts = services()
    language, theme = request.form.get("language", ""), request.form.get("theme", "")
    response = make_response(redirect(safe_target(request.form.get("suite", "/"))))
    if language in ("fr", "en"):
        response.set_cookie("nms_language", language, max_age=YEAR_S, samesite="Lax", httponly=True)
    if theme in THEMES:
        response.set_cookie("nms_theme", theme, max_age=YEAR_S, samesite="Lax", httponly=True)
    if g.user is not None:
        with parts.database.transaction() as session:
            user = users.user_named(session, g.user.name)
            user.language = language if language in ("fr", "en") else user.language
            user.theme = theme if theme in THEMES else user.theme
    return response


def known(name: str) -> str:
    """What this browser's refused logins are counted under, when it logged the account in before."""
    return logins.KnownBrowsers(services().box).address(request.cookies.get(sessions.KNOWN, ""), name)


def _logged_in(user: users.User, target: str) -> Any:
    parts = services()
    word = users.open_session(parts.database, parts.clock, user)
    old = request.cookies.get(sessions.COOKIE)
    if old:
        users.close_session(parts.database, old)
    response = make_response(redirect(target))
    sessions.remember(response, word, parts)
    sessions.recognise(response, logins.KnownBrowsers(parts.box).word(user.name), parts)
    return response
