"""The page of a lawyer's spreadsheet: brought by one officer, recorded by another, whole or not at all, once."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest

from nms.base import ledger
from nms.base.errors import Conflict, PermissionRefused
from nms.base.permissions import SYSTEM, Role, actor_of_roles
from spectrum.acts import Act, Step
from spectrum.bands import read_bands
from spectrum.sheet.store import Sheets
from tests.fakes.site import Web, csrf_of

OTHER = actor_of_roles("bob", [Role.LEGAL])
HEAD = "Réf;Date;Nature;Cédant;Cessionnaire;Commune;Bande;Début;Dernier jour\n"
TEXT = HEAD + "".join(
    f"M-{n};12/03/2024;prêt;Région;Commune de {town};{town};3436-3439,5;01/04/2024;31/12/2030\n"
    for n, town in enumerate(("Poitiers", "La Rochelle"))
)


@pytest.fixture
def titled(web: Web) -> Web:
    """A register with one title in force."""
    register = web.services.register
    with web.database.reading() as session:
        area = register.places(session).area("Région Poitou-Charentes")
    start, bands = date(2024, 1, 15), read_bands("3432.5-3447.5/3532.5-3547.5")
    register.replay(
        [Act("T-1", Step.ATTRIBUTION, start, start, area, bands, cessionnaire="Région", area_text="Région")], SYSTEM
    )
    return web


def bring(web: Web, text: str = TEXT, name: str = "actes.csv") -> str:
    """Bring a file as the legal officer of the site; answers the path of its page."""
    client = web.client(Role.LEGAL)
    word = csrf_of(client.get("/registre/import"))
    form = {"csrf_token": word, "file": (io.BytesIO(text.encode()), name)}
    answer = client.post("/registre/import", data=form, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.get_data(as_text=True)[:400]
    return str(answer.headers["Location"])


def explain(web: Web, path: str) -> None:
    """Say what the word of the file means, as the form of its page does."""
    client = web.client(Role.LEGAL)
    page = client.get(path).get_data(as_text=True)
    form = {
        name: found[1]
        for name, options in re.findall(r'<select[^>]* name="([^"]+)">(.*?)</select>', page, re.DOTALL)
        if (found := re.search(r'value="([^"]+)" selected', options))
    }
    assert form["column_5"] == "commune"
    answer = web.post(client, f"{path}/colonnes", path, version=1, **form | {"step_pret": "making_available"})
    assert answer.status_code == 302


def numbers(web: Web) -> list[str]:
    return [one.act.number for one in web.services.register.acts()]


def test_a_file_is_judged_explained_and_recorded_by_another_officer_whole_and_sealed(titled: Web) -> None:
    path = bring(titled)
    client = titled.client(Role.LEGAL)
    assert "<td>serait enregistré</td>" not in client.get(path).get_data(as_text=True)
    explain(titled, path)
    page = client.get(path).get_data(as_text=True)
    assert page.count("<td>serait enregistré</td>") == 2
    assert "Poitiers (86194)" in page
    refused = titled.post(client, f"{path}/enregistrer", path, version=2)
    assert refused.status_code == 403
    assert numbers(titled) == ["T-1"]
    reference = path.rpartition("/")[2]
    assert Sheets(titled.services.register).record(reference, 2, OTHER) == 2
    assert numbers(titled) == ["T-1", "M-0", "M-1"]
    with titled.database.reading() as session:
        assert ledger.verify(session).broken_at is None
    assert "2 actes ont été enregistrés" in client.get(path).get_data(as_text=True)


def test_the_page_of_an_act_gives_the_file_that_annuls_its_record(titled: Web) -> None:
    client = titled.client(Role.LEGAL)
    assert "Rectifier l" in client.get("/registre/actes/1").get_data(as_text=True)
    file = client.get("/registre/actes/1.csv?annule").get_data(as_text=True)
    word = csrf_of(client.get("/registre/import"))
    form = {"csrf_token": word, "form": "acts", "correct": "yes", "file": (io.BytesIO(file.encode()), "annule.csv")}
    path = client.post("/registre/import", data=form, content_type="multipart/form-data").headers["Location"]
    assert "<td>annulerait l" in client.get(path).get_data(as_text=True)
    assert Sheets(titled.services.register).record(path.rpartition("/")[2], 1, OTHER) == 1
    assert numbers(titled) == []
    assert client.get("/registre/actes/1").status_code == 404


def test_the_columns_are_remembered_and_the_same_file_again_records_nothing_and_says_so(titled: Web) -> None:
    path = bring(titled)
    explain(titled, path)
    sheets = Sheets(titled.services.register)
    sheets.record(path.rpartition("/")[2], 2, OTHER)
    again = bring(titled)
    assert again != path
    assert "contient déjà tous les actes" in titled.client(Role.LEGAL).get(again).get_data(as_text=True)
    assert sheets.record(again.rpartition("/")[2], 1, OTHER) == 0
    assert numbers(titled) == ["T-1", "M-0", "M-1"]


def test_one_wrong_row_records_none_and_a_changed_or_ended_file_is_a_conflict(titled: Web) -> None:
    path = bring(titled, TEXT.replace("La Rochelle;3436", "La Rochelle;3,436.000"))
    explain(titled, path)
    sheets, reference = Sheets(titled.services.register), path.rpartition("/")[2]
    with pytest.raises(Conflict):
        sheets.record(reference, 1, OTHER)
    with pytest.raises(Exception, match="Nothing was recorded"):
        sheets.record(reference, 2, OTHER)
    assert numbers(titled) == ["T-1"]
    with pytest.raises(PermissionRefused):
        sheets.explain(reference, 2, lambda table: sheets.one(reference).layout, OTHER)
    sheets.drop(reference, 2, OTHER)
    with pytest.raises(Conflict):
        sheets.record(reference, 2, OTHER)


def test_what_is_no_spreadsheet_is_refused_on_the_page(titled: Web) -> None:
    client = titled.client(Role.LEGAL)
    word = csrf_of(client.get("/registre/import"))
    form = {"csrf_token": word, "file": (io.BytesIO(b"PK\x03\x04rien"), "x.ods")}
    answer = client.post("/registre/import", data=form, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "ne peut être ouvert" in answer.get_data(as_text=True)
