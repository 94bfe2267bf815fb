"""How the contract of a link was kept over days: interruptions, and percentiles of what was measured."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from nms.base.permissions import Permission
from nms.ops import contract_report, works
from nms.ops.contract_report import Kept
from nms.ops.reports import Period
from nms.ops.state import Kind, Status
from web.account import services
from web.guard import current_actor, requires
from web.known import known
from web.periods import asked_period
from web.scoping import one

blueprint = Blueprint("contracts", __name__)


@blueprint.get("/contrats/<path:name>")
@requires(Permission.REPORT_READ)
def page(name: str) -> Any:
    """One link: a page with an address of its own, and a part of the page of the link."""
    parts, period = services(), asked_period()
    row = one(parts.live, current_actor(), Kind.LINK, name)
    template = "parts/contract.html" if request.headers.get("HX-Request") else "contract.html"
    return render_template(
        template, row=row, kept=kept(row, period), period=period, contract_class=contract_class(name)
    )


def kept(row: Status, period: Period) -> Kept:
    """How the contract of a link was kept, so far."""
    parts = services()
    with parts.database.reading() as session:
        return contract_report.kept(
            session,
            parts.store,
            works.read(session),
            row.subject,
            contract_class(row.subject.name),
            period,
            parts.clock.now(),
        )


def contract_class(name: str) -> str:
    """What the inventory says of the contract of a link."""
    link = known().links().get(name)
    return link.contract_class if link is not None else ""
