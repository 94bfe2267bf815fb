"""A plan as it stands, from what is not sealed: cheap enough for a page that is asked for every few seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer, selectinload

from nms.base.db import Database
from nms.base.errors import StoreUnavailable
from nms.ops.change.archive import Archive, Standing, no_plan, reassignment
from nms.ops.change.models import PlanRow, StepRow
from nms.ops.change.plan import OPEN, Capacity, PlanState, lacking, needed

SEALS_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Glance(Standing):
    """What a plan is and where it stands; `digest` is that of its version. The steps of `row` lack what is sealed."""

    digest: str

    @property
    def author(self) -> str:
        """Who wrote it."""
        return self.row.author

    @property
    def devices(self) -> tuple[str, ...]:
        """What it changes, in its order."""
        return tuple(step.device for step in self.row.steps)

    @property
    def opens_at(self) -> datetime:
        """When it may start."""
        return self.row.opens_at

    @property
    def closes_at(self) -> datetime:
        """From when it may not go on."""
        return self.row.closes_at

    @property
    def until(self) -> date | None:
        """The last legal day for which its radio states are meant."""
        return self.row.until

    @property
    def capacities(self) -> tuple[Capacity, ...]:
        """Whose approval it needs."""
        return needed(bool(self.radios), map(reassignment, self.row.reassignments))

    @property
    def lacking(self) -> tuple[Capacity, ...]:
        """The approvals that it still needs."""
        return lacking(self, self.approvals)


@dataclass(frozen=True, slots=True)
class Listed(Standing):
    """A plan among others; `lacking` are the approvals that a draft still needs."""

    lacking: tuple[Capacity, ...]


class Glances:
    """Looks at plans. A version of a plan never changes, so its seal is computed once, and nothing else is kept."""

    def __init__(self, database: Database, archive: Archive) -> None:
        self._database, self._archive = database, archive
        self._lock = Lock()
        self._seals: dict[tuple[str, int], str] = {}

    def one(self, reference: str) -> Glance:
        """A plan.

        Raises:
            NotFound: there is none.
        """
        with self._database.reading() as session:
            row = session.scalar(light().where(PlanRow.reference == reference))
            if row is None:
                raise no_plan(reference)
            return self._of(session, row)

    def newest(self, limit: int = 200) -> list[Listed]:
        """The newest plans, the newest first; of one that is over, not even its seal is computed."""
        with self._database.reading() as session:
            rows = session.scalars(light().order_by(PlanRow.id.desc()).limit(limit)).all()
            return [Listed(row, self._lacking(session, row) if row.state == PlanState.DRAFT else ()) for row in rows]

    def unfinished(self) -> list[Standing]:
        """The plans that wait or run, the newest first."""
        with self._database.reading() as session:
            rows = session.scalars(light().where(PlanRow.state.in_(OPEN)).order_by(PlanRow.id.desc()))
            return [Standing(row) for row in rows]

    def _lacking(self, session: Session, row: PlanRow) -> tuple[Capacity, ...]:
        """The approvals that a draft needs; all of them when it cannot be opened: none can be held against its text."""
        try:
            return self._of(session, row).lacking
        except StoreUnavailable:  # under another key file: the others are listed all the same
            return Glance(row, "").capacities

    def _of(self, session: Session, row: PlanRow) -> Glance:
        return Glance(row, self._seal(session, row))

    def _seal(self, session: Session, row: PlanRow) -> str:
        version = (row.key, row.version)
        with self._lock:
            found = self._seals.get(version)
        if found is None:
            with Session(session.connection()) as beside:  # the same snapshot, its rows whole
                whole = beside.scalars(select(PlanRow).where(PlanRow.id == row.id)).one()
                found = self._archive.plan(whole).digest
            with self._lock:
                while len(self._seals) >= SEALS_MOST:
                    del self._seals[next(iter(self._seals))]
                self._seals[version] = found
        return found


def light() -> Select[PlanRow]:
    """Plans whose steps come without what is sealed; to ask for it is an error."""
    sealed = (defer(StepRow.sealed, raiseload=True), defer(StepRow.log, raiseload=True))
    return select(PlanRow).options(selectinload(PlanRow.steps).options(*sealed))
