"""`nms run` asks for outlines once, in the background: with them, without them, and never held up by them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.fakes import geo_api
from tests.fakes.geo_api import Told
from tests.fakes.program import Program, environment, wait_for

pytestmark = pytest.mark.timeout(180)
NMS = (sys.executable, "-m", "nms.app")


def own(folder: Path) -> list[str]:
    """A command that runs one's own network of one device."""
    file = folder / "devices.csv"
    file.write_text("name,address\ngw-lencloitre,127.0.0.1:9\n")
    return [*NMS, "run", "--inventory", str(file)]


def test_a_first_start_fetches_them_and_a_second_asks_no_more(tmp_path: Path) -> None:
    with geo_api.served() as told:
        variables = environment(
            tmp_path / "state",
            NMS_TERRITORY_START="yes",
            NMS_TERRITORY_SOURCE=told.url,
            NMS_TERRITORY_DEPARTMENTS="16,86",
        )
        with Program(own(tmp_path), tmp_path, variables) as program:
            wait_for(lambda: "The map has outlines of 3 communes now" in program.said(), "the outlines", 30)
            assert program.stop() == 0
        assert len(told.asked) == 4
        with Program([*NMS, "run"], tmp_path, variables, "again") as again:
            assert again.stop() == 0
        assert len(told.asked) == 4
    assert "Traceback" not in program.complained() + again.complained()


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (Told(fault_at="communes", fault=geo_api.error_500), "answers 500"),
        (Told(fault_at="communes", fault=geo_api.drip), "did not answer within 1.5 s"),
    ],
    ids=["ill", "slow"],
)
def test_a_source_that_gives_nothing_is_one_line_and_the_program_goes_on(tmp_path: Path, told: Told, says: str) -> None:
    with geo_api.served(told):
        home = tmp_path / "state"
        variables = environment(
            home, NMS_TERRITORY_START="yes", NMS_TERRITORY_SOURCE=told.url, NMS_TERRITORY_START_S="1.5"
        )
        with Program(own(tmp_path), tmp_path, variables) as program:
            wait_for(lambda: "nms territory fetch" in program.said(), "the line", 30)
            assert "Listening on" in program.said()
            assert program.stop() == 0
    (line,) = [line for line in program.said().splitlines() if "outlines" in line]
    assert says in line
    assert "NMS_TERRITORY_START=no" in line
    assert not (home / "territory").exists()
    assert "Traceback" not in program.complained()


def test_stopping_does_not_wait_for_a_source_that_drips(tmp_path: Path) -> None:
    with geo_api.served(Told(fault_at="communes", fault=geo_api.drip)) as told:
        variables = environment(
            tmp_path / "state",
            NMS_TERRITORY_START="yes",
            NMS_TERRITORY_SOURCE=told.url,
            NMS_TERRITORY_START_S="120",
        )
        with Program(own(tmp_path), tmp_path, variables) as program:
            wait_for(lambda: told.asked, "the question", 30)
            assert program.stop(patience_s=9) == 0
    assert "Traceback" not in program.complained()


def test_an_automaton_asks_only_when_told_to(tmp_path: Path) -> None:
    with geo_api.served() as told:
        variables = environment(tmp_path / "state", NMS_TERRITORY_SOURCE=told.url, CI="true")
        del variables["NMS_TERRITORY_START"]
        with Program(own(tmp_path), tmp_path, variables) as program:
            assert program.stop() == 0
        assert told.asked == []
