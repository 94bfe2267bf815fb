"""The JSON API: described, complete, and with errors that say what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from nms.base.permissions import Permission, Role
from nms.ops.history import Sample
from nms.ops.state import Kind, Measures, State
from tests.fakes.site import Web
from web import users

ROOT = Path(__file__).parents[2]


def token(web: Web, role: Role, *scopes: Permission) -> dict[str, str]:
    """The header of a token that somebody of this role made."""
    with web.database.transaction() as session:
        actor = users.user_named(session, role.value).actor()
        word = users.issue_token(session, actor, web.clock.now(), f"t-{len(scopes)}-{role.value}", scopes)
    return {"Authorization": f"Bearer {word}"}


@pytest.fixture
def client(web: Web) -> FlaskClient:
    """A client without cookies: tokens only."""
    return web.app.test_client(use_cookies=False)


def test_the_description_is_openapi_3_1_and_names_every_route_of_the_api(web: Web, client: FlaskClient) -> None:
    """A program can learn the API from the API."""
    described = client.get("/api/v1/openapi.json").get_json()
    assert described["openapi"].startswith("3.1")
    own = {rule.rule for rule in web.app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")} - {
        "/api/v1/openapi.json"
    }
    assert len(described["paths"]) == len(own)
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "post", "put"):
                assert operation.get("summary"), path


def test_the_description_tells_who_may_ask_and_how_a_refusal_looks(web: Web, client: FlaskClient) -> None:
    """By one shape, the type of its content included; every operation that needs a token says the permission."""
    described = client.get("/api/v1/openapi.json").get_json()
    schemas, operations = described["components"]["schemas"], described["paths"]
    assert set(schemas["Problem"]["required"]) == {"status", "code", "message", "facts"}
    assert not schemas.keys() & {"HTTPError", "ValidationError"}
    for methods in operations.values():
        for operation in methods.values():
            refusals = {status: content for status, content in operation["responses"].items() if status[0] not in "123"}
            assert "default" in refusals
            for refusal in refusals.values():
                assert list(refusal["content"]) == ["application/problem+json"]
    approval = operations["/api/v1/plans/{reference}/approval"]["post"]
    assert approval["security"] == [{"bearer": []}]
    assert "`config:approve`" in approval["description"]
    refused = client.get("/api/v1/devices/nothing", headers=token(web, Role.NOC, Permission.DEVICE_READ))
    assert refused.mimetype == "application/problem+json"
    assert refused.get_json().keys() == set(schemas["Problem"]["required"])


def test_lists_filter_page_and_count(web: Web, client: FlaskClient) -> None:
    """State, department, commune and text; a part at a time."""
    headers = token(web, Role.NOC, Permission.DEVICE_READ)

    def names(query: str) -> list[str]:
        found: dict[str, Any] = client.get(f"/api/v1/devices{query}", headers=headers).get_json()
        return [item["name"] for item in found["items"]]

    assert names("") == ["bs-a", "bs-b", "cpe-a", "cpe-b"]
    assert names("?limit=1&offset=1") == ["bs-b"]
    assert names("?department=17") == ["bs-b", "cpe-b"]
    assert names("?insee=86194&q=CPE") == ["cpe-a"]
    assert names("?state=down") == []


@pytest.mark.parametrize("query", ["?limit=0", "?limit=501", "?offset=-1", "?state=fine", "?surprise=1", "?limit=x"])
def test_a_wrong_parameter_is_refused_by_name(web: Web, client: FlaskClient, query: str) -> None:
    """Nothing is ignored silently."""
    answer = client.get(f"/api/v1/devices{query}", headers=token(web, Role.NOC, Permission.DEVICE_READ))
    assert answer.status_code == 422
    assert query[1:].partition("=")[0] in answer.get_data(as_text=True)


def test_one_object_its_series_and_its_events(web: Web, client: FlaskClient) -> None:
    """What the page shows, as numbers with their units in the names."""
    headers = token(web, Role.NOC, Permission.DEVICE_READ)
    at_s = int(web.clock.now().timestamp()) - 60
    web.services.store.write_batch(
        [Sample(Kind.LINK, "link-a", State.UP, 60, Measures(at_s, rtt_s=0.02, in_bps=1e6, utilisation_ratio=0.5))]
    )
    link = client.get("/api/v1/links/link-a", headers=headers).get_json()
    assert link["state"] == "down"
    assert link["explanation"]
    assert link["reasons"] == [{"code": "no_answer", "facts": {}}]
    series = client.get("/api/v1/links/link-a/series", headers=headers).get_json()
    assert series["at_s"] == [at_s]
    assert series["states"] == ["up"]
    assert series["values"]["in_bps"] == [1e6]
    assert client.get("/api/v1/links/link-a/events", headers=headers).get_json() == {"items": []}
    assert client.get("/api/v1/links/link-a/series?start_s=5&end_s=4", headers=headers).status_code == 400


def test_the_inventory_is_read_written_and_moved(web: Web, client: FlaskClient) -> None:
    """The same rules as the pages: every complaint at once, with field, value and remedy."""
    headers = token(web, Role.ENGINEER, Permission.DEVICE_READ, Permission.DEVICE_WRITE)
    path = "/api/v1/inventory/device/new/1"
    saved = client.put(path, headers=headers, json={"cells": {"address": "10.0.3.3", "credential": "lab"}})
    assert saved.get_json() == {"kind": "device", "name": "new/1", "created": True, "changed": True}
    assert client.get(path, headers=headers).get_json()["cells"]["address"] == "10.0.3.3"
    moved = client.post(f"{path}/lifecycle", headers=headers, json={"lifecycle": "retired"})
    assert moved.get_json()["changed"] is True
    listed = client.get("/api/v1/inventory/device?q=new", headers=headers).get_json()
    assert [row["cells"]["lifecycle"] for row in listed["items"]] == ["retired"]
    wrong = client.put(path, headers=headers, json={"cells": {"address": "10.0.3.3:0", "site": "nowhere"}})
    assert wrong.status_code == 400
    fields = {complaint["field"] for complaint in wrong.get_json()["facts"]["complaints"]}
    assert "address" in fields
    assert client.put(path, headers=headers, json={"cells": {}, "extra": 1}).status_code == 422
    assert client.put("/api/v1/inventory/planet/x", headers=headers, json={"cells": {}}).status_code == 404


def test_a_file_is_judged_and_imported(web: Web, client: FlaskClient) -> None:
    """First dry, then for good; errors come as rows."""
    headers = token(web, Role.ENGINEER, Permission.INVENTORY_IMPORT, Permission.DEVICE_READ)
    csv = "name,address\nnew-1,10.0.9.1\n"
    dry = client.post("/api/v1/inventory/import?dry_run=true", headers=headers, data=csv, content_type="text/csv")
    assert dry.get_json() | {"complaints": []} == {
        "rows": 1,
        "applied": False,
        "created": {"device": 1},
        "updated": {},
        "unchanged": 0,
        "complaints": [],
        "complaints_total": 0,
    }
    assert client.get("/api/v1/inventory/device/new-1", headers=headers).status_code == 404
    done = client.post("/api/v1/inventory/import", headers=headers, data=csv, content_type="text/csv").get_json()
    assert done["applied"] is True
    assert client.get("/api/v1/inventory/device/new-1", headers=headers).status_code == 200
    wrong = client.post(
        "/api/v1/inventory/import", headers=headers, data="name,address\nx,?\n", content_type="text/csv"
    )
    assert wrong.get_json()["complaints"][0]["row"] == 2
    assert wrong.get_json()["applied"] is False


def test_a_poll_on_demand_is_passed_on(web: Web, client: FlaskClient) -> None:
    """202, and the sweep is told."""
    headers = token(web, Role.NOC, Permission.DEVICE_POLL)
    assert client.post("/api/v1/devices/bs-a/poll", headers=headers).status_code == 202
    assert web.polled == ["bs-a"]
    assert client.post("/api/v1/devices/none/poll", headers=headers).status_code == 404


def test_communes_are_found_by_former_names_and_sites_have_their_position(web: Web, client: FlaskClient) -> None:
    """What the plan knew by another name is found under today's."""
    headers = token(web, Role.OFFICIAL, Permission.DEVICE_READ, Permission.REPORT_READ)
    found = client.get("/api/v1/communes?q=poitiers", headers=headers).get_json()["items"]
    assert found[0]["insee"] == "86194"
    sites = client.get("/api/v1/sites", headers=headers).get_json()["items"]
    assert [site["position_of"] for site in sites] == ["commune", "commune"]
    month = client.get("/api/v1/reports/availability?month=2026-11", headers=headers)
    assert month.status_code == 200
    assert client.get("/api/v1/reports/availability?month=2026-13", headers=headers).status_code == 400


