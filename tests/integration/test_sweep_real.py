"""The sweep, its schedule, store and tables against a real snmpd: up, silent, up again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network

import pytest
from sqlalchemy import select

from inventory.credentials import AuthProtocol, CredentialSecret, PrivProtocol, save_credential
from inventory.forms import DeviceForm
from inventory.models import CredentialKind
from inventory.service import save_device
from nms.base.clock import SystemClock, epoch_s
from nms.base.db import Database
from nms.base.permissions import SYSTEM
from nms.base.secrets import SecretBox
from nms.base.settings import NetworkSettings, PollingSettings, Settings
from nms.ops.history_sqlite import SqliteStore
from nms.ops.live import LiveState
from nms.ops.models import CurrentHealth, HealthEvent
from nms.ops.polling import Sweep
from nms.ops.scheduling import Schedule
from nms.ops.state import Kind, State
from tests.fakes.snmpd import AUTH_KEY, BINARY, COMMUNITY, PRIV_KEY, Snmpd, user_of

pytestmark = [pytest.mark.real, pytest.mark.skipif(BINARY is None, reason="snmpd is not installed")]
SECRETS = {
    "v2c": CredentialSecret(version=CredentialKind.V2C, community=COMMUNITY),
    "v3": CredentialSecret(
        version=CredentialKind.V3,
        user=user_of("SHA256", "AES128"),
        auth=AuthProtocol("SHA256"),
        auth_key=AUTH_KEY,
        priv=PrivProtocol("AES128"),
        priv_key=PRIV_KEY,
    ),
}


def wait_for(told: Callable[[], object], what: str, patience_s: float = 15.0) -> None:
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if told():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {patience_s} s: {what}")


@pytest.mark.parametrize("version", ["v2c", "v3"])
def test_a_real_agent_is_polled_judged_stored_and_its_silence_told(
    version: str, sqlite_database: Database, settings: Settings
) -> None:
    clock, live = SystemClock(), LiveState()
    settings = replace(
        settings,
        polling=PollingSettings(interval_s=1, timeout_s=0.2, retries=1, device_deadline_s=3.0),
        network=NetworkSettings(management=(ip_network("127.0.0.0/8"),)),
    )
    box, store = SecretBox.open_or_create(settings.home), SqliteStore(settings.home / "ts.db")

    def state() -> State | None:
        status = live.get(Kind.DEVICE, "box")
        return status.judgement.state if status else None

    def measured() -> bool:
        status = live.get(Kind.DEVICE, "box")
        return status is not None and status.measures is not None and status.measures.in_bps is not None

    with Snmpd() as agent:
        with sqlite_database.transaction() as session:
            save_credential(session, box, SYSTEM, clock.now(), "c", SECRETS[version])
            save_device(session, SYSTEM, clock.now(), DeviceForm("box", f"127.0.0.1:{agent.port}", credential="c"))
        began = clock.now()
        sweep = Sweep(sqlite_database, settings, live, store, clock, box)
        schedule = Schedule(sweep, store, settings, clock)
        schedule.start()
        try:
            wait_for(lambda: state() is State.UP, "up")
            wait_for(measured, "a rate")
            agent.stop()
            wait_for(lambda: state() is State.DOWN, "down")
            agent.start()
            wait_for(lambda: state() is State.UP, "up again")
        finally:
            schedule.stop()
    series = store.series(Kind.DEVICE, "box", epoch_s(began) - 1, epoch_s(clock.now()) + 2)
    store.close()
    assert len(series.at_s) >= 4
    assert State.UP in series.states
    assert State.DOWN in series.states
    assert any(rate is not None for rate in series.values["in_bps"])
    assert any(rtt_s is not None and 0 < rtt_s < 1 for rtt_s in series.values["rtt_s"])
    with sqlite_database.reading() as session:
        steps = [(e.before, e.after) for e in session.scalars(select(HealthEvent).order_by(HealthEvent.id))]
        now = session.scalars(select(CurrentHealth)).one()
    assert steps[:3] == [("unmeasured", "up"), ("up", "down"), ("down", "up")]
    assert (now.kind, now.name, now.state) == ("device", "box", "up")
