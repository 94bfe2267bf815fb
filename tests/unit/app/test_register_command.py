"""`nms register replay|import`: the host's owner fills an empty register; then officers decide."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from nms.app.bootstrap import open_context
from nms.base.ledger import LedgerEntry
from nms.base.permissions import Role, actor_of_roles
from spectrum.register import Register
from spectrum.sheet.store import Form, Sheets
from tests.unit.app.conftest import Nms

HEAD = "decision_no,decision_date,step,cedant,cessionnaire,area,bands_mhz,valid_until\n"
LINE = "A-{n},2024-01-15,attribution,,Région,Région Poitou-Charentes,{low}-{high},2034-01-15\n"


def text(*numbers: int) -> str:
    """A file of attributions in bands that do not touch."""
    return HEAD + "".join(LINE.format(n=n, low=3400 + 10 * n, high=3410 + 10 * n) for n in numbers)


def held() -> list[tuple[str, str]]:
    """Acts and who recorded them."""
    context = open_context()
    return [(one.act.number, one.row.recorded_by) for one in Register(context.database, context.clock).acts()]


def kinds() -> list[str]:
    context = open_context()  # held on to: its connections are closed when it goes
    with context.database.reading() as session:
        return [kind for kind in session.scalars(select(LedgerEntry.kind)) if kind.startswith("register.")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "acts.csv"


def test_an_empty_register_is_filled_at_the_shell_and_the_journal_says_so_once(nms: Nms, file: Path) -> None:
    file.write_text(text(1, 2), "utf-8")
    assert "2 act(s) could be recorded" in nms("register", "replay", str(file), "--dry-run")[1]
    assert held() == []
    assert "2 act(s) recorded, 0 already" in nms("register", "replay", str(file))[1]
    assert "0 act(s) recorded, 2 already" in nms("register", "replay", str(file))[1]
    assert held() == [("A-1", "system"), ("A-2", "system")]
    assert kinds() == ["register.act", "register.act", "register.setup"]


def test_once_an_officer_has_decided_the_shell_brings_and_an_officer_records(nms: Nms, file: Path) -> None:
    file.write_text(text(1), "utf-8")
    assert nms("register", "replay", str(file))[0] == 0
    context = open_context()
    sheets = Sheets(Register(context.database, context.clock))
    alice, bruno = (actor_of_roles(name, [Role.LEGAL]) for name in ("alice", "bruno"))
    sheets.record(sheets.open(text(2).encode(), "x.csv", alice, form=Form.ACTS), 1, bruno)
    file.write_text(text(1, 2, 3), "utf-8")
    code, out, _ = nms("register", "replay", str(file))
    assert (code, held()[2:]) == (0, [])
    assert "Nothing is recorded yet" in out
    assert "F-" in nms("register", "replay", str(file))[1]
    (waiting,) = [row for row in sheets.every() if not row.outcome]
    assert (waiting.created_by, waiting.reference in out) == ("system", True)
    assert sheets.record(waiting.reference, 1, alice) == 1
    assert held()[2:] == [("A-3", "alice")]
    sheet = file.with_name("tableur.csv")
    sheet.write_text("Réf;Date;Zone;Cessionnaire;Bande;Fin\nA-4;15/01/2024;(86);Vienne;3500-3510;31/12/2030\n", "utf-8")
    out = nms("register", "import", str(sheet), "--step", "=attribution")[1]
    assert "Nothing is recorded yet" in out
    (waiting,) = [row for row in sheets.every() if not row.outcome]
    assert sheets.record(waiting.reference, waiting.version, bruno) == 1
    file.write_text(text(1, 2), "utf-8")
    assert "0 act(s) recorded, 2 already" in nms("register", "replay", str(file))[1]


def test_a_file_that_contradicts_itself_records_nothing_and_names_the_row(nms: Nms, file: Path) -> None:
    file.write_text(text(1) + LINE.format(n=9, low=3415, high=3420).replace("Région,", "Autre,"), "utf-8")
    code, _, error = nms("register", "replay", str(file))
    assert (code, held()) == (1, [])
    assert "3, decision_no: “A-9”" in error


def test_nobody_may_be_called_as_the_program_itself(nms: Nms) -> None:
    code, _, error = nms("user", "add", "System", "--role", "legal", NMS_PASSWORD="a long enough password")
    assert (code, "already" in error) == (1, True)
