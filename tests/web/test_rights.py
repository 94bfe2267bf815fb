"""Rights over the web and the API: the same answers, each account what is its own, no secret outside."""

from __future__ import annotations

import ast
import contextlib
import csv
import re
import zlib
from dataclasses import replace
from datetime import date, datetime
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from odfdo import Document
from sqlalchemy import update

from inventory.territory import Commune
from nms.base.clock import PARIS, legal_day
from nms.base.errors import Conflict
from nms.base.permissions import SYSTEM, Role, actor_of_roles
from spectrum import obligations
from spectrum.act_file import read_acts
from spectrum.acts import Act, Obligation, Step
from spectrum.bands import UNKNOWN, read_bands
from spectrum.dossiers import Dossiers
from spectrum.drafts import Draft
from spectrum.law import fees
from spectrum.law.course import Event, Mark
from spectrum.law.verdict import Outcome
from spectrum.law.versions import Nature
from spectrum.models import DossierRow
from spectrum.register import record
from tests.fakes.site import ELSEWHERE, HERE, Web, csrf_of
from tests.unit.spectrum.register_facts import REAL
from tests.web.test_map import outlined
from web.documents.owed import UNPROVEN, WHY
from web.rights_families import RightsExposition

CANARY = "9 876 543 euros canari"
LOT = read_bands("3432.5-3447.5/3532.5-3547.5")
CHANNEL = read_bands("3436-3439.5/3536-3539.5")
START, END = date(2024, 1, 15), date(2034, 1, 15)


@pytest.fixture
def sown(web: Web) -> Web:
    """A title in force, one commune each that uses a channel, and a project with a secret."""
    register = web.services.register
    with web.database.reading() as session:
        area = register.places(session).area("Région Poitou-Charentes")
    title = Act("T-1", Step.ATTRIBUTION, START, START, area, LOT, cessionnaire="Région", until=END, area_text="Région")
    lent = [
        replace(
            title,
            number=f"M-{code}",
            step=Step.MAKING_AVAILABLE,
            cedant="Région",
            cessionnaire=f"Commune {code}",
            area=frozenset({code}),
            area_text=code,
            bands=CHANNEL,
            until=until,
        )
        for code, until in ((HERE, END), (ELSEWHERE, date(2026, 12, 1)))
    ]
    register.replay([title, *lent], SYSTEM)
    draft = Draft(
        Nature.CESSION, "T-1", "Région", "Commune d'ici", HERE, CHANNEL.text(), date(2027, 1, 1), date(2030, 1, 1),
        items={"4": CANARY, "9": "bilan"},
    )  # fmt: skip
    today = legal_day(web.clock.now())
    dossiers = Dossiers(register, web.box)
    dossiers.create(draft, actor_of_roles("alice", [Role.LEGAL]), today, "here")
    dossiers.create(replace(draft, area_text=ELSEWHERE), actor_of_roles("alice", [Role.LEGAL]), today, "there")
    dossiers.add_event("D-2026-0001", Event(Mark.SENT, today), actor_of_roles("bob", [Role.LEGAL]), "sent")
    return web


PAGES = (
    "/registre", "/registre.csv", "/registre.geojson", "/registre/carte", "/registre/actes", "/registre/actes/1",
    "/registre/public", "/registre/journal", "/registre/journal.jsonl", "/droit", "/echeances", "/dossiers",
    "/dossiers/D-2026-0001", "/api/v1/register/holdings", "/api/v1/register/residual", "/api/v1/register/dossiers",
    "/api/v1/register/dossiers/D-2026-0001", "/api/v1/events", "/registre?q=canari", "/metrics",
)  # fmt: skip


