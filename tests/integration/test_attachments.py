"""Attachments on both databases: sealed, searched, withdrawn, verified; a secret one is for legal officers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from nms.app import backup
from nms.base import ledger
from nms.base.db import Database
from nms.base.errors import Conflict, InputError, NmsError, NotFound, PermissionRefused
from nms.base.permissions import Role, actor_of_roles
from nms.base.secrets import SecretBox
from nms.base.settings import Settings
from spectrum import verification
from spectrum.attachments import MAX_OF_ONE, Attachments, Paper, Subject, Upload
from spectrum.models import ActRow, AttachmentRow
from spectrum.paper import Shelf
from tests.integration.test_backup import settings_of
from tests.integration.test_register_store import filled
from tests.unit.spectrum.register_facts import licence
from tests.unit.spectrum.test_paper import PDF, PNG

ALICE = actor_of_roles("alice", [Role.LEGAL])
AUDITOR = actor_of_roles("auditor", [Role.AUDITOR])
CANARY = "canari-financier"
SCAN = Upload(PDF, "Décision n° 2006-0744.pdf", Paper.SCANNED_ACT, "recommandé du 3 mars")
SECRET = Upload(PDF + CANARY.encode() + b"%%EOF", f"{CANARY}.pdf", Paper.SECRET, CANARY)


@pytest.fixture
def papers(database: Database, tmp_path: Path) -> Attachments:
    register = filled(database)
    register.replay([licence()], ALICE)
    return Attachments(register, SecretBox.open_or_create(tmp_path), Shelf(tmp_path))


def key_of(database: Database) -> str:
    """The key of the act to which papers are attached."""
    with database.reading() as session:
        return session.scalars(select(ActRow.key).order_by(ActRow.id.desc())).first() or ""


def add(papers: Attachments, database: Database, upload: Upload, once: str = "one") -> AttachmentRow:
    return papers.attach(Subject.ACT, key_of(database), upload, ALICE, once)


def broken(database: Database, home: Path) -> str:
    """What a verification says that is wrong."""
    with database.reading() as session:
        return verification.verify(session, None, Shelf(home)).reason


def test_who_attached_what_and_when_is_sealed_and_verified(
    papers: Attachments, database: Database, tmp_path: Path
) -> None:
    row = add(papers, database, SCAN)
    with database.reading() as session:
        entry = session.get(ledger.LedgerEntry, row.ledger_seq)
    assert entry is not None
    assert (entry.kind, entry.actor, entry.at) == ("register.attachment", "alice", row.added_at)
    assert row.digest in (entry.after or "")
    assert SCAN.note in (entry.after or "")
    assert broken(database, tmp_path) == ""
    assert papers.content(row.id, AUDITOR)[1] == PDF


def test_a_double_click_is_one_attachment_and_the_same_file_is_refused(papers: Attachments, database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda _: add(papers, database, SCAN), range(4)))
    assert {row.id for row in rows} == {1}
    with pytest.raises(Conflict, match="already"):
        add(papers, database, SCAN, "two")


def test_a_withdrawn_attachment_stays_and_opens_for_legal_officers_alone(
    papers: Attachments, database: Database, tmp_path: Path
) -> None:
    row = add(papers, database, SCAN)
    with pytest.raises(InputError):
        papers.withdraw(row.id, "  ", ALICE)
    with pytest.raises(PermissionRefused):
        papers.withdraw(row.id, "mine", AUDITOR)
    papers.withdraw(row.id, "another commune's letter", ALICE)
    with pytest.raises(Conflict):
        papers.withdraw(row.id, "again", ALICE)
    assert papers.content(row.id, ALICE)[1] == PDF
    with pytest.raises(NotFound):
        papers.content(row.id, AUDITOR)
    assert papers.search("decision 2006", AUDITOR)[0].row.reason == "another commune's letter"
    assert broken(database, tmp_path) == ""
    assert add(papers, database, SCAN, "right this time").id == 2


def test_fault_90_a_secret_annex_is_nowhere_but_with_legal_officers(
    papers: Attachments, database: Database, tmp_path: Path
) -> None:
    row = add(papers, database, SECRET)
    assert papers.content(row.id, ALICE)[1] == SECRET.octets
    assert [one.row.id for one in papers.search(CANARY, ALICE)] == [row.id]
    assert papers.search("", AUDITOR) == []
    assert papers.of(Subject.ACT, key_of(database), AUDITOR) == []
    with pytest.raises(NotFound):
        papers.content(row.id, AUDITOR)
    papers.withdraw(row.id, CANARY, ALICE)
    with database.reading() as session:
        assert not any(CANARY in line for line in ledger.export(session))
    assert CANARY.encode() not in (tmp_path / "attachments" / row.digest).read_bytes()
    assert broken(database, tmp_path) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (update(AttachmentRow).values(note="another"), "attachment 1 is not what was sealed"),
        (update(AttachmentRow).values(digest="0" * 64), "attachment 1 is not what was sealed"),
        (update(AttachmentRow).values(added_by="mallory"), "attachment 1 is not what was sealed"),
        (update(AttachmentRow).values(withdrawn_at=None), "the withdrawal of attachment 1 is not what was sealed"),
        (update(AttachmentRow).values(reason="another"), "the withdrawal of attachment 1 is not what was sealed"),
        (delete(AttachmentRow), "the attachment that it seals is not in the register"),
    ],
)
def test_whatever_is_changed_behind_the_journal_is_named(
    papers: Attachments, database: Database, tmp_path: Path, change: object, said: str
) -> None:
    papers.withdraw(add(papers, database, SCAN).id, "why", ALICE)
    with database.transaction() as session:
        session.execute(change)  # type: ignore[call-overload]  # an update or a delete, of which pytest knows no type
    assert broken(database, tmp_path) == said


def test_a_file_that_is_missing_is_named(papers: Attachments, database: Database, tmp_path: Path) -> None:
    row = add(papers, database, SCAN)
    (tmp_path / "attachments" / row.digest).unlink()
    assert broken(database, tmp_path) == "the file of attachment 1 is missing or damaged"
    with pytest.raises(NmsError, match="backup"):
        papers.content(row.id, ALICE)


def test_there_is_a_most(papers: Attachments, database: Database) -> None:
    for number in range(MAX_OF_ONE):
        add(papers, database, Upload(PNG + bytes([number]), "scan.png", Paper.ANNEX), str(number))
    with pytest.raises(Conflict, match="most"):
        add(papers, database, SCAN, "one more")


def test_a_backup_carries_the_files(papers: Attachments, database: Database, tmp_path: Path) -> None:
    settings = settings_of(database, tmp_path)
    scan, secret = add(papers, database, SCAN), add(papers, database, SECRET, "two")
    (tmp_path / "attachments" / "half.part").write_bytes(b"left by a crash")
    backup.backup(settings, database, tmp_path / "b.tar.gz")
    home = tmp_path / "restored"
    backup.restore(Settings(home=home), tmp_path / "b.tar.gz")
    assert {path.name for path in (home / "attachments").iterdir()} == {scan.digest, secret.digest}
    restored = Database.sqlite(home / "nms.db")
    try:
        assert broken(restored, home) == ""
    finally:
        restored.dispose()
    for name in ("nms.db", "ts.db", "secret.key", "nms.key", "nms.toml"):
        (home / name).unlink(missing_ok=True)
    with pytest.raises(Conflict, match="attachments"):
        backup.restore(Settings(home=home), tmp_path / "b.tar.gz")
