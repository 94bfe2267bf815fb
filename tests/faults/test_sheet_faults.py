"""Rows 65 and 80 on the way of a spreadsheet into the register: refused and named, or understood in one way."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from odfdo import Cell, Document, Row, Table

from nms.base.errors import InputError
from nms.base.open_document import Sheet, spreadsheet
from spectrum import figures
from spectrum.acts import Act, Step
from spectrum.bands import Bands
from spectrum.sheet.columns import guess
from spectrum.sheet.file import read_sheet
from spectrum.sheet.judging import Fate, Plan, judge
from tests.unit.spectrum.register_facts import PLACES, licence

HEAD = "N° de décision;Date;Nature;Cédant;Cessionnaire;Commune;Bande de (MHz);Bande à (MHz);Début;Fin;Remarques\n"
ROW = (
    "D-{n};12/03/2009;mise à disposition;Région Poitou-Charentes;Commune;{commune};{low};{high};{start};31/03/2019;x\n"
)


def row(
    n: int = 1, commune: str = "Poitiers", low: str = "3432,5", high: str = "3436", start: str = "01/04/2009"
) -> str:
    """One row of the spreadsheet."""
    return ROW.format(n=n, commune=commune, low=low, high=high, start=start)


def judged(octets: bytes, *standing: Act) -> Plan:
    """A file judged against a register that holds these acts, by default the licence of the Region."""
    table = read_sheet(octets)
    return judge(table, guess(table), PLACES, [(act.key, act) for act in standing or (licence(),)])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_fault_65_every_usual_csv_gives_the_same_act(encoding: str, separator: str) -> None:
    plan = judged((HEAD + row()).replace(";", separator).encode(encoding))
    assert plan.complaints == []
    act = plan.new[0]
    assert (act.number, act.step, act.area) == ("D-1", Step.MAKING_AVAILABLE, frozenset({"86194"}))
    assert (act.bands, act.area_text) == (Bands.of((3_432_500, 3_436_000)), "Poitiers (86194)")
    assert (act.decided_on, act.effective_on, act.until) == (date(2009, 3, 12), date(2009, 4, 1), date(2019, 4, 1))


def test_fault_65_every_fault_is_named_by_row_and_column_and_one_fault_refuses_all() -> None:
    text = HEAD + row(1) + row(2, commune="Nullepart") + row(3, low="3,500.000") + row(4, start="31/02/2009")
    plan = judged(text.encode())
    assert not plan.ok
    assert [(c.row, c.column) for c in plan.complaints] == [(3, "F Commune"), (4, "G Bande de (MHz)"), (5, "I Début")]
    assert all(c.value and c.remedy for c in plan.complaints)
    assert [one.row for one in plan.judged if one.fate is Fate.NEW] == [2]


def test_fault_65_a_formula_is_text() -> None:
    plan = judged((HEAD + row().replace(";x\n", ";=HYPERLINK(1+1)\n")).encode())
    assert plan.new[0].note == "=HYPERLINK(1+1)"


def ods() -> bytes:
    """A spreadsheet with typed days, numbers and codes, an annotation of repeats, and a formula."""
    table = Table("Actes")
    rows: list[list[str | int | float | date]] = [
        ["Référence", "Date", "Nature", "Cédant", "Cessionnaire", "Code INSEE", "Bande de", "Bande à", "Début", "Fin"],
        ["D-1", date(2009, 3, 12), "mise à disposition", "Région Poitou-Charentes", "Commune", 86194, 3432.5, 3436.0,
         date(2009, 4, 1), date(2019, 3, 31)],
    ]  # fmt: skip
    for values in rows:
        line = Row()
        for value in values:
            line.append(Cell(value))
        table.append(line)
    document = Document("spreadsheet")
    document.body.clear()
    document.body.append(table)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_fault_65_typed_cells_of_an_ods_give_the_act_that_the_csv_gives() -> None:
    plan = judged(ods())
    (from_csv,) = judged((HEAD + row()).encode()).new
    assert plan.complaints == []
    (act,) = plan.new
    told = ("number", "step", "decided_on", "effective_on", "until", "area", "area_text", "bands")
    assert {name: getattr(act, name) for name in told} == {name: getattr(from_csv, name) for name in told}


def zipped(**members: bytes) -> bytes:
    """A packed file that says that it is an ODS."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        for name, content in members.items():
            packed.writestr(name.replace("_", "."), content)
    return out.getvalue()


