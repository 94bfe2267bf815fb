"""`nms config apply` counts subscribers over SNMP itself: a base station whose people do not come back is taken back.

The station is a scripted SSH device and an SNMP agent that tells its clients; nothing serves beside the command.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from inventory.credentials import CredentialSecret, save_credential
from inventory.models import CredentialKind, Device, Lifecycle
from nms.app import bootstrap
from nms.base.errors import DeviceError
from nms.base.permissions import SYSTEM, Role, actor_of_roles
from nms.base.settings_load import load
from nms.ops.change.office import Changes
from nms.ops.change.plan import Capacity, Limits, StepState
from nms.ops.change.wanted import Wanted
from nms.ops.change.world import World
from nms.ops.history_sqlite import SqliteStore
from nms.ops.live import LiveState
from nms.ops.polling import Sweep
from spectrum.register import Register
from tests.fakes.agent import SYSTEM as SYSTEM_GROUP
from tests.fakes.agent import FakeAgent, Raw, Reply, Request, Script, ThreadedAgent, integer, oid_value
from tests.fakes.evil_ssh import SCRIPTED, EvilSsh
from tests.fakes.fleet_of_boxes import home_with_a_box
from tests.fakes.no_clients import NoClients
from tests.unit.app.conftest import Nms

pytest_plugins = ["tests.unit.app.conftest"]
pytestmark = pytest.mark.timeout(120)
ANNE, BRUNO = (actor_of_roles(name, [Role.ENGINEER]) for name in ("anne", "bruno"))
CLIENTS = "1.3.6.1.4.1.17713.21.1.2.10.0"
STATION = SYSTEM_GROUP | {"1.3.6.1.2.1.1.2.0": oid_value("1.3.6.1.4.1.17713.21"), CLIENTS: integer(42)}
DRIVER = SCRIPTED.model_copy(update={"singles": ("description ",)})
CHANGE = " description to Lezay"


@dataclass
class Station:
    """A base station that serves 42, and `after` once it was changed; it is `deaf` over SNMP before or after that."""

    box: EvilSsh
    after: int = 42
    deaf: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether the change is on it."""
        return CHANGE in self.box.configuration()

    def drops(self, _serial: int) -> bool:
        """Whether a question is not answered."""
        return self.deaf == ("after" if self.is_changed else "before")

    def tells(self, _request: Request, reply: Reply) -> Reply:
        """Its clients of now."""
        oid, now = tuple(map(int, CLIENTS.split("."))), integer(self.after if self.is_changed else 42)
        rows: tuple[tuple[tuple[int, ...], Raw], ...] = tuple(
            (asked, now if asked == oid else value) for asked, value in reply.rows
        )
        return Reply(reply.version, reply.community, reply.request_id, reply.error, reply.index, rows)


@dataclass
class Place:
    """The station, a home that knows it, and a plan for it."""

    station: Station
    home: Path
    nms: Nms

    def applied(self) -> tuple[int, str, str]:
        """Write, approve and carry out from the shell."""
        context = bootstrap.build(load(self.home, {}))
        register = Register(context.database, context.clock)
        desk = Changes(
            World(context.database, context.settings, context.box, context.clock, register, NoClients())
        ).desk
        now = context.clock.now()
        limits = Limits(wait_s=10, back_pct=90)
        wanted = Wanted("evening", {"box": ["interface eth0", CHANGE]}, now, now + timedelta(hours=1), limits=limits)
        self.reference = desk.create(wanted, ANNE, "k")
        desk.approve(self.reference, desk.one(self.reference).plan.digest, Capacity.ENGINEER, BRUNO)
        told = self.nms("config", "apply", self.reference)
        self.state = desk.one(self.reference).states[0]
        context.database.dispose()
        return told


@pytest.fixture
def place(tmp_path: Path, nms: Nms, nms_home: Path) -> Iterator[Place]:
    with EvilSsh() as box:
        station = Station(box)
        script = Script(drop=station.drops, reply=station.tells)
        with ThreadedAgent(FakeAgent(STATION, script=script)) as agent:
            home_with_a_box(nms_home, box.target("box"), str(box.key()), DRIVER)
            context = bootstrap.build(load(nms_home, {}))
            with context.database.transaction() as session:
                secret = CredentialSecret(CredentialKind.V2C, community=agent.community.decode())
                credential = save_credential(session, context.box, SYSTEM, context.clock.now(), "snmp", secret)
                device = session.query(Device).one()
                device.address, device.credential_id = f"127.0.0.1:{agent.port}", credential.id
            context.database.dispose()
            yield Place(station, nms_home, nms)


def test_ten_of_forty_two_come_back_and_the_station_is_taken_back(place: Place) -> None:
    place.station.after = 10
    code, said, _ = place.applied()
    assert (code, place.state) == (1, StepState.REVERTED)
    assert "10 of 42 subscribers came back" in said
    assert not place.station.is_changed
    code, lines, complained = place.nms("config", "rollback", place.reference)
    assert (code, lines) == (0, "")
    assert "confirmed nothing that could still be taken back" in complained


def test_enough_come_back_and_it_is_confirmed(place: Place) -> None:
    place.station.after = 38
    code, said, complained = place.applied()
    assert (code, place.state) == (0, StepState.CONFIRMED), said
    assert place.station.is_changed
    assert complained == ""
    assert place.nms("config", "rollback", place.reference)[1:] == ("@box\ninterface eth0\n description uplink\n", "")


@pytest.mark.slow
def test_a_station_that_answers_no_more_over_snmp_is_taken_back(place: Place) -> None:
    place.station.deaf = "after"
    code, said, _ = place.applied()
    assert (code, place.state) == (1, StepState.REVERTED), said
    assert not place.station.is_changed


@pytest.mark.slow
def test_a_station_that_could_not_be_asked_before_is_confirmed_as_by_the_server_and_that_is_said(place: Place) -> None:
    place.station.deaf = "before"
    code, said, _ = place.applied()
    assert (code, place.state) == (0, StepState.CONFIRMED), said
    assert "its subscribers were not counted before the change" in said


def test_an_address_outside_the_management_networks_is_not_asked(place: Place) -> None:
    settings = place.home / "nms.toml"
    settings.write_text(settings.read_text().replace("127.0.0.0/8", "192.0.2.0/24"))
    code, _, _ = place.applied()
    assert (code, place.state) == (1, StepState.UNTOUCHED)
    assert not place.station.is_changed


@pytest.mark.parametrize("lifecycle", [Lifecycle.IN_SERVICE, Lifecycle.MAINTENANCE])
def test_the_sweep_of_the_server_counts_alike_though_works_are_announced(place: Place, lifecycle: Lifecycle) -> None:
    """A device under works is judged by nobody, and serves as many as it serves."""
    context = bootstrap.build(load(place.home, {}))
    with context.database.transaction() as session:
        session.query(Device).one().lifecycle = lifecycle
    store, over = SqliteStore(place.home / "ts.db"), threading.Event()
    sweep = Sweep(context.database, context.settings, LiveState(), store, context.clock, context.box)
    register = Register(context.database, context.clock)
    world = World(context.database, context.settings, context.box, context.clock, register, sweep)

    def tick() -> None:
        while not over.wait(0.2):
            sweep.tick()

    sweep.start()
    ticking = threading.Thread(target=tick)
    ticking.start()
    try:
        assert world.subscribers("box", 12) == 42
        place.station.deaf = "before"
        with pytest.raises(DeviceError):
            world.subscribers("box", 5)
    finally:
        over.set()
        ticking.join()
        sweep.stop()
        store.close()
        context.database.dispose()
