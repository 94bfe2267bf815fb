"""Keeps the process that hears notifications alive, and takes what it tells.

The socket is bound here and outlives the process, so that what comes while one is replaced waits in the kernel. A
process that ends, or that says nothing for `SILENCE_S`, is replaced after a growing pause, and the gap is noted;
nothing of the polls waits for any of it.
"""

from __future__ import annotations

import json
import logging
import os
import select
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import IO

from collectors.notification_door import Refusal
from collectors.notification_process import BEAT_S
from collectors.snmp_wire import widen
from nms.base.clock import Clock
from nms.base.errors import InputError
from nms.base.text import say

log = logging.getLogger(__name__)

SILENCE_S = 10.0
PAUSES_S = (1.0, 2.0, 5.0, 15.0, 60.0)
STEADY_S = 120.0
"""A process that lived this long starts the pauses anew."""
SOURCES_MOST = 1000
COMMAND = (sys.executable, "-P", "-m", "collectors.notification_process")
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ")

Senders = bytes
NOBODY: Senders = b"[]"
"""The senders as the process reads them: one line of JSON (`collectors.notification_process.senders_of`)."""


class Ended(StrEnum):
    """Why a process was replaced."""

    KILLED = "killed"
    FAILED = "failed"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a device said, `count` times within a second: `values` are (OID, text)."""

    device: str
    oid: str
    ticks: int | None
    values: tuple[tuple[str, str], ...]
    count: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody listened."""

    started_at: datetime
    ended_at: datetime
    why: Ended


@dataclass(frozen=True, slots=True)
class Heard:
    """Totals since the start. `sources` counts refusals by address ("": of all other addresses together)."""

    is_up: bool = False
    last_beat_at: datetime | None = None
    admitted: int = 0
    lost: int = 0
    restarts: int = 0
    refused: Mapping[Refusal, int] = field(default_factory=lambda: dict.fromkeys(Refusal, 0))
    sources: Mapping[str, int] = field(default_factory=dict)


