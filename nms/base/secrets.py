"""Secrets: values that do not print, a box that seals them at rest, a filter that keeps them out of the log.

The key lives in `NMS_HOME/secret.key`, made by the first start, readable by its owner only. Losing it loses the stored
credentials; nothing else is sealed with it.
"""

from __future__ import annotations

import base64
import logging
import os
import re
import secrets as random_secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from nms.base.errors import InputError, StoreUnavailable
from nms.base.text import say

KEY_FILE = "secret.key"
_KEY_OCTETS = 32
_NONCE_OCTETS = 12
_SHOWN = "***"


class Secret:
    """A text that prints as `***`; `reveal()` is the only way to it, and easy to search for."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({_SHOWN})"

    def __str__(self) -> str:
        return _SHOWN

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and random_secrets.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return hash((Secret, self._value))


class SecretBox:
    """Seals small secrets with AES-256-GCM under keys derived from the key file."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_OCTETS:
            raise InputError("bad_key_file", say("The key file must hold {count} octets in base64.", count=_KEY_OCTETS))
        self._key = key
        self._aead = AESGCM(self.derive("credentials"))

    def __repr__(self) -> str:
        return f"SecretBox({_SHOWN})"

    @classmethod
    def open_or_create(cls, home: Path) -> SecretBox:
        """Open the key file of a home folder; the first start creates it, mode 0600.

        Raises:
            InputError: the file is readable by others, or is not a key.
            StoreUnavailable: it cannot be read or written.
        """
        path = home / KEY_FILE
        try:
            if not path.exists():
                _create(path)
            if path.stat().st_mode & 0o077:
                raise InputError(
                    "key_file_readable",
                    say("{path} may be read by others; run: chmod 600 {path}", path=path),
                    path=str(path),
                )
            text = path.read_bytes()
        except OSError as error:
            raise StoreUnavailable(
                "key_file_unavailable",
                say("{path} cannot be used: {why}.", path=path, why=error.strerror),
                path=str(path),
            ) from error
        try:
            return cls(base64.b64decode(text.strip(), validate=True))
        except ValueError as error:
            raise InputError("bad_key_file", say("{path} is not a key file.", path=path), path=str(path)) from error

    def derive(self, purpose: str) -> bytes:
        """A key of 32 octets for one purpose; purposes do not reveal each other."""
        return HKDF(hashes.SHA256(), _KEY_OCTETS, salt=None, info=purpose.encode()).derive(self._key)

    def seal(self, plain: bytes) -> bytes:
        """Encrypt and authenticate."""
        nonce = os.urandom(_NONCE_OCTETS)
        return nonce + self._aead.encrypt(nonce, plain, None)

    def unseal(self, sealed: bytes) -> bytes:
        """The inverse of `seal`.

        Raises:
            StoreUnavailable: sealed under another key, or damaged.
        """
        try:
            return self._aead.decrypt(sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], None)
        except (InvalidTag, ValueError) as error:
            raise StoreUnavailable(
                "cannot_unseal",
                say("A stored credential does not open with this key file: restore the key, or enter it anew."),
            ) from error


def _create(path: Path) -> None:
    """Write a new key so that no moment shows it to others; a start that comes second keeps the first one's."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(os.urandom(_KEY_OCTETS)) + b"\n")
        file.flush()
        os.fsync(file.fileno())


_PATTERNS = (
    re.compile(
        r"(?i)\b(community|password|passphrase|auth_?key|priv_?key|secret|token)\b(\s*[=:]\s*)(['\"]?)[^\s'\",;)]+"
    ),
    re.compile(r"(?i)(bearer\s+)[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(://[^\s:/@]+:)[^\s@]+(@)"),
)


def redact(text: str) -> str:
    """The text with everything that looks like a secret replaced by `***`."""
    text = _PATTERNS[0].sub(rf"\1\2{_SHOWN}", text)
    text = _PATTERNS[1].sub(rf"\1{_SHOWN}", text)
    return _PATTERNS[2].sub(rf"\1{_SHOWN}\2", text)


class RedactingFilter(logging.Filter):
    """Redacts each record's finished message, and keeps it on one line (no forged log lines)."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage()).replace("\r", "\\r").replace("\n", "\\n")
        record.args = None
        return True
