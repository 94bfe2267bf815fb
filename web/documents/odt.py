"""A document as ODT or ODS: real styles, header rows that repeat, page numbers, language and metadata."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from odfdo import Document as File
from odfdo import Element

from nms.base.clock import legal_day
from nms.base.open_document import Sheet, packed, spreadsheet, xml_text
from web.documents.blocks import Article, Block, Document, Facts, Grid, Heading, Listing, Signatures, Text
from web.documents.words import long_day, number, plainly

NARROW_CM, WIDE_CM = 16.6, 25.3
_LOOKS = {
    "body": 'fo:margin-bottom="0.25cm" fo:text-align="justify"',
    "lead": 'fo:margin-bottom="0.5cm" fo:text-align="justify"',
    "visa": 'fo:margin-bottom="0.15cm" fo:text-indent="0.6cm"',
    "note": 'fo:margin-top="0.3cm" fo:margin-bottom="0.2cm"',
    "warning": 'fo:margin-bottom="0.4cm" fo:padding="0.2cm" fo:border="0.5pt solid #8a2b00"',
    "code": 'fo:margin-bottom="0.2cm"',
    "cell": 'fo:text-align="start"',
    "head": 'fo:text-align="start" fo:keep-with-next="always"',
}
_LETTERS = {
    "note": 'fo:font-size="9pt"',
    "warning": 'fo:font-weight="bold"',
    "code": 'style:font-name="DejaVu Sans Mono" fo:font-size="8.5pt"',
    "cell": 'fo:font-size="9pt"',
    "head": 'fo:font-size="9pt" fo:font-weight="bold"',
}


def odt(one: Document) -> bytes:
    """The document as a text that LibreOffice opens and a lawyer edits."""
    file = File("text")
    file.body.clear()
    _dress(file, one)
    for text in _opening(one):
        file.body.append(Element.from_tag(text))
    for place, block in enumerate(one.blocks):
        for text in _set(block, place):
            file.body.append(Element.from_tag(text))
    return packed(file, title=one.title, at=one.made_at)


def ods(one: Document) -> bytes:
    """The tables of a document, a sheet each; the first sheet says what they are."""
    about = Sheet(
        "document",
        ("rubrique", "valeur"),
        [("document", plainly(one.title)), ("référence", one.reference), ("empreinte SHA-256", one.digest)]
        + ([("avertissement", "document simulé, sans valeur juridique")] if one.simulated else []),
    )
    tables = [
        Sheet(
            block.name,
            block.head,
            [[plainly(cell) if isinstance(cell, str) else cell for cell in row] for row in block.rows],
        )
        for block in one.blocks
        if isinstance(block, Grid)
    ]
    return spreadsheet([about, *tables], title=one.title, at=one.made_at)


def _dress(file: File, one: Document) -> None:
    for look, paragraph in _LOOKS.items():
        file.insert_style(
            f'<style:style style:name="NMS_{look}" style:family="paragraph" style:parent-style-name="Text_20_body">'
            f'<style:paragraph-properties fo:orphans="3" fo:widows="3" {paragraph}/>'
            f"<style:text-properties {_LETTERS.get(look, '')}/></style:style>"
        )
    file.insert_style(
        '<style:style style:name="NMS_cell_box" style:family="table-cell"><style:table-cell-properties '
        'fo:padding="0.12cm" fo:border="0.5pt solid #888888"/></style:style>',
        automatic=True,
    )
    file.insert_style(
        '<style:style style:name="NMS_row" style:family="table-row">'
        '<style:table-row-properties fo:keep-together="always"/></style:style>',
        automatic=True,
    )
    width = WIDE_CM if one.wide else NARROW_CM
    file.insert_style(
        f'<style:style style:name="NMS_table" style:family="table"><style:table-properties style:width="{width}cm" '
        'table:align="left" fo:margin-bottom="0.4cm" style:may-break-between-rows="true"/></style:style>',
        automatic=True,
    )
    _page(file, one)


def _page(file: File, one: Document) -> None:
    styles = file.styles
    layout = _found(styles.get_element("//style:page-layout-properties"))
    width, height = ("29.7cm", "21cm") if one.wide else ("21cm", "29.7cm")
    for name, value in (
        ("fo:page-width", width),
        ("fo:page-height", height),
        ("style:print-orientation", "landscape" if one.wide else "portrait"),
        *((f"fo:margin-{side}", "2.2cm") for side in ("left", "right", "top", "bottom")),
    ):
        layout.set_attribute(name, value)
    master = _found(styles.get_element("//style:master-page"))
    master.append(
        Element.from_tag(
            f'<style:footer><text:p text:style-name="NMS_note">{xml_text(one.reference)} – page '
            '<text:page-number text:select-page="current">1</text:page-number> sur <text:page-count>1</text:page-count>'
            f'</text:p><text:p text:style-name="NMS_note">Empreinte SHA-256 {one.digest}</text:p></style:footer>'
        )
    )


def _found(element: object) -> Element:
    """A part that the library's own template has."""
    if not isinstance(element, Element):
        raise TypeError("the template of odfdo has changed")
    return element


