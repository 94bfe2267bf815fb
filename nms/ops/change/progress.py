"""Where each device of a running plan is, written down before and after everything that is done to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from inventory.reassignment import reassign
from nms.base.errors import Conflict, NmsError
from nms.base.permissions import SYSTEM
from nms.base.text import Said, as_json, say
from nms.ops.change.archive import reassignment
from nms.ops.change.desk import Desk
from nms.ops.change.models import PlanRow, StepRow
from nms.ops.change.plan import AT_WORK, PlanState, StepState


class Progress:
    """The notes of one plan."""

    def __init__(self, desk: Desk, reference: str) -> None:
        self._desk, self.reference = desk, reference
        self.clock = desk.clock

    def state(self, device: str) -> StepState:
        """Where a device is."""
        return self._desk.stands(self.reference, device)[0]

    def why(self, device: str) -> str:
        """What was noted last about a device."""
        return self._desk.stands(self.reference, device)[1]

    def must_be_unknown(self, device: str) -> None:
        """Refuse a device whose state is known.

        Raises:
            Conflict: it is. NotFound: the device is not in the plan.
        """
        if self.state(device) is not StepState.UNKNOWN:
            raise _known(device)

    def alive(self) -> None:
        """Say that somebody is at work."""
        with self._desk.database.transaction() as session:
            self._desk.locked(session, self.reference).seen_at = self.clock.now()

    def reassign(self) -> None:
        """Let the sites of the plan pass to whom they go, as far as they are as they were; noted in one transaction."""
        with self._desk.database.transaction() as session:
            row = self._desk.locked(session, self.reference)
            pending = [one for one in row.reassignments if one.state == StepState.PENDING]
            if not pending:
                return
            row.seen_at = now = self.clock.now()
            author = replace(SYSTEM, name=self.reference)  # the journal of each site names the plan
            refused = reassign(session, author, now, [reassignment(one) for one in pending])
            for one in pending:
                why = refused.get(one.site, "")
                one.state, one.why = (StepState.UNTOUCHED if why else StepState.CONFIRMED).value, as_json(why)
            self._desk.seal(session, self.reference, "system", {"sites": {one.site: one.state for one in pending}})

    def note(self, device: str, why: Said | str, error: NmsError | None = None) -> None:
        """Keep why something is as it is, and where it is as it is."""
        self.mark(device, self.state(device), why, error=error)

    def broke_off(self, device: str, error: NmsError) -> None:
        """Write down why a device is left as it is: untouched if nothing was sent to it, else unknown."""
        state = self.state(device)
        if state is StepState.PENDING:
            self.mark(device, StepState.UNTOUCHED, error.message, error=error)
        elif state in AT_WORK:
            self.mark(device, StepState.UNKNOWN, error.message, error=error)

    def mark(
        self,
        device: str,
        state: StepState,
        why: Said | str = "",
        *,
        error: NmsError | None = None,
        said: str = "",
        revert_in_s: int | None = None,
        by: str = "system",
        was: StepState | None = None,
    ) -> None:
        """Write down where a device is; in the journal too when that is an end.

        Raises:
            Conflict: it is no longer where it `was`: somebody else is at work on it, or has been.
        """
        said = said or (str(error.facts.get("transcript", "")) if error is not None else "")
        ended = state not in AT_WORK and state is not StepState.PENDING
        with self._desk.database.transaction() as session:
            row = self._desk.locked(session, self.reference)
            step = session.scalars(select(StepRow).where(StepRow.plan_id == row.id, StepRow.device == device)).one()
            if was is not None and step.state != was:
                raise _known(device)
            row.seen_at = now = self.clock.now()
            step.state, step.why = state.value, as_json(why)
            if state is not StepState.UNTOUCHED:
                step.began_at = step.began_at or now
            step.ended_at = now if ended else None
            if revert_in_s is not None:
                step.revert_at = now + timedelta(seconds=revert_in_s)
            if said:
                step.log = self._desk.archive.sealed_log(said)
            if ended:
                told = {"device": device, "state": state.value, "why": str(why)}
                self._desk.seal(session, self.reference, by, told)


def _known(device: str) -> Conflict:
    return Conflict("not_unknown", say("The state of {device} is known.", device=device))


def end(row: PlanRow, state: PlanState, why: Said | str = "") -> None:
    """Nobody carries a plan out any more."""
    row.state, row.running_by, row.why = state.value, "", as_json(why)
