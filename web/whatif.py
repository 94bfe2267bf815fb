"""What if this commune received this channel until then? One alternative, or two side by side; nothing is written.

The whole question is in the address: it can be kept, sent and asked again. The second alternative says only what
differs from the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, jsonify, render_template, request

from inventory.models import Lifecycle
from nms.base.clock import legal_day
from nms.base.errors import InputError
from nms.base.permissions import Permission
from nms.base.text import say
from spectrum.bands import Answer
from spectrum.chronicle import Chronicle, Holding
from spectrum.law.verdict import Outcome, Verdict
from spectrum.law.versions import law_on
from spectrum.obligations import stations
from spectrum.places import Places
from spectrum.whatif import SUPPOSED, Change, Moved, Supposed, Touched, moved, suppose, touched
from web import pictures
from web.account import services
from web.dossiers import FACTS, ORDER, channels, read_draft
from web.guard import requires
from web.known import known
from web.owing import Fees, fees_of
from web.rights import communes_with_rights, places, register
from web.scoping import whole_region
from web.wording import in_language

blueprint = Blueprint("whatif", __name__)
ASKED = ("nature", "cessionnaire", "area_text", "bands_text", "start", "until", "title", "total")
"""What one alternative is; the facts that the law asks for are said once, for both."""
OTHER = "b_"
"""Begins the name of what the second alternative says otherwise."""
SHOWN = 12
"""Pieces of what remains that are written out."""


@dataclass(frozen=True, slots=True)
class Told:
    """One alternative with all that its page tells."""

    letter: str
    cells: Mapping[str, str]
    case: Supposed
    fees: tuple[Fees, ...]
    sectors: tuple[Touched, ...]
    people: int | None
    """Inhabitants of the communes; None where one is not known."""
    moved: tuple[Moved, ...]
    """The obligations there, before and after."""
    own: tuple[Verdict, ...] = ()
    """Verdicts that the other alternative does not have."""

    @property
    def verdicts(self) -> list[Verdict]:
        """The gravest first."""
        return sorted(self.case.judged.verdicts, key=lambda v: ORDER[v.outcome])

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many verdicts of each outcome."""
        return {outcome: sum(v.outcome is outcome for v in self.verdicts) for outcome in Outcome}

    @property
    def changes(self) -> Counter[Change]:
        """How many sectors of each change."""
        return Counter(one.change for one in self.sectors)

    @property
    def stations(self) -> int:
        """How many base stations carry these sectors."""
        return len({one.sector.device for one in self.sectors})

    @property
    def draft_at(self) -> str:
        """The address of the form of a new project with all of this in it."""
        return "/dossiers/nouveau?" + urlencode({name: text for name, text in self.cells.items() if text})


@blueprint.get("/registre/essai")
@requires(Permission.RIGHT_READ)
@whole_region
def page() -> Any:
    """The form, and what would be."""
    known_places, today = places(), legal_day(services().clock.now())
    folded = register().as_of(date.max)
    held = register().holdings(today)
    told, refusals = [], {}
    for letter, cells in _asked():
        try:
            told.append(alternative(letter, cells))
        except InputError as error:
            refusals[letter] = in_language(error.message)
    colours = _colours(folded, [one.case for one in told])
    title = request.args.get("title", "")
    body = render_template(
        "whatif.html",
        cells=request.args,
        other=OTHER,
        refusals=refusals,
        told=_beside(told),
        two=len(told) + len(refusals) > 1,
        titles=folded.titles(today),
        natures=law_on(today).natures,
        facts_given=any(request.args.get(name) for name in FACTS),
        channels=channels([one for one in held if one.authorisation == title] or held),
        today=today,
        colours=colours,
        rulers={
            (one.letter, side): pictures.ruler(there(one.case, chronicle), colours, lambda held: held.user)
            for one in told
            for side, chronicle in (("before", one.case.before), ("after", one.case.after))
        },
        where=lambda area: pictures.area_text(area, known_places),
        query=request.query_string.decode(),
        SUPPOSED=SUPPOSED,
        SHOWN=SHOWN,
        Change=Change,
    )
    return body, (400 if refusals else 200)


