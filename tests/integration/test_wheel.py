"""The wheel carries everything: installed beside nothing but the dependencies, far from the checkout, it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import run_ok
from tests.fakes.program import Browser, Program, environment, is_alive, wait_for

pytestmark = pytest.mark.timeout(240)
ROOT = Path(__file__).parents[2]
PACKAGES = ("nms", "inventory", "spectrum", "collectors", "web")
NOT_SHIPPED = (".pyc", ".po", ".pot")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet")
    run_ok(
        *pip, "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(folder), str(ROOT), timeout_s=120
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with the wheel; the dependencies are seen, the checkout is not."""
    folder = tmp_path_factory.mktemp("elsewhere") / "environment"
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python), "install", "--quiet")
    run_ok(*pip, "--no-deps", "--no-index", str(wheel), timeout_s=120)
    packages = next((folder / "lib").glob("python*")) / "site-packages"
    # a folder named in a .pth file is searched, but the .pth files in it are not read: no editable install is seen
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Path]:
    """An empty current folder."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def test_the_wheel_carries_every_file_that_the_packages_hold(wheel: Path) -> None:
    tracked = run_ok("git", "-C", str(ROOT), "ls-files", *PACKAGES).split("\n") if (ROOT / ".git").exists() else []
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    missing = [name for name in tracked if name and (ROOT / name).exists() and name not in held]
    assert [name for name in missing if not name.endswith(NOT_SHIPPED)] == []
    assert any(name.endswith("licenses/LICENSE") for name in held)
    assert {name.split("/")[0] for name in held if ".dist-info/" not in name} == set(PACKAGES)


@pytest.mark.parametrize(
    "wanted",
    [
        "web/templates/base.html",
        "web/static/nms.css",
        "web/static/vendor/vendor.json",
        "web/translations/fr/LC_MESSAGES/messages.mo",
        "collectors/profiles/*.yaml",
        "inventory/data/territory/communes.csv",
        "inventory/data/territory/commune_successors.csv",
        "nms/base/migrations/env.py",
        "nms/base/migrations/versions/0001_*.py",
    ],
)
def test_the_wheel_carries(wheel: Path, wanted: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sizes = [item.file_size for item in archive.infolist() if Path(item.filename).match(wanted)]
    assert sizes
    assert all(sizes)


def test_nothing_is_imported_from_the_checkout(installed: Path, here: Path) -> None:
    source = (
        "import sys, nms.app.cli, nms.app.demo.agents, collectors, inventory, spectrum, web\n"
        "for module in list(sys.modules.values()):\n"
        "    if module.__name__.split('.')[0] in {'nms', 'collectors', 'inventory', 'spectrum', 'web'}:\n"
        "        print(module.__file__)\n"
    )
    files = run_ok("env", "-u", "PYTHONPATH", str(installed / "python"), "-c", source).split()
    assert len(files) > 60
    assert [file for file in files if not file.startswith(str(installed.parent))] == []


def test_the_installed_program_serves_the_demo_and_stops_cleanly(installed: Path, here: Path) -> None:
    with Program([str(installed / "nms"), "run"], here, environment(here / "state")) as program:
        url, agents = program.url(), program.agents()
        assert len(agents) == 1
        browser = Browser()
        assert 'name="password"' in browser.get(f"{url}/")[1]
        word = "a long enough password"
        status, page = browser.post(program.first_link(), name="chef", password=word, again=word)
        assert status == 200, page
        status, page = browser.get(f"{url}/")
        assert status == 200
        assert '<html lang="fr"' in page
        assert "simulé" in page.lower()
        for path in ("/carte", "/metrics", "/static/nms.css", "/static/vendor/vendor.json", "/healthz"):
            status, text = browser.get(url + path)
            assert (status, bool(text)) == (200, True), path
        wait_for(lambda: "nms_device_up" in browser.get(f"{url}/metrics")[1], "devices are polled", 60)
        assert program.stop(signal.SIGTERM, 15) == 0, program.complained()
        assert not [pid for pid in agents if is_alive(pid)]
    assert "Traceback" not in program.complained()
    assert not [path for path in here.iterdir() if path.name not in ("state", "program.out", "program.err")]


def test_the_installed_command_tells_its_version(installed: Path, here: Path) -> None:
    done = subprocess.run([installed / "nms", "version"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()
