"""A small network of real agents: routers in namespaces of their own, with snmpd and lldpd, cabled by veth pairs.

    lab.enter("nms", "discover", lab.MANAGEMENT)      # the command line that runs a command inside, as root

The command runs where a network operations centre would stand: on the management network 10.99.0.0/24, with the
routers r1 (10.99.0.11), r2 and r3 in a row, r1:eth1 - eth1:r2:eth2 - eth1:r3. SNMP v2c, community from LAB_COMMUNITY.
Everything ends with the command: the namespaces hold it all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MANAGEMENT = "10.99.0.0/24"
ROUTERS = {"r1": "10.99.0.11", "r2": "10.99.0.12", "r3": "10.99.0.13"}
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
        _ip("addr", "add", "10.99.0.1/24", "dev", "br0")
        _ip("link", "set", "br0", "up")
        holders = {name: _namespace(started) for name in ROUTERS}
        for name, address in ROUTERS.items():
            _ip("link", "add", f"m-{name}", "type", "veth", "peer", "name", "mgmt0", "netns", str(holders[name].pid))
            _ip("link", "set", f"m-{name}", "master", "br0", "up")
            _inside(holders[name], "ip", "addr", "add", f"{address}/24", "dev", "mgmt0")
            _inside(holders[name], "ip", "link", "set", "mgmt0", "up")
            _inside(holders[name], "ip", "link", "set", "lo", "up")
        for (a, a_port), (b, b_port) in CABLES:
            ends = ["type", "veth", "peer", "name", b_port, "netns", str(holders[b].pid)]
            _inside(holders[a], "ip", "link", "add", a_port, *ends)
            _inside(holders[a], "ip", "link", "set", a_port, "up")
            _inside(holders[b], "ip", "link", "set", b_port, "up")
        for name, address in ROUTERS.items():
            started += _daemons(folder / name, holders[name], name, address)
        _await_neighbours()
        return subprocess.run(command, check=False).returncode
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)


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
        f"agentAddress udp:{address}:161\nview everything included .1\nrocommunity {COMMUNITY} default -V everything\n"
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
