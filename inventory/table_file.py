"""A table in a text file as spreadsheets write it: any usual encoding and separator, to numbered rows of cells."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from nms.base.errors import InputError
from nms.base.text import say

FILE_CAP_OCTETS = 32 * 1024 * 1024
ROW_CAP = 100_000
CELL_CAP = 10_000
_PIECE_OCTETS = 2**20

_SEPARATORS = (",", ";", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """A decoded file: its header (row 1) and its rows, numbered as a spreadsheet numbers them."""

    header: tuple[str, ...]
    rows: list[tuple[int, list[str]]]
    encoding: str
    separator: str


def read_octets(source: Path | bytes) -> bytes:
    """The octets of a file or an upload.

    Raises:
        InputError: too large, not there, or not readable.
    """
    if isinstance(source, bytes):
        octets = source
    else:
        try:
            with source.open("rb") as file:
                octets = file.read(FILE_CAP_OCTETS + 1)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise InputError(
                "file_unreadable",
                say("{source} cannot be read: {reason}.", source=source, reason=reason),
                file=str(source),
            ) from error
    if len(octets) > FILE_CAP_OCTETS:
        limit = FILE_CAP_OCTETS // 2**20
        raise InputError(
            "file_too_large", say("The file is larger than {limit} MiB; split it.", limit=limit), limit_mib=limit
        )
    return octets


def encoding_of(octets: bytes) -> str:
    """How the text is encoded: by its BOM, else UTF-16 by its zero octets, else UTF-8, else Windows-1252.

    Raises:
        InputError: a workbook, or no text at all.
    """
    if octets.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InputError(
            "workbook_refused", say("This is a workbook, not a CSV file; save it as “CSV UTF-8” and retry.")
        )
    found = next((name for bom, name in _BOMS if octets.startswith(bom)), "") or _without_bom(octets)
    if found.startswith("utf-8"):
        if b"\0" in octets:
            raise InputError("not_text", say("The file is not text: it holds zero characters; save it as “CSV UTF-8”."))
        return found if _decodes(octets, found) else "cp1252"
    return found


def _without_bom(octets: bytes) -> str:
    head = octets[:2_000]
    if len(head) > 3 and head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    if len(head) > 3 and head[::2].count(0) > len(head) // 4:
        return "utf-16-be"
    return "utf-8"


def _decodes(octets: bytes, encoding: str) -> bool:
    """Whether all of it can be decoded; piece by piece, so that a large file costs no second copy."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(octets), _PIECE_OCTETS):
            decoder.decode(octets[start : start + _PIECE_OCTETS])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def read_table(source: Path | bytes) -> Table:
    """Decode a file into a table; empty rows are left out but counted.

    Raises:
        InputError: no header, too many rows, an endless cell, or not a text file.
    """
    octets = read_octets(source)
    encoding = encoding_of(octets)
    lines = io.TextIOWrapper(io.BytesIO(octets), encoding, errors="replace", newline="")
    first = lines.readline(_PIECE_OCTETS)
    separator, number = "", 1
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        separator, first, number = first.strip()[4], lines.readline(_PIECE_OCTETS), 2
    while first and not first.strip():
        first, number = lines.readline(_PIECE_OCTETS), number + 1
    separator = separator or max(_SEPARATORS, key=first.count)
    rows = _rows(chain([first], lines), separator, number)
    header = next(rows, (0, []))[1]
    if not header:
        raise InputError("empty_file", say("The file is empty; its first row names the columns, such as: name,address"))
    found = []
    for row in rows:
        found.append(row)
        if len(found) > ROW_CAP:
            raise InputError(
                "too_many_rows", say("More than {row_cap} rows; split the file.", row_cap=ROW_CAP), limit=ROW_CAP
            )
    return Table(tuple(cell.strip() for cell in header), found, encoding, separator)


def _rows(lines: Iterable[str], separator: str, first: int) -> Iterator[tuple[int, list[str]]]:
    number = first - 1
    reader = csv.reader(lines, delimiter=separator)
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _endless(number) from error
        if any(len(cell) > CELL_CAP or "\0" in cell for cell in row):
            raise _endless(number)
        if any(cell and not cell.isspace() for cell in row):
            yield number, row


def _endless(number: int) -> InputError:
    return InputError(
        "bad_row",
        say(
            "Row {number} cannot be read: a cell of more than {cell_cap} characters, or with a zero character; "
            "is a quotation mark left open?",
            number=number,
            cell_cap=CELL_CAP,
        ),
        row=number,
    )
