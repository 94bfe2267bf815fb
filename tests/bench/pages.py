"""Pages under load: real requests of users with a session, over the real web server, on a region of 5,000 devices.

Each of the users asks for a page about once a second, on a connection that stays open. The time of a page is that which
its user waits. Beside each stands the page of the account, which holds nothing of the network: the ratio is what the
region costs, on whatever machine.
"""

from __future__ import annotations

import http.client
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.bench.region import PASSWORD, USER

USERS = 20
SECONDS = 20
PEER = "/compte"
PAGES = {
    "overview": "/",
    "overview_part": "/parts/overview",
    "list": "/liaisons",
    "list_filtered": "/liaisons?q=poitiers&state=down&order=state",
    "devices_page": "/appareils?page=40",
    "sites": "/sites",
    "link": "/liaisons/link-0017",
    "series": "/series/liaisons/link-0017?period=day",
    "map_data": "/carte/donnees?vue=health",
    "map_load": "/carte/donnees?vue=utilisation",
    "peer": PEER,
}
"""What users ask for; each as often as any other."""


@dataclass
class Found:
    """Milliseconds of each page, and what went wrong."""

    ms: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in PAGES})
    octets: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


class User:
    """A browser: one connection, one session."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        _, cookies, page = self._ask("GET", "/connexion", {})
        word = re.search(rb'name="csrf_token" value="([^"]+)"', page)
        assert word is not None
        form = urlencode({"csrf_token": word[1].decode(), "name": USER, "password": PASSWORD})
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        status, session, _ = self._ask("POST", "/connexion", headers, form)
        assert status == 302, status
        self._headers = {"Cookie": session, "Accept-Encoding": "gzip", "Accept-Language": "fr"}

    def get(self, path: str) -> tuple[int, int]:
        """Status and size of a page."""
        status, _, body = self._ask("GET", path, self._headers)
        return status, len(body)

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str = "") -> tuple[int, str, bytes]:
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        cookies = "; ".join(value.partition(";")[0] for value in answer.headers.get_all("Set-Cookie") or ())
        return answer.status, cookies, answer.read()


def _use(user: User, seed: int, until_s: float, found: Found) -> None:
    dice = random.Random(seed)
    time.sleep(dice.random())
    while time.monotonic() < until_s:
        name = dice.choice(list(PAGES))
        began = time.perf_counter()
        status, octets = user.get(PAGES[name])
        found.ms[name].append((time.perf_counter() - began) * 1000)
        found.octets[name] = octets
        if status != 200:
            found.failed.append(f"{status} {PAGES[name]}")
        time.sleep(dice.uniform(0.5, 1.5))


def measured(devices: int = 5000, seconds: int = SECONDS) -> dict[str, float]:
    """p50 and p95 of every page in milliseconds while twenty users work, and the CPU of one request of each, alone."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.bench.region", folder, str(devices)]
        server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert server.stdin is not None
        assert server.stdout is not None
        port = int(server.stdout.readline())

        def cpu_s() -> float:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write("\n")
            server.stdin.flush()
            return float(server.stdout.readline())

        try:
            users = [User(port) for _ in range(USERS)]
            row = {"devices": float(devices), "users": float(USERS)} | _alone(users[0], cpu_s)
            found = Found()
            until_s = time.monotonic() + seconds
            threads = [threading.Thread(target=_use, args=(u, n, until_s, found)) for n, u in enumerate(users)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            server.stdin.close()
            server.wait(timeout=30)
            server.stdout.close()
    if found.failed:
        raise SystemExit(f"pages failed: {found.failed[:5]}")
    for name, all_ms in found.ms.items():
        all_ms.sort()
        row[f"{name}_p50_ms"], row[f"{name}_p95_ms"] = statistics.median(all_ms), all_ms[int(len(all_ms) * 0.95)]
        row[f"{name}_octets"] = float(found.octets[name])
    every = sorted(ms for name, all_ms in found.ms.items() if name != "peer" for ms in all_ms)
    row["p95_ms"], row["requests"] = every[int(len(every) * 0.95)], float(len(every))
    return row


def _alone(user: User, cpu_s: Callable[[], float], times: int = 15) -> dict[str, float]:
    """CPU milliseconds of the server for one request of each page, with nobody else there."""
    row: dict[str, float] = {}
    for name, path in PAGES.items():
        user.get(path)
        before = cpu_s()
        for _ in range(times):
            user.get(path)
        row[f"{name}_cpu_ms"] = (cpu_s() - before) * 1000 / times
    return row


def row() -> dict[str, float]:
    """As a row of the benchmark, in seconds: 95 of 100 pages of the region, beside the page without anything of it."""
    found = measured()
    every = sorted(found[f"{name}_p95_ms"] / 1000 for name in PAGES if name != "peer")
    ours_s, peer_s = found["p95_ms"] / 1000, found["peer_p95_ms"] / 1000
    return found | {
        "ours_s": ours_s, "ours_low_s": every[0], "ours_high_s": every[-1],
        "peer_s": peer_s, "peer_low_s": found["peer_p50_ms"] / 1000, "peer_high_s": peer_s, "ratio": ours_s / peer_s,
    }  # fmt: skip


def table(row: Mapping[str, float]) -> list[str]:
    """Every page for a person."""
    lines = [f"    {'page':<16}{'cpu ms':>9}{'p50 ms':>9}{'p95 ms':>9}{'octets':>10}"]
    for name in PAGES:
        cpu_ms, p50_ms, p95_ms, octets = (row[f"{name}_{what}"] for what in ("cpu_ms", "p50_ms", "p95_ms", "octets"))
        lines.append(f"    {name:<16}{cpu_ms:>9.1f}{p50_ms:>9.1f}{p95_ms:>9.1f}{octets:>10.0f}")
    return [*lines, f"    all: p95 {row['p95_ms']:.0f} ms of {row['requests']:.0f} requests"]
