"""A region of 5,000 devices, as an inventory file and as live statuses: what the pages are measured on.

`python -m tests.bench.region FOLDER DEVICES` serves it with the real web server until standard input closes; it prints
its address first, then, for each line that it reads, the CPU seconds that it has used.
"""

from __future__ import annotations

import csv
import io
import random
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from collectors.families import Families
from inventory import importer
from inventory.territory import Commune
from nms.app.bootstrap import build
from nms.app.listening import WebServer, listen
from nms.base.clock import SystemClock
from nms.base.permissions import SYSTEM, Role
from nms.base.settings import Settings, WebSettings
from nms.ops import network as networks
from nms.ops.change.office import Changes
from nms.ops.change.world import World
from nms.ops.configs.backup import Backups
from nms.ops.discovery import Desk
from nms.ops.history import Sample
from nms.ops.history_sqlite import SqliteStore
from nms.ops.live import LiveState
from nms.ops.models import HealthEvent
from nms.ops.state import Judgement, Kind, Measures, Reason, State, Status
from spectrum.register import Register
from tests.fakes.no_clients import NoClients
from web import users
from web.app import MAX_BODY_OCTETS, create_app
from web.services import Services

USER, PASSWORD = "bench", "a long enough password"
ROLES = (Role.ADMINISTRATOR, Role.ENGINEER, Role.NOC)
COLUMNS = (
    "kind", "name", "label", "address", "role", "site", "site_kind", "insee", "device", "interfaces", "radio_index",
    "azimuth_deg", "beamwidth_deg", "link_kind", "a_device", "a_interface", "b_device", "b_interface", "committed_bps",
    "ssid",
)  # fmt: skip


