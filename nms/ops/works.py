"""When an object was in works or not yet in service: its own life, that of its device and that of its site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inventory.models import Lifecycle, LifecycleChange
from nms.base.clock import epoch_s
from nms.ops.state import Subject

Span = tuple[int, int]
_EVER_S = 1 << 60


@dataclass(frozen=True, slots=True)
class Works:
    """Spans (epoch seconds, half-open; an open one ends beyond all time) by carrier: (kind, name)."""

    spans: Mapping[tuple[str, str], tuple[Span, ...]] = field(default_factory=dict)

    def of(self, subject: Subject, start_s: int, end_s: int) -> list[Span]:
        """The spans of one object in a period, those of its device and site included; they do not overlap."""
        carriers = ((subject.kind.value, subject.name), ("device", subject.device), ("site", subject.site))
        found = (span for carrier in dict.fromkeys(carriers) for span in self.spans.get(carrier, ()))
        return joined((max(start_s, a), min(end_s, b)) for a, b in found)

    def seconds(self, subject: Subject, start_s: int, end_s: int) -> int:
        """How long it was in works in a period."""
        return sum(b - a for a, b in self.of(subject, start_s, end_s)) if self.spans else 0


def read(session: Session, lifecycle: Lifecycle = Lifecycle.MAINTENANCE) -> Works:
    """Every span of one stage of life: in works, unless said otherwise."""
    steps = session.execute(
        select(LifecycleChange.kind, LifecycleChange.name, LifecycleChange.after, LifecycleChange.at)
        .where(or_(LifecycleChange.after == lifecycle, LifecycleChange.before == lifecycle))
        .order_by(LifecycleChange.at, LifecycleChange.id)
    )
    began: dict[tuple[str, str], int] = {}
    spans: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for kind, name, after, at in steps:
        if after is lifecycle:
            began.setdefault((kind, name), epoch_s(at))
        elif (kind, name) in began:
            spans[kind, name].append((began.pop((kind, name)), epoch_s(at)))
    for carrier, since_s in began.items():
        spans[carrier].append((since_s, _EVER_S))
    return Works({carrier: tuple(found) for carrier, found in spans.items()})


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlap, in its order; empty spans are dropped."""
    out: list[Span] = []
    for a, b in sorted(span for span in spans if span[0] < span[1]):
        if out and a <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], b))
        else:
            out.append((a, b))
    return out
