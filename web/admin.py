"""Users, tokens and credentials: who may come in, what may be asked with which secret."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, TypeVar

from flask import Blueprint, g, redirect, render_template, request
from sqlalchemy import select

from inventory import credentials, service
from inventory.credentials import AuthProtocol, CredentialSecret, PrivProtocol
from inventory.models import CredentialKind
from inventory.territory import Commune
from nms.base import ledger
from nms.base.errors import Conflict, InputError, NmsError, PermissionRefused
from nms.base.permissions import SCOPED_ROLES, Permission, Role
from nms.base.text import say
from web import logins, users
from web.account import services
from web.guard import current_actor, logged_in, requires
from web.users import Token, User
from web.wording import PERMISSIONS, ROLES, in_language

blueprint = Blueprint("admin", __name__)
LIVES_DAYS = (30, 90, 365)
Chosen = TypeVar("Chosen", CredentialKind, AuthProtocol, PrivProtocol)


@blueprint.get("/utilisateurs")
@requires(Permission.USER_WRITE)
def list_users() -> Any:
    """Who may log in."""
    return _users_page()


@blueprint.post("/utilisateurs")
@requires(Permission.USER_WRITE)
def add_user() -> Any:
    """A new user."""
    parts, asked = services(), request.form
    try:
        roles, scope = _roles(), _scope()
        with parts.database.transaction() as session:
            users.create_user(
                session,
                current_actor(),
                parts.clock.now(),
                asked.get("name", ""),
                asked.get("password", ""),
                roles,
                scope,
            )
    except (InputError, Conflict) as error:
        return _users_page(in_language(error.message)), 400
    return redirect("/utilisateurs")


@blueprint.get("/utilisateurs/<name>")
@requires(Permission.USER_WRITE)
def one_user(name: str) -> Any:
    """One user: roles, password, lock."""
    return _user_page(name)


@blueprint.post("/utilisateurs/<name>/roles")
@requires(Permission.USER_WRITE)
def set_roles(name: str) -> Any:
    """Give a user other roles."""
    parts = services()
    try:
        with parts.database.transaction() as session:
            users.set_roles(session, current_actor(), parts.clock.now(), name, _roles(), _scope())
    except (InputError, PermissionRefused) as error:
        return _user_page(name, in_language(error.message)), 400
    return redirect(f"/utilisateurs/{name}")


@blueprint.post("/utilisateurs/<name>/mot-de-passe")
@requires(Permission.USER_WRITE)
def reset_password(name: str) -> Any:
    """Give a user a new password; their sessions end."""
    parts, actor = services(), current_actor()
    try:
        with parts.database.transaction() as session:
            users.set_password(session, users.user_named(session, name), request.form.get("password", ""))
            after = {"password": "changed"}
            ledger.append(session, kind="user", subject=name, actor=actor.name, at=parts.clock.now(), after=after)
    except InputError as error:
        return _user_page(name, in_language(error.message)), 400
    return redirect(f"/utilisateurs/{name}")


@blueprint.post("/utilisateurs/<name>/acces")
@requires(Permission.USER_WRITE)
def lock_user(name: str) -> Any:
    """Lock or unlock a user."""
    parts, active = services(), request.form.get("active") == "1"
    try:
        with parts.database.transaction() as session:
            users.set_active(session, current_actor(), parts.clock.now(), name, active)
    except PermissionRefused as error:
        return _user_page(name, in_language(error.message)), 400
    return redirect(f"/utilisateurs/{name}")


@blueprint.get("/jetons")
@logged_in
def tokens() -> Any:
    """One's own tokens; an administrator sees all."""
    return _tokens_page()


@blueprint.post("/jetons")
@logged_in
def add_token() -> Any:
    """A new token, shown once."""
    parts, asked = services(), request.form
    days = asked.get("days", "")
    try:
        if g.user is None:
            raise PermissionRefused("token_of_token", say("A token makes no token; log in."))
        scopes = [permission for permission in PERMISSIONS if permission.value in asked.getlist("scope")]
        if not scopes:
            raise InputError("no_scope", say("Choose at least one permission."))
        if days not in map(str, LIVES_DAYS):
            raise InputError("bad_life", say("Choose how long the token lives."))
        with parts.database.transaction() as session:
            word = users.issue_token(
                session, current_actor(), parts.clock.now(), asked.get("name", ""), scopes, timedelta(days=int(days))
            )
    except NmsError as error:
        return _tokens_page(in_language(error.message)), 400
    return _tokens_page(word=word)


@blueprint.post("/jetons/<name>/revoquer")
@logged_in
def revoke_token(name: str) -> Any:
    """End a token."""
    parts = services()
    if g.user is None:
        raise PermissionRefused("token_of_token", say("A token makes no token; log in."))
    with parts.database.transaction() as session:
        users.revoke_token(session, current_actor(), parts.clock.now(), name)
    return redirect("/jetons")


