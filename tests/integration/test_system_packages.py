"""What installs Debian packages for the tests: leaves the machine as it was, and in CI never shrugs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "system-packages"


class Machine:
    """A machine of fakes: every command that would change it is written down instead."""

    def __init__(self, folder: Path, *, installed: bool = False, sudo: bool = True, apt: bool = True) -> None:
        self._folder = folder
        self._log = folder / "log"
        self._fake("id", "echo 1000")
        self._fake("dpkg-query", "echo 'install ok installed'" if installed else "exit 1")
        self._fake(
            "sudo",
            f'[ {int(sudo)} = 1 ] || exit 1\nshift\necho "$@" >>{self._log}\n'
            '[ "$1" != tee ] || exec cat >/dev/null\n[ "$1" != env ] || exec "$@"',
        )
        self._fake("apt-get", "exit 0" if apt else "exit 100")

    def run(self, *words: str, **variables: str) -> tuple[int, str]:
        """Exit code and output."""
        kept = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_SYSTEM_PACKAGES")}
        kept["PATH"] = f"{self._folder}:{kept['PATH']}"
        done = subprocess.run([SCRIPT, *words], env=kept | variables, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def changes(self) -> list[str]:
        """The commands with which it would have been changed."""
        return self._log.read_text().splitlines() if self._log.exists() else []

    def _fake(self, name: str, body: str) -> None:
        path = self._folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)


def test_a_machine_that_has_everything_is_left_alone(tmp_path: Path) -> None:
    machine = Machine(tmp_path, installed=True)
    assert machine.run(CI="true") == (0, "")
    assert machine.changes() == []


def test_packages_are_installed_with_their_daemons_kept_down_and_the_policy_put_back(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    code, said = machine.run()
    assert code == 0
    assert "snmpd" in said
    changes = [line for line in machine.changes() if line != "true"]
    policy = next(n for n, line in enumerate(changes) if line.startswith("tee /usr/sbin/policy-rc.d"))
    install = next(n for n, line in enumerate(changes) if "apt-get install" in line)
    assert policy < install < len(changes) - 1
    assert changes[-1].split()[0] in ("mv", "rm")
    assert changes[-1].endswith("/usr/sbin/policy-rc.d")


@pytest.mark.parametrize(
    ("machine", "variables", "said"),
    [
        ({}, {"NO_SYSTEM_PACKAGES": "1"}, "NO_SYSTEM_PACKAGES is set"),
        ({"sudo": False}, {}, "passwordless sudo"),
        ({"apt": False}, {}, "could not be installed"),
    ],
)
def test_what_cannot_be_installed_is_said_and_in_ci_it_is_a_failure(
    tmp_path: Path, machine: dict[str, bool], variables: dict[str, str], said: str
) -> None:
    for more, wanted in (({}, 0), ({"CI": "true"}, 1)):
        folder = tmp_path / str(wanted)
        folder.mkdir()
        code, out = Machine(folder, **machine).run(**variables, **more)
        assert code == wanted
        assert said in out
        assert "skipped, each with its reason" in out
        assert "snmpd" in out
