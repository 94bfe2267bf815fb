"""A stand-in for the open-data API of communes on loopback: its two answers, and every way they can go wrong."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

Feature = dict[str, Any]


def square(west: float, south: float, side: float = 0.1, steps: int = 1) -> list[list[float]]:
    """A closed ring, each side of it in some steps."""
    corners = [(west, south), (west + side, south), (west + side, south + side), (west, south + side), (west, south)]
    return [
        [round(x1 + (x2 - x1) * i / steps, 6), round(y1 + (y2 - y1) * i / steps, 6)]
        for (x1, y1), (x2, y2) in pairwise(corners)
        for i in range(steps)
    ] + [list(corners[0])]


def feature(code: str, name: str, ring: list[Any] | None, **more: Any) -> Feature:
    """A commune as the API tells it."""
    shape = None if ring is None else {"type": "Polygon", "coordinates": [ring]}
    told = {"code": code, "nom": name, "population": 321, "codeEpci": "200072049", "codesPostaux": [code]}
    return {"type": "Feature", "properties": told | more, "geometry": shape}


def region() -> dict[str, list[Feature]]:
    """Two departments: neighbours that share a side; codes of real communes, one of which has absorbed others."""
    return {
        "16": [
            feature("16001", "Abzac", square(0.6, 46.0, steps=8)),
            feature("16230", "Montmoreau", square(0.7, 46.0, steps=8), population=2599),
        ],
        "86": [feature("86194", "Poitiers", square(0.3, 46.5), population=90033, codeEpci="200069854")],
    }


@dataclass
class Told:
    """What the stand-in answers, and what it was asked. `fault` takes the handler over for a path that holds a text."""

    departments: dict[str, list[Feature]] = field(default_factory=region)
    groupings: Mapping[str, str] = field(
        default_factory=lambda: {"200072049": "CC de Charente Limousine", "200069854": "CU du Grand Poitiers"}
    )
    fault_at: str = "/never"
    fault: Callable[[BaseHTTPRequestHandler, bytes], None] | None = None
    asked: list[str] = field(default_factory=list)
    url: str = ""


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, length: int | None = None) -> None:
    """A whole answer, or one that promises another length than it has."""
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def error_500(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    """The server is ill."""
    send(handler, b"<html>sorry</html>", 500)


def truncated(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """The connection ends half-way."""
    send(handler, body[: len(body) // 2], length=len(body))


def half_json(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Half the text, and it says that this is all."""
    send(handler, body[: len(body) // 2])


def deep(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    """Brackets without end."""
    send(handler, b"[" * 200_000)


def page(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    """The page of a hotel's portal."""
    send(handler, b"<html>Please log in</html>")


def endless(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    """A body without a length that does not end."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" " * 65536)
    except OSError:
        return


def drip(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """An octet now and then: never silent for long, never done."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    try:
        for octet in body:
            handler.wfile.write(bytes([octet]))
            time.sleep(0.1)
    except OSError:
        return


def drip_headers(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    """The same, and not even the headers are done."""
    try:
        for octet in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10_000:
            handler.wfile.write(bytes([octet]))
            time.sleep(0.1)
    except OSError:
        return


def silent(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    """Takes the question and says nothing."""
    handler.rfile.read(1)


def moved(to: str) -> Callable[[BaseHTTPRequestHandler, bytes], None]:
    """Sends on to another address."""

    def answer(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


@contextmanager
def served(wanted: Told | None = None) -> Iterator[Told]:
    """The stand-in on a port of loopback, gone after the block."""
    told = wanted or Told()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            parts = urlsplit(self.path)
            words, query = parts.path.strip("/").split("/"), parse_qs(parts.query)
            if words[0] == "epcis":
                content: Any = [{"code": code, "nom": name} for code, name in told.groupings.items()]
            elif len(words) == 3 and query.get("geometry") == ["contour"] and query.get("format") == ["geojson"]:
                content = {"type": "FeatureCollection", "features": told.departments.get(words[1], [])}
            else:
                send(self, b"{}", 404)
                return
            body = json.dumps(content).encode()
            if told.fault is not None and told.fault_at in self.path:
                told.fault(self, body)
            else:
                send(self, body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
