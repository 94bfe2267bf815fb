"""Who is asked when, and how many at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field

from collectors.base import SnmpTarget
from collectors.poll import Plan
from inventory.queries import PollTarget
from nms.ops.attempts import Attempt
from nms.ops.served import Served
from nms.ops.tracking import Track


@dataclass(slots=True)
class Course:
    """When a device is due, and what is known of how to ask it."""

    due_s: float
    plan: Plan | None = None
    planned_s: float = 0.0
    polls: int = 0
    failures: int = 0
    took_s: float = 0.0
    busy: bool = False
    whole: bool = False
    """Whether everything is to be asked next time, what is seldom asked too."""
    served: Served | None = None
    """What the newest whole reading counted."""
    asked: tuple[PollTarget, SnmpTarget] | None = None
    """What the inventory says, and where and how it is asked by that."""
    track: Track = field(default_factory=Track)
    attempts: tuple[Attempt, ...] = ()


class Lane:
    """Devices that wait to be asked, and the workers that ask them: at most `places` at a time, which may change."""

    def __init__(self, places: int, poll: Callable[[str], Coroutine[None, None, None]]) -> None:
        self.places = places
        self._poll = poll
        self._waiting: deque[str] = deque()
        self.workers: set[asyncio.Task[None]] = set()

    def add(self, names: Sequence[str]) -> None:
        """Let these be asked, in this order, after those that wait already."""
        self._waiting.extend(names)
        for _ in range(min(len(self._waiting), self.places - len(self.workers))):
            task = asyncio.create_task(self._work())
            self.workers.add(task)
            task.add_done_callback(self.workers.discard)

    async def _work(self) -> None:
        while self._waiting:
            await self._poll(self._waiting.popleft())

    async def close(self) -> None:
        """Cancel what is in flight and forget what waits."""
        self._waiting.clear()
        for task in self.workers:
            task.cancel()
        await asyncio.gather(*self.workers, return_exceptions=True)
