"""The deployment by a real `ansible-playbook` on this machine, into a folder of the test, with a real PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import need, run_ok
from tests.fakes import ansible
from tests.fakes.postgres import PrivatePostgres
from tests.fakes.program import below

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

NMS = str(Path(sys.executable).parent / "nms")
PASSWORD, DATABASE_WORD = "canary-administrator", "canary'database\\word"
NAME = f"nms_ansible_{os.getpid()}"
AS_ROOT = os.getuid() == 0
SERVICE = pwd.getpwnam("nobody") if AS_ROOT else pwd.getpwuid(os.getuid())


def wheel(folder: Path, name: str) -> Path:
    """A small wheel with one module of its name: what is pinned here stands for the many that the program needs."""
    path, info = folder / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(f"{name}.py", "here = True\n")
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        kind = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        made.writestr(f"{info}/WHEEL", kind)
        made.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


def ask_for_passwords(port: int) -> None:
    """The server lets anybody in; from now on, the role of this test by its password only."""
    with psycopg.connect(host="127.0.0.1", port=port, user="nms", dbname="postgres", autocommit=True) as admin:
        shown = admin.execute("SHOW hba_file").fetchone()
        assert shown is not None
        rules = Path(shown[0])
        rules.write_text(f"host all {NAME} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        admin.execute("SELECT pg_reload_conf()")


class Machine:
    """A machine in a folder that the service user can reach, as a temporary folder of pytest is not."""

    def __init__(self, folder: Path, port: int, database: str = NAME) -> None:
        self.folder, self.port, self.printed = folder, port, ""
        wheels = folder / "wheels"
        wheels.mkdir()
        pinned = wheel(wheels, "pinnedone")
        digest = hashlib.sha256(pinned.read_bytes()).hexdigest()
        (folder / "requirements.txt").write_text(f"pinnedone==1.0 --hash=sha256:{digest}\n")
        owner = {} if AS_ROOT else {"nms_code_owner": SERVICE.pw_name, "nms_code_group": str(SERVICE.pw_gid)}
        self.settings: dict[str, Any] = {
            "language": "fr",
            "network": {"management": ["127.0.0.0/8"]},
            "letterhead": {"name": 'Région “Poitou”, "à l\'Ouest" \\ %'},
        }
        self.variables: dict[str, Any] = {
            "nms_become": False, "nms_packages": False, "nms_accounts": False, "nms_systemd": False,
            "nms_user": SERVICE.pw_name, "nms_group": str(SERVICE.pw_gid), "nms_as_service": [],
            "nms_prometheus_user": SERVICE.pw_name, "nms_prometheus_group": str(SERVICE.pw_gid),
            "nms_python": sys.executable, "nms_program": NMS,
            "nms_code": str(folder / "code"), "nms_home": str(folder / "home"),
            "nms_unit_folder": str(folder), "nms_prometheus_folder": str(folder / "prometheus"),
            "nms_wheel": str(wheel(folder, "poitou_nms")), "nms_requirements": str(folder / "requirements.txt"),
            "nms_pip_options": ["--no-index", "--find-links", str(wheels)],
            "nms_pg_name": database, "nms_pg_password": DATABASE_WORD, "nms_pg_host": "127.0.0.1", "nms_pg_port": port,
            "nms_pg_admin": "nms", "nms_pg_admin_host": "127.0.0.1", "nms_pg_as_admin": [],
            "nms_admin": "chef", "nms_admin_password": PASSWORD,
            "nms_settings": self.settings,
        } | owner  # fmt: skip
        self.extra = ("--inventory", "server.yml")

    def deploy(self, *options: str) -> ansible.Run:
        """Deploy to the end."""
        done = ansible.play("deploy.yml", self.folder, self.variables, *self.extra, "--diff", "-v", *options)
        self.printed += done.text
        return done

    def break_off(self) -> None:
        """Deploy, and kill it without a word while the virtual environment is being made."""
        words = ansible.command("deploy.yml", self.folder, self.variables, *self.extra)
        running = subprocess.Popen(
            words, cwd=ansible.FOLDER, env=ansible.environment(self.folder), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            patience = time.monotonic() + 120
            while not (self.folder / "code/venv/bin/python").exists():
                assert running.poll() is None, "it ended before it could be broken off"
                assert time.monotonic() < patience
                time.sleep(0.02)
        finally:
            for pid in [*below(running.pid), running.pid]:  # workers of Ansible leave its group
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            running.wait(30)

    def content(self) -> Mapping[str, str]:
        """What a run may not change when there is nothing to change: each file's mode, owner and digest."""
        found = {}
        for part in ("code", "home/nms.toml", "prometheus", "nms.service"):
            top = self.folder / part
            for path in [top, *sorted(top.rglob("*"))]:
                if path.exists() and "__pycache__" not in path.parts:
                    seen = path.lstat()
                    data = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
                    found[str(path)] = f"{seen.st_mode:o} {seen.st_uid} {seen.st_gid} {data}"
        return found

    def mode(self, name: str) -> int:
        """The permissions of a file."""
        return stat.S_IMODE((self.folder / name).stat().st_mode)


@pytest.fixture(scope="module")
def machine(postgres: PrivatePostgres) -> Iterator[Machine]:
    """A machine on which a run was broken off, and another one came to its end."""
    need("psql", "promtool")
    folder = Path(tempfile.mkdtemp(prefix="nms-ansible-"))
    folder.chmod(0o755)
    try:
        made = Machine(folder, postgres.port)
        ask_for_passwords(postgres.port)
        made.break_off()
        assert not (folder / "code/installed").exists()
        done = made.deploy()
        assert done.code == 0, done.text
        assert done.changed > 5
        yield made
    finally:
        shutil.rmtree(folder)


