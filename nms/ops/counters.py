"""Counters to rates. Pure: two samples in, a rate or the reason for a gap out. A gap stays a gap; nothing is guessed.

RFC 2863 (ifCounterDiscontinuityTime, 32 and 64 bit counters), RFC 3418 (sysUpTime wraps after 497 days).
"""

from __future__ import annotations

from dataclasses import dataclass

from nms.base.units import TICKS_PER_S, TICKS_WRAP

SPEED_TOLERANCE = 1.1
UPTIME_TOLERANCE_S = 10.0

FIRST = "first_sample"
RESTARTED = "restarted"
DISCONTINUITY = "discontinuity"
FELL = "counter_fell"
TOO_LONG = "interval_too_long_for_32_bit"
NO_TIME = "no_time_between"
IMPOSSIBLE = "faster_than_the_port"
MISSING = "not_answered"
WIDTH_CHANGED = "counter_width_changed"


@dataclass(frozen=True, slots=True)
class Rate:
    """Units per second, or None with the reason for the gap."""

    per_s: float | None
    gap: str = ""


def restarted(before_ticks: int | None, after_ticks: int | None, elapsed_s: float) -> bool:
    """Whether the device restarted between two readings of sysUpTime, `elapsed_s` apart on our monotonic clock.

    The uptime, taken modulo its wrap at 2^32 ticks, must have advanced by the elapsed time within a tolerance. A device
    whose uptime rose by less restarted too: it was young at the first reading and is young again. One whose uptime
    rose by more, or stands still (an agent that caches it), did not.
    """
    if before_ticks is None or after_ticks is None or before_ticks == after_ticks:
        return False
    advanced_s = ((after_ticks - before_ticks) % TICKS_WRAP) / TICKS_PER_S
    tolerance_s = UPTIME_TOLERANCE_S + 0.05 * elapsed_s
    fell = after_ticks < before_ticks
    return advanced_s < elapsed_s - tolerance_s or (fell and advanced_s > elapsed_s + tolerance_s)


def rate(
    before: int | None,
    after: int | None,
    elapsed_s: float,
    bits: int,
    *,
    speed_bps: int | None = None,
    unit_bits: int = 8,
) -> Rate:
    """Rate of a counter of `bits` (32 or 64) between two samples of one uninterrupted run of the device.

    Args:
        before: earlier raw value, None when it was not answered.
        after: later raw value.
        elapsed_s: seconds between the two on the monotonic clock.
        bits: width of the counter.
        speed_bps: speed of the port, to bound what is possible; None when unknown.
        unit_bits: bits that one count stands for (8 for octets).

    Returns:
        counts per second; a gap when it cannot be known.
    """
    if before is None or after is None:
        return Rate(None, MISSING)
    if elapsed_s <= 0:
        return Rate(None, NO_TIME)
    if bits == 32 and speed_bps and speed_bps * elapsed_s / unit_bits >= 2**32:
        return Rate(None, TOO_LONG)
    delta = after - before
    if delta < 0:
        if bits != 32:
            return Rate(None, FELL)
        delta += 2**32
        if speed_bps is None and delta > 2**31:
            return Rate(None, FELL)
    per_s = delta / elapsed_s
    if speed_bps and per_s * unit_bits > SPEED_TOLERANCE * speed_bps:
        return Rate(None, IMPOSSIBLE)
    return Rate(per_s)
