"""Whether the register still is what was sealed: the journal's chain, and each act against its entry."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from nms.base import ledger
from nms.base.ledger import LedgerEntry, Verification
from spectrum import attachments
from spectrum.models import ActRow, DossierRow
from spectrum.paper import Shelf
from spectrum.projects import again


def verify(session: Session, expected_head: str | None = None, shelf: Shelf | None = None) -> Verification:
    """Recompute the chain of the journal, compare its head, and each act and attachment with the entry that sealed it.

    With a shelf, the file of every attachment is read and compared with its hash too.
    """
    found = ledger.verify(session)
    if found.broken_at is not None:
        return found
    if expected_head and found.head != expected_head:
        return Verification(found.entries, found.entries, "the head is not the expected one", found.head)
    entries = select(LedgerEntry).where(LedgerEntry.kind == "register.act")
    sealed = {entry.seq: entry.after for entry in session.scalars(entries)}
    for row in session.scalars(select(ActRow).order_by(ActRow.ledger_seq)):
        after = sealed.pop(row.ledger_seq, None)
        if after is None or not _is_as_sealed(row, after):
            reason = f"act {row.number} in the register is not what was sealed"
            return Verification(found.entries, row.ledger_seq, reason, found.head)
    if sealed:
        first = min(sealed)
        return Verification(found.entries, first, "the act that it seals is not in the register", found.head)
    if (wrong := attachments.flaw(session, shelf)) is not None:
        return Verification(found.entries, wrong[0], wrong[1], found.head)
    return found


def rejudge(session: Session) -> tuple[int, list[str]]:
    """Judge every stored project again: how many, and a line for each whose verdicts are not the stored ones."""
    stored = [(f"act {row.number} ({row.step})", row.judged) for row in session.scalars(select(ActRow))]
    stored += [(f"project {row.reference}", row.judged) for row in session.scalars(select(DossierRow))]
    judged = [(name, found) for name, text in stored if (found := json.loads(text))]
    different = [f"{name}: {', '.join(rules)}" for name, found in judged if (rules := again(found))]
    return len(judged), different


def _is_as_sealed(row: ActRow, after: str) -> bool:
    told = json.loads(after)
    judged = told.pop("judged", None)
    return bool(told == json.loads(row.payload) and judged == json.loads(row.judged))
