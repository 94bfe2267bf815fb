"""What radios say that they emit: rows of a poll in, emissions out. Pure; what is not told stays not told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from collectors.base import Metric, RadioReading

_RECEIVED = ("rx", "uplink")
"""Ends of labels of what a station hears, not of what it emits."""


@dataclass(frozen=True, slots=True)
class Emission:
    """One carrier as the radio tells it: kHz, dBm at the radio; None where it does not tell, or tells two values.

    `planned_width`: the width is that of the plan, for the radio tells a centre and no width.
    """

    centre_khz: float | None = None
    width_khz: float | None = None
    power_dbm: float | None = None
    planned_width: bool = False


_TOLD = frozenset({Metric.FREQUENCY, Metric.CHANNEL_WIDTH, Metric.TX_POWER})


@lru_cache(maxsize=65536)
def steps(index: str) -> tuple[str, ...]:
    """The steps of a radio index without its label: `downlink.2` is (2), `2/02:00:5e:00:00:11/1` is (2, MAC, 1)."""
    found = index.lower().replace("/", ".").split(".")
    while len(found) > 1 and not found[0][:1].isdigit():
        del found[0]
    return tuple(found)


@lru_cache(maxsize=65536)
def _emitted(index: str) -> bool:
    """Whether a row is of what the station sends: those labelled `rx` or `uplink` are of what it hears."""
    return not index.lower().replace("/", ".").split(".")[0].endswith(_RECEIVED)


def of_sector(rows: Iterable[RadioReading], planned_khz: int | None = None) -> Emission:
    """The carrier of one radio: each value that all of its rows agree on; a width not told is that of the plan."""
    centres: set[float] = set()
    widths: set[float] = set()
    powers: set[float] = set()
    for row in rows:
        metric = row.metric
        if metric is Metric.FREQUENCY:
            into = centres
        elif metric is Metric.CHANNEL_WIDTH:
            into = widths
        elif metric is Metric.TX_POWER:
            into = powers
        else:
            continue
        if row.usable and row.value is not None and _emitted(row.index):
            into.add(row.value)
    centre, width, power = _one(centres), _one(widths), _one(powers)
    if centre is not None and not widths and planned_khz:
        return Emission(centre, float(planned_khz), power, planned_width=True)
    return Emission(centre, width, power)


def of_device(rows: Sequence[RadioReading], sectors: Collection[str]) -> tuple[Emission, ...]:
    """The carriers of the radios of a device that are no sector's, in the order of their indices.

    `sectors` are the radio indices of its sectors: what these tell is theirs.
    """
    known = [steps(index) for index in sectors if index]
    carriers = [
        row
        for row in rows
        if row.metric is Metric.FREQUENCY and row.usable and _emitted(row.index) and not _within(row, known)
    ]
    if not carriers:
        return ()
    found: dict[tuple[str, ...], list[RadioReading]] = {steps(row.index): [] for row in carriers}
    alone = next(iter(found)) if len(found) == 1 else None
    for row in rows:
        if row.metric in _TOLD and not _within(row, known):
            of = alone if alone is not None else steps(row.index)
            if of in found:
                found[of].append(row)
    return tuple(of_sector(rows_of) for _, rows_of in sorted(found.items()))


def _within(row: RadioReading, sectors: Iterable[tuple[str, ...]]) -> bool:
    of = steps(row.index)
    return any(of[: len(sector)] == sector for sector in sectors)


def _one(values: set[float]) -> float | None:
    return next(iter(values)) if len(values) == 1 else None
