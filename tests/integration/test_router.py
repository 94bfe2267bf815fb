"""The command line of a real router: FRRouting's vtysh over OpenSSH, read and written through our terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from collectors.cli import HostKey, Terminal
from collectors.driver import bundled
from collectors.terminal import offered_key, open_terminal
from nms.base.errors import AuthFailed, HostKeyChanged, HostKeyUnknown, PushFailed
from tests.conftest import unavailable
from tests.fakes.router_lab import PASSWORD, SHELL_USER, RouterLab, missing

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def lab() -> Iterator[RouterLab]:
    """One router for the module."""
    why = missing()
    if why:
        unavailable(why)
    with RouterLab() as router:
        yield router


@pytest.fixture
def terminal(lab: RouterLab) -> Iterator[Terminal]:
    """A session on it."""
    with open_terminal(lab.target(), lab.driver, lab.pins()) as opened:
        yield opened


def test_its_running_configuration_is_what_the_router_says_itself(lab: RouterLab, terminal: Terminal) -> None:
    told = lab.vtysh("show running-config no-header").strip().removesuffix("end").strip()
    text = terminal.running()
    assert text.strip() == told
    assert text.startswith("frr version ")
    assert f"neighbor 192.0.2.9 password {PASSWORD}-bgp" in text
    assert PASSWORD not in lab.driver.redact(text)


def test_a_private_key_opens_it_as_a_password_does(lab: RouterLab) -> None:
    with open_terminal(lab.target(by_key=True), lab.driver, lab.pins()) as opened:
        assert opened.running().startswith("frr version ")
    with pytest.raises(AuthFailed), open_terminal(lab.target(password="wrong"), lab.driver, lab.pins()):
        pass


def test_lines_apply_and_a_saved_change_is_on_its_disk(lab: RouterLab, terminal: Terminal) -> None:
    terminal.configure(["interface lo", " description changed", "exit", "ip route 198.51.100.0/24 192.0.2.254"])
    terminal.save()
    shown = lab.vtysh("show running-config")
    assert "description changed" in shown
    assert "ip route 198.51.100.0/24 192.0.2.254" in shown
    terminal.configure(["no ip route 198.51.100.0/24 192.0.2.254", "hostname renamed"])
    assert "hostname renamed" in terminal.running()  # its prompt is another one now, and is found again
    terminal.configure(["hostname core-1"])


def test_what_a_person_writes_is_read_as_it_was_written(terminal: Terminal) -> None:
    """Letters that are two octets, the prompt itself, and a line that is longer than a usual terminal is wide."""
    long = f"bgp as-path access-list L seq 5 permit ^({'|'.join(map(str, range(64_000, 64_150)))})$"
    lines = ["interface lo", " description Préfecture de l’île – core-1# été", "exit", long]
    terminal.configure(lines)
    text = terminal.running()
    assert f"{lines[1]}\n" in text
    assert f"{long}\n" in text
    terminal.configure([f"no {long}", "interface lo", " description loopback of the core"])


def test_a_refused_line_names_itself_and_the_session_goes_on(lab: RouterLab, terminal: Terminal) -> None:
    before = lab.vtysh("show running-config")
    with pytest.raises(PushFailed) as refused:
        terminal.configure(["router bgp 64512", " neighbor 192.0.2.9 pasword x", " bgp router-id 192.0.2.77"])
    facts = refused.value.facts
    assert (facts["line"], facts["sent"]) == (" neighbor 192.0.2.9 pasword x", 1)
    assert str(facts["answer"]).startswith("% Unknown command")
    assert PASSWORD not in str(facts)
    assert lab.vtysh("show running-config") == before  # what came after it was not sent
    assert terminal.running().startswith("frr version ")  # configuration mode was left


def test_fault_68_the_key_of_a_real_server_is_asked_pinned_and_compared(lab: RouterLab) -> None:
    offered = offered_key(lab.target())
    assert offered == lab.pins()["core-1"]
    with pytest.raises(HostKeyUnknown) as unknown, open_terminal(lab.target(), lab.driver, {}):
        pass
    assert HostKey.read(str(unknown.value.facts["key"])) == offered
    another = HostKey.read(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
    )  # of a well-known public host, which this router is not
    with pytest.raises(HostKeyChanged), open_terminal(lab.target(), lab.driver, {"core-1": another}):
        pass


@pytest.fixture
def shell(lab: RouterLab) -> Iterator[Terminal]:
    """A session of a user whose login is a shell."""
    with open_terminal(lab.target(user=SHELL_USER), bundled()["frr_shell"], lab.pins()) as opened:
        yield opened


ADD, TAKE_BACK = ["ip route 198.51.100.0/24 192.0.2.254"], ["no ip route 198.51.100.0/24 192.0.2.254"]


def holds(lab: RouterLab) -> bool:
    return ADD[0] in lab.vtysh("show running-config")


def test_armed_a_router_takes_a_change_back_by_itself(lab: RouterLab, shell: Terminal) -> None:
    assert shell.arm(TAKE_BACK, 3)
    shell.configure(ADD)
    assert holds(lab)
    shell.close()
    end = time.monotonic() + 30
    while holds(lab) and time.monotonic() < end:
        time.sleep(0.2)
    assert not holds(lab)


def test_disarmed_the_change_stays_and_late_is_no_fault(lab: RouterLab, shell: Terminal) -> None:
    shell.arm(TAKE_BACK, 2)
    shell.configure(ADD)
    shell.disarm()
    time.sleep(4)
    assert holds(lab)
    shell.disarm()
    shell.configure(TAKE_BACK)
    assert shell.running().startswith("frr version ")


def test_the_watch_of_an_earlier_change_leaves_the_next_one_alone(lab: RouterLab, shell: Terminal) -> None:
    shell.arm(["no ip route 198.51.101.0/24 192.0.2.254"], 3)
    shell.disarm()
    shell.arm(TAKE_BACK, 120)
    shell.configure(ADD)
    time.sleep(5)
    assert holds(lab)
    shell.disarm()
    shell.configure(TAKE_BACK)
    assert not holds(lab)


def test_a_login_that_is_the_command_line_itself_cannot_be_armed(terminal: Terminal) -> None:
    assert not terminal.arm(TAKE_BACK, 3)
    terminal.disarm()


def test_what_is_typed_blindly_arrives(lab: RouterLab, terminal: Terminal) -> None:
    terminal.configure(ADD)
    terminal.blind(TAKE_BACK)
    end = time.monotonic() + 10
    while holds(lab) and time.monotonic() < end:
        time.sleep(0.2)
    assert not holds(lab)
