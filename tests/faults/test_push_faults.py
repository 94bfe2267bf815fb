"""Row 82, the push: the real program is ended between two lines of a change; what is left on the device, what is told.

The device is another process's: it takes the change back by itself where that was armed, whoever has died meanwhile.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors.cli import CliTarget
from collectors.driver import Driver
from nms.app import bootstrap
from nms.base.permissions import Role, actor_of_roles
from nms.base.settings_load import load
from nms.ops.change.office import Changes
from nms.ops.change.plan import Capacity, Limits, PlanState, StepState
from nms.ops.change.wanted import Wanted
from nms.ops.change.world import HOLD, World
from nms.ops.configs import access, locks
from spectrum.register import Register
from tests.conftest import unavailable
from tests.fakes import evil_ssh
from tests.fakes.evil_ssh import CAUTIOUS, SCRIPTED, EvilSsh
from tests.fakes.fleet_of_boxes import home_with_a_box
from tests.fakes.no_clients import NoClients
from tests.fakes.program import NMS, Program, environment, wait_for
from tests.fakes.router_chain import RouterChain
from tests.fakes.router_lab import missing

pytestmark = pytest.mark.timeout(240)
ANNE, BRUNO = (actor_of_roles(name, [Role.ENGINEER]) for name in ("anne", "bruno"))
DEADLINE_S = 10
ROUTES = [f"ip route 198.{18 + n // 200}.{n % 200}.0/24 blackhole" for n in range(300)]
"""So many that an end comes in the middle of them."""
LINES = ["interface eth0", " description to Lezay", " mtu 1400"]


@contextmanager
def office(home: Path) -> Iterator[Changes]:
    """The plans of a home folder, from a process beside the program."""
    context = bootstrap.build(load(home, {}))
    register = Register(context.database, context.clock)
    world = World(context.database, context.settings, context.box, context.clock, register, NoClients())
    try:
        yield Changes(world)
    finally:
        context.database.dispose()


def prepared(home: Path, target: CliTarget, key: str, driver: Driver, lines: Sequence[str]) -> str:
    """A home whose one device is backed up, with an approved plan that starts by itself; answers its reference."""
    home_with_a_box(home, target, key, driver)
    with office(home) as changes:
        desk, now = changes.desk, changes.desk.clock.now()
        wanted = Wanted(
            "evening", {target.device: lines}, now, now + timedelta(hours=1), limits=Limits(wait_s=10), unattended=True
        )
        reference = desk.create(wanted, ANNE, "k")
        desk.approve(reference, desk.one(reference).plan.digest, Capacity.ENGINEER, BRUNO)
    return reference


def ended(program: Program, number: signal.Signals) -> None:
    """It ends in time when it is told to, by its own doing; killed, it just ends."""
    began = time.monotonic()
    code = program.stop(number, DEADLINE_S + 5)
    assert time.monotonic() - began < DEADLINE_S
    assert code == (0 if number == signal.SIGTERM else -signal.SIGKILL), program.complained()
    assert "Traceback" not in program.complained()


def states(home: Path, reference: str) -> tuple[PlanState, StepState]:
    """Where a plan of one device and that device are, as they are written down."""
    with office(home) as changes:
        found = changes.desk.one(reference)
    return found.state, found.states[0]


def listed_as_stopped(home: Path, reference: str) -> None:
    """The list of plans, from a shell, tells that its program ended."""
    told = subprocess.run(
        [*NMS, "config", "plans"], env=environment(home), capture_output=True, text=True, timeout=60, check=True
    )
    assert f"{reference}  stopped   0/1" in told.stdout
    assert "the program ended while this plan ran" in told.stdout


def settled(home: Path, reference: str, is_armed: bool) -> None:
    """A person reads the device, which reverted by itself if it was armed; if not, it is taken back."""
    with office(home) as changes:
        as_read = changes.read_back(reference, "box", BRUNO)
        assert as_read is (StepState.REVERTED if is_armed else StepState.UNKNOWN)
        if not is_armed:
            assert changes.take_back(reference, "box", BRUNO) is StepState.REVERTED
    assert states(home, reference) == (PlanState.STOPPED, StepState.REVERTED)


def found_unknown(home: Path, folder: Path, reference: str) -> None:
    """The next start finds it at once, and nothing is sent by it."""
    assert states(home, reference)[0] is PlanState.RUNNING
    with Program([*NMS, "run"], folder, environment(home), "again") as again:
        wait_for(lambda: states(home, reference) == (PlanState.STOPPED, StepState.UNKNOWN), "it is found", 15)
        listed_as_stopped(home, reference)
        assert again.stop() == 0, again.complained()


@pytest.mark.parametrize(
    ("number", "driver"),
    [
        pytest.param(signal.SIGTERM, CAUTIOUS, id="told-armed"),
        pytest.param(signal.SIGKILL, CAUTIOUS, id="killed-armed", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, SCRIPTED, id="told-bare", marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, SCRIPTED, id="killed-bare", marks=pytest.mark.slow),
    ],
)
def test_fault_33_82_ended_between_two_lines_of_a_push_the_device_is_unknown_until_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, driver: Driver
) -> None:
    """The second line is taken, the third never answered. A device that was armed reverts; another is taken back."""
    monkeypatch.setattr(evil_ssh, "MINUTE_S", 4.0)
    home = tmp_path / "state"
    with EvilSsh() as box:
        reference = prepared(home, box.target("box"), str(box.key()), driver, LINES)
        before = box.configuration()
        box.turn(hang="^ ?mtu 1400")
        with Program([*NMS, "run"], tmp_path, environment(home)) as program:
            wait_for(lambda: any("mtu 1400" in line for line in box.received), "the push", 30)
            assert " description to Lezay" in box.configuration(), "it is in the middle"
            ended(program, number)
        box.turn(hang=None)
        is_armed = driver is CAUTIOUS
        if is_armed:
            wait_for(lambda: box.configuration() == before, "the device took it back", 10)
        found_unknown(home, tmp_path, reference)
        settled(home, reference, is_armed)
        assert sorted(box.configuration().splitlines()) == sorted(before.splitlines())


def apply(home: Path, reference: str) -> subprocess.Popen[str]:
    """`nms config apply`, at work in a session of its own."""
    return subprocess.Popen(
        [*NMS, "config", "apply", reference], env=environment(home), text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def ends_with_a_sentence(command: subprocess.Popen[str], number: signal.Signals, reference: str) -> None:
    """Told to end, it does so in time, with exit code 1 and one sentence that claims nothing of the device."""
    command.send_signal(number)
    try:
        said, complained = command.communicate(timeout=DEADLINE_S)
    finally:
        command.kill()
    assert command.returncode == 1, complained
    assert complained.splitlines() == [
        f"nms: {reference} was ended while a device was at work. Whether its change was taken is unknown: "
        "have the device read back on the page of the plan."
    ]
    assert said == ""


def found_by_the_next_command(home: Path, reference: str) -> None:
    """The list of plans, from another shell, tells it as stopped and its device as unknown."""
    assert states(home, reference)[0] is PlanState.RUNNING
    listed_as_stopped(home, reference)
    assert states(home, reference) == (PlanState.STOPPED, StepState.UNKNOWN)


def is_held(home: Path, device: str, at: datetime) -> bool:
    """Whether somebody holds a device at an instant."""
    with office(home) as changes, changes.desk.database.reading() as session:
        return locks.holder(session, access.access(session, device).device_id, now=at) is not None


@pytest.mark.parametrize(
    ("number", "driver"),
    [
        pytest.param(signal.SIGINT, SCRIPTED, id="ctrl-c-bare"),
        pytest.param(signal.SIGTERM, CAUTIOUS, id="told-armed"),
        pytest.param(signal.SIGINT, CAUTIOUS, id="ctrl-c-armed", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, SCRIPTED, id="told-bare", marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, SCRIPTED, id="terminal-gone", marks=pytest.mark.slow),
    ],
)
def test_fault_33_82_apply_from_the_shell_ended_in_the_middle_leaves_unknown_and_a_lock_that_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, driver: Driver
) -> None:
    """The second line is taken, the third never answered; the next command finds the plan, a person the device."""
    monkeypatch.setattr(evil_ssh, "MINUTE_S", 4.0)
    home = tmp_path / "state"
    with EvilSsh() as box:
        reference = prepared(home, box.target("box"), str(box.key()), driver, LINES)
        before = box.configuration()
        box.turn(hang="^ ?mtu 1400")
        with apply(home, reference) as command:
            wait_for(lambda: any("mtu 1400" in line for line in box.received), "the push", 30)
            assert " description to Lezay" in box.configuration(), "it is in the middle"
            ends_with_a_sentence(command, number, reference)
        now = datetime.now(UTC)
        assert is_held(home, "box", now), "nobody else touches it at once"
        assert not is_held(home, "box", now + HOLD)
        box.turn(hang=None)
        is_armed = driver is CAUTIOUS
        if is_armed:
            wait_for(lambda: box.configuration() == before, "the device took it back", 10)
        found_by_the_next_command(home, reference)
        settled(home, reference, is_armed)
        assert sorted(box.configuration().splitlines()) == sorted(before.splitlines())
    assert not is_held(home, "box", datetime.now(UTC))


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_fault_33_82_a_real_router_takes_back_what_apply_from_the_shell_had_half_sent(
    tmp_path: Path, number: signal.Signals
) -> None:
    """As with the program that serves: the watch of the router's own shell outlives the command."""
    if why := missing():
        unavailable(why)
    home = tmp_path / "state"
    with RouterChain() as chain:
        reference = prepared(home, chain.target("r1"), str(chain.key("r1")), chain.driver, ROUTES)
        before = chain.running("r1")
        with apply(home, reference) as command:
            wait_for(lambda: ROUTES[1] in chain.running("r1"), "the push", 30)
            ends_with_a_sentence(command, number, reference)
        half = chain.running("r1")
        assert ROUTES[0] in half, "it was ended in the middle"
        assert ROUTES[-1] not in half, "it was ended in the middle"
        found_by_the_next_command(home, reference)
        wait_for(lambda: chain.running("r1") == before, "the router took it back", 90)
        with office(home) as changes:
            assert changes.read_back(reference, "r1", BRUNO) is StepState.REVERTED


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_fault_33_82_a_real_router_takes_back_what_a_program_that_ended_had_half_sent(
    tmp_path: Path, number: signal.Signals
) -> None:
    """The watch is kept by the router's own shell: neither the end of the session nor our death ends it."""
    if why := missing():
        unavailable(why)
    home = tmp_path / "state"
    with RouterChain() as chain:
        reference = prepared(home, chain.target("r1"), str(chain.key("r1")), chain.driver, ROUTES)
        before = chain.running("r1")
        with Program([*NMS, "run"], tmp_path, environment(home)) as program:
            wait_for(lambda: ROUTES[1] in chain.running("r1"), "the push", 30)
            ended(program, number)
        half = chain.running("r1")
        assert ROUTES[0] in half, "it was ended in the middle"
        assert ROUTES[-1] not in half, "it was ended in the middle"
        found_unknown(home, tmp_path, reference)
        wait_for(lambda: chain.running("r1") == before, "the router took it back", 90)
        with office(home) as changes:
            assert changes.read_back(reference, "r1", BRUNO) is StepState.REVERTED
