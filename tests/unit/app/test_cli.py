"""The command `nms` as a whole: one way to ask, one way to fail, secrets in neither."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

import pytest

from inventory.models import Device, Link, LinkKind
from nms import __version__
from nms.app import bootstrap, cli, occupancy
from nms.base.clock import FakeClock
from nms.base.errors import Conflict
from nms.base.settings_load import load
from nms.ops import sealing
from nms.ops.history import Sample
from nms.ops.history_sqlite import SqliteStore
from nms.ops.state import Kind, Measures, State
from tests.unit.app.conftest import Nms

COMMANDS = ("run", "probe", "import", "export", "backup", "restore", "device", "credential", "territory", "report",
            "profile", "user", "version", "history")  # fmt: skip
HEAD = (
    "kind,name,label,insee,department,availability_pct,up_h,degraded_h,down_h,unknown_h,unmeasured_h,maintenance_h,"
    "contract_class"
)


def assert_one_line(error: str) -> None:
    assert re.fullmatch(r"nms: [^\n]+\n", error), error


def test_help_lists_every_command_with_what_it_does(nms: Nms) -> None:
    code, out, _ = nms("--help")
    assert code == 0
    for command in COMMANDS:
        assert re.search(rf"\b{command}\b +[A-Z`]", out), command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(nms: Nms, command: str) -> None:
    code, out, _ = nms(command, "--help")
    assert code == 0
    assert f"nms {command}" in out


def test_the_version_is_told(nms: Nms) -> None:
    assert nms("version") == (0, f"{__version__}\n", "")


def test_a_wrong_command_line_is_exit_code_two_without_a_trace(nms: Nms) -> None:
    for words in (("frob",), ("device", "add"), ("run", "--port", "x"), ("report", "availability", "--format", "x")):
        code, _, error = nms(*words)
        assert code == 2
        assert "Traceback" not in error


@pytest.mark.parametrize(
    "words",
    [
        ("device", "show", "nobody"),
        ("import", "absent.csv"),
        ("export", "--format", "pdf"),
        ("export", "--out", "/dev/null/x.csv"),
        ("backup", "/dev/null/x.tar.gz"),
        ("territory", "load", "/dev/null"),
        ("territory", "show", "atlantis"),
        ("report", "availability", "--month", "2026-13"),
        ("report", "availability", "--month", "2026-11", "--format", "ods"),
        ("report", "availability", "--month", "2026-11", "--out", "/dev/null/x.csv"),
        ("credential", "add", "lab"),
        ("credential", "remove", "lab"),
        ("user", "disable", "nobody"),
        ("run", "--inventory", "absent.csv"),
        ("probe", "name.invalid", "--community", "x"),
    ],
    ids=" ".join,
)
def test_an_error_is_one_line_and_exit_code_one(nms: Nms, words: tuple[str, ...]) -> None:
    code, out, error = nms(*words)
    assert (code, out) == (1, "")
    assert_one_line(error)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NMS_HOME", "/dev/null/home"),
        ("NMS_HOME", "/proc/home"),
        ("NMS_DATABASE_URL", "postgresql://user:canary-word@127.0.0.1:1/nms"),
        ("NMS_DATABASE_URL", "postgresql://user:canary-word@127.0.0.1:port/nms"),
        ("NMS_DATABASE_URL", "mysql://user:canary-word@127.0.0.1/nms"),
        ("NMS_DATABASE_URL", "canary-word"),
    ],
)
def test_a_place_that_cannot_be_used_is_one_line_without_its_secret(nms: Nms, variable: str, value: str) -> None:
    code, out, error = nms("device", "list", **{variable: value})
    assert (code, out) == (1, "")
    assert_one_line(error)
    assert "canary" not in error


def test_a_database_that_is_none_is_told_in_one_line(nms: Nms, nms_home: Path) -> None:
    nms_home.mkdir()
    (nms_home / "nms.db").write_bytes(b"not a database " * 100)
    code, _, error = nms("device", "list")
    assert code == 1
    assert_one_line(error)


def test_wrong_settings_are_all_told_at_once(nms: Nms) -> None:
    code, _, error = nms("device", "list", NMS_POLING_INTERVAL_S="3", NMS_WEB_PORT="x", NMS_LANGUAGE="de")
    assert code == 1
    assert error.count("\n  - ") == 3
    assert "Traceback" not in error


def test_the_folder_of_state_is_the_owners_alone(nms: Nms, nms_home: Path) -> None:
    nms("device", "list")
    assert stat.S_IMODE(nms_home.stat().st_mode) == 0o700
    assert stat.S_IMODE((nms_home / "secret.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_way_to_write_a_url_of_postgresql_is_understood(tmp_path: Path, scheme: str) -> None:
    settings = load(tmp_path, {"NMS_DATABASE_URL": f"{scheme}://user@127.0.0.1:5432/nms"})
    database = bootstrap.database_of(settings)
    assert database.engine.driver == "psycopg"
    database.dispose()


def test_a_report_of_an_empty_network_is_its_head_alone(nms: Nms) -> None:
    assert nms("report", "availability", "--month", "2026-11", "--format", "csv") == (0, f"{HEAD}\n", "")


def test_a_report_of_a_month_counts_what_was_measured(
    nms: Nms, nms_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "SystemClock", FakeClock)
    assert nms("device", "add", "core", "address=10.0.0.1")[0] == 0
    context = bootstrap.open_context()
    with context.database.transaction() as session:
        session.add(Link(name="NR-86-001", label="=1+1", kind=LinkKind.DEDICATED))
        assert session.query(Device).count() == 1
    start_s = int(FakeClock().now().timestamp()) - 3 * 3600
    start_s -= start_s % 3600
    store = SqliteStore(nms_home / "ts.db")
    states = [State.UP] * 45 + [State.DOWN] * 15
    for kind, name in ((Kind.LINK, "NR-86-001"), (Kind.DEVICE, "core")):
        store.write_batch([Sample(kind, name, s, 60, Measures(start_s + 60 * n)) for n, s in enumerate(states)])
    store.roll_up(start_s + 7200)
    store.close()
    code, out, error = nms("report", "availability", "--month", "2026-11", "--format", "csv")
    assert (code, error) == (0, "")
    head, *rows = out.splitlines()
    assert head == HEAD
    link, device = (next(row for row in rows if name in row).split(",") for name in ("NR-86-001", "core"))
    assert float(link[5]) == float(device[5]) == 75.0
    assert link[2] == "'=1+1"
    ods = tmp_path / "month.ods"
    assert nms("report", "availability", "--month", "2026-11", "--format", "ods", "--out", str(ods))[0] == 0
    assert ods.read_bytes()[:2] == b"PK"


def test_the_history_tells_what_it_holds_and_seals_what_is_old(
    nms: Nms, nms_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert nms("device", "list")[0] == 0
    store = SqliteStore(nms_home / "ts.db")
    start_s = 1_578_268_800  # Monday 6 January 2020, 00:00 UTC
    store.write_batch([Sample(Kind.LINK, "l", State.UP, 600, Measures(start_s + 600 * n)) for n in range(144)])
    store.roll_up(start_s + 2 * 86_400)
    store.close()
    code, out, error = nms("history", "status")
    assert (code, error) == (0, "")
    assert "1 day(s) wait to be sealed" in out
    assert re.search(r"^raw +48 h +144 ", out, re.MULTILINE)
    code, out, error = nms("history", "seal")
    assert (code, error) == (0, "")
    assert "2020-01-06-001.parquet: 144 rows" in out
    assert "Every sealed file is what was sealed." in nms("history", "status", "--verify")[1]
    (nms_home / "history" / "2020-01-06-001.parquet").write_bytes(b"x")
    code, _, error = nms("history", "status", "--verify")
    assert code == 1
    assert_one_line(error)
    monkeypatch.setattr(sealing, "available", lambda: False)
    assert "pip install" in nms("history", "status")[1]
    code, _, error = nms("history", "seal")
    assert code == 1
    assert_one_line(error)


def options(command: Any, path: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Every option of every command, as (command, option)."""
    found = [(" ".join(path), option) for parameter in command.params for option in parameter.opts]
    for name, child in getattr(command, "commands", {}).items():
        found += options(child, (*path, name))
    return found


