"""Row 35: a disk that is really full, of 6 MB, in a mount namespace of our own: refused in words, and whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import need, unavailable

pytestmark = pytest.mark.real
ROOT = Path(__file__).parents[2]
STORY = """
import os, sys
from pathlib import Path

import nms.app.schema
from nms.app.backup import backup
from nms.base.clock import SystemClock
from nms.base.db import Base, Database
from nms.base.errors import StoreUnavailable
from nms.base.permissions import SYSTEM
from nms.base.secrets import SecretBox
from nms.base.settings import Settings
from nms.ops.history import Sample
from nms.ops.history_sqlite import SqliteStore
from nms.ops.state import Kind, Measures, State
from spectrum.acts import Step
from tests.faults.test_register_faults import whole
from tests.integration.test_register_store import filled
from tests.unit.spectrum.register_facts import FIRST, LOT, act

disk = Path(sys.argv[1])
nms.app.schema.import_models()
settings = Settings(home=disk)
SecretBox.open_or_create(disk)
database = Database.sqlite(disk / "nms.db")
Base.metadata.create_all(database.engine)
register = filled(database)
register.clock = SystemClock()
store = SqliteStore(disk / "ts.db")
register.replay([act(Step.ENFORCEMENT, "BEFORE", FIRST, "(86)", LOT, taker="x")], SYSTEM)


def batch(second):
    return [Sample(Kind.LINK, f"l{n}", State.UP, 60, Measures(second)) for n in range(200)]


def refused(what, *facts):
    for attempt in range(400):
        try:
            what(*(fact(attempt) if callable(fact) else fact for fact in facts))
        except StoreUnavailable as error:
            assert str(error.message).strip(), what
            return
    raise AssertionError(f"{what} went on for ever")


store.write_batch(batch(1_700_000_000))
with (disk / "ballast").open("wb", buffering=0) as ballast:
    try:
        while True:
            ballast.write(b"x" * 4096)
    except OSError:
        pass
refused(lambda number: register.replay([act(Step.ENFORCEMENT, f"F{number}", FIRST, "(86)", LOT, taker="x" * 200)],
                                       SYSTEM), lambda attempt: attempt)
refused(lambda number: store.write_batch(batch(1_700_000_060 + 60 * number)), lambda attempt: attempt)
refused(lambda: backup(settings, database, disk / "full.backup"))
assert not (disk / "full.backup").exists()
assert [path.name for path in disk.iterdir() if path.name.endswith(".part")] == []
kept = whole(register)
assert "BEFORE" in kept
(disk / "ballast").unlink()
register.replay([act(Step.ENFORCEMENT, "AFTER", FIRST, "(86)", LOT, taker="x")], SYSTEM)
assert whole(register) == kept | {"AFTER"}
store.write_batch(batch(1_700_090_000))
found = store.series(Kind.LINK, "l0", 1_700_000_000, 1_700_100_000)
assert found.at_s[0] == 1_700_000_000 and found.at_s[-1] == 1_700_090_000
database.dispose()
print("survived")
"""


def test_fault_35_on_a_full_disk_acts_samples_and_backups_are_refused_whole_and_go_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    need("unshare", "mount")
    if os.geteuid() != 0:
        unavailable("a disk of one's own needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    script = tmp_path / "story.py"
    script.write_text(STORY, "utf-8")
    inside = f'mount -t tmpfs -o size=6m none "{disk}" && exec "{sys.executable}" "{script}" "{disk}"'
    done = subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", inside],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "survived"), done.stdout + done.stderr