def test_an_expired_token_and_a_wrong_one_open_nothing(web: Web, client: FlaskClient) -> None:
    """401, as JSON, with what to do."""
    from datetime import timedelta

    with web.database.transaction() as session:
        actor = users.user_named(session, "noc").actor()
        word = users.issue_token(session, actor, web.clock.now(), "short", [Permission.DEVICE_READ], timedelta(days=1))
    headers = {"Authorization": f"Bearer {word}"}
    assert client.get("/api/v1/devices", headers=headers).status_code == 200
    web.clock.advance(86_401)
    for wrong in (headers, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic bm9jOng="}, {}):
        answer = client.get("/api/v1/devices", headers=wrong)
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["code"] == "login_needed"


REFUSED = {"en": "There is no", "fr": "Introuvable"}


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "fr"),
        ("en", "en"),
        ("en-GB,en;q=0.8", "en"),
        ("fr-FR,en;q=0.5", "fr"),
        ("de, en;q=0.4, fr;q=0.2", "en"),
        ("de", "fr"),
        ("*", "fr"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("\x7f;q=x", "fr"),
    ],
)
def test_a_token_is_refused_in_the_language_that_its_request_asks_for(
    web: Web, client: FlaskClient, asked: str | None, language: str
) -> None:
    """Without a language that is known, in that of the installation."""
    headers = token(web, Role.NOC, Permission.DEVICE_READ) | ({"Accept-Language": asked} if asked else {})
    answer = client.get("/api/v1/devices/nowhere", headers=headers)
    assert answer.status_code == 404
    assert REFUSED[language] in answer.get_json()["message"]


