"""`nms user`: users and tokens from the shell of the host's owner."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from nms.app.bootstrap import open_context
from nms.base import ledger
from nms.base.clock import FakeClock
from nms.base.ledger import LedgerEntry
from nms.base.permissions import Permission
from tests.unit.app.conftest import Nms
from web import logins, users

WORD, OTHER = "canary-first-password", "canary-second-password"


def can_log_in(name: str, password: str) -> bool:
    context = open_context()
    return logins.authenticate(context.database, context.clock, name, password, "127.0.0.1") is not None


@pytest.fixture
def chef(nms: Nms) -> Nms:
    """An administrator is there."""
    assert nms("user", "add", "chef", "--role", "administrator", NMS_PASSWORD=WORD)[0] == 0
    return nms


def test_a_user_is_added_listed_and_can_log_in(chef: Nms) -> None:
    code, out, error = chef(
        "user", "add", "maire", "--role", "commune", "--commune", "86128", "--role", "viewer", NMS_PASSWORD=OTHER
    )
    assert (code, out, error) == (0, "maire: added with commune, viewer.\n", "")
    assert chef("user", "list")[1] == "chef\tactive\tadministrator\t\nmaire\tactive\tcommune, viewer\t86128\n"
    assert can_log_in("maire", OTHER)
    assert not can_log_in("maire", WORD)


@pytest.mark.parametrize(
    ("words", "password", "told"),
    [
        (("add", "chef", "--role", "viewer"), WORD, "already"),
        (("add", "other", "--role", "viewer"), "short", "12 to"),
        (("add", "not a name!", "--role", "viewer"), WORD, "name"),
        (("password", "nobody"), WORD, "nobody"),
        (("password", "chef"), "short", "12 to"),
        (("disable", "chef"), "", "last active administrator"),
        (("enable", "nobody"), "", "nobody"),
    ],
)
def test_what_is_refused_is_one_line_and_changes_nothing(
    chef: Nms, words: tuple[str, ...], password: str, told: str
) -> None:
    before = chef("user", "list")
    code, out, error = chef("user", *words, NMS_PASSWORD=password)
    assert (code, out) == (1, "")
    assert error.startswith("nms: ")
    assert error.count("\n") == 1
    assert told in error
    assert "canary" not in error
    assert chef("user", "list") == before
    assert can_log_in("chef", WORD)


def test_a_password_is_changed_and_the_old_one_no_longer_opens(chef: Nms) -> None:
    assert chef("user", "password", "chef", NMS_PASSWORD=OTHER) == (0, "chef: password changed.\n", "")
    assert can_log_in("chef", OTHER)
    assert not can_log_in("chef", WORD)


def test_without_a_terminal_a_password_is_not_asked_for(chef: Nms) -> None:
    for words in (("add", "x", "--role", "viewer"), ("password", "chef")):
        code, out, error = chef("user", *words)
        assert (code, out) == (1, "")
        assert "set NMS_PASSWORD" in error


def test_a_locked_user_is_out_and_comes_back(chef: Nms) -> None:
    chef("user", "add", "maire", "--role", "commune", NMS_PASSWORD=OTHER)
    assert chef("user", "disable", "maire")[1] == "maire: locked.\n"
    assert "maire\tlocked" in chef("user", "list")[1]
    assert not can_log_in("maire", OTHER)
    assert chef("user", "enable", "maire")[1] == "maire: active.\n"
    assert can_log_in("maire", OTHER)


def test_a_token_is_shown_once_and_does_what_it_says_for_as_long_as_it_says(chef: Nms, nms_home: Path) -> None:
    code, out, error = chef("user", "token", "prometheus", "--scope", "metrics:read", "--days", "30")
    assert (code, error) == (0, "")
    (word,) = out.splitlines()
    context = open_context()
    actor = users.resolve_token(context.database, context.clock, word)
    assert actor is not None
    assert actor.permissions == {Permission.METRICS_READ}
    late = FakeClock(context.clock.now() + timedelta(days=31))
    assert users.resolve_token(context.database, late, word) is None
    context.database.dispose()
    for path in nms_home.iterdir():
        assert word.encode() not in path.read_bytes()
    assert chef("user", "token", "prometheus", "--scope", "metrics:read")[0] == 1
    assert chef("user", "token", "other", "--scope", "metrics:read", "--days", "-1")[0] == 2
    assert chef("user", "token", "other", "--scope", "everything")[0] == 2


def test_the_journal_holds_every_change_and_no_password(chef: Nms) -> None:
    chef("user", "add", "maire", "--role", "commune", NMS_PASSWORD=OTHER)
    chef("user", "password", "maire", NMS_PASSWORD=WORD)
    chef("user", "disable", "maire")
    chef("user", "token", "prometheus", "--scope", "metrics:read")
    context = open_context()
    with context.database.reading() as session:
        assert ledger.verify(session).broken_at is None
        lines = list(ledger.export(session))
        subjects = list(session.scalars(select(LedgerEntry.subject).order_by(LedgerEntry.seq)))
    assert [name for name in subjects if name != "territory"][-4:] == ["maire", "maire", "maire", "prometheus"]
    assert "canary" not in "".join(lines)
    assert all(json.loads(line) for line in lines)
