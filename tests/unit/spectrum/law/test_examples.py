"""The lawyer's files of examples, executed; every rule has a case that passes, one that does not, one at the limit."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import spectrum.law
from spectrum.bands import UNKNOWN, Bands, read_bands
from spectrum.law.cession import RULES, Project, Title, judge
from spectrum.law.delays import add_months, add_weeks
from spectrum.law.verdict import Verdict, verdict_from_json
from spectrum.law.versions import Nature
from spectrum.projects import again, judgement
from spectrum.rights import Extent, Period

FOLDER = Path(spectrum.law.__file__).parent
CASES: list[dict[str, Any]] = tomllib.loads((FOLDER / "examples.toml").read_text("utf-8"))["exemple"]
DELAYS: list[dict[str, Any]] = tomllib.loads((FOLDER / "delays_examples.toml").read_text("utf-8"))["exemple"]
LOT = read_bands("3432.5-3447.5/3532.5-3547.5")
COMMUNES = frozenset({"86194", "86139", "79191", "16015"})
HELD = Extent(COMMUNES, LOT, Period(date(2006, 7, 25), date(2026, 7, 25)))
BASE = Project(
    nature=Nature.CESSION,
    title=Title("2006-0744", "Région Poitou-Charentes", (HELD,), True, False, False),
    cedant="Région Poitou-Charentes",
    cessionnaire="CC du Pays Mélusin",
    wanted=Extent(
        frozenset({"86194", "86139"}),
        read_bands("3432.5-3436/3532.5-3536"),
        Period(date(2011, 1, 1), date(2016, 1, 1)),
    ),
    on=date(2010, 3, 1),
    dossier={str(code): "given" for code in range(1, 12)},
    sanctioned=False,
    capacity=True,
    commitments=True,
    split="by population",
)
TITLES: dict[str, tuple[Extent, ...]] = {
    "nothing": (),
    "one_commune": (replace(HELD, area=frozenset({"86194"})),),
    "above_3800": (replace(HELD, bands=LOT.union(Bands.of((3_799_000, 3_800_001)))),),
    "unknown_band": (replace(HELD, bands=UNKNOWN),),
    "after_cession": (
        replace(HELD, area=frozenset({"79191"}), period=Period(HELD.period.start, date(2008, 1, 29))),
        replace(HELD, area=COMMUNES - {"79191"}),
    ),
    "after_channel": (
        replace(HELD, area=frozenset({"86194"}), bands=read_bands("3436-3447.5/3536-3547.5")),
        replace(HELD, area=COMMUNES - {"86194"}),
    ),
    "no_end": (replace(HELD, period=Period(HELD.period.start)),),
}


def project_of(change: Mapping[str, Any]) -> Project:
    """The project of an example."""
    facts: dict[str, Any] = {name: None if value == "unknown" else value for name, value in change.items()}
    found = BASE
    if "held" in facts:
        found = replace(found, title=replace(found.title, held=TITLES[facts["held"]]))
    for name in ("assigned_by_call", "public_service", "station_locations"):
        if name in facts:
            found = replace(found, title=replace(found.title, **{name: facts[name]}))
    wanted, period = found.wanted, found.wanted.period
    start = date.fromisoformat(facts["start"]) if "start" in facts else period.start
    end = date.fromisoformat(facts["until"]) if "until" in facts else period.end
    wanted = replace(wanted, period=Period(start, end))
    if "area" in facts:
        wanted = replace(wanted, area=frozenset(facts["area"]))
    if "bands" in facts:
        wanted = replace(wanted, bands=read_bands(facts["bands"]))
    found = replace(found, wanted=wanted)
    if "on" in facts:
        found = replace(found, on=date.fromisoformat(facts["on"]))
    if "nature" in facts:
        found = replace(found, nature=Nature(facts["nature"]))
    if "without" in facts:
        found = replace(found, dossier={c: t for c, t in (found.dossier or {}).items() if c not in facts["without"]})
    if "dossier" in facts:
        found = replace(found, dossier=None)
    plain = ("cessionnaire", "total", "sanctioned", "capacity", "commitments", "split", "agreement")
    return replace(found, **{name: facts[name] for name in plain if name in facts})


def verdicts_of(rule: str, project: Project) -> list[Verdict]:
    return [one for one in judge(project) if one.rule == rule]


@pytest.mark.parametrize("case", CASES, ids=[f"{case['regle']}: {case['cas']}" for case in CASES])
def test_fault_77_each_example_has_its_outcome(case: dict[str, Any]) -> None:
    found = {one.outcome.value for one in verdicts_of(case["regle"], project_of(case.get("change", {})))}
    if case["resultat"] == "absent":
        assert found == set()
    elif case["regle"] == "dossier" and case["resultat"] == "granted":
        assert found == {"granted"}
    else:
        assert case["resultat"] in found


def test_fault_77_every_rule_has_an_example_that_passes_one_that_does_not_and_one_at_the_limit() -> None:
    outcomes: dict[str, set[str]] = defaultdict(set)
    at_the_limit = {case["regle"] for case in CASES if case.get("limite")}
    for case in CASES:
        outcomes[case["regle"]].add(case["resultat"])
    told = {verdict.rule for case in CASES for verdict in judge(project_of(case.get("change", {})))}
    assert len(told) >= len(RULES)
    assert told <= at_the_limit
    for rule in sorted(told):
        assert outcomes[rule] & {"granted", "absent"}, rule
        assert outcomes[rule] & {"refused", "ask", "unproven"}, rule


def test_verdicts_read_back_from_json_are_the_same() -> None:
    for case in CASES:
        verdicts = judge(project_of(case.get("change", {})))
        assert tuple(verdict_from_json(one.as_json()) for one in verdicts) == verdicts


@pytest.mark.parametrize("case", DELAYS, ids=[case["cas"] for case in DELAYS])
def test_fault_88_each_delay_is_as_the_lawyer_reads_it(case: dict[str, Any]) -> None:
    start = date.fromisoformat(case["depart"])
    due = add_months(start, case["mois"]) if "mois" in case else add_weeks(start, case["semaines"])
    assert due.day == date.fromisoformat(case["dernier"])
    assert bool(due.ask) == case["ouvert"]
    assert due.latest >= due.day


def test_fault_76_a_project_is_judged_with_the_law_of_its_day_and_again_years_later() -> None:
    for day, nature, law, grants in (
        (date(2021, 9, 2), Nature.LEASE, "décret 2006-1016", False),
        (date(2021, 9, 3), Nature.LEASE, "décret 2021-1136", True),
        (date(2021, 9, 4), Nature.LEASE, "décret 2021-1136", True),
        (date(2006, 8, 13), Nature.CESSION, "décret 2006-1016", True),
    ):
        judged = judgement(replace(BASE, on=day, nature=nature))
        verdicts = [verdict_from_json(told) for told in judged["verdicts"]]
        assert verdicts[0].facts["law"] == law
        assert any(v.rule == "nature" for v in verdicts) != grants
        assert again(json.loads(json.dumps(judged))) == []
        other_law = judged | {"project": judged["project"] | {"on": "2015-01-01"}}
        assert (again(other_law) != []) == (law != "décret 2006-1016")
