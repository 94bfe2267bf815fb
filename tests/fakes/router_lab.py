"""A real router's command line: FRRouting's vtysh as login shell over OpenSSH, in namespaces of its own.

    with RouterLab() as lab: open_terminal(lab.target(), lab.driver, lab.pins())

Network, mounts (all of /etc among them) and processes are private: the users are made in a copy of /etc, routes in a
network of its own, and everything ends with the lab. The tests stay outside; a relay on 127.0.0.1 leads in.
"""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from collectors.cli import CliTarget, HostKey, SshCredential
from collectors.driver import Driver, bundled

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/lib/frr"
PRIVATE = ("unshare", "-n", "-m", "-u", "-p", "-f", "--kill-child", "--mount-proc", "--propagation", "private")
NEEDED = ("sshd", "vtysh", "zebra", "staticd", "bgpd", "frr-reload.py", "unshare", "nsenter", "ip", "ssh-keygen")
USER, SHELL_USER, PASSWORD = "nocdev", "nocsh", "canary-ssh-password"
CLONE_NEWNET = 0x40000000
START = f"""frr defaults traditional
hostname core-1
service integrated-vtysh-config
!
ip route 203.0.113.0/24 192.0.2.254
!
interface lo
 description loopback of the core
 ip address 192.0.2.1/32
exit
!
router bgp 64512
 bgp router-id 192.0.2.1
 no bgp ebgp-requires-policy
 neighbor 192.0.2.9 remote-as 64513
 neighbor 192.0.2.9 password {PASSWORD}-bgp
 neighbor 192.0.2.9 description upstream
exit
!
line vty
!
"""
"""What the router starts with."""


def missing() -> str:
    """Why the lab cannot be built here; empty when it can."""
    absent = [tool for tool in NEEDED if shutil.which(tool, path=PATH) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (make system-packages)"
    return "" if os.geteuid() == 0 else "namespaces need root"


class RouterLab:
    """One router, ready when entered; reached at `host`:`port` from where the test runs."""

    host = "127.0.0.1"

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="router-lab-"))
        with (self._folder / "log").open("wb") as log:
            self._holder = subprocess.Popen(
                [*PRIVATE, sys.executable, "-m", "tests.fakes.router_lab", str(self._folder)],
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PATH": PATH},
            )
        try:
            assert self._holder.stdout is not None
            said = self._holder.stdout.readline().split()
            if said[:1] != [b"ready"]:
                raise RuntimeError(f"the router did not start:\n{(self._folder / 'log').read_text()}")
            self._inside = self._first_inside()
            self._relay = Relay(self._inside)
            self.port = self._relay.port
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if hasattr(self, "_relay"):
            self._relay.stop()
        self._holder.kill()  # unshare --kill-child: the first process inside ends with it, and with that one the rest
        self._holder.wait(10)
        if self._holder.stdout is not None:
            self._holder.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def driver(self) -> Driver:
        """How it is talked to."""
        return bundled()["frr"]

    def target(
        self, device: str = "core-1", password: str = PASSWORD, by_key: bool = False, user: str = USER
    ) -> CliTarget:
        """How to log in."""
        key = (self._folder / "user_key").read_text() if by_key else ""
        credential = SshCredential(user, password="" if by_key else password, private_key=key, name="lab-ssh")
        return CliTarget(device, self.host, self.port, credential)

    def pins(self, device: str = "core-1") -> dict[str, HostKey]:
        """Its true key, as read from its own disk."""
        return {device: HostKey.read(" ".join((self._folder / "host_key.pub").read_text().split()[:2]))}

    def vtysh(self, *commands: str) -> str:
        """The router's own answer, asked from inside: what is true, whatever the terminal says."""
        words = [word for command in commands for word in ("-c", command)]
        return self._run("vtysh", *words)

    def routes(self) -> str:
        """The kernel's routes inside."""
        return self._run("ip", "route")

    def delta_to(self, golden: str) -> str:
        """What frr-reload would still change to reach a configuration: FRR's own judgement."""
        path = self._folder / "golden.conf"
        path.write_text(golden)
        return self._run("frr-reload.py", "--test", "--stdout", str(path))

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            ["nsenter", "-t", str(self._inside), "-n", "-m", "-u", "-p", *command],
            capture_output=True, text=True, check=False, timeout=30, env={**os.environ, "PATH": PATH},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _first_inside(self) -> int:
        children = Path(f"/proc/{self._holder.pid}/task/{self._holder.pid}/children").read_text().split()
        return int(children[0])


