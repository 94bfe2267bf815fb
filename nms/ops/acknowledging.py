"""Who has an alarm: a person takes it with a note, and has it until the object is well, gets worse, or is given back.

Nothing is written when it ends by itself: the events of the object tell. What is taken stays in the table as a record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from nms.base.errors import Conflict
from nms.base.permissions import Actor, Permission
from nms.base.text import clean, say
from nms.ops.alarms import WRONG
from nms.ops.models import Acknowledgement, HealthEvent
from nms.ops.state import SEVERITY, Key, Kind, State, Status

NOTE_MOST = 500
AT_ONCE = 500
_Stored = tuple[str, str]


def take(session: Session, actor: Actor, row: Status, note: str, at: datetime) -> Acknowledgement:
    """Note that a person has this alarm; who took it before is relieved.

    Raises:
        PermissionRefused: the actor may not.
        Conflict: nothing is wrong with the object any more.
    """
    actor.require(Permission.ALARM_ACKNOWLEDGE)
    subject, state = row.subject, row.judgement.state
    if state not in WRONG:
        raise Conflict("no_alarm", say("Nothing is wrong with {name} any more.", name=subject.name))
    _end(session, (subject.kind, subject.name), actor.name, at)
    taken = Acknowledgement(
        kind=subject.kind.value,
        name=subject.name,
        state=state.value,
        at=at,
        by=actor.name,
        note=clean(note, NOTE_MOST),
    )
    session.add(taken)
    return taken


def give_back(session: Session, actor: Actor, key: Key, at: datetime) -> None:
    """Nobody has this alarm any more.

    Raises:
        PermissionRefused: the actor may not.
    """
    actor.require(Permission.ALARM_ACKNOWLEDGE)
    _end(session, key, actor.name, at)


def _end(session: Session, key: Key, by: str, at: datetime) -> None:
    session.execute(
        update(Acknowledgement)
        .where(Acknowledgement.kind == key[0].value, Acknowledgement.name == key[1], Acknowledgement.ended_at.is_(None))
        .values(ended_at=at, ended_by=by)
    )


def taken(session: Session, keys: Collection[Key]) -> dict[Key, Acknowledgement]:
    """Who has each of these alarms now."""
    wanted = [(kind.value, name) for kind, name in sorted(keys)]
    newest: dict[Key, Acknowledgement] = {}
    for piece in _pieces(wanted):
        rows = session.scalars(
            select(Acknowledgement)
            .where(tuple_(Acknowledgement.kind, Acknowledgement.name).in_(piece), Acknowledgement.ended_at.is_(None))
            .order_by(Acknowledgement.id)
        )
        newest |= {(Kind(row.kind), row.name): row for row in rows}
    events = _events(session, newest.values())
    return {key: row for key, row in newest.items() if _holds(row, events.get(key, ()))}


def _pieces(keys: Sequence[_Stored]) -> Iterator[Sequence[_Stored]]:
    """As many at a time as any database takes in one question."""
    yield from (keys[place : place + AT_ONCE] for place in range(0, len(keys), AT_ONCE))


def _events(session: Session, rows: Collection[Acknowledgement]) -> dict[Key, list[HealthEvent]]:
    """What became of the objects since the first of these was taken."""
    found: dict[Key, list[HealthEvent]] = {}
    if not rows:
        return found
    since = min(row.at for row in rows)
    for piece in _pieces([(row.kind, row.name) for row in rows]):
        query = select(HealthEvent).where(tuple_(HealthEvent.kind, HealthEvent.name).in_(piece), HealthEvent.at > since)
        for event in session.scalars(query):
            found.setdefault((Kind(event.kind), event.name), []).append(event)
    return found


def _holds(row: Acknowledgement, events: Iterable[HealthEvent]) -> bool:
    """Until the object was well again, out of service, or worse than it was when somebody took it."""
    states: Sequence[State] = [State(event.after) for event in events if event.at > row.at]
    then = SEVERITY[State(row.state)]
    return all(state in WRONG and SEVERITY[state] <= then for state in states)
