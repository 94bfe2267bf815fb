"""The obligations of the register against the stations of the inventory, on a legal day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from inventory import queries
from inventory.models import Lifecycle, Site
from nms.base.clock import legal_day
from spectrum.obligations import Standing, standings, stations
from spectrum.register import Register


def obligations(register: Register, day: date) -> list[Standing]:
    """Every obligation as it stands on a day; the stations count for today only: the inventory holds no other day."""
    with register.database.reading() as session:
        places = register.places(session)
        emitting = None
        if day == legal_day(register.clock.now()):
            serving = session.scalars(select(Site.name).where(Site.lifecycle == Lifecycle.IN_SERVICE))
            emitting = stations(queries.sectors(session), serving, places)
    acts = [one.act for one in register.acts()]
    return standings(acts, register.as_of(day), emitting, places, day)
