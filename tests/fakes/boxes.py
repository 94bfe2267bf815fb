"""Devices in memory for tests of change plans: each holds a configuration, and goes wrong as a test tells it to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from collectors.driver import one_line
from nms.base.clock import FakeClock
from nms.base.errors import Conflict, DeviceError, NotFound, PushFailed, Timeout, Unreachable
from nms.base.text import say
from nms.ops.change.grammar import Grammar, applied, parsed, shown
from nms.ops.change.ports import Ports
from nms.ops.change.radio import RadioGrammar

GRAMMAR = Grammar(singles=(r"hostname ", r"description ", r"frequency ", r"bandwidth ", r"power "))
RADIO = RadioGrammar(
    head=r"radio (?P<radio>\d+)",
    centre=r"frequency (?P<value>[\d.]+)(?: (?P<unit>kHz|MHz|GHz))?",
    width=r"bandwidth (?P<value>[\d.]+)(?: (?P<unit>kHz|MHz|GHz))?",
    off="shutdown",
    watched=(r"power .+", r"bsid .+"),
)


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Box:
    """One device. Times are seconds of the test's clock.

    `cut_by` is a line after which nothing of it reaches us (what we type reaches it unless `deaf`), `cut_after_s` how
    long after the change that begins, and `cut_after_reads` how often it was read before, `refuses` a line that it
    refuses, `drops_at` one before which the session ends, `ignores` one that it takes and does not keep;
    `becomes` is what it runs whatever it is told.
    `served` counts its people before the change, `serves_after` from then on, `serves_later` from so many seconds after
    it; it counts nobody `before` or `after` the change where `uncounted` says so. `forgotten`: the inventory does not
    know it any more once it was changed; `noisy`: a message of its own stands in every other answer.
    `arms` says whether it can take a change back by itself; `deaf_to_end` is what it answers when told that one stays.
    """

    name: str
    clock: FakeClock
    running: str
    arms: bool = False
    deaf_to_end: DeviceError | None = None
    cut_by: str = ""
    cut_after_s: float = 0.0
    cut_after_reads: int = 0
    deaf: bool = False
    refuses: str = ""
    drops_at: str = ""
    ignores: str = ""
    becomes: str = ""
    served: int | None = None
    serves_after: int | None = None
    serves_later: tuple[float, int] | None = None
    uncounted: str = ""
    forgotten: bool = False
    noisy: bool = False
    reads: int = 0
    killed_at: str = ""
    unreachable: bool = False
    received: list[str] = field(default_factory=list)
    saved: str = ""
    armed: tuple[float, str] | None = None
    changed_s: float | None = None

    def enter(self, lines: Sequence[str]) -> None:
        """Take lines into the configuration."""
        tree = parsed(self.running, GRAMMAR)
        self.running = self.becomes or "\n".join(
            shown(applied(tree, [li for li in lines if li.strip() != self.ignores], GRAMMAR))
        )

    def lives(self) -> None:
        """Do what was armed, when its time has come."""
        if self.armed is not None and self.clock.monotonic_s() >= self.armed[0]:
            self.running, self.armed = self.armed[1], None

    @property
    def answers(self) -> bool:
        """Whether anything of it reaches us."""
        self.lives()
        is_cut = bool(self.cut_by) and self.cut_by in self.running
        is_late = self.clock.monotonic_s() >= (self.changed_s or 0.0) + self.cut_after_s
        is_late = is_late and self.reads >= self.cut_after_reads
        return not self.unreachable and not (is_cut and is_late)

    def subscribers(self) -> int | None:
        """How many it serves."""
        if self.changed_s is None:
            return self.served
        if self.serves_later is not None and self.clock.monotonic_s() >= self.changed_s + self.serves_later[0]:
            return self.serves_later[1]
        return self.served if self.serves_after is None else self.serves_after


class Session:
    """An open session with a box."""

    def __init__(self, box: Box) -> None:
        self.box = box

    def _heard(self) -> None:
        if not self.box.answers:
            raise Timeout("ssh_answer_timeout", say("no answer"))

    def _step(self, what: str) -> None:
        if self.box.killed_at == what:
            self.box.killed_at = ""
            raise Killed(what)

    def running(self) -> str:
        """The configuration."""
        self._heard()
        self._step("read")
        self.box.reads += 1
        is_noisy = self.box.noisy and self.box.reads % 2
        return self.box.running + "\n*Nov 27 18:00:00.1: %LINK-3-UPDOWN: Interface eth0, up" * is_noisy

    def configure(self, lines: Sequence[str]) -> str:
        """Line by line, at once."""
        for line in lines:
            one_line(line)
        section: list[str] = []
        for line in lines:
            section = [line] if not line.startswith(" ") else [*section[:1], line]
            if line.strip() == self.box.drops_at:
                self.box.drops_at = ""
                raise Unreachable("ssh_dropped", say("the session ended"), transcript="...")
            if line.strip() == self.box.refuses:
                raise PushFailed("line_refused", say("refused: {line}", line=line.strip()), transcript="% Invalid")
            self.box.received.append(line)
            self.box.changed_s = self.box.changed_s or self.box.clock.monotonic_s()
            self.box.enter(section)
            self._step("send")
            self._heard()
        return "\n".join(lines)

    def save(self) -> None:
        """Keep it for the next start."""
        self._heard()
        self._step("save")
        self.box.saved = self.box.running

    def arm(self, inverse: Sequence[str], after_s: int) -> bool:
        """Remember the configuration of now, to be back after a time."""
        if not self.box.arms:
            return False
        self.box.armed = (self.box.clock.monotonic_s() + after_s, self.box.running)
        return True

    def disarm(self) -> None:
        """The change stays."""
        self._heard()
        if self.box.deaf_to_end is not None:
            raise self.box.deaf_to_end
        self.box.armed = None

    def blind(self, lines: Sequence[str]) -> None:
        """What we type arrives unless the box is deaf too."""
        if not self.box.deaf:
            self.box.enter(lines)


class Boxes:
    """A network of them, with everything that a plan does to the world."""

    def __init__(self, clock: FakeClock, *boxes: Box) -> None:
        self.clock, self.all = clock, {box.name: box for box in boxes}
        self.grammar = GRAMMAR
        self.stored: list[tuple[str, str]] = []
        self.busy: set[str] = set()
        self.dialled: list[str] = []
        self.held_on: list[str] = []

    def ports(self) -> Ports:
        """For a runner."""
        return Ports(
            dial=self.dial,
            grammar=lambda device: self.grammar,
            store=lambda device, text, cause, why: self.stored.append((device, cause)),
            subscribers=self.subscribers,
            alone=self.alone,
        )

    def subscribers(self, device: str, within_s: float) -> int | None:
        """How many a box serves, when it tells in time."""
        box = self.all[device]
        if box.uncounted == ("before" if box.changed_s is None else "after"):
            self.clock.advance(within_s)
            raise Timeout("snmp_timeout", say("no answer over SNMP"))
        return box.subscribers()

    @contextmanager
    def dial(self, device: str) -> Iterator[Session]:
        """Log in."""
        box = self.all[device]
        self.dialled.append(device)
        if box.forgotten and box.changed_s is not None:
            raise NotFound("no_such_object", say("there is no device {device}", device=device))
        if not box.answers:
            raise Timeout("ssh_timeout", say("no answer from {device}", device=device))
        yield Session(box)

    @contextmanager
    def alone(self, device: str, reference: str) -> Iterator[Callable[[], None]]:
        """One at a time."""
        if device in self.busy:
            raise Conflict("device_busy", say("another change is at work on {device}", device=device))
        self.busy.add(device)
        try:
            yield lambda: self.held_on.append(device)
        finally:
            self.busy.discard(device)
