"""One verdict per device: what is not known is never told as conforming, and a drift begins and ends once."""

from datetime import UTC, datetime

import pytest

from nms.base.text import say
from nms.ops.change.drift import Conformity, as_text, of_text, turn, verdict
from nms.ops.change.intents import Compliance
from nms.ops.configs.models import EventKind

GOOD = Compliance("d", "logs")
BAD = Compliance("d", "ports", missing=("mtu 1500",), lacks=("mtu 1500",), extra=("mtu 9000",), differ=2)
DARK = Compliance("d", "names", why=say("{name} is missing", name="commune"))
NOON, LATER = datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("found", "read", "broken", "state"),
    [
        ([GOOD], True, (), Conformity.CONFORMS),
        ([GOOD, BAD], True, (), Conformity.DRIFTS),
        ([GOOD, DARK], True, (), Conformity.CANNOT_TELL),
        ([DARK, BAD], True, (), Conformity.DRIFTS),
        ([Compliance("d", "logs", why="never")], False, (), Conformity.NEVER_READ),
        ([GOOD], True, ("b.yaml: broken",), Conformity.CANNOT_TELL),
        ([BAD], True, ("b.yaml: broken",), Conformity.DRIFTS),
        ([], True, ("b.yaml: broken",), Conformity.CANNOT_TELL),
    ],
)
def test_only_what_is_known_to_conform_conforms(
    found: list[Compliance], read: bool, broken: tuple[str, ...], state: Conformity
) -> None:
    told = verdict("d", found, read, broken)
    assert told is not None
    assert told.state is state
    assert (told.lines > 0) is (state is Conformity.DRIFTS)


def test_a_device_that_no_block_is_for_has_no_verdict() -> None:
    assert verdict("d", [], True, ()) is None
    assert verdict("d", [], False, ("b.yaml: broken",)) is None


def test_a_drift_begins_once_lasts_while_nothing_can_be_told_and_ends_once() -> None:
    bad, good, dark = (verdict("d", [one], True, ()) for one in (BAD, GOOD, DARK))
    since, told = turn(None, bad, NOON)
    assert (since, told and told.kind) == (NOON, EventKind.DRIFT_BEGAN)
    assert told
    assert str(told.sentence) == "its configuration drifts from ports; lines that differ: 2"
    assert turn(since, bad, LATER) == (NOON, None)
    assert turn(since, dark, LATER) == (NOON, None)
    ended, said = turn(since, good, LATER)
    assert (ended, said and (said.kind, said.at)) == (None, (EventKind.DRIFT_ENDED, LATER))
    assert turn(None, good, LATER) == (None, None)
    assert turn(None, dark, LATER) == (None, None)


def test_a_block_that_is_taken_away_ends_a_drift_and_says_why() -> None:
    since, told = turn(NOON, None, LATER)
    assert since is None
    assert told
    assert "no block" in told.sentence
    assert turn(None, None, LATER) == (None, None)


def test_what_was_found_is_kept_with_its_sentences() -> None:
    back = of_text("d", as_text([GOOD, BAD, DARK]))
    assert back == [GOOD, BAD, DARK]
    assert getattr(back[2].why, "template", "") == "{name} is missing"
