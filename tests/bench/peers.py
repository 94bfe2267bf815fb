"""The smaller rows: `/metrics`, the import, a day of one link; each beside a plain way of doing the same."""

from __future__ import annotations

import csv
import io
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import importer, territory
from inventory.models import Device, Interface
from nms.app import schema
from nms.base.clock import SystemClock
from nms.base.db import Base, Database
from nms.base.permissions import SYSTEM
from nms.ops.history import Sample
from nms.ops.history_sqlite import SqliteStore
from nms.ops.live import LiveState
from nms.ops.state import Judgement, Kind, Measures, State, Status, Subject
from web.exposition import Exposition

Row = dict[str, float]


def median_s(work: Callable[[], object], rounds: int) -> Row:
    """Median, lowest and highest of some rounds, in seconds."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return {"s": statistics.median(found), "low": min(found), "high": max(found)}


def beside(ours: Row, peer: Row) -> Row:
    """Both, and their ratio (ours by the peer's: less is better)."""
    return {
        "ours_s": ours["s"],
        "ours_low_s": ours["low"],
        "ours_high_s": ours["high"],
        "peer_s": peer["s"],
        "peer_low_s": peer["low"],
        "peer_high_s": peer["high"],
        "ratio": ours["s"] / peer["s"],
    }


def metrics(devices: int = 5000, rounds: int = 5) -> Row:
    """A whole scrape of many devices, all of them changed since the last one, beside the stock client's."""
    at = SystemClock().now()
    live, dice = LiveState(), random.Random(1)
    rows = [
        Status(
            Subject(Kind.DEVICE, f"d-{n:05}", "", f"d-{n:05}", "", f"86{n % 300:03}", "86"),
            Judgement(State.UP, at),
            Measures(at.timestamp(), rtt_s=dice.random(), loss_ratio=0.0, in_bps=1e6, out_bps=1e5, errors_per_s=0.0),
        )
        for n in range(devices)
    ]
    exposition = Exposition(live)

    def ours() -> bytes:
        live.update(rows)
        return exposition.render(openmetrics=False)

    ours()
    series = ours().count(b"\n") - ours().count(b"\n#")
    registry = CollectorRegistry()
    per_device = max(1, series // devices)
    gauges = [
        Gauge(f"stock_{n}", "-", ["device", "commune", "department"], registry=registry) for n in range(per_device)
    ]
    for gauge in gauges:
        for n in range(devices):
            gauge.labels(f"d-{n:05}", f"86{n % 300:03}", "86").set(dice.random())
    found = beside(median_s(ours, rounds), median_s(lambda: generate_latest(registry), rounds))
    return found | {"series": series, "peer_series": per_device * devices}


def inventory_csv(devices: int, ports: int) -> str:
    """A file of devices with their ports."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(("name", "address", "insee", "interfaces"))
    for n in range(devices):
        names = "|".join(f"eth{port}" for port in range(ports))
        write.writerow((f"d-{n:05}", f"10.{n // 60_000}.{n // 250 % 250}.{n % 250 + 1}", "86194", names))
    return out.getvalue()


def imported(devices: int = 1000, ports: int = 4, rounds: int = 3) -> Row:
    """Judge and apply, whole, with ledger and life, beside reading the file and adding row by row through the ORM."""
    text = inventory_csv(devices, ports)

    def fresh(folder: str) -> Database:
        schema.import_models()
        database = Database.sqlite(Path(folder) / "nms.db")
        Base.metadata.create_all(database.engine)
        with database.transaction() as session:
            territory.ensure_loaded(session)
        return database

    def timed(work: Callable[[Session], None]) -> Row:
        found = []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                database = fresh(folder)
                began = time.perf_counter()
                with database.transaction() as session:
                    work(session)
                found.append(time.perf_counter() - began)
                database.dispose()
        return {"s": statistics.median(found), "low": min(found), "high": max(found)}

    def ours(session: Session) -> None:
        plan = importer.judge(text.encode(), session)
        importer.apply(session, plan, SYSTEM, SystemClock().now(), "bench")

    def peer(session: Session) -> None:
        for row in csv.DictReader(io.StringIO(text)):
            if session.scalar(select(Device.id).where(Device.name == row["name"])) is None:
                device = Device(name=row["name"], address=row["address"])
                session.add(device)
                session.flush()
                for port in row["interfaces"].split("|"):
                    session.add(Interface(device_id=device.id, name=port))
                    session.flush()

    return beside(timed(ours), timed(peer)) | {"devices": devices, "ports": ports}


def day_of_a_link(links: int = 1000, hours: int = 24, rounds: int = 20) -> Row:
    """24 h of one link at a sample a minute, beside a narrow table (one row per value) with an index by series."""
    end_s = 1_800_000_000
    values = Measures(0.0, rtt_s=0.012, loss_ratio=0.0, in_bps=1.2e6, out_bps=2e5, utilisation_ratio=0.6)
    columns = ("rtt_s", "loss_ratio", "in_bps", "out_bps", "utilisation_ratio")
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "ts.db")
        narrow = sqlite3.connect(Path(folder) / "narrow.db")
        narrow.execute("create table sample (series integer, ts integer, value real)")
        for minute in range(hours * 60):
            ts = end_s - hours * 3600 + minute * 60
            measures = Measures(float(ts), values.rtt_s, values.loss_ratio, values.in_bps, values.out_bps, 0.6)
            store.write_batch([Sample(Kind.LINK, f"l-{n:04}", State.UP, 60, measures) for n in range(links)])
            narrow.executemany(
                "insert into sample values (?, ?, ?)",
                [
                    (n * 8 + place, ts, getattr(measures, name))
                    for n in range(links)
                    for place, name in enumerate(columns)
                ],
            )
        narrow.execute("create index by_series on sample (series, ts)")
        narrow.commit()
        points = len(store.series(Kind.LINK, "l-0500", end_s - hours * 3600, end_s).at_s)
        ours = median_s(lambda: store.series(Kind.LINK, "l-0500", end_s - hours * 3600, end_s), rounds)
        query = "select ts, value from sample where series = ? and ts >= ? and ts < ? order by ts"

        def peer() -> None:
            for place in range(len(columns)):
                narrow.execute(query, (500 * 8 + place, end_s - hours * 3600, end_s)).fetchall()

        found = beside(ours, median_s(peer, rounds))
        sizes = [path.stat().st_size for path in (Path(folder) / "ts.db", Path(folder) / "narrow.db")]
        narrow.close()
        store.close()
    return found | {"points": points, "links": links, "octets": sizes[0], "peer_octets": sizes[1]}
