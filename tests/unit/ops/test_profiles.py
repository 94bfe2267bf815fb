"""Profiles written: whole or not at all, the text before kept, each change in the journal, nobody overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.faults import Refused
from nms.base import ledger
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import Conflict, NotFound, PermissionRefused, StoreUnavailable
from nms.base.permissions import SYSTEM, Role, actor_of_roles
from nms.ops import profiles
from nms.ops.profiles import digest_of, save, text_of, version_numbers, version_text, withdraw

OWN = "family: own_box\nvendor: Own\nrules:\n  - {score: 40, descr: ^Own}\n"
NEWER = OWN.replace("vendor: Own", "vendor: Newer")
ANNE = actor_of_roles("anne", [Role.ENGINEER])


def files(home: Path) -> list[str]:
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*.yaml"))


def test_a_profile_is_saved_changed_and_withdrawn_with_its_versions_and_its_journal(
    sqlite_database: Database, tmp_path: Path
) -> None:
    clock = FakeClock()
    save(sqlite_database, tmp_path, ANNE, clock, OWN.replace("\n", "\r\n"), "")
    assert text_of(tmp_path, "own_box") == OWN
    save(sqlite_database, tmp_path, ANNE, clock, NEWER, digest_of(OWN))
    save(sqlite_database, tmp_path, ANNE, clock, NEWER, digest_of(NEWER))  # nothing changed: nothing written
    withdraw(sqlite_database, tmp_path, SYSTEM, clock, "own_box")
    assert text_of(tmp_path, "own_box") == ""
    assert version_numbers(tmp_path, "own_box") == [2, 1]
    assert [version_text(tmp_path, "own_box", number) for number in (1, 2)] == [OWN, NEWER]
    with sqlite_database.reading() as session:
        told = [(c.actor, c.digest, c.version) for c in profiles.changes(session, "own_box")]
        assert ledger.verify(session).broken_at is None
    assert told == [("system", "", 2), ("anne", digest_of(NEWER), 1), ("anne", digest_of(OWN), None)]


def test_who_opened_an_older_text_overwrites_nobody(sqlite_database: Database, tmp_path: Path) -> None:
    clock = FakeClock()
    save(sqlite_database, tmp_path, ANNE, clock, OWN, "")
    with pytest.raises(Conflict) as refused:
        save(sqlite_database, tmp_path, ANNE, clock, NEWER, "")
    assert text_of(tmp_path, "own_box") == OWN
    save(sqlite_database, tmp_path, ANNE, clock, NEWER, str(refused.value.facts["seen"]))
    assert text_of(tmp_path, "own_box") == NEWER


def test_nothing_unsound_and_nothing_of_a_foreign_name_is_written(sqlite_database: Database, tmp_path: Path) -> None:
    clock = FakeClock()
    for text in ("", "family: ../../nms\n", OWN + "colour: red\n", OWN.replace("own_box", "cisco_ios")):
        with pytest.raises(Refused):
            save(sqlite_database, tmp_path, ANNE, clock, text, "")
    for name in ("../nms", "nms.toml", "own_box/../../x", "", "none_such"):
        with pytest.raises(NotFound):
            withdraw(sqlite_database, tmp_path, ANNE, clock, name)
        with pytest.raises(NotFound):
            version_text(tmp_path, name, 1)
    assert files(tmp_path) == []


def test_who_may_not_write_the_inventory_writes_no_profile(sqlite_database: Database, tmp_path: Path) -> None:
    noc = actor_of_roles("noc", [Role.NOC])
    with pytest.raises(PermissionRefused):
        save(sqlite_database, tmp_path, noc, FakeClock(), OWN, "")
    with pytest.raises(PermissionRefused):
        withdraw(sqlite_database, tmp_path, noc, FakeClock(), "own_box")


def test_no_journal_no_change(sqlite_database: Database, tmp_path: Path) -> None:
    """The journal refuses (the clock went back): the files are as they were."""
    clock = FakeClock()
    save(sqlite_database, tmp_path, ANNE, clock, OWN, "")
    before = files(tmp_path)
    clock.step_wall(-60)
    with pytest.raises(Conflict, match="clock"):
        save(sqlite_database, tmp_path, ANNE, clock, NEWER, digest_of(OWN))
    with pytest.raises(Conflict, match="clock"):
        withdraw(sqlite_database, tmp_path, ANNE, clock, "own_box")
    assert files(tmp_path) == before
    assert text_of(tmp_path, "own_box") == OWN


def test_a_disk_that_refuses_leaves_what_was_there(sqlite_database: Database, tmp_path: Path) -> None:
    clock = FakeClock()
    save(sqlite_database, tmp_path, ANNE, clock, OWN, "")
    (tmp_path / "profiles" / "versions").write_text("a file where the folder should be")
    with pytest.raises(StoreUnavailable):
        save(sqlite_database, tmp_path, ANNE, clock, NEWER, digest_of(OWN))
    assert text_of(tmp_path, "own_box") == OWN
    with sqlite_database.reading() as session:
        assert len(profiles.changes(session, "own_box")) == 1
