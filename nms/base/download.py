"""One document from a public address: bounded in size and in time, and never led to another host.

The proxy of the environment (`https_proxy`, `no_proxy`) is used, as an administration's network may need it.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from threading import Lock, Timer
from types import TracebackType
from typing import IO, Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from nms.base.errors import SourceUnavailable
from nms.base.text import clean, say

_CHUNK_OCTETS = 64 * 1024


class Patience:
    """The time that several downloads have together; then every connection is shut, however slowly it still drips."""

    def __init__(self, whole_s: float) -> None:
        self.whole_s = whole_s
        self.over = False
        self._sockets: list[socket.socket] = []
        self._lock = Lock()
        self._timer = Timer(whole_s, self.end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def end(self) -> None:
        """No more: from the timer, or from whoever wants the downloads to stop."""
        with self._lock:
            self.over = True
            for one in self._sockets:
                _shut(one)

    def watch(self, one: socket.socket) -> None:
        """A connection that is shut when patience is over."""
        with self._lock:
            self._sockets.append(one)
            if self.over:
                _shut(one)


def document(
    url: str, patience: Patience, *, silence_s: float, octets: int, told: Callable[[int], None] | None = None
) -> bytes:
    """The body that an address answers; `told` hears how many octets have come.

    Args:
        silence_s: how long nothing at all may come.
        octets: the largest body that is taken.

    Raises:
        SourceUnavailable: not reached, refused, too slow, too large, cut short, or sent on to another host.
    """
    host = urlsplit(url).netloc
    opener = build_opener(_SameHost(host), _Plain(patience), _Tls(patience))
    request = Request(url, headers={"Accept": "application/json", "User-Agent": "nms"})  # noqa: S310 - judged: http(s)
    try:
        with opener.open(request, timeout=min(silence_s, patience.whole_s)) as answer:
            return _body(answer, host, octets, told)
    except SourceUnavailable:
        if patience.over:
            raise _late(host, patience) from None
        raise
    except HTTPError as error:
        error.close()
        reason = clean(str(error.reason), 60)
        raise SourceUnavailable(
            "source_refused",
            say("{host} answers {code} {reason}.", host=host, code=error.code, reason=reason),
            host=host,
        ) from None
    except (URLError, OSError, HTTPException, ValueError) as error:
        if patience.over:
            raise _late(host, patience) from None
        raise SourceUnavailable(
            "source_unreachable", say("{host} cannot be reached: {why}.", host=host, why=_why(error)), host=host
        ) from None


def _body(answer: HTTPResponse, host: str, octets: int, told: Callable[[int], None] | None) -> bytes:
    length = answer.headers.get("Content-Length", "")
    promised = int(length) if length.isascii() and length.isdigit() else None
    parts: list[bytes] = []
    size = 0
    while size <= octets and (promised is None or size < promised) and (part := answer.read1(_CHUNK_OCTETS)):
        parts.append(part)
        size += len(part)
        if told:
            told(size)
    if size > octets or (promised or 0) > octets:
        raise SourceUnavailable(
            "source_too_large", say("{host} sends more than {size} MiB.", host=host, size=octets // 2**20), host=host
        )
    if promised is not None and size < promised:
        raise SourceUnavailable(
            "source_cut_short",
            say(
                "{host} sent {size} octets of {promised}, then the connection ended.",
                host=host,
                size=size,
                promised=promised,
            ),
            host=host,
        )
    return b"".join(parts)


def _late(host: str, patience: Patience) -> SourceUnavailable:
    return SourceUnavailable(
        "source_too_slow",
        say("{host} did not answer within {whole_s} s.", host=host, whole_s=f"{patience.whole_s:g}"),
        host=host,
    )


def _why(error: Exception) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return "nothing comes from it"
    if isinstance(cause, socket.gaierror):
        return "its name is not found (is this machine offline?)"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not believed ({cause.verify_message})"
    text = (cause.strerror or str(cause)) if isinstance(cause, OSError) else str(cause)
    return clean(text, 120) or type(cause).__name__


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


class _SameHost(HTTPRedirectHandler):
    """Follows a redirect on the same host only."""

    def __init__(self, host: str) -> None:
        self._host = host

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        to = urlsplit(newurl)
        if to.netloc != self._host or to.scheme != req.type:
            shown = clean(f"{to.scheme}://{to.netloc.rpartition('@')[2]}", 120)
            raise SourceUnavailable(
                "source_elsewhere",
                say("{host} sends on to {shown}, which is not followed.", host=self._host, shown=shown),
                host=self._host,
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _PlainLine(HTTPConnection):
    def __init__(self, *args: Any, patience: Patience, **more: Any) -> None:
        super().__init__(*args, **more)
        self._patience = patience

    def connect(self) -> None:
        super().connect()
        self._patience.watch(self.sock)


class _TlsLine(HTTPSConnection):
    def __init__(self, *args: Any, patience: Patience, **more: Any) -> None:
        super().__init__(*args, **more)
        self._patience = patience

    def connect(self) -> None:
        super().connect()
        self._patience.watch(self.sock)


class _Plain(HTTPHandler):
    def __init__(self, patience: Patience) -> None:
        super().__init__()
        self._patience = patience

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(partial(_PlainLine, patience=self._patience), req)


class _Tls(HTTPSHandler):
    def __init__(self, patience: Patience) -> None:
        super().__init__()
        self._patience = patience

    def https_open(self, req: Request) -> HTTPResponse:
        line = partial(_TlsLine, patience=self._patience)
        return self.do_open(line, req, context=ssl.create_default_context())
