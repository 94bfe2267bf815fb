"""Changes of state, the newest first: of one object, or of all that an actor sees. Pages and API read them here."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, tuple_

from nms.base.permissions import Actor
from nms.ops.models import ConformityEvent, HealthEvent
from nms.ops.state import Kind
from web.scoping import visible
from web.services import Services


def of_object(services: Services, kind: Kind, name: str, most: int) -> Sequence[HealthEvent]:
    """The newest `most` of one object."""
    newest = select(HealthEvent).order_by(HealthEvent.at.desc(), HealthEvent.id.desc()).limit(most)
    with services.database.reading() as session:
        return session.scalars(newest.where(HealthEvent.kind == kind.value, HealthEvent.name == name)).all()


def conformity_of(services: Services, kind: Kind, name: str, most: int) -> Sequence[ConformityEvent]:
    """The newest `most` changes of what one object emits against the rights."""
    newest = select(ConformityEvent).order_by(ConformityEvent.at.desc(), ConformityEvent.id.desc()).limit(most)
    with services.database.reading() as session:
        return session.scalars(newest.where(ConformityEvent.kind == kind.value, ConformityEvent.name == name)).all()


def of_all(services: Services, actor: Actor, most: int) -> Sequence[HealthEvent]:
    """The newest `most` of every object that the actor sees."""
    newest = select(HealthEvent).order_by(HealthEvent.at.desc(), HealthEvent.id.desc()).limit(most)
    if actor.scope is not None:
        seen = {(row.subject.kind.value, row.subject.name) for row in visible(services.live, actor)}
        newest = newest.where(tuple_(HealthEvent.kind, HealthEvent.name).in_(sorted(seen)))
    with services.database.reading() as session:
        return session.scalars(newest).all()
