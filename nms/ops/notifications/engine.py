"""Our own SNMPv3 engine, under whose authority INFORMs come: its id stays, its boots grow with every start."""

from __future__ import annotations

import json
from pathlib import Path

from collectors.notification_door import new_engine_id

FILE = "snmp-engine.json"


def next_start(home: Path) -> tuple[str, int]:
    """Engine id in hex and boots, the latter one more than ever before; kept in `home` before they are used."""
    path = home / FILE
    try:
        kept = json.loads(path.read_text("utf-8"))
        engine_id, boots = str(kept["id"]), int(kept["boots"])
    except (OSError, ValueError, KeyError, TypeError):  # the first start, or a file that was damaged: a new engine
        engine_id, boots = new_engine_id().hex(), 0
    half = path.with_suffix(".part")
    half.write_text(json.dumps({"id": engine_id, "boots": boots + 1}), "utf-8")
    half.replace(path)
    return engine_id, boots + 1
