"""The repeating script of incidents: pure functions of time. A cycle is twelve minutes; something happens in each.

Names of boxes are those of `region`; a window is seconds into the cycle, half-open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CYCLE_S = 720.0


@dataclass(frozen=True, slots=True)
class Window:
    """From `start_s` to `end_s` of each cycle."""

    start_s: float
    end_s: float

    def holds(self, t_s: float) -> bool:
        """Whether an instant (epoch seconds) lies in it."""
        return self.start_s <= t_s % CYCLE_S < self.end_s

    def elapsed_s(self, t_s: float) -> float:
        """Seconds spent in the window since the epoch: what a counter fed only by it has seen."""
        cycles, now_s = divmod(t_s, CYCLE_S)
        return cycles * (self.end_s - self.start_s) + min(max(now_s - self.start_s, 0.0), self.end_s - self.start_s)


@dataclass(frozen=True, slots=True)
class Effects:
    """What happens to one box: each window with what it does there. Empty: it lives undisturbed."""

    silent: tuple[Window, ...] = ()
    loss: tuple[tuple[Window, float], ...] = ()
    delay: tuple[tuple[Window, float], ...] = ()
    load: tuple[tuple[Window, float], ...] = ()
    retune: tuple[tuple[Window, int, int], ...] = ()
    deaf: tuple[tuple[Window, int], ...] = ()
    reboot_s: float | None = None

    def is_silent(self, t_s: float) -> bool:
        """Whether the box answers nothing now: cut off, or starting again."""
        if self.reboot_s is not None and Window(self.reboot_s, self.reboot_s + 25).holds(t_s):
            return True
        return any(window.holds(t_s) for window in self.silent)

    def loss_ratio(self, t_s: float) -> float:
        """Share of questions that get lost now."""
        return max((ratio for window, ratio in self.loss if window.holds(t_s)), default=0.0)

    def delay_s(self, t_s: float) -> float:
        """Seconds that an answer takes more now."""
        return max((delay for window, delay in self.delay if window.holds(t_s)), default=0.0)

    def extra_bps(self, t_s: float) -> float:
        """Load that the script adds now, bit/s."""
        return sum(bps for window, bps in self.load if window.holds(t_s))

    def extra_bits(self, t_s: float) -> float:
        """Bits that the script has added since the epoch."""
        return sum(bps * window.elapsed_s(t_s) for window, bps in self.load)

    def shift_khz(self, sector: int, t_s: float) -> int:
        """By how much a sector is off its planned frequency now."""
        return sum(khz for window, number, khz in self.retune if number == sector and window.holds(t_s))

    def is_deaf(self, terminal: int, t_s: float) -> bool:
        """Whether a terminal is not registered now."""
        return any(number == terminal and window.holds(t_s) for window, number in self.deaf)

    def started_at_s(self, t_s: float, first_s: float) -> float:
        """When the box last started."""
        if self.reboot_s is None:
            return first_s
        last = t_s // CYCLE_S * CYCLE_S + self.reboot_s
        return max(first_s, last if last <= t_s else last - CYCLE_S)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays which part."""

    cut: str
    behind_cut: tuple[str, ...]
    second_cut: str
    behind_second: tuple[str, ...]
    saturated: str
    rebooting: str
    retuned: str
    flapping: str
    lossy: str
    distant: str


def script(cast: Cast) -> Mapping[str, Effects]:
    """Effects by box name; a box that plays two parts has both."""
    parts: dict[str, Effects] = {}
    first, second = Effects(silent=(Window(60, 240),)), Effects(silent=(Window(380, 600),))
    parts |= dict.fromkeys((cast.cut, *cast.behind_cut), first)
    parts |= dict.fromkeys((cast.second_cut, *cast.behind_second), second)
    parts[cast.saturated] = Effects(load=((Window(20, 320), 1_950_000.0),))
    parts[cast.rebooting] = Effects(reboot_s=150.0)
    parts[cast.retuned] = Effects(retune=((Window(30, 420), 1, 5_000),))
    parts[cast.flapping] = Effects(deaf=tuple((Window(a, a + 45), 0) for a in (40.0, 130.0, 220.0, 310.0)))
    parts[cast.lossy] = Effects(loss=((Window(0, 500), 0.25),))
    parts[cast.distant] = Effects(delay=((Window(300, 640), 0.28),))
    return parts


NOTHING = Effects()
