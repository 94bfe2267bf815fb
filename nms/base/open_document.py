"""OpenDocument files: spreadsheets of rows, and any document packed so that the same content gives the same octets."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

from odfdo import Document, Element

_STAMP = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = ("Thumbnails/", "Configurations2/", "manifest.rdf")
"""What a template brings along and no reader needs: a picture of it, its window layout."""
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHEET_NAME = re.compile(r"[\[\]*?:/\\']")
Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, the words of its first row, and its rows; numbers stay numbers, None is an empty cell."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]


def xml_text(text: str) -> str:
    """A text inside an element; characters that XML forbids are dropped."""
    return escape(_NO_XML.sub("", text))


def xml_value(text: str) -> str:
    """A text as an attribute's value, quotes included."""
    return quoteattr(_NO_XML.sub("", text))


def spreadsheet(sheets: Iterable[Sheet], *, title: str, language: str = "fr-FR", at: datetime | None = None) -> bytes:
    """A spreadsheet whose header rows repeat on every printed page; no cell is ever a formula."""
    document = Document("spreadsheet")
    document.body.clear()
    document.insert_style(_style("nms-head", bold=True), automatic=True)
    for number, sheet in enumerate(sheets, 1):
        document.body.append(Element.from_tag(_table(sheet, number)))
    return packed(document, title=title, language=language, at=at)


def packed(document: Document, *, title: str, language: str = "fr-FR", at: datetime | None = None) -> bytes:
    """The file of a document: `mimetype` first and stored, no clock of this machine in it, metadata filled."""
    document.language = language
    meta = document.meta
    moment = (at or _EPOCH).astimezone(UTC).replace(tzinfo=None, microsecond=0)
    meta.set_title(title)
    meta.set_language(language)
    meta.set_creation_date(moment)
    meta.set_modification_date(moment)
    meta.set_generator("NMS")
    raw = BytesIO()
    document.save(raw)
    return _repacked(raw)


def _repacked(raw: BytesIO) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w") as new:
        names = [name for name in old.namelist() if not name.startswith(_LEFT_OUT)]
        for name in sorted(names, key=lambda one: (one != "mimetype", one)):
            content = old.read(name)
            if name == "META-INF/manifest.xml":
                content = _LISTED.sub(b"", content)
            packing = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            entry = zipfile.ZipInfo(name, _STAMP)
            new.writestr(entry, content, packing)
    return out.getvalue()


_LISTED = re.compile(
    rb'<manifest:file-entry[^>]*manifest:full-path="(?:Thumbnails|Configurations2|manifest\.rdf)[^"]*"[^>]*/>\s*'
)


def _style(name: str, *, bold: bool) -> str:
    weight = "bold" if bold else "normal"
    return (
        f'<style:style style:name="{name}" style:family="table-cell" style:parent-style-name="Default">'
        f'<style:text-properties fo:font-weight="{weight}"/></style:style>'
    )


def _table(sheet: Sheet, number: int) -> str:
    name = _SHEET_NAME.sub(" ", sheet.name).strip()[:60] or f"{number}"
    head = "".join(_cell(word, ' table:style-name="nms-head"') for word in sheet.columns)
    rows = "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in sheet.rows)
    return (
        f"<table:table table:name={xml_value(name)}>"
        f'<table:table-column table:number-columns-repeated="{max(1, len(sheet.columns))}"/>'
        f"<table:table-header-rows><table:table-row>{head}</table:table-row></table:table-header-rows>"
        f"{rows}</table:table>"
    )


def _cell(value: Value, style: str = "") -> str:
    if value is None or value != value:  # not a number is nothing measured
        return f"<table:table-cell{style}/>"
    if isinstance(value, (int, float)):
        return (
            f'<table:table-cell{style} office:value-type="float" office:value="{value!r}">'
            f"<text:p>{value}</text:p></table:table-cell>"
        )
    lines = "".join(f"<text:p>{xml_text(line)}</text:p>" for line in value.split("\n"))
    return f'<table:table-cell{style} office:value-type="string">{lines}</table:table-cell>'
