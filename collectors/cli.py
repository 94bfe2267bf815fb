"""The vocabulary of command lines over SSH: where to log in, with what, whose key is believed, what a session can do.

No type of an SSH library crosses this line; `collectors.terminal` opens what is described here.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Protocol

from nms.base.errors import InputError
from nms.base.text import clean, say

SSH_PORT = 22


@dataclass(frozen=True, slots=True)
class SshCredential:
    """What opens a command line: a user with a password, or with a private key (PEM, not encrypted)."""

    user: str
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    name: str = ""


@dataclass(frozen=True, slots=True)
class CliTarget:
    """Where to log in: `host` is a literal address that was already checked by `inventory.address`."""

    device: str
    host: str
    port: int
    credential: SshCredential

    def __post_init__(self) -> None:
        try:
            ip_address(self.host)
        except ValueError:
            raise InputError(
                "bad_address",
                say("“{shown}” is not an address.", shown=clean(self.host, 60)),
                value=clean(self.host, 60),
            ) from None


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public key as OpenSSH writes it: `kind` (`ssh-ed25519`), `text` (base64)."""

    kind: str
    text: str

    @property
    def fingerprint(self) -> str:
        """As OpenSSH shows it: `SHA256:...`."""
        digest = hashlib.sha256(base64.b64decode(self.text)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def __str__(self) -> str:
        return f"{self.kind} {self.text}"

    @classmethod
    def read(cls, line: str) -> HostKey:
        """From `ssh-ed25519 AAAA...`, as in a known_hosts file or `ssh-keyscan`, without the host.

        Raises:
            InputError: it is not such a line.
        """
        kind, _, text = line.strip().partition(" ")
        name = kind.encode()
        try:
            whole = base64.b64decode(text, validate=True)
        except ValueError:
            whole = b""
        if not name or whole[: 4 + len(name)] != len(name).to_bytes(4, "big") + name:
            raise InputError(
                "bad_host_key", say("This is not a public key such as “ssh-ed25519 AAAA…”."), value=clean(line, 80)
            )
        return cls(kind, text)


class HostKeys(Protocol):
    """Which key is pinned for which device."""

    def get(self, device: str) -> HostKey | None:
        """The pinned key of a device; None when nobody confirmed one."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each step may take, in seconds, and how much may come in one session, in octets."""

    connect_s: float = 10.0
    login_s: float = 15.0
    answer_s: float = 60.0
    octets: int = 10_000_000

    def __post_init__(self) -> None:
        if min(self.connect_s, self.login_s, self.answer_s, self.octets) <= 0:
            raise InputError("bad_patience", say("Every wait for a device has an end: more than 0 seconds."))


PATIENCE = Patience()
"""What is usual."""


class Terminal(Protocol):
    """An open session. Every failure is a `DeviceError`; its fact `transcript` is what was said, redacted."""

    def running(self) -> str:
        """The running configuration, whole and cleaned (`Driver.whole`); a BadAnswer when it is not."""
        ...

    def configure(self, lines: Sequence[str]) -> str:
        """Send lines in configuration mode and leave it; the transcript, redacted.

        Raises:
            InputError: a line is not one line of printable text; nothing was sent.
            PushFailed: the device refused a line: facts `line`, `answer`, `sent` (lines taken before it), `transcript`.
            DeviceError: the session broke; fact `sent` says how many lines had been taken.
        """
        ...

    def run(self, command: str) -> str:
        """The answer to one command, plain; a BadAnswer when the device refuses it."""
        ...

    def save(self) -> None:
        """Make the running configuration the one of the next start; a BadAnswer when the device does not say so."""
        ...

    def dry_run(self, lines: Sequence[str]) -> tuple[tuple[int, str], ...] | None:
        """Lines that the device would refuse, by their number from 1, with its words; None: its driver knows no way.

        Raises:
            DeviceError: the driver knows a way, and the device did not do it.
        """
        ...

    def arm(self, inverse: Sequence[str], after_s: int) -> bool:
        """Let the device take what is sent next back by itself after so many seconds; False: its driver knows no way.

        Raises:
            DeviceError: the driver knows a way, and the device did not take it: nothing must be sent.
        """
        ...

    def disarm(self) -> None:
        """What was sent stays, unless it was taken back already: after this, nothing is pending.

        Raises:
            DeviceError: it could not be told.
        """
        ...

    def blind(self, lines: Sequence[str]) -> None:
        """Type lines in configuration mode without waiting for anything: the session may answer no more."""
        ...

    def close(self) -> None:
        """End the session; does nothing when it has ended."""
        ...
