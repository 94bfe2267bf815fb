"""`nms config` on a real router: confirm its key, back it up, look, search, rehearse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.fakes.router_lab import PASSWORD, USER, RouterLab
from tests.unit.app.conftest import Nms

pytestmark = pytest.mark.real
MANAGED = {"NMS_NETWORK_MANAGEMENT": "127.0.0.0/8"}


def test_a_router_from_the_first_question_to_the_way_back(router: RouterLab, nms: Nms, nms_home: Path) -> None:
    def ask(*words: str, code: int = 0) -> str:
        ended, out, error = nms(*words, **MANAGED)
        assert ended == code, out + error
        assert PASSWORD not in out + error
        return out + error

    nms("credential", "add", "routers", "--version", "ssh", "--user", USER, NMS_SSH_PASSWORD=PASSWORD)
    assert "ssh  used by 0 devices" in ask("credential", "list")
    ask(
        "device",
        "add",
        "core-1",
        f"address={router.host}",
        "cli=frr",
        f"ssh_port={router.port}",
        "ssh_credential=routers",
    )
    assert "is not confirmed yet" in ask("config", "backup", "core-1", code=1)
    true = router.pins()["core-1"].fingerprint
    assert "was not confirmed" in ask("config", "pin", "core-1", "--fingerprint", "SHA256:another", code=1)
    assert true in ask("config", "pin", "core-1", "--fingerprint", true)
    assert "stored as version 1" in ask("config", "backup", "core-1")
    assert "1 devices" in ask("config", "backup")
    shown = ask("config", "show", "core-1")
    assert " neighbor 192.0.2.9 password ***\n" in shown
    router.vtysh("configure terminal", "interface lo", "description other")
    assert "stored as version 2" in ask("config", "backup", "core-1")
    assert len(re.findall("by system", ask("config", "versions", "core-1"))) == 2
    changed = ask("config", "diff", "core-1")
    assert "- description loopback of the core\n+ description other\n" in changed
    assert "core-1:" in ask("config", "search", "neighbor*upstream")
    assert ask("config", "search", PASSWORD[:10]) == ""
    assert ask("config", "search", "ntp server", "--without") == "core-1\n"
    way = ask("config", "rehearse", "core-1", "1")
    assert " description loopback of the core\n" in way
    assert "would bring version 1 back." in way
    assert PASSWORD in nms("config", "show", "core-1", "1", "--whole", **MANAGED)[1]
    assert "no version 9" in ask("config", "show", "core-1", "9", code=1)
    assert PASSWORD.encode() not in (nms_home / "nms.db").read_bytes()


def test_a_credential_goes_where_it_belongs(nms: Nms) -> None:
    assert nms("credential", "add", "s", "--version", "ssh", "--user", "x", NMS_SSH_PASSWORD="word")[0] == 0
    assert nms("credential", "add", "c", NMS_COMMUNITY="canary")[0] == 0
    for wrong in ("credential=s", "ssh_credential=c"):
        code, _, said = nms("device", "add", "box", "address=192.0.2.1", wrong)
        assert code == 1
        assert "credential of SSH" in said
    code, _, said = nms("credential", "add", "k", "--version", "ssh", "--user", "x", "--identity", "/dev/null")
    assert (code, "give a password, or a private key" in said) == (1, True)
    assert nms("device", "add", "box", "address=192.0.2.1", "ssh_credential=s")[0] == 0
    assert "used by 1 devices" in nms("credential", "remove", "s")[2] + nms("credential", "list")[1]
