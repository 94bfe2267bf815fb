"""Plans carried out on devices in memory: what is believed, what is taken back, where it stops."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session as Db

from nms.base import ledger
from nms.base.clock import PARIS, FakeClock
from nms.base.db import Database
from nms.base.errors import Conflict, InputError, LawRefusal, NotFound, PermissionRefused
from nms.base.permissions import Role, actor_of_roles
from nms.base.secrets import SecretBox
from nms.base.text import say
from nms.ops.change import beat
from nms.ops.change.beat import is_gone, myself
from nms.ops.change.desk import Desk, Wanted
from nms.ops.change.grammar import parsed, same
from nms.ops.change.order import Topology
from nms.ops.change.plan import Capacity, Limits, PlanState, StepState
from nms.ops.change.prepare import Family, Rights, Subject
from nms.ops.change.runner import ABANDONED_AFTER, Runner
from spectrum.bands import Bands
from spectrum.chronicle import Holding
from spectrum.rights import Extent, Period
from tests.fakes.boxes import GRAMMAR, RADIO, Box, Boxes, Killed

ANNE = actor_of_roles("anne", [Role.ENGINEER])
BRUNO = actor_of_roles("bruno", [Role.ENGINEER])
CLAIRE = actor_of_roles("claire", [Role.LEGAL])
LEZAY = "79148"
ROUTER = "hostname {name}\ninterface eth0\n description old\nsnmp-server community canary-community"
STATION = "hostname {name}\nradio 1\n frequency 3432500\n bandwidth 7 MHz"
NEW = ["interface eth0", " description new"]
OLD, DONE = "interface eth0\n description old", "interface eth0\n description new"
C, R, P, U, UT = (
    StepState.CONFIRMED,
    StepState.REVERTED,
    StepState.PENDING,
    StepState.UNKNOWN,
    StepState.UNTOUCHED,
)


class Lab:
    """A desk and a runner over devices in memory; `rom` lies behind `lezay`, `lezay` behind `melle`."""

    def __init__(self, database: Database, clock: FakeClock, home: Path) -> None:
        self.clock, self.database = clock, database
        names = ("melle", "lezay", "rom")
        self.boxes = Boxes(clock, *(Box(name, clock, ROUTER.format(name=name)) for name in names))
        self.topology = Topology.of([("melle", "lezay"), ("lezay", "rom")])
        self.held: list[Holding] = []
        self.emits = False
        self.desk = Desk(
            database, clock, SecretBox.open_or_create(home), self.rights, self.subjects, lambda session: self.topology
        )
        self.runner = Runner(self.desk, self.boxes.ports(), "test")

    def __getitem__(self, name: str) -> Box:
        return self.boxes.all[name]

    def rights(self) -> Rights:
        return Rights(self.held, lambda day: [one for one in self.held if one.extent.period.holds(day)])

    def subjects(self, session: Db, names: Sequence[str]) -> Mapping[str, Subject]:
        family = Family(GRAMMAR, RADIO)
        return {
            name: Subject(name, self[name].running, family, LEZAY, self.emits)
            for name in names
            if name in self.boxes.all
        }

    def wanted(self, lines: Mapping[str, Sequence[str]] | None = None, **more: object) -> Wanted:
        now = self.clock.now()
        lines = lines or dict.fromkeys(self.boxes.all, NEW)
        limits = Limits(wait_s=60, **{k: more.pop(k) for k in ("canary", "stop_after") if k in more})  # type: ignore[arg-type]
        return Wanted("descriptions", lines, now, now + timedelta(hours=2), limits=limits, **more)  # type: ignore[arg-type]

    def approved(self, wanted: Wanted | None = None) -> str:
        reference = self.desk.create(wanted or self.wanted(), ANNE, key=str(self.clock.now()))
        plan = self.desk.one(reference).plan
        for capacity in plan.capacities:
            self.desk.approve(reference, plan.digest, capacity, BRUNO if capacity is Capacity.ENGINEER else CLAIRE)
        return reference

    def states(self, reference: str) -> dict[str, StepState]:
        found = self.desk.one(reference)
        return dict(zip((step.device for step in found.plan.steps), found.states, strict=True))

    def as_before(self, name: str) -> bool:
        return same(parsed(self[name].running, GRAMMAR), parsed(ROUTER.format(name=name), GRAMMAR))

    def why(self, reference: str, device: str) -> str:
        found = self.desk.one(reference)
        return next(why for step, why in zip(found.plan.steps, found.whys, strict=True) if step.device == device)

    def right(self, until: date | None, low: int = 3_429_000, high: int = 3_436_000) -> None:
        extent = Extent(frozenset({LEZAY}), Bands.of((low, high)), Period(date(2026, 1, 1), until))
        self.held.append(Holding("06-0744", "Region", "Region", extent, "06-0744"))

    def station(self) -> None:
        self.emits = True
        self["lezay"].running = STATION.format(name="lezay")


def until(so: Callable[[], bool]) -> None:
    """Wait, not for ever, until something of another thread is so."""
    wait = threading.Event()
    for _ in range(2_000):
        if so():
            return
        wait.wait(0.005)
    raise AssertionError("it never came so")


@pytest.fixture
def lab(sqlite_database: Database, clock: FakeClock, tmp_path: Path) -> Lab:
    return Lab(sqlite_database, clock, tmp_path)


def test_a_plan_is_carried_out_from_the_far_end_and_every_device_read_back(lab: Lab) -> None:
    reference = lab.approved()
    assert lab.runner.run(reference, BRUNO) is PlanState.DONE
    assert list(lab.states(reference)) == ["rom", "lezay", "melle"]
    assert set(lab.states(reference).values()) == {C}
    for name in lab.boxes.all:
        assert DONE in lab[name].running
        assert lab[name].saved == lab[name].running
        assert [cause for device, cause in lab.boxes.stored if device == name] == ["before_change", "after_change"]


def test_nothing_is_sent_without_the_approval_of_another(lab: Lab) -> None:
    reference = lab.desk.create(lab.wanted(), ANNE, "k")
    digest = lab.desk.one(reference).plan.digest
    with pytest.raises(PermissionRefused):
        lab.desk.approve(reference, digest, Capacity.ENGINEER, ANNE)
    with pytest.raises(Conflict, match="approval is missing"):
        lab.runner.run(reference, BRUNO)
    lab.desk.approve(reference, digest, Capacity.ENGINEER, BRUNO)
    with pytest.raises(PermissionRefused):
        lab.runner.run(reference, ANNE)
    assert lab.boxes.dialled == []


def test_a_revoked_approval_cannot_be_replayed(lab: Lab) -> None:
    reference = lab.approved()
    digest = lab.desk.one(reference).plan.digest
    lab.desk.revoke(reference, BRUNO)
    with pytest.raises(Conflict):
        lab.desk.approve(reference, digest, Capacity.ENGINEER, BRUNO)
    with pytest.raises(Conflict, match="approval is missing"):
        lab.runner.run(reference, BRUNO)
    with pytest.raises(NotFound):
        lab.desk.revoke(reference, BRUNO)


def test_a_plan_runs_once(lab: Lab) -> None:
    reference = lab.approved()
    lab.runner.run(reference, BRUNO)
    for again in (lambda: lab.runner.run(reference, BRUNO), lambda: lab.desk.revoke(reference, BRUNO)):
        with pytest.raises(Conflict):
            again()


def test_a_double_click_is_one_plan(lab: Lab) -> None:
    assert lab.desk.create(lab.wanted(), ANNE, "same") == lab.desk.create(lab.wanted(), ANNE, "same")
    assert len(lab.desk.every()) == 1


def test_fault_40_a_refused_line_is_taken_back_and_the_plan_stops(lab: Lab) -> None:
    lab["rom"].refuses = "mtu 9"
    reference = lab.approved(lab.wanted({name: [*NEW, " mtu 9"] for name in lab.boxes.all}))
    assert lab.runner.run(reference, BRUNO) is PlanState.STOPPED
    assert lab.states(reference) == {"rom": R, "lezay": P, "melle": P}
    assert OLD in lab["rom"].running
    assert "refused: mtu 9" in lab.why(reference, "rom")
    assert lab.boxes.dialled.count("lezay") == 0


def test_fault_40_what_the_device_does_not_keep_is_not_believed(lab: Lab) -> None:
    lab["rom"].ignores = "mtu 9"
    reference = lab.approved(lab.wanted({"rom": [*NEW, " mtu 9"]}))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": R}
    assert OLD in lab["rom"].running


def test_a_device_that_loses_its_way_to_us_is_taken_back_through_the_open_session(lab: Lab) -> None:
    lab["lezay"].cut_by = "ip route 0.0.0.0/0 null0"
    reference = lab.approved(lab.wanted({"lezay": ["ip route 0.0.0.0/0 null0"], "rom": NEW}))
    assert lab.runner.run(reference, BRUNO) is PlanState.STOPPED
    assert lab.states(reference) == {"rom": C, "lezay": R}
    assert lab.as_before("lezay")


def test_a_deaf_device_that_can_takes_the_change_back_by_itself(lab: Lab) -> None:
    lab["rom"].cut_by, lab["rom"].deaf, lab["rom"].arms = "description new", True, True
    reference = lab.approved(lab.wanted({"rom": NEW}))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": R}
    assert OLD in lab["rom"].running


def test_a_deaf_device_that_cannot_is_unknown_and_never_a_success(lab: Lab) -> None:
    lab["rom"].cut_by, lab["rom"].deaf = "description new", True
    reference = lab.approved(lab.wanted({"rom": NEW}))
    assert lab.runner.run(reference, BRUNO) is PlanState.STOPPED
    assert lab.states(reference) == {"rom": U}


def test_an_armed_device_is_told_in_time_that_the_change_stays(lab: Lab) -> None:
    lab["rom"].arms = True
    reference = lab.approved(lab.wanted({"rom": NEW}))
    lab.runner.run(reference, BRUNO)
    lab.clock.advance(3_600)
    lab["rom"].lives()
    assert lab.states(reference) == {"rom": C}
    assert DONE in lab["rom"].running


def test_a_change_that_loses_subscribers_is_taken_back(lab: Lab) -> None:
    lab["rom"].served, lab["rom"].serves_after = 10, 8
    reference = lab.approved(lab.wanted({"rom": NEW}))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": R}
    assert lab.why(reference, "rom") == "8 of 10 subscribers came back"


def test_fault_39_a_dropped_session_is_judged_by_reading(lab: Lab) -> None:
    lab["rom"].drops_at = "description new"
    reference = lab.approved(lab.wanted({"rom": ["hostname rome", *NEW]}))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": R}
    assert lab.as_before("rom")


def test_a_configuration_that_changed_since_the_preview_is_not_touched(lab: Lab) -> None:
    reference = lab.approved()
    lab["rom"].enter(["hostname other"])
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference)["rom"] is UT
    assert lab["rom"].received == []


def test_a_device_that_is_silent_from_the_start_is_untouched(lab: Lab) -> None:
    lab["rom"].unreachable = True
    reference = lab.approved(lab.wanted(stop_after=3, canary=1))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": UT, "lezay": P, "melle": P}


def test_after_the_canary_k_failures_stop_a_plan(lab: Lab) -> None:
    lab["lezay"].refuses = "description new"
    reference = lab.approved(lab.wanted(stop_after=2))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": C, "lezay": R, "melle": C}
    assert lab.desk.one(reference).why == "1 of 3 devices failed"


def test_fault_42_two_changes_never_meet_on_a_device(lab: Lab) -> None:
    lab.boxes.busy.add("rom")
    reference = lab.approved()
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference)["rom"] is UT


def test_fault_82_a_plan_that_was_not_begun_when_the_program_stops_keeps_its_approval(lab: Lab) -> None:
    reference = lab.approved()
    lab.runner.stop()
    with pytest.raises(Conflict) as refused:
        lab.runner.run(reference, BRUNO)
    assert refused.value.code == "stopping"
    assert lab.desk.one(reference).state is PlanState.DRAFT
    assert Runner(lab.desk, lab.boxes.ports(), "again").run(reference, BRUNO) is PlanState.DONE


def test_fault_39_a_plan_stops_after_the_device_at_work_when_asked(lab: Lab) -> None:
    reference = lab.approved()
    lab.runner.claim(reference, BRUNO)
    lab.desk.cancel(reference, ANNE, say("wrong evening"))
    assert lab.runner.carry_out(reference) is PlanState.STOPPED
    assert lab.desk.one(reference).why == "stopped on request"
    assert lab.boxes.dialled == []


def test_fault_82_a_plan_of_a_process_of_this_machine_that_ended_is_found_at_once(lab: Lab) -> None:
    """Not after minutes: its name tells that it is gone. One that lives is left alone, however fresh its number is."""
    lab["rom"].killed_at = "send"
    reference = lab.approved(lab.wanted({"rom": NEW}))
    gone = subprocess.Popen([sys.executable, "-c", "from nms.ops.change.beat import myself; print(myself())"],
                            stdout=subprocess.PIPE, text=True)  # fmt: skip
    name = gone.communicate(timeout=30)[0].strip()
    with pytest.raises(Killed):
        Runner(lab.desk, lab.boxes.ports(), name).run(reference, BRUNO)
    with lab.database.transaction() as session:
        lab.desk.locked(session, reference).running_by = myself()
    assert lab.runner.recover() == []
    with lab.database.transaction() as session:
        lab.desk.locked(session, reference).running_by = name
    assert lab.runner.recover() == [reference]
    assert lab.states(reference) == {"rom": U}


def test_a_process_is_told_from_a_later_one_with_its_number_and_from_one_of_another_machine() -> None:
    name = myself()
    assert not is_gone(name)
    assert is_gone(name.rpartition(":")[0] + ":1")
    assert not is_gone("elsewhere:" + name.partition(":")[2])
    assert not is_gone("test")


def test_what_takes_long_on_a_device_is_known_alive_and_held_on_all_the_while(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that takes hours for one line, by the clock: nobody takes the plan for abandoned meanwhile."""
    monkeypatch.setattr(beat, "BEAT_S", 0.005)
    found: list[str] = []
    keeper = Runner(lab.desk, lab.boxes.ports(), "keeper")

    def slow(lines: Sequence[str]) -> None:
        for _ in range(6):
            lab.clock.advance(ABANDONED_AFTER.total_seconds() - 1)
            before = len(lab.boxes.held_on)
            until(lambda before=before: len(lab.boxes.held_on) > before + 1)  # type: ignore[misc]
            found.extend(keeper.recover())
        Box.enter(lab["rom"], lines)

    monkeypatch.setattr(lab["rom"], "enter", slow, raising=False)
    reference = lab.approved(lab.wanted({"rom": ["interface eth0", " description newer"]}))
    lab.runner.run(reference, BRUNO)
    assert found == []
    at_end = len(lab.boxes.held_on)
    until(lambda: not any(one.name == "change-beat" for one in threading.enumerate()))
    assert len(lab.boxes.held_on) == at_end, "nothing is held on afterwards"


