"""The panel of attached papers that the page of an act and the page of a project have."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from nms.base.permissions import Permission
from spectrum.attachments import Attachments, Paper, Subject
from spectrum.paper import MAX_OCTETS, Shelf
from web.account import services
from web.guard import current_actor


def attachments() -> Attachments:
    """The attachments of this application."""
    parts = services()
    return Attachments(parts.register, parts.box, Shelf(parts.settings.home))


def panel(subject: Subject, of: str, path: str, typed: Mapping[str, str], refusal: str = "") -> dict[str, Any]:
    """What `parts/attachments.html` draws; `path` is the page's own address, `typed` what a refused form held."""
    actor = current_actor()
    return {
        "papers": attachments().of(subject, of, actor),
        "papers_path": f"{path}/pieces",
        "paper_kinds": [kind for kind in Paper if kind is not Paper.SECRET or actor.may(Permission.FINANCE_READ)],
        "paper_refusal": refusal,
        "paper_typed": typed,
        "paper_key": secrets.token_hex(16),
        "paper_octets": MAX_OCTETS,
    }
