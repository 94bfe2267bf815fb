"""The demo's register: the real acts of 2006 to 2011, and a fictitious title in force today, marked simulated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from nms.app.bootstrap import Context
from nms.app.demo.region import HOLDER
from spectrum.act_file import read_acts
from spectrum.acts import Act, Step
from spectrum.bands import Bands, read_bands
from spectrum.places import Places
from spectrum.register import Register

HISTORY = Path(__file__).with_name("history.csv")
TITLE = "SIM-0744"
START, END = date(2024, 1, 15), date(2034, 1, 15)
CHANNEL = "3437.5-3441/3537.5-3541"
LOT = "3432.5-3447.5/3532.5-3547.5"
_CESSIONS = (
    ("SIM-2024-11", date(2024, 6, 3), "CC Mellois en Poitou", "3444-3447.5/3544-3547.5", date(2029, 6, 3)),
    ("SIM-2025-02", date(2025, 2, 10), "CC Coeur de Saintonge", "3432.5-3436/3532.5-3536", END),
)
_LENT = (
    ("SIM-MAD-01", date(2024, 9, 2), "Commune de Lusignan", date(2027, 9, 2)),
    ("SIM-MAD-02", date(2025, 3, 17), "Commune de Confolens", date(2027, 3, 17)),
    ("SIM-MAD-03", date(2025, 10, 6), "Commune de Marans", END),
)


def load(context: Context) -> None:
    """Record them; a second start finds them recorded."""
    register = Register(context.database, context.clock)
    with context.database.reading() as session:
        places = register.places(session)
    found = read_acts(HISTORY, places)
    found.refuse()
    register.replay([*found.acts, *_simulated(places)], context.actor)


def _simulated(places: Places) -> Iterator[Act]:
    first = Act(
        TITLE,
        Step.ATTRIBUTION,
        START,
        START,
        places.area("Région Poitou-Charentes"),
        read_bands(LOT),
        cessionnaire=HOLDER,
        kind="attribution",
        area_text="Région Poitou-Charentes",
        until=END,
        note="Titre fictif de la démonstration ; la licence 06-0744 de 2006 est éteinte.",
        simulated=True,
        order=10_000,
    )
    yield first
    blank = replace(first, cedant=HOLDER, title=TITLE, note="", order=10_001)
    for number, day, taker, bands, until in _CESSIONS:
        yield _of(blank, places, number, Step.ISSUE, day, taker, read_bands(bands), until)
    for number, day, taker, until in _LENT:
        yield _of(blank, places, number, Step.MAKING_AVAILABLE, day, taker, read_bands(CHANNEL), until)


def _of(blank: Act, places: Places, number: str, step: Step, day: date, taker: str, bands: Bands, until: date) -> Act:
    """An act over the area of the one who receives."""
    return replace(
        blank,
        number=number,
        step=step,
        decided_on=day,
        effective_on=day,
        cessionnaire=taker,
        kind="cession_partielle" if step is Step.ISSUE else "mise_a_disposition",
        area=places.area(taker),
        area_text=taker,
        bands=bands,
        until=until,
    )