def _opening(one: Document) -> list[str]:
    head = [one.letterhead.name, *one.letterhead.address]
    lines = [_paragraph("head", line) for line in head]
    if one.simulated:
        lines.append(_paragraph("warning", "Document simulé : données de démonstration, sans valeur juridique."))
    return [
        *lines,
        _header(1, one.title),
        _paragraph("note", f"{one.reference}, établi le {long_day(legal_day(one.made_at))}"),
    ]


def _set(block: Block, place: int) -> list[str]:
    match block:
        case Heading():
            return [_header(2, block.text)]
        case Text():
            return [_paragraph(block.look, block.text)]
        case Facts():
            return [_table(f"f{place}", (), block.rows)]
        case Grid():
            return [_table(f"g{place}", block.head, block.rows) if block.rows else _paragraph("body", block.empty)]
        case Article():
            title = _header(3, f"Article {'1er' if block.number == 1 else block.number}. {block.title}")
            return [title, *(_paragraph("body", text) for text in block.paragraphs)]
        case Listing():
            return [_header(3, block.title), _paragraph("note", ", ".join(block.names) + ".")]
        case Signatures():
            boxes = [f"{party}\nNom, qualité, date et signature :\n\n\n" for party in block.parties]
            return [_table(f"s{place}", (), [boxes])]


def _header(level: int, text: str) -> str:
    style = f"Heading_20_{level}"
    return f'<text:h text:style-name="{style}" text:outline-level="{level}">{xml_text(plainly(text))}</text:h>'


def _paragraph(look: str, text: str) -> str:
    return f'<text:p text:style-name="NMS_{look}">{xml_text(plainly(text))}</text:p>'


def _table(name: str, head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    found = list(rows)
    columns = max(len(head), *(len(row) for row in found), 1)
    top = "".join(_cell(word, "head") for word in head)
    repeated = f"<table:table-header-rows>{_row(top)}</table:table-header-rows>" if head else ""
    body = "".join(_row("".join(_cell(cell, "cell") for cell in row)) for row in found)
    return (
        f'<table:table table:name="{name}" table:style-name="NMS_table">'
        f'<table:table-column table:number-columns-repeated="{columns}"/>{repeated}{body}</table:table>'
    )


def _row(cells: str) -> str:
    return f'<table:table-row table:style-name="NMS_row">{cells}</table:table-row>'


def _cell(value: str | int, look: str) -> str:
    if isinstance(value, int):
        kind, lines = f'office:value-type="float" office:value="{value}"', [number(value)]
    else:
        kind, lines = 'office:value-type="string"', value.split("\n")
    inside = "".join(_paragraph(look, line) for line in lines)
    return f'<table:table-cell table:style-name="NMS_cell_box" {kind}>{inside}</table:table-cell>'
