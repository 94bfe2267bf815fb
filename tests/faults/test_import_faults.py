"""Files that nobody should send, and writers that meet."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from inventory import importer, service
from inventory.forms import DeviceForm
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import Conflict, InputError
from nms.base.permissions import SYSTEM

AT = FakeClock().now()

_HUGE = """
import resource
from inventory.table_file import read_table
from nms.base.errors import InputError
for octets in (
    b'name,address\\n' + b'abc,10.0.0.1,some label of a device\\n' * 900_000,
    ('name,address\\n' + 'abc,10.0.0.1\\n' * 1_000_000).encode('utf-16'),
    b'name,address\\n"' + b'x' * 10_000_000 + b'",10.0.0.1\\n',
    b'x' * 30_000_000,
    b'"' * 30_000_000,
):
    try:
        read_table(octets)
    except InputError as error:
        print(error.code)
print(int(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1]) // 1024)
"""


def test_fault_65_a_million_rows_and_endless_cells_are_refused_in_less_than_200_mb() -> None:
    done = subprocess.run([sys.executable, "-c", _HUGE], capture_output=True, text=True, timeout=60, check=True)
    *codes, peak_mib = done.stdout.split()
    assert codes == ["too_many_rows", "too_many_rows", "bad_row", "bad_row", "bad_row"]
    assert int(peak_mib) < 200


@pytest.mark.parametrize(
    "octets",
    [
        b"\xff\xfe",
        b"\xff\xfea",
        b"\x00\x00\x00\x00",
        b"\xd8\x00" * 50,
        b'"',
        b",,,\n,,,\n",
        b"name\n",
        b"\n\n\n",
        b"sep=;\n",
        b"kind;name\r\n=cmd|' /C calc'!A0;x\n",
        "name,address\n\u202ex,10.0.0.1\n".encode(),
        b"name,address\nx\n",
        b"\x89PNG\r\n",
    ],
)
def test_fault_65_any_octets_are_a_plan_with_errors_or_a_refusal(sqlite_database: Database, octets: bytes) -> None:
    with sqlite_database.reading() as session:
        try:
            plan = importer.judge(octets, session)
        except InputError:
            return
        assert plan.errors
        assert all(error.remedy and error.row for error in plan.errors)


def test_two_writers_of_one_object_end_as_one_change_and_one_conflict_or_agreement(database: Database) -> None:
    outcomes: list[str] = []
    started = threading.Barrier(2)

    def write() -> None:
        started.wait(10)
        try:
            with database.transaction() as session:
                saved = service.save_device(session, SYSTEM, AT, DeviceForm("core", "10.0.0.1"))
            outcomes.append("created" if saved.created else "agreed")
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) in (["agreed", "created"], ["conflict", "created"])
