"""What recording the acts of a file would do, row by row, and what the law of its day says of each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from inventory.table_file import Table
from nms.base.errors import Conflict
from nms.base.text import say
from spectrum.act_file import ActFile, Complaint
from spectrum.acts import Act, Step
from spectrum.chronicle import Chronicle, chronicle
from spectrum.law import cession
from spectrum.law.verdict import Outcome, Verdict, worst
from spectrum.places import Places
from spectrum.projects import BINDING, project_of_act
from spectrum.register import not_recorded, rest_on, rests_on_it
from spectrum.sheet.columns import Layout
from spectrum.sheet.rows import read_rows

CONFLICTS_NAMED = 25
"""After each conflict the register is folded again without its act; beyond these, rows are not judged further."""
Standing = Sequence[tuple[str, Act]]
"""The acts of the register, each with the key of its record."""


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = "would be recorded"
    PUT_RIGHT = "would put right"
    ANNULS = "would annul"
    KNOWN = "recorded already"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Judged:
    """One row: its act, what becomes of it, the verdicts of the law (of a cession or a making available)."""

    row: int
    act: Act
    fate: Fate
    verdicts: tuple[Verdict, ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        """The gravest verdict; None when no rule applies."""
        return worst(self.verdicts) if self.verdicts else None


@dataclass(slots=True)
class Plan:
    """What an import would do; it may be recorded when `ok`, in the transaction in which it was judged."""

    rows: int
    judged: list[Judged] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    left_out: int = 0

    @property
    def ok(self) -> bool:
        """Whether no row is wrong, and there is one."""
        return not self.complaints and bool(self.judged)

    @property
    def new(self) -> list[Act]:
        """The acts that would be recorded: new ones, and those that put a record right or annul it."""
        return [one.act for one in self.judged if one.fate in (Fate.NEW, Fate.PUT_RIGHT, Fate.ANNULS)]

    def count(self, fate: Fate) -> int:
        """How many rows have this fate."""
        return sum(one.fate is fate for one in self.judged)

    @property
    def known(self) -> int:
        """How many rows the register holds already."""
        return self.count(Fate.KNOWN)


def judge(table: Table, layout: Layout, places: Places, standing: Standing) -> Plan:
    """Judge a spreadsheet against the register. What a project's execution must pass, its rows must pass too."""
    found = read_rows(table, layout, places)
    register = _Standing(standing)
    sorted_out = _Sorted(len(table.rows), found)
    for act in found.acts:
        if (same := register.same(act)) is None:
            sorted_out.take(act, Fate.NEW)
        elif differs := _differing(same, act):
            sorted_out.complain(_recorded_otherwise(act, differs))
        else:
            sorted_out.take(act, Fate.KNOWN)
    return sorted_out.judged([act for _, act in standing], binding=True)


def judge_acts(found: ActFile, standing: Standing, *, correct: bool = False) -> Plan:
    """Judge a file of published acts, which stand on the authority of their decisions; as `register.record` does.

    With `correct`, an act whose facts differ from its record puts that record right, and one may annul its record.
    """
    known = dict(standing)
    sorted_out = _Sorted(len(found.acts) + found.left_out, found)
    for act in found.acts:
        stands = known.get(act.key)
        if stands is None and act.annulled:
            sorted_out.complain(_said(act, act.number, not_recorded(act)))
        elif stands is None:
            sorted_out.take(act, Fate.NEW)
        elif act.annulled and correct:
            sorted_out.take(replace(act, area=stands.area), Fate.ANNULS)
        elif replace(stands, order=0) == replace(act, order=0):
            sorted_out.take(act, Fate.KNOWN)
        elif correct:
            sorted_out.take(act, Fate.PUT_RIGHT)
        else:
            sorted_out.complain(_recorded_otherwise(act, _differing(stands, act)))
    return sorted_out.judged([act for _, act in standing], binding=False)


class _Sorted:
    """The rows of a file, sorted by what becomes of them; then judged together."""

    def __init__(self, rows: int, found: ActFile) -> None:
        self._plan = Plan(rows, complaints=list(found.complaints), left_out=found.left_out)
        self._rows: list[tuple[Act, Fate]] = []
        self.fresh: dict[str, Act] = {}

    def take(self, act: Act, fate: Fate) -> None:
        """Take a row; of two that tell the same new act, the second is a fault."""
        if (twin := self.fresh.get(act.key)) is not None:
            self.complain(_said(act, "", say("row {row} tells the same act; leave one out", row=twin.order)))
            return
        self._rows.append((act, fate))
        if fate is not Fate.KNOWN:
            self.fresh[act.key] = act

    def complain(self, complaint: Complaint) -> None:
        """Name what is wrong with a row."""
        self._plan.complaints.append(complaint)

    def judged(self, standing: list[Act], *, binding: bool) -> Plan:
        """The plan, once what is new is folded with what stands; what it puts right or annuls stands no more."""
        plan = self._plan
        verdicts = _fold(standing, list(self.fresh.values()), plan, binding=binding)
        wrong = {complaint.row for complaint in plan.complaints}
        plan.judged = [
            Judged(act.order, act, Fate.FAULT if act.order in wrong else fate, verdicts.get(act.key, ()))
            for act, fate in self._rows
        ]
        plan.judged.sort(key=lambda one: one.row)
        plan.complaints.sort(key=lambda one: one.row)
        return plan


