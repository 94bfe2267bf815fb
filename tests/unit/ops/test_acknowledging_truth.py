"""Who has an alarm: taken with a note, kept until it is over, worse, or given back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nms.base.db import Database
from nms.base.errors import Conflict, PermissionRefused
from nms.base.permissions import Actor, Permission
from nms.ops import acknowledging
from nms.ops.models import Acknowledgement, HealthEvent
from nms.ops.state import Judgement, Kind, State, Status, Subject

AT = datetime(2026, 11, 23, 13, 3, tzinfo=UTC)
KEY = (Kind.LINK, "NR-1")
MARIE, PAUL = (Actor(name, frozenset({Permission.ALARM_ACKNOWLEDGE})) for name in ("marie", "paul"))


def status(state: State) -> Status:
    return Status(Subject(Kind.LINK, "NR-1", "", "", "", "86194", "86"), Judgement(state, AT), None)


def take(database: Database, actor: Actor, state: State = State.DEGRADED, note: str = "", minute: int = 1) -> None:
    with database.transaction() as session:
        acknowledging.take(session, actor, status(state), note, AT + timedelta(minutes=minute))


def became(database: Database, *states: State, name: str = "NR-1") -> None:
    """The changes of state after it was taken."""
    with database.transaction() as session:
        for minute, state in enumerate(states, 2):
            at = AT + timedelta(minutes=minute)
            session.add(HealthEvent(kind="link", name=name, at=at, before="up", after=state.value))


def who(database: Database) -> tuple[str, str] | None:
    with database.reading() as session:
        row = acknowledging.taken(session, [KEY, (Kind.DEVICE, "NR-1")]).get(KEY)
        return (row.by, row.note) if row is not None else None


def test_a_person_takes_an_alarm_with_a_note_and_gives_it_back(database: Database) -> None:
    """Another one may take it over; who had it is kept."""
    assert who(database) is None
    take(database, MARIE, note="  Orange\u202e appelé\n")
    assert who(database) == ("marie", "Orange appelé")
    take(database, PAUL, note="sur place")
    assert who(database) == ("paul", "sur place")
    with database.transaction() as session:
        acknowledging.give_back(session, PAUL, KEY, AT + timedelta(minutes=9))
    assert who(database) is None
    with database.reading() as session:
        kept = {(row.by, row.ended_by) for row in session.query(Acknowledgement)}
    assert kept == {("marie", "paul"), ("paul", "paul")}


@pytest.mark.parametrize(
    ("states", "holds"),
    [
        ([], True),
        ([State.UNKNOWN], True),
        ([State.DOWN], False),
        ([State.UP], False),
        ([State.UP, State.DEGRADED], False),
        ([State.UNMEASURED], False),
        ([State.DOWN, State.DEGRADED], False),
    ],
)
def test_it_lasts_until_the_object_is_well_or_worse(database: Database, states: list[State], holds: bool) -> None:
    """What was well in between is another fault; what somebody else has done to another object is none of it."""
    take(database, MARIE)
    became(database, *states)
    became(database, State.UP, name="NR-2")
    assert (who(database) is not None) is holds


def test_it_is_taken_anew_after_it_got_worse(database: Database) -> None:
    """The newest taking counts, with the state of then."""
    take(database, MARIE)
    became(database, State.DOWN)
    take(database, MARIE, State.DOWN, "vu", minute=5)
    assert who(database) == ("marie", "vu")


def test_a_night_on_which_everything_is_wrong_is_told_too(database: Database) -> None:
    """More alarms at once than a database takes variables in one question."""
    take(database, MARIE, note="tout")
    keys = [(Kind.DEVICE, f"d{number}") for number in range(20_000)]
    with database.reading() as session:
        found = acknowledging.taken(session, [*keys, KEY])
    assert {key: row.note for key, row in found.items()} == {KEY: "tout"}


def test_nothing_is_taken_of_what_is_well_nor_by_who_may_not(database: Database) -> None:
    """And then nothing is noted."""
    with pytest.raises(Conflict) as well:
        take(database, MARIE, State.UP)
    assert well.value.code == "no_alarm"
    with pytest.raises(PermissionRefused):
        take(database, Actor("viewer", frozenset()))
    with database.reading() as session:
        assert session.query(Acknowledgement).count() == 0
