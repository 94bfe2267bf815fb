"""An SSH server whose command line does what a test tells it to: a small router of sections and lines, and its faults.

    with EvilSsh(START, Evil(drop_after=3)) as box: open_terminal(box.target(), box.driver, box.pins())

Lines of configuration apply at once; `no LINE` takes one back; an indented line belongs to the section
that was entered. What was typed stands in `received`, what the box holds in `configuration()`.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import paramiko

from collectors.cli import CliTarget, HostKey, Patience, SshCredential
from collectors.driver import Confirm, Driver

USER, PASSWORD = "nocdev", "canary-ssh-password"
HASTE = Patience(connect_s=2.0, login_s=3.0, answer_s=3.0)
"""Patience of tests: a fault that is waited for costs no minute."""

SCRIPTED = Driver(
    name="scripted",
    label="Scripted",
    netmiko="cisco_ios",
    show="show running-config",
    begins=r"^version \d",
    ends="end",
    strip=("Building configuration\\.\\.\\.", "! Last change at .*", "end"),
    error=r"^% ?(Invalid|Unknown|Incomplete|Error)",
    save="write memory",
    saved=r"^\[OK\]",
    negate="no ",
    comment="^!",
    hier="CISCO_IOS",
    secrets=(r"^\s*snmp-server community (?P<secret>\S+)", r"^\s*password (?P<secret>\S.*)$"),
)
CAUTIOUS = SCRIPTED.model_copy(
    update={
        "name": "cautious",
        "confirm": Confirm(
            start="configure terminal revert timer {minutes}", confirm="configure confirm", abort="configure revert now"
        ),
    }
)
"""The same box where changes revert unless they are confirmed; its minutes last `MINUTE_S`."""
MINUTE_S = 1.0
PIECE_S = 0.06
"""The pause after a piece of an answer: longer than a reader that looks for more waits between two looks."""
START = (
    "version 1.0",
    "hostname box",
    "snmp-server community canary-community RO",
    "interface eth0",
    " description uplink",
    " mtu 1500",
    "interface eth1",
    " description spare",
    "ip route 198.51.100.0 255.255.255.0 192.0.2.1",
)


@dataclass(frozen=True, slots=True)
class Evil:
    """What goes wrong; the default does nothing wrong. Patterns are searched in what was typed.

    `refuse` answers “% Invalid input”, `ignore` takes a line and does not keep it, `hang` never answers, `drop` closes
    the connection before the line is taken, `drop_after` does so at the n-th line typed, `reboot` closes after taking
    it. `show` replaces the answer to `show running-config` (octets where it is no text), `flood` octets come after it,
    `mute` leaves the prompt out. Answers come in `pieces` of so many octets, with a pause after each.
    """

    password: str = PASSWORD
    banner: str = ""
    slow_s: float = 0.0
    mute: bool = False
    no_shell: bool = False
    show: str | bytes | None = None
    pieces: int = 0
    flood: int = 0
    refuse: str | None = None
    ignore: str | None = None
    hang: str | None = None
    drop: str | None = None
    drop_after: int | None = None
    reboot: str | None = None
    no_save: bool = False


class EvilSsh:
    """The server, on a free port of 127.0.0.1; `evil` may be changed between connections.

    Left and entered again, it listens on the same port.
    """

    host = "127.0.0.1"

    def __init__(self, start: tuple[str, ...] = START, evil: Evil | None = None, name: str = "box") -> None:
        self.evil, self.name = evil or Evil(), name
        self.received: list[str] = []
        self.open_sessions = self.port = 0
        self._sections: dict[str, list[str]] = {}
        self._saved: str | None = None
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        for line in start:
            self._take(line)
        self._section = ""
        self._key = paramiko.ECDSAKey.generate()

    def __enter__(self) -> Self:
        self._listener = socket.create_server((self.host, self.port), backlog=200)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for the next one
        self._listener.close()

    @property
    def driver(self) -> Driver:
        """How it is talked to."""
        return SCRIPTED

    def target(self, device: str = "box", password: str = PASSWORD) -> CliTarget:
        """How to log in."""
        return CliTarget(device, self.host, self.port, SshCredential(USER, password, name="lab-ssh"))

    def pins(self, device: str = "box") -> dict[str, HostKey]:
        """Its key of now."""
        return {device: self.key()}

    def key(self) -> HostKey:
        """Its host key of now."""
        return HostKey(self._key.get_name(), self._key.get_base64())

    def change_key(self) -> None:
        """From now on, another host key."""
        self._key = paramiko.ECDSAKey.generate()

    def turn(self, **changes: object) -> None:
        """Change what goes wrong."""
        self.evil = replace(self.evil, **changes)  # type: ignore[arg-type]

    def configuration(self) -> str:
        """What it holds now, as it shows it."""
        with self._lock:
            lines = [line for section, inner in self._sections.items() for line in (section, *inner)]
        return "\n".join(["Building configuration...", *lines, "end"]) + "\n"

    def saved(self) -> str | None:
        """What it held when it was told to save."""
        return self._saved

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._session, args=(sock,), daemon=True).start()

    def _session(self, sock: socket.socket) -> None:
        transport = paramiko.Transport(sock)
        transport.add_server_key(self._key)
        server = _Server(self.evil)
        try:
            transport.start_server(server=server)
            channel = transport.accept(10)
            if channel is None or not server.shell.wait(10):
                return
            if self.evil.no_shell:
                _until_closed(channel)
                return
            with self._lock:
                self.open_sessions += 1
            try:
                self._talk(channel)
            finally:
                with self._lock:
                    self.open_sessions -= 1
        except (paramiko.SSHException, EOFError, OSError):
            pass
        finally:
            transport.close()

    def _talk(self, channel: paramiko.Channel) -> None:
        evil, configuring = self.evil, False
        channel.sendall(evil.banner.replace("\n", "\r\n").encode())
        self._prompt(channel, configuring)
        for taken, line in enumerate(_lines(channel), start=1):
            if line.strip():
                self.received.append(line)
            if (evil.drop_after is not None and taken > evil.drop_after) or _hit(evil.drop, line):
                return
            channel.sendall(f"{line}\r\n".encode())  # the echo
            if _hit(evil.hang, line):
                _until_closed(channel)
                return
            word = line.strip()
            if configuring and (word == "end" or (word == "exit" and not self._section)):
                configuring = False
            elif configuring:
                self._answer(channel, self._configure(line))
            elif word.startswith("configure terminal"):
                configuring, self._section = True, ""
                self._revert_later(word)
            elif word in ("exit", "logout"):
                return
            else:
                self._answer(channel, self._execute(word))
            if _hit(evil.reboot, line):
                return
            self._prompt(channel, configuring)

    def _prompt(self, channel: paramiko.Channel, configuring: bool) -> None:
        if not self.evil.mute:
            time.sleep(self.evil.slow_s)
            mode = "(config-if)" if configuring and self._section else "(config)" if configuring else ""
            channel.sendall(f"{self.name}{mode}#".encode())

    def _answer(self, channel: paramiko.Channel, text: str | bytes) -> None:
        octets = (text.encode() if isinstance(text, str) else text).replace(b"\n", b"\r\n")
        for at in range(0, len(octets), self.evil.pieces or len(octets) or 1):
            channel.sendall(octets[at : at + self.evil.pieces] if self.evil.pieces else octets)
            time.sleep(PIECE_S if self.evil.pieces else 0)

    def _execute(self, command: str) -> str | bytes:
        evil = self.evil
        if _hit(evil.refuse, command):
            return "% Invalid input detected\n"
        if command == SCRIPTED.show:
            shown = self.configuration() if evil.show is None else evil.show
            return shown + "x" * 79 * (evil.flood // 79) if isinstance(shown, str) else shown
        if command == SCRIPTED.save:
            if evil.no_save:
                return "% Error: no space left on flash\n"
            self._saved = self.configuration()
            return "Building configuration...\n[OK]\n"
        if command == "configure confirm" and self._timer is not None:
            self._timer.cancel()
            self._timer = None
            return ""
        return "" if not command or command.startswith("terminal ") else "% Unknown command\n"

    def _revert_later(self, command: str) -> None:
        match = re.search(r"revert timer (\d+)", command)
        if match is None:
            return
        with self._lock:
            before, name = {section: list(inner) for section, inner in self._sections.items()}, self.name

        def revert() -> None:
            with self._lock:
                self._sections, self.name, self._timer = before, name, None

        self._timer = threading.Timer(int(match[1]) * MINUTE_S, revert)
        self._timer.daemon = True
        self._timer.start()

    def _configure(self, line: str) -> str:
        if _hit(self.evil.refuse, line):
            return "% Invalid input detected\n"
        if line.strip() == "exit":
            self._section = ""
        elif line.strip() and not _hit(self.evil.ignore, line):
            self._take(line)
        return ""

    def _take(self, line: str) -> None:
        """Apply one line of configuration; a line typed inside a section belongs to it, unless it opens another."""
        with self._lock:
            word, indented = line.strip(), line.startswith(" ")
            back = word.startswith("no ")
            plain = word.removeprefix("no ")
            inside = getattr(self, "_section", "")
            if not indented and back and plain in self._sections:
                del self._sections[plain]
                self._section = ""
            elif inside and (indented or not _opens(plain)):
                inner = self._sections.setdefault(inside, [])
                kept = [held for held in inner if held.strip() != plain and not (_same(held, plain) and not back)]
                self._sections[inside] = kept if back else [*kept, f" {plain}"]
            elif not back:
                if plain.startswith("hostname "):
                    self.name = plain.split()[1]
                    self._sections = {held: v for held, v in self._sections.items() if not held.startswith("hostname ")}
                self._sections.setdefault(plain, [])
                self._section = plain if plain.startswith("interface ") else ""


def _until_closed(channel: paramiko.Channel) -> None:
    """Say nothing until the other side has had enough."""
    while not channel.closed and not channel.eof_received:
        time.sleep(0.05)


def _opens(line: str) -> bool:
    """Whether a line is one of the top level."""
    return line.startswith(("interface ", "hostname ", "ip route ", "snmp-server ", "version "))


def _same(held: str, line: str) -> bool:
    """Whether both set the same thing of a section: its first word."""
    return held.split()[:1] == line.split()[:1]


def _hit(pattern: str | None, line: str) -> bool:
    return pattern is not None and re.search(pattern, line) is not None


def _lines(channel: paramiko.Channel) -> Iterator[str]:
    """What is typed, line by line."""
    pending = ""
    while data := channel.recv(4096):
        pending += data.decode("utf-8", "replace")
        while match := re.search(r"\r\n|\r|\n", pending):
            yield pending[: match.start()]
            pending = pending[match.end() :]


class _Server(paramiko.ServerInterface):  # type: ignore[misc]  # paramiko publishes no types
    def __init__(self, evil: Evil) -> None:
        self._evil, self.shell = evil, threading.Event()

    def check_auth_password(self, username: str, password: str) -> int:
        good = username == USER and password == self._evil.password
        return int(paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED)

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def check_channel_pty_request(self, *_args: object) -> bool:
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        self.shell.set()
        return True
