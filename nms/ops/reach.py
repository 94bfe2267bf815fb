"""Reachability by ICMP echo, for the devices that ask for it."""

from __future__ import annotations

from dataclasses import replace

from collectors.base import DeviceReading
from collectors.ping import PingResult
from nms.base.errors import BadAnswer, Timeout, Unreachable
from nms.base.text import say


def by_icmp(reading: DeviceReading, echo: PingResult) -> DeviceReading:
    """The reading with loss and round trip of the echo; a device that echoes and refuses SNMP is unknown, not down."""
    measured = replace(reading, sent=echo.sent, lost=echo.lost, rtt_s=echo.rtt_s)
    if not isinstance(reading.error, (Timeout, Unreachable)) or echo.rtt_s is None:
        return measured
    return replace(
        measured,
        error=BadAnswer("snmp_silent", say("The device answers echo and not SNMP: check its credential and ACL.")),
    )
