"""Gathers what a document needs from the register, the journal and the inventory, and sets it in the form asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory.models import Device, Lifecycle, Sector, Site, SiteKind
from inventory.queries import department_of
from nms.base import ledger
from nms.base.clock import legal_day
from nms.base.errors import InputError, NotFound
from nms.base.ledger import LedgerEntry
from nms.base.settings import Settings
from nms.base.text import clean, say
from spectrum import statement as fees
from spectrum.acts import Act
from spectrum.chronicle import Holding
from spectrum.deployment import obligations
from spectrum.dossiers import Dossier, Dossiers
from spectrum.parties import read_party
from spectrum.places import Places
from spectrum.register import Recorded, Register
from web.documents import extract, projects, statement
from web.documents.blocks import Document, Letterhead
from web.documents.extract import Proof
from web.documents.odt import ods, odt
from web.documents.pdf import pdf
from web.documents.projects import Council
from web.documents.words import blank

FORMS: dict[str, tuple[Callable[[Document], bytes], str]] = {
    "pdf": (pdf, "application/pdf"),
    "odt": (odt, "application/vnd.oasis.opendocument.text"),
    "ods": (ods, "application/vnd.oasis.opendocument.spreadsheet"),
}
"""How each form is set, and its media type."""
FIRST_YEAR = 2006


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the documents of one register. What a reader may see is decided by the caller."""

    register: Register
    dossiers: Dossiers
    settings: Settings

    def extract(self, one: Recorded) -> Document:
        """The extract of an act that stands in the register."""
        folded = self.register.as_of(date.max)
        remarks = [str(text) for number, text in folded.remarks if number == one.act.number]
        with self.register.database.reading() as session:
            entry = session.get_one(LedgerEntry, one.row.ledger_seq)
            count = session.scalar(select(func.count()).select_from(LedgerEntry)) or 0
            proof = Proof(entry, ledger.head(session), count)
            places = self.register.places(session)
        return extract.extract(one, folded, remarks, proof, places, self._paper(), self.register.clock.now())

    def holdings(self, held: Sequence[Holding], on: date, known_at: date | None) -> Document:
        """The register of a day: the holdings that the reader may see."""
        with self.register.database.reading() as session:
            head, places = ledger.head(session), self.register.places(session)
        return extract.register(held, places, on, known_at, head, self._paper(), self.register.clock.now())

    def deliberation(self, one: Dossier, council: Council, finance: str = "") -> Document:
        """The deliberation on a project; `finance` is for legal officers alone."""
        paper = self._paper() if council is Council.REGIONAL else self._paper(one.draft.cessionnaire)
        judged = self.dossiers.judged(one, self._today())
        return projects.deliberation(one, judged, council, finance, self._places(), paper, self.register.clock.now())

    def convention(self, one: Dossier, finance: str = "") -> Document:
        """The convention of a project; `finance` is for legal officers alone."""
        judged = self.dossiers.judged(one, self._today())
        return projects.convention(one, judged, finance, self._places(), self._paper(), self.register.clock.now())

    def statement(self, holder: str, year: int) -> Document:
        """The yearly statement of a holder.

        Raises:
            InputError: a year before the first licences or to come.
            NotFound: nobody of that name ever held a right.
        """
        today = self._today()
        if not FIRST_YEAR <= year <= today.year:
            raise InputError(
                "no_such_year",
                say("Choose a year from {first} to {last}.", first=FIRST_YEAR, last=today.year),
                year=year,
            )
        folded = self.register.as_of(date.max)
        if not any(self._concerns(one.act, holder) for one in self.register.acts()):
            raise NotFound("no_such_holder", say("No act names {holder}.", holder=clean(holder, 80)))
        on = min(date(year, 12, 31), today)
        held = [one for one in self.register.holdings(on) if folded.parties.same(one.holder, holder)]
        acts = [one.act for one in self.register.acts() if one.act.effective_on.year == year]
        acts = sorted(
            (act for act in acts if self._concerns(act, holder)), key=lambda act: (act.effective_on, act.order)
        )
        with self.register.database.reading() as session:
            counted, areas = stations(session), fees.areas(session)
        same = folded.parties.same
        owed = [one for one in fees.statement(folded.holdings(), areas, year) if same(one.holding.holder, holder)]
        due = [one for one in obligations(self.register, on) if any(same(name, holder) for name in one.holders)]
        name = folded.parties.name_on(holder, on)
        paper, at = self._paper(name), self.register.clock.now()
        return statement.statement(name, year, held, acts, counted, owed, due, self._places(), paper, at)

    def holders(self) -> list[str]:
        """Everybody who holds a right on some day, by name."""
        return sorted({one.holder for one in self.register.as_of(date.max).holdings()})

    def _concerns(self, act: Act, holder: str) -> bool:
        parties = self.register.as_of(date.max).parties
        named = [read_party(text).name for text in (act.cedant, act.cessionnaire) if text]
        return any(parties.same(name, holder) for name in named)

    def _paper(self, name: str = "") -> Letterhead:
        """The letterhead of the settings, or that of another party; what is not known is a blank."""
        own = self.settings.letterhead
        if name and name != own.name:
            return Letterhead(clean(name), (blank("adresse"),))
        lines = [clean(line) for line in own.address.replace(" | ", "\n").splitlines() if line.strip()]
        return Letterhead(clean(own.name) or blank("collectivité"), tuple(lines) or (blank("adresse"),))

    def _places(self) -> Places:
        with self.register.database.reading() as session:
            return self.register.places(session)

    def _today(self) -> date:
        return legal_day(self.register.clock.now())


def stations(session: Session) -> dict[str, tuple[int, int]]:
    """Base stations and sectors in service, by department; the empty code: the commune is not entered."""
    sites = session.scalars(
        select(Site.insee).where(Site.kind == SiteKind.BASE_STATION, Site.lifecycle == Lifecycle.IN_SERVICE)
    )
    sectors = session.scalars(
        select(Site.insee)
        .select_from(Sector)
        .join(Device, Sector.device_id == Device.id)
        .join(Site, Device.site_id == Site.id, isouter=True)
        .where(Sector.lifecycle == Lifecycle.IN_SERVICE, Device.lifecycle == Lifecycle.IN_SERVICE)
    )
    by_site = Counter(department_of(insee or "") for insee in sites)
    by_sector = Counter(department_of(insee or "") for insee in sectors)
    return {code: (by_site[code], by_sector[code]) for code in sorted({*by_site, *by_sector})}


def made(one: Document, form: str) -> tuple[bytes, str]:
    """A document in a form (pdf, odt, ods), and its media type."""
    setter, media_type = FORMS[form]
    return setter(one), media_type
