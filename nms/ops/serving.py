"""What serves the people of a commune, and the state of its best service: one rule for pages, files, API and metrics.

Links and hotspots serve people; a base station or a sector alone serves nobody. What is only planned serves nobody yet.
"""

from __future__ import annotations

from collections.abc import Iterable

from nms.ops.state import Kind, State, Status

SERVES = (Kind.LINK, Kind.HOTSPOT)
SERVED = (State.UP, State.DEGRADED)
"""States in which a service serves: a degraded one does, badly."""
_BEST_FIRST = (*SERVED, State.UNKNOWN, State.UNMEASURED, State.DOWN)
"""One that serves says that people are served; one that nothing is known of says more than that all are down."""


def is_service(row: Status) -> bool:
    """Whether an object serves people, or did before it failed."""
    return row.subject.kind in SERVES and all(reason.code != "planned" for reason in row.judgement.reasons)


def best(rows: Iterable[Status]) -> State | None:
    """The state of the best service among these objects; None when none of them is one."""
    return min((row.judgement.state for row in rows if is_service(row)), key=_BEST_FIRST.index, default=None)