@blueprint.get("/registre/essai/carte")
@requires(Permission.RIGHT_READ)
@whole_region
def map_data() -> Any:
    """Communes with who may use the band asked about on the day of effect: `cote` is A or B, -avant or -apres."""
    known_places = places()
    cases = {letter: _case(cells, known_places) for letter, cells in _asked()}
    letter, _, side = request.args.get("cote", "A-apres").partition("-")
    case = cases.get(letter)
    if case is None or side not in ("avant", "apres"):
        raise InputError("no_such_side", say("Choose “A-avant”, “A-apres”, “B-avant” or “B-apres”."))
    folded = case.before if side == "avant" else case.after
    colours = _colours(case.before, list(cases.values()))
    held = [one for one in folded.on(case.start) if _in_band(one, case)]
    drawn = communes_with_rights(held, colours, lambda one: one.user)
    about = [row | {"about": row["insee"] in case.area} for row in drawn["communes"]]
    return jsonify(drawn | {"communes": about})


def alternative(letter: str, cells: Mapping[str, str]) -> Told:
    """One alternative with all that its page tells.

    Raises:
        InputError: it cannot be read.
    """
    known_places = places()
    case = _case(cells, known_places)
    former = known().former(register())
    sectors = touched(case, known().sectors().values(), known_places.today, former)
    moves = tuple(_moved(case, known_places))
    return Told(letter, cells, case, fees_of(case), tuple(sectors), _people(case.area), moves)


def _asked() -> list[tuple[str, dict[str, str]]]:
    """What is asked: the first alternative, and the second where something differs; none while no title is chosen."""
    args = request.args
    first = {name: args.get(name, "").strip() for name in (*ASKED, *FACTS, "agreement")}
    if not first["title"]:
        return []
    other = {name: text for name in ASKED if (text := args.get(OTHER + name, "").strip())}
    return [("A", first), *([("B", first | other)] if other else [])]


def _case(cells: Mapping[str, str], known_places: Places) -> Supposed:
    draft = read_draft(cells)
    today = legal_day(services().clock.now())
    acts = [one.act for one in known().acts(register())]
    return suppose(draft, register().as_of, acts, known_places, today)


def _moved(case: Supposed, known_places: Places) -> list[Moved]:
    """What would become of the obligations, with the stations of today."""
    keeper = known()
    serving = [place.name for place in keeper.places().values() if place.lifecycle is Lifecycle.IN_SERVICE]
    acts = [one.act for one in keeper.acts(register())]
    return moved(case, acts, stations(keeper.sectors().values(), serving, known_places), known_places)


def _people(area: frozenset[str]) -> int | None:
    communes = known().communes()
    counts = [communes[atom].population if atom in communes else None for atom in area]
    return None if not counts or None in counts else sum(count for count in counts if count is not None)


def there(case: Supposed, folded: Chronicle) -> list[Holding]:
    """What is held in the communes of a case on its day of effect."""
    return [one for one in folded.on(case.start) if not one.extent.area.isdisjoint(case.area)]


def _in_band(one: Holding, case: Supposed) -> bool:
    return one.extent.bands.intersects(case.judged.wanted.bands) is not Answer.NO


def _colours(folded: Chronicle, cases: Sequence[Supposed]) -> pictures.Colours:
    """The same on rulers and maps: those of the register, then its users, then who would come."""
    colours = pictures.Colours(folded)
    for one in folded.holdings():
        colours.of(one.user)
    for case in cases:
        colours.of(case.draft.cessionnaire.strip() or "?")
    return colours


def _beside(told: Sequence[Told]) -> list[Told]:
    """Two alternatives, each with the verdicts that the other does not have."""
    if len(told) < 2:
        return list(told)
    said = [{_said(verdict) for verdict in one.verdicts} for one in told]
    return [
        replace(one, own=tuple(verdict for verdict in one.verdicts if _said(verdict) not in other))
        for one, other in zip(told, reversed(said), strict=True)
    ]


def _said(verdict: Verdict) -> tuple[str, str, str]:
    return verdict.rule, verdict.outcome, str(verdict.text)
