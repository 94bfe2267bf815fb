"""Change plans in the running program: started by people, or at their hour by themselves; carried out in background."""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor

from nms.base.errors import Conflict, NmsError
from nms.base.permissions import SYSTEM, Actor
from nms.base.text import say
from nms.ops.change.desk import Desk
from nms.ops.change.following import Following, following
from nms.ops.change.plan import StepState
from nms.ops.change.runner import Runner
from nms.ops.change.watch import Watch
from nms.ops.change.world import World
from spectrum.acts import Act

log = logging.getLogger(__name__)
AT_ONCE = 2
"""Plans that are carried out at the same time; one device at a time within each."""


class Changes:
    """The desk, hands that do what it approved, and the watch on what configurations should say."""

    def __init__(self, world: World) -> None:
        self.desk = Desk(world.database, world.clock, world.box, world.rights, world.subjects, world.topology)
        self.drivers, self._world = world.drivers, world
        self.drift = Watch(world.database, world.home, world.box, world.clock)
        self._runner = Runner(self.desk, world.ports(), f"{os.uname().nodename}:{os.getpid()}"[:63])
        self._pool = ThreadPoolExecutor(AT_ONCE, "change")

    def following(self, act: Act) -> Following:
        """What follows from an act for stations whose configuration has been read."""
        with self._world.database.reading() as session:
            return following(act, self._world.emitting(session))

    def start(self, reference: str, actor: Actor) -> None:
        """Take a plan to be carried out and return; its page tells how it goes.

        Raises:
            PermissionRefused, Conflict, LawRefusal: it may not run now, and why.
        """
        self._runner.claim(reference, actor)
        self._pool.submit(self._carry_out, reference)

    def run(self, reference: str, actor: Actor) -> None:
        """Take a plan and carry it out before returning."""
        self._runner.run(reference, actor)

    def tick(self) -> None:
        """Find plans whose process died, and start those whose hour has come."""
        self._runner.recover()
        for one in self.desk.waiting():
            if not self._world.stands(one.cause):
                why = say("the act that it follows no longer stands in the register as it did")
                self.desk.give_up(one.reference, why)
            elif self.desk.is_due(one):
                self._start_by_itself(one.reference)

    def read_back(self, reference: str, device: str, actor: Actor) -> StepState:
        """Read a device of unknown state (`Runner.read_back`)."""
        return self._runner.read_back(reference, device, actor)

    def take_back(self, reference: str, device: str, actor: Actor) -> StepState:
        """Bring a device of unknown state back to what it was (`Runner.take_back`)."""
        return self._runner.take_back(reference, device, actor)

    def stop(self) -> None:
        """Begin no other device; one at work ends if the process lives long enough, else it is `unknown` afterwards."""
        self._runner.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start_by_itself(self, reference: str) -> None:
        try:
            self.start(reference, SYSTEM)
        except Conflict as error:
            log.info("%s does not start: %s", reference, error.message)
        except NmsError as error:  # the law has changed its mind: it will not start by itself any more
            self.desk.give_up(reference, error.message)

    def _carry_out(self, reference: str) -> None:
        try:
            self._runner.carry_out(reference)
        except Exception:
            log.exception("change plan %s", reference)  # it stays `running` until it is found abandoned
