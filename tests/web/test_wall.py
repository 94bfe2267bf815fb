"""The wall: opened by a token without a login, good for nothing else, and never quiet about how old its figures are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from nms.base.permissions import SYSTEM, Permission, Role
from tests.fakes.site import Web
from web import logins, users


def token(web: Web, *scopes: Permission, name: str = "wall") -> str:
    """A token for a day."""
    with web.database.transaction() as session:
        return users.issue_token(session, SYSTEM, web.clock.now(), name, scopes, timedelta(days=1))


def enter(web: Web, word: str) -> tuple[FlaskClient, int]:
    """A screen that opens the address with the token."""
    client = web.app.test_client()
    return client, client.get("/mur/entree", query_string={"jeton": word}).status_code


def test_a_token_opens_the_wall_and_nothing_else(web: Web) -> None:
    screen, status = enter(web, token(web, Permission.WALL_READ, Permission.DEVICE_READ, Permission.LEDGER_READ))
    assert status == 302
    page = screen.get("/mur")
    assert page.status_code == 200
    assert "link-a" in page.get_data(as_text=True)
    assert screen.get("/mur/carte").status_code == 200
    cookie = screen.get_cookie("nms_wall", path="/mur")
    assert cookie is not None
    assert (cookie.path, cookie.http_only, cookie.same_site) == ("/mur", True, "Strict")
    screen.set_cookie("nms_wall", cookie.value, path="/")
    for path in ("/", "/liaisons", "/registre", "/compte", "/jetons", "/carte/donnees"):
        assert screen.get(path).status_code == 302, path
    assert screen.get("/api/v1/summary").status_code == 401


def test_the_word_stays_out_of_the_page_and_of_later_addresses(web: Web) -> None:
    word = token(web, Permission.WALL_READ)
    screen = web.app.test_client()
    answer = screen.get("/mur/entree", query_string={"jeton": word})
    assert answer.headers["Location"] == "/mur"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert word not in answer.get_data(as_text=True)
    assert word not in screen.get("/mur").get_data(as_text=True)


def test_a_revoked_an_expired_and_a_foreign_token_show_nothing(web: Web) -> None:
    screen, _status = enter(web, token(web, Permission.WALL_READ))
    with web.database.transaction() as session:
        users.revoke_token(session, SYSTEM, web.clock.now(), "wall")
    assert screen.get("/mur").status_code == 302
    late, _status = enter(web, token(web, Permission.WALL_READ, name="other"))
    web.clock.advance(2 * 86400)
    assert late.get("/mur").status_code == 302
    assert enter(web, token(web, Permission.METRICS_READ, name="metrics"))[1] == 403


def test_guessing_tokens_is_slowed_down(web: Web) -> None:
    assert {enter(web, f"guess-{i}")[1] for i in range(logins.PER_ADDRESS)} == {403}
    assert enter(web, "guess")[1] == 429
    assert enter(web, token(web, Permission.WALL_READ))[1] == 429


def test_a_poller_that_stands_still_is_said_loudly(web: Web) -> None:
    client = web.client(Role.NOC)
    assert "wall-state still" not in client.get("/mur/etat").get_data(as_text=True)
    web.clock.advance(600)
    assert "wall-state still" in client.get("/mur/etat").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/mur", "/mur/etat", "/mur/carte"])
def test_without_a_token_there_is_no_wall(web: Web, path: str) -> None:
    assert web.app.test_client().get(path).status_code == 302


def test_the_address_says_which_views_are_shown_and_for_how_long(web: Web) -> None:
    client = web.client(Role.NOC)
    every = client.get("/mur").get_data(as_text=True)
    assert 'data-views="etat,carte,charge,pannes"' in every
    assert 'data-seconds="20"' in every
    two = client.get("/mur?vues=charge,%20pannes,charge&secondes=45").get_data(as_text=True)
    assert 'data-view="charge" data-views="charge,pannes" data-seconds="45"' in two
    assert 'id="pause"' not in client.get("/mur?vues=carte").get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("vues=etat,meteo", "« meteo »"),
        ("secondes=4", "de 5 à 3600"),
        ("secondes=3601", "« 3601 »"),
        ("secondes=-20", "« -20 »"),
        ("secondes=²0", "« ²0 »"),
        ("secondes=vite", "« vite »"),
    ],
)
def test_a_view_or_a_time_that_there_is_not_is_said(web: Web, query: str, said: str) -> None:
    """To a screen without a login too, in words of its reader; nothing is guessed in its place."""
    screen, _status = enter(web, token(web, Permission.WALL_READ))
    answer = screen.get(f"/mur?{query}", headers={"Accept-Language": "fr"})
    assert answer.status_code == 400
    assert said in answer.get_data(as_text=True).replace("\xa0", " ")


def test_the_views_that_the_first_address_asks_for_are_kept(web: Web) -> None:
    word = token(web, Permission.WALL_READ)
    asked = {"jeton": word, "vues": "charge,pannes", "secondes": "30", "suite": "https://elsewhere.example"}
    answer = web.app.test_client().get("/mur/entree", query_string=asked)
    assert answer.headers["Location"] == "/mur?vues=charge,pannes&secondes=30"
    assert word not in answer.headers["Location"]