@pytest.mark.parametrize(("at", "as_read"), [("send", U), ("save", C), ("read", P)])
def test_fault_39_a_process_killed_at_work_leaves_unknown_until_read(lab: Lab, at: str, as_read: StepState) -> None:
    lab["rom"].killed_at = at
    reference = lab.approved(lab.wanted({"rom": ["hostname rome", *NEW], "lezay": NEW}))
    with pytest.raises(Killed):
        lab.runner.run(reference, BRUNO)
    assert lab.runner.recover() == []
    lab.clock.advance(ABANDONED_AFTER.total_seconds() + 1)
    assert lab.runner.recover() == [reference]
    assert lab.desk.one(reference).state is PlanState.STOPPED
    if as_read is P:
        assert lab.states(reference)["rom"] is P
        return
    assert lab.states(reference)["rom"] is U
    lab.boxes.busy.clear()
    assert lab.runner.read_back(reference, "rom", BRUNO) is as_read
    if as_read is U:
        assert lab.runner.take_back(reference, "rom", BRUNO) is R
        assert lab.as_before("rom")
    with pytest.raises(Conflict):
        lab.runner.read_back(reference, "rom", BRUNO)


def test_an_order_by_hand_that_cuts_off_is_refused(lab: Lab) -> None:
    with pytest.raises(InputError, match="melle is changed while"):
        lab.desk.create(lab.wanted(in_order=["melle", "rom", "lezay"]), ANNE, "k")


