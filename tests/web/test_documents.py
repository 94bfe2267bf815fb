"""Documents of the register: PDF/A as far as its structure tells, ODT and ODS that read back, to each reader his."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from odfdo import Document
from pypdf import PdfReader
from sqlalchemy import select
from typer.testing import CliRunner

from inventory.territory import Commune
from nms.app.bootstrap import Context
from nms.app.commands import register as commands
from nms.base import ledger
from nms.base.ledger import LedgerEntry
from nms.base.permissions import SYSTEM, Role, actor_of_roles
from spectrum.acts import Step
from spectrum.bands import read_bands
from spectrum.dossiers import Dossiers
from spectrum.drafts import Draft
from spectrum.law.versions import Nature
from tests.fakes.site import ELSEWHERE, HERE, Web
from tests.web.test_rights import CANARY, sown
from web.documents.words import blank, euros, plainly, runs, typed

__all__ = ["sown"]
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # WeasyPrint's ICC file
TEXTS = (
    "/documents/acte-2",
    "/documents/deliberation/D-2026-0001",
    "/documents/convention/D-2026-0001",
    "/documents/etat-annuel",
)
ASKED = {"titulaire": "Région", "annee": "2025"}


def text_of(pdf: bytes) -> str:
    """What a PDF says, spaces joined."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def plain(text: str) -> str:
    """A text with every run of spaces, of any kind, as one."""
    return " ".join(text.split())


@pytest.mark.parametrize("address", TEXTS)
def test_a_pdf_has_the_structure_of_pdf_a_with_tags_bookmarks_and_embedded_subset_fonts(
    sown: Web, address: str
) -> None:
    answer = sown.client(Role.LEGAL).get(f"{address}.pdf", query_string=ASKED)
    assert answer.status_code == 200
    reader = PdfReader(BytesIO(answer.data))
    root: Any = reader.root_object  # pypdf types every entry as any object
    pages: Any = reader.pages
    xmp = root["/Metadata"].get_object().get_data()
    assert re.search(rb'pdfaid:part(>|=")3', xmp)
    assert re.search(rb'pdfaid:conformance(>|=")U', xmp)
    assert root["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    assert root["/Lang"] == "fr"
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert reader.metadata is not None
    assert reader.metadata.title
    assert reader.outline
    fonts = [font.get_object() for page in pages for font in page["/Resources"]["/Font"].get_object().values()]
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor), font["/BaseFont"]
        assert re.match(r"/[A-Z]{6}\+", font["/BaseFont"])
    assert f"1/{len(reader.pages)}" in reader.pages[0].extract_text()


@pytest.mark.parametrize("form", ["pdf", "odt"])
def test_the_same_facts_at_the_same_instant_are_the_same_octets(sown: Web, form: str) -> None:
    client = sown.client(Role.LEGAL)
    first, again = (client.get(f"/documents/convention/D-2026-0001.{form}").data for _ in range(2))
    assert first == again


@pytest.mark.parametrize("address", [*TEXTS, "/documents/registre"])
def test_an_odt_is_well_packed_and_reads_back_with_styles_and_language(sown: Web, address: str) -> None:
    answer = sown.client(Role.LEGAL).get(f"{address}.odt", query_string=ASKED)
    with zipfile.ZipFile(BytesIO(answer.data)) as packed:
        names = packed.namelist()
        assert names[0] == "mimetype"
        assert packed.getinfo("mimetype").compress_type == zipfile.ZIP_STORED
        assert packed.read("mimetype") == b"application/vnd.oasis.opendocument.text"
        listed = set(re.findall(r'full-path="([^"]+)"', packed.read("META-INF/manifest.xml").decode()))
        assert listed - {"/"} <= set(names)
        assert b"text:page-count" in packed.read("styles.xml")
    again = Document(BytesIO(answer.data))
    assert again.language == "fr-FR"
    assert again.meta.title
    assert again.body.get_headers()
    for paragraph in again.body.get_paragraphs():
        assert paragraph.style is None or again.get_style("paragraph", paragraph.style) is not None