@pytest.mark.parametrize("role", [None, *(role for role in Role if role is not Role.LEGAL)])
def test_fault_90_the_financial_conditions_are_on_no_page_for_whoever_is_no_legal_officer(
    sown: Web, role: Role | None
) -> None:
    client = sown.client(role)
    for path in PAGES:
        text = client.get(path).get_data(as_text=True)
        assert CANARY not in text, path
        assert "canari" not in re.sub(r'q(=|%3D)canari|value="canari"', "", text), path


def inflated(pdf: bytes) -> bytes:
    """The octets of a PDF with every stream that is packed, opened."""
    found = [pdf]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with contextlib.suppress(zlib.error):
            found.append(zlib.decompress(packed))
    return b"\n".join(found)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # WeasyPrint leaves its ICC file open
def test_a_legal_officer_reads_them_on_the_project_and_in_its_pdf_alone(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    assert CANARY in client.get("/dossiers/D-2026-0001").get_data(as_text=True)
    pdf = client.get("/dossiers/D-2026-0001.pdf")
    assert pdf.mimetype == "application/pdf"
    assert pdf.data.startswith(b"%PDF-")
    assert b"pdfaid" in inflated(pdf.data)
    assert b"/OutputIntents" in inflated(pdf.data)
    for path in set(PAGES) - {"/dossiers/D-2026-0001", "/registre?q=canari"}:
        assert "canari" not in client.get(path).get_data(as_text=True), path


def test_a_commune_sees_exactly_its_own_rights_and_projects(sown: Web) -> None:
    client = sown.client(Role.COMMUNE)
    held = client.get("/api/v1/register/holdings").get_json()["items"]
    assert {tuple(row["communes"]) for row in held} == {(HERE,)}
    assert f"Commune {HERE}" in {row["user"] for row in held}
    assert [d["reference"] for d in client.get("/api/v1/register/dossiers").get_json()["items"]] == ["D-2026-0001"]
    for path in ("/registre", "/registre/actes", "/dossiers", "/echeances", "/registre/journal"):
        assert ELSEWHERE not in client.get(path).get_data(as_text=True), path
    assert client.get("/dossiers/D-2026-0002").status_code == 404
    assert client.get("/api/v1/register/dossiers/D-2026-0002").status_code == 404


def test_a_project_whose_grouping_is_no_more_stops_no_page_and_says_which_communes_it_means(sown: Web) -> None:
    with sown.database.transaction() as session:
        row = session.get(DossierRow, 1)
        assert row is not None
        row.facts = row.facts.replace(f'"area_text": "{HERE}"', '"area_text": "CC disparue"')
    for role in (Role.LEGAL, Role.COMMUNE):
        client = sown.client(role)
        for path in ("/dossiers", "/dossiers/D-2026-0001", "/echeances", "/api/v1/register/dossiers/D-2026-0001"):
            assert client.get(path).status_code == 200, path
    page = sown.client(Role.LEGAL).get("/dossiers/D-2026-0001").get_data(as_text=True)
    assert "« CC disparue » désigne" in page.replace("\u00a0", " ")
    assert "désigne aujourd" not in sown.client(Role.LEGAL).get("/dossiers/D-2026-0002").get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["/registre?connu=2999-12-31", "/api/v1/register/holdings?known_at=2999-12-31",
             "/registre/journal?avant=99999999999999999999", "/registre/journal?avant=-99999999999999999999"]
)  # fmt: skip
def test_the_last_day_and_the_largest_number_are_answered(sown: Web, path: str) -> None:
    assert sown.client(Role.LEGAL).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/registre?connu=9999-12-31", "/api/v1/register/holdings?on=0001-01-01"])
def test_a_day_that_nobody_means_is_refused_and_named(sown: Web, path: str) -> None:
    refused = sown.client(Role.LEGAL).get(path)
    assert refused.status_code == 400
    told = refused.get_json()["message"] if refused.is_json else refused.get_data(as_text=True)
    assert "de 1900 à 2999" in told


