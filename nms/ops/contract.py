"""What a contract asks of a link over a period: its interruptions, and percentiles of slots of five minutes. Pure.

A percentile is one of measured slots: the smallest value that is not exceeded in that share of them (nearest rank, no
interpolation). A slot without a sample is absent, never zero; a sum has the slots in which both directions are known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nms.ops.history import Series
from nms.ops.state import State
from nms.ops.works import Span

SLOT_S = 300
_RESTORED_WITHIN = re.compile(r"\bGTR\s*:?\s*(\d{1,3})\s*h", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Interruption:
    """A time in which the object was down; works are taken out of it, `unwatched_s` is what nobody watched of it.

    It begins where the period does when it was down before, and `lasts` when it is not over at the end of the period.
    """

    start_s: int
    end_s: int
    works_s: int
    unwatched_s: int
    lasts: bool

    @property
    def counted_s(self) -> int:
        """Its length without works."""
        return self.end_s - self.start_s - self.works_s


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of slots of five minutes: how many were measured of how many, and the 95th percentile of each quantity."""

    measured: int
    slots: int
    in_bps: float | None
    out_bps: float | None
    sum_bps: float | None
    rtt_s: float | None
    loss_ratio: float | None


def restored_within_s(contract_class: str) -> int | None:
    """The time to restore service that a class such as « GTR 4 h » guarantees; None where it does not say."""
    found = _RESTORED_WITHIN.search(contract_class)
    return int(found[1]) * 3600 if found is not None else None


def interruptions(
    changes: Sequence[tuple[int, State]],
    start_s: int,
    end_s: int,
    now_s: int,
    works: Sequence[Span] = (),
    unwatched: Sequence[Span] = (),
) -> list[Interruption]:
    """The interruptions of a period, from the changes of state in the order of time (the one before it too)."""
    until_s = min(end_s, now_s)
    found = []
    for place, (at_s, state) in enumerate(changes):
        over = place + 1 < len(changes)
        a, b = max(at_s, start_s), min(changes[place + 1][0] if over else now_s, until_s)
        if state is State.DOWN and a < b:
            lasts = not over or changes[place + 1][0] > until_s
            found.append(Interruption(a, b, _shared(works, a, b), _shared(unwatched, a, b), lasts))
    return [one for one in found if one.counted_s > 0]


def _shared(spans: Iterable[Span], start_s: int, end_s: int) -> int:
    """How much of a span lies in others, which do not overlap."""
    return sum(max(0, min(b, end_s) - max(a, start_s)) for a, b in spans)


def percentiles(series: Series, start_s: int, end_s: int, percent: int = 95) -> Percentiles:
    """Percentiles of raw points of a period."""
    slots: dict[int, list[int]] = defaultdict(list)
    for place, at_s in enumerate(series.at_s):
        if start_s <= at_s < end_s:
            slots[at_s // SLOT_S].append(place)
    means = {column: dict(_means(values, slots)) for column, values in series.values.items()}
    coming, leaving = means["in_bps"], means["out_bps"]
    both = [coming[slot] + leaving[slot] for slot in coming.keys() & leaving.keys()]
    return Percentiles(
        measured=len(set().union(*means.values())),
        slots=len(range(start_s, end_s, SLOT_S)),
        in_bps=rank(coming.values(), percent),
        out_bps=rank(leaving.values(), percent),
        sum_bps=rank(both, percent),
        rtt_s=rank(means["rtt_s"].values(), percent),
        loss_ratio=rank(means["loss_ratio"].values(), percent),
    )


def _means(values: Sequence[float | None], slots: dict[int, list[int]]) -> Iterator[tuple[int, float]]:
    """The mean of a measure in each slot in which it was measured."""
    for slot, places in slots.items():
        known = [value for place in places if (value := values[place]) is not None]
        if known:
            yield slot, sum(known) / len(known)


def rank(values: Iterable[float], percent: int) -> float | None:
    """The smallest of these values that so many percent of them do not exceed; None when there is none."""
    ordered = sorted(values)
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)] if ordered else None
