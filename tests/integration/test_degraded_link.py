"""From nothing to the reason why a link is degraded, on a small network of real snmpd and lldpd.

What is done in the lab, and what is read there, is `lab_story`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need, unavailable
from tests.fakes import lab
from tests.fakes.program import environment

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was read in the course of the story."""
    if reason := lab.missing():
        unavailable(reason)
    need("setpriv")
    folder = tmp_path_factory.mktemp("story")
    command = lab.enter(sys.executable, "-m", "tests.integration.lab_story", str(folder))
    variables = environment(folder) | {"PATH": lab.PATH, "LAB_COMMUNITY": "lab-canary"}
    done = subprocess.run(
        command, env=variables, capture_output=True, text=True, timeout=170, check=False, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 0, done.stderr
    assert "lab-canary" not in done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def test_a_network_is_discovered_and_every_proposal_taken(told: dict[str, Any]) -> None:
    """Without a device and with a management network it is one's own network that runs, and the greeting says what to
    do; three routers and two cables are proposed, and a second sweep finds nothing new."""
    assert told["greeting"].startswith("No device yet.")
    assert told["ticked"] == 1 + 3 + 2, "the credential, the routers, the cables"
    assert told["still_ticked"] == 0
    again = told["again"]
    assert [(d["address"], d["name"], d["standing"]) for d in again["devices"]] == [
        (address, name, "known") for name, address in lab.ROUTERS.items()
    ]
    cables = {(link["a_device"], link["a_interface"], link["b_device"], link["b_interface"]) for link in again["links"]}
    assert cables == {("r1", "eth1", "r2", "eth1"), ("r2", "eth2", "r3", "eth1")}
    assert {link["standing"] for link in again["links"]} == {"known"}
    assert not told["canary"]


def test_the_page_of_a_link_that_loses_packets_says_so_until_it_is_well(told: dict[str, Any]) -> None:
    """The share lost is the one injected; the delay that follows is the reason then; repaired, the link is up."""
    assert told["good"].startswith("up since"), told
    assert told["lossy"].startswith("degraded: loss "), told
    assert "% > 1 % since" in told["lossy"]
    assert told["late"].startswith("degraded:"), told
    assert re.search(r"latency [2-4]\d\d ms > 150 ms since", told["late"])
    assert told["well"].startswith("up since"), told


def test_loss_and_round_trip_by_echo_are_those_injected_over_both_versions_of_ip(told: dict[str, Any]) -> None:
    """One echo of four lost, the others 40 ms late."""
    assert told["lossy_six"].startswith("degraded: loss ")
    assert told["well_six"].startswith("up since")
    for device in json.loads(told["measured"]):
        measures = device["measures"]
        assert 0.2 <= measures["loss_ratio"] <= 0.27, device
        assert 0.04 <= measures["rtt_s"] < 0.15, device


def test_without_the_right_to_echo_the_reason_is_told_and_the_program_complains_of_nothing(
    told: dict[str, Any],
) -> None:
    """Neither a raw socket nor a group that may ping: unknown, never down."""
    assert told["refused"].startswith("unknown: the server has no right to send ICMP echo since")
    assert told["complained"] == ""