def inventory_csv(communes: list[str], devices: int) -> str:
    """One base station of three sectors for nine routers; a site and a link per router, a hotspot for ten of them."""
    out = io.StringIO()
    write = csv.DictWriter(out, COLUMNS)
    write.writeheader()
    bases = max(1, devices // 10)
    for n in range(bases):
        insee = communes[n % len(communes)]
        write.writerow({"kind": "site", "name": f"mast-{n:04}", "label": f"Pylône {n}", "insee": insee})
        write.writerow(
            {
                "kind": "device",
                "name": f"bs-{n:04}",
                "label": f"Station {n}",
                "address": f"10.8.{n // 250}.{n % 250 + 1}",
            }
            | {"role": "base_station", "site": f"mast-{n:04}", "interfaces": "eth0"}
        )
        for sector in range(3):
            write.writerow(
                {"kind": "sector", "name": f"bs-{n:04}-s{sector}", "device": f"bs-{n:04}"}
                | {"radio_index": sector + 1, "azimuth_deg": 120 * sector, "beamwidth_deg": 90}
            )
    for n in range(devices - bases):
        insee = communes[n * 7 % len(communes)]
        write.writerow({"kind": "site", "name": f"mairie-{n:04}", "label": f"Mairie {n}", "insee": insee})
        write.writerow(
            {"kind": "device", "name": f"cpe-{n:04}", "label": f"Routeur {n}"}
            | {"address": f"10.9.{n // 250}.{n % 250 + 1}", "role": "router", "site": f"mairie-{n:04}"}
            | {"interfaces": "wan"}
        )
        write.writerow(
            {"kind": "link", "name": f"link-{n:04}", "label": f"Mairie {n}", "site": f"mairie-{n:04}"}
            | {"link_kind": "dedicated", "a_device": f"bs-{n % bases:04}", "a_interface": "eth0"}
            | {"b_device": f"cpe-{n:04}", "b_interface": "wan", "committed_bps": "2000000"}
        )
        if n % 10 == 0:
            write.writerow(
                {"kind": "hotspot", "name": f"spot-{n:04}", "label": "Place", "site": f"mairie-{n:04}"}
                | {"device": f"cpe-{n:04}", "ssid": "mairie"}
            )
    return out.getvalue()


def sow(session: Session, devices: int) -> None:
    """Import the region."""
    communes = list(session.scalars(select(Commune.insee).order_by(Commune.insee)))
    plan = importer.judge(inventory_csv(communes, devices).encode(), session)
    if plan.errors:
        raise SystemExit(f"the region is refused: {plan.errors[:3]}")
    importer.apply(session, plan, SYSTEM, SystemClock().now(), "bench")


def shown(session: Session, live: LiveState) -> None:
    """One of twenty objects is down, one of twenty degraded; every one has measures."""
    at, dice = SystemClock().now(), random.Random(5000)
    rows = []
    for subject in networks.read(session).subjects.values():
        lot = dice.random()
        judgement = Judgement(State.UP, at)
        if lot < 0.05:
            judgement = Judgement(State.DOWN, at, (Reason("no_answer"),))
        elif lot < 0.1:
            judgement = Judgement(State.DEGRADED, at, (Reason("loss", {"value_ratio": lot, "limit_ratio": 0.01}),))
        measures = Measures(at.timestamp(), rtt_s=lot / 10, loss_ratio=0.0, in_bps=lot * 1e6, out_bps=lot * 1e5)
        rows.append(Status(subject, judgement, replace(measures, utilisation_ratio=lot)))
    live.update(rows)
    live.note_sweep(started_at=at, last_tick_at=at, devices=len(rows))
    session.add_all(
        HealthEvent(kind="link", name=f"link-{n:04}", at=at, before="up", after="down", reasons='[["no_answer", {}]]')
        for n in range(1000)
    )


def _day(store: SqliteStore, links: int) -> None:
    """A day of some links, a sample a minute."""
    end_s = int(time.time()) // 60 * 60
    for minute in range(24 * 60):
        at_s = end_s - (24 * 60 - minute) * 60
        measures = Measures(float(at_s), 0.012, 0.0, 1.2e6, 2e5, 0.6)
        store.write_batch([Sample(Kind.LINK, f"link-{n:04}", State.UP, 60, measures) for n in range(links)])


def serve(folder: Path, devices: int) -> None:
    """The web server on the region; the sweep is told as its outcome, and goes on changing a part of it each second."""
    settings = replace(Settings(home=folder), web=WebSettings(port=0))
    context = build(settings)
    live, store = LiveState(), SqliteStore(folder / "ts.db")
    with context.database.transaction() as session:
        sow(session, devices)
        users.create_user(session, SYSTEM, context.clock.now(), USER, PASSWORD, ROLES, [])
    with context.database.transaction() as session:
        shown(session, live)
    _day(store, 50)
    listener = listen("127.0.0.1", 0)
    register = Register(context.database, context.clock)
    world = World(context.database, settings, context.box, context.clock, register, NoClients())
    services = Services(
        settings, context.database, live, store, context.clock, context.box, lambda _name: None,
        register, Desk(context.database, context.clock),
        Families(),
        Backups(context.database, settings, context.box, context.clock), Changes(world),
    )  # fmt: skip
    server = WebServer(create_app(services), listener, settings.web.threads, context.clock, MAX_BODY_OCTETS)
    server.start()
    stop = threading.Event()
    rows = live.all()

    def polled() -> None:
        """Every second a sixtieth of all is polled: what pages keep must be renewed as in service."""
        place, size = 0, max(1, len(rows) // 60)
        while not stop.wait(1.0):
            live.update(rows[place : place + size])
            live.note_sweep(last_tick_at=context.clock.now())
            place = (place + size) % len(rows)

    sweep = threading.Thread(target=polled, daemon=True)
    sweep.start()
    print(listener.getsockname()[1], flush=True)
    while sys.stdin.readline():
        print(time.process_time(), flush=True)
    stop.set()
    sweep.join()
    server.stop()
    store.close()
    context.database.dispose()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
