"""The sweep: asks every device when it is due, judges what they say, stores it, and shows it.

One thread with one asyncio loop, and one beside it for files and the database, which the loop must not wait for. A
*tick* (once a second, from the scheduler) puts the devices that are due into a lane and publishes what was answered.
Devices that answered last time in good time are in the healthy lane; those that did not, or were slow, have a lane with
places of its own. A tick waits for the healthy lane no longer than its patience, so that neither a dead nor a slow
device delays the others. How one device is asked is told in `nms.ops.asking`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from math import ceil
from typing import TypeVar

from collectors.base import DeviceReading
from collectors.families import FOLDER, Families, Known
from collectors.poll import Plan
from collectors.snmp import CheckedClient
from inventory.queries import PollTarget
from nms.base import ledger
from nms.base.clock import Clock, legal_day
from nms.base.db import Database
from nms.base.errors import StoreUnavailable
from nms.base.secrets import SecretBox
from nms.base.settings import Settings
from nms.ops import network as networks
from nms.ops.asking import REDISCOVER_AFTER_FAILURES, Inquirer
from nms.ops.attempts import KEPT, Tried, attempt
from nms.ops.conformity import Watch
from nms.ops.discoveries import note_discoveries
from nms.ops.history import SampleStore
from nms.ops.lanes import Course, Lane
from nms.ops.live import LiveState
from nms.ops.network import Network
from nms.ops.outcome import Recorder
from nms.ops.served import Served, not_asked
from spectrum.register import Register

log = logging.getLogger(__name__)
T = TypeVar("T")

SECOND_LOOK_S = 5.0
RELOAD_S = 2.0
SLOW_ANSWER_S = 1.0


class Sweep:
    """Owns the loop, the client and the memory of every device."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        live: LiveState,
        store: SampleStore,
        clock: Clock,
        box: SecretBox,
        client: CheckedClient | None = None,
        families: Families | None = None,
        register: Register | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._live = live
        self._clock = clock
        self._watch = Watch(database, register or Register(database, clock))
        self._watched_s = 0.0
        self._recorder = Recorder(database, settings, live, store, clock, self._watch)
        self._families = families or Families(settings.home / FOLDER)
        self._known: Known | None = None
        self._network = Network()
        self._courses: dict[str, Course] = {}
        self._read_at_s: float | None = None
        self._head: str | None = None
        self._failed: Counter[str] = Counter()
        self._polled = 0
        self._done: list[str] = []
        self._discovered: dict[str, Plan] = {}
        window = settings.polling.window
        self._healthy = Lane(window, self._poll)
        self._slow = Lane(max(1, window // 4), self._poll)
        self._missed = 0
        self._round_s = 0.0
        self._inquirer = Inquirer(settings, clock, box, self._families, self._note_plan, client)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sweep", daemon=True)
        self._beside = ThreadPoolExecutor(1, "sweep-beside")

    def start(self) -> None:
        """Start the loop; nothing is asked before the first tick."""
        self._thread.start()
        self._live.note_sweep(started_at=self._clock.now())

    def stop(self) -> None:
        """Cancel what is in flight and end the loop."""
        if self._thread.is_alive():
            self._call(self._close()).result(timeout=10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=10)
        self._beside.shutdown(wait=False)
        if not self._loop.is_running():
            self._loop.close()

    def tick(self, patience_s: float | None = None) -> None:
        """Poll what is due and publish what was answered; never twice at once (the scheduler sees to it).

        Waits for the healthy lane for `patience_s` seconds (None: up to the sweep's deadline); what is late goes on,
        and is published by a later tick.
        """
        self._call(self._tick(patience_s)).result()

    def poll_now(self, name: str) -> None:
        """Ask one device everything at the next tick.

        Raises:
            NotFound: the sweep does not know it.
        """
        course = self._courses.get(name)
        if course is None:
            raise not_asked(name)
        course.whole, course.due_s = True, self._clock.monotonic_s()

    def served(self, name: str) -> Served | None:
        """What the newest whole reading of a device counted (`nms.ops.served.Counter`)."""
        course = self._courses.get(name)
        return course.served if course is not None else None

    def tried(self, name: str) -> Tried:
        """What was tried with one device; nothing when the sweep does not ask it."""
        course = self._courses.get(name)
        if course is None:
            return Tried()
        track = course.track
        gaps = {port: rates.gap for port, rates in track.rates.items() if rates.gap}
        return Tried(course.attempts, tuple(track.ports), gaps)

    def forget_events(self, before: datetime) -> int:
        """Apply the retention of events; how many went."""
        return self._recorder.forget_events(before)

    def note_missed(self) -> None:
        """Count a tick that was due while the one before still ran."""
        self._missed += 1

    def _call(self, work: Coroutine[None, None, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _close(self) -> None:
        await self._healthy.close()
        await self._slow.close()
        self._inquirer.close()

    # ---- one tick ----------------------------------------------------------------------------------------------

    async def _tick(self, patience_s: float | None) -> None:
        started_s = self._clock.monotonic_s()
        self._reload(started_s)
        self._learn()
        healthy, slow = self._due(started_s)
        self._slow.places = self._places_for_silent()
        self._slow.add(slow)
        self._healthy.add(healthy)
        if self._healthy.workers:
            most_s = self._settings.polling.sweep_deadline_s
            await asyncio.wait(self._healthy.workers, timeout=most_s if patience_s is None else min(patience_s, most_s))
        await self._publish()
        if healthy:
            self._round_s = self._clock.monotonic_s() - started_s
        self._live.note_sweep(
            last_tick_at=self._clock.now(),
            duration_s=self._round_s,
            polled=self._polled,
            failed=dict(self._failed),
            missed_runs=self._missed,
            in_flight=len(self._healthy.workers) + len(self._slow.workers),
            devices=len(self._courses),
        )

    def _due(self, now_s: float) -> tuple[list[str], list[str]]:
        """Names due now: those that answered well last time (or were never asked), and the others.

        Each is put on its next turn of the same phase. A turn that finds the device still being asked, or that passed
        while nobody looked (a suspended machine), is not made up for: it is counted as missed.
        """
        healthy: list[str] = []
        slow: list[str] = []
        for name, course in self._courses.items():
            if course.due_s > now_s:
                continue
            interval_s = self._interval_s(name)
            passed = int((now_s - course.due_s) // interval_s)
            course.due_s += (passed + 1) * interval_s
            self._missed += passed + course.busy
            if course.busy:
                continue
            course.busy = True
            (slow if course.failures or course.took_s > SLOW_ANSWER_S else healthy).append(name)
        return healthy, slow

    def _places_for_silent(self) -> int:
        """A quarter of the window; more when so many are silent that these could not all be asked in half an interval.

        Waiting for silence costs a place and no work: a region behind one cut backhaul is asked as often as ever.
        """
        polling = self._settings.polling
        silent = sum(course.failures > 0 for course in self._courses.values())
        waited_s = min(polling.timeout_s * (polling.retries + 1), polling.device_deadline_s)
        return max(1, polling.window // 4, ceil(silent * waited_s * 2 / polling.interval_s))

    # ---- one device --------------------------------------------------------------------------------------------

    async def _poll(self, name: str) -> None:
        course, target = self._courses.get(name), self._network.devices.get(name)
        if course is None or target is None:
            return
        reading, slow = await self._inquirer.ask(target, course)
        self._digest(name, course, reading, slow)

    def _note_plan(self, name: str, plan: Plan) -> None:
        self._discovered[name] = plan
        self._recorder.families[name] = plan.family

    def _digest(self, name: str, course: Course, reading: DeviceReading, slow: bool) -> None:
        self._polled += 1
        course.polls += 1
        course.track.take(reading, slow)
        course.attempts = (*course.attempts[1 - KEPT :], attempt(reading, course.took_s))
        if reading.error is None:
            course.failures = 0
        else:
            course.failures += 1
            self._failed[type(reading.error).__name__] += 1
            if course.failures == REDISCOVER_AFTER_FAILURES:
                course.plan = None
        self._done.append(name)

    # ---- the inventory, and what comes out ---------------------------------------------------------------------

    def _interval_s(self, name: str) -> float:
        target = self._network.devices.get(name)
        own = target.interval_s if target is not None else None
        return float(own or self._settings.polling.interval_s)

    def _reload(self, now_s: float) -> None:
        """Read the inventory again when its journal has grown; new devices start spread over their interval."""
        if self._read_at_s is not None and now_s - self._read_at_s < RELOAD_S:
            return
        self._read_at_s = now_s
        try:
            with self._database.reading() as session:
                head = ledger.head(session)
                if head == self._head:
                    return
                before, self._network = self._network.devices, networks.read(session)
        except StoreUnavailable:
            log.exception("the inventory cannot be read; the sweep goes on with what it knows")
            return
        self._head = head
        wanted = {name for name, target in self._network.devices.items() if target.lifecycle.is_asked}
        for gone in self._courses.keys() - wanted:
            del self._courses[gone]
            self._recorder.families.pop(gone, None)
        new = sorted(wanted - self._courses.keys())
        for place, name in enumerate(new):
            spread_s = min(self._interval_s(name), 30.0) * place / len(new)
            self._courses[name] = Course(due_s=now_s + spread_s)
        for name, course in self._courses.items():
            if _asked_otherwise(before.get(name), self._network.devices[name]):
                course.plan = None
        self._recorder.adopt(self._network, {name: course.track for name, course in self._courses.items()})

    def _learn(self) -> None:
        """Take up families of one's own that came, went or changed: every device is recognised anew, in its turn."""
        before, self._known = self._known, self._families.known()
        if self._known is before:
            return
        for complaint in self._known.complaints:
            for fault in complaint.faults:
                log.warning("a profile is not used: %s", fault.told(complaint.file))
        for course in self._courses.values():
            course.plan = None

    async def _publish(self) -> None:
        """Judge and show what was answered; files and database are written beside the loop, which must not wait."""
        await self._watch_rights()
        done, self._done = self._done, []
        for name in self._recorder.record(done, self._interval_s):
            course = self._courses.get(name)
            if course is not None:
                course.due_s = min(course.due_s, self._clock.monotonic_s() + SECOND_LOOK_S)
        while self._recorder.incomplete:
            course = self._courses.get(self._recorder.incomplete.pop())
            if course is not None:
                course.plan = None
        found, self._discovered = self._discovered, {}
        await self._loop.run_in_executor(self._beside, self._write, found)

    async def _watch_rights(self) -> None:
        """Read the register again, beside the loop, when an act was recorded or another legal day has begun."""
        day, now_s = legal_day(self._clock.now()), self._clock.monotonic_s()
        if self._watch.stale(self._head, day) and now_s - self._watched_s >= RELOAD_S:
            await self._loop.run_in_executor(self._beside, self._watch.refresh, self._head, day)
            self._watched_s = now_s if self._watch.stale(self._head, day) else 0.0

    def _write(self, found: dict[str, Plan]) -> None:
        self._recorder.flush()
        note_discoveries(self._database, found)


def _asked_otherwise(before: PollTarget | None, now: PollTarget) -> bool:
    """Whether a change of the inventory concerns how a device is asked."""
    if before is None:
        return True
    return (before.address, before.sealed, before.family) != (now.address, now.sealed, now.family)
