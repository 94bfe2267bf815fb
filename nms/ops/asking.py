"""How the sweep asks one device: where, as whom, by which plan, and for how long at most.

A plan says which variables a device has; it is made when the device is first asked, when it is old, and when the
device's answers no longer fit it. Whatever goes wrong with one device is data: `Inquirer.ask` returns it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache
from zlib import crc32

from collectors.base import DeviceReading, SnmpTarget
from collectors.families import Families
from collectors.ping import ping
from collectors.poll import Plan, collect, discover
from collectors.profile import GENERIC, Profile
from collectors.snmp import CheckedClient
from inventory.address import Network, parse_endpoint, resolve_checked, resolve_checked_async
from inventory.models import Reachability
from inventory.queries import PollTarget
from nms.base.clock import Clock
from nms.base.secrets import SecretBox
from nms.base.settings import Settings
from nms.ops.credentials import opened
from nms.ops.failures import as_device_error
from nms.ops.lanes import Course
from nms.ops.reach import by_icmp
from nms.ops.served import counted

REDISCOVER_AFTER_FAILURES = 5
REDISCOVER_RADIO_S = 300.0
"""Radio tables are read anew this often: a terminal that registers is a row that no plan knows."""
REDISCOVER_S = 3600.0
DISCOVERY_PATIENCE = 4
"""Discovery asks many questions: it has this many times the deadline of a poll."""


class Inquirer:
    """Asks devices with one client; what it learns of a device's plan, and counts, is kept in the device's course.

    Args:
        client: to ask with, and closed by whoever gave it; None: one of its own, opened at the first question.
        planned: told of every plan that is made, with the device's name.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        box: SecretBox,
        families: Families,
        planned: Callable[[str, Plan], None],
        client: CheckedClient | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._box = box
        self._families = families
        self._planned = planned
        self._client = client
        self._client_is_given = client is not None

    def close(self) -> None:
        """Close the client, unless it was given."""
        if self._client is not None and not self._client_is_given:
            self._client.close()

    async def ask(self, target: PollTarget, course: Course) -> tuple[DeviceReading, bool]:
        """Everything that is due of one device, and whether what is seldom asked was asked too.

        A device that fails is a reading with its error.
        """
        started_s = self._clock.monotonic_s()
        _forget_old_plan(course, started_s)
        slow = course.whole or course.plan is None or course.polls % self._settings.polling.slow_every == 0
        course.whole = False
        try:
            reading = await self._ask(target, course, slow)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # one bad device never stops the sweep: its failure is data
            at = self._clock.now().timestamp()
            reading = DeviceReading(at, self._clock.monotonic_s(), error=as_device_error(error))
        finally:
            course.busy = False
        course.took_s = self._clock.monotonic_s() - started_s
        if slow or reading.error is not None:
            course.served = counted(reading)
        return reading, slow

    async def _ask(self, target: PollTarget, course: Course, slow: bool) -> DeviceReading:
        client = self._client = self._client or CheckedClient()
        polling, snmp = self._settings.polling, await self._snmp_target(target, course)
        icmp = target.reachability is Reachability.ICMP
        if course.plan is not None and not slow and not icmp and isinstance(client, CheckedClient):
            # one question, which keeps the device's deadline itself: a timer less for nearly every poll
            return await self._collect(client, snmp, course, course.plan, slow)
        patience = DISCOVERY_PATIENCE if course.plan is None else 1
        async with asyncio.timeout(polling.device_deadline_s * patience):
            plan = course.plan
            if plan is None:
                plan = course.plan = await discover(client, snmp, _profiles(target.family, self._families.profiles()))
                course.planned_s = self._clock.monotonic_s() - _spread(target.name) * REDISCOVER_RADIO_S / 2
                self._planned(target.name, plan)
            reading = await self._collect(client, snmp, course, plan, slow)
            return by_icmp(reading, await ping(snmp.host)) if icmp else reading

    async def _collect(
        self, client: CheckedClient, snmp: SnmpTarget, course: Course, plan: Plan, slow: bool
    ) -> DeviceReading:
        reading = await collect(client, snmp, plan, slow=slow, clock=self._clock)
        if reading.plan_stale:
            course.plan = None
        return reading

    async def _snmp_target(self, target: PollTarget, course: Course) -> SnmpTarget:
        """Where and how to ask: made once for a literal address; for a name anew at each poll, and checked again."""
        if course.asked is not None and course.asked[0] is target:
            return course.asked[1]
        polling, allowed = self._settings.polling, self._settings.network.management
        checked = _checked(target.address, allowed)
        host, port = checked or await resolve_checked_async(target.address, allowed)
        snmp = SnmpTarget(
            host,
            port,
            opened(self._box, target),
            polling.timeout_s,
            polling.retries,
            polling.device_deadline_s,
        )
        course.asked = (target, snmp) if checked else None
        return snmp


def _forget_old_plan(course: Course, now_s: float) -> None:
    """So that new ports and newly registered terminals are found."""
    if course.plan is None:
        return
    radio = course.plan.radio_fast or course.plan.radio_slow
    if now_s - course.planned_s > (REDISCOVER_RADIO_S if radio else REDISCOVER_S):
        course.plan = None


@lru_cache(maxsize=16_384)
def _checked(address: str, networks: tuple[Network, ...]) -> tuple[str, int] | None:
    """A literal address, checked once for all; None for a name, which is resolved and checked at each poll.

    Raises:
        ForbiddenTarget: outside the management networks.
    """
    endpoint = parse_endpoint(address)
    return None if endpoint.literal is None else resolve_checked(endpoint, networks)


def _spread(name: str) -> float:
    """A share 0..1 that is the same for a device every time, so that not all are discovered anew at once."""
    return crc32(name.encode()) / 2**32


def _profiles(family: str, known: Sequence[Profile]) -> Sequence[Profile]:
    """The profile that the inventory pins (generic if its rules do not fit), or all of them to recognise the family."""
    if not any(profile.family == family for profile in known):
        return known
    return tuple(profile for profile in known if profile.family in (family, GENERIC))
