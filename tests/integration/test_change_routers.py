"""Change plans on three real routers in a row, each reached through the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from inventory.models import Device
from nms.base.clock import SystemClock
from nms.base.db import Database
from nms.base.permissions import SYSTEM, Role, actor_of_roles
from nms.base.settings import ConfigurationSettings, Settings
from nms.ops.change import hands
from nms.ops.change.desk import Desk
from nms.ops.change.grammar import parsed, way
from nms.ops.change.plan import Capacity, Limits, PlanState, StepState
from nms.ops.change.runner import Runner
from nms.ops.change.trial import Outcome, Trials
from nms.ops.change.wanted import Wanted
from nms.ops.change.wish import read_wish
from nms.ops.change.world import World
from nms.ops.configs import access
from nms.ops.configs.backup import Backups
from nms.ops.configs.models import Cause
from spectrum.register import Register
from tests.conftest import unavailable
from tests.fakes.fleet_of_boxes import BOX, MANAGED, add_device
from tests.fakes.no_clients import NoClients
from tests.fakes.router_chain import NAMES, WAY_TO_US, RouterChain
from tests.fakes.router_lab import missing

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
ANNE = actor_of_roles("anne", [Role.ENGINEER])
BRUNO = actor_of_roles("bruno", [Role.ENGINEER])
SHORT = ConfigurationSettings(connect_s=3.0, login_s=5.0, answer_s=5.0)


@pytest.fixture(scope="module")
def chain() -> Iterator[RouterChain]:
    """The routers, for the module: each test leaves them whole."""
    why = missing()
    if why:
        unavailable(why)
    with RouterChain() as routers:
        yield routers


class Evening:
    """Two engineers, three routers that are in the inventory and backed up."""

    def __init__(self, chain: RouterChain, database: Database, home: Path) -> None:
        clock = SystemClock()
        self.chain, self.database, self.clock = chain, database, clock
        settings = replace(Settings(home=home), network=MANAGED, configuration=SHORT)
        for name in NAMES:
            add_device(database, clock, chain.target(name), "frr_shell")
            with database.transaction() as session:
                access.pin(session, SYSTEM, clock.now(), name, str(chain.key(name)))
        with database.transaction() as session:
            devices = {device.name: device for device in session.query(Device)}
            devices["r2"].parent_id, devices["r3"].parent_id = devices["r1"].id, devices["r2"].id
        assert Backups(database, settings, BOX, clock).run(Cause.MANUAL).outcomes == {"stored": 3}
        register = Register(database, clock)
        self.world = world = World(database, settings, BOX, clock, register, NoClients())
        self.desk = Desk(database, clock, BOX, world.rights, world.subjects, world.standing, world.topology)
        self.runner = Runner(self.desk, world.ports(), "test")

    def run(self, lines: Mapping[str, Sequence[str]], **limits: int) -> tuple[PlanState, dict[str, StepState]]:
        """Write, approve and carry out."""
        now = self.clock.now()
        wanted = Wanted("evening", lines, now, now + timedelta(hours=1), limits=Limits(wait_s=12, **limits))
        self.reference = self.desk.create(wanted, ANNE, str(now))
        self.desk.approve(self.reference, self.desk.one(self.reference).plan.digest, Capacity.ENGINEER, BRUNO)
        ended = self.runner.run(self.reference, BRUNO)
        found = self.desk.one(self.reference)
        return ended, dict(zip((step.device for step in found.plan.steps), found.states, strict=True))

    @contextmanager
    def holding(self, name: str, lines: Sequence[str]) -> Iterator[str]:
        """A router that holds more, and what it then runs; as it was afterwards."""
        grammar = self.world.grammar(name)
        bare = parsed(self.chain.running(name), grammar)
        try:
            self._enter(name, lines)
            yield self.chain.running(name)
        finally:
            self._enter(name, way(parsed(self.chain.running(name), grammar), bare, grammar))

    def _enter(self, name: str, lines: Sequence[str]) -> None:
        with self.world.dial(name) as line:
            line.configure(lines)
            line.save()
            self.world.keep(name, line.running(), Cause.MANUAL, "test")

    def saved(self, name: str) -> str:
        """What a router would start with."""
        return self.chain.inside(name, "cat", "/etc/frr/frr.conf")


@pytest.fixture
def evening(chain: RouterChain, sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evening:
    monkeypatch.setattr(hands, "GRACE_S", 4)
    return Evening(chain, sqlite_database, tmp_path)


_NUMBERS = count(100)


@pytest.fixture
def added() -> str:
    """A route that no router has yet."""
    return f"ip route 198.51.{next(_NUMBERS)}.0/24 blackhole"


def test_a_dry_run_names_the_lines_that_a_router_would_not_take_and_enters_none(evening: Evening, added: str) -> None:
    before = {name: evening.chain.running(name) for name in NAMES}
    lines = ["interface eth0", " descriptionn changed", "exit", added, "ip route 198.51.100.0/99 blackhole"]
    now = evening.clock.now()
    wanted = Wanted("dry", {"r3": lines, "r2": [added]}, now, now + timedelta(hours=1), limits=Limits(wait_s=12))
    reference = evening.desk.create(wanted, ANNE, "dry")
    trials = Trials(evening.desk, evening.clock, evening.world.dry_run)
    found = {row.device: row for row in trials.run(reference, ANNE).rows}
    assert (found["r2"].outcome, found["r2"].refused) == (Outcome.ACCEPTED, ())
    assert found["r3"].outcome is Outcome.REFUSED
    assert [line.strip() for line, _ in found["r3"].refused] == [
        "descriptionn changed",
        "ip route 198.51.100.0/99 blackhole",
    ]
    assert [words for _, words in found["r3"].refused] == ["Unknown command"] * 2  # without the line, which may tell
    assert {name: evening.chain.running(name) for name in NAMES} == before


def test_far_ends_first_each_read_back_and_saved(evening: Evening, added: str) -> None:
    state, devices = evening.run({name: [added] for name in NAMES})
    assert (state, devices) == (PlanState.DONE, dict.fromkeys(["r3", "r2", "r1"], StepState.CONFIRMED))
    for name in NAMES:
        assert added in evening.chain.running(name)
        assert added in evening.saved(name)


def test_fault_39_a_router_that_loses_its_way_to_us_reverts_itself_and_is_reported(
    evening: Evening, added: str
) -> None:
    before = evening.chain.running("r2")
    state, devices = evening.run({"r3": [added], "r2": [f"no {WAY_TO_US['r2']}"], "r1": [added]})
    assert state is PlanState.STOPPED
    assert devices == {"r3": StepState.CONFIRMED, "r2": StepState.REVERTED, "r1": StepState.PENDING}
    assert evening.chain.running("r2") == before
    assert added not in evening.chain.running("r1")
    found = evening.desk.one(evening.reference)
    assert found.whys[1], "the report says why"
    with evening.runner._ports.dial("r3") as line:
        assert added in line.running()


def test_fault_39_a_route_to_us_taken_away_in_other_words_comes_back(evening: Evening, added: str) -> None:
    """Abbreviated, the line has no inverse that was computed right: the router enters its saved configuration again."""
    before = evening.chain.running("r2")
    lines = [WAY_TO_US["r2"].replace("ip route", "no ip rou"), added]
    state, devices = evening.run({"r2": lines})
    assert (state, devices) == (PlanState.STOPPED, {"r2": StepState.REVERTED})
    assert evening.chain.running("r2") == before


def test_fault_40_a_bad_line_leaves_no_router_half_changed_nor_in_configuration_mode(
    evening: Evening, added: str
) -> None:
    before = {name: evening.chain.running(name) for name in NAMES}
    lines = ["interface eth0", " description changed", " ip adress 10.9.9.9/24", added]
    state, devices = evening.run(dict.fromkeys(NAMES, lines))
    assert state is PlanState.STOPPED
    assert devices == {"r3": StepState.REVERTED, "r2": StepState.PENDING, "r1": StepState.PENDING}
    assert {name: evening.chain.running(name) for name in NAMES} == before
    assert "ip adress" in evening.desk.one(evening.reference).whys[0]
    assert "% Unknown command" in evening.desk.archive.log(evening.desk.one(evening.reference).row.steps[0])
    with evening.runner._ports.dial("r3") as line:
        assert line.configure([added])  # nobody holds the configuration


BGP = ["router bgp 65001", " neighbor 10.0.3.1 remote-as 65002", " neighbor 10.0.3.1 description a"]
BGP += [" address-family ipv4 unicast", "  neighbor 10.0.3.1 weight 5", " exit-address-family", "exit"]
VRF = ["vrf red", " ip route 198.18.1.0/24 blackhole", "exit-vrf"]
POLICY = ["route-map A permit 10", " set local-preference 100", "exit", "ip prefix-list P seq 5 permit 10.0.0.0/8"]


@pytest.mark.parametrize(
    ("held", "lines"),
    [
        ([], ["interface lo", " description x", "exit"]),
        (["log syslog informational"], ["log file /tmp/frr.log"]),
        ([], BGP),
        (VRF, ["vrf red", " ip route 198.18.2.0/24 blackhole", "exit-vrf", "ip route 198.18.3.0/24 blackhole"]),
        ([], POLICY),
        (BGP, ["no router bgp 65001"]),
    ],
    ids=["interface", "log", "bgp", "vrf", "policy", "no bgp"],
)
def test_fault_40_a_bad_line_at_the_end_leaves_a_router_as_it_was(
    evening: Evening, held: list[str], lines: list[str]
) -> None:
    with evening.holding("r3", held) as before:
        state, devices = evening.run({"r3": [*lines, "ip adress x"]})
        assert (state, devices) == (PlanState.STOPPED, {"r3": StepState.REVERTED})
        assert evening.chain.running("r3") == before


def test_lines_that_have_one_place_and_defaults_are_confirmed_and_taken_back_by_a_plan(evening: Evening) -> None:
    lines = ["router bgp 65001", " no bgp ebgp-requires-policy", " neighbor 10.0.3.1 description b"]
    lines += [" address-family ipv4 unicast", "  neighbor 10.0.3.1 weight 6", " exit-address-family", "exit"]
    lines += ["log file /tmp/frr.log", "route-map A permit 10", " set local-preference 200", "exit"]
    lines += ["ip prefix-list P seq 5 permit 11.0.0.0/8", "interface lo", " description changed"]
    with evening.holding("r3", [*BGP, *POLICY, "log syslog informational"]) as before:
        for wanted in ({"r3": lines}, None):
            wanted = wanted or read_wish(evening.desk.way_back(evening.reference), NAMES)
            assert evening.run(wanted) == (PlanState.DONE, {"r3": StepState.CONFIRMED})
        assert evening.chain.running("r3") == before


SORTED = [f"ip prefix-list P seq {n} permit 10.{n}.0.0/16" for n in (5, 10, 15)]
SORTED += [f"access-list A seq {n} permit 10.{n}.0.0/16" for n in (5, 10, 15)]
SORTED += ["route-map B permit 10", " set metric 1", "exit", "route-map B permit 30", " set metric 3", "exit"]


def test_lines_that_carry_their_place_are_read_back_there_whatever_the_order_in_which_they_came(
    evening: Evening,
) -> None:
    """A list without one of its lines is another list; one whose lines came in another order is not."""
    lines = ["ip prefix-list P seq 7 deny 10.7.0.0/16", "access-list A seq 12 deny 10.12.0.0/16"]
    lines += ["no ip prefix-list P seq 10 permit 10.10.0.0/16", "ip prefix-list P seq 1 deny 10.1.0.0/16"]
    lines += ["route-map B deny 20", " match tag 2", "exit"]
    with evening.holding("r3", SORTED) as before:
        assert evening.run({"r3": lines}) == (PlanState.DONE, {"r3": StepState.CONFIRMED})
        shown = evening.chain.running("r3").splitlines()
        assert [line.split()[4] for line in shown if line.startswith("ip prefix-list P ")] == ["1", "5", "7", "15"]
        assert [line.split()[3] for line in shown if line.startswith("access-list A ")] == ["5", "10", "12", "15"]
        assert [line.split()[3] for line in shown if line.startswith("route-map B ")] == ["10", "20", "30"]
        back = read_wish(evening.desk.way_back(evening.reference), NAMES)
        assert evening.run(back) == (PlanState.DONE, {"r3": StepState.CONFIRMED})
        assert evening.chain.running("r3") == before


def test_fault_66_a_secret_in_a_line_that_a_router_refuses_and_repeats_is_not_told(evening: Evening) -> None:
    evening.run({"r3": ["neighbor 10.0.3.9 password canary-secret"]})
    found = evening.desk.one(evening.reference)
    assert "% Unknown command: neighbor 10.0.3.9 password ***" in found.whys[0]
    assert "canary" not in found.whys[0] + evening.desk.archive.log(found.row.steps[0])


def test_fault_40_what_a_router_writes_in_its_own_way_is_not_taken_for_done(evening: Evening) -> None:
    """FRR normalises the address: what is read is not what was sent, so it is taken back, and the plan says so."""
    before = evening.chain.running("r3")
    state, devices = evening.run({"r3": ["ip route 198.51.100.7/24 blackhole"]})
    assert (state, devices) == (PlanState.STOPPED, {"r3": StepState.REVERTED})
    assert evening.chain.running("r3") == before
