"""A command that is told to end: its body has a moment to end by itself, then the process is over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from nms.app.halting import halted_by_signals

_STUCK = """
import signal, sys, time
from nms.app.halting import halted_by_signals
signal.signal(signal.SIGHUP, signal.SIG_IGN if sys.argv[1] == "nohup" else signal.SIG_DFL)
with halted_by_signals(lambda: print("halted", flush=True), 0.2, "it was ended"):
    print("at work", flush=True)
    time.sleep(float(sys.argv[2]))
print("done", flush=True)
"""


def ended(number: signal.Signals, how: str, works_s: float) -> tuple[int, str, str]:
    """Exit code and both outputs of a process that is at work for so long, sent a signal meanwhile."""
    command = [sys.executable, "-c", _STUCK, how, str(works_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        process.send_signal(number)
        said, complained = process.communicate(timeout=60)
    return process.returncode, said, complained


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_body_that_does_not_end_ends_with_the_process_and_one_sentence(number: signal.Signals) -> None:
    assert ended(number, "plain", 60) == (1, "halted\n", "nms: it was ended\n")


def test_a_hangup_that_is_ignored_stays_ignored() -> None:
    assert ended(signal.SIGHUP, "nohup", 1) == (0, "done\n", "")


def test_a_body_that_ends_in_time_goes_on_to_its_end_and_signals_are_as_before() -> None:
    """Twice the signal, once the halt."""
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    halted = threading.Event()
    calls: list[int] = []

    def halt() -> None:
        calls.append(1)
        halted.set()

    with halted_by_signals(halt, 60, "never said"):
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        assert halted.wait(30)
    assert calls == [1]
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] == before
    assert not [one for one in threading.enumerate() if one.name == "signals"]


def test_without_a_signal_nothing_is_halted() -> None:
    with halted_by_signals(lambda: pytest.fail("halted"), 0, "never said"):
        pass
