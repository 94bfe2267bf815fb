"""What contracts ask of the dedicated links over days: read from events, works, outages of the program, samples."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.models import LinkKind
from nms.base.clock import epoch_s
from nms.base.text import csv_cell
from nms.ops import works as all_works
from nms.ops.contract import Interruption, Percentiles, interruptions, percentiles, restored_within_s
from nms.ops.history import SampleStore
from nms.ops.models import HealthEvent
from nms.ops.network import Network
from nms.ops.reports import Period
from nms.ops.state import Kind, State, Subject
from nms.ops.works import Works

COLUMNS = (
    "name",
    "label",
    "insee",
    "contract_class",
    "interruptions",
    "interrupted_s",
    "longest_s",
    "longer_than_contract",
    "slots",
    "slots_measured",
    "in_p95_bps",
    "out_p95_bps",
    "sum_p95_bps",
    "rtt_p95_s",
    "loss_p95_ratio",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """How a contract was kept over a period, so far; `within_s` is what its class guarantees, where it says so."""

    interruptions: tuple[Interruption, ...]
    within_s: int | None
    percentiles: Percentiles

    @property
    def interrupted_s(self) -> int:
        """All interruptions together, without works."""
        return sum(one.counted_s for one in self.interruptions)

    @property
    def longest_s(self) -> int:
        """The longest of them; 0 without any."""
        return max((one.counted_s for one in self.interruptions), default=0)

    def is_longer(self, one: Interruption) -> bool:
        """Whether an interruption was longer than the contract allows; never where it does not say."""
        return self.within_s is not None and one.counted_s > self.within_s

    @property
    def longer(self) -> int | None:
        """How many were; None where the contract does not say."""
        return None if self.within_s is None else sum(self.is_longer(one) for one in self.interruptions)


def kept(
    session: Session,
    store: SampleStore,
    works: Works,
    subject: Subject,
    contract_class: str,
    period: Period,
    now: datetime,
) -> Kept:
    """How the contract of one link was kept."""
    start_s, end_s, now_s = epoch_s(period.start), epoch_s(period.end), epoch_s(now)
    until_s = min(end_s, now_s)
    found = interruptions(
        _changes(session, subject, period),
        start_s,
        end_s,
        now_s,
        works.of(subject, start_s, until_s),
        store.outages(start_s, until_s),
    )
    points = store.series(subject.kind, subject.name, start_s, until_s)
    return Kept(tuple(found), restored_within_s(contract_class), percentiles(points, start_s, until_s))


def _changes(session: Session, subject: Subject, period: Period) -> list[tuple[int, State]]:
    """The changes of state in the period, and the one before it."""
    of_one = select(HealthEvent).where(HealthEvent.kind == subject.kind.value, HealthEvent.name == subject.name)
    order = (HealthEvent.at, HealthEvent.id)
    before = session.scalars(
        of_one.where(HealthEvent.at < period.start).order_by(*(column.desc() for column in order)).limit(1)
    ).all()
    inside = session.scalars(
        of_one.where(HealthEvent.at >= period.start, HealthEvent.at < period.end).order_by(*order)
    ).all()
    return [(epoch_s(row.at), State(row.after)) for row in (*before, *inside)]


def as_csv(session: Session, store: SampleStore, network: Network, period: Period, now: datetime) -> str:
    """Every dedicated link, one row each; a cell is empty where nothing was measured."""
    out = StringIO()
    write = csv.writer(out)
    write.writerow(COLUMNS)
    works = all_works.read(session)
    for name, link in sorted(network.links.items()):
        if link.kind is LinkKind.DEDICATED:
            subject = network.subjects[Kind.LINK, name]
            found = kept(session, store, works, subject, link.contract_class, period, now)
            write.writerow(_row(subject, link.contract_class, found))
    return out.getvalue()


def _row(subject: Subject, contract_class: str, found: Kept) -> Iterable[object]:
    told = found.percentiles
    texts = (subject.name, subject.label, subject.insee, contract_class)
    return (
        *(csv_cell(text) for text in texts),
        len(found.interruptions),
        found.interrupted_s,
        found.longest_s,
        found.longer,
        told.slots,
        told.measured,
        *(_rounded(value, 1) for value in (told.in_bps, told.out_bps, told.sum_bps)),
        *(_rounded(value, 6) for value in (told.rtt_s, told.loss_ratio)),
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
