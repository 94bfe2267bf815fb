"""The lock that a plan holds on a device of the inventory: held on while it is at work, free minutes after a death."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from inventory.models import Device
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import Conflict
from nms.base.secrets import SecretBox
from nms.base.settings import Settings
from nms.ops.change.runner import ABANDONED_AFTER
from nms.ops.change.world import HOLD, World
from spectrum.register import Register
from tests.fakes.no_clients import NoClients


@pytest.fixture
def world(sqlite_database: Database, clock: FakeClock, tmp_path: Path) -> World:
    with sqlite_database.transaction() as session:
        session.add(Device(name="rom", address="127.0.0.1"))
    register, box = Register(sqlite_database, clock), SecretBox.open_or_create(tmp_path)
    settings = replace(Settings(home=tmp_path))
    return World(sqlite_database, settings, box, clock, register, NoClients())


def test_fault_42_a_device_held_on_for_a_day_is_nobody_elses(world: World, clock: FakeClock) -> None:
    with world.alone("rom", "C-1") as hold:
        for _ in range(24 * 3_600 // 120):
            clock.advance(120)
            with pytest.raises(Conflict), world.alone("rom", "C-2"):
                pass
            hold()
    with world.alone("rom", "C-2"):
        pass


def test_fault_82_a_device_of_a_dead_process_is_free_in_minutes(world: World, clock: FakeClock) -> None:
    assert HOLD <= ABANDONED_AFTER
    dead = ExitStack()
    hold = dead.enter_context(world.alone("rom", "C-1"))
    clock.advance(HOLD.total_seconds() - 1)
    with pytest.raises(Conflict), world.alone("rom", "C-2"):
        pass
    clock.advance(1)
    with world.alone("rom", "C-2"), pytest.raises(Conflict):
        hold()


def test_fault_42_two_people_who_take_the_same_plan_back_do_not_meet_on_a_device(
    world: World, clock: FakeClock
) -> None:
    """Both act for one plan, which holds the device once: the second neither joins in nor frees it."""
    with world.alone("rom", "C-1"):
        with pytest.raises(Conflict, match="C-1 is working on this device"), world.alone("rom", "C-1"):
            raise AssertionError("it was let in")
        with pytest.raises(Conflict, match="C-1 is working on this device"), world.alone("rom", "backup"):
            raise AssertionError("the device was freed")
    with world.alone("rom", "backup"):
        pass
