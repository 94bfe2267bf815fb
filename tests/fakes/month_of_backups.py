"""A month of backups in minutes: the program in one process, SSH servers in another, and what the program holds on to.

    python -m tests.fakes.month_of_backups 2000    # nightly passes over 4 devices; the figures as a line of JSON

Time is a `FakeClock` that the passes divide into 30 days; sessions, ciphers, threads and the database are real. One
device changes before every pass, one never, the others now and then; each fails for some passes now and then. What
every pass should do is foretold and compared.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import func, select, text

import nms.app.schema
from collectors import driver
from collectors.cli import CliTarget, HostKey, SshCredential
from nms.base.clock import FakeClock
from nms.base.db import Base, Database
from nms.base.ledger import LedgerEntry
from nms.base.permissions import SYSTEM
from nms.base.settings import ConfigurationSettings, Settings
from nms.ops.configs import access
from nms.ops.configs.backup import Backups
from nms.ops.configs.models import Cause, ConfigBackup, ConfigEvent, ConfigVersion, DeviceLock
from tests.fakes.evil_ssh import PASSWORD, SCRIPTED, START, USER, EvilSsh
from tests.fakes.fleet_of_boxes import BOX, MANAGED, add_device

DEVICES, LINES, MONTH_S = 4, 200, 30 * 86_400
NAMES = tuple(f"box-{number}" for number in range(DEVICES))
RESTLESS, QUIET = NAMES[0], NAMES[-1]
"""The device that changes before every pass, and the one that never does."""

PATIENT = ConfigurationSettings(connect_s=5.0, login_s=20.0, answer_s=20.0, workers=DEVICES)
"""So long that a busy machine alone fails no backup."""

CHANGES, FAILS, ROUNDS_MOST = 0.1, 0.04, 4
"""Shares of the other devices that change, and of all that begin to fail, in one pass; how many it lasts at most."""

FAULTS: Mapping[str, Mapping[str, object]] = {
    "well": {},
    "cut off": {"drop": "^show"},
    "cut off at login": {"drop_after": 0},
    "login refused": {"password": "another"},
    "command refused": {"refuse": "^show"},
    "half an answer": {"show": "Building configuration...\nversion 1.0\nhostname box\n"},
    "port closed": {},
}


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds after so many backups, whose passes took so many seconds together: octets in memory as it
    stands (`rss`), and once the allocator gave its free pages back (`in_use`), descriptors, threads, octets and rows of
    the database."""

    backups: int
    seconds: float
    rss: int
    in_use: int
    descriptors: int
    threads: int
    octets: int
    rows: dict[str, int]


@dataclass(slots=True)
class Foretold:
    """What should come of the rounds: which devices fail for how long, which have a version that nobody read yet."""

    chance: random.Random = field(default_factory=lambda: random.Random(84))
    faults: dict[str, str] = field(default_factory=dict)
    rounds_left: Counter[str] = field(default_factory=Counter)
    unread: set[str] = field(default_factory=lambda: set(NAMES))
    in_a_row: Counter[str] = field(default_factory=Counter)
    versions: int = 0
    events: int = 0

    def round(self) -> tuple[dict[str, str], list[str], dict[str, int]]:
        """The servers' faults, those that change, and how many devices come to which outcome."""
        chance, outcomes = self.chance, Counter[str]()
        changed = [name for name in NAMES if name == RESTLESS or (name != QUIET and chance.random() < CHANGES)]
        self.unread.update(changed)
        for name in NAMES:
            self.rounds_left[name] -= 1
            if self.rounds_left[name] <= 0:
                self.faults[name] = "well"
                if chance.random() < FAILS:
                    self.faults[name] = chance.choice([fault for fault in FAULTS if fault != "well"])
                    self.rounds_left[name] = chance.randint(1, ROUNDS_MOST)
            outcomes[self._outcome(name)] += 1
        return self.faults, changed, dict(outcomes)

    def _outcome(self, name: str) -> str:
        before = self.in_a_row[name]
        if self.faults[name] != "well":
            self.in_a_row[name] += 1
            self.events += self.in_a_row[name] == PATIENT.alarm_after
            return "failed"
        self.in_a_row[name] = 0
        self.events += before >= PATIENT.alarm_after
        if name not in self.unread:
            return "unchanged"
        self.unread.remove(name)
        self.versions += 1
        return "stored"


