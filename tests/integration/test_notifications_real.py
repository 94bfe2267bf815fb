"""Notifications as real devices send them: net-snmp's `snmptrap` and `snmpinform`, v1, v2c and v3."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from collectors.base import SnmpCredential, SnmpVersion
from collectors.notification_door import Refusal
from nms.base.clock import SystemClock
from nms.ops.notifications import engine
from nms.ops.notifications.receiver import Gap, Notice, Receiver, bind
from tests.conftest import need

V2C = SnmpCredential(SnmpVersion.V2C, community="canary-community")
V3 = SnmpCredential(
    SnmpVersion.V3, user="canary", auth="SHA256", auth_key="canary auth 1", priv="AES128", priv_key="canary priv 2"
)
SIGNED = SnmpCredential(SnmpVersion.V3, user="signed", auth="SHA1", auth_key="canary auth 3")
SENDERS = (("127.0.0.11", 161, "bs-1", V2C), ("127.0.0.12", 161, "bs-2", V3), ("127.0.0.13", 161, "bs-3", SIGNED))
ENGINE = "0x8000000001020304"
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
IF_DESCR = "1.3.6.1.2.1.2.2.1.2.7"


class Ears:
    """A receiver that keeps what it heard."""

    def __init__(self, home: Path) -> None:
        self.notices: list[Notice] = []
        self.gaps: list[Gap] = []
        self.receiver = Receiver(
            bind("127.0.0.1", 0), lambda: engine.next_start(home), self.notices.extend, self.gaps.append, SystemClock()
        )
        self.receiver.let(json.dumps([[h, p, name, asdict(of)] for h, p, name, of in SENDERS]).encode())
        self.receiver.start()

    def until(self, holds: Callable[[], bool], within_s: float = 10.0) -> bool:
        end_s = time.monotonic() + within_s
        while not holds() and time.monotonic() < end_s:
            time.sleep(0.02)
        return holds()

    def refused(self, why: Refusal) -> int:
        return self.receiver.heard.refused[why]


@pytest.fixture(scope="module")
def ears(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ears]:
    need("snmptrap", "snmpinform")
    heard = Ears(tmp_path_factory.mktemp("ears"))
    try:
        assert heard.until(lambda: heard.receiver.heard.is_up)
        yield heard
    finally:
        heard.receiver.stop()


def send(
    ears: Ears, tmp_path: Path, source: str, *words: str, tool: str = "snmptrap", engine_id: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run net-snmp's own tool from a loopback address, with a folder of its own for its boots."""
    (tmp_path / "snmp.conf").write_text(f"clientaddr {source}\n")
    environment = {
        **os.environ, "SNMPCONFPATH": str(tmp_path), "SNMP_PERSISTENT_DIR": str(tmp_path / "boots"), "MIBS": "",
    }  # fmt: skip
    where = f"udp:127.0.0.1:{ears.receiver.port}"
    at = words.index("--")
    identity = ["-e", engine_id] if engine_id else []
    command = [shutil.which(tool) or tool, *identity, *words[:at], "-r", "1", "-t", "3", where, *words[at + 1 :]]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)


def of(ears: Ears, device: str, oid: str) -> list[Notice]:
    return [notice for notice in ears.notices if notice.device == device and notice.oid == oid]


PLAIN = ("-v2c", "-c", V2C.community)
V3_WORDS = (
    *("-v3", "-u", "canary", "-l", "authPriv", "-a", "SHA-256"),
    *("-A", V3.auth_key, "-x", "AES", "-X", V3.priv_key),
)


def test_a_trap_of_v2c_with_its_values(ears: Ears, tmp_path: Path) -> None:
    sent = send(ears, tmp_path, "127.0.0.11", *PLAIN, "--", "4200", LINK_DOWN, IF_DESCR, "s", "wlan0")
    assert sent.returncode == 0, sent.stderr
    assert ears.until(lambda: bool(of(ears, "bs-1", LINK_DOWN)))
    notice = of(ears, "bs-1", LINK_DOWN)[0]
    assert (notice.ticks, notice.values, notice.count) == (4200, ((IF_DESCR, "wlan0"),), 1)