@pytest.mark.parametrize("version", ["abc", "²", "1e9", "9" * 30, ""])
def test_a_version_that_is_no_number_is_of_no_draft_and_overwrites_nothing(sown: Web, version: str) -> None:
    client = sown.client(Role.LEGAL)
    path = "/dossiers/D-2026-0002/modifier"
    form = {"title": "T-1", "area_text": HERE, "start": "2027-01-01", "version": version}
    token = csrf_of(client.get(path))
    assert client.post(path, data=form | {"csrf_token": token}).status_code == 409
    row = client.get("/api/v1/register/dossiers/D-2026-0002").get_json()
    assert (row["version"], row["facts"]["area_text"]) == (1, ELSEWHERE)


def test_the_page_of_a_project_counts_the_verdicts_that_it_shows(sown: Web) -> None:
    """What was judged stays when somebody else holds the channel since; both are told."""
    title = next(one.act for one in sown.services.register.acts() if one.act.number == "T-1")
    other = replace(title, number="C-9", step=Step.ISSUE, cedant="Région", cessionnaire="X", area=frozenset({HERE}),
                    area_text=HERE, bands=CHANNEL)  # fmt: skip
    sown.services.register.replay([other], SYSTEM)
    page = sown.client(Role.LEGAL).get("/dossiers/D-2026-0001").get_data(as_text=True)
    shown = page.partition("Verdicts")[2]
    for outcome in Outcome:
        told = re.search(rf'class="[^"]*{outcome.value}[^"]*"[^>]*>\s*<strong>(\d+)</strong>', page)
        assert (int(told[1]) if told else 0) == len(re.findall(rf'<li class="[^"]*\b{outcome.value}\b', shown)), outcome


