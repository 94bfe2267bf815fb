"""`make bench`: how fast it is, beside a peer in the same run; a table, JSON under var/bench, the main figures last."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from nms.base.clock import SystemClock
from tests.bench import backups, exporter, history, pages, peers, plans, rights, sheets
from tests.bench.fleet import V2C_CREDENTIAL, V3_CREDENTIAL, asked, host, is_dead
from tests.bench.pipeline import SWEEPS

PORT = 16_261
PATIENCE_S, SILENCE_S = 1.5, 0.5
"""Of a question, tried twice, here and at the peer; shorter where a tenth is dead, so that a round has an end."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """A row of the pipeline: how many devices, over which version, and whether a tenth of them is dead."""

    key: str
    version: str
    devices: int = 1000
    dead: bool = False


_RATIO = "pipeline_vs_snmp_exporter_cpu_ratio"
PIPELINE = {"v2c": Fleet(_RATIO, "v2c"), "v3": Fleet(f"{_RATIO}_v3", "v3")} | {
    name: Fleet(f"{_RATIO}_{name.replace('-', '_')}", version, devices, dead)
    for version in ("v2c", "v3")
    for devices in (1000, 5000)
    for dead in (False, True)
    if (devices, dead) != (1000, False)
    for name in [f"{version}-{devices}" + ("-dead" if dead else "")]
}
ROWS: dict[str, tuple[str, Callable[[], dict[str, float]]]] = {
    "metrics": ("metrics_5000_devices", peers.metrics),
    "import": ("import_1000_devices", peers.imported),
    "rights": ("rights_100000_conflicts", rights.conflicts),
    "geometry": ("rights_100000_pairs_vs_postgis", rights.geometry),
    "holdings": ("holdings_of_a_day", rights.as_of_a_day),
    "residual": ("residual_of_the_region", rights.residual_of_the_region),
    "rejudge": ("rejudge_the_register", rights.rejudged),
    "invariant": ("rights_100000_invariant", rights.invariant),
    "sheet": ("sheet_1000_rows", sheets.sheet),
    "pages": ("pages_p95_20_users_5000_devices", pages.row),
    "history": ("history_24h_of_one_link", peers.day_of_a_link),
    "availability": ("history_30d_availability_of_all_links", history.availability),
    "backups": ("config_backup_120_devices", backups.backups),
    "plans": ("config_plan_400_devices", plans.plans),
    "month": ("history_30d_of_one_link", history.series),
}


@contextmanager
def fleet(devices: int, version: str, dead: bool) -> Iterator[Callable[[], float]]:
    """A fleet in a process of its own; answers how much CPU it has used."""
    command = [sys.executable, "-m", "tests.bench.fleet", str(devices), str(PORT), version, *(["dead"] if dead else [])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"

    def used_s() -> float:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    try:
        yield used_s
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


def pipeline(row_of: Fleet, devices: int, rounds: int) -> dict[str, float]:
    """Our whole pipeline and the exporter's mere fetch, over one fleet; rounds of the two in turn."""
    credential = V3_CREDENTIAL if row_of.version == "v3" else V2C_CREDENTIAL
    dead = sum(map(is_dead, range(devices))) if row_of.dead else 0
    targets = [f"{host(number)}:{PORT}" for number in range(devices)]
    timeout_s = SILENCE_S if dead else PATIENCE_S
    ours_s, peer_s, wall_s = [], [], []
    with ExitStack() as stack:
        used_s = stack.enter_context(fleet(devices, row_of.version, row_of.dead))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        spec = folder / "spec.json"
        spec.write_text(json.dumps({"addresses": targets, "credential": credential, "timeout_s": timeout_s}), "utf-8")
        peer = (
            stack.enter_context(exporter.measuring(folder, targets, credential, timeout_s, devices - dead))
            if exporter.is_there()
            else None
        )
        agent_s = 0.0
        for _ in range(rounds):
            before_s = used_s()
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.pipeline", str(spec)], capture_output=True, text=True, check=True
            )
            agent_s += used_s() - before_s
            found = json.loads(done.stdout)
            if not dead * SWEEPS <= found["failed"] <= 1.2 * found["polls"] * dead / devices:
                raise SystemExit(f"polls failed: {found}")
            ours_s.append(found["cpu_s_per_1000"])
            wall_s.append(found["wall_s_per_1000"])
            if peer is not None:
                peer_s.append(peer())
    row = {
        "ours_s": median(ours_s),
        "ours_low_s": min(ours_s),
        "ours_high_s": max(ours_s),
        "ours_wall_s": min(wall_s),
        "agent_s": agent_s / (rounds * 8 * devices) * 1000,
        "devices": devices,
        "dead": dead,
        "values": len(asked()),
    }
    if not peer_s:
        return row
    return row | {
        "peer_s": median(peer_s),
        "peer_low_s": min(peer_s),
        "peer_high_s": max(peer_s),
        "ratio": median(ours / peers_ for ours, peers_ in zip(ours_s, peer_s, strict=True)),
    }


