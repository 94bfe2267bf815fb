"""Who carries a plan out is heard of as long as it lives: it says so again and again, and is missed soon after."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nms.base.errors import NmsError

log = logging.getLogger(__name__)
BEAT_S = 20.0
"""How often somebody at work says so: many times within `world.HOLD` and `runner.ABANDONED_AFTER`."""


@contextmanager
def beating(say_so: Callable[[], None]) -> Iterator[None]:
    """Call `say_so` every `BEAT_S` in a thread of its own while the body is at work, however long one step of it takes.

    A beat that fails is told in the log, and the next one follows: what is at work is not ended by it.
    """
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_S):
            try:
                say_so()
            except NmsError as error:
                log.warning("nobody could be told that a change is still at work: %s", error.message)
            except Exception:
                log.exception("nobody could be told that a change is still at work")

    thread = threading.Thread(target=beat, name="change-beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def myself() -> str:
    """The name of this process: machine, namespace of processes, number, and when it began (numbers come again)."""
    number = os.getpid()
    return f"{os.uname().nodename[:20]}:{_namespace()}:{number}:{_began(number)}"[:63]


def is_gone(name: str) -> bool:
    """Whether a process of this machine has ended; False where that cannot be told, such as of another machine."""
    return _lives(name) is False


def is_alive(name: str) -> bool:
    """Whether a process of this machine lives; False where that cannot be told."""
    return _lives(name) is True


def _lives(name: str) -> bool | None:
    """Whether a process lives; None: it is one of another machine, or that cannot be told."""
    mine = myself().rsplit(":", 2)
    theirs = name.rsplit(":", 2)
    if len(theirs) != 3 or theirs[0] != mine[0] or not theirs[1].isdigit() or not _namespace():
        return None
    return _began(int(theirs[1])) == theirs[2]


def _namespace() -> str:
    """The number of the namespace in which process numbers mean what they mean here; empty when it is not told."""
    try:
        return os.readlink("/proc/self/ns/pid").removeprefix("pid:").strip("[]")
    except OSError:
        return ""


def _began(number: int) -> str:
    """When a process began, in ticks since the start of the machine; empty when there is none."""
    try:
        told = Path(f"/proc/{number}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if told[0] in ("Z", "X") else told[19]
