"""What recording the acts of a spreadsheet would do, row by row, and what the law of its day says of each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from inventory.table_file import Table
from nms.base.errors import Conflict
from nms.base.text import say
from spectrum.act_file import Complaint
from spectrum.acts import Act, Step
from spectrum.chronicle import Chronicle, chronicle
from spectrum.law import cession
from spectrum.law.verdict import Outcome, Verdict, worst
from spectrum.places import Places
from spectrum.projects import BINDING, project_of_act
from spectrum.sheet.columns import Layout
from spectrum.sheet.rows import read_rows

CONFLICTS_NAMED = 25
"""After each conflict the register is folded again without its act; beyond these, rows are not judged further."""


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = "would be recorded"
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

    @property
    def ok(self) -> bool:
        """Whether no row is wrong, and there is one."""
        return not self.complaints and bool(self.judged)

    @property
    def new(self) -> list[Act]:
        """The acts that the register does not hold."""
        return [one.act for one in self.judged if one.fate is Fate.NEW]

    @property
    def known(self) -> int:
        """How many rows the register holds already."""
        return sum(one.fate is Fate.KNOWN for one in self.judged)


def judge(table: Table, layout: Layout, places: Places, standing: Sequence[tuple[str, Act]]) -> Plan:
    """Judge a table against the acts of the register, each with the key of its record."""
    read = read_rows(table, layout, places)
    plan = Plan(len(table.rows), complaints=list(read.complaints))
    register = _Standing(standing)
    fresh: dict[str, Act] = {}
    known: list[Act] = []
    for act in read.acts:
        if (twin := fresh.get(act.key)) is not None:
            plan.complaints.append(_said(act, "", say("row {row} tells the same act; leave one out", row=twin.order)))
        elif (same := register.same(act)) is None:
            fresh[act.key] = act
        elif differs := _differing(same, act):
            plan.complaints.append(_recorded_otherwise(act, differs))
        else:
            known.append(act)
    folded = _fold([act for _, act in standing], list(fresh.values()), plan)
    plan.judged = [Judged(act.order, act, Fate.KNOWN) for act in known]
    plan.judged += [Judged(act.order, act, Fate.NEW, folded.get(act.key, ())) for act in fresh.values()]
    wrong = {complaint.row for complaint in plan.complaints}
    plan.judged = [replace(one, fate=Fate.FAULT) if one.row in wrong else one for one in plan.judged]
    plan.judged.sort(key=lambda one: one.row)
    plan.complaints.sort(key=lambda one: one.row)
    return plan


class _Standing:
    """The acts of the register, found by their record or by what makes two rows one act in the same place."""

    def __init__(self, standing: Sequence[tuple[str, Act]]) -> None:
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


def _fold(standing: list[Act], fresh: list[Act], plan: Plan) -> dict[str, tuple[Verdict, ...]]:
    """The verdicts of each new act against the register just before it; conflicts become complaints of their rows."""
    after = max((act.order for act in standing), default=0)
    new = {act.key: act for act in fresh}
    refused: set[str] = set()
    found: dict[str, tuple[Verdict, ...]] = {}
    for _ in range(CONFLICTS_NAMED):
        acts = [*standing, *(replace(act, order=after + act.order) for act in fresh if act.key not in refused)]
        folded = Chronicle()
        for act in sorted(acts, key=lambda act: (act.effective_on, act.order)):
            try:
                if act.key in new and (project := project_of_act(act, folded)) is not None:
                    found[act.key] = tuple(cession.judge(project))
                    if against := _binding(act, found[act.key]):
                        refused.add(act.key)
                        plan.complaints.append(_said(new[act.key], act.number, against))
                        continue
                folded.apply(act)
            except Conflict as error:
                mine = new.get(act.key)
                if mine is None:
                    mine = _blamed(standing, act, fresh, refused)
                refused.add(mine.key)
                plan.complaints.append(_said(mine, mine.number, error.message))
                break
        else:
            return found
    plan.complaints.append(
        Complaint(1, "", "", say("{most} rows contradict the register: correct these first.", most=CONFLICTS_NAMED))
    )
    return found


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
