"""`nms config intended`: what golden blocks say for a device, from the shell."""

from __future__ import annotations

from pathlib import Path

from nms.base.clock import SystemClock
from nms.base.db import Database
from nms.base.secrets import SecretBox
from tests.fakes.blocks import DRIFTED, GOOD, SECRET, run_with, write_block
from tests.unit.app.conftest import Nms

BLOCK = "name: host\nlabel: Its name\nvariables:\n  own: {kind: word, fact: name}\nlines: |\n  hostname {{ own }}\n"


def test_what_a_device_should_say_is_printed_before_a_file_is_in_place(
    nms: Nms, nms_home: Path, tmp_path: Path
) -> None:
    assert nms("device", "add", "core-1", "address=192.0.2.1", "cli=frr")[0] == 0
    assert nms("config", "intended", "core-1")[1] == "No block is for core-1.\n"
    write_block(nms_home)
    code, out, _ = nms("config", "intended", "core-1")
    assert code == 1
    assert out.startswith("== logs: Logs go to the NOC\n-- its configuration has never been read")
    assert out.endswith("  log syslog informational\n  area-password md5 ***\n")
    database, box = Database.sqlite(nms_home / "nms.db"), SecretBox.open_or_create(nms_home)
    now = SystemClock().now()
    run_with(database, box, now, "core-1", DRIFTED)
    code, out, _ = nms("config", "intended", "core-1")
    assert (code, SECRET in out) == (1, False)
    assert (
        "-- drifts, lines that differ: 3\n+ log syslog informational\n+ area-password md5 ***\n-- too much\n  log sy"
        in out
    )
    run_with(database, box, now, "core-1", GOOD)
    assert nms("config", "intended", "core-1")[:2] == (
        0,
        "== logs: Logs go to the NOC\n-- conforms\n  log syslog informational\n  area-password md5 ***\n",
    )
    (tmp_path / "host.yaml").write_text(BLOCK, "utf-8")
    code, out, _ = nms("config", "intended", "core-1", "--block", str(tmp_path / "host.yaml"))
    assert (code, out) == (
        1,
        "== host: Its name\n-- drifts, lines that differ: 2\n+ hostname core-1\n-- too much\n  hostname a\n",
    )
    (tmp_path / "host.yaml").write_text("name: host\nlines: 3\n", "utf-8")
    code, _, error = nms("config", "intended", "core-1", "--block", str(tmp_path / "host.yaml"))
    assert (code, "host.yaml" in error) == (1, True)
    code, _, error = nms("config", "intended", "core-1", "--block", str(tmp_path / "nowhere.yaml"))
    assert (code, "cannot be read" in error, "Traceback" in error) == (1, True, False)
    assert "no device" in nms("config", "intended", "core-9")[2]
    database.dispose()
