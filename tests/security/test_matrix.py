"""Every route, every role: what the table says is what the program does; a route without a line fails."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from nms.base.permissions import Role
from tests.fakes.site import Web, csrf_of

TABLE = tomllib.loads((Path(__file__).parent / "matrix.toml").read_text("utf-8"))
KINDS = "<any(site,device,interface,sector,terminal,link,hotspot,contact):kind>"
SAMPLES = {
    "word": "liaisons",
    "plural": "links",
    "kind": "device",
    "form": "csv",
    "printed": "odt",
    "filename": "nms.css",
    "kept": "0" * 64,
    "number": "1",
    "name": "link-a",
    "insee": "86194",
    "family": "cisco_ios",
}
ENDS_SESSION = "POST /deconnexion"


def routes(web: Web) -> dict[str, tuple[str, str]]:
    """Method and address of each route, by its line in the table."""
    found = {}
    for rule in web.app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            line = f"{method} {rule.rule.replace(KINDS, 'KIND')}"
            if "plural" in line or ":word>" in line or "/api/v1/" in line or line.startswith("POST /appareils"):
                line = line.replace("<path:name>", "<name>")
            found[line] = (method, address(rule.rule))
    return found


def address(rule: str) -> str:
    """A real address of a rule."""

    def sample(match: re.Match[str]) -> str:
        name = match[1].rsplit(":", 1)[-1]
        if name == "name" and ("/utilisateurs/" in rule or "/jetons/" in rule):
            return "nobody"
        if name == "name" and ("KIND" in rule or "kind" in rule):
            return "bs-a"
        if name == "name" and ("/appareils/" in rule or "/devices/" in rule):
            return "bs-a"
        return SAMPLES.get(name, "x")

    return re.sub(r"<((?:[^<>()]|\([^)]*\))*)>", sample, rule)


def ask(client: FlaskClient, method: str, path: str, word: str) -> int:
    """The status of a request with a right CSRF word and nothing else in it."""
    headers = {"X-CSRFToken": word} if word else {}
    body: dict[str, object] = {"json": {}} if method == "PUT" or path.endswith("/lifecycle") else {}
    with client.open(path, method=method, headers=headers, **body) as answer:  # type: ignore[arg-type]
        return answer.status_code


def test_fault_54_every_route_has_a_line_and_every_line_a_route(web: Web) -> None:
    """A new route without a decision does not pass."""
    assert sorted(routes(web).keys() ^ TABLE["routes"].keys()) == []


def test_fault_54_nobody_comes_in_where_a_login_is_needed(web: Web) -> None:
    """Pages lead to the login, the API answers 401; nothing is told."""
    client = web.client()
    word = csrf_of(client.get("/connexion"))
    for line, (method, path) in routes(web).items():
        if TABLE["routes"][line] == "public":
            continue
        status = ask(client, method, path, word)
        assert status == (302 if method == "GET" and not path.startswith("/api/") else 401), line


@pytest.mark.parametrize("role", list(Role))
def test_fault_54_each_role_opens_what_the_table_says_and_nothing_else(web: Web, role: Role) -> None:
    """403 where the table says no, no 401 or 403 where it says yes, and never a 500."""
    client = web.client(role)
    word = csrf_of(client.get("/compte"))
    for line, (method, path) in _in_order(web):
        who = TABLE["routes"][line]
        status = ask(client, method, path, word)
        assert status < 500, (line, status)
        if who in ("public",):
            continue
        allowed = who == "anybody" or role.value in TABLE["who"][who]
        if allowed and "export" in path and role is Role.COMMUNE:
            assert status == 403, line
        elif allowed:
            assert status not in (401, 403), (line, status)
        else:
            assert status == 403, (line, status)


def _in_order(web: Web) -> Iterator[tuple[str, tuple[str, str]]]:
    """The routes, that which ends the session last."""
    yield from sorted(routes(web).items(), key=lambda pair: (pair[0] == ENDS_SESSION, pair[0]))
