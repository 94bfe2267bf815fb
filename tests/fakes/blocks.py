"""Golden blocks in a home folder, and stored configurations that they are compared with."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from inventory.models import Device
from nms.base.db import Database
from nms.base.secrets import SecretBox
from nms.ops.configs import store
from nms.ops.configs.models import Cause

SECRET = "canary-isis"
LOGS = """\
name: logs
label: Logs go to the NOC
drivers: [frr]
lines: |
  log syslog informational
  area-password md5 canary-isis
"""
GOOD = f"frr version 8.4\nhostname a\nlog syslog informational\narea-password md5 {SECRET}\n"
DRIFTED = "frr version 8.4\nhostname a\nlog syslog errors\n"


def write_block(home: Path, text: str = LOGS, name: str = "logs.yaml") -> None:
    """Put a block into the folder of a home."""
    (home / "intents").mkdir(exist_ok=True)
    (home / "intents" / name).write_text(text, "utf-8")


def run_with(database: Database, box: SecretBox, at: datetime, device: str, text: str) -> None:
    """Let a device of the inventory be a router of FRR whose configuration was read."""
    with database.transaction() as session:
        of = session.scalars(select(Device).where(Device.name == device)).one()
        of.cli = "frr"
        store.store(session, box, of.id, text, cause=Cause.NIGHTLY, author="system", at=at)
