"""Who must say yes to what, and when a plan goes on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nms.ops.change.plan import (
    Approval,
    Capacity,
    Limits,
    Plan,
    Step,
    StepState,
    back_enough,
    lacking,
    next_step,
    obstacles,
)
from nms.ops.change.radio import RadioChange, RadioState

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
QUIET = Step("lezay", ("hostname lezay",), ("hostname lezai",), "a", "b")
ON_AIR = replace(QUIET, radios=(RadioChange("1", None, RadioState(True, 3_432_500, 7_000)),))
PLAN = Plan("C-2026-0001", 1, "anne", "names", (QUIET,), Limits(), NOON, NOON + timedelta(hours=2))
RADIO_PLAN = replace(PLAN, steps=(ON_AIR,))
ENGINEER, LEGAL = Capacity.ENGINEER, Capacity.LEGAL


def yes(by: str, capacity: Capacity, plan: Plan = PLAN) -> Approval:
    return Approval(by, capacity, plan.digest, NOON)


def test_the_author_never_counts() -> None:
    assert lacking(PLAN, [yes("anne", ENGINEER)]) == (ENGINEER,)
    assert lacking(PLAN, [yes("bruno", ENGINEER)]) == ()


def test_a_plan_that_touches_a_radio_needs_a_legal_approver_too() -> None:
    assert lacking(RADIO_PLAN, [yes("bruno", ENGINEER, RADIO_PLAN)]) == (LEGAL,)
    assert lacking(RADIO_PLAN, [yes("bruno", ENGINEER, RADIO_PLAN), yes("claire", LEGAL, RADIO_PLAN)]) == ()


def test_one_person_counts_once_in_whichever_capacity_helps() -> None:
    both = [yes("bruno", ENGINEER, RADIO_PLAN), yes("bruno", LEGAL, RADIO_PLAN)]
    assert len(lacking(RADIO_PLAN, both)) == 1
    assert lacking(RADIO_PLAN, [*both, yes("denis", ENGINEER, RADIO_PLAN)]) == ()
    assert lacking(RADIO_PLAN, [*both, yes("denis", LEGAL, RADIO_PLAN)]) == ()


@pytest.mark.parametrize(
    "edit",
    [
        {"steps": (replace(QUIET, lines=("hostname lezay2",)),)},
        {"steps": (replace(QUIET, inverse=()),)},
        {"steps": (replace(QUIET, base="c"),)},
        {"limits": Limits(wait_s=121)},
        {"closes_at": NOON + timedelta(hours=3)},
        {"version": 2},
        {"reference": "C-2026-0002"},
    ],
    ids=lambda edit: "-".join(edit),
)
def test_any_edit_voids_an_approval(edit: dict[str, object]) -> None:
    approved = [yes("bruno", ENGINEER)]
    assert lacking(replace(PLAN, **edit), approved) == (ENGINEER,)  # type: ignore[arg-type]


def test_a_plan_is_carried_out_in_its_window_only() -> None:
    approved = [yes("bruno", ENGINEER)]
    assert obstacles(PLAN, approved, NOON) == ()
    assert len(obstacles(PLAN, approved, NOON - timedelta(seconds=1))) == 1
    assert len(obstacles(PLAN, approved, NOON + timedelta(hours=2))) == 1


P, C, R, U = StepState.PENDING, StepState.CONFIRMED, StepState.REVERTED, StepState.UNKNOWN


@pytest.mark.parametrize(
    ("states", "limits", "at"),
    [
        ([P, P, P], Limits(), 0),
        ([C, P, P], Limits(), 1),
        ([R, P, P], Limits(), None),
        ([R, P, P], Limits(stop_after=2), None),
        ([C, R, P, P], Limits(stop_after=2), 2),
        ([C, R, U, P], Limits(stop_after=2), None),
        ([C, P, P], Limits(canary=2), 1),
        ([C, R, P], Limits(canary=2, stop_after=5), None),
        ([C, C, C], Limits(), None),
    ],
)
def test_a_plan_stops_at_a_failed_canary_or_after_k_failures(
    states: list[StepState], limits: Limits, at: int | None
) -> None:
    assert next_step(states, limits) == at


@pytest.mark.parametrize(
    ("before", "now", "enough"),
    [(10, 9, True), (10, 8, False), (None, None, True), (0, 0, True), (3, None, False), (1, 1, True)],
)
def test_enough_subscribers_must_be_back(before: int | None, now: int | None, enough: bool) -> None:
    assert back_enough(before, now, 90) is enough