class Relay:
    """Takes connections where the test runs and opens each one's other half inside another network."""

    def __init__(self, inside: int, address: str = "127.0.0.1") -> None:
        self._address = address
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._inside = inside
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        """Take no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with Path(f"/proc/{self._inside}/ns/net").open() as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")  # of this thread only
        while True:
            try:
                outer, _ = self._listener.accept()
            except OSError:
                return
            try:
                inner = socket.create_connection((self._address, 22), timeout=5)
            except OSError:
                outer.close()
                continue
            inner.settimeout(None)
            threading.Thread(target=_joined, args=(outer, inner), daemon=True).start()


def _joined(outer: socket.socket, inner: socket.socket) -> None:
    """Carry octets both ways until either side has ended."""
    with outer, inner, suppress(OSError):
        while True:
            for source in select.select([outer, inner], [], [])[0]:
                data = source.recv(65536)
                if not data:
                    return
                (inner if source is outer else outer).sendall(data)


def main(folder: Path) -> int:
    """Inside: build the router, say that it is ready, wait to be ended."""
    become_router(folder, "core-1", START, "127.0.0.1")
    return wait_to_be_ended()


def become_router(folder: Path, name: str, start: str, listen: str) -> None:
    """Turn the namespaces that this runs in into a router that has read `start` and listens for SSH."""
    _run("hostname", name)
    _run("ip", "link", "set", "lo", "up")
    for private in ("/run", "/var/tmp"):
        _run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", private)
    _run("cp", "-a", "/etc", str(folder / "etc"))
    _run("mount", "--bind", str(folder / "etc"), "/etc")
    for user, login in ((USER, "vtysh"), (SHELL_USER, "sh")):
        _run("useradd", "-M", "-d", "/", "-s", shutil.which(login, path=PATH) or "", "-G", "frrvty", user)
        _run("chpasswd", given=f"{user}:{PASSWORD}\n")
    _configured(start)
    for daemon, more in (("zebra", ()), ("staticd", ()), ("bgpd", ("-p", "0"))):
        _run(daemon, "-d", "-A", "127.0.0.1", "-F", "traditional", *more)
    _await(lambda: _run("vtysh", "-c", "show version", check=False) == 0, "the daemons of FRR")
    _run("vtysh", "-b")
    _sshd(folder, listen)


def wait_to_be_ended() -> int:
    """Say that it is ready, and bury the dead: this is the first process of its namespace."""
    print("ready", flush=True)
    while True:
        os.wait() if _children() else time.sleep(0.2)  # the first process of a namespace buries the others
    return 0


def _configured(start: str) -> None:
    frr = Path("/etc/frr")
    for old in frr.iterdir():
        old.unlink()
    (frr / "frr.conf").write_text(start)
    (frr / "vtysh.conf").write_text("service integrated-vtysh-config\n")
    Path("/run/frr").mkdir()
    _run("chown", "frr:frr", "/run/frr")
    _run("chown", "-R", "frr:frrvty", "/etc/frr")
    frr.chmod(0o2770)
    for file in frr.iterdir():
        file.chmod(0o660)


def _sshd(folder: Path, listen: str) -> None:
    Path("/run/sshd").mkdir(mode=0o755)
    for key in ("host_key", "user_key"):
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key))
    shutil.copy(folder / "user_key.pub", "/etc/ssh/lab_keys")
    Path("/etc/ssh/lab_keys").chmod(0o644)
    config = Path("/etc/ssh/lab_config")
    config.write_text(
        f"ListenAddress {listen}\nPort 22\nUsePAM no\nHostKey {folder}/host_key\nPasswordAuthentication yes\n"
        "StrictModes no\nAuthorizedKeysFile /etc/ssh/lab_keys\nPidFile none\nMaxStartups 100\nPrintMotd no\n"
    )
    _run(shutil.which("sshd", path=PATH) or "", "-f", str(config))
    _await(lambda: _listens("127.0.0.1" if listen == "0.0.0.0" else listen), "sshd")


def _listens(address: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, 22)) == 0


def _children() -> str:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text()


def _run(*command: str, given: str | None = None, check: bool = True) -> int:
    done = subprocess.run(command, input=given, text=True, check=False, stdout=sys.stderr, stderr=sys.stderr)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}")
    return done.returncode


def _await(condition: object, what: str, limit_s: float = 15) -> None:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if callable(condition) and condition():
            return
        time.sleep(0.1)
    raise RuntimeError(f"{what} did not come up")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
