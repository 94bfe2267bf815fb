"""The device's idea of time orders nothing: only our own clock does."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from collectors.base import DeviceReading, SnmpCredential, SnmpTarget, SnmpVersion
from collectors.poll import collect, discover
from collectors.profile import bundled
from collectors.snmp import open_client
from nms.base.clock import FakeClock
from nms.ops.tracking import Track
from tests.fakes import agent as fake
from tests.fakes.agent import FakeAgent, Raw, parse_snmprec
from tests.fakes.memory_client import RECORDINGS

AIROS = parse_snmprec((RECORDINGS / "airos.snmprec").read_text("utf-8"))
SYS_UPTIME, SYSTEM_DATE = "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.25.1.2.0"
DATES = {
    "of 2038": fake.octets(bytes((0x07, 0xF6, 1, 19, 3, 14, 8, 0))),
    "of 1900": fake.octets(bytes((0x07, 0x6C, 1, 1, 0, 0, 0, 0))),
    "garbage": Raw(0x04, b"\xff" * 40),
}


@pytest.mark.parametrize("date", DATES)
def test_fault_32_a_device_s_date_dates_nothing(date: str) -> None:
    """Two polls of a device whose clock is mad: the readings bear our times, in our order."""
    clock = FakeClock()

    async def play() -> list[DeviceReading]:
        async with FakeAgent({**AIROS, SYSTEM_DATE: DATES[date]}) as agent, open_client() as client:
            credential = SnmpCredential(SnmpVersion.V2C, community=agent.community.decode())
            target = SnmpTarget(agent.host, agent.port, credential, timeout_s=1.0, retries=0, deadline_s=5.0)
            plan = await discover(client, target, bundled())
            readings = []
            for ticks in (4_000_000_000, 12):
                agent.set(SYS_UPTIME, fake.ticks(ticks))
                readings.append(await collect(client, target, plan, slow=True, clock=clock))
                clock.advance(60)
            asked = {oid for request in agent.requests for oid in request.oids}
            assert SYSTEM_DATE not in {fake.dotted(oid) if isinstance(oid, tuple) else oid for oid in asked}
            return readings

    first, second = asyncio.run(play())
    assert second.at_s - first.at_s == 60
    assert second.monotonic_s - first.monotonic_s == 60
    assert first.error is None
    assert second.error is None


def test_fault_32_an_uptime_that_jumps_back_is_a_restart_and_no_step_in_time() -> None:
    """sysUpTime tells of restarts; the elapsed time is ours."""
    track, clock = Track(), FakeClock()
    reading = DeviceReading(at_s=clock.now().timestamp(), monotonic_s=clock.monotonic_s(), uptime_ticks=500_000)
    track.take(reading, slow=False)
    later = replace(reading, at_s=reading.at_s + 60, monotonic_s=reading.monotonic_s + 60, uptime_ticks=10)
    track.take(later, slow=False)
    assert track.last_at_s == later.at_s