class _Standing:
    """The acts of the register, found by their record or by what makes two rows one act in the same place."""

    def __init__(self, standing: Standing) -> None:
        self._by_key = dict(standing)
        self._alike: dict[tuple[str, ...], list[Act]] = {}
        for _, act in standing:
            self._alike.setdefault(_names(act), []).append(act)

    def same(self, act: Act) -> Act | None:
        """The record of this act: of its key, or of its number, step and parties for a part of its area."""
        if act.key in self._by_key:
            return self._by_key[act.key]
        return next((one for one in self._alike.get(_names(act), ()) if one.area & act.area), None)


def _names(act: Act) -> tuple[str, ...]:
    return act.number, act.step.value, act.cedant, act.cessionnaire, act.title


def _differing(one: Act, other: Act) -> str:
    """The facts in which two records of an act differ; how the area is written is none."""
    mine, theirs = (_facts(act) for act in (other, one))
    return ", ".join(sorted(name for name in mine | theirs if mine.get(name) != theirs.get(name)))


def _facts(act: Act) -> dict[str, Any]:
    told = replace(act, order=0, simulated=False).as_json()
    return {name: fact for name, fact in told.items() if name != "area_text"}


def _recorded_otherwise(act: Act, differs: str) -> Complaint:
    return _said(
        act,
        act.number,
        say(
            "Act {number} is recorded with other facts ({differs}): a correction must be asked for.",
            number=act.number,
            differs=differs,
        ),
    )


def _said(act: Act, value: str, remedy: str) -> Complaint:
    return Complaint(act.order, "decision_no", value, remedy)


def _fold(standing: list[Act], fresh: list[Act], plan: Plan, *, binding: bool) -> dict[str, tuple[Verdict, ...]]:
    """The verdicts of each new act against the register just before it; conflicts become complaints of their rows."""
    after = max((act.order for act in standing), default=0)
    new = {act.key: act for act in fresh}
    before, orders = standing, {act.key: act.order for act in standing}
    standing = [act for act in standing if act.key not in new]
    fresh_ones = [replace(act, order=orders.get(act.key, after + act.order)) for act in fresh if not act.annulled]
    refused: set[str] = set()
    found: dict[str, tuple[Verdict, ...]] = {}
    for _ in range(CONFLICTS_NAMED):
        acts = [*standing, *(act for act in fresh_ones if act.key not in refused)]
        folded = Chronicle()
        for act in sorted(acts, key=lambda act: (act.effective_on, act.order)):
            try:
                if act.key in new and (project := project_of_act(act, folded)) is not None:
                    found[act.key] = tuple(cession.judge(project))
                    if binding and (against := _binding(act, found[act.key])):
                        refused.add(act.key)
                        plan.complaints.append(_said(new[act.key], act.number, against))
                        continue
                folded.apply(act)
            except Conflict as error:
                mine = new.get(act.key)
                if mine is None and (annulled := [one for one in fresh if one.annulled]):
                    plan.complaints += [_said(one, one.number, error.message) for one in annulled]
                    return found
                if mine is None:
                    mine = _blamed(standing, act, fresh, refused)
                refused.add(mine.key)
                plan.complaints.append(_said(mine, mine.number, error.message))
                break
        else:
            _ask_for_ground(before, folded, fresh, plan)
            return found
    plan.complaints.append(
        Complaint(1, "", "", say("{most} rows contradict the register: correct these first.", most=CONFLICTS_NAMED))
    )
    return found


def _ask_for_ground(before: list[Act], after: Chronicle, fresh: list[Act], plan: Plan) -> None:
    """A record is not annulled while an act that stands rests on it."""
    annulled = [act for act in fresh if act.annulled]
    if annulled and (resting := rest_on(chronicle(before), after)):
        plan.complaints += [_said(act, act.number, rests_on_it(act, resting)) for act in annulled]


def _binding(act: Act, verdicts: Sequence[Verdict]) -> str:
    """Why an act that moves a right cannot be: the sentence of a binding rule that refuses; empty when none does."""
    if act.step is Step.APPROVAL:
        return ""
    against = [one for one in verdicts if one.rule in BINDING and one.outcome is Outcome.REFUSED]
    return say("{article}: {text}", article=against[0].article, text=against[0].text) if against else ""


def _blamed(standing: list[Act], hurt: Act, fresh: list[Act], refused: set[str]) -> Act:
    """The new act that makes one of the register impossible: the last one, by effect, without which it holds."""
    candidates = [act for act in fresh if act.key not in refused and act.effective_on <= hurt.effective_on]
    touching = [act for act in candidates if not act.area or act.area & hurt.area]
    for act in sorted(touching or candidates, key=lambda act: (act.effective_on, act.order), reverse=True):
        try:
            chronicle([*standing, act], hurt.effective_on)
        except Conflict:
            return act
    return (touching or candidates)[-1]
