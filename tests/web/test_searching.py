"""Search over everything: found by what one remembers, only what one may see, on the page, while typing, by the API."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import event, select

from inventory.models import Device, Lifecycle, Terminal
from inventory.territory import CommuneSuccessor
from nms.base.permissions import SYSTEM, Role
from spectrum.acts import Act, Step
from spectrum.bands import read_bands
from tests.fakes.site import ELSEWHERE, HERE, Web

BAND = read_bands("3432.5-3447.5/3532.5-3547.5")


def found(web: Web, text: str, role: Role = Role.OFFICIAL) -> set[tuple[str, str]]:
    """Kind and name of what the API finds."""
    with web.client(role).get("/api/v1/search", query_string={"q": text, "limit": 200}) as answer:
        assert answer.status_code == 200
        assert answer.json is not None
        assert answer.json["total"] == len(answer.json["items"])
        return {(one["kind"], one["name"]) for one in answer.json["items"]}


def grant(web: Web, number: str, area: frozenset[str], holder: str) -> None:
    """An authorisation over an area."""
    start = date(2020, 1, 1)
    act = Act(number, Step.ATTRIBUTION, start, start, area, BAND, cessionnaire=holder, until=date(2040, 1, 1))
    web.services.register.replay([act], SYSTEM)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("la rochelle", ("commune", "La Rochelle")),
        ("Rochelle", ("commune", "La Rochelle")),
        ("saint benoit", ("commune", "Saint-Benoît")),
        ("ST-BENOÎT", ("commune", "Saint-Benoît")),
        ("86194", ("commune", "Poitiers")),
        ("10.0.0.9", ("device", "bs-a")),
        ("sec-a", ("sector", "sec-a")),
        ("cybercentre", ("link", "link-a")),
        ("place", ("hotspot", "spot-b")),
        ("mairie poitiers", ("site", "site-a")),
        ("06 0744", ("authorisation", "06-0744")),
        ("06-0744", ("act", "06-0744")),
        ("departement charente", ("holder", "Département de la Charente-Maritime")),
    ],
)
def test_it_is_found_by_what_one_remembers(web: Web, text: str, expected: tuple[str, str]) -> None:
    grant(web, "06-0744", frozenset({HERE, ELSEWHERE}), "Département de la Charente-Maritime")
    assert expected in found(web, text)


def test_an_address_a_serial_and_a_mac_are_found_as_people_type_them(web: Web) -> None:
    with web.database.transaction() as session:
        device = session.scalars(select(Device).where(Device.name == "bs-a")).one()
        device.address, device.serial = "2001:db8:7::41", "SN-99-X1"
        session.add(Terminal(name="st-1", label="", sector_id=None, site_id=device.site_id, mac="00:0a:73:1b:2c:3d"))
    for text in ("2001:db8:7", "2001:0db8:0007:0000:0000:0000:0000:0041", "sn-99"):
        assert ("device", "bs-a") in found(web, text), text
    for text in ("000a.731b.2c3d", "00-0A-73-1B", "731b2c"):
        assert ("terminal", "st-1") in found(web, text), text


def test_an_absorbed_commune_is_found_under_its_successor(web: Web) -> None:
    with web.database.reading() as session:
        change = session.scalars(
            select(CommuneSuccessor).where(CommuneSuccessor.old_insee != CommuneSuccessor.new_insee)
        ).first()
    assert change is not None
    text = web.client(Role.VIEWER).get("/recherche", query_string={"q": change.old_name}).get_data(as_text=True)
    assert f"/communes/{change.new_insee}" in text
    assert f"/communes/{change.new_insee}" in web.client(Role.VIEWER).get(f"/recherche?q={change.old_insee}").text


def test_a_commune_finds_its_own_and_counts_tell_nothing_of_others(web: Web) -> None:
    grant(web, "08-0001", frozenset({HERE}), "Commune de Poitiers")
    grant(web, "08-0002", frozenset({ELSEWHERE}), "Commune de La Rochelle")
    assert ("authorisation", "08-0001") in found(web, "08", Role.COMMUNE)
    assert not {name for _, name in found(web, "08", Role.COMMUNE)} & {"08-0002", "Commune de La Rochelle"}
    for text in ("site-b", "bs-b", "cpe-b", "sec-b", "link-b", "spot-b", "La Rochelle", "17300", "10.0.0.98"):
        assert found(web, text, Role.COMMUNE) == set(), text
        with web.client(Role.COMMUNE).get(f"/recherche/suggestions?q={text}") as page:
            assert 'aria-disabled="true"' in page.get_data(as_text=True)
    assert ("link", "link-a") in found(web, "link", Role.COMMUNE)


def test_rights_are_found_only_by_who_may_read_them(web: Web) -> None:
    grant(web, "06-0744", frozenset({HERE}), "Un titulaire")
    assert found(web, "06-0744", Role.NOC) == set()
    assert found(web, "titulaire", Role.NOC) == set()


def test_the_retired_is_not_offered(web: Web) -> None:
    with web.database.transaction() as session:
        session.scalars(select(Device).where(Device.name == "cpe-a")).one().lifecycle = Lifecycle.RETIRED
    assert ("device", "cpe-a") not in found(web, "cpe-a")


def test_a_search_costs_the_same_statements_however_much_there_is(web: Web) -> None:
    client = web.client(Role.OFFICIAL)
    asked: list[str] = []

    @event.listens_for(web.database.engine, "before_cursor_execute")
    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    client.get("/recherche?q=poitiers")
    asked.clear()
    client.get("/recherche/suggestions?q=poitiers")
    few = len(asked)
    asked.clear()
    client.get("/recherche/suggestions?q=a")
    assert len(asked) == few
    assert few < 16  # each kind of thing that is searched costs one or two
    with web.database.transaction() as session:
        session.add_all(Device(name=f"more-{i}", address=f"10.9.{i // 250}.{i % 250}") for i in range(600))
    asked.clear()
    client.get("/recherche/suggestions?q=poitiers")
    assert len(asked) == few


def test_markup_in_a_search_stays_text(web: Web) -> None:
    page = web.client(Role.VIEWER).get("/recherche", query_string={"q": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in page.text
    assert page.status_code == 200
