"""Why something is not measured: each cause is told apart, and an outage of ours is never the silence of a device."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from inventory.models import CredentialKind, DeviceRole, Lifecycle, Reachability
from inventory.queries import PollTarget
from nms.ops import counters
from nms.ops.attempts import Attempt, Tried
from nms.ops.gaps import Past, gaps
from nms.ops.history import Hour
from nms.ops.state import Judgement, Kind, Reason, State
from nms.ops.unmeasured import Asked, Facts, Finding, why

AT = datetime(2026, 11, 23, 13, tzinfo=UTC)
AT_S = AT.timestamp()
TARGET = PollTarget(
    "cpe-a", "10.0.0.1", "lab", CredentialKind.V2C, b"x", "", Reachability.SNMP, None, Lifecycle.IN_SERVICE,
    DeviceRole.ROUTER, "", "site-a", "86194", "",
)  # fmt: skip
ANSWERED = Attempt(AT_S - 10, 0.02, 1, 0)
FACTS = Facts(
    Kind.LINK,
    "link-a",
    Judgement(State.UNMEASURED, AT, (Reason("never_polled"),)),
    True,
    (Asked(TARGET, Tried((ANSWERED,), ("wan",)), "wan"),),
    (ip_network("10.0.0.0/8"),),
    AT,
    AT,
)


def failed(code: str, says: str = "No.") -> Tried:
    return Tried(tuple(Attempt(AT_S - 60 * n, 1.5, 2, 2, code, says) for n in (3, 2, 1)))


def only(facts: Facts) -> Finding:
    (found,) = why(facts)
    assert found.says
    assert found.do
    return found


def asked(target: PollTarget = TARGET, tried: Tried | None = None, port: str = "wan") -> Facts:
    return replace(FACTS, asked=(Asked(target, Tried() if tried is None else tried, port),))


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (asked(), "not_yet_polled"),
        (asked(replace(TARGET, lifecycle=Lifecycle.PLANNED)), "device_not_in_service"),
        (asked(replace(TARGET, address="192.0.2.1")), "address_not_allowed"),
        (asked(replace(TARGET, sealed=None)), "credential_missing"),
        (asked(tried=failed("DeviceError/no_credential")), "credential_missing"),
        (asked(tried=failed("AuthFailed/wrong_key")), "credential_refused"),
        (asked(tried=failed("ForbiddenTarget/forbidden_target")), "address_not_allowed"),
        (asked(tried=failed("Timeout/no_answer")), "silent"),
        (asked(tried=failed("Unreachable/name_not_resolved")), "name_not_resolved"),
        (asked(tried=failed("BadAnswer/snmp_silent")), "snmp_silent"),
        (asked(tried=failed("DeviceError/unexpected", "The poll failed.")), "failed"),
        (asked(tried=Tried((ANSWERED,), ("eth0",))), "port_not_listed"),
        (asked(tried=Tried((ANSWERED,), ("wan",), {"wan": counters.RESTARTED})), "counter_gap"),
        (FACTS, "not_told"),
        (replace(FACTS, spoken=False, asked=()), "not_tied"),
        (replace(FACTS, kind=Kind.HOTSPOT, spoken=False, asked=()), "not_tied"),
        (replace(FACTS, judgement=Judgement(State.UNMEASURED, AT, (Reason("planned"),))), "planned"),
        (replace(FACTS, judgement=Judgement(State.UNMEASURED, AT, (Reason("maintenance"),))), "maintenance"),
    ],
)
def test_each_cause_is_told_apart(facts: Facts, code: str) -> None:
    assert only(facts).code == code


def test_the_silence_is_dated_by_its_first_attempt_and_the_attempts_are_the_facts() -> None:
    found = only(asked(tried=Tried((ANSWERED, *failed("Timeout/no_answer").attempts))))
    assert "2026-11-23 13:57" in found.says
    assert len(found.attempts) == 4
    assert found.device == "cpe-a"


def test_a_sweep_that_stands_still_is_our_silence_and_is_told_first() -> None:
    found = why(replace(asked(tried=failed("Timeout/no_answer")), last_tick_at=AT - timedelta(minutes=9)))
    assert [finding.code for finding in found] == ["sweep_still", "silent"]


@pytest.mark.parametrize(
    "code",
    [
        counters.FIRST, counters.RESTARTED, counters.DISCONTINUITY, counters.FELL, counters.TOO_LONG,
        counters.NO_TIME, counters.IMPOSSIBLE, counters.MISSING, counters.WIDTH_CHANGED,
    ],
)  # fmt: skip
def test_every_gap_of_a_counter_has_words(code: str) -> None:
    found = only(asked(tried=Tried((ANSWERED,), ("wan",), {"wan": code})))
    assert found.says != f"cpe-a, port wan: {code}"


def past(**changes: object) -> Past:
    hours = [Hour(3600 * n, 3600, 0, 0, 0) for n in range(24)]
    nothing = Past(0, 24 * 3600, hours, 0, (), (), (), (), -1)
    return replace(nothing, **changes)  # type: ignore[arg-type]  # names of Past


def without(*hours: int) -> list[Hour]:
    return [Hour(3600 * n, 3600, 0, 0, 0) for n in range(24) if n not in hours]


def test_a_period_that_is_measured_has_no_gap() -> None:
    assert gaps(past()) == []


def test_our_own_outage_is_told_apart_from_what_nobody_explains() -> None:
    found = gaps(past(hours=without(3, 4, 9), outages=[(3 * 3600, 5 * 3600)]))
    assert [(gap.code, gap.seconds, gap.spans) for gap in found] == [
        ("outage", 7200, ((3 * 3600, 5 * 3600),)),
        ("unexplained", 3600, ((9 * 3600, 10 * 3600),)),
    ]


def test_every_unmeasured_second_has_one_cause() -> None:
    found = gaps(
        past(
            hours=without(0, 1, 2, 5, 6, 7, 8),
            first_known_s=3 * 3600,
            works=[(5 * 3600, 7 * 3600)],
            outages=[(6 * 3600, 8 * 3600)],
            told=[(8 * 3600, 9 * 3600, "not_answered")],
        )
    )
    assert {gap.code: gap.seconds for gap in found} == {
        "before": 3 * 3600, "maintenance": 2 * 3600, "outage": 3600, "not_answered": 3600,
    }  # fmt: skip
    assert sum(gap.seconds for gap in found) == 7 * 3600


def test_a_partly_measured_hour_has_only_its_missing_seconds() -> None:
    hours = [*without(4), Hour(4 * 3600, 3000, 0, 0, 0)]
    (gap,) = gaps(past(hours=hours))
    assert gap.seconds == 600


def test_what_never_had_a_sample_is_before_its_first() -> None:
    (gap,) = gaps(past(hours=[], first_known_s=None))
    assert (gap.code, gap.seconds) == ("before", 24 * 3600)


def test_deleted_hours_are_told_as_retention() -> None:
    (gap,) = gaps(past(hours=without(0, 1), hourly_kept_since_s=2 * 3600))
    assert (gap.code, gap.seconds) == ("retention", 7200)