def xlsx() -> bytes:
    """A workbook of the other kind."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (zipped(content_xml=b" " * (25 * 2**20)), "file_too_large"),
        (zipped(content_xml=b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'), "sheet_damaged"),
        (zipped(content_xml=b"<a>"), "sheet_damaged"),
        (zipped(**{f"m{n}": b"" for n in range(600)}), "sheet_damaged"),
        (ods()[:-200], "sheet_damaged"),
        (b"PK\x03\x04 nothing", "sheet_damaged"),
        (b"x;" * (5 * 2**20), "file_too_large"),
        (b"a;" * 300 + b"\n1\n", "too_many_columns"),
        (xlsx(), "workbook_refused"),
        (b"a\n" + b"1\n" * 10_001, "too_many_rows"),
    ],
    ids=["bomb", "entity", "broken", "members", "cut", "zip", "large", "wide", "other", "long"],
)
def test_fault_65_bombs_and_damaged_files_are_refused_by_name(octets: bytes, code: str) -> None:
    with pytest.raises(InputError) as refused:
        read_sheet(octets)
    assert refused.value.code == code


def test_fault_65_a_row_repeated_a_million_times_is_refused_before_it_is_made() -> None:
    content = spreadsheet([Sheet("a", ["x"], [["y"]])], title="t")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "content.xml":
                head, _, tail = text.rpartition(b"<table:table-row")
                text = head + b'<table:table-row table:number-rows-repeated="99999999"' + tail
            new.writestr(name, text)
    with pytest.raises(InputError) as refused:
        read_sheet(out.getvalue())
    assert refused.value.code == "too_many_rows"


def test_fault_65_a_thousand_rows_are_judged_and_a_second_time_nothing_is_new() -> None:
    rows = (row(n, low=f"{3400 + n / 10:.1f}", high=f"{3400.1 + n / 10:.1f}") for n in range(1000))
    text = (HEAD + "".join(rows)).replace("mise à disposition", "attribution").replace("Région Poitou-Charentes", "")
    table = read_sheet(text.encode())
    plan = judge(table, guess(table), PLACES, [])
    assert (plan.complaints, len(plan.new)) == ([], 1000)
    again = judge(table, guess(table), PLACES, [(act.key, act) for act in plan.new])
    assert (again.complaints, again.new, again.known) == ([], [], 1000)


def test_an_act_that_is_recorded_with_other_facts_is_a_conflict_that_is_named() -> None:
    (act,) = judged((HEAD + row()).encode()).new
    plan = judged((HEAD + row(high="3437")).encode(), licence(), act)
    (complaint,) = plan.complaints
    assert "D-1" in complaint.remedy
    assert "bands_khz" in complaint.remedy


def test_what_the_cedant_does_not_hold_is_refused_by_its_article() -> None:
    (complaint,) = judged((HEAD + row(low="3600", high="3610")).encode()).complaints
    assert complaint.row == 2
    assert "L. 42-3" in complaint.remedy or "R. 20-44-9" in complaint.remedy


@pytest.mark.parametrize(
    ("typed", "mhz"), [("3500,000", "3500"), ("3 500,5", "3500.5"), ("3432.5", "3432.5"), ("3,5 GHz", "3500")]
)
def test_fault_80_what_can_be_read_in_one_way_is_understood(typed: str, mhz: str) -> None:
    assert figures.megahertz(typed) == mhz


@pytest.mark.parametrize(
    ("typed", "echo"),
    [
        ("3,500.000", "3500"), ("3.500,000", "3500"), ("3,500", "3.5 / 3500"), ("3.5e3", "3500"), ("٣٥٠٠", "3500"),
        ("3.5", "3500 MHz"), ("3500000", "3500 MHz"), ("NaN", "NaN"), ("inf", "inf"), ("-0", "-0"),
        ("1" + "0" * 30, "1000"),
    ],
)  # fmt: skip
def test_fault_80_what_could_be_misread_is_refused_and_echoed(typed: str, echo: str) -> None:
    with pytest.raises(InputError) as refused:
        figures.megahertz(typed)
    assert echo in str(refused.value.message)


@pytest.mark.parametrize("typed", ["12/03/2009", "2009-03-12", "12.03.2009", "12 mars 2009", "2009-03-12T00:00:00"])
def test_fault_80_days_are_read_the_day_first(typed: str) -> None:
    assert figures.day(typed) == date(2009, 3, 12)


@pytest.mark.parametrize(("typed", "echo"), [("39884", "2009-03-12"), ("12/03/09", "2009-03-12"), ("03/25/2009", "25")])
def test_fault_80_serial_numbers_and_short_years_are_refused_and_echoed(typed: str, echo: str) -> None:
    with pytest.raises(InputError) as refused:
        figures.day(typed)
    assert echo in str(refused.value.message)


OWED = HEAD.replace("Remarques", "Obligations de déploiement")


def test_obligations_of_a_row_are_read_with_their_source_and_a_wrong_one_is_named_by_its_column() -> None:
    right = OWED + row().replace(
        ";x\n", ';"86: 3 au 31/12/2010 [annexe 2; tableau 1] (H); 86: 5 by 2012-12-31 [JO] (M)"\n'
    )
    plan = judged(right.encode())
    assert plan.complaints == []
    (act,) = plan.new
    assert [(one.department, one.sites, one.due, one.source, one.confidence) for one in act.obligations] == [
        ("86", 3, date(2010, 12, 31), "annexe 2; tableau 1", "H"),
        ("86", 5, date(2012, 12, 31), "JO", "M"),
    ]
    for typed in ("86: trois au 31/12/2010 [x] (H)", "99: 3 au 31/12/2010 [x] (H)", "86: 3 au 31/12/2010"):
        (complaint,) = judged((OWED + row().replace(";x\n", f";{typed}\n")).encode()).complaints
        assert complaint.column == "K Obligations de déploiement", typed
        assert "16: 3 by 2008-12-31" in complaint.remedy
