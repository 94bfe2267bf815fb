"""The command `nms` in this process, as its console script runs it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nms.app import cli

Nms = Callable[..., tuple[int, str, str]]


@pytest.fixture
def nms_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of state that does not exist yet, and no variable that steers the program."""
    for name in list(os.environ):
        if name.startswith("NMS_") or name == "PORT":
            monkeypatch.delenv(name)
    monkeypatch.setenv("NMS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def nms(nms_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nms:
    """Run a command: exit code, standard output, standard error."""

    def run(*words: str, **variables: str) -> tuple[int, str, str]:
        with monkeypatch.context() as patch:
            patch.setattr("sys.argv", ["nms", *words])
            for name, value in variables.items():
                patch.setenv(name, value)
            code: object = 0
            try:
                cli.main()
            except SystemExit as ended:
                code = ended.code
        out, error = capsys.readouterr()
        return int(str(code or 0)), out, error

    return run
