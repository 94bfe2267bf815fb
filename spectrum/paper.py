"""What a file of paper is, by its octets and never by its name; where it is kept, under the hash of what is kept.

A kept file is written whole or not at all, never changed, never executable, and never has a name that a person chose.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
import zipfile
from enum import StrEnum
from pathlib import Path

from nms.base.errors import InputError, NotFound, StoreUnavailable
from nms.base.text import say

FOLDER = "attachments"
MAX_OCTETS = 12 * 2**20
MAX_MEMBERS = 2_000
"""Members of an ODT; a text has some dozens."""
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PDF_TAIL = 2_048
_ODT_TYPE = b"application/vnd.oasis.opendocument.text"
_ODT_START = b"mimetype" + _ODT_TYPE + b"PK"
_ZIP_NAME_AT = 30
_ODT_CODE = ("basic/", "scripts/", "configurations2/scripts/", "dialogs/")


class Form(StrEnum):
    """The forms of file that are taken; the value is the ending of the name under which it is served."""

    PDF = "pdf"
    JPEG = "jpg"
    PNG = "png"
    TIFF = "tif"
    ODT = "odt"


MEDIA_TYPES = {
    Form.PDF: "application/pdf",
    Form.JPEG: "image/jpeg",
    Form.PNG: "image/png",
    Form.TIFF: "image/tiff",
    Form.ODT: _ODT_TYPE.decode(),
}
"""The type under which each is served, whatever its sender said."""


def form_of(octets: bytes) -> Form:
    """The form of a file.

    Raises:
        InputError: empty, too large, cut, of another form, or a text with macros.
    """
    if not octets:
        raise InputError("empty_file", say("The file is empty: choose the scanned document again."))
    if len(octets) > MAX_OCTETS:
        raise InputError(
            "file_too_large",
            say(
                "The file has {size} octets, more than {most} (12 MiB): scan it in black and white or at 200 dpi.",
                size=len(octets),
                most=MAX_OCTETS,
            ),
        )
    if octets.startswith(b"%PDF-"):
        if b"%%EOF" not in octets[-_PDF_TAIL:]:
            raise InputError("file_cut", say("This PDF has no end: it was cut on its way. Send it again, whole."))
        return Form.PDF
    if octets.startswith(b"\xff\xd8\xff"):
        return Form.JPEG
    if octets.startswith(b"\x89PNG\r\n\x1a\n"):
        return Form.PNG
    if octets.startswith((b"II*\0", b"MM\0*")):
        return Form.TIFF
    if octets.startswith(b"PK\x03\x04") and octets[_ZIP_NAME_AT:].startswith(_ODT_START):
        _refuse_code(octets)
        return Form.ODT
    raise InputError(
        "file_of_another_form",
        say("This is not a PDF, JPEG, PNG, TIFF or ODT (its content says so, not its name): print it to PDF."),
    )


def _refuse_code(octets: bytes) -> None:
    """Only the list of members is read: nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise InputError("file_cut", say("This ODT cannot be read: it was cut on its way.")) from error
    if len(names) > MAX_MEMBERS or any(name.startswith(_ODT_CODE) for name in names):
        raise InputError("file_with_macros", say("This ODT holds macros: save it without them, or print it to PDF."))


def digest_of(octets: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(octets).hexdigest()


class Shelf:
    """The folder of the kept files."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER

    def put(self, octets: bytes) -> str:
        """Keep octets under their hash; answers it. On the disk before this returns; the same octets are kept once.

        Raises:
            StoreUnavailable: the disk refuses; nothing has the final name.
        """
        digest = digest_of(octets)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.is_whole(digest):
                return digest
            handle, half = tempfile.mkstemp(dir=self.folder, suffix=".part")  # mode 0600
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(octets)
                    file.flush()
                    os.fsync(file.fileno())
                Path(half).replace(self.folder / digest)
            finally:
                Path(half).unlink(missing_ok=True)
            self._sync()
        except OSError as error:
            raise StoreUnavailable(
                "attachment_not_kept",
                say("The file could not be kept: {reason}. Nothing was recorded.", reason=error.strerror or "?"),
            ) from error
        return digest

    def get(self, digest: str) -> bytes:
        """The octets kept under a hash, compared with it.

        Raises:
            NotFound: the folder has no such file.
            StoreUnavailable: the file is not what was kept.
        """
        missing = NotFound("attachment_missing", say("The file of this attachment is missing: restore a backup."))
        if DIGEST.fullmatch(digest) is None:
            raise missing
        try:
            octets = (self.folder / digest).read_bytes()
        except OSError as error:
            raise missing from error
        if digest_of(octets) != digest:
            raise StoreUnavailable(
                "attachment_damaged",
                say("The file of this attachment is not what was sealed: it is not served. Restore it from a backup."),
            )
        return octets

    def is_whole(self, digest: str) -> bool:
        """Whether the file is there and is what was kept."""
        try:
            self.get(digest)
        except (NotFound, StoreUnavailable):
            return False
        return True

    def _sync(self) -> None:
        """The new name too is on the disk."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
