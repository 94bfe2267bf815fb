"""What the states mean: a table of truth, hysteresis and the second look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nms.base.settings import HealthSettings
from nms.ops.health import End, Evidence, Memory, judge, never_polled
from nms.ops.state import State

AT = datetime(2026, 11, 23, 13, 3, tzinfo=UTC)
LIMITS = HealthSettings()
GOOD = Evidence(reachable=True)
MINUTE = timedelta(minutes=1)


def looks(evidences: list[Evidence], memory: Memory | None = None) -> Memory:
    """The memory after these polls, a minute apart, beginning with an object that is up."""
    memory = memory or judge(never_polled(AT), GOOD, AT, LIMITS)
    for minute, evidence in enumerate(evidences, start=1):
        memory = judge(memory, evidence, AT + minute * MINUTE, LIMITS)
    return memory


TRUTH = [
    (Evidence(reachable=True), State.UP, []),
    (Evidence(reachable=None), State.UNMEASURED, ["never_polled"]),
    (Evidence(reachable=False), State.DOWN, ["no_answer"]),
    (Evidence(reachable=False, parent_down="bh-1"), State.DOWN, ["behind", "no_answer"]),
    (Evidence(refusal="AuthFailed"), State.UNKNOWN, ["refused"]),
    (Evidence(reachable=True, refusal="BadAnswer"), State.UNKNOWN, ["refused"]),
    (Evidence(reachable=False, not_in_service="maintenance"), State.UNMEASURED, ["maintenance"]),
    (Evidence(reachable=True, not_in_service="planned"), State.UNMEASURED, ["planned"]),
    (Evidence(reachable=True, ends=(End("eth0", True), End("wlan0", True))), State.UP, []),
    (Evidence(reachable=True, ends=(End("eth0", False), End("wlan0", True))), State.DOWN, ["port_down"]),
    (Evidence(reachable=True, ends=(End("eth0", True), End("wlan0", False))), State.DOWN, ["port_down"]),
    (Evidence(reachable=True, ends=(End("eth0", False, False),)), State.DOWN, ["port_disabled"]),
    (Evidence(reachable=True, ends=(End("eth0", None),)), State.UNMEASURED, ["not_answered"]),
    (Evidence(reachable=True, absent="cpe-7"), State.DOWN, ["absent"]),
    (Evidence(reachable=True, loss_ratio=0.011), State.DEGRADED, ["loss"]),
    (Evidence(reachable=True, loss_ratio=0.01), State.UP, []),
    (Evidence(reachable=True, rtt_s=0.2), State.DEGRADED, ["latency"]),
    (Evidence(reachable=True, utilisation_ratio=0.91), State.DEGRADED, ["utilisation"]),
    (Evidence(reachable=True, errors_per_s=1.5), State.DEGRADED, ["errors"]),
    (Evidence(reachable=True, cinr_db=9.9), State.DEGRADED, ["cinr"]),
    (Evidence(reachable=True, rssi_dbm=-88.5), State.DEGRADED, ["rssi"]),
    (Evidence(reachable=True, port_speed_bps=1_000_000, committed_bps=2_000_000), State.DEGRADED, ["port_slow"]),
    (Evidence(reachable=True, port_speed_bps=2_000_000, committed_bps=2_000_000), State.UP, []),
    (Evidence(reachable=True, loss_ratio=0.5, ends=(End("eth0", False),)), State.DOWN, ["port_down", "loss"]),
]


@pytest.mark.parametrize(("evidence", "state", "codes"), TRUTH)
def test_the_table_of_truth_holds_after_the_second_look(evidence: Evidence, state: State, codes: list[str]) -> None:
    judgement = looks([evidence, evidence]).judgement
    assert (judgement.state, [reason.code for reason in judgement.reasons]) == (state, codes)


@pytest.mark.parametrize("bad", [row[0] for row in TRUTH if row[1] in {State.DOWN, State.DEGRADED, State.UNKNOWN}])
def test_nothing_worsens_at_the_first_look(bad: Evidence) -> None:
    memory = looks([bad])
    assert memory.judgement.state is State.UP
    assert memory.wants_second_look
    assert looks([bad, GOOD, bad]).judgement.state is State.UP


def test_a_second_look_confirms_no_more_than_both_looks_saw() -> None:
    """Degraded, then down: down was seen once only."""
    loss, silence = Evidence(reachable=True, loss_ratio=0.2), Evidence(reachable=False)
    assert looks([loss, silence]).judgement.state is not State.DOWN
    assert looks([loss, silence, silence]).judgement.state is State.DOWN


def test_the_second_look_is_against_the_level_of_entry() -> None:
    """A value inside the band keeps a cause that is in force; it does not confirm one that is not."""
    memory = looks([Evidence(reachable=True, loss_ratio=0.02), Evidence(reachable=True, loss_ratio=0.007)])
    assert memory.judgement.state is State.UP


def test_a_cause_in_force_ends_only_beyond_its_clear_level() -> None:
    bad, between = Evidence(reachable=True, cinr_db=9.0), Evidence(reachable=True, cinr_db=11.0)
    memory = looks([bad, bad])
    assert memory.judgement.state is State.DEGRADED
    memory = looks([between] * 5, memory)
    assert memory.judgement.state is State.DEGRADED
    assert looks([Evidence(reachable=True, cinr_db=12.5)], memory).judgement.state is State.UP


RISING = {
    "loss_ratio": (LIMITS.loss_clear_ratio, LIMITS.loss_degraded_ratio),
    "rtt_s": (LIMITS.latency_clear_s, LIMITS.latency_degraded_s),
    "utilisation_ratio": (LIMITS.utilisation_clear_ratio, LIMITS.utilisation_degraded_ratio),
    "errors_per_s": (LIMITS.errors_clear_per_s, LIMITS.errors_degraded_per_s),
    "cinr_db": (LIMITS.cinr_degraded_db, LIMITS.cinr_clear_db),
    "rssi_dbm": (LIMITS.rssi_degraded_dbm, LIMITS.rssi_clear_dbm),
}


@pytest.mark.parametrize("name", RISING)
@given(shares=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=40), begins_degraded=st.booleans())
def test_inside_the_band_nothing_flaps(name: str, shares: list[float], begins_degraded: bool) -> None:
    low, high = RISING[name]
    if begins_degraded:
        worst = low - 5 if name.endswith(("_db", "_dbm")) else high * 2
        memory = looks([Evidence(reachable=True, **{name: worst})] * 2)  # type: ignore[arg-type]  # one float field
    else:
        memory = looks([GOOD])
    began = memory.judgement.state
    inside = [Evidence(reachable=True, **{name: low + share * (high - low)}) for share in shares]  # type: ignore[arg-type]  # the same
    for evidence in inside:
        memory = judge(memory, evidence, AT, LIMITS)
        assert memory.judgement.state is began


EVIDENCE = st.builds(
    Evidence,
    reachable=st.sampled_from([True, True, True, False, None]),
    refusal=st.sampled_from(["", "", "AuthFailed"]),
    loss_ratio=st.one_of(st.none(), st.floats(0, 1)),
    cinr_db=st.one_of(st.none(), st.floats(-20, 37)),
)
BAD = {State.DEGRADED, State.DOWN, State.UNKNOWN}


@given(st.lists(EVIDENCE, max_size=30))
def test_a_state_worsens_only_when_the_poll_before_was_bad_too(evidences: list[Evidence]) -> None:
    memory = judge(never_polled(AT), GOOD, AT, LIMITS)
    before_bad = False
    for minute, evidence in enumerate(evidences, start=1):
        was = memory.judgement.state
        memory = judge(memory, evidence, AT + minute * MINUTE, LIMITS)
        is_now = memory.judgement.state
        if was is State.UP and is_now in BAD:
            assert before_bad
        before_bad = memory.wants_second_look or is_now in BAD


@given(st.lists(EVIDENCE, max_size=30))
def test_since_changes_exactly_when_the_state_does_and_never_goes_back(evidences: list[Evidence]) -> None:
    memory = judge(never_polled(AT), GOOD, AT, LIMITS)
    for minute, evidence in enumerate(evidences, start=1):
        was = memory.judgement
        memory = judge(memory, evidence, AT + minute * MINUTE, LIMITS)
        assert (memory.judgement.since == was.since) == (memory.judgement.state is was.state)
        assert memory.judgement.since >= was.since
