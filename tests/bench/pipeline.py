"""CPU seconds of the whole pipeline over a fleet: plan, SNMP, rates, health, store, metrics. Runs in its own process.

`python -m tests.bench.pipeline SPEC.json` prints one JSON line: CPU seconds per 1,000 polls, and how many answered.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

from sqlalchemy import insert, update

from inventory.credentials import AuthProtocol, CredentialSecret, PrivProtocol, save_credential
from inventory.models import CredentialKind, Device
from nms.app.bootstrap import build
from nms.base import ledger
from nms.base.clock import SystemClock
from nms.base.settings import NetworkSettings, PollingSettings, Settings
from nms.ops.history_sqlite import SqliteStore
from nms.ops.live import LiveState
from nms.ops.polling import Sweep
from web.exposition import Exposition

SWEEPS = 5
INTERVAL_S = 60


class LeapingClock(SystemClock):
    """The machine's clock, moved forward between sweeps so that every device is due at once."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.ahead_s


def run(spec: dict[str, object]) -> dict[str, float]:
    """Warm up (discovery, first samples), then measure whole sweeps."""
    addresses = spec["addresses"]
    assert isinstance(addresses, list)
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(
            Settings(home=Path(folder)),
            network=NetworkSettings(management=(ip_network("127.0.0.0/8"),)),
            polling=PollingSettings(timeout_s=float(str(spec["timeout_s"]))),
        )
        clock = LeapingClock()
        context = build(settings, clock)
        with context.database.transaction() as session:
            credential = save_credential(
                session, context.box, context.actor, clock.now(), "bench", _secret(spec["credential"])
            )
            session.flush()
            session.execute(
                insert(Device),
                [
                    {"name": f"bench-{n:05}", "address": a, "credential_id": credential.id}
                    for n, a in enumerate(addresses)
                ],
            )
            session.execute(update(Device).values(poll_interval_s=INTERVAL_S))
            ledger.append(session, kind="bench", subject="fleet", actor="bench", at=clock.now())
        live, store = LiveState(), SqliteStore(Path(folder) / "ts.db")
        sweep = Sweep(context.database, settings, live, store, clock, context.box)
        exposition = Exposition(live)
        sweep.start()
        for _ in range(3):
            clock.ahead_s += INTERVAL_S + 1
            _whole(sweep, live)
        failed_before = sum(live.sweep.failed.values())
        polled, cpu_s, wall_s = live.sweep.polled, time.process_time(), time.monotonic()
        for _ in range(SWEEPS):
            clock.ahead_s += INTERVAL_S + 1
            _whole(sweep, live)
            body = exposition.render(openmetrics=False)
        cpu_s, wall_s = time.process_time() - cpu_s, time.monotonic() - wall_s
        polled = live.sweep.polled - polled
        failed = sum(live.sweep.failed.values()) - failed_before
        sweep.stop()
        store.close()
        context.database.dispose()
    return {
        "cpu_s_per_1000": cpu_s / polled * 1000,
        "wall_s_per_1000": wall_s / polled * 1000,
        "polls": polled,
        "failed": failed,
        "metrics_octets": len(body),
    }


def _whole(sweep: Sweep, live: LiveState) -> None:
    """A sweep to its end: the silent ones too, which a tick does not wait for."""
    sweep.tick()
    while live.sweep.in_flight:
        time.sleep(0.2)
        sweep.tick()


def _secret(parts: object) -> CredentialSecret:
    assert isinstance(parts, dict)
    if "community" in parts:
        return CredentialSecret(CredentialKind.V2C, community=parts["community"])
    return CredentialSecret(
        CredentialKind.V3,
        user=parts["user"],
        auth=AuthProtocol(parts["auth"]),
        auth_key=parts["auth_key"],
        priv=PrivProtocol(parts["priv"]),
        priv_key=parts["priv_key"],
    )


if __name__ == "__main__":
    print(json.dumps(run(json.loads(Path(sys.argv[1]).read_text()))))