@pytest.mark.parametrize("page", ["docs/api.md", "docs/api.fr.md"])
def test_what_the_page_of_the_api_names_is_there(web: Web, page: str) -> None:
    table = (ROOT / page).read_text("utf-8").rpartition("\n\n")[2]
    named = [word for cell in re.findall(r"`(/[^`]+)`", table) for word in cell.split()]
    assert len(named) > 15
    routes = web.app.url_map.bind("127.0.0.1")
    for word in named:
        path = re.sub(r"^/(NAME|NOM)/", "/links/x/", word).replace("...", "holdings")
        for named_so, sample in {"KIND|GENRE": "site", "NUMBER|NUMÉRO": "1", "[A-ZÉ]+": "x"}.items():
            path = re.sub(named_so, sample, path)
        assert routes.allowed_methods(f"/api/v1{path}"), word
    assert not routes.allowed_methods("/api/v1/nothing/x/y")


@pytest.mark.parametrize(
    ("asked", "field", "french"),
    [
        ("/links?limit=x", "limit", "un nombre entier est attendu"),
        ("/links?limit=501", "limit", "il doit être d’au plus 500"),
        ("/links?limit=0", "limit", "il doit être d’au moins 1"),
        ("/links?other=1", "other", "ce champ n’existe pas"),
        ("/emissions?case=x", "case", "une de ces valeurs est attendue"),
        ("/search", "q", "il manque"),
        ("/search?q=" + "x" * 900, "q", "au plus"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_field_by_field_in_its_language(
    web: Web, client: FlaskClient, asked: str, field: str, french: str
) -> None:
    headers = token(web, Role.ENGINEER, Permission.DEVICE_READ, Permission.RIGHT_READ) | {"Accept-Language": "fr"}
    answer = client.get(f"/api/v1{asked}", headers=headers)
    told = answer.get_json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert (told["status"], told["code"]) == (422, "validation_error")
    assert french in told["facts"]["fields"][field][0]
    assert told["message"] == f"{field}\u00a0: {told['facts']['fields'][field][0]}"


def test_bodies_and_addresses_that_cannot_be_used_are_refused_in_the_language_of_the_request(web: Web) -> None:
    client = web.app.test_client()
    headers = token(web, Role.ENGINEER, Permission.CONFIG_PLAN) | {"Accept-Language": "fr"}
    json = headers | {"Content-Type": "application/json"}
    for answer, status, french in (
        (client.post("/api/v1/plans", data="{", headers=json), 400, "La requête est illisible"),
        (client.post("/api/v1/plans", data="[]", headers=json), 422, "un objet avec des champs est attendu"),
        (client.post("/api/v1/plans", json={"title": 3}, headers=headers), 422, "un texte est attendu"),
        (client.post("/api/v1/plans", json={"title": "a", "until": "soon"}, headers=headers), 422, "comme 2027-03-31"),
        (client.post("/api/v1/plans", json={"title": "a", "opens_at": "2027-03-31"}, headers=headers), 422, "+02:00"),
        (client.delete("/api/v1/plans", headers=headers), 405, "n’accepte pas cette méthode"),
        (client.get("/api/v1/nothing", headers=headers), 404, "rien à cette adresse"),
        (web.client(Role.ENGINEER).post("/changements/nouveau"), 400, "rechargez la page"),
    ):
        assert answer.status_code == status
        assert french in (answer.get_json()["message"] if answer.is_json else answer.get_data(as_text=True))


def test_the_language_that_a_user_chose_goes_before_that_of_the_browser(web: Web) -> None:
    client = web.client(Role.NOC)
    web.post(client, "/preferences", language="fr")
    answer = client.get("/api/v1/devices/nowhere", headers={"Accept-Language": "en"})
    assert REFUSED["fr"] in answer.get_json()["message"]


def test_a_stranger_is_told_to_log_in_by_every_operation_of_the_api(web: Web) -> None:
    """Without a session there is no form whose word could be missing."""
    for path, methods in web.client().get("/api/v1/openapi.json").get_json()["paths"].items():
        for method in methods:
            answer = web.client().open(re.sub(r"{\w+}", "1", path), method=method.upper())
            assert answer.status_code in (401, 404), (method, path)  # 404: an address that takes certain words only
            assert answer.mimetype == "application/problem+json"