@blueprint.get("/identifiants")
@requires(Permission.CREDENTIAL_WRITE)
def list_credentials() -> Any:
    """Credentials of SNMP and SSH; their secrets are never shown."""
    return _credentials_page()


@blueprint.post("/identifiants")
@requires(Permission.CREDENTIAL_WRITE)
def save_credential() -> Any:
    """Add a credential or replace its secret."""
    parts, asked = services(), request.form
    service.refuse_in_demo(parts.settings.simulated)
    try:
        secret = CredentialSecret(
            version=_choice(CredentialKind, asked.get("version", "")),
            community=asked.get("community", ""),
            user=asked.get("user", ""),
            auth=_choice(AuthProtocol, asked["auth"]) if asked.get("auth") else None,
            auth_key=asked.get("auth_key", ""),
            priv=_choice(PrivProtocol, asked["priv"]) if asked.get("priv") else None,
            priv_key=asked.get("priv_key", ""),
            password=asked.get("password", ""),
            private_key=asked.get("private_key", "").replace("\r\n", "\n"),
        )
        with parts.database.transaction() as session:
            credentials.save_credential(
                session, parts.box, current_actor(), parts.clock.now(), asked.get("name", ""), secret
            )
    except InputError as error:
        listed = error.facts.get("complaints")
        if isinstance(listed, list):
            return _credentials_page({c.field: in_language(c.remedy) for c in listed}), 400
        return _credentials_page({"": in_language(error.message)}), 400
    return redirect("/identifiants")


@blueprint.post("/identifiants/<path:name>/supprimer")
@requires(Permission.CREDENTIAL_WRITE)
def remove_credential(name: str) -> Any:
    """Remove a credential that no device uses."""
    parts = services()
    service.refuse_in_demo(parts.settings.simulated)
    try:
        with parts.database.transaction() as session:
            credentials.remove_credential(session, current_actor(), parts.clock.now(), name)
    except InputError as error:
        return _credentials_page({"": in_language(error.message)}), 400
    return redirect("/identifiants")


def _choice(kind: type[Chosen], value: str) -> Chosen:
    try:
        return kind(value)
    except ValueError:
        raise InputError("bad_choice", say("Choose one of: {words}.", words=", ".join(kind))) from None


def _roles() -> list[Role]:
    asked = request.form.getlist("role")
    return [role for role in Role if role.value in asked]


def _scope() -> list[str]:
    """The INSEE codes of the form, each one known."""
    codes = request.form.get("scope", "").replace(",", " ").split()
    with services().database.reading() as session:
        known = set(session.scalars(select(Commune.insee).where(Commune.insee.in_(codes))))
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise InputError("no_such_commune", say("No commune {insee} is in the loaded territory.", insee=unknown[0]))
    if not codes and set(_roles()) <= SCOPED_ROLES and _roles():
        raise InputError("no_scope", say("The role commune needs the INSEE codes that it may see."))
    return codes


def _users_page(refusal: str = "") -> str:
    parts = services()
    with parts.database.reading() as session:
        found = list(session.scalars(select(User).order_by(User.name)))
        guesses = logins.refused(session, parts.clock.now())
    return render_template(
        "users.html",
        guesses=guesses,
        guess_limit=logins.PER_USER,
        rows=[(user, user.role_set(), json.loads(user.scope)) for user in found],
        roles=ROLES,
        refusal=refusal,
        asked=request.form,
    )


def _user_page(name: str, refusal: str = "") -> str:
    with services().database.reading() as session:
        user = users.user_named(session, name)
    scope = " ".join(json.loads(user.scope))
    return render_template("user.html", who=user, held=user.role_set(), scope=scope, roles=ROLES, refusal=refusal)


def _tokens_page(refusal: str = "", word: str = "") -> str:
    actor = current_actor()
    with services().database.reading() as session:
        wanted = select(Token).order_by(Token.name)
        if not actor.may(Permission.USER_WRITE):
            wanted = wanted.where(Token.created_by == actor.name)
        rows = [(token, json.loads(token.scopes)) for token in session.scalars(wanted)]
    offered = {
        permission: text
        for permission, text in PERMISSIONS.items()
        if (actor.may(permission) and permission is not Permission.CALENDAR_READ)  # made with its address: /echeances
        or (permission is Permission.METRICS_READ and actor.may(Permission.USER_WRITE))
    }
    texts = {permission.value: text for permission, text in PERMISSIONS.items()}
    return render_template(
        "tokens.html",
        rows=rows,
        offered=offered,
        texts=texts,
        lives=LIVES_DAYS,
        refusal=refusal,
        token_word=word,
        asked=request.form if refusal else {},
    )


def _credentials_page(complaints: dict[str, str] | None = None) -> str:
    with services().database.reading() as session:
        rows = credentials.list_credentials(session)
    return render_template(
        "credentials.html",
        rows=rows,
        versions=list(CredentialKind),
        auths=list(AuthProtocol),
        privs=list(PrivProtocol),
        complaints=complaints or {},
        asked=request.form if complaints else {},
    )
