"""Whether those whom a device serves came back after a change: counted before it, and again until they are back."""

from __future__ import annotations

from collections.abc import Callable

from nms.base.errors import DeviceError
from nms.base.text import Said, say
from nms.ops.change.plan import Limits, back_enough

COUNT_S = 12.0
"""How long a device may take to tell how many it serves."""
LEAST_S = 2.0
STAY_S = 15.0
"""So long apart, enough people must have been counted twice: right after a change a station may still list them all."""


class People:
    """The subscribers of one device; `count(within_s)` counts them now, or raises DeviceError when it cannot."""

    def __init__(self, count: Callable[[float], int | None], limits: Limits, now_s: Callable[[], float]) -> None:
        self._count, self._limits, self._now_s = count, limits, now_s
        self._served: int | None = None
        self._back_s: float | None = None
        self.uncounted: Said | str = ""
        """Why nobody is waited for though somebody may be served; empty when that is not so."""
        self.missing: Said | str = ""
        """How many are back, as long as they are too few."""

    def before(self) -> None:
        """Count them before the change; nobody is waited for where the limits ask for nobody."""
        if not self._limits.back_pct:
            return
        try:
            self._served = self._count(COUNT_S)
        except DeviceError as error:
            self.uncounted = say("its subscribers were not counted before the change: {why}", why=error.message)

    def are_back(self, deadline_s: float) -> bool:
        """Whether enough are back and stay, by a count of now; at the end of their time, it is enough to be back.

        Raises:
            DeviceError: they could not be counted.
        """
        if not self._served:
            return True
        back_s, self._back_s = self._back_s, None
        now = self._count(min(COUNT_S, max(LEAST_S, deadline_s - self._now_s())))
        self.missing = say("{now} of {served} subscribers came back", now=now or 0, served=self._served)
        if not back_enough(self._served, now, self._limits.back_pct):
            return False
        now_s = self._now_s()
        self._back_s = now_s if back_s is None else back_s
        return now_s >= deadline_s or now_s - self._back_s >= min(STAY_S, self._limits.wait_s / 2)