@contextmanager
def servers() -> Iterator[tuple[dict[str, CliTarget], dict[str, HostKey], Callable[[object], None]]]:
    """The servers in a process of their own: how to reach them, their keys, and what makes them fail and change."""
    command = [sys.executable, "-m", "tests.fakes.month_of_backups", "servers"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        inlet, outlet = process.stdin, process.stdout
        assert inlet is not None
        assert outlet is not None

        def turn(orders: object) -> None:
            inlet.write(json.dumps(orders) + "\n")
            inlet.flush()
            assert outlet.readline() == "done\n"

        try:
            said = json.loads(outlet.readline())
            targets = {
                name: CliTarget(name, EvilSsh.host, port, SshCredential(USER, PASSWORD))
                for name, (port, _key) in said.items()
            }
            yield targets, {name: HostKey.read(key) for name, (_port, key) in said.items()}, turn
        finally:
            inlet.close()


def month(rounds: int, looks: Sequence[int]) -> list[Held]:
    """Play the rounds; what the process holds after these many of them.

    Raises:
        AssertionError: a round, or the tables, are not as foretold.
    """
    nms.app.schema.import_models()
    known = {**driver.bundled(), SCRIPTED.name: SCRIPTED}
    with (
        tempfile.TemporaryDirectory() as folder,
        servers() as (targets, keys, turn),
        patch.object(driver, "bundled", lambda: known),
    ):
        database, clock = Database.sqlite(Path(folder) / "nms.db"), FakeClock()
        Base.metadata.create_all(database.engine)
        for name, target in targets.items():
            add_device(database, clock, target, SCRIPTED.name)
            with database.transaction() as session:
                access.pin(session, SYSTEM, clock.now(), name, str(keys[name]))
        settings = replace(Settings(home=Path(folder)), network=MANAGED, configuration=PATIENT)
        backups = Backups(database, settings, BOX, clock)
        foretold, found, took_s = Foretold(), [], 0.0
        entries = _rows(database)["ledger"]
        pinned = _rows(database)["events"]
        for number in range(1, rounds + 1):
            faults, changed, outcomes = foretold.round()
            turn({"faults": faults, "changed": changed})
            began = time.perf_counter()
            run = backups.run(Cause.NIGHTLY)
            took_s += time.perf_counter() - began
            assert dict(run.outcomes) == outcomes, (number, run, faults, changed)
            clock.advance(MONTH_S / rounds)
            if number in looks:
                held = _held(database, number * DEVICES, took_s)
                kept = {
                    "versions": foretold.versions, "states": DEVICES, "locks": 0, "events": pinned + foretold.events,
                    "ledger": entries,
                }  # fmt: skip
                assert held.rows == kept, (number, held.rows, kept)
                found.append(held)
        database.dispose()
    return found


def _held(database: Database, backups: int, seconds: float) -> Held:
    for _ in range(100):  # a session's thread ends a moment after the session
        if threading.active_count() == 1:
            break
        time.sleep(0.05)
    database.dispose()  # how many connections wait in the pool is chance; one that was not given back stays open
    gc.collect()
    with database.reading() as session:
        pages = text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        octets = int(session.execute(pages).scalar_one())
    rss = _resident()
    ctypes.CDLL(None).malloc_trim(0)
    return Held(
        backups, round(seconds, 1), rss, _resident(),
        len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")), octets, _rows(database),
    )  # fmt: skip


def _resident() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def _rows(database: Database) -> dict[str, int]:
    tables = {
        "versions": ConfigVersion, "states": ConfigBackup, "locks": DeviceLock, "events": ConfigEvent,
        "ledger": LedgerEntry,
    }  # fmt: skip
    with database.reading() as session:
        return {name: session.scalars(select(func.count()).select_from(table)).one() for name, table in tables.items()}


def serve() -> None:
    """The servers: say ports and keys, then take an order a line until the input ends."""
    lines = tuple(f"ip route 10.{n // 250}.{n % 250}.0 255.255.255.0 192.0.2.1" for n in range(LINES))
    boxes = {name: EvilSsh((*START, *lines), name=name).__enter__() for name in NAMES}
    good, closed = {name: box.evil for name, box in boxes.items()}, set[str]()
    print(json.dumps({name: (box.port, str(box.key())) for name, box in boxes.items()}), flush=True)
    for number, line in enumerate(sys.stdin):
        orders: dict[str, Any] = json.loads(line)
        for name, fault in orders["faults"].items():
            box, is_closed = boxes[name], fault == "port closed"
            if is_closed and name not in closed:
                box.__exit__(None, None, None)
                closed.add(name)
            elif not is_closed and name in closed:
                box.__enter__()
                closed.remove(name)
            box.evil = good[name]
            box.turn(**FAULTS[fault])
        for name in orders["changed"]:
            boxes[name]._take("interface eth0")
            boxes[name]._take(f" description changed in round {number}")
        print("done", flush=True)


def main() -> None:
    """The servers, or so many passes, looked at after a tenth, a quarter, half, three quarters, nine tenths, all."""
    if sys.argv[1] == "servers":
        serve()
        return
    rounds = int(sys.argv[1])
    looks = [round(rounds * part) for part in (0.1, 0.25, 0.5, 0.75, 0.9, 1)]
    print(json.dumps([asdict(held) for held in month(rounds, looks)]))


if __name__ == "__main__":
    main()
