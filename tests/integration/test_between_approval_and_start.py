"""An approved plan meets another device than the one it was approved for: nothing is sent, no password is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from inventory.models import Device, Lifecycle
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.permissions import Role, actor_of_roles
from nms.base.settings import Settings
from nms.ops.change.office import Changes
from nms.ops.change.plan import Capacity, Limits, PlanState, StepState
from nms.ops.change.wanted import Wanted
from nms.ops.change.world import World
from nms.ops.configs.models import Cause
from spectrum.register import Register
from tests.fakes.evil_ssh import EvilSsh
from tests.fakes.fleet_of_boxes import BOX, HASTE, MANAGED, boxes
from tests.fakes.no_clients import NoClients

ANNE, BRUNO = (actor_of_roles(name, [Role.ENGINEER]) for name in ("anne", "bruno"))
LINES = ["interface eth2", " description new"]
Between = Callable[[Device, EvilSsh, EvilSsh], None]


def another_address(device: Device, _box: EvilSsh, other: EvilSsh) -> None:
    device.ssh_port = other.port


def another_key(_device: Device, box: EvilSsh, _other: EvilSsh) -> None:
    box.change_key()


def no_credential(device: Device, _box: EvilSsh, _other: EvilSsh) -> None:
    device.ssh_credential_id = None


def retired(device: Device, _box: EvilSsh, _other: EvilSsh) -> None:
    device.lifecycle = Lifecycle.RETIRED


def renamed(device: Device, _box: EvilSsh, _other: EvilSsh) -> None:
    device.name = "another"


def another_command_line(device: Device, _box: EvilSsh, _other: EvilSsh) -> None:
    device.cli = "routeros"


def outside(device: Device, _box: EvilSsh, _other: EvilSsh) -> None:
    device.address = "192.0.2.1"


def changed_by_hand(_device: Device, box: EvilSsh, _other: EvilSsh) -> None:
    box._take("hostname elsewhere")


@pytest.mark.parametrize(
    ("between", "told"),
    [
        (another_address, "offers another SSH key"),
        (another_key, "offers another SSH key"),
        (no_credential, "has no credential of SSH"),
        (retired, "There is no device"),
        (renamed, "There is no device"),
        (another_command_line, "is not known"),
        (outside, "outside the management networks"),
        (changed_by_hand, "has changed since the plan was made"),
    ],
)
def test_nothing_is_sent_to_another_device_than_the_approved_one(
    sqlite_database: Database, clock: FakeClock, tmp_path: Path, between: Between, told: str
) -> None:
    settings = replace(Settings(home=tmp_path), network=MANAGED, configuration=HASTE)
    with boxes(sqlite_database, settings, clock, ["box"]) as fleet, EvilSsh() as other:
        fleet.backups.one("box", Cause.MANUAL)
        register, box = Register(sqlite_database, clock), fleet.servers["box"]
        changes = Changes(World(sqlite_database, settings, BOX, clock, register, NoClients()))
        desk, now = changes.desk, clock.now()
        wanted = Wanted("evening", {"box": LINES}, now, now + timedelta(hours=1), limits=Limits(wait_s=10))
        reference = desk.create(wanted, ANNE, "k")
        desk.approve(reference, desk.one(reference).plan.digest, Capacity.ENGINEER, BRUNO)
        with sqlite_database.transaction() as session:
            between(session.scalars(select(Device)).one(), box, other)
        changes.run(reference, BRUNO)
        ended = desk.one(reference)
        assert (ended.state, ended.states) == (PlanState.STOPPED, (StepState.UNTOUCHED,))
        assert told in ended.whys[0]
        assert not any("description new" in line for server in (box, other) for line in server.received)
