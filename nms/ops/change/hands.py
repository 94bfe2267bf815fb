"""What is done to one device: send, read back, confirm; or take back. Nothing is believed that was not read.

A device whose family can is armed first: it takes the change back by itself unless it is told in time that the change
stays. For one that cannot, we take it back; one that does not come back at all is tried through the session that is
still open, since what we type may arrive though no answer does.
"""

from __future__ import annotations

from functools import partial

from nms.base.errors import BadAnswer, DeviceError, GuardRefused, InputError, NmsError, PushFailed
from nms.base.text import Said, say
from nms.ops.change.grammar import Tree, applied, parsed, way
from nms.ops.change.likeness import digest_of, same
from nms.ops.change.people import People
from nms.ops.change.plan import AT_WORK, Limits, Step, StepState
from nms.ops.change.ports import Line, Ports
from nms.ops.change.progress import Progress

LOOK_EVERY_S = 2.0
GRACE_S = 30
"""By how much a device's own revert comes later than ours, so that the two do not meet."""


_REACHED = (BadAnswer, PushFailed, InputError)
"""Failures of a device that a new session has reached."""
_NOT_BACK = say("it could not be brought back to what it was")
_OTHER_ORDER = say("it has the lines of before, but those of a list in which order counts stand in another order")


class Hands:
    """At work on one device of a plan; `before` is its configuration as the plan was made for it."""

    def __init__(self, ports: Ports, progress: Progress, step: Step, limits: Limits, before: str) -> None:
        self._ports, self._progress, self._step, self._limits = ports, progress, step, limits
        self._device = step.device
        self._grammar = ports.grammar(step.device)
        tree = applied(parsed(before, self._grammar), step.lines, self._grammar)
        self._target: Tree = applied(tree, step.inverse, self._grammar)
        """Where taking back leads: the configuration of before, silent where no right covers it."""

    def change(self) -> None:
        """From the first word to a state that is believed."""
        try:
            with self._ports.dial(self._device) as line:
                text, as_planned = self._read(line, self._step.base)
                if not as_planned:
                    why = say("its configuration has changed since the plan was made: nothing was sent")
                    self._progress.mark(self._device, StepState.UNTOUCHED, why)
                    return
                self._keep(text, "before_change")
                people = People(partial(self._ports.subscribers, self._device), self._limits, self._now_s)
                people.before()
                deadline_s = self._now_s() + self._limits.wait_s
                self._progress.mark(self._device, StepState.SENDING, revert_in_s=self._limits.wait_s)
                self._send(line)
                self._seen_again(people, deadline_s)
                self._revert_unless_done(line)
        except NmsError as error:  # whatever it is: nobody calls a device untouched to which something was sent
            if self._progress.state(self._device) is StepState.PENDING:
                self._progress.broke_off(self._device, error)
            else:
                self._progress.note(self._device, told(error), error)
            self._revert_unless_done()

    def revert(self, why: Said | str, patience_s: int = 0, line: Line | None = None) -> None:
        """Bring the device back to what it was; without a reading that says so it is `unknown`.

        One that is out of reach is typed the way back, once, into a session that is still open (`line`).
        """
        self._progress.mark(self._device, StepState.REVERTING, why)
        until_s = self._now_s() + patience_s
        while True:
            found, error = self._brought_back()
            if line is not None and error is not None and not isinstance(error, _REACHED):
                line.blind(self._step.inverse)
                line = None
            if not found:
                self._progress.mark(self._device, StepState.REVERTED, why)
                return
            if self._now_s() >= until_s:
                both = say("{why}; then: {found}", why=why, found=found)
                self._progress.mark(self._device, StepState.UNKNOWN, both, error=error)
                return
            self._pause()

    def _revert_unless_done(self, line: Line | None = None) -> None:
        if self._progress.state(self._device) in AT_WORK:
            self.revert(self._progress.why(self._device), self._limits.wait_s + GRACE_S, line)

    def look(self) -> StepState:
        """What a reading says: as intended, as before, or neither; in the first two, nothing stays armed.

        Raises:
            DeviceError: it cannot be read.
        """
        with self._ports.dial(self._device) as line:
            text, as_intended = self._read(line, self._step.expected)
            if as_intended:
                if self._stays(line):
                    return StepState.CONFIRMED
                text = line.running()
            self._keep(text, "after_change")
            if not self._is_back(self._tree(text)):
                return StepState.UNKNOWN
            _let_be(line)
            return StepState.REVERTED

    def _send(self, line: Line) -> None:
        """Send the lines; what goes wrong is noted, and judged by the reading that follows."""
        try:
            line.arm(self._step.inverse, self._limits.wait_s + GRACE_S)
            said = line.configure(self._step.lines)
            self._progress.mark(self._device, StepState.VERIFYING, said=said)
        except (PushFailed, DeviceError, InputError) as error:
            self._progress.mark(self._device, StepState.VERIFYING, told(error), error=error)

    def _seen_again(self, people: People, deadline_s: float) -> None:
        """Look at the device in new sessions until it is confirmed or its time is over; why it is not, is noted."""
        why: Said | str = self._progress.why(self._device)
        while True:
            try:
                with self._ports.dial(self._device) as line:
                    _, as_intended = self._read(line, self._step.expected)
                    if not as_intended:
                        self._progress.note(self._device, why or say("what it shows is not what was intended"))
                        return
                    if people.are_back(deadline_s):
                        self._confirm(line, people.uncounted)
                        return
                    why = people.missing
            except NmsError as error:
                why = told(error)
            if self._now_s() >= deadline_s:
                self._progress.note(self._device, why)
                return
            self._pause()

    def _confirm(self, line: Line, remark: Said | str) -> None:
        """The change stays, unless the device took it back just before it was told."""
        if self._stays(line):
            self._progress.mark(self._device, StepState.CONFIRMED, remark)
        else:
            self._progress.note(self._device, say("it took the change back before it was told that it stays"))

    def _stays(self, line: Line) -> bool:
        """Disarm, read once more, and save what is as intended; whether it is."""
        line.disarm()
        text, as_intended = self._read(line, self._step.expected)
        if not as_intended:
            return False
        line.save()
        self._keep(text, "after_change")
        return True

    def _brought_back(self) -> tuple[Said | str, NmsError | None]:
        """One attempt to bring the device back; what stands against it, empty when a reading shows it as before."""
        try:
            with self._ports.dial(self._device) as line:
                seen = self._tree(line.running())
                if not self._is_back(seen):
                    line.configure(way(seen, self._target, self._grammar))
                _let_be(line)
                text = line.running()
                if not self._is_back(found := self._tree(text)):
                    return _NOT_BACK if set(found) != set(self._target) else _OTHER_ORDER, None
                line.save()
                self._keep(text, "after_change")
                return "", None
        except NmsError as error:
            return told(error), error

    def _keep(self, text: str, cause: str) -> None:
        self._ports.store(self._device, text, cause, self._progress.reference)

    def _read(self, line: Line, digest: str) -> tuple[str, bool]:
        """What a device shows, and whether it is what a digest is of.

        Before it is called another it is read again: a message of the device may have stood in the middle of it.
        """
        text = line.running()
        if self._digest(text) != digest:
            text = line.running()
        return text, self._digest(text) == digest

    def _tree(self, text: str) -> Tree:
        return parsed(text, self._grammar)

    def _digest(self, text: str) -> str:
        return digest_of(self._tree(text), self._grammar)

    def _is_back(self, seen: Tree) -> bool:
        """Whether a device is as taking back is to leave it."""
        return same(seen, self._target, self._grammar)

    def _now_s(self) -> float:
        """Of a clock that nobody steps."""
        return self._progress.clock.monotonic_s()

    def _pause(self) -> None:
        self._progress.alive()
        self._progress.clock.sleep(LOOK_EVERY_S)


def told(error: NmsError) -> Said | str:
    """The sentence of an error."""
    return error.message


def _let_be(line: Line) -> None:
    """Let nothing be taken back any more on a device that is to be as before.

    One that refuses to hear that a change stays has taken it back already, or will come back to just that; only a
    guard of ours that cannot be ended is an error: it would undo what comes later.

    Raises:
        DeviceError: it could not be told, or the guard did not end.
    """
    try:
        line.disarm()
    except GuardRefused:
        raise
    except BadAnswer:
        return
