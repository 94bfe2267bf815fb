"""Who comes in, how they stay in, and how they are out again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from nms.base.permissions import SYSTEM, Role
from nms.base.secrets import SecretBox
from tests.fakes.site import PASSWORD, Web, csrf_of
from web import logins, users
from web.session import COOKIE
from web.users import User, UserSession


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(web: Web) -> None:
    """Nobody learns which names exist; what was typed is kept."""
    answers = [web.log_in(web.client(), name, "wrong password") for name in ("noc", "nobody")]
    texts = [answer.get_data(as_text=True) for answer in answers]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert all("Utilisateur inconnu ou mot de passe faux." in text for text in texts)
    assert 'value="noc"' in texts[0]


def test_the_account_is_throttled_after_eight_refusals_and_opens_after_ten_minutes(web: Web) -> None:
    """Guessing is slow; the right password waits too, and then works."""
    client = web.client()
    for _ in range(logins.PER_USER):
        assert web.log_in(client, "noc", "wrong password").status_code == 401
    assert web.log_in(client, "noc").status_code == 429
    assert web.log_in(client, "viewer").status_code == 302
    web.clock.advance(601)
    assert web.log_in(web.client(), "noc").status_code == 302


def test_fault_59_a_session_word_from_before_the_login_is_not_the_one_after(web: Web) -> None:
    """Session fixation: a planted cookie is replaced; the old word opens nothing."""
    client = web.client()
    client.set_cookie(COOKIE, "planted")
    answer = web.log_in(client, "noc")
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith(COOKIE))
    assert "planted" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    stranger = web.app.test_client()
    stranger.set_cookie(COOKIE, "planted")
    assert stranger.get("/compte").status_code == 302


def test_fault_59_a_new_login_ends_the_session_of_before(web: Web) -> None:
    """The word rotates at each login."""
    client = web.client(Role.NOC)
    old = client.get_cookie(COOKIE)
    assert old is not None
    assert web.log_in(client, "noc").status_code == 302
    again = web.app.test_client()
    again.set_cookie(COOKIE, old.value)
    assert again.get("/compte").status_code == 302


def test_fault_59_logout_and_a_changed_password_end_the_sessions(web: Web) -> None:
    """After logout the cookie is dead; a changed password ends every other browser."""
    client, other = web.client(Role.NOC), web.client(Role.NOC)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    web.post(client, "/deconnexion")
    thief = web.app.test_client()
    thief.set_cookie(COOKIE, cookie.value)
    assert thief.get("/compte").status_code == 302
    changer = web.client(Role.NOC)
    new = "quite another password"
    answer = web.post(changer, "/compte/mot-de-passe", old=PASSWORD, new=new, again=new)
    assert answer.status_code == 302
    assert changer.get("/compte").status_code == 200
    assert other.get("/compte").status_code == 302
    assert web.log_in(web.client(), "noc", new).status_code == 302


def test_a_session_ends_after_twelve_hours(web: Web) -> None:
    """Nobody stays logged in for ever."""
    client = web.client(Role.NOC)
    web.clock.advance(timedelta(hours=12, seconds=1).total_seconds())
    assert client.get("/compte").status_code == 302


def test_the_database_keeps_no_word_that_opens_a_session(web: Web) -> None:
    """A copy of the database logs nobody in."""
    client = web.client(Role.NOC)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    with web.database.reading() as session:
        digests = set(session.scalars(select(UserSession.digest)))
    assert cookie.value not in digests
    assert users.digest_of(cookie.value) in digests


def test_fault_58_a_form_without_the_right_csrf_word_does_nothing(web: Web) -> None:
    """Missing, empty, another user's, or a foreign origin's: 400 and nothing done, the login form too."""
    client, other = web.client(Role.ADMINISTRATOR), web.client(Role.NOC)
    theirs = csrf_of(other.get("/compte"))
    for form in ({}, {"csrf_token": ""}, {"csrf_token": theirs}, {"csrf_token": "x" * 40}):
        data = form | {"name": "intruder", "password": PASSWORD, "role": "administrator"}
        assert client.post("/utilisateurs", data=data).status_code == 400
        assert client.post("/connexion", data=form | {"name": "noc", "password": PASSWORD}).status_code == 400
    with web.database.reading() as session:
        assert session.scalar(select(User).where(User.name == "intruder")) is None


def test_fault_56_a_locked_or_changed_user_feels_it_at_the_next_request(web: Web) -> None:
    """Roles are read at each request; a lock ends the session."""
    client = web.client(Role.ENGINEER)
    assert client.get("/inventaire").status_code == 200
    with web.database.transaction() as session:
        users.set_roles(session, SYSTEM, web.clock.now(), "engineer", [Role.VIEWER], ())
    assert client.get("/inventaire").status_code == 403
    with web.database.transaction() as session:
        users.set_active(session, SYSTEM, web.clock.now(), "engineer", active=False)
    assert client.get("/liaisons").status_code == 302


@pytest.mark.parametrize("key", [b"dev", b"change-me", b"you-will-never-guess", b""])
def test_fault_60_a_cookie_forged_with_a_known_key_opens_nothing(web: Web, key: bytes) -> None:
    """The key is random and derived from the key file; a signed cookie of another key is nobody's."""
    from flask.sessions import SecureCookieSessionInterface

    assert web.app.secret_key != key
    assert len(web.app.secret_key or b"") >= 32
    forger = type(web.app)("forger")
    forger.secret_key = key or b" "
    serializer = SecureCookieSessionInterface().get_signing_serializer(forger)
    assert serializer is not None
    client = web.app.test_client()
    client.set_cookie("nms_form", str(serializer.dumps({"user": "administrator", "_user_id": 1})))
    client.set_cookie(COOKIE, str(serializer.dumps({"user": "administrator"})))
    assert client.get("/utilisateurs").status_code == 302