def test_no_option_takes_a_secret_but_the_community_of_a_probe() -> None:
    """A community may stand on the command line of `nms probe`, whose operator types it; all else is asked."""
    from typer.main import get_command

    every = options(get_command(cli.app))
    assert len(every) > 30
    secret = re.compile("pass|secret|communit|key|token")
    assert [pair for pair in every if secret.search(pair[1])] == [("probe", "--community")]


def test_the_demo_beside_a_command_is_told_and_keeps_ones_own_devices_out(nms: Nms, nms_home: Path) -> None:
    with occupancy.held(nms_home) as say_demo:
        assert nms("device", "list")[2] == ""
        say_demo()
        assert occupancy.demo_runs(nms_home)
        code, _, error = nms("device", "add", "core", "address=10.0.0.1")
        assert code == 1
        assert_one_line(error)
        assert "make run INVENTORY=file.csv" in error
        code, out, error = nms("device", "list")
        assert code == 0
        assert "No device yet" in out
        assert f"NMS_HOME={nms_home / 'demo'}" in error
        assert error.count("\n") == 1
    assert not occupancy.demo_runs(nms_home)
    assert nms("device", "add", "core", "address=10.0.0.1")[0] == 0


def test_one_run_per_folder(tmp_path: Path) -> None:
    with (
        occupancy.held(tmp_path),
        pytest.raises(Conflict, match="choose another folder with NMS_HOME="),
        occupancy.held(tmp_path, FakeClock()),
    ):
        pass
    with occupancy.held(tmp_path):
        assert not occupancy.demo_runs(tmp_path)
