"""What if, on the page and over the API: the same answers, nothing written, what was typed kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sqlalchemy import func, select

from nms.base.ledger import LedgerEntry
from nms.base.permissions import SYSTEM, Role
from spectrum.acts import Obligation
from spectrum.models import ActRow, DossierRow
from tests.fakes.site import ELSEWHERE, HERE, Web
from tests.web.test_known import counting
from tests.web.test_rights import CHANNEL, sown

__all__ = ["sown"]
ASKED = {
    "title": "T-1", "nature": "cession", "cessionnaire": "Grand Poitiers", "area_text": HERE,
    "bands_text": "3432.5-3436/3532.5-3536", "start": "2027-01-01", "until": "2030-01-01", "total": "no",
}  # fmt: skip
WIDER = ASKED | {"bands_text": "3439.5-3443/3539.5-3543", "area_text": f"{HERE}; {ELSEWHERE}"}


def address(page: str = "/registre/essai", **said: str) -> str:
    """The address of a supposition, the fields said otherwise."""
    return f"{page}?{urlencode(ASKED | said)}"


def test_a_supposition_is_told_alike_by_page_and_api_and_writes_nothing(sown: Web) -> None:
    client = sown.client(Role.LEGAL)

    def rows() -> list[int]:
        with sown.database.reading() as session:
            return [
                session.scalar(select(func.count()).select_from(one)) or 0 for one in (LedgerEntry, ActRow, DossierRow)
            ]

    before = rows()
    with counting(sown) as said:
        page = client.get(address())
        told = client.get("/api/v1/register/whatif", query_string=WIDER).get_json()
        rights = client.get(address("/registre/essai/carte", cote="A-apres")).get_json()["communes"]
    assert page.status_code == 200
    assert not [one for one in said if one.startswith(("INSERT", "UPDATE", "DELETE")) and "session" not in one]
    assert rows() == before
    assert told["why_not"] == ""
    assert [one["communes"] for one in told["given"]] == [sorted([HERE, ELSEWHERE])]
    assert {one["party"] for one in told["fees"]} == {"Région", "Grand Poitiers"}
    assert {one["sector"]: one["change"] for one in told["sectors"]} == {"sec-a": "never", "sec-b": "lost"}
    text = page.get_data(as_text=True)
    assert all(one["article"] in text for one in told["verdicts"])
    here = next(one for one in rights if one["insee"] == HERE)
    assert here["about"] is True
    assert "Grand Poitiers" in {right["user"] for right in here["rights"]}
    was = client.get(address("/registre/essai/carte", cote="A-avant")).get_json()["communes"]
    assert {right["user"] for one in was for right in one["rights"]} == {"Région"}


def test_two_alternatives_stand_side_by_side_and_what_differs_is_marked(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    one = client.get(address()).get_data(as_text=True)
    two = client.get(address(b_nature="making_available", b_cessionnaire="Commune X")).get_data(as_text=True)
    assert (one.count('class="differs"'), one.count("cote=A-apres"), one.count("cote=B-apres")) == (0, 1, 0)
    assert two.count("cote=A-apres") == two.count("cote=B-apres") == 1
    assert two.count('class="differs"') % 2 == 0
    assert two.count('class="differs"') > 0
    same = client.get(address(b_cessionnaire="Grand Poitiers")).get_data(as_text=True)
    assert 'class="differs"' not in same
    assert " own" not in same


def test_obligations_that_a_cession_makes_a_question_are_told(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    client.set_cookie("nms_language", "en")
    assert "text not held" in client.get(address()).text
    assert client.get(address("/api/v1/register/whatif")).get_json()["obligations"] == []
    register = sown.services.register
    (title,) = (one.act for one in register.acts() if one.act.number == "T-1")
    clauses = tuple(Obligation(code, 4, date(2030, 12, 31), "annexe fictive", "L") for code in ("86", "16"))
    register.replay([replace(title, obligations=clauses)], SYSTEM, correct=True)
    (moved,) = client.get(address("/api/v1/register/whatif")).get_json()["obligations"]
    assert (moved["department"], moved["moves"]) == ("86", True)
    assert (moved["before"]["holders"], moved["before"]["status"]) == (["Région"], "due")
    assert (moved["after"]["holders"], moved["after"]["status"]) == (["Région", "Grand Poitiers"], "to_ask")
    page = client.get(address()).text
    assert "4 sites in department 86" in page
    assert "4 sites in department 16" not in page
    assert "Région, Grand Poitiers hold the right there" in page


@pytest.mark.parametrize(
    ("typed", "first"),
    [("poit", "Poitiers (86194)"), (HERE, "Poitiers (86194)"), ("aignes", "Aignes-et-Puypéroux (16004)"), ("", "")],
)
def test_communes_are_completed_by_any_of_their_names(sown: Web, typed: str, first: str) -> None:
    """What is offered is what the field reads."""
    rows = sown.client(Role.LEGAL).get("/communes/noms", query_string={"q": typed}).get_json()
    assert (rows[0]["value"] if rows else "") == first
    if first:
        asked = sown.client(Role.LEGAL).get(address(area_text=first))
        assert asked.status_code == 200
    page = sown.client(Role.LEGAL).get("/registre/essai").text
    assert page.count('data-complete="/communes/noms"') == 2


def test_fault_55_an_account_of_a_commune_completes_its_own_name_only(sown: Web) -> None:
    client = sown.client(Role.COMMUNE)
    assert [row["value"] for row in client.get("/communes/noms?q=poi").get_json()] == ["Poitiers (86194)"]
    assert client.get("/communes/noms?q=rochelle").get_json() == []


def test_what_is_held_by_another_user_is_told_and_changes_no_hand(sown: Web) -> None:
    asked = {"nature": "making_available", "cessionnaire": "Un autre", "bands_text": CHANNEL.text()}
    told = sown.client(Role.AUDITOR).get(address("/api/v1/register/whatif", **asked)).get_json()
    assert f"Commune {HERE}" in told["why_not"]
    assert (told["given"], told["sectors"]) == ([], [])


@pytest.mark.parametrize(
    ("field", "wrong"), [("area_text", "Atlantide"), ("start", "2027-13-01"), ("bands_text", "wide"), ("title", "none")]
)
@pytest.mark.parametrize("prefix", ["", "b_"])
def test_what_cannot_be_read_is_said_and_what_was_typed_is_kept(sown: Web, field: str, wrong: str, prefix: str) -> None:
    answer = sown.client(Role.LEGAL).get(address(**{prefix + field: wrong}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert 'role="alert"' in page
    assert field == "title" or f'value="{wrong}"' in page
    assert 'value="Grand Poitiers"' in page
    assert ("cote=A-apres" in page) == bool(prefix), "the other alternative is told all the same"


def test_the_form_of_a_new_project_opens_with_all_of_it(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    page = client.get(address(public_service="yes")).get_data(as_text=True)
    link = next(part.split('"')[0] for part in page.split('href="') if part.startswith("/dossiers/nouveau?")).replace(
        "&amp;", "&"
    )
    assert {name: texts[0] for name, texts in parse_qs(urlsplit(link).query).items()} == ASKED | {
        "public_service": "yes"
    }
    form = client.get(link).get_data(as_text=True)
    assert f'value="{ASKED["bands_text"]}"' in form
    assert 'value="Grand Poitiers"' in form
    assert "/dossiers/nouveau?" not in sown.client(Role.AUDITOR).get(address()).get_data(as_text=True)


def test_a_commune_s_account_asks_no_question_about_the_whole_region(sown: Web) -> None:
    client = sown.client(Role.COMMUNE)
    for page in ("/registre/essai", "/registre/essai/carte", "/api/v1/register/whatif"):
        assert client.get(address(page)).status_code == 403
    assert "/registre/essai" not in client.get("/registre").get_data(as_text=True)


def test_nothing_is_asked_of_the_database_again_while_the_register_stays_the_same(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    client.get(address())
    with counting(sown) as said:
        client.get(address())
    assert not [one for one in said if "payload" in one], "the acts are not read again"
