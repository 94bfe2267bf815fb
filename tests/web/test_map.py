"""The map: communes by their outlines where the territory has them, and the links by how full they are."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from inventory.models import LinkKind
from inventory.territory import Commune, CommuneOutline
from nms.base import ledger
from nms.base.permissions import Role
from nms.ops.state import Judgement, Kind, State, Status, Subject
from tests.fakes.site import HERE, Web
from web import weather

SQUARE = '{"type":"Polygon","coordinates":[[[0,46],[1,46],[1,47],[0,46]]]}'
ELSEWHERE = "17300"


def outlined(web: Web, *codes: str) -> None:
    with web.database.transaction() as session:
        session.add_all(CommuneOutline(insee=code, geometry=SQUARE) for code in codes or (HERE, ELSEWHERE))
        ledger.append(
            session,
            kind="inventory.territory",
            subject="test",
            actor="test",
            at=web.clock.now(),
            before=None,
            after={"attribution": "Whose they are, 2026"},
        )


def test_without_outlines_the_map_says_so_and_names_none(web: Web) -> None:
    client = web.client(Role.NOC)
    assert client.get("/carte/donnees").get_json()["outlines"] is None
    assert "dessinées par leur contour" not in client.get("/carte").text
    outlined(web)
    assert "dessinées par leur contour" in client.get("/carte").text
    assert "Contours : Whose they are, 2026." in client.get("/carte").text.replace("\xa0", " ")


def test_outlines_are_served_once_and_a_commune_s_account_gets_its_own(web: Web) -> None:
    outlined(web)
    client = web.client(Role.NOC)
    address = client.get("/carte/donnees").get_json()["outlines"]
    answer = client.get(address)
    assert set(answer.get_json()) == {HERE, ELSEWHERE}
    assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    own = web.client(Role.COMMUNE)
    assert set(own.get(own.get("/carte/donnees").get_json()["outlines"]).get_json()) == {HERE}


@pytest.mark.parametrize(
    ("bps", "committed_bps", "name"),
    [(None, 10e6, "none"), (5e6, None, "none"), (0.0, 10e6, "quiet"), (4e6, 10e6, "busy"), (7e6, 10e6, "full"),
     (9e6, 10e6, "brimming"), (12e6, 10e6, "brimming")],
)  # fmt: skip
def test_a_gap_is_no_class_and_zero_is_zero(
    web: Web, bps: float | None, committed_bps: float | None, name: str
) -> None:
    app: Flask = web.app
    with app.test_request_context():
        assert weather.direction(bps, committed_bps, weather.classes())["class"] == name


def test_a_link_with_one_place_is_drawn_at_the_commune_that_it_serves(web: Web) -> None:
    """It has no line, and still a place; a click on the commune opens its page."""
    data = web.client(Role.OFFICIAL).get("/carte/donnees?vue=utilisation").get_json()
    (link,) = [one for one in data["nowhere"] if one["name"] == "link-a"]
    (commune,) = [one for one in data["communes"] if one["insee"] == HERE]
    assert link["at"] == [commune["lat"], commune["lon"]]
    assert link["at"] is not None
    assert commune["url"] == f"/communes/{HERE}"


def test_what_is_drawn_follows_state_measure_language_and_place(web: Web) -> None:
    """Though what was written of an object is kept for as long as it is the very same."""
    client, status = web.client(Role.OFFICIAL), web.live.get(Kind.LINK, "link-a")
    assert status is not None

    def drawn() -> dict[str, Any]:
        told = client.get("/carte/donnees?vue=utilisation").get_json()
        (link,) = [one for one in told["nowhere"] + told["links"] if one["name"] == "link-a"]
        return dict(link)

    web.live.update([replace(status, judgement=Judgement(State.UP, web.clock.now()))])
    first = drawn()
    assert (drawn(), first["word"]) == (first, "en service")
    web.live.update([replace(status, judgement=Judgement(State.DOWN, web.clock.now()), measures=None)])
    down = drawn()
    assert (down["state"], down["word"], down["weather"]["class"]) == ("down", "hors service", "none")
    client.set_cookie("nms_language", "en")
    assert drawn()["word"] == "down"
    with web.database.transaction() as session:
        session.get_one(Commune, HERE).lat_deg = 46.5
        ledger.append(session, kind="territory.loaded", subject="x", actor="x", at=web.clock.now())
    assert drawn()["at"][0] == 46.5


def test_a_service_of_an_absorbed_commune_is_drawn_on_its_successor_and_named_in_lists(web: Web) -> None:
    """Also on the page of what is wrong, with the inhabitants of today's commune counted once."""
    client, at = web.client(Role.NOC), web.clock.now()
    before = without_link(client.get("/").text)
    for name, insee in (("link-old", "16004"), ("link-older", "16314")):
        subject = Subject(Kind.LINK, name, "", "", "", insee, "16", role=LinkKind.DEDICATED)
        web.live.update([Status(subject, Judgement(State.DOWN, at), None)])
    outlined(web, "16230")
    (drawn,) = [c for c in client.get("/carte/donnees").get_json()["communes"] if c["insee"] == "16230"]
    assert drawn["state"] == "down"
    assert "Aignes-et-Puypéroux, Saint-Eutrope" in drawn["former"]
    assert "Aignes-et-Puypéroux (Montmoreau)" in client.get("/liaisons").text
    page = client.get("/").text
    assert page.count('<a href="/communes/16004">Montmoreau</a>') == 1
    with web.database.reading() as session:
        assert without_link(page) - before == session.get_one(Commune, "16230").population


def without_link(page: str) -> int:
    """The figure of the tile before the last: inhabitants without their dedicated link."""
    figure: str = re.findall(r'class="tile-total">([^<]*)<', page)[-2]
    return int(re.sub(r"\D", "", figure))
