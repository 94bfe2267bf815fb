"""A command that is told to end while it is at work: what may not be cut short has a moment, then it is over."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_OVER = 0
"""What is read when the body has ended; else the number of a signal is."""


@contextmanager
def halted_by_signals(halt: Callable[[], None], patience_s: float, last_words: str) -> Iterator[None]:
    """Let SIGTERM, SIGINT and SIGHUP call `halt` in a thread of its own instead of breaking off the body.

    A body that is not over `patience_s` later ends with the process: exit code 1, `last_words` on standard error, and
    what a transaction had not committed is rolled back. A second signal changes nothing; a SIGHUP that was ignored
    before (`nohup`) stays so. The thread is woken by the interpreter itself, whatever the main thread waits for.
    """
    over = threading.Event()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def watch() -> None:
        while (number := os.read(reading, 1)[0]) not in _STOPPING:
            if number == _OVER:
                return
        halt()
        if not over.wait(patience_s):
            with suppress(OSError):  # the terminal may be gone
                os.write(2, f"nms: {last_words}\n".encode())
            os._exit(1)

    thread = threading.Thread(target=watch, name="signals", daemon=True)
    thread.start()
    woken = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    numbers = [one for one in _STOPPING if one != signal.SIGHUP or signal.getsignal(one) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _nothing) for number in numbers}
    try:
        yield
    finally:
        over.set()
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(woken)
        os.write(writing, bytes([_OVER]))
        thread.join()
        os.close(reading)
        os.close(writing)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """The byte that the interpreter writes is all that a signal does."""
