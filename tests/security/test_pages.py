"""What any answer of the web must hold to: escaping, headers, methods, no leak to strangers."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from inventory import importer
from nms.base.permissions import SYSTEM, Role
from tests.fakes.site import INVENTORY, Web, show
from tests.security.test_matrix import routes

PAYLOADS = (
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)" x="',
    "'><img src=x onerror=alert(1)>",
    "</title><svg onload=alert(1)>",
    "{{7*7}}{% raw %}${7*7}",
    "javascript:alert(1)//",
)
RAW = ("<script>alert", 'onmouseover="alert', "<img src=x", "<svg onload", "49${", 'href="javascript:', "49{%")


def pages(web: Web) -> list[tuple[str, str]]:
    """Line and address of every route that is read, but for the static files."""
    return [(line, path) for line, (method, path) in routes(web).items() if method == "GET" and "/static/" not in path]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_fault_46_47_no_text_of_a_device_a_file_or_a_person_becomes_code(web: Web, payload: str) -> None:
    """The payload stands in every text of the inventory; every page and answer is read."""
    quoted = '"' + payload.replace('"', '""') + '"'
    csv = (
        INVENTORY.replace("Mairie de Poitiers", quoted)
        .replace(",Cybercentre,", f",{quoted},")
        .replace(",Place,", f",{quoted},")
    )
    csv = csv.replace(",mairie", "," + ('"' + payload.replace('"', '""')[:32].rstrip('"') + '"'))
    with web.database.transaction() as session:
        plan = importer.judge(csv.encode(), session)
        assert plan.ok, plan.errors[:2]
        importer.apply(session, plan, SYSTEM, web.clock.now(), payload)
    show(web.database, web.live, web.clock.now(), family=payload)
    seen = 0
    for role in (Role.ENGINEER, Role.ADMINISTRATOR):
        client = web.client(role)
        for line, path in pages(web):
            for address in (path, f"{path}?q={quote(payload)}", f"{path}/{quote(payload, safe='')}"):
                answer = client.get(address)
                assert answer.status_code < 500, (line, address)
                if answer.mimetype == "text/html":
                    text = answer.get_data(as_text=True)
                    seen += "alert(1)" in text or "7*7" in text
                    for raw in RAW:
                        assert raw not in text, (line, raw)
    assert seen > 5


def test_fault_48_every_answer_carries_the_headers(web: Web) -> None:
    """Strict policy, no sniffing, no framing, no store; nothing of a request comes back in a header."""
    client = web.client(Role.ENGINEER)
    for line, path in pages(web):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy, line
        assert "script-src 'self';" in policy, line
        assert "frame-ancestors 'none'" in policy, line
        assert headers["X-Content-Type-Options"] == "nosniff", line
        assert headers["Referrer-Policy"] == ("no-referrer" if " /mur" in line else "same-origin"), line
        assert headers["Cache-Control"] == "no-store", line
    for path in ("/connexion?suite=/%0d%0aX-Bad:1", "/disponibilite.csv?mois=2026-11%0d%0aX-Bad:1"):
        assert "X-Bad" not in client.get(path).headers


def test_no_page_holds_an_inline_script_or_names_another_host(web: Web) -> None:
    """The policy would break it; and no reader is told to others."""
    client = web.client(Role.ENGINEER)
    for line, path in pages(web):
        answer = client.get(path)
        if answer.mimetype != "text/html":
            continue
        text = answer.get_data(as_text=True)
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), line
        assert not re.search(r"\son\w+=", re.sub(r'"[^"]*"', '""', text)), line
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', text), line


def test_fault_57_reading_changes_nothing(web: Web) -> None:
    """GET, HEAD and OPTIONS over all routes leave the database as it was; method overrides are not heard."""
    client = web.client(Role.ADMINISTRATOR)
    before = _content(web.services.settings.home / "nms.db")
    for method, path in routes(web).values():
        for verb in ("GET", "HEAD", "OPTIONS"):
            with client.open(
                path, method=verb, headers={"X-HTTP-Method-Override": method}, query_string={"_method": method}
            ):
                pass
    assert _content(web.services.settings.home / "nms.db") == before


def test_fault_57_fields_that_a_form_does_not_have_are_not_heard(web: Web) -> None:
    """Nobody makes themselves an administrator by adding a field."""
    client = web.client(Role.VIEWER)
    web.post(client, "/preferences", language="en", roles="administrator", role="administrator", active="1")
    web.post(client, "/compte/mot-de-passe", old="x", new="y" * 12, again="y" * 12, role="administrator")
    assert client.get("/utilisateurs").status_code == 403


def test_fault_67_strangers_learn_no_name_from_the_probes(web: Web) -> None:
    """Health probes name parts of the program, never an object; the metrics want a token; no debugger."""
    client = web.client()
    for path in ("/healthz", "/readyz"):
        text = client.get(path).get_data(as_text=True)
        assert not any(name in text for name in ("bs-a", "link-a", "10.0.0.", "Poitiers")), path
    metrics = client.get("/metrics")
    assert metrics.status_code == 401
    assert "bs-a" not in metrics.get_data(as_text=True)
    assert not web.app.debug
    assert client.get("/console").status_code == 404
    assert client.get("/?__debugger__=yes&cmd=resource&f=style.css").status_code == 302


@pytest.mark.parametrize(
    "word", ["' OR 1=1 --", "1); DROP TABLE device;--", "%' UNION SELECT sealed FROM credential--"]
)
def test_fault_52_no_parameter_is_a_piece_of_sql(web: Web, word: str) -> None:
    """Every parameter of every route gets it: no 500, no more rows than without."""
    client = web.client(Role.ENGINEER)
    names = (
        "q",
        "state",
        "department",
        "order",
        "page",
        "insee",
        "limit",
        "offset",
        "period",
        "mois",
        "objets",
        "device",
    )
    for line, path in pages(web):
        for name in names:
            answer = client.get(path, query_string={name: word})
            assert answer.status_code < 500, (line, name)
    assert client.get("/api/v1/devices", query_string={"q": word}).get_json()["total"] == 0
    assert client.get("/api/v1/devices").get_json()["total"] == 4


def test_what_nobody_expects_gets_a_page_with_a_number_and_no_inside(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected failure: 500, an incident number, no trace, no path, no secret."""

    def broken(*_: object) -> list[object]:
        raise RuntimeError("s3cret-community in /home/somebody")

    monkeypatch.setattr("web.lists.visible", broken)
    answer = web.client(Role.NOC).get("/liaisons")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert re.search(r"[0-9a-f]{8}", text)
    assert "s3cret" not in text
    assert "Traceback" not in text


def test_secrets_of_the_inventory_are_in_no_answer(web: Web) -> None:
    """The community is in no page, file, metric or API answer of any role."""
    for role in (Role.ENGINEER, Role.ADMINISTRATOR, Role.AUDITOR):
        client = web.client(role)
        for line, path in pages(web):
            assert b"s3cret-community" not in client.get(path).get_data(), line


def _content(path: Path) -> str:
    """A digest of all rows of a SQLite database."""
    with closing(sqlite3.connect(path)) as connection, connection:
        return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()
