"""What pages keep of the inventory: few questions, and never an old answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from inventory.forms import SiteForm
from inventory.service import save
from nms.base.permissions import SYSTEM, Role
from nms.ops.live import LiveState
from nms.ops.state import Judgement, Kind, State, Status, Subject
from tests.fakes.site import HERE, Web

MOST_STATEMENTS = 10


@contextmanager
def counting(web: Web) -> Iterator[list[str]]:
    """Every statement that the database is given."""
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(web.database.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(web.database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "path", ["/", "/parts/overview", "/liaisons", "/liaisons/link-a", "/appareils/bs-a", "/sites", "/carte/donnees"]
)
def test_a_page_asks_a_handful_of_questions_whatever_the_size_of_the_region(web: Web, path: str) -> None:
    client = web.client(Role.ENGINEER)
    assert client.get(path).status_code == 200
    with counting(web) as said:
        assert client.get(path).status_code == 200
    asked = [one for one in said if one.startswith("SELECT")]
    assert len(asked) <= MOST_STATEMENTS, asked
    assert not any("FROM site" in one or "FROM link " in one for one in asked), "the inventory is not read again"


def test_a_change_of_the_inventory_is_on_the_next_page(web: Web) -> None:
    """Whoever made it: the journal tells."""
    client = web.client(Role.ENGINEER)
    assert "Nouvelle mairie" not in client.get("/sites").get_data(as_text=True)
    with web.database.transaction() as session:
        save(session, SYSTEM, web.clock.now(), SiteForm("site-new", label="Nouvelle mairie", insee=HERE))
    assert "Nouvelle mairie" in client.get("/sites").get_data(as_text=True)


def test_a_commune_s_account_gets_no_line_that_ends_elsewhere(web: Web) -> None:
    """What is kept is the whole inventory; what is shown is one's own."""
    whole, own = (web.client(role).get("/carte/donnees").get_json() for role in (Role.ENGINEER, Role.COMMUNE))
    assert {commune["insee"] for commune in own["communes"]} == {HERE}
    assert {commune["insee"] for commune in whole["communes"]} > {HERE}


def test_the_counts_and_the_order_follow_every_change(web: Web) -> None:
    """Counted as it changes, the table says what counting anew would."""
    live, at = LiveState(), web.clock.now()

    def put(name: str, state: State) -> None:
        live.update([Status(Subject(Kind.LINK, name, "", "", "", "", ""), Judgement(state, at), None)])

    steps = [("b", State.UP), ("a", State.DOWN), ("b", State.DOWN), ("c", State.UP), ("a", State.UP)]
    for name, state in steps:
        put(name, state)
        rows = live.all(Kind.LINK)
        assert [row.subject.name for row in rows] == sorted(row.subject.name for row in rows)
        assert live.count(Kind.LINK) == {s: sum(row.judgement.state is s for row in rows) for s in State}
    live.keep_only({(Kind.LINK, "a")})
    assert live.count(Kind.LINK)[State.DOWN] == 0
    assert [row.subject.name for row in live.all()] == ["a"]
