"""Units of the field: conversions and sums. Names carry the unit; frequencies are integer kHz; dBm add only as mW."""

from __future__ import annotations

import math
from collections.abc import Iterable

TICKS_PER_S = 100
TICKS_WRAP = 2**32


def mhz_to_khz(mhz: float) -> int:
    """Megahertz to integer kilohertz, rounded to the nearest."""
    return round(mhz * 1000)


def khz_to_mhz(khz: int) -> float:
    """Kilohertz to megahertz."""
    return khz / 1000


def dbm_to_mw(dbm: float) -> float:
    """Level in dBm to power in milliwatts."""
    return float(10 ** (dbm / 10))


def mw_to_dbm(mw: float) -> float:
    """Power in milliwatts (> 0) to level in dBm."""
    return 10 * math.log10(mw)


def sum_dbm(levels_dbm: Iterable[float]) -> float:
    """Level in dBm of the sum of powers; -inf for an empty sum."""
    total_mw = sum(dbm_to_mw(level) for level in levels_dbm)
    return mw_to_dbm(total_mw) if total_mw > 0 else -math.inf


def octets_to_bits(octets: float) -> float:
    """Octets to bits."""
    return octets * 8


def ticks_to_s(ticks: int) -> float:
    """SNMP TimeTicks (1/100 s) to seconds."""
    return ticks / TICKS_PER_S
