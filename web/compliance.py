"""What configurations should say, in the browser: which device drifted from which block, and a plan that mends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request

from collectors.driver import Driver
from nms.base.permissions import Permission
from nms.ops.change import verdicts
from nms.ops.change.drift import Conformity
from nms.ops.change.intents import Compliance, wish_of
from nms.ops.change.verdicts import Judged
from nms.ops.change.wish import written
from web.account import services
from web.guard import requires
from web.plans import changes, form

blueprint = Blueprint("compliance", __name__)
SHOWN = 300
"""Devices that a page shows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page tells of a device against one block; secrets hidden."""

    block: str
    lacks: str
    extra: str
    lines: int
    why: str


@blueprint.get("/changements/conformite")
@requires(Permission.CONFIG_READ)
def page() -> Any:
    """Every device that is not as it should be, what drifted first."""
    parts = services()
    with parts.database.reading() as session:
        counts = verdicts.counted(session)
        judged = verdicts.judged(session, parts.box, most=SHOWN)
    return render_template(
        "compliance.html",
        counts=counts,
        rows=list(with_words(judged)),
        more=sum(counts.values()) - counts[Conformity.CONFORMS] - len(judged),
        watch=changes().drift,
        blocks=sorted({found.intent for one in judged for found in one.found if found.differ}),
        Conformity=Conformity,
    )


@blueprint.post("/changements/conformite")
@requires(Permission.CONFIG_PLAN)
def mend() -> Any:
    """A plan that brings back what drifted from a block, or one device, filled in to be previewed."""
    parts = services()
    block, device = request.form.get("intent", ""), request.form.get("device", "")
    with parts.database.reading() as session:
        judged = verdicts.judged(session, parts.box, [device] if device else None)
    found = [found for one in judged for found in one.found if not block or found.intent == block]
    return form({"title": (block or device)[:60], "lines": written(wish_of(found))})


def with_words(judged: Sequence[Judged]) -> Iterator[tuple[Judged, list[Shown]]]:
    """Each device with what a page tells of it; nothing of a line where it is not known what in it is a secret."""
    drivers = changes().drivers([one.device for one in judged]) if judged else {}
    for one in judged:
        driver = drivers.get(one.device)
        yield one, [_shown(found, driver) for found in one.found]


def drift_of(name: str) -> tuple[Judged, list[Shown]] | None:
    """How one device stands; None when no block is for it."""
    parts = services()
    with parts.database.reading() as session:
        judged = verdicts.judged(session, parts.box, [name])
    return next(with_words(judged), None)


def _shown(found: Compliance, driver: Driver | None) -> Shown:
    lacks, extra = ("\n".join(lines) for lines in (found.lacks, found.extra))
    if driver is None:
        return Shown(found.intent, "", "", found.differ, found.why)
    return Shown(found.intent, driver.redact(lacks), driver.redact(extra), found.differ, found.why)
