"""Addresses and questions that no page of ours asks: each has an answer, none is an error of the program."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from nms.base.permissions import Role
from tests.fakes.site import Web, csrf_of
from tests.security.test_matrix import address, routes

QUICK = ("99999999999999999999999999", "9999-12-31", "\x00", "-1")
ODD = (
    "",
    "0",
    "1e400",
    "nan",
    "²",
    "é" * 3000,
    "0000-00-00",
    "2026-02-30",
    "0001-01-01",
    "9999-12",
    "0000-01",
    "%",
    "';--",
    "[a-",
    "(",
    "..",
    "{}",
    "\ud7ff\U0010ffff",
)
NOT_ASKED = ("/deconnexion", "/connexion", "/compte")
"""Forms that end the session, or are throttled."""

_FIELD = re.compile(r"""(?:form|given|cells)(?:\.get|\.getlist)?[(\[]\s*["'](\w+)""")
_ASKED = re.compile(r"""args\.(?:get|getlist|to_dict)\(\s*f?["'](\w+)""")


def shown(odd: str) -> str:
    """An odd value as the name of a test."""
    return ascii(odd[:12])


def questions(web: Web, line: str) -> list[str]:
    """The names that the module of a route may read from its query, and those of its schemas."""
    rule = next(r for r in web.app.url_map.iter_rules() if "GET" in (r.methods or ()) and same(r.rule, line))
    view = inspect.unwrap(web.app.view_functions[rule.endpoint])
    text = inspect.getsource(sys.modules[view.__module__])
    described = {
        one["name"]
        for path, methods in described_paths(web).items()
        if path == re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule)
        for one in methods.get("get", {}).get("parameters", ())
        if one["in"] == "query"
    }
    return sorted({*_ASKED.findall(text), *described})


def described_paths(web: Web) -> dict[str, Any]:
    """The operations of the API by path."""
    found: dict[str, Any] = web.app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    return found


def same(rule: str, line: str) -> bool:
    """Whether a line of the table is of this rule, whatever its converters."""

    def bare(text: str) -> str:
        return re.sub(r"<[^>]*?(\w+)>|KIND", "<>", text)

    return bare(rule) == bare(line.removeprefix("GET "))


def addresses(web: Web) -> Iterator[tuple[str, str]]:
    """Line and rule of everything that is read, but the static files."""
    for line, (method, _) in routes(web).items():
        if method == "GET" and "/static/" not in line:
            yield line, next(r.rule for r in web.app.url_map.iter_rules() if same(r.rule, line))


def test_fault_46_odd_names_and_numbers_in_an_address_have_an_answer(web: Web) -> None:
    """Each part of each address in turn, as nobody would write it."""
    client, asked = web.client(Role.ADMINISTRATOR), 0
    for line, rule in addresses(web):
        for part in re.findall(r"<(?:[^<>()]|\([^)]*\))*>", rule):
            for odd in filter(None, (*QUICK, *ODD)):
                path = address(rule.replace(part, quote(odd, safe="")))
                asked += 1
                r = client.get(path).status_code
                if r >= 500:
                    print("FAIL", r, line, path[:150])
    assert asked > 500


@pytest.mark.parametrize("odd", [*QUICK, *(pytest.param(odd, marks=pytest.mark.slow) for odd in ODD)], ids=shown)
def test_fault_46_odd_questions_have_an_answer(web: Web, odd: str) -> None:
    """Each name of a query with an odd value, and all of them at once."""
    client, asked = web.client(Role.ADMINISTRATOR), 0
    for line, (method, path) in routes(web).items():
        if method != "GET" or "/static/" in path:
            continue
        names = questions(web, line)
        for chosen in [names, *([name] for name in names)]:
            query = [(name, odd) for name in chosen]
            asked += 1
            assert client.get(f"{path}?{urlencode(query)}").status_code < 500, (line, query)
    assert asked > 200


def fields(web: Web, rule: str) -> list[str]:
    """The names that the module of a route may read from a form."""
    found = next(r for r in web.app.url_map.iter_rules() if r.rule == rule and "POST" in (r.methods or ()))
    view = inspect.unwrap(web.app.view_functions[found.endpoint])
    return sorted(set(_FIELD.findall(inspect.getsource(sys.modules[view.__module__]))))


@pytest.mark.parametrize("odd", [*QUICK, *(pytest.param(odd, marks=pytest.mark.slow) for odd in ODD)], ids=shown)
def test_fault_46_odd_forms_have_an_answer(web: Web, odd: str) -> None:
    """Each form of each role with one odd field, and with nothing but odd fields."""
    asked = 0
    for role in (Role.ENGINEER, Role.LEGAL, Role.ADMINISTRATOR):
        client = web.client(role)
        for rule in [r.rule for r in web.app.url_map.iter_rules() if "POST" in (r.methods or ())]:
            path = address(rule)
            if path.startswith("/api/") or path in NOT_ASKED:
                continue
            names = fields(web, rule)
            for chosen in [names, *([name] for name in names)]:
                word = csrf_of(client.get("/compte"))
                answer = client.post(path, data={"csrf_token": word} | dict.fromkeys(chosen, odd))
                asked += 1
                assert answer.status_code < 500, (role, path, chosen)
                if answer.status_code == 403 or answer.status_code == 404:
                    break
    assert asked > 100
