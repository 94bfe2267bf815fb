"""A commune sees its own and nothing of others: by no address, list, search, count, file or reference."""

from __future__ import annotations

import pytest

from nms.base.permissions import Role
from nms.ops.state import Kind
from tests.fakes.site import Web

FOREIGN = ("bs-b", "cpe-b", "sec-b", "link-b", "spot-b", "site-b", "La Rochelle", "17300")
LISTS = (
    "/",
    "/parts/overview",
    "/liaisons",
    "/appareils",
    "/secteurs",
    "/points-acces",
    "/liaisons?q=link",
    "/liaisons?q=Rochelle",
    "/appareils?department=17",
    "/liaisons.csv",
    "/appareils.csv",
    "/sites",
    "/sites?q=Rochelle",
    "/disponibilite",
    "/disponibilite.csv",
    "/disponibilite?par=commune",
    "/disponibilite.csv?par=commune",
    "/pourquoi/liaisons/link-a",
    "/api/v1/devices",
    "/api/v1/links?q=b",
    "/api/v1/hotspots?insee=17300",
    "/api/v1/sites",
    "/api/v1/summary",
    "/api/v1/events",
    "/api/v1/reports/availability?month=2026-11",
)


@pytest.mark.parametrize("path", LISTS)
def test_fault_55_lists_searches_and_files_hold_nothing_of_another_commune(web: Web, path: str) -> None:
    """One filter for pages, files and the API."""
    text = web.client(Role.COMMUNE).get(path).get_data(as_text=True)
    for foreign in FOREIGN:
        if foreign in path.replace("%20", " ") or (foreign == "17300" and "insee=" in path):
            continue
        assert foreign not in text, foreign


def test_fault_55_the_map_shows_the_services_of_one_s_own_communes_only(web: Web) -> None:
    """Communes are public geography; their states, sites, sectors and links are not."""
    data = web.client(Role.COMMUNE).get("/carte/donnees").get_data(as_text=True)
    for foreign in ("site-b", "link-b", "sec-b", "spot-b", "bs-b"):
        assert foreign not in data
    whole = web.client(Role.NOC).get("/carte/donnees").get_data(as_text=True)
    assert "link-b" in whole


@pytest.mark.parametrize(
    "path",
    [
        "/liaisons/{}",
        "/parts/liaisons/{}",
        "/pourquoi/liaisons/{}",
        "/series/liaisons/{}?period=day",
        "/api/v1/links/{}",
        "/api/v1/links/{}/series",
        "/api/v1/links/{}/events",
        "/api/v1/inventory/link/{}",
    ],
)
def test_fault_55_a_foreign_object_and_none_at_all_get_the_same_answer(web: Web, path: str) -> None:
    """404 for both, to the letter: nobody learns what exists."""
    client = web.client(Role.COMMUNE)
    foreign, nothing = (client.get(path.format(name)) for name in ("link-b", "link-z"))
    assert foreign.status_code == nothing.status_code == 404
    texts = [r.get_data(as_text=True).replace("link-b", "link-z") for r in (foreign, nothing)]
    assert _without_words(texts[0]) == _without_words(texts[1])


def test_fault_55_counts_are_of_what_one_sees(web: Web) -> None:
    """No total tells of others."""
    counts = web.client(Role.COMMUNE).get("/api/v1/summary").get_json()["counts"]
    assert sum(counts[Kind.LINK.value].values()) == 1
    assert web.client(Role.COMMUNE).get("/api/v1/devices").get_json()["total"] == 2
    assert web.client(Role.COMMUNE).get("/api/v1/summary").get_json()["sweep"] is None
    assert web.client(Role.NOC).get("/api/v1/summary").get_json()["sweep"]["devices"] == 4
    web.live.note_sweep(devices=4321)
    told = [web.client(role).get("/parts/overview").get_data(as_text=True) for role in (Role.COMMUNE, Role.NOC)]
    assert ["4\u202f321" in text for text in told] == [False, True]


def test_fault_55_a_token_of_a_commune_sees_no_more_than_the_commune(web: Web) -> None:
    """The scope travels with the token."""
    import re

    client = web.client(Role.COMMUNE)
    page = web.post(client, "/jetons", "/jetons", name="mine", scope="device:read", days="30").get_data(as_text=True)
    found = re.search(r'id="token">([^<]+)<', page)
    assert found is not None
    headers = {"Authorization": f"Bearer {found[1]}"}
    text = web.app.test_client().get("/api/v1/devices", headers=headers).get_data(as_text=True)
    assert "bs-a" in text
    assert "bs-b" not in text


def test_fault_55_another_user_s_token_cannot_be_revoked_or_seen(web: Web) -> None:
    """A list of one's own."""
    web.post(web.client(Role.NOC), "/jetons", "/jetons", name="theirs", scope="device:read", days="30")
    client = web.client(Role.COMMUNE)
    assert "theirs" not in client.get("/jetons").get_data(as_text=True)
    assert web.post(client, "/jetons/theirs/revoquer", "/jetons").status_code == 404


def _without_words(text: str) -> str:
    """A page without its CSRF words, which differ each time."""
    import re

    return re.sub(r'value="[\w.-]{30,}"', "", text)
