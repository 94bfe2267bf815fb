"""The peer: Debian's prometheus-snmp-exporter, asked for the same values of the same agents; its own CPU counts."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from tests.bench.fleet import COLUMNS, UPTIME, asked

PROGRAM = "prometheus-snmp-exporter"
WORKERS = 32
_TICKS = os.sysconf("SC_CLK_TCK")


def is_there() -> bool:
    """Whether the exporter is installed."""
    return shutil.which(PROGRAM) is not None


def _module(credential: dict[str, str], timeout_s: float) -> dict[str, object]:
    """The exporter's module: one GET of exactly what our poll asks."""
    v3 = "user" in credential
    auth: dict[str, str] = (
        {
            "username": credential["user"],
            "security_level": "authPriv",
            "auth_protocol": credential["auth"],
            "password": credential["auth_key"],
            "priv_protocol": "AES",
            "priv_password": credential["priv_key"],
        }
        if v3
        else {"community": credential["community"]}
    )
    metrics: list[dict[str, object]] = [{"name": "uptime", "oid": UPTIME[:-2], "type": "gauge", "help": "-"}]
    for place, column in enumerate(COLUMNS):
        index = [{"labelname": "ifIndex", "type": "gauge"}]
        metrics.append({"name": f"column_{place}", "oid": column, "type": "counter", "help": "-", "indexes": index})
    return {
        "get": asked(),
        "metrics": metrics,
        "version": 3 if v3 else 2,
        "max_repetitions": 60,
        "retries": 1,
        "timeout": f"{timeout_s * 1000:.0f}ms",
        "auth": auth,
    }


@contextmanager
def running(folder: Path, credential: dict[str, str], timeout_s: float) -> Iterator[tuple[int, int]]:
    """A private exporter on loopback: its port and its process id."""
    settings = folder / "snmp.yml"
    settings.write_text(json.dumps({"bench": _module(credential, timeout_s)}), "utf-8")
    port = 19_116
    process = subprocess.Popen(
        [PROGRAM, f"--config.file={settings}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    )
    try:
        for _ in range(100):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
                connection.request("GET", "/metrics")
                connection.getresponse().read()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=10)


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def scrape(port: int, targets: Sequence[str]) -> int:
    """Scrape every target once, a few at a time; how many answered with every value."""
    shares = [targets[n::WORKERS] for n in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(lambda share: _scrape_share(port, share), shares))


def _scrape_share(port: int, targets: Sequence[str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    good = 0
    for target in targets:
        connection.request("GET", f"/snmp?module=bench&target={quote(target)}")
        answer = connection.getresponse()
        body = answer.read()
        good += answer.status == 200 and body.count(b"\ncolumn_") >= len(asked()) - 1
    connection.close()
    return good


@contextmanager
def measuring(
    folder: Path, targets: Sequence[str], credential: dict[str, str], timeout_s: float, answering: int
) -> Iterator[Callable[[], float]]:
    """An exporter that has warmed up; answers what to call for the CPU seconds per 1,000 scrapes of one round.

    Raises:
        SystemExit: fewer than `answering` targets gave every value.
    """
    with running(folder, credential, timeout_s) as (port, pid):
        scrape(port, targets)

        def round_s() -> float:
            before_s = cpu_s(pid)
            if (good := scrape(port, targets)) < answering:
                raise SystemExit(f"the exporter answered {good} of {answering} with every value")
            return (cpu_s(pid) - before_s) / len(targets) * 1000

        yield round_s
