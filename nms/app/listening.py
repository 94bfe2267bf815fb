"""The web server: a listening socket, a thread of its own, and an orderly end."""

from __future__ import annotations

import errno
import logging
import resource
import socket
import threading
from collections.abc import Callable
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.server import create_server

from nms.base.clock import Clock
from nms.base.errors import InputError

log = logging.getLogger(__name__)
REQUEST_PATIENCE_S = 4
TOLD_EVERY_S = 60.0
MOST_CONNECTIONS = 1000
IDLE_MOST_S = 60
HEADER_MOST_OCTETS = 32 * 2**10
CUT_ABOVE = 4
"""A body too large for the application is refused by it in words; one of so many times that is cut off unread."""


class WebServer:
    """The web server in a thread of its own; stopped, it lets requests under way end first.

    Requests are read without a thread of their own, so that slow ones only hold a connection.
    """

    def __init__(
        self, app: WSGIApplication, listener: socket.socket, threads: int, clock: Clock, body_most_octets: int
    ) -> None:
        self._sockets: dict[int, Any] = {}
        self._clock = clock
        self._told_s: float | None = None
        self._stopped = False
        self._server = create_server(
            app,
            map=self._sockets,
            sockets=[listener],
            threads=threads,
            connection_limit=_connections(),
            ident="",
            clear_untrusted_proxy_headers=True,
            channel_timeout=IDLE_MOST_S,
            max_request_header_size=HEADER_MOST_OCTETS,
            max_request_body_size=CUT_ABOVE * body_most_octets,
        )
        self._accept: Callable[[], Any] = self._server.accept
        self._server.accept = self._accept_or_wait
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def start(self) -> None:
        """Answer requests from now on."""
        self._thread.start()

    def _run(self) -> None:
        """By `poll`, since `select` knows no descriptor above 1024, which a sweep of many devices may well take."""
        while not self._stopped:
            wasyncore.loop(timeout=1.0, use_poll=True, map=self._sockets, count=1)

    def _accept_or_wait(self) -> Any:
        """The next connection; without a free descriptor it waits in the queue, and that is said once a minute."""
        try:
            return self._accept()
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
        now_s = self._clock.monotonic_s()
        if self._told_s is None or now_s - self._told_s > TOLD_EVERY_S:
            self._told_s = now_s
            log.error("no file descriptor is left, so connections wait: raise the limit (ulimit -n)")
        self._clock.sleep(0.1)
        return None

    def stop(self) -> None:
        """Take no request any more; those under way have some seconds to end."""
        self._stopped = True
        self._server.pull_trigger()
        self._thread.join(timeout=5)
        self._server.task_dispatcher.shutdown(timeout=REQUEST_PATIENCE_S)
        wasyncore.close_all(self._sockets)


def _connections() -> int:
    """How many connections at once: a quarter of the files that this process may open, the rest is for the sweep."""
    return max(8, min(MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4))


def listen(host: str, port: int) -> socket.socket:
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