def test_an_order_that_cuts_off_on_the_network_of_today_is_not_begun(lab: Lab) -> None:
    reference = lab.approved()
    assert lab.desk.one(reference).plan.devices == ("rom", "lezay", "melle")
    drafted, lab.topology = lab.topology, Topology.of([("rom", "lezay"), ("lezay", "melle")])
    with pytest.raises(InputError, match="rom is changed while lezay, melle still stand behind it"):
        lab.runner.run(reference, BRUNO)
    assert lab.boxes.dialled == []
    lab.topology = drafted
    assert lab.runner.run(reference, BRUNO) is PlanState.DONE


def test_every_obstacle_is_told_at_once(lab: Lab) -> None:
    found = lab.desk.preview(lab.wanted({"rom": ["bad\x07line"], "nowhere": NEW, "melle": ["hostname melle"]}))
    assert [one.device for one in found.obstacles] == ["nowhere", "rom", "melle"]


def test_an_unattended_plan_is_due_in_its_window_once_it_is_approved(lab: Lab) -> None:
    reference = lab.desk.create(replace(lab.wanted(), unattended=True), ANNE, "k")
    assert not lab.desk.is_due(lab.desk.waiting()[0])
    lab.desk.approve(reference, lab.desk.one(reference).plan.digest, Capacity.ENGINEER, BRUNO)
    assert lab.desk.is_due(lab.desk.waiting()[0])
    lab.clock.advance(7_201)
    assert not lab.desk.is_due(lab.desk.waiting()[0])


