"""The cells of an uploaded spreadsheet: CSV in any usual form, or the first filled sheet of an ODS; no formula runs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from odfdo import Document, Element

from inventory.table_file import CELL_CAP, Table, read_table
from nms.base.errors import InputError
from nms.base.text import say
from spectrum.figures import written

FILE_CAP_OCTETS = 8 * 2**20
ROW_CAP = 10_000
COLUMN_CAP = 200
_MEMBER_CAP = 500
_CONTENT_CAP_OCTETS = 24 * 2**20
_ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_ZIP = b"PK\x03\x04"


def read_sheet(octets: bytes) -> Table:
    """A file as a table whose rows are numbered as a spreadsheet numbers them; empty rows are left out but counted.

    Raises:
        InputError: too large, damaged, a bomb, another workbook, or no table at all.
    """
    if len(octets) > FILE_CAP_OCTETS:
        raise InputError(
            "file_too_large",
            say("The file is larger than {limit} MiB; split it.", limit=FILE_CAP_OCTETS // 2**20),
        )
    table = _ods(octets) if octets.startswith(_ZIP) else read_table(octets)
    if len(table.rows) > ROW_CAP:
        raise InputError("too_many_rows", say("More than {row_cap} rows; split the file.", row_cap=ROW_CAP))
    if len(table.header) > COLUMN_CAP:
        raise InputError("too_many_columns", say("More than {most} columns; delete those of no use.", most=COLUMN_CAP))
    return table


def _ods(octets: bytes) -> Table:
    _refuse_bomb(octets)
    try:
        body = Document(io.BytesIO(octets)).body
        sheets = [list(_rows(table)) for table in body.get_elements("table:table")]
    except InputError:
        raise
    except Exception as error:  # whatever a damaged file makes of the library
        raise _damaged() from error
    rows = next((rows for rows in sheets if rows), [])
    if not rows:
        raise InputError("empty_file", say("The file is empty; its first row names the columns."))
    header = tuple(cell.strip() for cell in rows[0][1])
    return Table(header, rows[1:], "ODS", "")


def _refuse_bomb(octets: bytes) -> None:
    """Refuse what is no ODS, or unpacks into more than a table of acts ever needs; sizes are counted."""
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as packed:
            names = packed.namelist()
            if len(names) > _MEMBER_CAP:
                raise _damaged()
            if "mimetype" not in names or _read(packed, "mimetype", 200).strip() != _ODS_TYPE:
                raise InputError(
                    "workbook_refused",
                    say("This is no ODS file; save it as ODS or as “CSV UTF-8” and choose it again."),
                )
            left = _CONTENT_CAP_OCTETS
            for name in names:
                content = _read(packed, name, left)
                left -= len(content)
                if name.endswith(".xml") and b"<!DOCTYPE" in content:
                    raise _damaged()
    except (zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise _damaged() from error


def _read(packed: zipfile.ZipFile, name: str, most: int) -> bytes:
    with packed.open(name) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise InputError(
            "file_too_large",
            say("The file unpacks into more than {limit} MiB; split it.", limit=_CONTENT_CAP_OCTETS // 2**20),
        )
    return content


def _rows(table: Element) -> Iterator[tuple[int, list[str]]]:
    """The filled rows of one sheet; a repeated row counts as often as it stands there."""
    number = filled = 0
    for row in table.get_elements("descendant::table:table-row"):
        times = _times(row, "table:number-rows-repeated")
        cells = _cells(row, number + 1)
        if any(cell and not cell.isspace() for cell in cells):
            filled += times
            if filled > ROW_CAP + 1:
                raise InputError("too_many_rows", say("More than {row_cap} rows; split the file.", row_cap=ROW_CAP))
            yield from ((number + place, cells) for place in range(1, times + 1))
        number += times


def _cells(row: Element, number: int) -> list[str]:
    found: list[str] = []
    for cell in row.get_elements("table:table-cell|table:covered-table-cell"):
        text = _text(cell)
        if len(text) > CELL_CAP:
            raise InputError(
                "bad_row", say("Row {number}: a cell has more than {most} characters.", number=number, most=CELL_CAP)
            )
        times = min(_times(cell, "table:number-columns-repeated"), COLUMN_CAP + 1)
        found.extend([text] * times)
        if len(found) > COLUMN_CAP and text:
            raise InputError(
                "too_many_columns", say("More than {most} columns; delete those of no use.", most=COLUMN_CAP)
            )
    while found and not found[-1]:
        found.pop()
    return found


def _text(cell: Element) -> str:
    """A typed cell by its value (day as ISO, number with a point), any other by its words; a note is no part of it."""
    kind = cell.get_attribute("office:value-type")
    if kind == "date":
        return str(cell.get_attribute("office:date-value") or "")
    if kind == "float":
        try:
            return written(Decimal(str(cell.get_attribute("office:value"))))
        except InvalidOperation:
            return str(cell.get_attribute("office:value"))
    return " ".join(str(line.text_recursive) for line in cell.get_elements("text:p"))


def _times(element: Element, attribute: str) -> int:
    text = str(element.get_attribute(attribute) or "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _damaged() -> InputError:
    return InputError(
        "sheet_damaged", say("This spreadsheet cannot be opened: save it again as ODS or as “CSV UTF-8”.")
    )
