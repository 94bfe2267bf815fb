"""The history of samples: how long each part is kept, what it holds, what it takes now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _
from sqlalchemy import func, select

from nms.base.clock import epoch_s
from nms.base.permissions import Permission
from nms.ops import sealing
from nms.ops.models import HealthEvent
from web.account import services
from web.guard import requires

blueprint = Blueprint("history_page", __name__)
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the history: its words, the setting that keeps it, how long, and what was measured of it."""

    words: Any
    key: str
    kept_s: int
    rows: int | None
    octets: int | None
    oldest_s: float | None


PARTS = (
    ("raw", _("Raw samples, one per poll"), "history.raw_hours", 3600),
    ("hourly", _("Hourly sums"), "history.hourly_days", DAY_S),
    ("daily", _("Daily sums"), "history.daily_days", DAY_S),
    ("sealed", _("Sealed days, a Parquet file each"), "history.sealed_days", DAY_S),
)


@blueprint.get("/administration/historique")
@requires(Permission.SETTINGS_READ)
def page() -> Any:
    """Retention and space, and whether old days are sealed."""
    parts = services()
    keep = parts.settings.history
    measured = {one.what: one for one in parts.store.spaces()}
    shown = []
    for what, words, key, unit_s in PARTS:
        found = measured.get(what)
        kept_s = getattr(keep, key.removeprefix("history.")) * unit_s
        told = (found.rows, found.octets, found.oldest_s) if found is not None else (None, None, None)
        shown.append(Part(words, key, kept_s, *told))
    with parts.database.reading() as session:
        count, oldest = session.execute(select(func.count(HealthEvent.id), func.min(HealthEvent.at))).one()
    shown.append(
        Part(
            _("Changes of state"),
            "history.events_days",
            keep.events_days * DAY_S,
            count,
            None,
            epoch_s(oldest) if oldest is not None else None,
        )
    )
    return render_template(
        "history.html",
        parts=shown,
        measured_at=next((one.measured_at_s for one in measured.values()), None),
        seal=keep.seal,
        installed=sealing.available(),
        install=sealing.INSTALL,
        outages=parts.store.outages(epoch_s(parts.clock.now()) - 30 * DAY_S, epoch_s(parts.clock.now())),
    )