@pytest.mark.parametrize("value", ["x\u2028no shutdown", "x\x0bno", "x\x85reload", "x\ty", "x\x1b[2J", "e" * 1_001])
def test_fault_38_what_is_more_than_one_line_of_text_reaches_no_device(lab: Lab, value: str) -> None:
    with pytest.raises(InputError, match="not one line"):
        lab.desk.create(lab.wanted({"rom": ["interface eth0", f" description {value}"]}), ANNE, "k")
    assert lab.boxes.dialled == []


def test_fault_38_a_question_mark_reaches_no_device(lab: Lab) -> None:
    with pytest.raises(InputError, match="question mark"):
        lab.desk.create(lab.wanted({"rom": ["interface eth0", " description why?"]}), ANNE, "k")


@pytest.mark.parametrize("there", ["from\u00a0here", "a\u2028b", "why?"])
def test_fault_38_what_could_not_be_typed_back_is_not_taken_away(lab: Lab, there: str) -> None:
    lab["rom"].running = f"interface eth0\n description {there}"
    with pytest.raises(InputError, match="could not be taken back"):
        lab.desk.create(lab.wanted({"rom": NEW}), ANNE, "k")


def test_fault_40_a_device_that_holds_what_cannot_be_typed_ends_unknown_and_the_plan_ends(lab: Lab) -> None:
    reference = lab.approved(lab.wanted({"rom": ["no hostname rom"]}))
    lab["rom"].becomes = "interface eth0\n description from\u00a0here"
    assert lab.runner.run(reference, BRUNO) is PlanState.STOPPED
    assert lab.states(reference) == {"rom": U}


