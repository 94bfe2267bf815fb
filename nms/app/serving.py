"""Puts the parts together and serves: sample store, live state, sweep, scheduler, web."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication

from sqlalchemy import exists, select
from waitress import wasyncore
from waitress.server import create_server

from inventory.models import Device
from nms.app.bootstrap import Context
from nms.base.errors import InputError
from nms.ops.discovery import Desk
from nms.ops.history_sqlite import SqliteStore
from nms.ops.live import LiveState
from nms.ops.polling import Sweep
from nms.ops.scheduling import Schedule
from spectrum.register import Register
from web.app import create_app
from web.services import Services
from web.users import first_admin_link

REQUEST_PATIENCE_S = 4


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


def has_devices(context: Context) -> bool:
    """Whether the inventory holds a device."""
    with context.database.reading() as session:
        return bool(session.scalar(select(exists(select(Device.id)))))


@contextmanager
def running(context: Context) -> Iterator[Site]:
    """Everything started in order, and stopped in the reverse order.

    Raises:
        InputError: the port is taken.
    """
    settings = context.settings
    store = SqliteStore(settings.home / "ts.db")
    live = LiveState()
    sweep = Sweep(context.database, settings, live, store, context.clock, context.box)
    services = Services(
        settings=settings,
        database=context.database,
        live=live,
        store=store,
        clock=context.clock,
        box=context.box,
        poll_now=sweep.poll_now,
        register=Register(context.database, context.clock),
        discovery=Desk(context.database, context.clock),
    )
    listener = _listen(settings.web.host, settings.web.port)
    web = _Web(create_app(services), listener, settings.web.threads)
    schedule = Schedule(sweep, store, settings, context.clock)
    schedule.start()
    web.start()
    try:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        yield Site(f"http://{shown}:{port}", first_admin_link(context.database, context.clock), settings.simulated)
    finally:
        services.discovery.stop()
        web.stop()
        schedule.stop()
        store.close()


class _Web:
    """The web server in a thread of its own; stopped, it lets requests under way end first."""

    def __init__(self, app: WSGIApplication, listener: socket.socket, threads: int) -> None:
        self._sockets: dict[int, Any] = {}
        self._stopped = False
        self._server = create_server(
            app, map=self._sockets, sockets=[listener], threads=threads, ident="", clear_untrusted_proxy_headers=True
        )
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def start(self) -> None:
        """Answer requests from now on."""
        self._thread.start()

    def _run(self) -> None:
        """By `poll`, since `select` knows no descriptor above 1024, which a sweep of many devices may well take."""
        while not self._stopped:
            wasyncore.loop(timeout=1.0, use_poll=True, map=self._sockets, count=1)

    def stop(self) -> None:
        """Take no request any more; those under way have some seconds to end."""
        self._stopped = True
        self._server.pull_trigger()
        self._thread.join(timeout=5)
        self._server.task_dispatcher.shutdown(timeout=REQUEST_PATIENCE_S)
        wasyncore.close_all(self._sockets)


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket, or a sentence that says what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InputError(
            "port_in_use",
            f"Port {port} of {host} cannot be used ({error.strerror}): "
            "stop what listens there, or choose another with PORT=.",
            port=port,
        ) from error
    return listener
