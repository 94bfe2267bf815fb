"""What discovery found, written into the inventory."""

from __future__ import annotations

import logging
from contextlib import suppress

from collectors.poll import Plan
from inventory.service import SeenInterface, record_discovery
from nms.base.db import Database
from nms.base.errors import Conflict, NotFound, StoreUnavailable

log = logging.getLogger(__name__)


def note_discoveries(database: Database, found: dict[str, Plan]) -> None:
    """Write what new plans found into the inventory: ports by name, vendor and model where none is written."""
    if not found:
        return
    try:
        with database.transaction() as session:
            for name, plan in found.items():
                ports = [SeenInterface(name=port.name, if_index=port.if_index) for port in plan.ports]
                with suppress(NotFound):  # it left the inventory meanwhile
                    record_discovery(session, name, {"vendor": plan.vendor, "model": plan.model}, ports)
    except (StoreUnavailable, Conflict) as error:
        log.warning("discoveries are not written: %s", error)
