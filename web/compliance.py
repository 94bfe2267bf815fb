"""What configurations should say, in the browser: which device drifted from which intent, and a plan that mends it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from nms.base.permissions import Permission
from nms.ops.change.intents import Compliance, wish_of
from nms.ops.change.wish import written
from web.guard import requires
from web.plans import changes, form

blueprint = Blueprint("compliance", __name__)


@blueprint.get("/changements/conformite")
@requires(Permission.CONFIG_READ)
def page() -> Any:
    """Every device against the intents that are for it, what drifted first."""
    found, complaints = changes().compliance()
    ordered = sorted(found, key=lambda one: (one.complies, not one.judged, one.intent, one.device))
    return render_template(
        "compliance.html",
        found=ordered,
        complaints=complaints,
        missing={(one.device, one.intent): _shown(one) for one in ordered if one.missing},
        intents=sorted({one.intent for one in found}),
    )


@blueprint.post("/changements/conformite")
@requires(Permission.CONFIG_PLAN)
def mend() -> Any:
    """A plan that brings what drifted from an intent back to it, filled in to be previewed."""
    wanted = request.form.get("intent", "")
    found = [one for one in changes().compliance()[0] if one.intent == wanted]
    return form({"title": wanted[:60], "lines": written(wish_of(found))})


def _shown(one: Compliance) -> str:
    return changes().driver(one.device).redact("\n".join(one.missing))