def main() -> int:
    """Run the rows that are asked for."""
    reader = argparse.ArgumentParser(prog="make bench", description=__doc__)
    reader.add_argument("--devices", type=int, help="of every pipeline row (default: each its own)")
    reader.add_argument("--rounds", type=int, default=3)
    reader.add_argument("--only", choices=[*PIPELINE, *ROWS], action="append")
    asked_for = reader.parse_args()
    wanted = asked_for.only or [*PIPELINE, *ROWS]
    results: dict[str, dict[str, float]] = {}
    for name in wanted:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        if name in PIPELINE:
            row_of = PIPELINE[name]
            results[row_of.key] = pipeline(row_of, asked_for.devices or row_of.devices, asked_for.rounds)
        else:
            key, work = ROWS[name]
            results[key] = work()
    folder = Path(os.environ.get("NMS_BENCH", "var/bench"))
    folder.mkdir(parents=True, exist_ok=True)
    machine = {"python": platform.python_version(), "cpus": os.cpu_count(), "system": platform.platform()}
    whole = {"at": SystemClock().now().isoformat(), "machine": machine, "rows": results}
    (folder / "bench.json").write_text(json.dumps(whole, indent=1), "utf-8")
    print(table(results))
    for key, row in results.items():
        if "ratio" in row:
            print(f"{key}: {row['ratio']:.3f}")
    print(json.dumps({key: round(row["ratio"], 4) for key, row in results.items() if "ratio" in row}))
    missing = [key for key, row in results.items() if "ratio" not in row]
    if missing:
        print(
            f"no peer for {', '.join(missing)}: {exporter.PROGRAM} (make system-packages), or PostGIS for its row "
            "(Debian's postgresql-15-postgis-3, which no test needs), is not installed"
        )
    return 1 if missing and os.environ.get("CI") else 0


def table(results: dict[str, dict[str, float]]) -> str:
    """The rows for a person: seconds (CPU seconds per 1,000 devices for the pipelines), spread, ratio."""
    lines = [f"{'row':<42} {'ours':>9} {'(low–high)':>17} {'peer':>9} {'(low–high)':>17} {'ratio':>7}"]
    for key, row in results.items():
        ours = f"{row['ours_s']:>9.4f} {row['ours_low_s']:>8.4f}–{row['ours_high_s']:<8.4f}"
        peer = f"{row['peer_s']:>9.4f} {row['peer_low_s']:>8.4f}–{row['peer_high_s']:<8.4f}" if "ratio" in row else ""
        lines.append(f"{key:<42} {ours} {peer} " + (f"{row['ratio']:>7.3f}" if "ratio" in row else "no peer"))
        more = {name: value for name, value in row.items() if name in _SAID}
        lines.append("    " + ", ".join(f"{name} {value:g}" for name, value in more.items()))
        if key.startswith("pages_"):
            lines += pages.table(row)
    return "\n".join(lines)


_SAID = {
    "ours_wall_s",
    "agent_s",
    "devices",
    "dead",
    "values",
    "series",
    "peer_series",
    "points",
    "links",
    "raw_links",
    "days",
    "ours_30d_s",
    "ports",
    "octets",
    "peer_octets",
    "rights",
    "kept",
    "peer_kept",
    "pairs",
    "false_pairs",
}

if __name__ == "__main__":
    sys.exit(main())