def test_tables_repeat_their_header_rows(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    for form in ("odt", "ods"):
        with zipfile.ZipFile(BytesIO(client.get(f"/documents/registre.{form}").data)) as packed:
            assert b"table:table-header-rows" in packed.read("content.xml"), form


def test_the_spreadsheet_of_the_register_tells_what_the_page_tells(sown: Web) -> None:
    sheets = Document(BytesIO(sown.client(Role.LEGAL).get("/documents/registre.ods").data)).body.get_tables()
    rows = next(sheet for sheet in sheets if sheet.name == "Autorisations").get_values()
    assert rows[0][0] == "Autorisation"
    assert len(rows) - 1 == len(sown.services.register.holdings(sown.clock.now().date()))
    assert {row[0] for row in rows[1:]} == {"T-1"}


def test_an_extract_bears_its_hash_its_entry_and_the_head_and_how_to_verify(sown: Web) -> None:
    said = text_of(sown.client(Role.LEGAL).get("/documents/acte-2.pdf").data).replace(" ", "")
    with sown.database.reading() as session:
        row = next(one.row for one in sown.services.register.acts() if one.row.id == 2)
        assert session.get_one(LedgerEntry, row.ledger_seq).digest in said
        assert ledger.head(session) in said
    assert "nmsregisterverifyjournal.jsonl--head" in said


def test_the_financial_conditions_are_a_blank_unless_a_legal_officer_asks(sown: Web) -> None:
    legal = sown.client(Role.LEGAL)
    for address in ("/documents/convention/D-2026-0001.odt", "/documents/deliberation/D-2026-0001.odt"):
        assert CANARY not in str(Document(BytesIO(legal.get(address).data)).get_formatted_text())
        filled = legal.get(address, query_string={"conditions": "remplies"}).data
        assert CANARY in Document(BytesIO(filled)).get_formatted_text()
        for role in (Role.OFFICIAL, Role.AUDITOR, Role.COMMUNE, Role.ENGINEER):
            client = sown.client(role)
            assert client.get(address).status_code == 200
            assert client.get(address, query_string={"conditions": "remplies"}).status_code == 403, role


@pytest.mark.parametrize(
    ("nature", "says", "never"),
    [
        (Nature.CESSION, ("Autorisation à délivrer au cessionnaire", "INDI0607746A", "trois mois"), ("location",)),
        (
            Nature.LEASE,
            ("Projet de location", "Preneur pressenti", "reste titulaire", "trois mois", "notification conjointe"),
            ("mise à disposition", "abrogée", "Autorisation à délivrer", "INDI0607746A"),
        ),
        (
            Nature.MAKING_AVAILABLE,
            ("Projet de mise à disposition", "Utilisateur pressenti", "n’est pas détenu ici", "reste titulaire"),
            ("abrogée", "Autorisation à délivrer", "INDI0607746A", "R. 20-44-9-8", "trois mois"),
        ),
    ],
)
def test_the_papers_of_a_project_say_what_the_law_of_its_nature_says_and_no_more(
    sown: Web, nature: Nature, says: tuple[str, ...], never: tuple[str, ...]
) -> None:
    register = sown.services.register
    draft = Draft(nature, "T-1", "Région", "Autre", "(86)", "", date(2027, 1, 1), None, total=True)
    dossiers = Dossiers(register, sown.box)
    reference = dossiers.create(draft, actor_of_roles("alice", [Role.LEGAL]), date(2026, 1, 2), nature)
    client = sown.client(Role.LEGAL)
    told = text_of(client.get(f"/dossiers/{reference}.pdf").data)
    odt = client.get(f"/documents/deliberation/{reference}.odt").data
    told = plain(f"{told} {Document(BytesIO(odt)).get_formatted_text()}")
    for words in says:
        assert words in told, words
    for words in never:
        assert words not in told, words


def test_the_papers_of_a_total_cession_list_the_pieces_that_are_left_and_no_larger_box(sown: Web) -> None:
    register = sown.services.register
    title = next(one.act for one in register.acts() if one.act.number == "T-1")
    part = replace(
        title, number="C-1", step=Step.ISSUE, cedant="Région", cessionnaire="CC", area=frozenset({HERE}),
        area_text=HERE, bands=read_bands("3439.5-3443/3539.5-3543"),
    )  # fmt: skip
    register.replay([part], SYSTEM)
    draft = Draft(Nature.CESSION, "T-1", "Région", "Autre", "Région Poitou-Charentes", "", date(2027, 1, 1), None, True)
    reference = Dossiers(register, sown.box).create(
        draft, actor_of_roles("alice", [Role.LEGAL]), date(2026, 1, 2), "rest"
    )
    client = sown.client(Role.LEGAL)
    for told in (
        text_of(client.get(f"/dossiers/{reference}.pdf").data),
        Document(BytesIO(client.get(f"/documents/convention/{reference}.odt").data)).get_formatted_text(),
    ):
        pieces = plain(told).replace(" ", "")
        assert "3432,5–3439,5" in pieces
        assert "3443–3447,5" in pieces


def test_a_commune_gets_the_documents_of_its_own_acts_alone(sown: Web) -> None:
    client = sown.client(Role.COMMUNE)
    ids = {one.act.number: one.row.id for one in sown.services.register.acts()}
    assert client.get(f"/documents/acte-{ids[f'M-{HERE}']}.odt").status_code == 200
    assert client.get(f"/documents/acte-{ids[f'M-{ELSEWHERE}']}.odt").status_code == 404
    assert client.get(f"/documents/acte-{ids['T-1']}.odt").status_code == 404
    assert client.get("/documents/convention/D-2026-0002.odt").status_code == 404
    assert client.get("/documents/etat-annuel.odt", query_string=ASKED).status_code == 403
    assert ELSEWHERE not in Document(BytesIO(client.get("/documents/registre.odt").data)).get_formatted_text()
    assert ELSEWHERE not in client.get("/documents").get_data(as_text=True)


def test_the_page_links_each_document_and_every_link_answers(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    links = set(re.findall(r'href="(/documents/[^"]+\.odt[^"]*)"', client.get("/documents").get_data(as_text=True)))
    assert len(links) >= 1 + 3 + 2 * 3
    for link in links:
        assert client.get(link.replace("&amp;", "&")).status_code == 200, link
    for address, wanted in (
        ("/registre/actes/2", "/documents/acte-2.pdf"),
        ("/registre", "/documents/registre.pdf"),
        ("/dossiers/D-2026-0001", "/documents/convention/D-2026-0001.pdf"),
    ):
        assert wanted in client.get(address).get_data(as_text=True)


def test_a_statement_says_what_cannot_be_computed_and_refuses_a_year_to_come(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    said = Document(BytesIO(client.get("/documents/etat-annuel.odt", query_string=ASKED).data)).get_formatted_text()
    assert "Redevance de gestion : ne peut être calculée" in plain(said)
    assert "n’énonce d’obligation" in said
    assert "Stations de base en service" in said
    assert client.get("/documents/etat-annuel.odt", query_string=ASKED | {"annee": "2099"}).status_code == 400
    assert client.get("/documents/etat-annuel.odt", query_string={"titulaire": "Personne"}).status_code == 404


def test_a_statement_tells_the_fees_of_the_page_with_their_factors(sown: Web) -> None:
    with sown.database.transaction() as session:
        for commune in session.scalars(select(Commune)):
            commune.area_km2 = 12.5
    client = sown.client(Role.LEGAL)
    items = client.get("/api/v1/register/fees?year=2025").get_json()["items"]
    assert items
    assert all(one["cents"] is not None for one in items)
    content = client.get("/documents/etat-annuel.odt", query_string=ASKED).data
    said, whole = plain(Document(BytesIO(content)).get_formatted_text()), euros(sum(one["cents"] for one in items))
    assert f"Total : {plain(whole)}" in said
    assert "NOR ECEI0753536A" in said


def test_french_spaces_do_not_break_and_a_blank_shows(sown: Web) -> None:
    assert typed("n° 3 : article L. 42-3") == "n°\u00a03\u00a0: article L.\u00a042-3"
    assert runs(f"le {blank('date')}.") == [("le ", False), ("date", True), (".", False)]
    assert plainly(blank("date")) == "[date\u00a0: ……………]"


def test_the_command_makes_the_same_register(sown: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = Context(sown.services.settings, sown.database, sown.box, sown.clock, SYSTEM)
    monkeypatch.setattr(commands, "open_context", lambda: context)
    out = tmp_path / "r.ods"
    found = CliRunner().invoke(commands.app, ["document", "register", "--out", str(out), "--on", "2026-11-23"])
    assert found.exit_code == 0, found.output
    assert {table.name for table in Document(out).body.get_tables()} == {"document", "Autorisations"}
