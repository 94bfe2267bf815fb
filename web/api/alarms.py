"""Alarms over the API: each fault once, with whom it cuts off and who has it; taking one, and giving it back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from nms.base.permissions import Permission
from nms.ops import acknowledging
from nms.ops.alarms import Alarm
from nms.ops.models import Acknowledgement
from nms.ops.state import Kind, State
from web import alarms
from web.api.objects import PLURALS, WORDS
from web.api.schemas import Out, Part
from web.formats import sentence
from web.guard import current_actor, requires
from web.scoping import one
from web.services import Services


class NoteIn(BaseModel):
    """What whoever takes it wants others to know."""

    model_config = ConfigDict(extra="forbid")
    note: Annotated[str, Field(max_length=acknowledging.NOTE_MOST)] = ""


class TakenOut(Out):
    """Who has an alarm, since when, and their note."""

    by: str
    at: datetime
    note: str


class BehindOut(BaseModel):
    """An object that is wrong because of the fault."""

    kind: Kind
    name: str


class AlarmOut(BaseModel):
    """One fault, at the object where it begins.

    `people` live in the communes `cut` (INSEE codes of today), where no service serves any more; those `touched` are
    served by another service; of those `unsure` that is not known. `taken` is null while nobody has it.
    """

    kind: Kind
    name: str
    label: str
    state: State
    since: datetime
    explanation: str
    insee: str
    department: str
    behind: list[BehindOut]
    people: int
    cut: list[str]
    touched: list[str]
    unsure: list[str]
    taken: TakenOut | None


class AlarmListOut(BaseModel):
    """Alarms, the one that cuts off most people first."""

    total: int
    limit: int
    offset: int
    items: list[AlarmOut]


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the routes."""

    @blueprint.get("/alarms")
    @requires(Permission.DEVICE_READ)
    @blueprint.input(Part, location="query", arg_name="part")
    @blueprint.output(AlarmListOut)
    def list_alarms(part: Part) -> AlarmListOut:
        """What is wrong now, one entry per fault, that which cuts off most people first."""
        found = alarms.seen(current_actor())
        shown = found[part.offset : part.offset + part.limit]
        taken, at = alarms.who_has(shown), services.clock.now()
        items = [_out(alarm, taken.get(alarm.key), at) for alarm in shown]
        return AlarmListOut(total=len(found), limit=part.limit, offset=part.offset, items=items)

    @blueprint.post(f"/<{WORDS}:plural>/<path:name>/acknowledgement")
    @requires(Permission.ALARM_ACKNOWLEDGE)
    @blueprint.input(NoteIn, arg_name="body")
    @blueprint.output(TakenOut)
    def take_alarm(plural: str, name: str, body: NoteIn) -> TakenOut:
        """Take the alarm of an object: until it is well, gets worse, or is given back."""
        row = one(services.live, current_actor(), PLURALS[plural], name)
        with services.database.transaction() as session:
            taken = acknowledging.take(session, current_actor(), row, body.note, services.clock.now())
            return TakenOut.model_validate(taken)

    @blueprint.delete(f"/<{WORDS}:plural>/<path:name>/acknowledgement")
    @requires(Permission.ALARM_ACKNOWLEDGE)
    @blueprint.output({}, status_code=204)
    def give_alarm_back(plural: str, name: str) -> dict[str, Any]:
        """Give it back: nobody has it any more."""
        kind = PLURALS[plural]
        one(services.live, current_actor(), kind, name)
        with services.database.transaction() as session:
            acknowledging.give_back(session, current_actor(), (kind, name), services.clock.now())
        return {}


def _out(alarm: Alarm, taken: Acknowledgement | None, at: datetime) -> AlarmOut:
    s, judgement, told = alarm.root.subject, alarm.root.judgement, alarm.footprint
    return AlarmOut(
        kind=s.kind,
        name=s.name,
        label=s.label,
        state=judgement.state,
        since=judgement.since,
        explanation=sentence(alarm.root, at),
        insee=s.insee,
        department=s.department,
        behind=[BehindOut(kind=row.subject.kind, name=row.subject.name) for row in alarm.behind],
        people=alarm.people,
        cut=list(told.cut),
        touched=list(told.touched),
        unsure=list(told.unsure),
        taken=TakenOut.model_validate(taken) if taken is not None else None,
    )
