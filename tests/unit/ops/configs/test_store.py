"""Versions: one per change, sealed, compared and searched without a secret in what comes out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from collectors.driver import bundled
from inventory.models import Device
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import BadAnswer, Conflict, InputError, NotFound, StoreUnavailable
from nms.base.secrets import SecretBox
from nms.ops.configs import diffs, locks, store
from nms.ops.configs.models import Cause, ConfigVersion

BOX = SecretBox(b"k" * 32)
IOS = bundled()["cisco_ios"]
TEXT = "hostname a\nsnmp-server community canary-1 RO\ninterface eth0\n description uplink\nntp server 192.0.2.1\n"


def device(database: Database, name: str = "a") -> int:
    """The id of a new device."""
    with database.transaction() as session:
        made = Device(name=name, address="192.0.2.9")
        session.add(made)
        session.flush()
        return made.id


def keep(database: Database, device_id: int, text: str, clock: FakeClock) -> int | None:
    """Store a text; the number of the version, None when it is the newest already."""
    with database.transaction() as session:
        made = store.store(session, BOX, device_id, text, cause=Cause.NIGHTLY, author="system", at=clock.now())
        return None if made is None else made.id


def test_an_unchanged_text_is_no_version_but_is_seen(database: Database, clock: FakeClock) -> None:
    of = device(database)
    first = keep(database, of, TEXT, clock)
    began = clock.now()
    clock.advance(86_400)
    assert keep(database, of, TEXT, clock) is None
    second = keep(database, of, TEXT + "ip routing\n", clock)
    back = keep(database, of, TEXT, clock)  # as it was before: that is a change too
    with database.reading() as session:
        found = store.versions(session, of)
        assert [one.id for one in found] == [back, second, first]
        assert (found[-1].at, found[-1].seen_at) == (began, began + timedelta(days=1))
        assert store.text_of(BOX, store.version(session, first or 0, of)) == TEXT
        with pytest.raises(NotFound):
            store.version(session, first or 0, device(database, "b"))


def test_fault_66_at_rest_nothing_can_be_read_without_the_key_file(database: Database, clock: FakeClock) -> None:
    keep(database, device(database), TEXT, clock)
    with database.reading() as session:
        sealed = session.scalars(select(ConfigVersion)).one()
        assert b"canary" not in sealed.sealed
        assert b"hostname" not in sealed.sealed
        with pytest.raises(StoreUnavailable):
            store.text_of(SecretBox(b"x" * 32), sealed)


def test_fault_43_nothing_is_not_a_version(database: Database, clock: FakeClock) -> None:
    of = device(database)
    keep(database, of, TEXT, clock)
    with pytest.raises(BadAnswer):
        keep(database, of, " \n", clock)
    with database.reading() as session:
        newest = store.latest(session, of)
        assert newest is not None
        assert newest.lines == 5


def test_a_search_finds_lines_and_what_lacks_them_but_no_secret(database: Database, clock: FakeClock) -> None:
    a, b = device(database), device(database, "b")
    keep(database, a, "old line\n", clock)
    keep(database, a, TEXT, clock)
    keep(database, b, TEXT.replace("ntp server 192.0.2.1\n", ""), clock)
    known = {a: IOS, b: IOS}
    with database.reading() as session:
        hits = store.search(session, BOX, "NTP*192", known)
        assert [(hit.device, hit.number, hit.line) for hit in hits] == [("a", 5, "ntp server 192.0.2.1")]
        assert store.without(session, BOX, "ntp server", known) == ["b"]
        assert store.search(session, BOX, "old line", known) == []  # of a version that is not the newest
        assert store.search(session, BOX, "canary-1", known) == []
        assert store.search(session, BOX, "community can*RO", known) == []  # not even by guessing its letters
        assert [hit.line for hit in store.search(session, BOX, "community", {a: IOS})] == [
            "snmp-server community *** RO"
        ]
        for bad in ("", "  ", "*", "x" * 201, "a*b*c*d*e*f", "a\nb"):
            with pytest.raises(InputError):
                store.search(session, BOX, bad, known)


def test_fault_66_a_changed_secret_shows_as_changed_and_not_as_text() -> None:
    after = TEXT.replace("canary-1", "canary-2").replace("uplink", "down") + "ip routing\n"
    lines = diffs.unified(TEXT, after, IOS)
    assert "canary" not in "\n".join(lines)
    assert lines.count("-snmp-server community *** RO") == lines.count("+snmp-server community *** RO") == 1
    assert "+ description down" in lines
    rows = diffs.side_by_side(TEXT, after, IOS)
    assert "canary" not in str(rows)
    assert [(row.what, row.before_number, row.after_number, row.secret) for row in rows if row.what != "same"] == [
        ("changed", 2, 2, True), ("changed", 4, 4, False), ("added", None, 6, False)
    ]  # fmt: skip
    assert diffs.counted(TEXT, after) == (3, 2)
    assert diffs.unified(TEXT, TEXT, IOS) == []


def test_a_long_text_is_shown_around_its_changes_only() -> None:
    before = "\n".join(f"line {n}" for n in range(100)) + "\n"
    after = before.replace("line 50\n", "line fifty\n")
    rows = diffs.side_by_side(before, after, IOS, context=2)
    assert [row.before_number for row in rows] == [None, 49, 50, 51, 52, 53, None]
    assert [row.what for row in rows] == ["gap", "same", "same", "changed", "same", "same", "gap"]


def test_fault_42_a_device_is_in_one_hand_and_a_crash_frees_it(database: Database, clock: FakeClock) -> None:
    of = device(database)

    def take(owner: str, seconds: int = 60) -> None:
        with database.transaction() as session:
            locks.acquire(session, of, owner, clock.now() + timedelta(seconds=seconds), now=clock.now())

    take("anne")
    with pytest.raises(Conflict) as refused:
        take("bruno")
    assert refused.value.facts["owner"] == "anne"
    take("anne", 120)  # her own, for longer
    clock.advance(61)
    with pytest.raises(Conflict):
        take("bruno")
    clock.advance(60)
    take("bruno")  # nobody gave it back: its end did
    with database.transaction() as session:
        locks.release(session, of, "anne")  # too late to give away what is not hers
        held = locks.holder(session, of, now=clock.now())
        assert held is not None
        assert held.owner == "bruno"
        locks.release(session, of, "bruno")
        assert locks.holder(session, of, now=clock.now()) is None
