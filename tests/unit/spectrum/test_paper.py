"""What a file is, by its octets; what the shelf keeps is whole, unnamed by people, and compared with its hash."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from nms.base.errors import InputError, NotFound, StoreUnavailable
from spectrum.paper import MAX_OCTETS, Form, Shelf, form_of

PDF = b"%PDF-1.7\n1 0 obj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def odt(kind: bytes = b"application/vnd.oasis.opendocument.text", *others: str) -> bytes:
    """A text document, its type first and not packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in (("mimetype", kind), ("content.xml", b"<x/>"), *((other, b"<x/>") for other in others)):
            archive.writestr(zipfile.ZipInfo(name), text)  # of a fixed time: the octets are in the names of the tests
    return out.getvalue()


@pytest.mark.parametrize(
    ("octets", "form"),
    [
        (PDF, Form.PDF),
        (b"\xff\xd8\xff\xe0JFIF", Form.JPEG),
        (PNG, Form.PNG),
        (b"II*\0\x08", Form.TIFF),
        (b"MM\0*\x08", Form.TIFF),
        (odt(), Form.ODT),
    ],
)
def test_each_form_is_told_by_its_octets(octets: bytes, form: Form) -> None:
    assert form_of(octets) is form


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", "empty_file"),
        (PDF + b"0" * MAX_OCTETS, "file_too_large"),
        (b"%PDF-1.7 and no end", "file_cut"),
        (b"GIF89a" + PDF, "file_of_another_form"),
        (b"<html><script>alert(1)</script>", "file_of_another_form"),
        (b"MZ\x90\0", "file_of_another_form"),
        (b"#!/bin/sh\n", "file_of_another_form"),
        (odt(b"application/vnd.oasis.opendocument.spreadsheet"), "file_of_another_form"),
        (odt(b"application/vnd.oasis.opendocument.text-template"), "file_of_another_form"),
        (odt()[:90], "file_cut"),
        (odt(b"application/vnd.oasis.opendocument.text", "Basic/Standard/x.xml"), "file_with_macros"),
        (odt(b"application/vnd.oasis.opendocument.text", *map(str, range(2_000))), "file_with_macros"),
    ],
)
def test_anything_else_is_refused_whatever_its_name_says(octets: bytes, code: str) -> None:
    with pytest.raises(InputError) as refused:
        form_of(octets)
    assert refused.value.code == code


def test_a_kept_file_has_its_hash_for_a_name_and_no_right_to_run(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    digest = shelf.put(PDF)
    assert shelf.put(PDF) == digest
    (kept,) = shelf.folder.iterdir()
    assert kept.name == digest
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert shelf.get(digest) == PDF


def test_fault_63_only_a_hash_is_looked_up(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put(PDF)
    (tmp_path / "secret.key").write_bytes(b"key")
    for name in ("../secret.key", "/etc/passwd", "..", "", "CON", "a\0b"):
        with pytest.raises(NotFound):
            shelf.get(name)


def test_a_damaged_file_is_not_served_and_is_mended_by_the_same_octets(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    digest = shelf.put(PDF)
    (shelf.folder / digest).write_bytes(PDF + b" ")
    with pytest.raises(StoreUnavailable):
        shelf.get(digest)
    assert shelf.put(PDF) == digest
    assert shelf.get(digest) == PDF


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "attachments").write_text("a file where the folder should be")
    with pytest.raises(StoreUnavailable):
        Shelf(tmp_path).put(PDF)
