"""What each holder owes in a year: the register's rights, the areas of the loaded territory, the tariff of the time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.territory import Commune
from nms.base.text import csv_cell
from spectrum.chronicle import Holding
from spectrum.former import Former
from spectrum.law.fees import Fee, fees, in_cents
from spectrum.rights import Area

COLUMNS = (
    "year", "holder", "authorisation", "act", "from", "until", "days", "days_of_year", "width_khz", "width_once_khz",
    "area_km2", "k2", "bf", "metropolis_km2", "cents", "cents_pair_once", "cannot_be_computed", "simulated",
)  # fmt: skip
"""Columns of every answer about fees, in this order; money in cents of euro."""


@dataclass(frozen=True, slots=True)
class Line:
    """The fee of one right over some days; cents None when it cannot be computed."""

    holding: Holding
    fee: Fee
    cents: int | None
    other_cents: int | None


def areas(session: Session) -> dict[str, Fraction]:
    """Square kilometres of each commune of the loaded territory that has them."""
    rows = session.execute(select(Commune.insee, Commune.area_km2).where(Commune.area_km2.is_not(None)))
    return {code: Fraction(Decimal(str(area))) for code, area in rows}


def area_of(area: Area, known: Mapping[str, Fraction]) -> Fraction | None:
    """The area of communes together; None when that of any is not known."""
    return sum((known[atom] for atom in area), Fraction()) if area and area <= known.keys() else None


def statement(
    held: Iterable[Holding], known: Mapping[str, Fraction], year: int, former: Former | None = None
) -> list[Line]:
    """A line for each right and tariff of the year, by holder; the cents sum to the whole of the year.

    A right for a `former` commune has no area: that of today's commune would be too large.
    """
    parts = frozenset(former or ())
    found = [
        (one, fee)
        for one in sorted(held, key=lambda h: (h.holder, h.authorisation, h.extent.period.start, min(h.extent.area)))
        for fee in fees(one.extent.bands, _area(one, known, parts), one.extent.period, year)
    ]
    cents = iter(in_cents([fee.euros for _, fee in found if fee.euros is not None]))
    others = iter(in_cents([fee.other_euros for _, fee in found if fee.other_euros is not None]))
    return [
        Line(
            one,
            fee,
            None if fee.euros is None else next(cents),
            None if fee.other_euros is None else next(others),
        )
        for one, fee in found
    ]


def _area(one: Holding, known: Mapping[str, Fraction], parts: frozenset[tuple[str, str]]) -> Fraction | None:
    is_part = any(number == one.act and atom in one.extent.area for number, atom in parts)
    return None if is_part else area_of(one.extent.area, known)


def row(line: Line, year: int) -> dict[str, Any]:
    """A line for JSON and CSV."""
    fee, one = line.fee, line.holding
    values = {factor.name: f"{float(factor.value):g}" for factor in fee.factors}
    return {
        "year": year,
        "holder": one.holder,
        "authorisation": one.authorisation,
        "act": one.act,
        "from": fee.period.start.isoformat(),
        "until": fee.period.end.isoformat() if fee.period.end else None,
        "days": fee.days,
        "days_of_year": fee.year_days,
        "width_khz": fee.width_khz,
        "width_once_khz": fee.single_khz,
        "area_km2": None if fee.area_km2 is None else float(fee.area_km2),
        "k2": values.get("k2"),
        "bf": values.get("bf"),
        "metropolis_km2": values.get("metropolis_km2"),
        "cents": line.cents,
        "cents_pair_once": line.other_cents,
        "cannot_be_computed": str(fee.why) if fee.why else None,
        "simulated": one.simulated,
    }


def as_csv(lines: Iterable[Line], year: int) -> str:
    """Lines as CSV; what cannot be computed is an empty cell with its reason, never 0."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(COLUMNS)
    for line in lines:
        told = row(line, year)
        write.writerow([csv_cell("" if told[name] is None else str(told[name])) for name in COLUMNS])
    return out.getvalue()
