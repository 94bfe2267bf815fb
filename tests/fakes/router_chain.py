"""Three real routers in a row, each in namespaces of its own, reached one through the other:

    with RouterChain() as chain: open_terminal(chain.target("r2"), chain.driver, chain.pins("r2"))

    we (10.0.1.1) -- (10.0.1.2) r1 (10.0.2.1) -- (10.0.2.2) r2 (10.0.3.1) -- (10.0.3.2) r3

Each runs FRR and sshd; packets to the farther ones are forwarded by the nearer ones, by routes that FRR holds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

from collectors.cli import CliTarget, HostKey, SshCredential
from collectors.driver import Driver, bundled
from tests.fakes.router_lab import PASSWORD, PATH, PRIVATE, SHELL_USER, Relay, become_router, wait_to_be_ended

NAMES = ("r1", "r2", "r3")
ADDRESSES = {"r1": "10.0.1.2", "r2": "10.0.2.2", "r3": "10.0.3.2"}
WAY_TO_US = {"r1": "", "r2": "ip route 10.0.1.0/24 10.0.2.1", "r3": "ip route 0.0.0.0/0 10.0.3.1"}
"""The route by which a router answers us."""
_ONWARD = {"r1": "ip route 10.0.3.0/24 10.0.2.2"}
_INNER = ("unshare", "-n", "-m", "-u", "-p", "-f", "--kill-child", "--mount-proc", "--propagation", "private")


def start_of(name: str) -> str:
    """What a router starts with."""
    number = NAMES.index(name) + 1
    routes = "\n".join(filter(None, (WAY_TO_US[name], _ONWARD.get(name))))
    second = "" if name == "r3" else f"interface eth1\n description far\n ip address 10.0.{number + 1}.1/24\nexit\n!\n"
    return (
        f"frr defaults traditional\nhostname {name}\nservice integrated-vtysh-config\n!\n{routes}\n!\n"
        f"interface eth0\n description near\n ip address {ADDRESSES[name]}/24\nexit\n!\n{second}line vty\n!\n"
    )


class RouterChain:
    """The three, ready when entered."""

    host = "127.0.0.1"

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="router-chain-"))
        with (self._folder / "log").open("wb") as log:
            self._holder = subprocess.Popen(
                [*PRIVATE, sys.executable, "-m", "tests.fakes.router_chain", str(self._folder)],
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PATH": PATH},
            )
        try:
            assert self._holder.stdout is not None
            if self._holder.stdout.readline().split()[:1] != [b"ready"]:
                raise RuntimeError(f"the routers did not start:\n{(self._folder / 'log').read_text()[-3000:]}")
            inside = _children(self._holder.pid)[0]
            self._relays = {name: Relay(inside, address) for name, address in ADDRESSES.items()}
            self._routers = dict(zip(NAMES, (_children(pid)[0] for pid in sorted(_children(inside))), strict=True))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for relay in getattr(self, "_relays", {}).values():
            relay.stop()
        self._holder.kill()
        self._holder.wait(10)
        if self._holder.stdout is not None:
            self._holder.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def driver(self) -> Driver:
        """How they are talked to."""
        return bundled()["frr_shell"]

    def port(self, name: str) -> int:
        """Where a router is reached on our loopback."""
        return self._relays[name].port

    def target(self, name: str) -> CliTarget:
        """How to log in."""
        return CliTarget(name, self.host, self.port(name), SshCredential(SHELL_USER, password=PASSWORD))

    def key(self, name: str) -> HostKey:
        """The true key of a router."""
        return HostKey.read(" ".join((self._folder / name / "host_key.pub").read_text().split()[:2]))

    def running(self, name: str) -> str:
        """What a router holds, asked from inside."""
        return self.inside(name, "vtysh", "-c", "show running-config no-header")

    def inside(self, name: str, *command: str) -> str:
        """The output of a command run in a router."""
        done = subprocess.run(
            ["nsenter", "-t", str(self._routers[name]), "-n", "-m", "-u", "-p", *command],
            capture_output=True, text=True, check=False, timeout=30, env={**os.environ, "PATH": PATH},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def manage(folder: Path) -> int:
    """In the namespace where we stand: start the routers, join them, wait until all are ready."""
    _ip("link", "set", "lo", "up")
    routers = []
    for name in NAMES:
        (folder / name).mkdir()
        routers.append(
            subprocess.Popen(
                [*_INNER, sys.executable, "-m", "tests.fakes.router_chain", str(folder / name), name],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
        )  # fmt: skip
    for router in routers:
        assert router.stdout is not None
        assert router.stdout.readline().strip() == "waiting"
    inside = [str(_children(router.pid)[0]) for router in routers]
    _ip("link", "add", "us", "type", "veth", "peer", "name", "eth0", "netns", inside[0])
    for near, far in pairwise(inside):
        _ip("link", "add", "name", "eth1", "netns", near, "type", "veth", "peer", "name", "eth0", "netns", far)
    _ip("address", "add", "10.0.1.1/24", "dev", "us")
    _ip("link", "set", "us", "up")
    for net in ("10.0.2.0/24", "10.0.3.0/24"):
        _ip("route", "add", net, "via", "10.0.1.2")
    for router in routers:
        assert router.stdin is not None
        router.stdin.write("joined\n")
        router.stdin.flush()
    for router in routers:
        assert router.stdout is not None
        assert router.stdout.readline().strip() == "ready"
    return wait_to_be_ended()


def be(folder: Path, name: str) -> int:
    """In a router's namespaces: wait until it is joined to the others, then become it."""
    print("waiting", flush=True)
    sys.stdin.readline()
    for port in ("eth0", "eth1"):
        if name != "r3" or port == "eth0":
            _ip("link", "set", port, "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")  # of this namespace
    become_router(folder, name, start_of(name), "0.0.0.0")
    return wait_to_be_ended()


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], check=False, stdout=sys.stderr, stderr=sys.stderr)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: exit code {done.returncode}")


if __name__ == "__main__":
    at = Path(sys.argv[1])
    sys.exit(be(at, sys.argv[2]) if len(sys.argv) > 2 else manage(at))
