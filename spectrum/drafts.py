"""A project as an officer drafts it, and what the law of a day says of it against the register. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from nms.base.errors import InputError
from nms.base.text import say
from spectrum.acts import Step
from spectrum.bands import Bands, read_bands
from spectrum.chronicle import Chronicle, Holding
from spectrum.law import cession
from spectrum.law.cession import Project, Title
from spectrum.law.verdict import Outcome, Verdict, worst
from spectrum.law.versions import Nature, Regime
from spectrum.places import Places
from spectrum.rights import Area, Extent, Period, canonical

STEPS = {
    Nature.CESSION: Step.EXECUTION,
    Nature.MAKING_AVAILABLE: Step.MAKING_AVAILABLE,
    Nature.LEASE: Step.LEASE,
}
"""The act that carries out a project of each nature."""
FINANCE_ITEM = "4"
"""The item of R. 20-44-9-3 that is a business secret."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an officer enters. `area_text` and `bands_text` are as typed; None stands for "not established"."""

    nature: Nature
    title: str
    cedant: str
    cessionnaire: str
    area_text: str
    bands_text: str
    start: date
    until: date | None
    total: bool = False
    items: Mapping[str, str] = field(default_factory=dict)
    split: str = ""
    agreement: str = ""
    assigned_by_call: bool | None = None
    public_service: bool | None = None
    station_locations: bool | None = None
    commitments: bool | None = None
    sanctioned: bool | None = None
    capacity: bool | None = None
    simulated: bool = False

    def as_json(self) -> dict[str, object]:
        """Every fact but the financial conditions."""
        items = {code: text for code, text in sorted(self.items.items()) if code != FINANCE_ITEM and text}
        told: dict[str, object] = {name: getattr(self, name) for name in _PLAIN}
        told |= {"nature": self.nature.value, "items": items, "finance": bool(self.items.get(FINANCE_ITEM))}
        return told | {"start": self.start.isoformat(), "until": self.until.isoformat() if self.until else None}


_PLAIN = (
    "title", "cedant", "cessionnaire", "area_text", "bands_text", "total", "split", "agreement", "assigned_by_call",
    "public_service", "station_locations", "commitments", "sanctioned", "capacity", "simulated",
)  # fmt: skip


def draft_from_json(told: Mapping[str, object]) -> Draft:
    """The draft that `as_json` wrote; the financial conditions show only that they are there."""
    plain = {name: told[name] for name in _PLAIN}
    items = told["items"]
    known = {str(code): str(text) for code, text in items.items()} if isinstance(items, dict) else {}
    if told.get("finance"):
        known[FINANCE_ITEM] = SEALED
    until = told["until"]
    return Draft(
        nature=Nature(str(told["nature"])),
        start=date.fromisoformat(str(told["start"])),
        until=date.fromisoformat(str(until)) if until else None,
        items=known,
        **plain,  # type: ignore[arg-type]
    )


SEALED = "(sealed)"


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft against the register of a day: the verdicts, what is taken of the cédant's right and what he keeps."""

    on: date
    project: Project
    verdicts: tuple[Verdict, ...]
    wanted: Extent
    taken: tuple[Extent, ...]
    kept: tuple[Extent, ...]
    effects: tuple[str, ...]

    @property
    def given(self) -> tuple[Extent, ...]:
        """What the other party would hold or use: of what is left after earlier cessions, pieces and no box."""
        known = self.taken and all(one.bands.known for one in self.taken)
        return canonical(self.taken) if known else (self.wanted,)

    @property
    def outcome(self) -> Outcome:
        """The worst of the verdicts."""
        return worst(self.verdicts)


def judge(draft: Draft, folded: Chronicle, places: Places, on: date, area: Area | None = None) -> Judged:
    """What the law of a day says of a draft; `folded` is the register with every act.

    `area` are the communes that were meant when it was written down; without it, what its text names today.

    Raises:
        InputError: the area or the bands cannot be read, the period has no day, or which title is meant is not told.
    """
    bands = read_bands(draft.bands_text)
    area = places.area(draft.area_text) if area is None else area
    held = _held(draft, folded, area)
    wanted = Extent(area, _wanted_bands(held, bands), Period(draft.start, draft.until or _end(held)))
    project = _project(draft, folded, held, wanted, on)
    verdicts = cession.judge(project)
    taken = tuple(common for one in held if (common := one.extent.intersection(wanted)))
    kept = _kept(held, wanted)
    return Judged(on, project, verdicts, wanted, taken, kept, cession.effects(project))


def _kept(held: Sequence[Holding], wanted: Extent) -> tuple[Extent, ...]:
    """What the cédant keeps from the day of effect on, in canonical form when every band is established."""
    start = wanted.period.start
    later = [replace(one.extent, period=period) for one in held if (period := one.extent.period.since(start))]
    pieces = tuple(piece for extent in later for piece in extent.minus(wanted))
    return canonical(pieces) if all(piece.bands.known for piece in pieces) else pieces


def _held(draft: Draft, folded: Chronicle, area: Area) -> list[Holding]:
    """What the cédant holds by the title named; when none is, by the one that it holds in the area from that day on.

    Raises:
        InputError: it holds by several titles there.
    """
    every = [one for one in folded.holdings() if folded.parties.same(one.holder, draft.cedant)]
    if draft.title:
        return [one for one in every if one.authorisation == draft.title]
    there = {one.authorisation for one in every if one.extent.area & area and one.extent.period.since(draft.start)}
    if len(there) > 1:
        raise InputError(
            "which_title",
            say("{cedant} holds by several authorisations there: {numbers}. Name the one from which the project takes.",
                cedant=draft.cedant, numbers=", ".join(sorted(there))),
        )  # fmt: skip
    return [one for one in every if one.authorisation in there]


def _wanted_bands(held: Sequence[Holding], bands: Bands) -> Bands:
    """A project that names no band takes those of the title."""
    if bands.known or not held:
        return bands
    found = held[0].extent.bands
    for one in held[1:]:
        found = found.union(one.extent.bands)
    return found


def _end(held: Sequence[Holding]) -> date | None:
    ends = [one.extent.period.end for one in held]
    return max((end for end in ends if end), default=None) if all(ends) else None


def _project(draft: Draft, folded: Chronicle, held: Sequence[Holding], wanted: Extent, on: date) -> Project:
    title = Title(
        number=draft.title or (held[0].authorisation if held else ""),
        holder=folded.parties.name_on(held[0].holder, on) if held else "",
        held=tuple(one.extent for one in held),
        assigned_by_call=draft.assigned_by_call,
        public_service=draft.public_service,
        station_locations=draft.station_locations,
    )
    return Project(
        nature=draft.nature,
        title=title,
        cedant=folded.parties.name_on(draft.cedant, on),
        cessionnaire=draft.cessionnaire,
        wanted=wanted,
        on=on,
        total=draft.total,
        dossier={code: text for code, text in draft.items.items() if text},
        sanctioned=draft.sanctioned,
        capacity=draft.capacity,
        commitments=draft.commitments,
        split=draft.split,
        agreement=draft.agreement,
    )


def regime_for(draft: Draft) -> Regime:
    """How ARCEP takes part: approval when the facts leave it open (the stricter one)."""
    if draft.nature is Nature.MAKING_AVAILABLE:
        return Regime.AGREEMENT
    if draft.assigned_by_call is False and draft.public_service is False:
        return Regime.NOTIFICATION
    return Regime.APPROVAL