@pytest.mark.parametrize("killed_at", ["send", "save"])
def test_fault_39_what_is_read_as_intended_is_not_taken_back_afterwards(lab: Lab, killed_at: str) -> None:
    """The process died after it had armed the device: who has it read as intended has it disarmed and saved."""
    lab["rom"].killed_at, lab["rom"].arms = killed_at, True
    reference = lab.approved(lab.wanted({"rom": ["hostname rome"]}))
    with pytest.raises(Killed):
        lab.runner.run(reference, BRUNO)
    with lab.database.transaction() as session:
        lab.desk.locked(session, reference).seen_at = lab.clock.now() - ABANDONED_AFTER
    assert lab.runner.recover() == [reference]
    lab.boxes.busy.clear()
    assert lab.runner.read_back(reference, "rom", BRUNO) is C
    lab.clock.advance(3_600)
    lab["rom"].lives()
    assert "hostname rome" in lab["rom"].running
    assert "hostname rome" in lab["rom"].saved


def unknown(lab: Lab) -> str:
    """A plan whose process died after it had sent `hostname rome` to rom."""
    lab["rom"].killed_at = "send"
    reference = lab.approved(lab.wanted({"rom": ["hostname rome"]}))
    with pytest.raises(Killed):
        lab.runner.run(reference, BRUNO)
    lab.clock.advance(ABANDONED_AFTER.total_seconds() + 1)
    assert lab.runner.recover() == [reference]
    lab.boxes.busy.clear()
    return reference


