"""Backups of configurations beside netmiko alone: the same boxes, the same number at a time, text read and no more."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from unittest.mock import patch

from netmiko import ConnectHandler

from collectors import driver
from collectors.cli import CliTarget, HostKey, SshCredential
from inventory.credentials import CredentialSecret, save_credential
from inventory.models import CredentialKind, Device
from nms.base.clock import SystemClock
from nms.base.db import Base, Database
from nms.base.permissions import SYSTEM
from nms.base.secrets import SecretBox
from nms.base.settings import ConfigurationSettings, Settings
from nms.ops.configs import access
from nms.ops.configs.backup import Backups
from nms.ops.configs.models import Cause
from tests.bench.peers import Row, beside
from tests.fakes.evil_ssh import PASSWORD, SCRIPTED, START, USER, EvilSsh
from tests.fakes.fleet_of_boxes import MANAGED

DEVICES, LINES, WORKERS, ROUNDS = 120, 400, 12, 3


@contextmanager
def box() -> Iterator[CliTarget]:
    """One server in a process of its own, which stands for every device."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port, key = process.stdout.readline().strip().split(" ", 1)
    try:
        yield CliTarget(key, "127.0.0.1", int(port), SshCredential(USER, PASSWORD))
    finally:
        process.communicate("\n")


def ours(target: CliTarget, folder: Path) -> float:
    """Seconds of a run over every device: host keys compared, locks, whole or refused, sealed, stored."""
    folder.mkdir()
    database, secrets, clock = Database.sqlite(folder / "nms.db"), SecretBox(b"k" * 32), SystemClock()
    Base.metadata.create_all(database.engine)
    with database.transaction() as session:
        secret = CredentialSecret(CredentialKind.SSH, user=USER, password=PASSWORD)
        credential = save_credential(session, secrets, SYSTEM, clock.now(), "boxes", secret)
        for number in range(DEVICES):
            session.add(
                Device(name=f"box-{number}", address=target.host, cli=SCRIPTED.name, ssh_port=target.port,
                       ssh_credential_id=credential.id)
            )  # fmt: skip
    with database.transaction() as session:
        for number in range(DEVICES):
            access.pin(session, SYSTEM, clock.now(), f"box-{number}", str(HostKey.read(target.device)))
    settings = replace(Settings(home=folder), network=MANAGED, configuration=ConfigurationSettings(workers=WORKERS))
    with patch.object(driver, "bundled", lambda: {SCRIPTED.name: SCRIPTED}):
        run = Backups(database, settings, secrets, clock).run(Cause.NIGHTLY)
    database.dispose()
    assert run.failed == 0, run
    assert run.ended_at is not None
    return (run.ended_at - run.started_at).total_seconds()


def netmiko_alone(target: CliTarget) -> float:
    """Seconds of netmiko reading as often, as many at a time; any host key is taken, nothing is kept."""

    def read(_number: int) -> int:
        with ConnectHandler(
            device_type="cisco_ios", host=target.host, port=target.port, username=USER, password=PASSWORD
        ) as connection:
            return len(connection.send_command(SCRIPTED.show))

    began = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        assert min(pool.map(read, range(DEVICES))) > LINES
    return time.perf_counter() - began


def backups() -> Row:
    """The row: seconds for every device."""
    with box() as target, tempfile.TemporaryDirectory() as folder:
        mine, theirs = [], []
        for turn in range(ROUNDS):  # in turn, so that both have the same machine
            mine.append(ours(target, Path(folder) / str(turn)))
            theirs.append(netmiko_alone(target))
    return beside(_row(mine), _row(theirs))


def _row(found: list[float]) -> Row:
    return {"s": median(found), "low": min(found), "high": max(found)}


def main() -> None:
    """The server: says port and host key, ends with its input."""
    lines = tuple(f"ip route 10.{n // 250}.{n % 250}.0 255.255.255.0 192.0.2.1" for n in range(LINES))
    with EvilSsh((*START, *lines)) as server:
        print(server.port, server.key(), flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main()
