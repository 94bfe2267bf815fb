"""Files of published acts over the API and the page: brought by one officer, recorded whole by another, once."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from nms.base import ledger
from nms.base.permissions import SYSTEM, Role
from tests.fakes.site import PASSWORD, Web, csrf_of
from tests.unit.spectrum.register_facts import REAL
from web import users

HEAD = "decision_no,decision_date,step,cedant,cessionnaire,area,bands_mhz,valid_until,source_url\n"
ONE = HEAD + "A-1,2024-01-15,attribution,,Région,Région Poitou-Charentes,3432.5-3447.5,2034-01-15,\n"


@pytest.fixture
def officers(web: Web) -> tuple[Web, FlaskClient, FlaskClient]:
    """Two legal officers, each logged in."""
    with web.database.transaction() as session:
        users.create_user(session, SYSTEM, web.clock.now(), "bruno", PASSWORD, [Role.LEGAL])
    other = web.client()
    assert web.log_in(other, "bruno").status_code == 302
    return web, web.client(Role.LEGAL), other


def replay(client: FlaskClient, body: bytes, *, dry_run: bool = False, correct: bool = False) -> tuple[int, Any]:
    """Send a file to the API."""
    query = f"dry_run={json.dumps(dry_run)}&correct={json.dumps(correct)}"
    headers = {"X-CSRFToken": csrf_of(client.get("/compte"))}
    answer = client.post(f"/api/v1/register/replay?{query}", data=body, content_type="text/csv", headers=headers)
    return answer.status_code, answer.get_json()


def act_on(client: FlaskClient, path: str, **told: object) -> tuple[int, Any]:
    """Record or drop over the API."""
    headers = {"X-CSRFToken": csrf_of(client.get("/compte"))}
    answer = client.post(f"/api/v1/register/imports/{path}", json=told, headers=headers)
    return answer.status_code, answer.get_json()


def seen(told: Any) -> dict[str, object]:
    """What one names of a file that one has seen."""
    return {"sha256": told["sha256"], "version": told["version"]}


def numbers(web: Web) -> list[str]:
    return [one.act.number for one in web.services.register.acts()]


def test_acts_are_recorded_by_another_officer_than_the_one_who_brought_them(
    officers: tuple[Web, FlaskClient, FlaskClient],
) -> None:
    web, alice, bruno = officers
    body = REAL.read_bytes()
    assert replay(alice, body, dry_run=True) == (
        200,
        {"reference": None, "sha256": None, "version": None, "new": 8, "put_right": 0, "already": 0, "left_out": 2,
         "complaints": []},
    )  # fmt: skip
    status, told = replay(alice, body)
    assert (status, told["new"], numbers(web)) == (202, 8, [])
    assert replay(alice, body)[1]["reference"] == told["reference"]
    mine, refused = act_on(alice, f"{told['reference']}/record", **seen(told))
    assert (mine, refused["code"], numbers(web)) == (403, "two_people", [])
    other = seen(told) | {"sha256": "0" * 64}
    assert act_on(bruno, f"{told['reference']}/record", **other)[0] == 409
    shown = bruno.get(f"/api/v1/register/imports/{told['reference']}").get_json()
    assert (shown["state"], shown["new"], len(shown["rows"])) == ("waiting", 8, 8)
    status, done = act_on(bruno, f"{told['reference']}/record", **seen(told))
    assert (status, done["state"], done["acts_recorded"], done["ended_by"]) == (200, "recorded", 8, "bruno")
    assert act_on(bruno, f"{told['reference']}/record", **seen(told)) == (200, done)
    assert len(numbers(web)) == 8
    status, again = replay(alice, body)
    assert (status, again["new"], again["already"], again["reference"]) == (200, 0, 8, None)
    with web.database.reading() as session:
        assert ledger.verify(session).broken_at is None


def test_a_correction_needs_two_officers_and_a_dropped_file_records_nothing(
    officers: tuple[Web, FlaskClient, FlaskClient],
) -> None:
    web, alice, bruno = officers
    told = replay(alice, ONE.encode())[1]
    assert act_on(bruno, f"{told['reference']}/record", **seen(told))[0] == 200
    changed = ONE.replace("2034", "2030").encode()
    status, told = replay(alice, changed)
    assert (status, told["reference"], len(told["complaints"])) == (200, None, 1)
    assert "until" in told["complaints"][0]
    status, told = replay(alice, changed, correct=True)
    assert (status, told["put_right"]) == (202, 1)
    assert act_on(alice, f"{told['reference']}/drop", version=told["version"])[1]["state"] == "dropped"
    assert act_on(bruno, f"{told['reference']}/record", **seen(told))[0] == 409
    assert web.services.register.acts()[0].act.until is not None
    told = replay(alice, changed, correct=True)[1]
    assert act_on(bruno, f"{told['reference']}/record", **seen(told))[0] == 200
    (act,) = web.services.register.acts()
    assert str(act.act.until) == "2030-01-15"


def test_every_wrong_cell_is_named_and_nothing_is_kept(officers: tuple[Web, FlaskClient, FlaskClient]) -> None:
    web, alice, _ = officers
    wrong = b"decision_no,decision_date,step,cedant,cessionnaire,area\n1,2008-13-01,leap,,x,Atlantide\n"
    status, told = replay(alice, wrong)
    assert (status, told["reference"]) == (200, None)
    assert {text.split(", ")[1].split(":")[0] for text in told["complaints"]} == {"decision_date", "step", "area"}
    assert replay(alice, b"a,b\n1,2\n")[0] == 400
    assert web.client(Role.LEGAL).get("/api/v1/register/imports").get_json()["items"] == []


@pytest.mark.parametrize("role", [None, *(role for role in Role if role is not Role.LEGAL)])
def test_nobody_else_sees_or_records_what_waits(web: Web, role: Role | None) -> None:
    told = replay(web.client(Role.LEGAL), ONE.encode())[1]
    client = web.client(role)
    word = csrf_of(client.get("/connexion" if role is None else "/compte"))
    refused = 401 if role is None else 403
    for method, path in (("GET", ""), ("POST", "/record"), ("POST", "/drop")):
        answer = client.open(
            f"/api/v1/register/imports/{told['reference']}{path}",
            method=method,
            json=seen(told) if method == "POST" else None,
            headers={"X-CSRFToken": word},
        )
        assert answer.status_code == refused, path
    assert numbers(web) == []


def test_the_page_brings_a_file_of_acts_without_asking_for_its_columns(
    officers: tuple[Web, FlaskClient, FlaskClient],
) -> None:
    web, alice, bruno = officers
    owed = ONE.replace("source_url", "obligations").replace(",\n", ",86: 3 by 2028-12-31 [annexe 2] (H)\n")
    form = {
        "csrf_token": csrf_of(alice.get("/registre/import")),
        "file": (io.BytesIO(owed.encode()), "actes.csv"),
        "form": "acts",
        "correct": "yes",
    }
    path = alice.post("/registre/import", data=form, content_type="multipart/form-data").headers["Location"]
    page = alice.get(path).get_data(as_text=True)
    assert "colonnes" not in page.partition('id="lignes"')[2].partition("</section>")[2]
    assert "A-1" in page
    assert "86: 3 · 31/12/2028 · annexe 2 (H)" in page
    assert web.post(alice, f"{path}/colonnes", path, version=1).status_code == 400
    assert web.post(alice, f"{path}/enregistrer", path, version=1).status_code == 403
    assert web.post(bruno, f"{path}/enregistrer", path, version=1).status_code == 302
    assert numbers(web) == ["A-1"]


def test_fault_54_nobody_records_their_own_file_through_a_token(officers: tuple[Web, FlaskClient, FlaskClient]) -> None:
    """A token is the person who made it, whichever of the two brought the file."""
    web, alice, _ = officers
    with web.database.transaction() as session:
        actor = users.user_named(session, Role.LEGAL.value).actor()
        word = users.issue_token(session, actor, web.clock.now(), "mine", sorted(actor.permissions))
    mine = {"Authorization": f"Bearer {word}"}
    bare = web.app.test_client(use_cookies=False)
    told = replay(alice, ONE.encode())[1]
    path = f"/api/v1/register/imports/{told['reference']}/record"
    refused = bare.post(path, json=seen(told), headers=mine)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "two_people")
    other = ONE.replace("A-1", "A-2").encode()
    by_token = bare.post(
        "/api/v1/register/replay?dry_run=false", data=other, content_type="text/csv", headers=mine
    ).get_json()
    assert act_on(alice, f"{by_token['reference']}/record", **seen(by_token))[0] == 403
    assert numbers(web) == []
