"""The first filling of the register, by whoever owns its host; once officers have decided, files go to them.

See docs/decisions/006.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from nms.base import ledger
from nms.base.permissions import SYSTEM, Actor
from spectrum import register as registers
from spectrum.acts import Act
from spectrum.models import ActRow
from spectrum.register import Receipt, Register

KIND = "register.setup"


def officers_decided(session: Session) -> bool:
    """Whether the register holds an act that somebody other than the host's owner recorded."""
    return session.scalar(select(ActRow.id).where(ActRow.recorded_by != SYSTEM.name).limit(1)) is not None


def fill(
    session: Session,
    register: Register,
    acts: Sequence[Act],
    *,
    actor: Actor,
    file: str,
    sha256: str,
    correct: bool = False,
) -> list[Receipt]:
    """Record acts alone, in the caller's transaction, and seal that it was done so and from which file.

    The caller has seen under the register's lock that no officer has decided anything yet.

    Raises:
        Conflict: as `register.record`.
    """
    at = register.clock.now()
    places = register.places(session)
    receipts = registers.record(session, places, acts, actor=actor, at=at, correct=correct)
    told = {"file": file, "sha256": sha256, "correct": correct, "entries": [one.ledger_seq for one in receipts]}
    ledger.append(session, kind=KIND, subject=file, actor=actor.name, at=at, before=None, after=told)
    return receipts
