"""`make run` and `nms run`: the demo from nothing, one's own network, two at once, and the way each of them ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import need, unavailable
from tests.fakes.program import Program, environment, is_alive, wait_for

pytestmark = pytest.mark.timeout(180)
ROOT = Path(__file__).parents[2]
NMS = (sys.executable, "-m", "nms.app")
OWN = "name,address,credential,insee\ngw-lencloitre,127.0.0.1:9,field,86128\n"


def nms(home: Path, *words: str, **more: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command of the shell."""
    done = subprocess.run(
        [*NMS, *words], capture_output=True, text=True, env=environment(home, **more), timeout=60, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_make_run_serves_the_demo_and_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    need("make")
    folder = ["--no-print-directory", "-C", str(ROOT)]
    if subprocess.run(["make", "-q", *folder, ".venv/.stamp"], capture_output=True, check=False).returncode:
        unavailable("the environment of the checkout is not up to date (make setup)")
    home = tmp_path / "state"
    command = ["make", *folder, "run", f"NMS_HOME={home}", "PORT=0"]
    with Program(command, tmp_path, environment(home)) as program:
        assert "demo network" in program.said()
        assert "Create the administrator" in program.said()
        assert len(program.agents()) == 1
        os.killpg(program.process.pid, signal.SIGINT)  # what a terminal does at Ctrl-C
        wait_for(lambda: not any(map(is_alive, program.started)), "everything ended", 15)
    assert "Stopping." in program.said()
    assert "Traceback" not in program.complained()


def test_two_demos_run_at_once_one_per_folder_and_a_killed_one_leaves_no_agent(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    with (
        Program([*NMS, "run"], tmp_path, environment(one), "one") as first,
        Program([*NMS, "run"], tmp_path, environment(two), "two") as second,
    ):
        ports = {(home / "demo" / "agents.ready").read_text() for home in (one, two)}
        assert len(ports) == 2
        assert first.url() != second.url()
        code, _, error = nms(one, "run")
        assert code == 1
        assert error == f"nms: Another `nms run` uses {one}: stop it, or choose another folder with NMS_HOME=.\n"
        (agent,) = first.agents()
        first.process.kill()
        first.process.wait(5)
        wait_for(lambda: not is_alive(agent), "the agents of the killed one are gone", 3)
        assert second.stop(signal.SIGTERM, 15) == 0, second.complained()
    with Program([*NMS, "run"], tmp_path, environment(one), "again") as again:
        assert again.stop(signal.SIGTERM, 15) == 0, again.complained()


def test_while_the_demo_runs_ones_own_devices_are_refused_with_the_way_out_and_taken_after_it(tmp_path: Path) -> None:
    home, file = tmp_path / "state", tmp_path / "devices.csv"
    file.write_text(OWN)
    with Program([*NMS, "run"], tmp_path, environment(home)) as program:
        for words in (("device", "add", "core", "address=10.0.0.1"), ("import", str(file))):
            code, out, error = nms(home, *words)
            assert (code, out) == (1, "")
            assert error.startswith("nms: This is the demo network")
            assert "make run INVENTORY=file.csv" in error
            assert error.count("\n") == 1
        code, out, error = nms(home, "credential", "add", "field", NMS_COMMUNITY="canary-community")
        assert (code, out) == (0, "field: saved (v2c).\n")
        assert "your own network" in error
        code, out, _ = nms(home, "import", str(file), "--dry-run")
        assert code == 0
        assert "nothing written" in out
        assert program.stop() == 0
    code, out, error = nms(home, "import", str(file))
    assert (code, error) == (0, "")
    with Program([*NMS, "run"], tmp_path, environment(home), "own") as own:
        assert own.agents() == []
        assert "demo network" not in own.said()
        assert "No management network is configured" in own.said()
        assert own.stop() == 0
    assert "canary" not in own.said() + own.complained()


def test_a_file_of_ones_own_devices_is_run_and_its_addresses_are_named(tmp_path: Path) -> None:
    home, file = tmp_path / "state", tmp_path / "devices.csv"
    file.write_text(OWN)
    code, _, error = nms(home, "run", "--inventory", str(file))
    assert code == 1
    assert "credential “field”: no credential of this name; create it with: nms credential add field" in error
    assert "Traceback" not in error
    nms(home, "credential", "add", "field", NMS_COMMUNITY="canary-community")
    for name in ("first", "second"):
        command = [*NMS, "run", "--inventory", str(file)]
        with Program(command, tmp_path, environment(home), name) as program:
            assert "Loaded" in program.said()
            assert program.agents() == []
            assert program.stop() == 0
    assert 'management = [\n    "127.0.0.1/32",\n]' in (home / "nms.toml").read_text()
