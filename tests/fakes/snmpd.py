"""The real `snmpd` of net-snmp as an independent agent: `with Snmpd() as agent: agent.host, agent.port`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from collectors.base import SnmpCredential, SnmpTarget, SnmpVersion
from tests.fakes.agent import GET, arcs, element, integer, oid_content

BINARY = shutil.which("snmpd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
COMMUNITY = "canary-community"
AUTH_KEY = "canary auth key 1"
PRIV_KEY = "canary priv key 2"
AUTHS = {"SHA1": "SHA", "SHA224": "SHA-224", "SHA256": "SHA-256", "SHA384": "SHA-384", "SHA512": "SHA-512"}
PRIVS = {"AES128": "AES", "AES192": "AES-192", "AES256": "AES-256"}


def user_of(auth: str | None, priv: str | None) -> str:
    """Name of the v3 user with these algorithms."""
    return f"u_{auth or 'none'}_{priv or 'none'}".lower()


class Snmpd:
    """A private snmpd on a free port of 127.0.0.1, ready when entered: a v2c community, a v3 user per algorithm pair.

    `extra` is appended to its configuration (for example `sysName box` or `pass` lines).
    """

    def __init__(self, extra: str = "", engine_id: str = "") -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.extra = extra
        self.engine_id = engine_id

    def __enter__(self) -> Self:
        if BINARY is None:
            raise RuntimeError("snmpd is not installed: apt-get install snmpd")
        self._folder = tempfile.TemporaryDirectory(prefix="snmpd-")
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._folder.cleanup()

    def start(self) -> None:
        """Start (again, after `stop`): same port, same users, engineBoots one higher.

        Raises:
            RuntimeError: it did not answer within ten seconds.
        """
        folder = Path(self._folder.name)
        self.port = self.port or _free_port()
        (folder / "snmpd.conf").write_text(self._configuration())
        command = [str(BINARY), "-f", "-Lf", str(folder / "log"), "-C", "-c", str(folder / "snmpd.conf")]
        command += ["-p", str(folder / "pid"), f"udp:{self.host}:{self.port}"]
        environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(folder / "persist"), "MIBS": ""}
        self._process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
        if not self._ready(10.0):
            log = (folder / "log").read_text(errors="replace")
            self.stop()
            self._folder.cleanup()
            raise RuntimeError(f"snmpd did not answer:\n{log}")

    def stop(self) -> None:
        """End this snmpd, and only this one."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def target(self, timeout_s: float = 1.5, retries: int = 1, deadline_s: float = 8.0) -> SnmpTarget:
        """How to ask it over v2c."""
        credential = SnmpCredential(SnmpVersion.V2C, community=COMMUNITY)
        return SnmpTarget(self.host, self.port, credential, timeout_s, retries, deadline_s)

    def target_v3(self, auth: str | None = "SHA256", priv: str | None = "AES128", **changes: object) -> SnmpTarget:
        """How to ask it over v3 as the user of these algorithms."""
        credential = SnmpCredential(
            SnmpVersion.V3,
            user=str(changes.get("user", user_of(auth, priv))),
            auth=auth,
            auth_key=str(changes.get("auth_key", AUTH_KEY if auth else "")),
            priv=priv,
            priv_key=str(changes.get("priv_key", PRIV_KEY if priv else "")),
        )
        return SnmpTarget(self.host, self.port, credential)

    def _configuration(self) -> str:
        lines = [f"rocommunity {COMMUNITY} 127.0.0.1", "sysName fake-snmpd", "sysLocation Poitiers"]
        if self.engine_id:
            lines.append(f"exactEngineID {self.engine_id}")
        lines += [f"createUser {user_of(None, None)}", f"rouser {user_of(None, None)} noauth"]
        for auth, auth_name in AUTHS.items():
            lines.append(f'createUser {user_of(auth, None)} {auth_name} "{AUTH_KEY}"')
            lines.append(f"rouser {user_of(auth, None)} auth")
            for priv, priv_name in PRIVS.items():
                name = user_of(auth, priv)
                lines.append(f'createUser {name} {auth_name} "{AUTH_KEY}" {priv_name} "{PRIV_KEY}"')
                lines.append(f"rouser {name} priv")
        return "\n".join([*lines, self.extra, ""])

    def _ready(self, patience_s: float) -> bool:
        """Whether it answers a v2c GET of sysUpTime before patience ends."""
        name = element(0x30, element(0x06, oid_content(arcs("1.3.6.1.2.1.1.3.0"))) + element(0x05, b""))
        pdu = element(GET, b"".join(element(*integer(n)) for n in (1, 0, 0)) + element(0x30, name))
        ask = element(0x30, element(*integer(1)) + element(0x04, COMMUNITY.encode()) + pdu)
        pause = threading.Event()
        for _ in range(int(patience_s / 0.1)):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.settimeout(0.1)
                probe.connect((self.host, self.port))
                try:
                    probe.send(ask)
                    if probe.recv(2048):
                        return True
                except OSError:
                    pause.wait(0.1)
            if self._process.poll() is not None:
                return False
        return False


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