def bind(host: str, port: int) -> socket.socket:
    """A UDP socket with a large buffer; `::` hears IPv4 too.

    Raises:
        InputError: the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        widen(sock)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise InputError(
            "notifications_not_bound",
            say(
                "Notifications cannot be heard on {host} port {port} ({why}): change notification.host or "
                "notification.port in nms.toml (a port below 1024 needs the right to bind it).",
                host=host,
                port=port,
                why=error.strerror,
            ),
        ) from error
    return sock


class Receiver:
    """A thread that owns the process. `take` gets the notices of each beat, `note_gap` each gap.

    `engine` tells our own engine id (hex) and boots, one more for each process.
    """

    def __init__(
        self,
        heard: socket.socket,
        engine: Callable[[], tuple[str, int]],
        take: Callable[[Sequence[Notice]], None],
        note_gap: Callable[[Gap], None],
        clock: Clock,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._socket, self._engine, self._command, self._clock = heard, engine, command, clock
        self._take, self._note_gap = take, note_gap
        self._senders, self._version = NOBODY, 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, name="notifications", daemon=True)
        self._sources: Counter[str] = Counter()
        self.heard = Heard()
        self.pid: int | None = None

    @property
    def port(self) -> int:
        """Where it hears."""
        return int(self._socket.getsockname()[1])

    def let(self, senders: Senders) -> None:
        """From the next beat on, these may notify."""
        if senders != self._senders:
            self._senders, self._version = senders, self._version + 1

    def start(self) -> None:
        """Begin to hear."""
        self._thread.start()

    def stop(self) -> None:
        """End the process and close the socket."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self._socket.close()

    # ---- the thread --------------------------------------------------------------------------------------------

    def _keep_alive(self) -> None:
        fails = 0
        while not self._stopping.is_set():
            began_s, last_at = self._clock.monotonic_s(), self._clock.now()
            why = self._one_life()
            self.heard = replace(self.heard, is_up=False)
            if why is None:
                return
            lived = self._clock.monotonic_s() - began_s
            fails = 0 if lived > STEADY_S else fails
            pause_s = PAUSES_S[min(fails, len(PAUSES_S) - 1)]
            fails += 1
            log.warning("notifications: the process %s; another one in %.0f s", why.value, pause_s)
            last_at = self.heard.last_beat_at or last_at
            if self._stopping.wait(pause_s):
                return
            self.heard = replace(self.heard, restarts=self.heard.restarts + 1)
            self._note_gap(Gap(last_at, self._clock.now(), why))

    def _one_life(self) -> Ended | None:
        """From start to end of one process; None when we ended it."""
        fd = self._socket.fileno()
        engine_id, boots = self._engine()
        process = subprocess.Popen(  # noqa: S603 - our own module
            [*self._command, str(fd), engine_id, str(boots)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(fd,),
            start_new_session=True,  # Ctrl-C is the program's: it ends the process by closing its stdin
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )
        assert process.stdin is not None
        assert process.stdout is not None
        self.pid = process.pid
        try:
            why = self._listen(process.stdin, process.stdout)
        except Exception:
            log.exception("notifications: what the process tells cannot be used")
            why = Ended.FAILED
        self.pid = None
        if why is Ended.SILENT:
            process.kill()
        with suppress(OSError):
            process.stdin.close()  # it ends by itself
        try:
            code = process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        process.stdout.close()
        return Ended.KILLED if why is Ended.FAILED and code < 0 else why

    def _listen(self, to: IO[bytes], out: IO[bytes]) -> Ended | None:
        """Read beats until the process ends or falls silent, or until we stop."""
        os.set_blocking(to.fileno(), False)
        given, half = -1, b""
        until_s = self._clock.monotonic_s() + SILENCE_S
        while not self._stopping.is_set():
            if given != self._version:
                given, line = self._version, self._senders + b"\n"
                if not self._give(to, line):
                    return Ended.SILENT
            ready, _, _ = select.select([out], [], [], BEAT_S / 2)
            if not ready:
                if self._clock.monotonic_s() > until_s:
                    return Ended.SILENT
                continue
            more = os.read(out.fileno(), 1 << 20)
            if not more:
                return Ended.FAILED
            *lines, half = (half + more).split(b"\n")
            for line in lines:
                self._hear(line)
                until_s = self._clock.monotonic_s() + SILENCE_S
        return None

    def _give(self, to: IO[bytes], line: bytes) -> bool:
        """Write it all while the process reads; False when it does not."""
        until_s = self._clock.monotonic_s() + SILENCE_S
        rest = memoryview(line)
        while rest:
            _, ready, _ = select.select([], [to], [], 0.5)
            if self._stopping.is_set() or self._clock.monotonic_s() > until_s:
                return False
            try:
                rest = rest[os.write(to.fileno(), rest) :] if ready else rest
            except BrokenPipeError:
                return False
        return True

    def _hear(self, line: bytes) -> None:
        beat = json.loads(line)
        before = self.heard
        self._sources.update(beat["from"])
        if len(self._sources) > SOURCES_MOST:
            kept = dict(self._sources.most_common(SOURCES_MOST))
            kept[""] = kept.get("", 0) + self._sources.total() - sum(kept.values())
            self._sources = Counter(kept)
        self.heard = Heard(
            is_up=True,
            last_beat_at=self._clock.now(),
            admitted=before.admitted + beat["admitted"],
            lost=before.lost + beat["lost"],
            restarts=before.restarts,
            refused={why: before.refused[why] + beat["refused"].get(why.value, 0) for why in Refusal},
            sources=dict(self._sources),
        )
        notices = [
            Notice(row["device"], row["oid"], row["ticks"], tuple((o, t) for o, t in row["values"]), row["count"])
            for row in beat["notices"]
        ]
        self._take(notices)