def test_a_trap_of_v1_becomes_one_of_v2(ears: Ears, tmp_path: Path) -> None:
    plain = ("-v1", "-c", V2C.community, "--", "1.3.6.1.4.1.9.9.43.2", "127.0.0.11")
    assert send(ears, tmp_path, "127.0.0.11", *plain, "6", "1", "77").returncode == 0
    assert send(ears, tmp_path, "127.0.0.11", *plain, "0", "0", "78").returncode == 0
    assert ears.until(lambda: bool(of(ears, "bs-1", "1.3.6.1.4.1.9.9.43.2.0.1")))
    assert ears.until(lambda: bool(of(ears, "bs-1", "1.3.6.1.6.3.1.1.5.1")))


def test_an_inform_of_v2c_is_acknowledged(ears: Ears, tmp_path: Path) -> None:
    sent = send(ears, tmp_path, "127.0.0.11", *PLAIN, "--", "1", "1.3.6.1.6.3.1.1.5.4", tool="snmpinform")
    assert sent.returncode == 0, sent.stderr
    assert ears.until(lambda: bool(of(ears, "bs-1", "1.3.6.1.6.3.1.1.5.4")))


def test_a_trap_of_v3_is_opened_by_the_keys_of_its_sender(ears: Ears, tmp_path: Path) -> None:
    sent = send(
        ears,
        tmp_path,
        "127.0.0.12",
        *V3_WORDS,
        "--",
        "9",
        LINK_DOWN,
        IF_DESCR,
        "x",
        "00ff10",
        engine_id=ENGINE,
    )
    assert sent.returncode == 0, sent.stderr
    assert ears.until(lambda: bool(of(ears, "bs-2", LINK_DOWN))), ears.receiver.heard
    assert of(ears, "bs-2", LINK_DOWN)[0].values == ((IF_DESCR, "00:ff:10"),)


def test_a_trap_of_v3_signed_only(ears: Ears, tmp_path: Path) -> None:
    words = ("-v3", "-u", "signed", "-l", "authNoPriv", "-a", "SHA", "-A", "canary auth 3")
    sent = send(ears, tmp_path, "127.0.0.13", *words, "--", "9", LINK_DOWN, engine_id="0x8000000001020305")
    assert sent.returncode == 0, sent.stderr
    assert ears.until(lambda: bool(of(ears, "bs-3", LINK_DOWN)))


def test_an_inform_of_v3_learns_our_engine_and_is_acknowledged(ears: Ears, tmp_path: Path) -> None:
    sent = send(ears, tmp_path, "127.0.0.12", *V3_WORDS, "--", "9", "1.3.6.1.6.3.1.1.5.4", tool="snmpinform")
    assert sent.returncode == 0, sent.stderr
    assert ears.until(lambda: bool(of(ears, "bs-2", "1.3.6.1.6.3.1.1.5.4")))


@pytest.mark.parametrize(
    ("source", "words", "why"),
    [
        ("127.0.0.99", PLAIN, Refusal.UNKNOWN_SOURCE),
        ("127.0.0.11", ("-v2c", "-c", "public"), Refusal.CREDENTIAL),
        ("127.0.0.12", PLAIN, Refusal.CREDENTIAL),
        ("127.0.0.12", ("-v3", "-u", "canary", "-l", "noAuthNoPriv"), Refusal.CREDENTIAL),
        ("127.0.0.12", (*V3_WORDS[:8], "another auth", *V3_WORDS[9:]), Refusal.CREDENTIAL),
        ("127.0.0.12", (*V3_WORDS[:-1], "another priv"), Refusal.CREDENTIAL),
    ],
    ids=["unknown source", "wrong community", "v2c of a v3 device", "no signature", "wrong signature", "wrong privacy"],
)
def test_fault_24_a_stranger_or_a_wrong_key_is_no_event(
    ears: Ears, tmp_path: Path, source: str, words: tuple[str, ...], why: Refusal
) -> None:
    heard, refused = len(ears.notices), ears.refused(why)
    identity = ENGINE if "-v3" in words else ""
    sent = send(ears, tmp_path, source, *words, "--", "1", "1.3.6.1.6.3.1.1.5.2", engine_id=identity)
    assert sent.returncode == 0, sent.stderr
    assert ears.until(lambda: ears.refused(why) > refused), ears.receiver.heard
    assert len(ears.notices) == heard
    assert ears.receiver.heard.sources[source] > 0


def test_no_secret_is_seen_from_outside(ears: Ears) -> None:
    pid = ears.receiver.pid
    assert pid is not None
    seen = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
    assert b"canary" not in seen
