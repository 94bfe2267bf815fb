"""Papers over the web: attached by a form, saved and never drawn, each account what is its own."""

from __future__ import annotations

import io

import pytest
from werkzeug.test import TestResponse

from nms.base.permissions import Role
from tests.fakes.site import Web, csrf_of
from tests.unit.spectrum.test_paper import PDF
from tests.web.test_rights import sown  # noqa: F401 - a fixture

ACT = {"here": "/registre/actes/2", "elsewhere": "/registre/actes/3"}
PAPERS = "/registre/pieces"
SCRIPT = "<script>alert(1)</script>"


def send(web: Web, page: str, octets: bytes = PDF, **form: str) -> TestResponse:
    """Attach a file with the form of a page, as a legal officer."""
    client = web.client(Role.LEGAL)
    told = {"kind": "scanned_act", "note": "", "key": form.get("name", "k")} | form
    name = told.pop("name", "acte.pdf")
    word = csrf_of(client.get(page))
    return client.post(f"{page}/pieces", data=told | {"csrf_token": word, "file": (io.BytesIO(octets), name)})


def test_a_scan_is_attached_found_and_saved_but_never_drawn(sown: Web) -> None:  # noqa: F811 - the fixture
    assert send(sown, ACT["here"], name="../../Décision.pdf", note="recommandé").status_code == 302
    client = sown.client(Role.AUDITOR)
    for page in (
        PAPERS,
        f"{PAPERS}?q=recommande",
        f"{PAPERS}?q=numerise",
        "/registre/actes?q=recommande",
        "/recherche?q=recommande",
    ):
        assert f'href="{ACT["here"]}' in client.get(page).get_data(as_text=True), page
    assert "Décision.pdf" in client.get(ACT["here"]).get_data(as_text=True)
    assert "Décision.pdf" not in client.get(f"{PAPERS}?q=nothing").get_data(as_text=True)
    answer = client.get(f"{PAPERS}/1")
    assert answer.data == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="piece-1.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_refused_file_says_why_and_the_note_is_still_there(sown: Web) -> None:  # noqa: F811 - the fixture
    answer = send(sown, ACT["here"], SCRIPT.encode(), note="typed before", name="acte.pdf")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "son contenu le dit" in text
    assert 'value="typed before"' in text
    assert send(sown, ACT["here"], kind="anything").status_code == 400
    assert send(sown, "/dossiers/D-2026-0001", b"MZ").status_code == 400


def test_fault_46_names_notes_and_reasons_are_text(sown: Web) -> None:  # noqa: F811 - the fixture
    send(sown, ACT["here"], name=SCRIPT, note=SCRIPT)
    client = sown.client(Role.LEGAL)
    sown.post(client, f"{PAPERS}/1/retrait", ACT["here"], reason=SCRIPT)
    for page in (ACT["here"], PAPERS, f"{PAPERS}?q={SCRIPT}"):
        text = client.get(page).get_data(as_text=True)
        assert SCRIPT not in text
        assert "&lt;script&gt;" in text


@pytest.mark.parametrize(("page", "mine"), [(ACT["here"], True), (ACT["elsewhere"], False)])
def test_fault_55_a_commune_has_the_papers_of_its_own_acts_alone(sown: Web, page: str, mine: bool) -> None:  # noqa: F811 - the fixture
    send(sown, page)
    client = sown.client(Role.COMMUNE)
    assert client.get(f"{PAPERS}/1").status_code == (200 if mine else 404)
    assert ("acte.pdf" in client.get(PAPERS).get_data(as_text=True)) is mine
    assert client.get(f"{PAPERS}/2").status_code == 404


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.COMMUNE, Role.ADMINISTRATOR, Role.NOC])
def test_fault_90_a_secret_annex_is_for_legal_officers(sown: Web, role: Role) -> None:  # noqa: F811 - the fixture
    page = "/dossiers/D-2026-0001"
    assert send(sown, page, kind="secret_annex", name="canari.pdf").status_code == 302
    assert "canari.pdf" in sown.client(Role.LEGAL).get(page).get_data(as_text=True)
    client = sown.client(role)
    for path in (page, PAPERS, f"{PAPERS}/1", "/registre/journal", "/registre/journal.jsonl"):
        assert "canari.pdf" not in client.get(path).get_data(as_text=True), path
    assert client.get(f"{PAPERS}/1").status_code in (403, 404)


def test_a_withdrawn_paper_says_why_and_opens_no_more_for_others(sown: Web) -> None:  # noqa: F811 - the fixture
    send(sown, ACT["here"])
    legal = sown.client(Role.LEGAL)
    assert sown.post(legal, f"{PAPERS}/1/retrait", ACT["here"], reason="").status_code == 400
    assert sown.post(legal, f"{PAPERS}/1/retrait", ACT["here"], reason="une autre commune").status_code == 302
    reader = sown.client(Role.AUDITOR)
    assert "une autre commune" in reader.get(ACT["here"]).get_data(as_text=True)
    assert reader.get(f"{PAPERS}/1").status_code == 404
    assert legal.get(f"{PAPERS}/1").status_code == 200
