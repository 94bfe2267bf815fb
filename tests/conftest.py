"""Fixtures that every test may use: a clock, settings, and a database on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from nms.base.clock import FakeClock
from nms.base.db import Base, Database
from nms.base.settings import Settings
from tests.fakes import router_lab
from tests.fakes.postgres import PrivatePostgres, find_postgres
from tests.fakes.router_lab import RouterLab

pytest_plugins = ["tests.fakes.site_fixtures"]
IN_CI = bool(os.environ.get("CI"))
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
"""Where real parts are looked for: Debian keeps daemons out of a user's PATH."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing may be skipped, but for tests on data that a variable `NMS_TEST_...` would have to name."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail") and "NMS_TEST_" not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped, and in CI nothing may be: {report.longrepr}"
    return report


def need(*programs: str) -> None:
    """Skip, saying why, when a real part is missing on this machine; in CI that is a failure."""
    missing = [program for program in programs if shutil.which(program, path=SEARCH_PATH) is None]
    if missing:
        unavailable(f"not installed: {', '.join(missing)} (make system-packages)")


def unavailable(reason: str) -> None:
    """Skip with a reason on a user's machine; fail in CI, where nothing may be skipped."""
    if IN_CI:
        pytest.fail(f"CI must have it: {reason}")
    pytest.skip(reason)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that moves when told, on 23 November 2026, 14:03 in Paris."""
    return FakeClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Default settings in an empty home folder."""
    return Settings(home=tmp_path)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePostgres]:
    """One private PostgreSQL cluster for the session."""
    if find_postgres() is None:
        unavailable("PostgreSQL server not installed (make system-packages)")
    with PrivatePostgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with every table, on both engines."""
    import nms.app.schema

    nms.app.schema.import_models()
    if request.param == "sqlite":
        opened = Database.sqlite(tmp_path / "nms.db")
    else:
        server: PrivatePostgres = request.getfixturevalue("postgres")
        opened = Database(server.new_database())
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database with every table, for tests that are not about storage."""
    import nms.app.schema

    nms.app.schema.import_models()
    opened = Database.sqlite(tmp_path / "nms.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def router() -> Iterator[RouterLab]:
    """A real router's command line, of the module's own."""
    why = router_lab.missing()
    if why:
        unavailable(why)
    with RouterLab() as lab:
        yield lab


def run_ok(*command: str, timeout_s: float = 60) -> str:
    """Standard output of a program that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