def test_fault_39_a_process_killed_while_a_person_has_a_device_brought_back_leaves_unknown(lab: Lab) -> None:
    reference = unknown(lab)
    lab["rom"].killed_at = "send"
    with pytest.raises(Killed):
        lab.runner.take_back(reference, "rom", BRUNO)
    assert lab.runner.recover() == []
    lab.clock.advance(ABANDONED_AFTER.total_seconds() + 1)
    assert lab.runner.recover() == [reference]
    assert lab.states(reference) == {"rom": U}
    assert lab.desk.one(reference).why == "the program ended while this plan ran"
    lab.boxes.busy.clear()
    assert lab.runner.take_back(reference, "rom", BRUNO) is R
    assert lab.runner.recover() == []


@pytest.mark.parametrize("act", ["read_back", "take_back"])
def test_fault_42_who_comes_second_to_a_device_of_unknown_state_changes_nothing_of_what_is_told(
    lab: Lab, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people press a button at once: the lock is the plan's, so that both may come in."""
    reference, alone = unknown(lab), lab.boxes.alone

    @contextmanager
    def late(device: str, owner: str) -> Iterator[Callable[[], None]]:
        monkeypatch.setattr(lab.boxes, "alone", alone)
        runner = Runner(lab.desk, lab.boxes.ports(), "other")
        assert runner.take_back(reference, device, BRUNO) is R
        with alone(device, owner) as hold:
            yield hold

    monkeypatch.setattr(lab.boxes, "alone", late)
    sent = len(lab["rom"].received)
    with pytest.raises(Conflict, match="is known"):
        getattr(Runner(lab.desk, lab.boxes.ports(), "test"), act)(reference, "rom", BRUNO)
    assert lab.states(reference) == {"rom": R}
    assert len(lab["rom"].received) == sent + 1, "what took it back was sent once"


def test_what_takes_a_plan_back_leaves_what_was_changed_since(lab: Lab) -> None:
    reference = lab.approved(lab.wanted({"rom": NEW}))
    assert lab.runner.run(reference, BRUNO) is PlanState.DONE
    lab["rom"].enter(["ip route 10.8.0.0/16 10.0.0.1"])
    assert lab.desk.way_back(reference) == "@rom\ninterface eth0\n description old\n"
    lab["rom"].enter(OLD.splitlines())
    assert lab.desk.way_back(reference) == ""


def test_a_device_to_which_nothing_was_sent_has_no_beginning(lab: Lab) -> None:
    lab["rom"].unreachable = True
    reference = lab.approved(lab.wanted({"rom": NEW}))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": UT}
    assert lab.desk.one(reference).row.steps[0].began_at is None


def test_what_is_sealed_of_a_draft_is_what_is_approved_whatever_the_zone_of_its_window(lab: Lab) -> None:
    wanted = lab.wanted({"rom": NEW})
    there = replace(wanted, opens_at=wanted.opens_at.astimezone(PARIS), closes_at=wanted.closes_at.astimezone(PARIS))
    reference = lab.desk.create(there, ANNE, "k")
    with lab.database.reading() as session:
        told = "".join(ledger.export(session))
    assert lab.desk.one(reference).plan.digest in told


RETUNE = {"lezay": ["radio 1", " frequency 3433000"]}
MEANT = date(2026, 12, 31)


def test_a_retune_within_the_right_needs_a_legal_approver(lab: Lab) -> None:
    lab.station()
    lab.right(date(2027, 1, 1), high=3_437_000)
    reference = lab.desk.create(lab.wanted(RETUNE, until=MEANT), ANNE, "k")
    plan = lab.desk.one(reference).plan
    lab.desk.approve(reference, plan.digest, Capacity.ENGINEER, BRUNO)
    with pytest.raises(Conflict, match="legal"):
        lab.runner.run(reference, BRUNO)
    with pytest.raises(PermissionRefused):
        lab.desk.approve(reference, plan.digest, Capacity.LEGAL, BRUNO)
    lab.desk.approve(reference, plan.digest, Capacity.LEGAL, CLAIRE)
    assert lab.runner.run(reference, BRUNO) is PlanState.DONE


@pytest.mark.parametrize("until", [date(2027, 1, 1), date(2026, 12, 31)], ids=["too-wide", "too-short"])
def test_a_retune_outside_the_right_is_refused_with_the_article(lab: Lab, until: date) -> None:
    lab.station()
    lab.right(until, high=3_436_000 if until.year == 2027 else 3_437_000)
    with pytest.raises(LawRefusal, match=r"L\. 42-") as refused:
        lab.desk.create(lab.wanted(RETUNE, until=MEANT), ANNE, "k")
    assert refused.value.facts["article"] in ("L. 42-1", "L. 42-3")
    assert lab.desk.every() == []


def test_a_right_that_ends_between_approval_and_hour_stops_the_plan(lab: Lab) -> None:
    lab.station()
    lab.right(date(2027, 1, 1), high=3_437_000)
    reference = lab.approved(lab.wanted(RETUNE, until=MEANT))
    lab.held.clear()
    with pytest.raises(LawRefusal):
        lab.runner.run(reference, BRUNO)
    lab.right(date(2027, 1, 1), high=3_437_000)
    lab.runner.claim(reference, BRUNO)
    lab.held.clear()
    lab.runner.carry_out(reference)
    assert lab.states(reference) == {"lezay": UT}
    assert lab.boxes.dialled == []


def test_taking_back_never_returns_to_what_no_right_covers(lab: Lab) -> None:
    """The station emitted outside its right; the change mends that; the way back is silence."""
    lab.station()
    lab["lezay"].running = STATION.format(name="lezay").replace("3432500", "3400000")
    lab.right(date(2027, 1, 1), high=3_437_000)
    lab["lezay"].served, lab["lezay"].serves_after = 5, 0
    reference = lab.approved(lab.wanted(RETUNE, until=MEANT))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"lezay": R}
    assert " frequency 3400000" in lab["lezay"].running
    assert " shutdown" in lab["lezay"].running


