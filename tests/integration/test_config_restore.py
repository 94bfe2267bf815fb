"""A restore on a real router: the way back that the rehearsal computes is sent, and the router says that it is back."""

from __future__ import annotations

import pytest

from collectors.terminal import open_terminal
from nms.ops.configs.rehearsal import rehearse
from tests.fakes.router_lab import PASSWORD, RouterLab

pytestmark = pytest.mark.real
DAMAGE = [
    "interface lo", " no description", "exit",
    "no ip route 203.0.113.0/24 192.0.2.254", "ip route 203.0.113.0/24 192.0.2.253",
    "ip route 198.51.100.0/24 blackhole",
    "router bgp 64512", " neighbor 192.0.2.9 description changed", " no neighbor 192.0.2.9 password",
    " neighbor 192.0.2.77 remote-as 64599", " address-family ipv4 unicast", "  network 198.51.100.0/24",
    " exit-address-family", "exit",
]  # fmt: skip


def test_a_stored_version_restores_a_router_that_was_changed(router: RouterLab) -> None:
    with open_terminal(router.target(), router.driver, router.pins()) as terminal:
        stored = terminal.running()
        terminal.configure(DAMAGE)
        running = terminal.running()
        assert running != stored
        found = rehearse(running, stored, router.driver)
        assert found.exact, found.short
        terminal.configure(found.lines)
        restored = terminal.running()
    assert rehearse(restored, stored, router.driver).lines == ()
    assert sorted(restored.splitlines()) == sorted(stored.splitlines())
    assert f"{PASSWORD}-bgp" in router.vtysh("show running-config")
    delta = router.delta_to(stored)  # FRR's own judgement
    assert "192.0.2.77" not in delta
    assert "198.51.100.0" not in delta
