"""What /metrics says of rights: ends, counts, deadlines; by commune where the network has something."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Lock

from sqlalchemy import func, select

from nms.base import ledger
from nms.base.clock import legal_day, start_of_legal_day
from spectrum.chronicle import Chronicle, Holding
from spectrum.deployment import obligations
from spectrum.dossiers import Dossier, Dossiers
from spectrum.models import ActRow, DossierEventRow, DossierRow
from spectrum.obligations import Standing, Status
from spectrum.parties import key_of
from spectrum.terms import day_without
from web.family import GAUGE, FamilyOf, escape, told
from web.services import Services

SOON = timedelta(180)


@dataclass(frozen=True, slots=True)
class RightsNow:
    """The register and the projects of a day, and the communes where the network has something."""

    on: date = date.min
    held: tuple[Holding, ...] = ()
    dossiers: tuple[Dossier, ...] = ()
    communes: dict[str, str] = field(default_factory=dict)
    acts: int = 0
    obligations: tuple[Standing, ...] = ()
    lines: Mapping[tuple[str, str], Sequence[Holding]] = field(default_factory=dict)
    """Pieces of rights of every day, by authorisation and by the key of the holder's name of today."""
    ends: Mapping[str, date | None] = field(default_factory=dict)
    """The legal end of each authorisation held; None: not established."""


def _ends(now: RightsNow) -> Iterator[tuple[str, float]]:
    found: dict[tuple[str, str, str], date] = {}
    for one in now.held:
        line = now.lines.get((one.authorisation, key_of(one.holder)), ())
        for commune in one.extent.area & now.communes.keys():
            key, day = (one.authorisation, one.holder, commune), day_without(one, commune, line)
            if day is not None:
                found[key] = min(day, found.get(key, day))
    for (number, holder, commune), day in sorted(found.items()):
        place = f'commune="{commune}",department="{escape(now.communes[commune])}"'
        end = start_of_legal_day(day).timestamp()
        yield f'{{authorisation="{escape(number)}",holder="{escape(holder)}",{place}}}', end


def _rights(now: RightsNow) -> Iterator[tuple[str, float]]:
    counts = Counter(
        "end_not_established" if end is None else "ending" if end <= now.on + SOON else "in_force"
        for end in now.ends.values()
    )
    for state in ("in_force", "ending", "end_not_established"):
        yield f'{{state="{state}"}}', counts[state]


def _stages(now: RightsNow) -> Iterator[tuple[str, float]]:
    for stage, count in sorted(Counter(one.standing.stage.value for one in now.dossiers).items()):
        yield f'{{stage="{stage.removesuffix("_stage")}"}}', count


def _deadlines(now: RightsNow) -> Iterator[tuple[str, float]]:
    for one in now.dossiers:
        for deadline in one.standing.deadlines:
            end = start_of_legal_day(deadline.due + timedelta(1)).timestamp()
            yield f'{{dossier="{escape(one.row.reference)}",deadline="{deadline.code}"}}', end


def _obligations(now: RightsNow) -> Iterator[tuple[str, float]]:
    """Nothing where no act states one: nought of each would read as met."""
    counts = Counter(one.status for one in now.obligations)
    for status in Status if counts else ():
        yield f'{{status="{status.removeprefix("obligation_")}"}}', counts[status]


RIGHTS: tuple[FamilyOf[RightsNow], ...] = (
    FamilyOf(
        "spectrum_right_end_timestamp_seconds",
        GAUGE,
        "First instant without the right, in communes where the network has something; absent when not established.",
        ("authorisation", "holder", "commune", "department"),
        _ends,
    ),
    FamilyOf(
        "spectrum_rights",
        GAUGE,
        "Authorisations in force today; `ending` within 180 days.",
        ("state",),
        _rights,
    ),
    FamilyOf("spectrum_dossiers", GAUGE, "Projects by the stage where they stand.", ("stage",), _stages),
    FamilyOf(
        "spectrum_dossier_deadline_timestamp_seconds",
        GAUGE,
        "End of the last day of a deadline that runs.",
        ("dossier", "deadline"),
        _deadlines,
    ),
    FamilyOf(
        "spectrum_obligations", GAUGE, "Deployment obligations of today, by how they stand.", ("status",), _obligations
    ),
    FamilyOf("spectrum_register_acts", GAUGE, "Acts that stand in the register.", (), lambda now: [("", now.acts)]),
)


class RightsExposition:
    """Renders the families of rights; computed anew only when the register, the projects or the day changed."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = Lock()
        self._kept: tuple[tuple[object, ...], str] = ((), "")

    def render(self) -> str:
        """Text of every family that has a sample."""
        services = self._services
        on = legal_day(services.clock.now())
        with services.database.reading() as session:
            marks = [session.scalar(select(func.max(row.id))) for row in (ActRow, DossierRow, DossierEventRow)]
            versions = session.scalar(select(func.sum(DossierRow.version)))
            head = ledger.head(session)
        communes = {row.subject.insee: row.subject.department for row in services.live.all() if row.subject.insee}
        key = (on, *marks, versions, head, frozenset(communes))
        with self._lock:
            if self._kept[0] != key:
                self._kept = (key, told(RIGHTS, self._now(on, communes), False))
            return self._kept[1]

    def _now(self, on: date, communes: dict[str, str]) -> RightsNow:
        register = self._services.register
        folded = register.as_of(date.max)  # an act of later effect ends a right of today too
        held = tuple(folded.on(on))
        projects = tuple(Dossiers(register, self._services.box).every(on))
        owed = tuple(obligations(register, on))
        ends = {one.authorisation: folded.end_of(one.authorisation, on) for one in held}
        return RightsNow(on, held, projects, communes, len(register.acts()), owed, _lines(folded, on), ends)


def _lines(folded: Chronicle, on: date) -> Mapping[tuple[str, str], Sequence[Holding]]:
    found: dict[tuple[str, str], list[Holding]] = defaultdict(list)
    for one in folded.holdings():
        found[one.authorisation, key_of(folded.parties.name_on(one.holder, on))].append(one)
    return found
