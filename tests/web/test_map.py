"""The map: communes by their outlines where the territory has them, and the links by how full they are."""

from __future__ import annotations

import pytest
from flask import Flask

from inventory.territory import CommuneOutline
from nms.base import ledger
from nms.base.permissions import Role
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
    data = web.client(Role.OFFICIAL).get("/carte/donnees").get_json()
    (link,) = [one for one in data["nowhere"] if one["name"] == "link-a"]
    (commune,) = [one for one in data["communes"] if one["insee"] == HERE]
    assert link["at"] == [commune["lat"], commune["lon"]]
    assert link["at"] is not None
    assert commune["url"] == f"/communes/{HERE}"
