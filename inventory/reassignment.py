"""Sites that pass to somebody else: who answers for them and whom one calls, changed as a plan said, or not at all.

A reassignment keeps what was so when it was written: a site that is no longer so is left as it is, and why is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from inventory import changes, forms
from inventory.changes import Changes, Draft
from inventory.forms import ObjectKind
from inventory.snapshot import Snapshot
from nms.base.permissions import Actor
from nms.base.text import Said, say


@dataclass(frozen=True, slots=True)
class Answerable:
    """Who answers for a site: `owner` as the acts name parties, `contact` the name of a contact; empty: nobody."""

    owner: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Reassignment:
    """One site, who answers for it when this is written, and who will."""

    site: str
    before: Answerable
    after: Answerable

    @property
    def back(self) -> Reassignment:
        """What takes it back."""
        return Reassignment(self.site, self.after, self.before)


Refusals = Mapping[str, Said | str]
"""Why not, by site."""


def reassignments(session: Session, wanted: Mapping[str, Answerable]) -> tuple[list[Reassignment], Refusals]:
    """What is to be changed from today, by site, and what stands against it: no such site or contact, no change."""
    snapshot, found = Snapshot(session), []
    against: dict[str, Said | str] = {}
    for site, after in wanted.items():
        before = _today(snapshot, site)
        cells = {"name": site, "owner": after.owner, "contact": after.contact}
        read, wrong = forms.read_cells(ObjectKind.SITE, cells)
        if wrong:
            against[site] = wrong[0].remedy
        elif before is None:
            against[site] = say("there is no such site")
        elif before == (meant := Answerable(read["owner"], read["contact"])):
            against[site] = say("this changes nothing")
        else:
            found.append(Reassignment(site, before, meant))
    judged = changes.judge(snapshot, [_draft(one) for one in found])
    return found, against | _complaints(judged)


def reassign(session: Session, actor: Actor, at: datetime, wanted: Sequence[Reassignment]) -> Refusals:
    """Write what still can be written, each site with a trace of its own; answers why the others stay as they are."""
    snapshot, drafts = Snapshot(session), []
    against: dict[str, Said | str] = {}
    for one in wanted:
        now = _today(snapshot, one.site)
        if now is None:
            against[one.site] = say("there is no such site")
        elif now == one.before:
            drafts.append(_draft(one))
        elif now != one.after:
            owner, contact = now.owner or "–", now.contact or "–"
            sentence = say("it was changed since: owner {owner}, contact {contact}", owner=owner, contact=contact)
            against[one.site] = sentence
    judged = changes.judge(snapshot, drafts)
    refused = _complaints(judged)
    for change in judged.updated:
        if change.draft.key not in refused:
            changes.write(session, snapshot, Changes(updated=[change]), actor, at)
    return against | refused


def _today(snapshot: Snapshot, site: str) -> Answerable | None:
    stored = snapshot.of(ObjectKind.SITE).get(site)
    return None if stored is None else Answerable(stored.values["owner"], stored.values["contact"])


def _draft(one: Reassignment) -> Draft:
    return Draft(ObjectKind.SITE, one.site, {"owner": one.after.owner, "contact": one.after.contact})


def _complaints(judged: Changes) -> dict[str, Said | str]:
    return {draft.key: complaint.remedy for draft, complaint in judged.complaints}
