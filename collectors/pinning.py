"""Host keys and bounds for netmiko: one pinned key per device, an end to what a device may say.

Used by `collectors.terminal` only.
"""

from __future__ import annotations

import codecs
from typing import Any, cast

import paramiko
from netmiko.channel import SSHChannel
from netmiko.netmiko_globals import MAX_BUFFER
from netmiko.ssh_dispatcher import CLASS_MAPPER

from collectors.cli import HostKey
from nms.base.clock import SystemClock
from nms.base.errors import BadAnswer, HostKeyChanged, HostKeyUnknown
from nms.base.text import say


def as_ours(key: paramiko.PKey) -> HostKey:
    """A key of paramiko as one of ours."""
    return HostKey(key.get_name(), key.get_base64())


IDLE_S = 2.0
"""Netmiko looks many times in a second while it waits; after a longer break, nobody was waiting."""


class _Client(paramiko.SSHClient):  # type: ignore[misc]  # paramiko publishes no types
    """Knows one host key, the pinned one, and asks the device for a key of that kind."""

    def __init__(self, pinned: HostKey | None, start: str | None) -> None:
        super().__init__()
        self._pinned_key, self._start = pinned, start
        self.set_missing_host_key_policy(_Pinned(pinned))

    def connect(self, *args: Any, **options: Any) -> None:
        """As paramiko, with the kind of the pinned key first in the negotiation."""
        super().connect(*args, transport_factory=self._transport_of, **options)

    def invoke_shell(self, term: str = "vt100", width: int = 80, height: int = 24, **_more: Any) -> paramiko.Channel:
        """The command line: the user's login program, or the one that the driver starts."""
        if self._start is None:
            return super().invoke_shell(term=term, width=width, height=height)
        transport = self.get_transport()
        assert transport is not None  # netmiko asks for a shell right after it has logged in
        channel = transport.open_session()
        channel.get_pty(term, width, height)
        channel.exec_command(self._start)
        return channel

    def _transport_of(self, sock: Any, **options: Any) -> paramiko.Transport:
        transport = paramiko.Transport(sock, **options)
        if self._pinned_key is not None:
            kind = self._pinned_key.kind
            wanted = ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)
            choices = transport.get_security_options()
            choices.key_types = [k for k in wanted if k in choices.key_types] + [
                k for k in choices.key_types if k not in wanted
            ]
        return transport


class _Pinned(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """Refuses every key but the pinned one."""

    def __init__(self, pinned: HostKey | None) -> None:
        self._pinned = pinned

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Called for every key: paramiko itself is told of none."""
        offered = as_ours(key)
        if self._pinned is None:
            raise HostKeyUnknown(
                "host_key_unknown",
                say("The SSH key of the device is not confirmed yet. It offers {fingerprint} ({kind}): compare it at "
                    "the device, then confirm it.", fingerprint=offered.fingerprint, kind=offered.kind),
                fingerprint=offered.fingerprint, key=str(offered),
            )  # fmt: skip
        if offered != self._pinned:
            raise HostKeyChanged(
                "host_key_changed",
                say("The device offers another SSH key than the confirmed one: {fingerprint} instead of {pinned}. It "
                    "was replaced or reset, or something answers in its place. Nothing was sent to it.",
                    fingerprint=offered.fingerprint, pinned=self._pinned.fingerprint),
                fingerprint=offered.fingerprint, key=str(offered), pinned=self._pinned.fingerprint,
            )  # fmt: skip


class _Channel(SSHChannel):
    """Reads every octet, up to a bound, whatever the packets are that it comes in.

    A letter in two packets is one letter, an end of line in two is one end of line, and an octet that is no UTF-8 is
    told as `\\xe9`. Netmiko loses the first and the last and makes two of the second, so that the same configuration
    would be another text from one night to the next. Silence is measured here too: netmiko's waits are by the wall
    clock, and one that is stepped back would let a device be silent for so much longer.
    """

    def __init__(self, conn: paramiko.Channel, encoding: str, octets: int, silence_s: float) -> None:
        super().__init__(conn, encoding)
        self._clock, self._silence_s = SystemClock(), silence_s
        self._heard_s = self._looked_s = self._clock.monotonic_s()
        self._decoder = codecs.getincrementaldecoder(encoding)("backslashreplace")
        self._left, self._return = octets, ""

    def read_buffer(self) -> str:
        """What has come; empty when nothing has.

        Raises:
            TimeoutError: nothing has for too long. EOFError: nothing will. BadAnswer: it is too much.
        """
        text = ""
        while not text and self.remote_conn is not None and self.remote_conn.recv_ready():
            octets = self.remote_conn.recv(MAX_BUFFER)
            if not octets:
                raise EOFError
            self._left -= len(octets)
            if self._left < 0:
                raise BadAnswer(
                    "answer_too_long", say("The device says more than can be a configuration; stopped reading.")
                )
            text = self._return + self._decoder.decode(octets)
            self._return = "\r" if text.endswith("\r") else ""  # a line feed may follow it
            text = text.removesuffix("\r")
        self._wait(bool(text))
        return text

    def _wait(self, heard: bool) -> None:
        """Give up a device that is silent for too long while it is listened to."""
        now_s, looked_s = self._clock.monotonic_s(), self._looked_s
        self._looked_s = now_s
        if heard or now_s - looked_s > IDLE_S:
            self._heard_s = now_s
        elif now_s - self._heard_s > self._silence_s:
            raise TimeoutError


class _Bounded:
    """Mixed into a netmiko class: our client and channel, and an end to what a device may say."""

    def __init__(
        self, *, pinned: HostKey | None, octets: int, silence_s: float, columns: int, start: str | None, **options: Any
    ) -> None:
        self._pinned_key, self._octets, self._silence_s, self._start = pinned, octets, silence_s, start
        self._columns = columns
        super().__init__(**options)

    def _build_ssh_client(self) -> paramiko.SSHClient:
        return _Client(self._pinned_key, self._start)

    def establish_connection(self, width: int = 511, height: int = 1000) -> None:
        """As netmiko, with our channel, and as wide as the driver says: what is longer is echoed in two."""
        cast("Any", super()).establish_connection(self._columns, height)
        held = cast("Any", self)
        held.channel = _Channel(held.remote_conn, held.encoding, self._octets, self._silence_s)

    def _prompt_handler(self, auto_find_prompt: bool) -> str:
        """As netmiko; a prompt is a line of its own, not a part of one: `description to box#2` is none."""
        pattern: str = cast("Any", super())._prompt_handler(auto_find_prompt)
        return pattern if pattern.endswith("$") else rf"(?m)^{pattern}\s*$"

    def read_channel(self) -> str:
        """As netmiko; a session that the device ended is an error at once, not a wait for more."""
        held = cast("Any", self)
        new: str = cast("Any", super()).read_channel()
        conn = held.remote_conn
        if not new and (conn is None or conn.closed or (conn.eof_received and not conn.recv_ready())):
            raise EOFError
        return new


def bounded(device_type: str) -> Any:
    """A class of netmiko that also takes `pinned` (HostKey or None), `octets` (all that one session may say),
    `silence_s` (how long it may say nothing), `columns` of the terminal, and `start`: the program to talk to; None for
    the login's own.
    """
    return type("Pinned", (_Bounded, CLASS_MAPPER[device_type]), {})
