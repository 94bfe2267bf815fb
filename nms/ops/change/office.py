"""Change plans in the running program: started by people, or at their hour by themselves; carried out in background."""

from __future__ import annotations

import logging
import threading

from nms.base.errors import Conflict, NmsError, StoreUnavailable
from nms.base.permissions import SYSTEM, Actor
from nms.base.text import say
from nms.ops.change.beat import beating, myself
from nms.ops.change.desk import Desk, Waiting
from nms.ops.change.following import Following, following
from nms.ops.change.plan import StepState
from nms.ops.change.progress import Progress
from nms.ops.change.runner import Runner
from nms.ops.change.trial import Trials
from nms.ops.change.watch import Watch
from nms.ops.change.world import World
from spectrum.acts import Act

log = logging.getLogger(__name__)
AT_ONCE = 2
"""Plans that are carried out at the same time; one device at a time within each."""
_FALLEN = say("the act that it follows no longer stands in the register as it did")
ENDING_S = 2.0
"""How long a device at work has to end when the program stops."""


class Changes:
    """The desk, hands that do what it approved, and the watch on what configurations should say."""

    def __init__(self, world: World) -> None:
        self.desk = Desk(
            world.database, world.clock, world.box, world.rights, world.subjects, world.standing, world.topology
        )
        self.drivers, self._world = world.drivers, world
        self.drift = Watch(world.database, world.home, world.box, world.clock)
        self.trials = Trials(self.desk, world.clock, world.dry_run)
        self._runner = Runner(self.desk, world.ports(), myself())
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._threads: list[threading.Thread] = []

    def following(self, act: Act) -> Following:
        """What follows from an act for stations whose configuration has been read."""
        with self._world.database.reading() as session:
            return following(act, self._world.emitting(session))

    def start(self, reference: str, actor: Actor) -> None:
        """Take a plan to be carried out and return; its page tells how it goes.

        Raises:
            PermissionRefused, Conflict, LawRefusal: it may not run now, and why.
        """
        self._must_stand(reference)
        self._runner.claim(reference, actor)
        thread = threading.Thread(target=self._carry_out, args=(reference,), name=f"change {reference}", daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def run(self, reference: str, actor: Actor) -> None:
        """Take a plan and carry it out before returning."""
        self._must_stand(reference)
        self._runner.run(reference, actor)

    def halt(self) -> None:
        """Begin no other device; the one at work goes on."""
        self._runner.stop()

    def recover(self) -> list[str]:
        """Find plans whose process died (`Runner.recover`)."""
        return self._runner.recover()

    def tick(self) -> None:
        """Find plans whose process died, and start those whose hour has come."""
        self.recover()
        for one in self.desk.waiting():
            try:
                self._look_at(one)
            except NmsError as error:  # of this plan, or of the database: the others have their turn, this one its next
                log.warning("%s is looked at again later: %s", one.reference, error.message)

    def read_back(self, reference: str, device: str, actor: Actor) -> StepState:
        """Read a device of unknown state (`Runner.read_back`)."""
        return self._runner.read_back(reference, device, actor)

    def take_back(self, reference: str, device: str, actor: Actor) -> StepState:
        """Bring a device of unknown state back to what it was (`Runner.take_back`)."""
        return self._runner.take_back(reference, device, actor)

    def stop(self) -> None:
        """Begin no other device. One at work has `ENDING_S` to end; else it is found `unknown` at the next start."""
        self.halt()
        for thread in self._threads:
            thread.join(ENDING_S / len(self._threads))

    def _look_at(self, one: Waiting) -> None:
        """Give a plan up whose act has gone, or start it when its hour has come."""
        if not self._world.stands(one.cause):
            self.desk.give_up(one.reference, _FALLEN)
        elif self.desk.is_due(one):
            self._start_by_itself(one.reference)

    def _must_stand(self, reference: str) -> None:
        """Refuse a plan whose act has gone since it was last looked at."""
        if not self._world.stands(self.desk.glances.one(reference).row.cause):
            raise Conflict("act_fallen", say("{reference}: {why}", reference=reference, why=_FALLEN))

    def _start_by_itself(self, reference: str) -> None:
        try:
            self.start(reference, SYSTEM)
        except Conflict as error:
            log.info("%s does not start: %s", reference, error.message)
        except StoreUnavailable:
            raise
        except NmsError as error:  # the law has changed its mind: it will not start by itself any more
            self.desk.give_up(reference, error.message)

    def _carry_out(self, reference: str) -> None:
        try:
            with beating(Progress(self.desk, reference).alive):  # it may wait long for its turn
                self._room.acquire()
            try:
                self._runner.carry_out(reference)
            finally:
                self._room.release()
        except Exception:
            log.exception("change plan %s", reference)  # it stays `running` until it is found abandoned
