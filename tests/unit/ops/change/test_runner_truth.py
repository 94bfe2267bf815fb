"""Plans carried out on devices in memory: what is believed, what is taken back, where it stops."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from collectors.driver import bundled
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import BadAnswer, Conflict, GuardRefused
from nms.base.text import say
from nms.ops.change import beat
from nms.ops.change.beat import is_gone, myself
from nms.ops.change.plan import Limits, PlanState, StepState
from nms.ops.change.prepare import Family
from nms.ops.change.runner import ABANDONED_AFTER, Runner
from tests.fakes.boxes import GRAMMAR, Box, Killed
from tests.fakes.change_lab import ANNE, BRUNO, DONE, NEW, OLD, ROUTER, UT, C, Lab, P, R, U


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


def test_a_device_that_loses_its_way_to_us_only_later_is_taken_back_through_the_open_session(lab: Lab) -> None:
    """It was reached once, as intended and without its people; then what it had learnt ran out."""
    lab["rom"].served, lab["rom"].serves_after = 10, 0
    lab["rom"].cut_by, lab["rom"].cut_after_s = "description new", 20.0
    reference = lab.approved(lab.wanted({"rom": NEW}))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": R}
    assert lab.as_before("rom")


def test_a_device_that_is_lost_after_it_was_seen_is_taken_back_through_the_open_session(lab: Lab) -> None:
    """It was read, and not as intended; then nothing of it reached us any more."""
    lab["rom"].ignores, lab["rom"].cut_by, lab["rom"].cut_after_reads = "description new", "mtu 9", 3
    reference = lab.approved(lab.wanted({"rom": [*NEW, " mtu 9"]}))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": R}
    assert lab.as_before("rom")


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


ACL = "ip access-list extended IN\n deny ip host 192.0.2.9 any\n permit ip any any"
TURNED = "ip access-list extended IN\n permit ip any any\n deny ip host 192.0.2.9 any"
MORE = ["ip access-list extended IN", " permit icmp any any"]


@pytest.fixture
def listed(lab: Lab) -> Lab:
    """`rom` has an access list, in which order counts."""
    lab.boxes.grammar = replace(GRAMMAR, ordered=bundled()["cisco_ios"].ordered)
    lab.family, lab["rom"].running = Family(lab.boxes.grammar), ACL
    return lab


def test_a_line_that_came_to_another_place_of_an_access_list_is_not_as_intended(listed: Lab) -> None:
    """A router that puts it first: every line of the list is there, and another packet is let in."""
    listed["rom"].becomes = "ip access-list extended IN\n permit icmp any any\n" + ACL.partition("\n")[2]
    reference = listed.approved(listed.wanted({"rom": MORE}))
    listed.runner.run(reference, BRUNO)
    assert listed.states(reference) == {"rom": U}


def test_a_line_that_came_to_its_place_of_an_access_list_is_confirmed(listed: Lab) -> None:
    reference = listed.approved(listed.wanted({"rom": MORE}))
    listed.runner.run(reference, BRUNO)
    assert listed.states(reference) == {"rom": C}


def test_an_access_list_that_was_turned_round_since_the_preview_is_not_touched(listed: Lab) -> None:
    reference = listed.approved(listed.wanted({"rom": MORE}))
    listed["rom"].running = TURNED
    listed.runner.run(reference, BRUNO)
    assert listed.states(reference) == {"rom": UT}


def test_an_access_list_with_its_lines_in_another_order_is_not_as_before(listed: Lab) -> None:
    listed["rom"].cut_by, listed["rom"].deaf = "icmp", True
    reference = listed.approved(listed.wanted({"rom": MORE}))
    listed.runner.run(reference, BRUNO)
    listed["rom"].cut_by, listed["rom"].running = "", TURNED
    assert listed.runner.read_back(reference, "rom", BRUNO) is U
    assert listed.runner.take_back(reference, "rom", BRUNO) is U
    assert "in another order" in listed.why(reference, "rom")


def test_people_who_are_listed_right_after_a_change_and_gone_a_moment_later_did_not_come_back(lab: Lab) -> None:
    """A station forgets its terminals slowly: the first count after a change may be of before."""
    lab["rom"].served, lab["rom"].serves_later = 10, (8.0, 2)
    reference = lab.approved(lab.wanted({"rom": NEW}))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": R}
    assert lab.why(reference, "rom") == "2 of 10 subscribers came back"


def test_people_who_come_back_at_the_last_moment_are_back(lab: Lab) -> None:
    lab["rom"].served, lab["rom"].serves_after, lab["rom"].serves_later = 10, 0, (57.0, 9)
    reference = lab.approved(lab.wanted({"rom": NEW}))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": C}


def test_a_device_that_could_not_be_counted_before_is_confirmed_and_that_is_said(lab: Lab) -> None:
    lab["rom"].uncounted = "before"
    reference = lab.approved(lab.wanted({"rom": NEW}))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": C}
    assert lab.why(reference, "rom") == "its subscribers were not counted before the change: no answer over SNMP"


def test_a_device_that_cannot_be_counted_afterwards_is_taken_back(lab: Lab) -> None:
    lab["rom"].served, lab["rom"].uncounted = 10, "after"
    reference = lab.approved(lab.wanted({"rom": NEW}))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": R}
    assert lab.why(reference, "rom") == "no answer over SNMP"
    assert lab.as_before("rom")


def test_where_nobody_must_come_back_nobody_is_counted(lab: Lab) -> None:
    lab["rom"].served, lab["rom"].uncounted = 10, "after"
    reference = lab.approved(replace(lab.wanted({"rom": NEW}), limits=Limits(wait_s=60, back_pct=0)))
    lab.runner.run(reference, BRUNO)
    assert lab.states(reference) == {"rom": C}


def test_a_device_that_leaves_the_inventory_while_it_is_changed_is_never_called_untouched(lab: Lab) -> None:
    lab["rom"].forgotten = True
    reference = lab.approved(lab.wanted({"rom": NEW}))
    assert lab.runner.run(reference, BRUNO) is PlanState.STOPPED
    assert lab["rom"].received == NEW
    assert lab.as_before("rom"), "the session that was open took it back"
    assert lab.states(reference) == {"rom": U}, "which nobody has read"
    assert "there is no device rom" in lab.why(reference, "rom")


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


REFUSED = BadAnswer("command_refused", "no commit is pending")
STUCK = GuardRefused("guard_refused", "the watch could not be ended")


def test_a_device_that_is_as_before_may_refuse_to_hear_that_a_change_stays(lab: Lab) -> None:
    reference = unknown(lab)
    lab["rom"].running, lab["rom"].deaf_to_end = ROUTER.format(name="rom"), REFUSED
    assert lab.runner.read_back(reference, "rom", BRUNO) is R


def test_a_device_whose_guard_cannot_be_ended_stays_unknown_though_it_is_as_before(lab: Lab) -> None:
    """The guard would undo what comes later."""
    reference = unknown(lab)
    lab["rom"].running, lab["rom"].deaf_to_end = ROUTER.format(name="rom"), STUCK
    with pytest.raises(GuardRefused):
        lab.runner.read_back(reference, "rom", BRUNO)
    assert lab.states(reference) == {"rom": U}
    assert lab.runner.take_back(reference, "rom", BRUNO) is U
    lab["rom"].deaf_to_end = None
    assert lab.runner.take_back(reference, "rom", BRUNO) is R


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


@pytest.mark.parametrize("by", ["the same process", "another process of this machine"])
def test_a_clock_that_jumps_ahead_makes_no_plan_at_work_abandoned(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """The hour was put right in the middle: whoever is at work is known to live, and goes on."""
    worker = Runner(lab.desk, lab.boxes.ports(), myself())
    finder = worker if by == "the same process" else Runner(lab.desk, lab.boxes.ports(), "another")
    found: list[str] = []

    def slow(lines: Sequence[str]) -> None:
        lab.clock.step_wall(3_600)
        found.extend(finder.recover())
        Box.enter(lab["rom"], lines)

    monkeypatch.setattr(lab["rom"], "enter", slow, raising=False)
    reference = lab.approved(lab.wanted({"rom": ["hostname rome"]}))
    assert worker.run(reference, BRUNO) is PlanState.DONE
    assert found == []


def test_a_plan_that_somebody_else_ended_goes_on_to_no_other_device(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another machine took it for abandoned: its people have been told that it is over."""

    def slow(lines: Sequence[str]) -> None:
        with lab.database.transaction() as session:
            lab.desk.locked(session, reference).state = PlanState.STOPPED.value
        Box.enter(lab["rom"], lines)

    monkeypatch.setattr(lab["rom"], "enter", slow, raising=False)
    reference = lab.approved(lab.wanted({"rom": ["hostname rome"], "lezay": NEW}))
    assert lab.runner.run(reference, BRUNO) is PlanState.STOPPED
    assert lab.states(reference) == {"rom": C, "lezay": P}


def test_a_message_of_the_device_in_the_middle_of_what_it_shows_is_no_change(lab: Lab) -> None:
    lab["rom"].noisy = True
    reference = lab.approved(lab.wanted({"rom": NEW}))
    assert lab.runner.run(reference, BRUNO) is PlanState.DONE
    assert lab.states(reference) == {"rom": C}
    assert "%LINK" not in lab["rom"].saved
