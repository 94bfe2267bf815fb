"""A small network of real agents: routers in namespaces of their own, with snmpd and lldpd, cabled by veth pairs.

    lab.enter("nms", "discover", lab.MANAGEMENT)      # the command line that runs a command inside, as root

The command runs where a network operations centre would stand: on the management network 10.99.0.0/24 and fd99::/64,
with the routers r1 (10.99.0.11, fd99::11), r2 and r3 in a row, r1:eth1 - eth1:r2:eth2 - eth1:r3. r3 is managed in band,
over its cable to r2; in that cable stands a `wire` that loses and delays echoes when told so at LAB_WIRE.
SNMP v2c, community from LAB_COMMUNITY. Everything ends with the command: the namespaces hold it all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MANAGEMENT, MANAGEMENT_6 = "10.99.0.0/24", "fd99::/64"
ROUTERS = {"r1": "10.99.0.11", "r2": "10.99.0.12", "r3": "10.99.0.13"}
IN_BAND = ("r3", "r2")
"""Who is managed over its cable to whom."""
CABLES = ((("r1", "eth1"), ("r2", "eth1")), (("r2", "eth2"), ("r3", "eth1")))
COMMUNITY = os.environ.get("LAB_COMMUNITY", "lab-community")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
PRIVATE = ("unshare", "-n", "-m", "-p", "-f", "--kill-child", "--mount-proc", "--propagation", "private")
"""A network, a mount and a process namespace: what is started inside ends with its first process, however that ends."""
NEEDED = ("snmpd", "lldpd", "ip", "unshare", "nsenter")


def missing() -> str:
    """Why the lab cannot be built here; empty when it can."""
    absent = [tool for tool in NEEDED if shutil.which(tool, path=PATH) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    return "" if os.geteuid() == 0 else "namespaces need root"


def enter(*command: str) -> list[str]:
    """The command line that runs a command inside the lab."""
    return [*PRIVATE, sys.executable, "-m", "tests.fakes.lab", *command]


def main(command: list[str]) -> int:
    """Build, run the command, end everything."""
    folder = Path(tempfile.mkdtemp(prefix="lab-"))
    started: list[subprocess.Popen[bytes]] = []
    try:
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "br0", "type", "bridge")
        _addressed(None, "br0", "10.99.0.1")
        holders = {name: _namespace(started) for name in ROUTERS}
        for name in ROUTERS:
            _inside(holders[name], "ip", "link", "set", "lo", "up")
            if name != IN_BAND[0]:
                _ip("link", "add", f"m-{name}", "type", "veth", "peer", "name", "mgmt0", "netns", _pid(holders[name]))
                _ip("link", "set", f"m-{name}", "master", "br0", "up")
        wired = _cabled(holders, started, folder / "wire")
        for name, address in ROUTERS.items():
            _addressed(holders[name], _managed_at(holders, name), address)
        for name, address in ROUTERS.items():
            started += _daemons(folder / name, holders[name], name, address)
        _await_neighbours()
        return subprocess.run(command, check=False, env={**os.environ, "LAB_WIRE": str(wired)}).returncode
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def six(address: str) -> str:
    """The IPv6 address of who has this IPv4 address in the lab."""
    return f"fd99::{address.rpartition('.')[2]}"


def _cabled(holders: dict[str, subprocess.Popen[bytes]], started: list[subprocess.Popen[bytes]], orders: Path) -> Path:
    """Every cable; in the one of who is managed in band stands the wire. Answers where the wire takes its orders."""
    for (a, a_port), (b, b_port) in CABLES:
        if IN_BAND[0] not in (a, b):
            _veth(holders[a], a_port, holders[b], b_port)
            continue
        middle = _namespace(started)
        _veth(holders[a], a_port, middle, "left")
        _veth(middle, "right", holders[b], b_port)
        command = [*_enter(middle), sys.executable, "-m", "tests.fakes.wire", "left", "right", str(orders)]
        wire = subprocess.Popen(command, stdout=subprocess.PIPE)
        started.append(wire)
        assert wire.stdout is not None
        assert wire.stdout.readline() == b"ready\n"
        wire.stdout.close()
    return orders


def _managed_at(holders: dict[str, subprocess.Popen[bytes]], name: str) -> str:
    """The port that carries the management address; who leads to another bridges its two sides."""
    if name == IN_BAND[0]:
        return "eth1"
    if name != IN_BAND[1]:
        return "mgmt0"
    _inside(holders[name], "ip", "link", "add", "br0", "type", "bridge")
    for port in ("mgmt0", "eth2"):
        _inside(holders[name], "ip", "link", "set", port, "master", "br0", "up")
    return "br0"


def _addressed(holder: subprocess.Popen[bytes] | None, port: str, address: str) -> None:
    """Both addresses on a port, usable at once: nobody else has them, so no duplicate is looked for."""
    for words in (
        ("addr", "add", f"{address}/24", "dev", port),
        ("addr", "add", f"{six(address)}/64", "dev", port, "nodad"),
        ("link", "set", port, "up"),
    ):
        if holder is None:
            _ip(*words)
        else:
            _inside(holder, "ip", *words)


def _veth(a: subprocess.Popen[bytes], a_port: str, b: subprocess.Popen[bytes], b_port: str) -> None:
    _inside(a, "ip", "link", "add", a_port, "type", "veth", "peer", "name", b_port, "netns", _pid(b))
    _inside(a, "ip", "link", "set", a_port, "up")
    _inside(b, "ip", "link", "set", b_port, "up")


def _pid(holder: subprocess.Popen[bytes]) -> str:
    return str(holder.pid)


def _namespace(started: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """A process that holds a network and a mount namespace with a /run of its own."""
    script = "mount -t tmpfs tmpfs /run && mkdir -p /run/lldpd && echo ready && exec sleep 3600"
    holder = subprocess.Popen(
        ["unshare", "-n", "-m", "--propagation", "private", "sh", "-c", script], stdout=subprocess.PIPE
    )
    started.append(holder)
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.stdout.close()
    return holder


def _daemons(folder: Path, holder: subprocess.Popen[bytes], name: str, address: str) -> list[subprocess.Popen[bytes]]:
    folder.mkdir()
    folder.parent.chmod(0o755)  # lldpd gives up root and reads its file as its own user
    agentx = folder / "agentx"
    (folder / "snmpd.conf").write_text(
        f"agentAddress udp:{address}:161,udp6:[{six(address)}]:161\nview everything included .1\n"
        f"rocommunity {COMMUNITY} default -V everything\n"
        f"rocommunity6 {COMMUNITY} default -V everything\n"
        f"sysName {name}\nsysDescr Linux {name} lab\nmaster agentx\nagentXSocket {agentx}\n"
    )
    environment = {**os.environ, "PATH": PATH, "SNMP_PERSISTENT_DIR": str(folder / "persist"), "MIBS": ""}
    snmpd = ["snmpd", "-f", "-Lf", str(folder / "snmpd.log"), "-C", "-c", str(folder / "snmpd.conf"), "-I", "-smux"]
    agent = subprocess.Popen([*_enter(holder), *snmpd, "-p", str(folder / "pid")], env=environment)
    _await(lambda: agentx.exists(), f"{name}: the AgentX socket")
    (folder / "lldpd.conf").write_text(
        f"configure system hostname {name}\nconfigure lldp portidsubtype ifname\nconfigure lldp tx-interval 1\n"
    )
    lldpd = ["lldpd", "-d", "-x", "-X", str(agentx), "-I", "eth*"]
    with (folder / "lldpd.log").open("wb") as log:
        announcer = subprocess.Popen(
            [*_enter(holder), *lldpd, "-O", str(folder / "lldpd.conf")], env=environment, stdout=log, stderr=log
        )
    return [agent, announcer]


def _await_neighbours() -> None:
    """Until r2, in the middle, hears both."""
    asked = ["snmpwalk", "-v2c", "-c", COMMUNITY, "-On", ROUTERS["r2"], "1.0.8802.1.1.2.1.4.1.1.9"]

    def hears_both() -> bool:
        answer = subprocess.run(asked, capture_output=True, text=True, check=False, env={**os.environ, "MIBS": ""})
        return '"r1"' in answer.stdout and '"r3"' in answer.stdout

    _await(hears_both, "the neighbours of r2", 12)


def _await(condition: object, what: str, limit_s: float = 10) -> None:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if callable(condition) and condition():
            return
        time.sleep(0.1)
    raise RuntimeError(f"{what} did not come up")


def _enter(holder: subprocess.Popen[bytes]) -> list[str]:
    return ["nsenter", "-t", str(holder.pid), "-n", "-m"]


def _inside(holder: subprocess.Popen[bytes], *command: str) -> None:
    subprocess.run([*_enter(holder), *command], check=True, env={**os.environ, "PATH": PATH})


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, env={**os.environ, "PATH": PATH})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
