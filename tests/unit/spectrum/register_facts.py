"""The real acts of the cases and a small gazetteer for tests of the register."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from spectrum.act_file import read_acts
from spectrum.acts import Act, Step
from spectrum.bands import UNKNOWN, Bands
from spectrum.places import Places

REAL = Path(__file__).parents[2] / "data" / "register" / "poitou_charentes.csv"
PLACES = Places(
    departments={
        "16": "Charente",
        "17": "Charente-Maritime",
        "79": "Deux-Sèvres",
        "86": "Vienne",
        "21": "Côte-d'Or",
        "71": "Saône-et-Loire",
    },
    regions={"poitou charentes": ("16", "17", "79", "86"), "bourgogne": ("21",)},
    communes={
        "16": frozenset({"16015", "16102"}),
        "17": frozenset({"17300"}),
        "79": frozenset({"79191", "79202"}),
        "86": frozenset({"86194", "86139"}),
    },
    commune_names={"16015": "Angoulême", "86194": "Poitiers", "86139": "Lusignan", "79191": "Niort"},
    groupings={"200069854": frozenset({"86194", "86139"}), "cu du grand poitiers": frozenset({"86194", "86139"})},
    successors={"86045": "86139"},
)
LOT = Bands.of((3_432_500, 3_447_500), (3_532_500, 3_547_500))
OTHER_LOT = Bands.of((3_465_000, 3_480_000), (3_565_000, 3_580_000))
CHANNEL = Bands.of((3_432_500, 3_436_000), (3_532_500, 3_536_000))
FIRST, LAST = date(2006, 7, 25), date(2026, 7, 25)


def real_acts() -> list[Act]:
    """The acts of the file of real cases."""
    found = read_acts(REAL, PLACES)
    assert found.complaints == []
    return found.acts


def act(
    step: Step,
    number: str,
    on: date,
    area: str = "Région Poitou-Charentes",
    bands: Bands = LOT,
    until: date | None = None,
    giver: str = "",
    taker: str = "",
    **more: object,
) -> Act:
    """An act in few words."""
    atoms = PLACES.area(area) if area else frozenset()
    facts: dict[str, object] = {"cedant": giver, "cessionnaire": taker, "area_text": area, "until": until, **more}
    return Act(number, step, on, on, atoms, bands, **facts)  # type: ignore[arg-type]


def licence(bands: Bands = LOT, until: date | None = LAST) -> Act:
    """The licence of the Region as an act whose facts are all established."""
    return act(Step.ATTRIBUTION, "2006-0744", FIRST, bands=bands, until=until, taker="Région Poitou-Charentes")


__all__ = ["CHANNEL", "FIRST", "LAST", "LOT", "OTHER_LOT", "PLACES", "REAL", "UNKNOWN", "act", "licence", "real_acts"]
