"""Secrets do not print, do not leave the box, and do not reach the log."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nms.base.errors import InputError, StoreUnavailable
from nms.base.secrets import RedactingFilter, Secret, SecretBox, redact


def test_the_first_start_creates_the_key_for_its_owner_only(tmp_path: Path) -> None:
    """Mode 0600, and the second start opens the same box."""
    sealed = SecretBox.open_or_create(tmp_path).seal(b"canary")
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert b"canary" not in sealed
    assert SecretBox.open_or_create(tmp_path).unseal(sealed) == b"canary"


def test_fault_81_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """With the command that mends it."""
    SecretBox.open_or_create(tmp_path)
    (tmp_path / "secret.key").chmod(0o640)
    with pytest.raises(InputError, match="chmod 600"):
        SecretBox.open_or_create(tmp_path)


def test_a_damaged_or_foreign_secret_says_what_to_do(tmp_path: Path) -> None:
    """Another key, a flipped byte, nothing at all."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    mine, other = SecretBox.open_or_create(tmp_path / "a"), SecretBox.open_or_create(tmp_path / "b")
    sealed = mine.seal(b"canary")
    for wrong in (other.seal(b"x"), sealed[:-1] + bytes([sealed[-1] ^ 1]), b""):
        with pytest.raises(StoreUnavailable, match="restore the key"):
            mine.unseal(wrong)


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    """Never replaced in silence: that would lose every stored credential."""
    (tmp_path / "secret.key").write_text("not base64!")
    (tmp_path / "secret.key").chmod(0o600)
    with pytest.raises(InputError, match="not a key file"):
        SecretBox.open_or_create(tmp_path)


def test_purposes_have_keys_of_their_own(tmp_path: Path) -> None:
    """The web's key tells nothing of the credentials' key."""
    box = SecretBox.open_or_create(tmp_path)
    assert box.derive("web") != box.derive("credentials")
    assert box.derive("web") == box.derive("web")


@given(st.text(min_size=1))
def test_fault_66_a_secret_never_prints(value: str) -> None:
    """Neither by str nor by repr nor in a format."""
    secret = Secret(value)
    assert {str(secret), f"{secret}"} == {"***"}
    assert repr(secret) == "Secret(***)"
    assert secret.reveal() == value


@pytest.mark.parametrize(
    "text",
    [
        "community=canary-1 host=a",
        "password: 'canary-1'",
        "Authorization: Bearer canary-1-and-more",
        "postgresql+psycopg://nms:canary-1@db/nms failed",
        'token="canary-1"',
    ],
)
def test_fault_66_the_log_shows_no_secret(text: str) -> None:
    """Whatever a foreign exception carries."""
    assert "canary-1" not in redact(text)
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "%s", (text,), None)
    RedactingFilter().filter(record)
    assert "canary-1" not in record.getMessage()


def test_fault_22_a_log_line_stays_one_line() -> None:
    """A device's text cannot forge a second record."""
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "name %s", ("a\n2026-01-01 INFO forged",), None)
    RedactingFilter().filter(record)
    assert "\n" not in record.getMessage()