def test_every_link_from_what_remains_opens_what_it_names(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    page = client.get(f"/registre/reste?zone={HERE}").get_data(as_text=True)
    links = {unescape(link) for link in re.findall(r'href="(/(?:registre/essai|dossiers/nouveau)\?[^"]*)"', page)}
    assert {link.partition("?")[0] for link in links} == {"/registre/essai", "/dossiers/nouveau"}
    for link in links:
        assert client.get(link).status_code == 200, link


def test_a_project_over_the_api_is_as_clean_and_as_simulated_as_one_of_the_page(sown: Web) -> None:
    register = sown.services.register
    title = next(one.act for one in register.acts() if one.act.number == "T-1")
    register.replay([replace(title, number="S-1", bands=read_bands("3465-3480/3565-3580"), simulated=True)], SYSTEM)
    client = sown.client(Role.LEGAL)
    headers = {"X-CSRFToken": csrf_of(client.get("/dossiers/nouveau"))}
    asked = {"cedant": "Région", "cessionnaire": "x\0" + "é" * 3_000, "area": HERE, "start": "2027-01-01"}
    for number, simulated in (("T-1", False), ("S-1", True)):
        made = client.post("/api/v1/register/dossiers", json=asked | {"title": number}, headers=headers)
        assert made.status_code == 201, made.get_data(as_text=True)
        facts = made.get_json()["facts"]
        assert facts["simulated"] == simulated
        assert len(facts["cessionnaire"]) == 255
        assert "\0" not in facts["cessionnaire"]


def test_a_project_takes_from_whoever_holds_by_the_title_on_its_day(sown: Web) -> None:
    register = sown.services.register
    title = next(one.act for one in register.acts() if one.act.number == "T-1")
    merged = replace(
        title, number="F-1", step=Step.TRANSFER, cedant="Région", cessionnaire="Successeur", title="T-1", bands=UNKNOWN,
        decided_on=date(2025, 1, 1), effective_on=date(2025, 1, 1), until=None,
    )  # fmt: skip
    register.replay([merged], SYSTEM)
    client = sown.client(Role.LEGAL)
    form = {"title": "T-1", "area_text": HERE, "start": "2027-01-01", "cessionnaire": "X"}
    page = client.get("/dossiers/nouveau")
    told = client.post("/dossiers/apercu", data=form | {"csrf_token": csrf_of(page)}).get_data(as_text=True)
    assert "Successeur détient T-1" in told.replace("\u00a0", " ")


def test_a_commune_loses_its_right_at_its_end_and_asks_about_today_only(sown: Web) -> None:
    client = sown.client(Role.COMMUNE)
    in_force = {"on": "2030-01-01"}
    today = client.get("/api/v1/register/holdings", query_string=in_force).get_json()
    assert today["on"] == legal_day(sown.clock.now()).isoformat()
    sown.clock.advance(8 * 366 * 86_400.0)
    again = sown.client(Role.COMMUNE)
    assert again.get("/api/v1/register/holdings").get_json()["items"] == []


def test_the_page_the_api_and_the_file_tell_the_same(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    rows = client.get("/api/v1/register/holdings").get_json()["items"]
    lines = client.get("/registre.csv").get_data(as_text=True).splitlines()
    assert len(lines) == len(rows) + 1
    page = client.get("/registre").get_data(as_text=True)
    assert all(row["authorisation"] in page and row["holder"] in page for row in rows)
    features = client.get("/registre.geojson").get_json()["features"]
    told = [feature["properties"] for feature in features]
    assert [{name: text for name, text in one.items() if name != "drawn_larger"} for one in told] == rows


def test_the_real_acts_are_told_by_day_over_the_api(sown: Web) -> None:
    sown.services.register.replay(real_acts_over(sown), SYSTEM)
    client = sown.client(Role.LEGAL)
    found = client.get("/api/v1/register/holdings?on=2008-02-27&area=(79)").get_json()["items"]
    assert {row["holder"] for row in found} == {"Altitude Télécom", "HDRR France"}


def real_acts_over(web: Web) -> list[Act]:
    """The acts of the file of real cases, over the territory of the site."""
    with web.database.reading() as session:
        return read_acts(REAL, web.services.register.places(session)).acts


def test_an_event_out_of_order_is_refused_with_every_verdict_and_its_article(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    answer = client.post(
        "/api/v1/register/dossiers/D-2026-0001/events",
        json={"mark": "executed", "on": "2026-11-23", "reference": "x", "key": "01234567"},
        headers={"X-CSRFToken": csrf_of(client.get("/compte"))},
    )
    assert answer.status_code == 422
    told = answer.get_json()
    assert told["facts"]["article"] == "R. 20-44-9-8"
    assert told["facts"]["verdicts"][0]["outcome"] == "refused"


def test_what_was_typed_is_kept_when_the_form_is_refused(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    answer = sown.post(
        client, "/dossiers/nouveau", title="T-1", area_text="Atlantide", cessionnaire="Commune X", start="2027-01-01"
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "Atlantide" in page
    assert 'value="Commune X"' in page


def test_rights_are_scraped_with_the_communes_where_the_network_has_something(sown: Web) -> None:
    text = sown.client(Role.ADMINISTRATOR).get("/metrics").get_data(as_text=True)
    ends = [line for line in text.splitlines() if line.startswith("spectrum_right_end_timestamp_seconds{")]
    assert len(ends) == 2
    assert any(f'commune="{HERE}"' in line and 'department="86"' in line for line in ends)
    assert 'spectrum_dossiers{stage="sent"} 1' in text
    assert 'spectrum_rights{state="in_force"} 1' in text


def test_the_metric_of_an_end_is_the_first_day_without_a_part_of_the_right_and_not_the_end_of_a_use(sown: Web) -> None:
    """A use there ends in 2026; an act that has no effect yet cedes a channel from 2027 on."""
    title = next(one.act for one in sown.services.register.acts() if one.act.number == "T-1")
    part = replace(
        title, number="C-1", step=Step.ISSUE, cedant="Région", cessionnaire="CC", area=frozenset({HERE, ELSEWHERE}),
        area_text=f"{HERE}; {ELSEWHERE}", bands=read_bands("3439.5-3443/3539.5-3543"), until=date(2029, 1, 1),
        decided_on=date(2026, 11, 1), effective_on=date(2027, 1, 1),
    )  # fmt: skip
    over = replace(
        part, number="A-1", step=Step.ABROGATION, cessionnaire="", area=frozenset({ELSEWHERE}), area_text=ELSEWHERE,
        bands=UNKNOWN, until=None, effective_on=date(2028, 1, 1),
    )  # fmt: skip
    sown.services.register.replay([part, over], SYSTEM)
    text = sown.client(Role.ADMINISTRATOR).get("/metrics").get_data(as_text=True)
    told = {
        commune: datetime.fromtimestamp(float(end), PARIS).date()
        for commune, end in re.findall(
            r'spectrum_right_end_[a-z_]+{authorisation="T-1".*commune="(\d+)".*} (\S+)', text
        )
    }
    assert told == {HERE: date(2027, 1, 1), ELSEWHERE: date(2027, 1, 1)}
    assert 'spectrum_rights{state="in_force"} 1' in text


@pytest.mark.parametrize(("known", "rows"), [("2026-01-01", 0), ("2999-12-31", 3), ("", 3)])
def test_what_remains_is_answered_as_known_on_a_day_by_page_and_api(sown: Web, known: str, rows: int) -> None:
    client = sown.client(Role.LEGAL)
    page = client.get(f"/registre/reste?jour=2024-02-01&connu={known}").get_data(as_text=True)
    assert (page.count('class="swatch') > 0) == bool(rows)
    items = client.get(f"/api/v1/register/residual?on=2024-02-01&known_at={known}").get_json()["items"]
    assert bool(items) == bool(rows)


def test_every_file_of_examples_travels_with_the_package() -> None:
    import spectrum.law

    folder = Path(spectrum.law.__file__).parent
    assert {path.name for path in folder.glob("*.toml")} >= {"articles.toml", "examples.toml", "delays_examples.toml"}


def test_the_fees_of_a_year_are_told_alike_by_page_file_and_api(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    page = client.get("/registre/redevances?annee=2025")
    assert page.status_code == 200
    file = client.get("/registre/redevances.csv?annee=2025").get_data(as_text=True)
    items = client.get("/api/v1/register/fees?year=2025").get_json()["items"]
    assert {one["holder"] for one in items} == {"Région"}
    assert len(file.strip().splitlines()) == 1 + len(items)
    assert all((one["cents"] is None) == bool(one["cannot_be_computed"]) for one in items)
    assert client.get("/registre/redevances?annee=1905").status_code == 400


def test_a_commune_sees_no_fee_but_those_of_its_own_rights_and_of_this_year(sown: Web) -> None:
    client = sown.client(Role.COMMUNE)
    this_year = legal_day(sown.clock.now()).year
    told = client.get("/api/v1/register/fees?year=2030").get_json()
    assert told["year"] == this_year
    assert {one["act"] for one in told["items"]} == {"T-1", f"M-{HERE}"}
    file = client.get("/registre/redevances.csv?annee=2030").get_data(as_text=True)
    assert f"M-{ELSEWHERE}" not in file
    assert f"redevances-{this_year}.csv" in client.get("/registre/redevances.csv").headers["Content-Disposition"]


def test_a_right_on_an_absorbed_commune_is_drawn_on_its_successor_and_marked(sown: Web) -> None:
    with sown.database.reading() as session:
        area = sown.services.register.places(session).area("16004")
    decided = date(2024, 2, 1)
    small = Act("M-16004", Step.MAKING_AVAILABLE, decided, decided, area, CHANNEL, "Région", "Commune d'Aignes",
                area_text="16004", until=END)  # fmt: skip
    sown.services.register.replay([small], SYSTEM)
    outlined(sown, "16230")  # its village has no known position: without an outline it is not on the map
    client = sown.client(Role.LEGAL)
    drawn = {one["insee"]: one for one in client.get("/registre/carte").get_json()["communes"]}
    former = {right["user"]: right["former"] for right in drawn["16230"]["rights"]}
    assert next(iter(former)) == "Commune d'Aignes"  # the most local right gives the colour
    assert former == {
        "Région": "",
        "Commune d'Aignes": "pour une ancienne commune seulement (Aignes-et-Puypéroux)",
    }
    assert not any(right["former"] for right in drawn[HERE]["rights"])
    assert "Montmoreau : pour une ancienne commune seulement" in client.get("/registre").text.replace("\xa0", " ")
    features = client.get("/registre.geojson").get_json()["features"]
    assert [f["properties"]["user"] for f in features if f["properties"]["drawn_larger"]] == ["Commune d'Aignes"]
    page = client.get("/communes/16004", follow_redirects=True).text
    assert page.count("pour une ancienne commune seulement (Aignes-et-Puypéroux)") == 1
    assert "Aignes-et-Puypéroux <span" in page


def test_outlines_of_the_register_are_for_who_reads_it_and_a_commune_gets_its_own(sown: Web) -> None:
    outlined(sown)
    client = sown.client(Role.LEGAL)
    drawn = client.get("/registre/carte").get_json()
    assert set(client.get(drawn["outlines"]).get_json()) == {HERE, ELSEWHERE}
    assert "Whose they are, 2026" in client.get("/registre").text
    own = sown.client(Role.COMMUNE)
    assert set(own.get(own.get("/registre/carte").get_json()["outlines"]).get_json()) == {HERE}
    assert sown.client(Role.NOC).get("/registre/contours").status_code == 403


def test_obligations_are_told_alike_by_page_file_and_api_and_in_the_statement_of_the_year(sown: Web) -> None:
    register = sown.services.register
    (title,) = (one.act for one in register.acts() if one.act.number == "T-1")
    clause = Obligation(HERE[:2], 400, date(2030, 12, 31), "annexe fictive", "L")
    register.replay([replace(title, obligations=(clause,))], SYSTEM, correct=True)
    with pytest.raises(Conflict, match="obligations"):
        register.replay([title], SYSTEM)
    client, today = sown.client(Role.LEGAL), legal_day(sown.clock.now())
    (item,) = client.get("/api/v1/register/obligations").get_json()["items"]
    assert (item["status"], item["sites_due"], item["holders"]) == ("due", 400, ["Région"])
    assert item["sites_missing"] == 400 - item["sites_in_service"]
    page = client.get("/registre/obligations").get_data(as_text=True)
    assert "annexe fictive" in page
    (shown,) = [one for one in register.acts() if one.act.number == "T-1"]
    assert "annexe fictive" in client.get(f"/registre/actes/{shown.row.id}").get_data(as_text=True)
    rows = list(
        csv.DictReader(client.get("/registre/obligations.csv").get_data(as_text=True).lstrip("\ufeff").splitlines())
    )
    assert [row["sites_missing"] for row in rows] == [str(item["sites_missing"])]
    past = client.get("/api/v1/register/obligations?on=2025-01-01").get_json()["items"]
    assert [one["status"] for one in past] == ["unknown"]
    assert client.get("/registre/obligations?jour=hier").status_code == 400
    asked = {"titulaire": "Région", "annee": str(today.year)}
    said = Document(BytesIO(client.get("/documents/etat-annuel.odt", query_string=asked).data)).get_formatted_text()
    assert "annexe fictive" in said
    assert "à mettre en service" in said


def test_obligations_stand_on_the_page_of_the_commune_on_the_overview_and_in_the_metrics(sown: Web) -> None:
    register, client = sown.services.register, sown.client(Role.LEGAL)
    (title,) = (one.act for one in register.acts() if one.act.number == "T-1")
    assert "/registre/obligations" not in client.get("/").text
    assert "spectrum_obligations{" not in RightsExposition(sown.services).render()
    late, near, far = date(2026, 1, 1), date(2027, 3, 1), date(2030, 12, 31)
    clauses = tuple(Obligation(HERE[:2], 400, due, "annexe fictive", "L") for due in (late, near, far))
    register.replay([replace(title, obligations=clauses)], SYSTEM, correct=True)
    page = client.get(f"/communes/{HERE}").text
    assert page.count("annexe fictive") == 3
    assert "annexe fictive" not in client.get(f"/communes/{ELSEWHERE}").text
    assert "annexe fictive" not in sown.client(Role.COMMUNE).get(f"/communes/{HERE}").text
    client.set_cookie("nms_language", "en")
    overview = client.get("/").text
    assert "1 late" in overview
    assert "1 due within 180 days – the next on 2027-03-01" in overview
    assert "/registre/obligations" not in sown.client(Role.NOC).get("/").text
    lines = RightsExposition(sown.services).render().splitlines()
    told = dict(line.removeprefix("spectrum_obligations").split() for line in lines if "spectrum_obligations{" in line)
    assert told == {
        '{status="met"}': "0", '{status="due"}': "2", '{status="late"}': "1", '{status="to_ask"}': "0",
        '{status="unknown"}': "0",
    }  # fmt: skip


def test_a_project_tells_the_fees_of_its_parties_before_and_after_and_the_same_once_executed(sown: Web) -> None:
    client = sown.client(Role.LEGAL)

    def fees() -> list[str]:
        page = client.get("/dossiers/D-2026-0002").text
        found = re.findall(r'<li>([^<]+), <a href="/registre/redevances\?annee=(\d+)">\d+</a> : (.*?)</li>', page)
        return [" ".join(one) for one in found]

    def areas(km2: float | None) -> None:
        with sown.database.transaction() as session:
            session.execute(update(Commune).values(area_km2=km2))

    areas(20.0)
    before = fees()
    assert [one[: one.index(" ", one.index("20"))] for one in before] == [
        "Région 2027", "Région 2028", "Commune d&#39;ici 2027", "Commune d&#39;ici 2028",
    ]  # fmt: skip
    assert all("→" in one for one in before)
    given = Act(
        "X-1", Step.ISSUE, START, date(2027, 1, 1), frozenset({ELSEWHERE}), CHANNEL, cedant="Région",
        cessionnaire="Commune d'ici", until=date(2030, 1, 1), area_text=ELSEWHERE, title="T-1",
    )  # fmt: skip
    with sown.database.transaction() as session:
        places = sown.services.register.places(session)
        record(session, places, [given], actor=SYSTEM, at=sown.clock.now(), dossier="D-2026-0002")
    assert fees() == before
    assert "redevances?annee" not in sown.client(Role.COMMUNE).get("/dossiers/D-2026-0001").text
    areas(None)
    assert all("ne peut être calculée" in one for one in fees())


def test_a_commune_sees_no_obligation_of_the_region(sown: Web) -> None:
    register = sown.services.register
    (title,) = (one.act for one in register.acts() if one.act.number == "T-1")
    clause = Obligation(HERE[:2], 4, date(2030, 12, 31), "annexe fictive", "L")
    register.replay([replace(title, obligations=(clause,))], SYSTEM, correct=True)
    client = sown.client(Role.COMMUNE)
    seen = client.get("/api/v1/register/obligations").get_json()["items"]
    assert seen == []
    assert "annexe fictive" not in client.get("/registre/obligations.csv").get_data(as_text=True)


def test_every_reason_of_a_fee_or_an_obligation_has_its_french_on_paper() -> None:
    for module, known in ((fees, WHY), (obligations, UNPROVEN)):
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        reasons = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.startswith(("cannot be computed", "to ask:"))
        }
        assert reasons
        assert reasons == known.keys()
