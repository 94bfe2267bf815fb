"""Puts the parts together and serves: sample store, live state, sweep, scheduler, web."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from sqlalchemy import exists, select

from collectors.families import FOLDER, Families
from inventory.models import Device
from nms.app.bootstrap import Context
from nms.app.listening import WebServer, listen
from nms.ops.change.office import Changes
from nms.ops.change.world import World
from nms.ops.configs.backup import Backups
from nms.ops.discovery import Desk
from nms.ops.history_sqlite import SqliteStore
from nms.ops.live import LiveState
from nms.ops.notifications.hearing import FORGET_EVERY_S, FORGET_FIRST_S, REFRESH_EVERY_S, Hearing
from nms.ops.polling import Sweep
from nms.ops.reminding import Reminding
from nms.ops.scheduling import Job, Schedule
from spectrum.dossiers import Dossiers
from spectrum.register import Register
from web.app import MAX_BODY_OCTETS, create_app
from web.reminder_letter import letter
from web.services import Services
from web.users import first_admin_link

REMINDERS_EVERY_S, REMINDERS_FIRST_S = 900, 60
PLANS_EVERY_S = 15
DRIFT_EVERY_S, DRIFT_FIRST_S = 30, 10


@dataclass(frozen=True, slots=True)
class Site:
    """A running instance: where it answers and how to log in."""

    url: str
    first_login: str | None
    simulated: bool

    def greeting(self) -> list[str]:
        """What the operator reads when it is up."""
        lines = [f"Listening on {self.url}"]
        if self.first_login is not None:
            lines.append(f"Create the administrator (link valid once): {self.url}/premier-acces/{self.first_login}")
        else:
            lines.append(f"Log in at {self.url}/connexion")
        lines.append(f"Prometheus metrics: {self.url}/metrics")
        if self.simulated:
            lines.append(
                "This is the demo network: everything on it is simulated. Your own: make run INVENTORY=file.csv"
            )
        return lines


def reminding_of(context: Context, register: Register) -> Reminding:
    """What finds and sends reminders, in French."""
    write = partial(letter, context.settings.mail)
    dossiers = Dossiers(register, context.box)
    return Reminding(context.database, register, dossiers, context.clock, context.settings, write)


def has_devices(context: Context) -> bool:
    """Whether the inventory holds a device."""
    with context.database.reading() as session:
        return bool(session.scalar(select(exists(select(Device.id)))))


def _hearing(context: Context, sweep: Sweep, backups: Backups) -> Hearing | None:
    """What hears traps, where the settings say at which address."""
    if not context.settings.notification.host:
        return None
    return Hearing(context.database, context.settings, context.box, context.clock, sweep.poll_now, backups.backup_soon)


@contextmanager
def running(context: Context) -> Iterator[Site]:
    """Everything started in order, and stopped in the reverse order.

    Raises:
        InputError: the port is taken.
    """
    settings = context.settings
    store = SqliteStore(settings.home / "ts.db")
    live = LiveState()
    families = Families(settings.home / FOLDER)
    register = Register(context.database, context.clock)
    sweep = Sweep(
        context.database, settings, live, store, context.clock, context.box, families=families, register=register
    )
    backups = Backups(context.database, settings, context.box, context.clock)
    changes = Changes(World(context.database, settings, context.box, context.clock, register, sweep))
    hearing = _hearing(context, sweep, backups)
    services = Services(
        settings=settings,
        database=context.database,
        live=live,
        store=store,
        clock=context.clock,
        box=context.box,
        poll_now=sweep.poll_now,
        register=register,
        discovery=Desk(context.database, context.clock, profiles=families.profiles),
        families=families,
        backups=backups,
        changes=changes,
        tried=sweep.tried,
        hearing=hearing,
    )
    listener = listen(settings.web.host, settings.web.port)
    web = WebServer(create_app(services), listener, settings.web.threads, context.clock, MAX_BODY_OCTETS)
    reminding = reminding_of(context, services.register)
    jobs = [
        Job("reminders", reminding.run, REMINDERS_EVERY_S, REMINDERS_FIRST_S),
        Job("plans", changes.tick, PLANS_EVERY_S, 0),
        Job("drift", changes.drift.look, DRIFT_EVERY_S, DRIFT_FIRST_S),
    ]
    if hearing is not None:
        jobs.append(Job("senders", hearing.refresh, REFRESH_EVERY_S, 0))
        jobs.append(Job("notifications", hearing.office.forget, FORGET_EVERY_S, FORGET_FIRST_S))
        hearing.start()
    schedule = Schedule(sweep, store, settings, context.clock, jobs, backups)
    schedule.start()
    web.start()
    try:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        yield Site(f"http://{shown}:{port}", first_admin_link(context.database, context.clock), settings.simulated)
    finally:
        services.discovery.stop()
        changes.stop()
        if hearing is not None:
            hearing.stop()
        web.stop()
        schedule.stop()
        store.close()
