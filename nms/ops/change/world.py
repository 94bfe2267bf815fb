"""What change plans need of the world: the inventory, stored configurations, the register, sessions, who is served."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from collectors.cli import Terminal
from collectors.driver import Driver
from collectors.terminal import open_terminal
from inventory import queries
from inventory.territory import changes
from nms.base.clock import Clock
from nms.base.db import Database
from nms.base.errors import DeviceError, NotFound, Timeout, Unreachable
from nms.base.secrets import SecretBox
from nms.base.settings import Settings
from nms.base.text import say
from nms.ops.change import fleet
from nms.ops.change.following import cause_of
from nms.ops.change.grammar import Grammar
from nms.ops.change.order import Topology
from nms.ops.change.ports import Ports
from nms.ops.change.prepare import Rights, Subject
from nms.ops.configs import access, locks, store
from nms.ops.configs.models import Cause
from nms.ops.served import Counter, Served
from spectrum.former import former
from spectrum.register import Register

ASK_AGAIN_S = 2.0
"""After so long, a device that has not answered is asked again: its turn may have been missed."""
LOOK_S = 0.25
HOLD = timedelta(minutes=3)
"""For how long a plan holds a device at a time; held on while it is at work, free so soon when its process has died."""


class World:
    """The real one."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        box: SecretBox,
        clock: Clock,
        register: Register,
        counter: Counter,
    ) -> None:
        self.database, self._settings, self.box, self.clock = database, settings, box, clock
        self._register, self._counter = register, counter
        self._busy: set[tuple[int, str]] = set()
        self._busy_lock = threading.Lock()

    @property
    def home(self) -> Path:
        """The folder that everything of this installation lies in."""
        return self._settings.home

    def subjects(self, session: Session, names: Sequence[str]) -> Mapping[str, Subject]:
        """The devices of these names whose configuration has been read, as a plan needs them."""
        return fleet.subjects(session, self.box, names)

    def standing(self, session: Session, names: Sequence[str]) -> Mapping[str, Subject]:
        """The devices of these names as the law is asked about them, without what runs on them."""
        return fleet.standing(session, names)

    def topology(self, session: Session) -> Topology:
        """Who is behind whom: the parents of devices, and the ends of links, the near one first."""
        devices = queries.poll_targets(session)
        above = [(device.parent, device.name) for device in devices if device.parent]
        links = queries.links(session)
        ends = [(link.a_device or link.sector_device, link.b_device or link.terminal_device) for link in links]
        return Topology.of(above + ends)

    def rights(self) -> Rights:
        """The register of today."""
        with self.database.reading() as session:
            successors = changes(session)
        parts = former(self._register.acts(), successors)
        return Rights(self._register.as_of(date.max).holdings(), self._register.holdings, parts)

    def stands(self, cause: str) -> bool:
        """Whether the act that a plan follows stands in the register as it did; a plan without an act always does."""
        return not cause or any(cause_of(one.act) == cause for one in self._register.acts())

    def emitting(self, session: Session) -> Mapping[str, Subject]:
        """Every device with sectors whose configuration has been read."""
        return self.subjects(session, sorted(fleet.with_sectors(session)))

    def ports(self) -> Ports:
        """What a runner does."""
        return Ports(self.dial, self.grammar, self.keep, self.subscribers, self.alone)

    @contextmanager
    def dial(self, device: str) -> Iterator[Terminal]:
        """Log in to a device.

        Raises:
            DeviceError: no session came about. NotFound: nothing is known to log in with.
        """
        with self.database.reading() as session:
            one = access.access(session, device)
        target = one.target(self.box, self._settings.network.management)
        with open_terminal(target, one.driver, one, access.patience(self._settings.configuration)) as line:
            yield line

    def dry_run(self, device: str, lines: Sequence[str], reference: str) -> tuple[tuple[int, str], ...] | None:
        """What a device would refuse of these lines (`collectors.cli.Terminal.dry_run`); nothing is entered.

        Raises:
            DeviceError: no session came about, or the device did not do it. Conflict: somebody is at work on it.
        """
        owner = f"dry run {reference}"  # another than the plan itself, which may be at work
        with self.alone(device, owner), self.dial(device) as line:
            return line.dry_run(lines)

    def grammar(self, device: str) -> Grammar:
        """How a device writes its configuration.

        Raises:
            NotFound: it is not known how.
        """
        with self.database.reading() as session:
            family = fleet.family_of(access.access(session, device))
        if family is None:
            raise NotFound("no_grammar", say("How {device} writes its configuration is not known.", device=device))
        return family.grammar

    def drivers(self, names: Sequence[str]) -> Mapping[str, Driver]:
        """How devices are talked to, and which parts of a line are secrets; without those of which that is unknown."""
        with self.database.reading() as session:
            return fleet.drivers(session, names)

    def keep(self, device: str, text: str, cause: str, reference: str) -> None:
        """Keep a configuration that was read on the way."""
        with self.database.transaction() as session:
            one = access.access(session, device)
            store.store(
                session, self.box, one.device_id, text, cause=Cause(cause), author=reference, at=self.clock.now()
            )

    def subscribers(self, device: str, within_s: float) -> int | None:
        """How many clients a device serves, by an answer that is younger than the question.

        None: it tells none, or is not asked over SNMP at all.

        Raises:
            DeviceError: it did not answer in time.
        """
        began_s = self.clock.monotonic_s()
        asked_s: float | None = None
        while True:
            seen, now_s = self._counter.served(device), self.clock.monotonic_s()
            if seen is not None and seen.at_s >= began_s and not _is_silent(seen):
                return _told(seen)
            if now_s - began_s >= within_s:
                raise _uncounted(seen, began_s)
            if asked_s is None or now_s - asked_s >= ASK_AGAIN_S:
                if not self._asked(device):
                    return None
                asked_s = now_s
            else:
                self.clock.sleep(LOOK_S)

    def _asked(self, device: str) -> bool:
        """Have a device asked over SNMP; False: it is not one that is."""
        try:
            self._counter.poll_now(device)
        except NotFound:  # or the sweep has just begun, and knows nobody yet
            with self.database.reading() as session:
                return access.access(session, device).lifecycle.is_asked
        return True

    @contextmanager
    def alone(self, device: str, reference: str) -> Iterator[Callable[[], None]]:
        """Keep backups and other plans off a device for `HOLD`; what it yields, called, holds it on for as long again.

        Raises:
            Conflict: somebody else is at work on it.
        """
        with self.database.reading() as session:
            number = access.access(session, device).device_id

        def hold() -> None:
            with self.database.transaction() as session:
                now = self.clock.now()
                locks.acquire(session, number, reference, now + HOLD, now=now)

        with self._one_at_a_time(number, reference):
            hold()
            try:
                yield hold
            finally:
                with self.database.transaction() as session:
                    locks.release(session, number, reference)

    @contextmanager
    def _one_at_a_time(self, number: int, reference: str) -> Iterator[None]:
        """The same plan twice on a device: its lock is one, so the second would take it from the first.

        Raises:
            Conflict: it is at work there.
        """
        with self._busy_lock:
            if (number, reference) in self._busy:
                raise locks.taken(reference, self.clock.now() + HOLD)
            self._busy.add((number, reference))
        try:
            yield
        finally:
            with self._busy_lock:
                self._busy.discard((number, reference))


def _is_silent(seen: Served) -> bool:
    """Whether nothing came over SNMP, perhaps because it was lost on the way; an echo may have come."""
    return seen.error is not None and (
        isinstance(seen.error, Timeout | Unreachable) or seen.error.code == "snmp_silent"
    )


def _told(seen: Served) -> int | None:
    """What an answer tells of clients.

    Raises:
        DeviceError: it is a refusal.
    """
    if seen.error is not None and seen.error.code != "no_credential":
        raise seen.error
    return seen.clients


def _uncounted(seen: Served | None, began_s: float) -> DeviceError:
    """Why nobody was counted."""
    if seen is not None and seen.error is not None and seen.at_s >= began_s:
        return seen.error
    return Timeout("not_counted", say("It did not answer over SNMP in time."))
