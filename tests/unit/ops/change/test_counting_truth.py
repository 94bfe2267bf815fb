"""Who is counted before and after a change: by an answer younger than the question, whoever asks the devices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inventory.models import Device, Lifecycle
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import AuthFailed, BadAnswer, DeviceError, Timeout
from nms.base.secrets import SecretBox
from nms.base.settings import Settings
from nms.ops.change.world import World
from nms.ops.served import Served, not_asked
from spectrum.register import Register


class Answers:
    """A counter of which each question is answered as a test says, `after_s` later."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.after_s = clock, 1.0
        self.known = True
        self.says: Callable[[], tuple[int | None, DeviceError | None]] = lambda: (42, None)
        self.newest: Served | None = None
        self.due_s: list[float] = []

    def poll_now(self, name: str) -> None:
        """It will be asked."""
        if not self.known:
            raise not_asked(name)
        self.due_s.append(self.clock.monotonic_s() + self.after_s)

    def served(self, name: str) -> Served | None:
        """What it said last."""
        now_s = self.clock.monotonic_s()
        if any(due_s <= now_s for due_s in self.due_s):
            self.due_s = [due_s for due_s in self.due_s if due_s > now_s]
            self.newest = Served(now_s, *self.says())
        return self.newest


@pytest.fixture
def answers(clock: FakeClock) -> Answers:
    return Answers(clock)


@pytest.fixture
def world(sqlite_database: Database, clock: FakeClock, tmp_path: Path, answers: Answers) -> World:
    with sqlite_database.transaction() as session:
        session.add(Device(name="rom", address="127.0.0.1"))
        session.add(Device(name="new", address="127.0.0.2", lifecycle=Lifecycle.PLANNED))
    register, box = Register(sqlite_database, clock), SecretBox.open_or_create(tmp_path)
    return World(sqlite_database, Settings(home=tmp_path), box, clock, register, answers)


def test_an_answer_of_before_the_question_counts_nobody(world: World, answers: Answers, clock: FakeClock) -> None:
    answers.newest = Served(clock.monotonic_s() - 0.1, 42)
    answers.says = lambda: (10, None)
    assert world.subscribers("rom", 5) == 10


def test_a_wall_clock_that_is_stepped_back_makes_no_old_answer_young(
    world: World, answers: Answers, clock: FakeClock
) -> None:
    answers.newest = Served(clock.monotonic_s(), 42)
    clock.step_wall(-3_600)
    clock.advance(1)
    answers.says = lambda: (10, None)
    assert world.subscribers("rom", 5) == 10


@pytest.mark.parametrize(
    "silence", [Timeout("snmp_timeout", "No answer."), BadAnswer("snmp_silent", "It answers echo only.")]
)
def test_a_device_that_is_silent_once_is_asked_again(world: World, answers: Answers, silence: DeviceError) -> None:
    said = iter([(None, silence), (42, None)])
    answers.says = lambda: next(said)
    assert world.subscribers("rom", 10) == 42


def test_a_device_that_stays_silent_is_an_error_in_time(world: World, answers: Answers, clock: FakeClock) -> None:
    answers.says = lambda: (None, Timeout("snmp_timeout", "No answer."))
    began_s = clock.monotonic_s()
    with pytest.raises(Timeout, match="No answer"):
        world.subscribers("rom", 10)
    assert clock.monotonic_s() - began_s < 12


def test_a_device_whose_turn_does_not_come_is_an_error_in_time(world: World, answers: Answers) -> None:
    answers.after_s = 3_600
    with pytest.raises(Timeout):
        world.subscribers("rom", 10)


@pytest.mark.parametrize("kind", [AuthFailed, BadAnswer])
def test_a_refusal_is_an_error_at_once(
    world: World, answers: Answers, clock: FakeClock, kind: type[DeviceError]
) -> None:
    answers.says = lambda: (None, kind("refused", "It refuses."))
    began_s = clock.monotonic_s()
    with pytest.raises(kind):
        world.subscribers("rom", 10)
    assert clock.monotonic_s() - began_s < 3


def test_a_device_without_credential_of_snmp_has_nobody_to_wait_for(world: World, answers: Answers) -> None:
    answers.says = lambda: (None, BadAnswer("no_credential", "It has none."))
    assert world.subscribers("rom", 10) is None


def test_a_device_that_is_not_in_service_has_nobody_to_wait_for(
    world: World, answers: Answers, clock: FakeClock
) -> None:
    answers.known = False
    began_s = clock.monotonic_s()
    assert world.subscribers("new", 10) is None
    assert clock.monotonic_s() == began_s


def test_a_sweep_that_has_just_begun_is_waited_for(world: World, answers: Answers) -> None:
    """A plan that starts by itself with the program counts like any other."""
    answers.known = False
    asked: list[str] = []

    def poll_now(name: str) -> None:
        asked.append(name)
        answers.known = len(asked) > 1
        Answers.poll_now(answers, name)

    answers.poll_now = poll_now  # type: ignore[method-assign]  # the first question comes too early
    assert world.subscribers("rom", 10) == 42
