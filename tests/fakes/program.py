"""The program in a process of its own, as an operator starts it, and a browser without a screen."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

NMS = (sys.executable, "-m", "nms.app")
_QUIET = re.compile("^(NMS_|PORT$|PYTHON|MAKE|MFLAGS|INVENTORY$|VIRTUAL_ENV$)")


def environment(home: Path, **more: str) -> dict[str, str]:
    """The variables of this process without those that steer the program, and its own folder of state."""
    kept = {name: value for name, value in os.environ.items() if not _QUIET.match(name)}
    quiet = {"NMS_HOME": str(home), "PORT": "0", "LANG": "C.UTF-8", "NMS_TERRITORY_START": "no"}
    return kept | quiet | more


def wait_for(told: Callable[[], object], what: str, patience_s: float) -> None:
    """Wait until something is so."""
    end = time.monotonic() + patience_s
    while not told():
        assert time.monotonic() < end, f"not within {patience_s} s: {what}"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def below(pid: int) -> list[int]:
    """Every process that descends from one, the nearest first."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except OSError:
            continue
    found = list(parents.get(pid, []))
    for child in found:
        found.extend(parents.get(child, []))
    return found


class Program:
    """A command that serves until it is told to stop; ready when entered, and nothing of it is left afterwards."""

    def __init__(self, command: Sequence[str], folder: Path, variables: Mapping[str, str], name: str = "program"):
        self._command, self._folder, self._variables = list(command), folder, variables
        self._out, self._err = folder / f"{name}.out", folder / f"{name}.err"

    def __enter__(self) -> Self:
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=dict(self._variables),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        try:
            wait_for(lambda: "/metrics" in self.said() or self.process.poll() is not None, "the greeting", 60)
            assert self.process.poll() is None, self.said() + self.complained()
        except AssertionError:
            self._end()
            raise
        self.started = [self.process.pid, *below(self.process.pid)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def said(self) -> str:
        """Its standard output so far."""
        return self._out.read_text("utf-8")

    def complained(self) -> str:
        """Its standard error so far."""
        return self._err.read_text("utf-8")

    def url(self) -> str:
        """Where it listens."""
        return self._found(r"Listening on (http://\S+)")

    def first_link(self) -> str:
        """The one-time link of the greeting."""
        return self._found(r"valid once\): (http://\S+)")

    def agents(self) -> list[int]:
        """The processes of simulated agents that it started."""
        return [pid for pid in below(self.process.pid) if b"nms.app.demo.agents" in _command_line(pid)]

    def stop(self, number: int = signal.SIGTERM, patience_s: float = 15.0) -> int:
        """Send a signal and answer the exit code; waits for no longer than its patience."""
        self.process.send_signal(number)
        return self.process.wait(patience_s)

    def _found(self, pattern: str) -> str:
        match = re.search(pattern, self.said())
        assert match is not None, self.said() + self.complained()
        return match[1]

    def _end(self) -> None:
        """End its own session of processes, and only that."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


class Browser:
    """Keeps cookies, follows redirects, sends forms with their token."""

    def __init__(self, language: str = "fr") -> None:
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))
        self._language = language

    def get(self, url: str) -> tuple[int, str]:
        """Status and text of a page."""
        return self._open(Request(url, headers={"Accept-Language": self._language}))

    def post(self, url: str, **fields: str) -> tuple[int, str]:
        """Fill in the form of a page and send it."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(url)[1])
        assert token is not None, f"{url} has no form with a token"
        data = urlencode(fields | {"csrf_token": token[1]}).encode()
        return self._open(Request(url, data, {"Accept-Language": self._language, "Referer": url}))

    def fill(self, url: str, action: str, **changes: str | list[str]) -> tuple[int, str]:
        """Send the form of a page that goes to an action (empty: to the page), as shown but for some changes."""
        reader = _FormReader(action)
        reader.feed(self.get(url)[1])
        assert reader.fields, f"{url} has no form that goes to {action}"
        data = urlencode(reader.fields | changes, doseq=True).encode()
        headers = {"Accept-Language": self._language, "Referer": url}
        return self._open(Request(urljoin(url, action), data, headers))

    def _open(self, request: Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode("utf-8", "replace")
        except HTTPError as refused:
            return refused.code, refused.read().decode("utf-8", "replace")


class _FormReader(HTMLParser):
    """What a browser would send of one form: texts, what is ticked, what is chosen; no button."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self._action, self._inside, self._select = action, False, ""
        self.fields: dict[str, str | list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = found.get("action", "") == self._action
        elif not self._inside:
            return
        elif tag == "select":
            self._select = found["name"]
        elif tag == "option" and self._select and (self._select not in self.fields or "selected" in found):
            self.fields[self._select] = found.get("value", "")
        elif tag == "input" and found.get("type") == "checkbox":
            ticked = self.fields.setdefault(found["name"], [])
            if "checked" in found and isinstance(ticked, list):
                ticked.append(found.get("value", "on"))
        elif tag == "input" and "name" in found:
            self.fields[found["name"]] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "form":
            self._inside = False
