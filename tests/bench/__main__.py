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
from contextlib import contextmanager
from pathlib import Path

from nms.base.clock import SystemClock
from tests.bench import exporter, peers, rights
from tests.bench.fleet import V2C_CREDENTIAL, V3_CREDENTIAL, asked, host

PORT = 16_261
PIPELINE = {"v2c": ("pipeline_vs_snmp_exporter_cpu_ratio", V2C_CREDENTIAL)}
PIPELINE["v3"] = ("pipeline_vs_snmp_exporter_cpu_ratio_v3", V3_CREDENTIAL)
ROWS: dict[str, tuple[str, Callable[[], dict[str, float]]]] = {
    "metrics": ("metrics_5000_devices", peers.metrics),
    "import": ("import_1000_devices", peers.imported),
    "rights": ("rights_100000_conflicts", rights.conflicts),
    "geometry": ("rights_100000_pairs_vs_postgis", rights.geometry),
    "holdings": ("holdings_of_a_day", rights.as_of_a_day),
    "residual": ("residual_of_the_region", rights.residual_of_the_region),
    "rejudge": ("rejudge_the_register", rights.rejudged),
    "invariant": ("rights_100000_invariant", rights.invariant),
    "history": ("history_24h_of_one_link", peers.day_of_a_link),
}


@contextmanager
def fleet(devices: int, version: str) -> Iterator[Callable[[], float]]:
    """A fleet in a process of its own; answers how much CPU it has used."""
    command = [sys.executable, "-m", "tests.bench.fleet", str(devices), str(PORT), *(["v3"] if version == "v3" else [])]
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


def pipeline(devices: int, version: str, rounds: int) -> dict[str, float]:
    """Our whole pipeline and the exporter's mere fetch, over one fleet."""
    credential = PIPELINE[version][1]
    targets = [f"{host(number)}:{PORT}" for number in range(devices)]
    with fleet(devices, version) as used_s, tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "spec.json"
        spec.write_text(json.dumps({"addresses": targets, "credential": credential}), "utf-8")
        found = []
        before_s = used_s()
        for _ in range(rounds):
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.pipeline", str(spec)], capture_output=True, text=True, check=True
            )
            found.append(json.loads(done.stdout))
        agent_s = (used_s() - before_s) / (rounds * 8 * devices) * 1000
        if any(run["failed"] for run in found):
            raise SystemExit(f"polls failed: {found}")
        ours = sorted(run["cpu_s_per_1000"] for run in found)
        row = {
            "ours_s": ours[len(ours) // 2],
            "ours_low_s": ours[0],
            "ours_high_s": ours[-1],
            "ours_wall_s": min(run["wall_s_per_1000"] for run in found),
            "agent_s": agent_s,
            "devices": devices,
            "values": len(asked()),
        }
        if not exporter.is_there():
            return row
        peer = exporter.measure(Path(folder), targets, credential, rounds)
        if peer["answered"] < devices:
            raise SystemExit(f"the exporter answered {peer['answered']} of {devices} with every value")
    return row | {
        "peer_s": peer["cpu_s_per_1000"],
        "peer_low_s": peer["low"],
        "peer_high_s": peer["high"],
        "ratio": row["ours_s"] / peer["cpu_s_per_1000"],
    }


def main() -> int:
    """Run the rows that are asked for."""
    reader = argparse.ArgumentParser(prog="make bench", description=__doc__)
    reader.add_argument("--devices", type=int, default=1000)
    reader.add_argument("--rounds", type=int, default=3)
    reader.add_argument("--only", choices=[*PIPELINE, *ROWS], action="append")
    asked_for = reader.parse_args()
    wanted = asked_for.only or [*PIPELINE, *ROWS]
    results: dict[str, dict[str, float]] = {}
    for name in wanted:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        if name in PIPELINE:
            results[PIPELINE[name][0]] = pipeline(asked_for.devices, name, asked_for.rounds)
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
            f"no peer for {', '.join(missing)}: {exporter.PROGRAM} or PostGIS is not installed (make system-packages)"
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
    return "\n".join(lines)


_SAID = {
    "ours_wall_s",
    "agent_s",
    "devices",
    "values",
    "series",
    "peer_series",
    "points",
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
