"""What change plans need of the world: the inventory, stored configurations, the register, sessions, who is served."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from collectors.driver import Driver
from collectors.terminal import open_terminal
from inventory import queries
from inventory.models import Device, Sector
from inventory.territory import changes, today_of
from nms.base.clock import Clock
from nms.base.db import Database
from nms.base.errors import NotFound
from nms.base.secrets import SecretBox
from nms.base.settings import Settings
from nms.base.text import say
from nms.ops.change import intents
from nms.ops.change.following import cause_of
from nms.ops.change.grammar import Grammar
from nms.ops.change.hands import Line, Ports
from nms.ops.change.intents import Compliance, Facts
from nms.ops.change.order import Topology
from nms.ops.change.prepare import Family, Rights, Subject
from nms.ops.change.radio import RadioGrammar
from nms.ops.configs import access, locks, store
from nms.ops.configs.access import Access
from nms.ops.configs.models import Cause
from nms.ops.live import LiveState
from nms.ops.state import Kind
from spectrum.former import former
from spectrum.register import Register

LONGEST_HOLD = timedelta(hours=3)
"""A device that a plan holds is free again after this, should the process have died."""


class World:
    """The real one."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        box: SecretBox,
        clock: Clock,
        register: Register,
        live: LiveState,
        poll_now: Callable[[str], None],
    ) -> None:
        self.database, self._settings, self.box, self.clock = database, settings, box, clock
        self._register, self._live, self._poll_now = register, live, poll_now

    def subjects(self, session: Session, names: Sequence[str]) -> Mapping[str, Subject]:
        """The devices of these names whose configuration has been read, as a plan needs them."""
        emitting = _with_sectors(session)
        found: dict[str, Subject] = {}
        for one in access.accesses(session, names):
            newest = store.latest(session, one.device_id)
            if newest is not None:
                found[one.device] = Subject(
                    name=one.device,
                    running=store.text_of(self.box, newest),
                    family=_family_of(one),
                    commune=today_of(session, one.insee) if one.insee else "",
                    emits=one.device in emitting,
                    stands=one.insee,
                )
        return found

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

    def facts(self, session: Session) -> dict[str, Facts]:
        """What the inventory knows of each device, as intents take it."""
        places = {place.name: place for place in queries.places(session)}
        sectors, hotspots = defaultdict(list), defaultdict(list)
        for sector in queries.sectors(session):
            sectors[sector.device].append(asdict(sector))
        for hotspot in queries.hotspots(session):
            hotspots[hotspot.device].append(asdict(hotspot))
        found: dict[str, Facts] = {}
        for one in queries.poll_targets(session):
            place = places.get(one.site)
            found[one.name] = {
                "name": one.name,
                "label": one.label,
                "role": one.role.value,
                "family": one.family,
                "address": one.address,
                "site": one.site,
                "insee": one.insee,
                "commune": place.commune if place else "",
                "department": place.department if place else "",
                "sectors": sectors[one.name],
                "hotspots": hotspots[one.name],
                "ports": [{"name": port.name, "speed_bps": port.speed_bps} for port in one.interfaces],
            }
        return found

    def compliance(self) -> tuple[list[Compliance], list[str]]:
        """Every device against every intent of the home folder that is for it; and complaints about broken files."""
        loaded, complaints = intents.load(self._settings.home)
        found: list[Compliance] = []
        if loaded:
            with self.database.reading() as session:
                facts, accesses = self.facts(session), access.accesses(session)
                subjects = self.subjects(session, [one.device for one in accesses])
            for one in accesses:
                told, driver = facts.get(one.device, {}), _driver_of(one)
                chosen = [intent for intent in loaded if intent.chooses(told, driver.name if driver else "")]
                found += [intents.judged(intent, one.device, told, subjects.get(one.device)) for intent in chosen]
        return found, complaints

    def emitting(self, session: Session) -> Mapping[str, Subject]:
        """Every device with sectors whose configuration has been read."""
        return self.subjects(session, sorted(_with_sectors(session)))

    def ports(self) -> Ports:
        """What a runner does."""
        return Ports(self.dial, self.grammar, self.keep, self.subscribers, self.alone)

    @contextmanager
    def dial(self, device: str) -> Iterator[Line]:
        """Log in to a device.

        Raises:
            DeviceError: no session came about. NotFound: nothing is known to log in with.
        """
        with self.database.reading() as session:
            one = access.access(session, device)
        target = one.target(self.box, self._settings.network.management)
        with open_terminal(target, one.driver, one, access.patience(self._settings.configuration)) as line:
            yield line

    def grammar(self, device: str) -> Grammar:
        """How a device writes its configuration.

        Raises:
            NotFound: it is not known how.
        """
        with self.database.reading() as session:
            family = _family_of(access.access(session, device))
        if family is None:
            raise NotFound("no_grammar", say("How {device} writes its configuration is not known.", device=device))
        return family.grammar

    def driver(self, device: str) -> Driver:
        """How a device is talked to; it knows which parts of a line are secrets.

        Raises:
            NotFound: it is not known how.
        """
        with self.database.reading() as session:
            return access.access(session, device).driver

    def keep(self, device: str, text: str, cause: str, reference: str) -> None:
        """Keep a configuration that was read on the way."""
        with self.database.transaction() as session:
            one = access.access(session, device)
            store.store(
                session, self.box, one.device_id, text, cause=Cause(cause), author=reference, at=self.clock.now()
            )

    def subscribers(self, device: str, since: datetime | None) -> int | None:
        """How many clients the device's newest poll counted; an older poll than `since` does not count."""
        if since is not None:
            self._poll_now(device)
        status = self._live.get(Kind.DEVICE, device)
        measures = status.measures if status is not None else None
        if measures is None or measures.clients is None:
            return None
        if since is not None and measures.at_s < since.timestamp():
            return None
        return int(measures.clients)

    @contextmanager
    def alone(self, device: str, reference: str) -> Iterator[None]:
        """Keep backups and other plans off a device.

        Raises:
            Conflict: somebody else is at work on it.
        """
        with self.database.transaction() as session:
            one, now = access.access(session, device), self.clock.now()
            locks.acquire(session, one.device_id, reference, now + LONGEST_HOLD, now=now)
        try:
            yield
        finally:
            with self.database.transaction() as session:
                locks.release(session, one.device_id, reference)


def _with_sectors(session: Session) -> set[str]:
    return set(session.scalars(select(Device.name).join(Sector, Sector.device_id == Device.id)))


def _driver_of(one: Access) -> Driver | None:
    try:
        return one.driver
    except NotFound:
        return None


def _family_of(one: Access) -> Family | None:
    """How a device's command line writes configurations; None when lines cannot be taken back one by one."""
    driver = _driver_of(one)
    if driver is None or driver.negate is None:
        return None
    grammar = Grammar(driver.negate, driver.singles, driver.closers, driver.stays)
    radio = driver.radio
    if radio is None:
        return Family(grammar)
    return Family(
        grammar, RadioGrammar(radio.head, radio.centre, radio.width, radio.silence, radio.unit, radio.watched)
    )