def test_fault_85_a_run_that_was_broken_off_is_made_whole_and_another_one_changes_nothing(machine: Machine) -> None:
    """A run that does everything again, and two dry ones."""
    before = machine.content()
    for options in ((), ("--check",), ("--check",)):
        done = machine.deploy(*options)
        assert (done.code, done.changed) == (0, 0), done.text
    assert machine.content() == before
    python = str(machine.folder / "code/venv/bin/python")
    assert run_ok(python, "-c", "import pinnedone, poitou_nms; print(pinnedone.here)") == "True\n"


def test_fault_85_the_service_cannot_write_its_code_and_its_secrets_are_for_it_alone(machine: Machine) -> None:
    assert machine.mode("home") == 0o700
    assert machine.mode("home/nms.toml") == 0o600
    assert machine.mode("prometheus/nms.token") == 0o600
    code = [machine.folder / "code", *(machine.folder / "code").rglob("*")]
    writable = [path for path in code if not path.is_symlink() and path.stat().st_mode & 0o022]
    assert writable == []
    assert [path for path in code if not path.is_symlink() and not path.stat().st_mode & 0o004] == []
    if AS_ROOT:
        assert {path.lstat().st_uid for path in code} == {0}
        for name, may in (("code", False), ("code/venv/bin", False), ("home", True)):
            as_service = ("setpriv", f"--reuid={SERVICE.pw_uid}", f"--regid={SERVICE.pw_gid}", "--clear-groups", "test")
            asked = subprocess.run([*as_service, "-w", str(machine.folder / name)], check=False)
            assert (asked.returncode == 0) is may, name


@pytest.mark.slow
def test_fault_85_a_dry_run_on_an_empty_machine_makes_nothing(postgres: PrivatePostgres) -> None:
    """It tells what it would do, and nothing of it is there afterwards."""
    with tempfile.TemporaryDirectory(prefix="nms-ansible-") as folder:
        empty = Machine(Path(folder), postgres.port, f"{NAME}_dry")
        for _ in range(2):
            dry = empty.deploy("--check")
            assert dry.code == 0, dry.text
            assert dry.changed > 5
            assert empty.content() == {}


def test_fault_85_no_secret_is_printed(machine: Machine) -> None:
    """Not by `-v --diff`, which print everything that is not held back."""
    token = (machine.folder / "prometheus/nms.token").read_text().strip()
    assert len(token) > 20
    settings = (machine.folder / "home/nms.toml").read_text("utf-8")
    assert "canary" in settings
    for secret in (PASSWORD, DATABASE_WORD, "canary", token):
        assert secret not in machine.printed
    for path in machine.folder.rglob("*"):
        if path.is_file() and path.stat().st_mode & 0o044 and "site-packages" not in path.parts:
            data = path.read_bytes()
            assert b"canary" not in data, path
            assert token.encode() not in data, path


def test_what_was_deployed_is_the_program_on_its_own_database(machine: Machine) -> None:
    """The database is the role's own, the administrator may log in, and Prometheus takes what was written for it."""
    login = f"host=127.0.0.1 port={machine.port} user={NAME} dbname={NAME}"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(login, password="another")
    with psycopg.connect(login, password=DATABASE_WORD) as session:
        rows = session.execute("SELECT name, roles FROM user_account").fetchall()
        assert rows == [("chef", json.dumps(["administrator"]))]
        owner = session.execute(
            "SELECT rolname FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid WHERE datname = %s", (NAME,)
        ).fetchone()
        assert owner == (NAME,)
    settings = tomllib.loads((machine.folder / "home/nms.toml").read_text("utf-8"))
    assert {section: settings[section] for section in machine.settings} == machine.settings
    run_ok("promtool", "check", "config", str(machine.folder / "prometheus/prometheus.yml"))


def test_the_unit_is_one_that_systemd_takes(machine: Machine) -> None:
    """It is read by systemd's own checker; that it starts was not tried."""
    need("systemd-analyze")
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(machine.folder / "nms.service")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    told = [line for line in checked.stderr.splitlines() if "nms.service" in line and "Special user" not in line]
    assert told == []  # of the user of this test, it says that no service should have it


def test_the_linter_finds_nothing() -> None:
    run_ok(
        "env", f"PATH={ansible.BIN}:{os.environ['PATH']}", "sh", "-c",
        f"cd {ansible.FOLDER} && ansible-lint --offline --strict -q --nocolor 2>&1", timeout_s=240,
    )  # fmt: skip


def test_a_backup_tells_what_did_not_come_and_an_archive_is_made_once(machine: Machine) -> None:
    """A device without a command line is a failed task, with the words of the program; the archive is for its owner."""
    made = {"PATH": os.environ["PATH"], "NMS_HOME": str(machine.folder / "home")}
    subprocess.run(
        [NMS, "device", "add", "box", "address=127.0.0.1:9", "cli=frr"], env=made, check=True, capture_output=True
    )
    variables = {name: machine.variables[name] for name in ("nms_become", "nms_as_service", "nms_program", "nms_home")}
    here = machine.folder / "server.yml"
    here.write_text(f"{(ansible.FOLDER / 'server.yml').read_text()}nms_devices:\n  hosts:\n    box:\n")
    asked = ansible.play("backup.yml", machine.folder, variables | {"nms_only": "nms_devices"}, "-i", str(here))
    assert asked.code == 2, asked.text
    assert "box" in asked.text
    assert "credential of SSH" in asked.text
    archive = {"nms_archive_folder": str(machine.folder)}
    for changed in (1, 0):
        done = ansible.play("backup.yml", machine.folder, variables | archive, *machine.extra, "--tags", "archive")
        assert (done.code, done.changed) == (0, changed), done.text
    (written,) = machine.folder.glob("nms-*.tar.gz")
    assert machine.mode(written.name) == 0o600
