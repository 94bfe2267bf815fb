"""Saved views: kept under a name, opened first when one wants, one's own only, and shared by their plain address."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import func, select

from nms.base.permissions import Role
from tests.fakes.site import Web
from web.views import MOST, SavedView, query_of


def keep(web: Web, client: FlaskClient, name: str, query: str = "state=down&page=3", page: str = "/liaisons") -> int:
    """Save a view; the status of the answer."""
    answer = web.post(client, "/vues", name=name, query=query, list=page)
    return answer.status_code


def test_a_view_is_kept_listed_renamed_opened_first_and_deleted(web: Web) -> None:
    client = web.client(Role.NOC)
    assert keep(web, client, "Hors service") == 302
    page = client.get("/liaisons?state=up").get_data(as_text=True)
    assert 'href="/liaisons?state=down"' in page
    assert "Hors service" in client.get("/").get_data(as_text=True)
    assert web.post(client, "/vues/1", what="first").status_code == 302
    assert client.get("/liaisons").headers["Location"] == "/liaisons?state=down"
    assert client.get("/liaisons?vue=toutes").status_code == 200
    assert web.post(client, "/vues/1", what="rename", name="Pannes").status_code == 302
    assert "Pannes" in client.get("/vues").get_data(as_text=True)
    assert web.post(client, "/vues/1", what="delete").status_code == 302
    assert client.get("/liaisons").status_code == 200


def test_views_of_others_are_neither_shown_nor_changed(web: Web) -> None:
    assert keep(web, web.client(Role.NOC), "Mine") == 302
    other = web.client(Role.VIEWER)
    assert "Mine" not in other.get("/vues").get_data(as_text=True)
    assert web.post(other, "/vues/1", what="delete").status_code == 404
    with web.database.reading() as session:
        assert session.scalar(select(func.count(SavedView.id))) == 1


def test_the_same_name_replaces_and_there_is_an_end(web: Web) -> None:
    client = web.client(Role.NOC)
    assert keep(web, client, "A") == 302
    assert keep(web, client, "A", "state=up") == 302
    with web.database.transaction() as session:
        view = session.scalars(select(SavedView)).one()
        assert view.query == "state=up"
        session.add_all(
            SavedView(user_id=view.user_id, page="/sites", name=f"v{i}", query="q=a") for i in range(MOST - 1)
        )
    assert keep(web, client, "One more") == 400
    assert web.post(client, "/vues/2", what="rename", name="v1").status_code == 400


def test_only_lists_are_kept_and_bad_names_come_back(web: Web) -> None:
    client = web.client(Role.NOC)
    assert keep(web, client, "Away", page="https://elsewhere.example/") == 400
    assert keep(web, client, "Away", page="/utilisateurs") == 400
    answer = web.post(client, "/vues", name="x" * 64, query="q=tours", list="/liaisons")
    assert answer.status_code == 400
    assert "x" * 64 in answer.get_data(as_text=True)
    assert client.post("/vues", data={"name": "No word", "list": "/liaisons"}).status_code == 400


def test_a_view_keeps_filters_and_no_page_number() -> None:
    assert query_of(b"q=a%26b&state=&page=4&vue=toutes&department=86") == "q=a%26b&department=86"
