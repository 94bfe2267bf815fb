"""A private, real Prometheus: `with Prometheus(folder, config) as server: server.query("up")`."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from tests.conftest import SEARCH_PATH


class Prometheus:
    """Runs on a free port of 127.0.0.1 with a configuration, in a folder that holds what the configuration names."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")

    def __enter__(self) -> Self:
        binary = shutil.which("prometheus", path=SEARCH_PATH)
        assert binary is not None
        command = [binary, f"--config.file={self.folder / 'prometheus.yml'}", "--log.level=warn"]
        command += [f"--storage.tsdb.path={self.folder / 'tsdb'}", f"--web.listen-address={self.url[7:]}"]
        self._log = (self.folder / "prometheus.log").open("wb")
        self._process = subprocess.Popen(command, stderr=self._log, stdin=subprocess.DEVNULL)
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end(self._process)
        self._log.close()

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The instant vector (a scalar is one sample without labels); an error of the query is an AssertionError."""
        answer = self.get("/api/v1/query?" + urlencode({"query": expression}))
        assert answer["status"] == "success", f"{expression}: {answer}"
        data = answer["data"]
        return list(data["result"]) if data["resultType"] == "vector" else [{"metric": {}, "value": data["result"]}]

    def get(self, path: str) -> dict[str, Any]:
        """An answer of its HTTP API."""
        try:
            with urlopen(self.url + path, timeout=10) as response:
                return dict(json.load(response))
        except URLError as error:
            if hasattr(error, "read"):
                return dict(json.loads(error.read()))
            raise

    def _wait(self) -> None:
        for _ in range(150):
            assert self._process.poll() is None, (self.folder / "prometheus.log").read_text()
            try:
                with urlopen(self.url + "/-/ready", timeout=2):
                    return
            except URLError:
                time.sleep(0.1)
        raise AssertionError("Prometheus was not ready within 15 s")


def end(process: subprocess.Popen[bytes], patience_s: float = 15.0) -> None:
    """End a process of one's own, and only that one."""
    process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
