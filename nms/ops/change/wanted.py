"""What an engineer asks for before anybody has looked at a device. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from inventory.reassignment import Answerable
from nms.base.clock import start_of_legal_day
from nms.base.errors import InputError
from nms.base.text import say
from nms.ops.change.following import cause_of
from nms.ops.change.plan import Limits
from spectrum.acts import Act

MOST_DEVICES = 2_000
YEARS_MOST = 20
"""How far from today a window may lie; no hour of any zone is out of reach there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an engineer asks for: lines per device; `in_order` None lets the topology decide.

    `sites` says who answers for which site once it has begun; `follows` is the act that the plan stands and falls with.
    """

    title: str
    lines: Mapping[str, Sequence[str]]
    opens_at: datetime
    closes_at: datetime
    until: date | None = None
    limits: Limits = field(default_factory=Limits)
    in_order: Sequence[str] | None = None
    unattended: bool = False
    sites: Mapping[str, Answerable] = field(default_factory=dict)
    follows: Act | None = None

    @property
    def cause(self) -> str:
        """How the plan names what it follows; empty when it follows nothing."""
        return cause_of(self.follows) if self.follows else ""

    def must_be_whole(self, now: datetime) -> None:
        """Refuse what no plan can be made of, whatever its lines do.

        Raises:
            InputError: no title, nothing to do, a window that is none, or over, or too early, or limits that are none.
        """
        if not self.title.strip():
            raise InputError("no_title", say("A plan needs a title: what is it for?"))
        if not (self.lines or self.sites) or max(len(self.lines), len(self.sites)) > MOST_DEVICES:
            raise InputError("no_devices", say("A plan is about 1 to {most} devices or sites.", most=MOST_DEVICES))
        if not all(abs(at.year - now.year) <= YEARS_MOST for at in (self.opens_at, self.closes_at)):
            raise InputError("bad_window", say("A time window lies within {years} years of today.", years=YEARS_MOST))
        if self.closes_at <= self.opens_at or self.closes_at <= now:
            raise InputError("bad_window", say("The time window is empty or over."))
        if self.follows and self.opens_at < start_of_legal_day(self.follows.effective_on):
            effective = self.follows.effective_on.isoformat()
            raise InputError("too_early", say("The act has effect from {day}: nothing is done before.", day=effective))
        limits = self.limits
        if not (limits.canary >= 1 and limits.stop_after >= 1 and 10 <= limits.wait_s <= 3_600):
            raise InputError(
                "bad_limits", say("At least one canary, one failure to stop at, and 10 to 3600 seconds to come back.")
            )
        if not 0 <= limits.back_pct <= 100:
            raise InputError("bad_limits", say("A percentage lies between 0 and 100."))
