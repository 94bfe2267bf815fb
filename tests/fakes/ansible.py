"""A real Ansible on this machine: playbooks of `ansible/` run against loopback, and what they changed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "ansible"
BIN = Path(sys.executable).parent
_RECAP = re.compile(r"^localhost\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """How a playbook ended: exit code, everything that it printed, and its recap."""

    code: int
    text: str

    @property
    def changed(self) -> int:
        """How many tasks changed something."""
        recap = _RECAP.search(self.text)
        assert recap is not None, self.text
        return int(recap[2])


def environment(home: Path, **more: str) -> dict[str, str]:
    """No configuration but that of `ansible/`, no variable of ours but those given; what it keeps is in `home`."""
    inherited = {name: word for name, word in os.environ.items() if not name.startswith(("NMS_", "ANSIBLE_"))}
    return inherited | {
        "PATH": f"{BIN}:{os.environ['PATH']}:/usr/sbin:/sbin",
        "HOME": str(home),
        "ANSIBLE_CONFIG": str(FOLDER / "ansible.cfg"),
        "ANSIBLE_HOME": str(home / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
        **more,
    }


def command(playbook: str, home: Path, variables: Mapping[str, Any], *options: str) -> list[str]:
    """The command of a playbook (of `ansible/`, or by its whole path); its variables are in a file, not in the list."""
    file = home / f"{Path(playbook).name}.json"
    file.write_text(json.dumps(variables), "utf-8")
    file.chmod(0o600)
    return [str(BIN / "ansible-playbook"), *options, "--extra-vars", f"@{file}", str(FOLDER / playbook)]


def play(playbook: str, home: Path, variables: Mapping[str, Any], *options: str, **more: str) -> Run:
    """Run a playbook to its end, as somebody careful would: nothing that is made is for others unless it says so."""
    done = subprocess.run(
        command(playbook, home, variables, *options),
        cwd=FOLDER, env=environment(home, **more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=600, check=False, umask=0o077,
    )  # fmt: skip
    return Run(done.returncode, done.stdout)


def inventory(home: Path, *options: str, **more: str) -> Run:
    """What `ansible-inventory` says."""
    done = subprocess.run(
        [str(BIN / "ansible-inventory"), *options], cwd=FOLDER, env=environment(home, **more), capture_output=True,
        text=True, timeout=300, check=False,
    )  # fmt: skip
    return Run(done.returncode, done.stdout if done.returncode == 0 else done.stdout + done.stderr)
