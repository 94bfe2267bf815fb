"""An act: what a decision, a convention or a restitution does to rights, as a value. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from spectrum.bands import Bands
from spectrum.rights import Area


class Step(StrEnum):
    """What an act does."""

    ATTRIBUTION = "attribution"
    ISSUE = "issue"
    APPROVAL = "approval"
    EXECUTION = "execution"
    WITHDRAWAL = "withdrawal"
    MODIFICATION = "modification"
    RENEWAL = "renewal"
    TRANSFER = "transfer"
    ABROGATION = "abrogation"
    SUSPENSION = "suspension"
    MAKING_AVAILABLE = "making_available"
    LEASE = "lease"
    RENAMING = "renaming"
    ENFORCEMENT = "enforcement"
    PRESCRIPTION = "prescription"


GIVES = frozenset({Step.ISSUE, Step.APPROVAL, Step.EXECUTION, Step.MODIFICATION, Step.TRANSFER})
"""Steps from a cédant to a cessionnaire."""
MOVES = GIVES - {Step.APPROVAL}
"""Steps after which somebody else holds."""
USES = frozenset({Step.MAKING_AVAILABLE, Step.LEASE})
"""Steps after which somebody else uses; the holder stays answerable."""
NEEDS_FROM = GIVES | USES | {Step.WITHDRAWAL, Step.ABROGATION, Step.SUSPENSION, Step.RENEWAL, Step.RENAMING}
"""Steps that name the party from whom (column `cedant`)."""
NEEDS_TO = GIVES | USES | {Step.ATTRIBUTION, Step.RENAMING, Step.WITHDRAWAL}
"""Steps that name the party to whom (column `cessionnaire`)."""
PLACELESS = frozenset({Step.RENAMING, Step.ENFORCEMENT, Step.PRESCRIPTION, Step.TRANSFER})
"""Steps that may name no area."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """A clause of an act: at least so many transmitting sites in a department, by the end of a legal day.

    `source` is the text that says so; `confidence` is H (read), M (later version) or L (not retrieved).
    """

    department: str
    sites: int
    due: date
    source: str
    confidence: str

    def as_json(self) -> dict[str, object]:
        """Every fact; `_obligation` reads it back."""
        return {
            "department": self.department,
            "sites": self.sites,
            "due": self.due.isoformat(),
            "source": self.source,
            "confidence": self.confidence,
        }


@dataclass(frozen=True, slots=True)
class Act:
    """One act.

    `number` is the decision's. `decided_on` is its day; `effective_on` the first legal day on which it has effect.
    `until` is the day from which it no longer has (half-open), None: not established. `area` are atoms of today,
    `area_text` is as the act writes it. `title` names the authorisation concerned where the act does. `order` tells
    apart the acts of one day: chains on one day are legal. `obligations` are its clauses on deployment. `annulled`: its
    record was made by mistake, and has no effect on any day.
    """

    number: str
    step: Step
    decided_on: date
    effective_on: date
    area: Area
    bands: Bands
    cedant: str = ""
    cessionnaire: str = ""
    kind: str = ""
    area_text: str = ""
    until: date | None = None
    title: str = ""
    notified_on: date | None = None
    source: str = ""
    note: str = ""
    simulated: bool = False
    order: int = 0
    obligations: tuple[Obligation, ...] = ()
    annulled: bool = False

    @property
    def key(self) -> str:
        """What makes two records one act: the same decision doing the same step between the same parties, there."""
        told = (self.number, self.step.value, self.cedant, self.cessionnaire, self.area_text or sorted(self.area))
        return hashlib.sha256(json.dumps((*told, self.title), ensure_ascii=False).encode()).hexdigest()

    def as_json(self) -> dict[str, object]:
        """Every fact, for the register's row and the sealed journal; `act_from_json` reads it back."""
        clauses = {"obligations": [one.as_json() for one in self.obligations]} if self.obligations else {}
        return (
            clauses
            | ({"annulled": True} if self.annulled else {})
            | {
                "number": self.number,
                "step": self.step.value,
                "decided_on": self.decided_on.isoformat(),
                "effective_on": self.effective_on.isoformat(),
                "until": _day_text(self.until),
                "notified_on": _day_text(self.notified_on),
                "cedant": self.cedant,
                "cessionnaire": self.cessionnaire,
                "title": self.title,
                "kind": self.kind,
                "area": sorted(self.area),
                "area_text": self.area_text,
                "bands_khz": self.bands.as_lists() if self.bands.known else None,
                "source": self.source,
                "note": self.note,
                "simulated": self.simulated,
            }
        )


def act_from_json(told: Mapping[str, object], order: int = 0) -> Act:
    """The act that `as_json` wrote."""
    bands = told["bands_khz"]
    text = {name: str(told.get(name) or "") for name in _TEXTS}
    until, notified = told.get("until"), told.get("notified_on")
    area, clauses = told["area"], told.get("obligations")
    return Act(
        **text,
        step=Step(str(told["step"])),
        decided_on=date.fromisoformat(str(told["decided_on"])),
        effective_on=date.fromisoformat(str(told["effective_on"])),
        until=date.fromisoformat(str(until)) if until else None,
        notified_on=date.fromisoformat(str(notified)) if notified else None,
        area=frozenset(map(str, area if isinstance(area, list) else ())),
        bands=Bands(tuple((int(low), int(high)) for low, high in bands) if isinstance(bands, list) else None),
        simulated=bool(told.get("simulated")),
        annulled=bool(told.get("annulled")),
        order=order,
        obligations=tuple(map(_obligation, clauses if isinstance(clauses, list) else ())),
    )


_TEXTS = ("number", "cedant", "cessionnaire", "title", "kind", "area_text", "source", "note")


def _obligation(told: Mapping[str, object]) -> Obligation:
    return Obligation(
        str(told["department"]),
        int(str(told["sites"])),
        date.fromisoformat(str(told["due"])),
        str(told["source"]),
        str(told["confidence"]),
    )


def _day_text(day: date | None) -> str | None:
    return day.isoformat() if day else None