def test_fault_60_two_installations_have_two_keys(web: Web, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No key is part of the program."""
    other = SecretBox.open_or_create(tmp_path_factory.mktemp("other"))
    assert other.derive("web") != web.box.derive("web")


def test_fault_67_a_fresh_installation_has_no_account_and_its_link_works_once(web: Web) -> None:
    """The first administrator comes by a one-time link; when there is a user, there is no link."""
    assert users.first_admin_link(web.database, web.clock) is None
    with web.database.transaction() as session:
        for user in session.scalars(select(User)):
            session.delete(user)
    word = users.first_admin_link(web.database, web.clock)
    assert word is not None
    client = web.client()
    page = f"/premier-acces/{word}"
    form = {"name": "chief", "password": PASSWORD, "again": PASSWORD}
    short = client.post(
        page, data={"csrf_token": csrf_of(client.get(page))} | form | {"password": "short", "again": "short"}
    )
    assert short.status_code == 400
    assert 'value="chief"' in short.get_data(as_text=True)
    assert client.post(page, data={"csrf_token": csrf_of(client.get(page))} | form).status_code == 302
    assert client.get("/utilisateurs").status_code == 200
    used = web.client().get(page)
    assert used.status_code == 404
    assert "Ce lien a déjà servi ou a expiré" in used.get_data(as_text=True)
    assert users.first_admin_link(web.database, web.clock) is None


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_login_sends_nobody_to_another_site(web: Web, target: str) -> None:
    """An open redirect would lend our name to a thief."""
    client = web.client()
    word = csrf_of(client.get("/connexion"))
    form = {"csrf_token": word, "name": "noc", "password": PASSWORD, "suite": target}
    assert client.post("/connexion", data=form).headers["Location"] == "/"


def test_language_and_theme_follow_the_user(web: Web) -> None:
    """French first; what one chooses is there in another browser too."""
    client = web.client(Role.NOC)
    assert '<html lang="fr" data-bs-theme="light">' in client.get("/").get_data(as_text=True)
    web.post(client, "/preferences", language="en", theme="dark", suite="/liaisons")
    again = web.client(Role.NOC).get("/liaisons").get_data(as_text=True)
    assert '<html lang="en" data-bs-theme="dark">' in again
    assert "Links" in again
