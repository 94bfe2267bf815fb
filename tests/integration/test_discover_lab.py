"""`nms discover` on a small network of real snmpd and lldpd, each in a namespace of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import unavailable
from tests.fakes import lab

pytestmark = pytest.mark.real
NMS = [sys.executable, "-m", "nms.app"]


def run(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": lab.PATH, "HOME": str(home), "NMS_HOME": str(home / "state"), "LAB_COMMUNITY": "lab-canary",
        "NMS_COMMUNITY": "lab-canary", "LANG": "C.UTF-8",
    }  # fmt: skip
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=110, check=False, cwd=os.getcwd()
    )


def test_a_network_is_discovered_accepted_and_polled(tmp_path: Path) -> None:
    """Three routers in a row and their two cables; accepted, a second sweep finds nothing new."""
    if reason := lab.missing():
        unavailable(reason)
    assert run(tmp_path, *NMS, "credential", "add", "lab", "--version", "v2c").returncode == 0
    discover = " ".join(["exec", *NMS, "discover"])
    script = f"""
        set -e
        ({discover} {lab.MANAGEMENT} --credential lab --json) >"$HOME/first.json"
        ({discover} --accept all --json) >"$HOME/accepted.json"
        ({discover} {lab.MANAGEMENT} --json) >"$HOME/second.json"
    """
    done = run(tmp_path, *lab.enter("bash", "-c", script))
    assert done.returncode == 0, done.stderr
    first, accepted, second = (
        json.loads((tmp_path / f"{name}.json").read_text()) for name in ("first", "accepted", "second")
    )
    assert [(d["address"], d["name"], d["standing"]) for d in first["devices"]] == [
        ("10.99.0.11", "r1", "new"),
        ("10.99.0.12", "r2", "new"),
        ("10.99.0.13", "r3", "new"),
    ]
    cables = {(link["a_device"], link["a_interface"], link["b_device"], link["b_interface"]) for link in first["links"]}
    assert cables == {("r1", "eth1", "r2", "eth1"), ("r2", "eth2", "r3", "eth1")}
    for later in (accepted, second):
        assert {d["standing"] for d in later["devices"]} == {"known"}
        assert {link["standing"] for link in later["links"]} == {"known"}
    assert "lab-canary" not in done.stdout + done.stderr + json.dumps(first)
