"""Reachability, round trip and loss by ICMP echo."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from icmplib import Host, ICMPLibError, NameLookupError, SocketPermissionError, async_ping

from nms.base.errors import InputError, Unreachable
from nms.base.text import say


@dataclass(frozen=True, slots=True)
class PingResult:
    """Echoes of one burst; `rtt_s` is the mean round trip, None when nothing came back."""

    sent: int
    lost: int
    rtt_s: float | None

    @property
    def loss_ratio(self) -> float:
        """Share of echoes lost, 0..1."""
        return self.lost / self.sent if self.sent else 1.0


async def ping(host: str, *, count: int = 5, interval_s: float = 0.1, timeout_s: float = 1.0) -> PingResult:
    """Send `count` echoes to a literal address (already checked by `inventory.address`).

    Raises:
        InputError: this process may not open ICMP sockets.
        Unreachable: the machine has no route or no such address family.
    """
    try:
        host_state = await _burst(host, count, interval_s, timeout_s)
    except SocketPermissionError as error:
        raise InputError(
            "icmp_not_permitted",
            say(
                "This process may not send ICMP echo: give it CAP_NET_RAW, or put its group into "
                "net.ipv4.ping_group_range, or set the reachability method of the device to snmp."
            ),
        ) from error
    except (ICMPLibError, NameLookupError, OSError) as error:
        _let_pass(error)
        raise Unreachable(
            "no_route", say("No echo can be sent to {host}: {why}.", host=host, why=str(error)), host=host
        ) from error
    if not host_state.packets_sent:
        raise Unreachable(
            "no_route", say("No echo can be sent to {host}: there is no route to it.", host=host), host=host
        )
    received = host_state.packets_received
    lost = max(0, host_state.packets_sent - received)
    return PingResult(host_state.packets_sent, lost, host_state.avg_rtt / 1000 if received else None)


def _let_pass(error: Exception) -> None:
    """Raise again what is a want of this machine, and says nothing about the device (icmplib hides the number)."""
    cause = error if isinstance(error, OSError) else error.__context__
    if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
        raise cause


async def _burst(host: str, count: int, interval_s: float, timeout_s: float) -> Host:
    """By a raw socket; without that right by the datagram socket that Linux grants to the groups of its setting."""
    try:
        return await async_ping(host, count=count, interval=interval_s, timeout=timeout_s, privileged=True)
    except SocketPermissionError:
        return await async_ping(host, count=count, interval=interval_s, timeout=timeout_s, privileged=False)
