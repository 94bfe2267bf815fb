"""The second guard of PostgreSQL: an exclusion constraint over (commune, kHz, day). SQLite has a single writer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import bindparam, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from nms.base.errors import Conflict
from nms.base.text import say
from spectrum.chronicle import Holding

_KNOWN = text("SELECT DISTINCT holding FROM spectrum_cell")
_FORGET = text("DELETE FROM spectrum_cell WHERE holding IN :gone").bindparams(bindparam("gone", expanding=True))
_TAKE = text(
    "INSERT INTO spectrum_cell (holding, atom, bands, period) "
    "SELECT :holding, atom, CAST(:bands AS int4multirange), CAST(:period AS daterange) "
    "FROM unnest(CAST(:atoms AS varchar[])) AS atom"
)


def refresh(session: Session, holdings: Iterable[Holding]) -> None:
    """Bring the guarded cells in step with the holdings; those with bands that are not established stay out.

    Raises:
        Conflict: two holdings share a commune, a kilohertz and a day.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    meant = {_key(holding): holding for holding in holdings if holding.extent.bands.known}
    known = set(session.scalars(_KNOWN))
    if gone := sorted(known - meant.keys()):
        session.execute(_FORGET, {"gone": gone})
    rows = [_row(key, meant[key]) for key in sorted(meant.keys() - known)]
    try:
        for row in rows:
            session.execute(_TAKE, row)
    except IntegrityError:
        raise Conflict(
            "already_held", say("Somebody else holds a part of this area and band on one of these days.")
        ) from None


def _row(key: str, holding: Holding) -> dict[str, object]:
    extent = holding.extent
    ranges = ",".join(f"[{low},{high})" for low, high in extent.bands.parts or ())
    end = extent.period.end.isoformat() if extent.period.end else ""
    return {
        "holding": key,
        "atoms": sorted(extent.area),
        "bands": f"{{{ranges}}}",
        "period": f"[{extent.period.start.isoformat()},{end})",
    }


def _key(holding: Holding) -> str:
    extent = holding.extent
    told = (holding.authorisation, holding.user, sorted(extent.area), extent.bands.parts, extent.period)
    return hashlib.sha256(repr(told).encode()).hexdigest()