def test_silence_is_always_allowed(lab: Lab) -> None:
    lab.station()
    reference = lab.approved(lab.wanted({"lezay": ["radio 1", " shutdown"]}, until=MEANT))
    assert lab.runner.run(reference, BRUNO) is PlanState.DONE


def test_a_station_whose_dialect_is_not_known_is_not_changed(lab: Lab) -> None:
    lab.station()
    family = Family(GRAMMAR, None)
    subjects = lab.subjects
    lab.desk._subjects = lambda session, names: {
        name: replace(one, family=family) for name, one in subjects(session, names).items()
    }
    with pytest.raises(LawRefusal):
        lab.desk.create(lab.wanted(RETUNE, until=MEANT), ANNE, "k")


def test_a_device_that_got_sectors_since_the_draft_is_not_changed_when_none_can_read_them(
    lab: Lab,
) -> None:
    subjects = lab.subjects
    lab.desk._subjects = lambda session, names: {
        name: replace(one, family=Family(GRAMMAR, None)) for name, one in subjects(session, names).items()
    }
    wanted = lab.wanted({"lezay": NEW})
    reference = lab.desk.create(wanted, ANNE, "k")
    digest = lab.desk.one(reference).plan.digest
    lab.desk.approve(reference, digest, Capacity.ENGINEER, BRUNO)
    lab.emits = True
    for late in (
        lambda: lab.desk.approve(reference, digest, Capacity.ENGINEER, replace(BRUNO, name="dora")),
        lambda: lab.runner.run(reference, BRUNO),
    ):
        with pytest.raises(LawRefusal, match=r"L\. 42-1: lezay: it has sectors"):
            late()
    lab.emits = False
    lab.runner.claim(reference, BRUNO)
    lab.emits = True
    lab.runner.carry_out(reference)
    assert lab.states(reference) == {"lezay": UT}
    assert lab.boxes.dialled == []


def test_the_journal_tells_the_whole_story_and_no_secret(lab: Lab) -> None:
    reference = lab.approved()
    lab.runner.run(reference, BRUNO)
    with lab.database.reading() as session:
        told = "".join(ledger.export(session))
        assert ledger.verify(session).broken_at is None
    for word in ("drafted", "approved", "started", "confirmed", "done"):
        assert f'"{word}' in told or f"{word}" in told
    assert "canary-community" not in told
    raw = (lab.database.engine.url.database and Path(lab.database.engine.url.database).read_bytes()) or b""
    assert b"canary-community" not in raw
