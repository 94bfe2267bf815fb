"""A private PostgreSQL cluster in a temporary folder: own port on loopback, own user, ended with the test session."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType

import psycopg


def find_postgres() -> Path | None:
    """The newest server's folder of programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PrivatePostgres:
    """A running server; as root it runs as `nobody`, since PostgreSQL refuses root."""

    def __init__(self, folder: Path, name: str = "") -> None:
        """A cluster in a folder; `name` tells it from the other ones of this process."""
        bin_folder = find_postgres()
        assert bin_folder is not None
        self._bin = bin_folder
        self._folder = Path(f"/tmp/nms-pg-{os.getpid()}{name}") if os.getuid() == 0 else folder
        self._data = self._folder / "data"
        self.port = free_port()
        self._numbers = count(1)
        self._runs = False

    def __enter__(self) -> PrivatePostgres:
        self._folder.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "nms", "-N", "-E", "UTF8", "--locale=C.UTF-8")
        self.start()
        return self

    def start(self) -> None:
        """Start it (again): the same port, the same data."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder}"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self._folder / "log"), "-o", options, "start")
        self._runs = True

    def stop(self) -> None:
        """Stop it as a crash would; it may be started again."""
        self._runs = False
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Every process of the server stands still (SIGSTOP), as when its machine hangs; they go on afterwards."""
        first = int((self._data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        all_of_it = [first, *map(int, children)]
        for pid in all_of_it:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in all_of_it:
                os.kill(pid, signal.SIGCONT)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runs:
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def new_database(self) -> str:
        """URL of a new empty database."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(host="127.0.0.1", port=self.port, user="nms", dbname="postgres", autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql+psycopg://nms@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        """Run a program of the server; its words go to a file, since a started server would keep a pipe open."""
        command = [str(self._bin / program), *arguments]
        if os.getuid() == 0:
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._folder), "LC_ALL": "C.UTF-8"}
        with tempfile.TemporaryFile() as words:
            done = subprocess.run(
                command, cwd=self._folder, env=environment, stdout=words, stderr=subprocess.STDOUT, timeout=60
            )
            words.seek(0)
            assert done.returncode == 0, words.read().decode("utf-8", "replace")
