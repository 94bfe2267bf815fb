"""`nms run`: poll, judge, store, draw and serve, in one process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from collectors import selftest
from nms.app import logs, occupancy, outlines, serving
from nms.app.bootstrap import Context, build, home_of
from nms.app.demo import run as demo
from nms.app.own_network import adopt
from nms.base.clock import SystemClock
from nms.base.settings import FILE_NAME
from nms.base.settings_load import load

STOP_S = 9.0
_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def run(
    inventory: Annotated[Path | None, typer.Option(help="CSV file of one's own network, loaded at start.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the web server (default: 8080, or PORT).")] = None,
) -> None:
    """Run the network: one's own when there is an inventory or a management network, else the built-in demo network."""
    environ = dict(os.environ)
    if port is not None:
        environ["PORT"] = str(port)
    home = home_of(environ)
    logs.configure()
    selftest.run(SystemClock())
    with ExitStack() as stack:
        stopping = stack.enter_context(_deadline(STOP_S))
        settings = load(home, environ)
        say_demo = stack.enter_context(occupancy.held(home))
        context = build(settings)
        if inventory is not None:
            context = adopt(context, inventory, environ)
        elif not serving.has_devices(context) and settings.network.management:
            typer.echo(
                "No device yet. Once logged in, have your network discovered under Inventory, Discovery, "
                "or import a file of devices."
            )
        elif not serving.has_devices(context):
            context.database.dispose()
            say_demo()
            typer.echo("No inventory yet: starting the demo network (simulated, in its own database).")
            context = build(stack.enter_context(demo.started(home, environ)))
        if not context.settings.network.management:
            typer.echo(
                "No management network is configured, so no device is contacted. Name yours in "
                f'{home / FILE_NAME}: network.management = ["192.0.2.0/24"]'
            )
        stack.callback(context.database.dispose)
        stack.enter_context(occupancy.alone_on(context.database))
        with outlines.tried_once(context, environ):
            _serve(context, stopping)


def _serve(context: Context, stopping: Callable[[], None]) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP; what runs is finished or rolled back within ten seconds."""
    with serving.running(context) as site:
        for line in site.greeting():
            typer.echo(line)
        with _stop_signal() as stop:
            stop.wait()
        stopping()
        with suppress(OSError):  # the terminal may be gone
            typer.echo("Stopping.")


@contextmanager
def _deadline(seconds: float) -> Iterator[Callable[[], None]]:
    """Answers what to call when stopping begins: the process then ends in time even if something in it does not.

    What a transaction had not committed is rolled back by the absence of its process.
    """

    def end() -> None:
        with suppress(OSError):  # the terminal may be gone
            os.write(2, b"nms: something did not end in time; what it had not finished is rolled back.\n")
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    try:
        yield timer.start
    finally:
        timer.cancel()


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """An event that SIGTERM, SIGINT and SIGHUP (its terminal is gone) set."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    previous = {number: signal.signal(number, on_signal) for number in _STOPPING}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
