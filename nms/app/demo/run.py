"""Starts the demo network: agents in a process of their own, an inventory in a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import tomli_w

from inventory import importer
from inventory.credentials import AuthProtocol, CredentialSecret, PrivProtocol, save_credential
from inventory.models import CredentialKind
from nms.app.bootstrap import Context, build
from nms.app.demo import notifying, rights
from nms.app.demo import region as regions
from nms.app.demo.agents import COMMUNITY, USER
from nms.base.clock import SystemClock
from nms.base.errors import InputError, StoreUnavailable
from nms.base.settings import FILE_NAME, NotificationSettings, Settings
from nms.base.settings_load import load

READY_WITHIN_S = 30.0
NOT_FOR_THE_DEMO = ("NMS_DATABASE_", "NMS_NETWORK_", "NMS_NOTIFICATION_", "NMS_SIMULATED")
"""Variables that describe one's own network: the demo has its own database, and contacts loopback only."""
SETTINGS = {
    "simulated": True,
    "network": {"management": ["127.0.0.0/8"]},
    "metrics": {"open_to_loopback": True},
    "polling": {"interval_s": 10, "timeout_s": 0.8, "slow_every": 3, "sweep_deadline_s": 9},
}


@contextmanager
def started(home: Path, environ: Mapping[str, str]) -> Iterator[Settings]:
    """Agents running, their inventory loaded; answers the settings to run with. The agents end with the block.

    Raises:
        InputError: no UDP port is free.
        StoreUnavailable: the agents did not start.
    """
    environ = {name: value for name, value in environ.items() if not name.startswith(NOT_FOR_THE_DEMO)}
    folder = home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / FILE_NAME).exists():
        (folder / FILE_NAME).write_text(tomli_w.dumps(SETTINGS), "utf-8")
    ready = folder / "agents.ready"
    ready.unlink(missing_ok=True)
    agents = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-P", "-m", "nms.app.demo.agents", str(ready), str(os.getpid())]
    )
    try:
        port = _wait(agents, ready)
        hears = NotificationSettings("127.0.0.1", port + notifying.PORT_ABOVE)
        settings = replace(load(folder, environ), notification=hears)
        context = build(settings)
        try:
            _load(context, port)
            rights.load(context)
        finally:
            context.database.dispose()
        yield settings
    finally:
        agents.terminate()
        try:
            agents.wait(timeout=10)
        except subprocess.TimeoutExpired:
            agents.kill()
            agents.wait()


def _wait(agents: subprocess.Popen[bytes], ready: Path) -> int:
    """The port of the agents, once they all listen.

    Raises:
        InputError: they say that they cannot.
        StoreUnavailable: they ended without a word, or say nothing.
    """
    clock = SystemClock()
    until_s = clock.monotonic_s() + READY_WITHIN_S
    while clock.monotonic_s() < until_s:
        ended = agents.poll() is not None  # asked before the file is looked for: a last word is not missed
        if ready.exists():
            told = ready.read_text("utf-8")
            if not told.isdigit():
                raise InputError("demo_not_started", told)
            return int(told)
        if ended:
            break
        clock.sleep(0.05)
    raise StoreUnavailable("demo_not_started", "The simulated agents did not start; what they said is above.")


def _load(context: Context, port: int) -> None:
    """The demo's inventory, through the ordinary import."""
    at = context.clock.now()
    with context.database.transaction() as session:
        save_credential(
            session, context.box, context.actor, at, regions.V2C, CredentialSecret(CredentialKind.V2C, COMMUNITY)
        )
        save_credential(
            session,
            context.box,
            context.actor,
            at,
            regions.V3,
            CredentialSecret(
                CredentialKind.V3,
                user=USER.user,
                auth=AuthProtocol.SHA256,
                auth_key=USER.auth_key,
                priv=PrivProtocol.AES128,
                priv_key=USER.priv_key,
            ),
        )
    with context.database.transaction() as session:
        plan = importer.judge(regions.inventory_csv(regions.build(), port).encode(), session)
        if not plan.ok:
            raise InputError("demo_inventory", f"The demo's inventory is refused: {plan.errors[0]}")
        importer.apply(session, plan, actor=context.actor, at=at, source="demo")
