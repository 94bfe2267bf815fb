"""Attachments and documents over the API: the same files as on the pages, for the same readers."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from flask.testing import FlaskClient

from nms.base.permissions import Role
from tests.fakes.site import HERE, Web, csrf_of
from tests.unit.spectrum.test_paper import PDF
from tests.web.test_rights import sown  # noqa: F401 - a fixture

API = "/api/v1/register"
KEY = "0123456789"


def attach(client: FlaskClient, to: str, octets: bytes = PDF, **asked: str) -> tuple[int, Any]:
    """Send a file."""
    query = {"kind": "scanned_act", "name": "acte.pdf", "note": "", "key": KEY} | asked
    headers = {"X-CSRFToken": csrf_of(client.get("/compte"))}
    answer = client.post(f"{API}/{to}/attachments", data=octets, query_string=query, headers=headers)
    return answer.status_code, answer.get_json()


def listed(client: FlaskClient, query: str = "") -> list[str]:
    return [one["name"] for one in client.get(f"{API}/attachments{query}").get_json()["items"]]


def test_a_file_is_attached_once_listed_with_its_hash_and_saved(sown: Web) -> None:  # noqa: F811
    client = sown.client(Role.LEGAL)
    status, told = attach(client, "acts/2", note="recommandé")
    assert (status, told["sha256"], told["octets"]) == (201, hashlib.sha256(PDF).hexdigest(), len(PDF))
    assert attach(client, "acts/2", note="recommandé") == (201, told)
    assert attach(client, "acts/2", key="another key")[0] == 409
    assert attach(client, "dossiers/D-2026-0001", key="of a project")[1]["of"] == "D-2026-0001"
    assert listed(client) == ["acte.pdf", "acte.pdf"]
    assert listed(client, "?q=recommande") == ["acte.pdf"]
    assert client.get(f"{API}/attachments/1").get_json() == told
    file = client.get(f"{API}/attachments/1/file")
    assert (file.data, file.headers["X-Content-SHA256"]) == (PDF, told["sha256"])
    assert file.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert file.headers["Content-Disposition"].startswith("attachment")


def test_a_bad_file_or_question_is_refused_and_nothing_is_kept(sown: Web) -> None:  # noqa: F811
    client = sown.client(Role.LEGAL)
    assert attach(client, "acts/2", b"<script>")[0] == 400
    assert attach(client, "acts/999")[0] == 404
    assert attach(client, "acts/2", kind="anything")[0] == 422
    assert attach(client, "acts/2", key="short")[0] == 422
    assert listed(client) == []


@pytest.mark.parametrize(("to", "mine"), [("acts/2", True), ("acts/3", False), ("dossiers/D-2026-0002", False)])
def test_fault_55_a_commune_has_over_the_api_the_papers_of_its_own_alone(
    sown: Web,  # noqa: F811
    to: str,
    mine: bool,
) -> None:
    assert attach(sown.client(Role.LEGAL), to)[0] == 201
    client = sown.client(Role.COMMUNE)
    assert listed(client) == (["acte.pdf"] if mine else [])
    for path in ("attachments/1", "attachments/1/file"):
        assert client.get(f"{API}/{path}").status_code == (200 if mine else 404)
    assert attach(client, to)[0] == 403


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR, Role.ENGINEER])
def test_fault_90_a_secret_annex_stays_secret_over_the_api_and_a_withdrawn_paper_is_served_to_officers_alone(
    sown: Web,  # noqa: F811
    role: Role,
) -> None:
    officer, client = sown.client(Role.LEGAL), sown.client(role)
    assert attach(officer, "acts/2", kind="secret_annex", name="canari.pdf")[0] == 201
    assert attach(officer, "acts/2", key="second file")[0] == 201
    assert listed(client) == ["acte.pdf"]
    assert client.get(f"{API}/attachments/1").status_code == 404
    assert client.get(f"{API}/attachments/1/file").status_code == 404
    assert officer.get(f"{API}/attachments/1/file").data == PDF
    headers = {"X-CSRFToken": csrf_of(officer.get("/compte"))}
    for reason, status in (("", 400), ("doublon", 200), ("doublon", 409)):
        answer = officer.post(f"{API}/attachments/2/withdraw", json={"reason": reason}, headers=headers)
        assert answer.status_code == status, reason
    assert client.get(f"{API}/attachments/2").get_json()["reason"] == "doublon"
    assert client.get(f"{API}/attachments/2/file").status_code == 404
    assert officer.get(f"{API}/attachments/2/file").status_code == 200


def test_the_documents_that_are_listed_are_those_that_the_reader_gets(sown: Web) -> None:  # noqa: F811
    client = sown.client(Role.COMMUNE)
    items = client.get(f"{API}/documents").get_json()["items"]
    assert {one["kind"] for one in items} == {"register", "extract", "deliberation", "convention"}
    assert {one["subject"] for one in items} == {"", f"M-{HERE}", "D-2026-0001"}
    for one in items:
        answer = client.get(f"{one['path']}.odt")
        assert (answer.status_code, answer.data[:2]) == (200, b"PK"), one
        assert len(answer.headers["X-Content-SHA256"]) == 64
    assert client.get(f"{API}/documents/acte-3.odt").status_code == 404
    assert client.get(f"{API}/documents/convention/D-2026-0002.odt").status_code == 404
    assert client.get(f"{API}/documents/etat-annuel.ods?titulaire=Région&annee=2026").status_code == 403
    officer = sown.client(Role.LEGAL)
    assert "statement" in {one["kind"] for one in officer.get(f"{API}/documents").get_json()["items"]}
    assert officer.get(f"{API}/documents/etat-annuel.ods?titulaire=Région&annee=2026").status_code == 200
