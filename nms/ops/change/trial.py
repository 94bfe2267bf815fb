"""The dry run of a plan: each device that can says which lines it would not take. Nothing is entered anywhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from nms.base.clock import Clock
from nms.base.errors import Conflict, NmsError
from nms.base.permissions import Actor
from nms.base.text import Said, say
from nms.ops.change.desk import Desk
from nms.ops.change.plan import Step

AT_ONCE = 8
KEPT_MOST = 50
_ALREADY = ("dry_run_runs", say("A dry run of this plan goes on; wait for its end."))

Ask = Callable[[str, Sequence[str], str], tuple[tuple[int, str], ...] | None]
"""`nms.ops.change.world.World.dry_run`: device, lines, the plan's reference."""


class Outcome(StrEnum):
    """What a device made of its lines."""

    ACCEPTED = "accepted"
    REFUSED = "lines_refused"
    NO_WAY = "no_way"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Tried:
    """One device: `refused` are (line as it would be sent, the device's words); `why` tells a failure."""

    device: str
    outcome: Outcome
    refused: tuple[tuple[str, str], ...] = ()
    why: Said | str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A dry run of the text that bears a digest; `ended_at` is None while it goes on."""

    reference: str
    digest: str
    by: str
    started_at: datetime
    total: int
    rows: tuple[Tried, ...] = ()
    ended_at: datetime | None = None


class Trials:
    """The newest dry run of each of the newest plans, in memory: it says what was so then, and is worth no more."""

    def __init__(self, desk: Desk, clock: Clock, ask: Ask) -> None:
        self._desk, self._clock, self._ask = desk, clock, ask
        self._lock = threading.Lock()
        self._kept: dict[str, Trial] = {}

    def of(self, reference: str, digest: str) -> Trial | None:
        """The dry run of this very text; None for another text, or when there was none."""
        with self._lock:
            found = self._kept.get(reference)
        return found if found is not None and found.digest == digest else None

    def run(self, reference: str, actor: Actor) -> Trial:
        """Ask every device, and answer when all have.

        Raises:
            NotFound: there is no such plan. Conflict: a dry run of it goes on.
        """
        begun, steps = self._begin(reference, actor)
        return self._carry_out(begun, steps)

    def start(self, reference: str, actor: Actor) -> None:
        """The same in the background; `of` tells how far it is.

        Raises:
            NotFound: there is no such plan. Conflict: a dry run of it goes on.
        """
        begun, steps = self._begin(reference, actor)
        threading.Thread(target=self._carry_out, args=(begun, steps), name=f"dry run {reference}", daemon=True).start()

    def _begin(self, reference: str, actor: Actor) -> tuple[Trial, Sequence[Step]]:
        plan = self._desk.one(reference).plan
        begun = Trial(reference, plan.digest, actor.name, self._clock.now(), len(plan.steps))
        with self._lock:
            before = self._kept.pop(reference, None)
            if before is not None and before.ended_at is None:
                self._kept[reference] = before
                raise Conflict(*_ALREADY)
            while len(self._kept) >= KEPT_MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[reference] = begun
        return begun, plan.steps

    def _carry_out(self, begun: Trial, steps: Sequence[Step]) -> Trial:
        try:
            with ThreadPoolExecutor(AT_ONCE, "dry-run") as pool:
                for step in steps:
                    pool.submit(self._try, begun.reference, step)
        finally:
            with self._lock:
                order = {step.device: place for place, step in enumerate(steps)}
                rows = sorted(self._kept[begun.reference].rows, key=lambda row: order[row.device])
                ended = replace(self._kept[begun.reference], rows=tuple(rows), ended_at=self._clock.now())
                self._kept[begun.reference] = ended
        outcomes = [row.outcome for row in ended.rows]
        told = {"dry_run": {one.value: outcomes.count(one) for one in Outcome if one in outcomes}}
        with self._desk.database.transaction() as session:
            self._desk.seal(session, begun.reference, begun.by, told)
        return ended

    def _try(self, reference: str, step: Step) -> None:
        try:
            found = self._ask(step.device, step.lines, reference)
            tried = _tried(step, found)
        except NmsError as error:
            tried = Tried(step.device, Outcome.FAILED, why=error.message)
        except Exception as error:  # one device never stops the others
            tried = Tried(step.device, Outcome.FAILED, why=type(error).__name__)
        with self._lock:
            kept = self._kept[reference]
            self._kept[reference] = replace(kept, rows=(*kept.rows, tried))


def _tried(step: Step, found: tuple[tuple[int, str], ...] | None) -> Tried:
    if found is None:
        return Tried(step.device, Outcome.NO_WAY)
    refused = tuple((_line(step, number), words) for number, words in found)
    return Tried(step.device, Outcome.REFUSED if refused else Outcome.ACCEPTED, refused)


def _line(step: Step, number: int) -> str:
    """The line of a number, as it would be sent."""
    return step.lines[number - 1] if 1 <= number <= len(step.lines) else ""
