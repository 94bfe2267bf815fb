"""Projects as JSON and back, those that published acts carried out, and judgements that can be made again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from spectrum.acts import Act, Step
from spectrum.bands import Bands
from spectrum.chronicle import Chronicle
from spectrum.law import cession
from spectrum.law.cession import Project, Title
from spectrum.law.versions import FIRST_DAY, Nature
from spectrum.parties import read_party
from spectrum.rights import Extent, Period

_FACTS = ("cedant", "cessionnaire", "total", "sanctioned", "capacity", "commitments", "split", "agreement")
_TITLE = ("number", "holder", "assigned_by_call", "public_service", "station_locations")
GIVEN = "given"
BINDING = frozenset({"holder", "inside_area", "inside_bands", "inside_period", "nature", "axes"})
"""Rules that an execution must pass even though a decision was given: nobody can cede what he does not hold."""


def project_of_act(act: Act, before: Chronicle) -> Project | None:
    """The project that a published act carried out, against the register just before it; None when it is no cession.

    What the act does not tell is not established: the verdicts will name it.
    """
    if act.step not in NATURES or act.effective_on < FIRST_DAY:
        return None
    giver, total = read_party(act.cedant).name, "total" in act.kind.casefold()
    day = act.effective_on
    held = [one for one in before.held_by(giver, act.area, day) if act.title in ("", one.authorisation)]
    if total:  # whether anything is left is asked of the whole title, not of the place alone
        titles = {one.authorisation for one in held}
        held = [one for one in before.held_by(giver, frozenset(), day) if one.authorisation in titles]
    title = Title(act.title or (held[0].authorisation if held else ""), giver, tuple(one.extent for one in held))
    return Project(
        nature=NATURES[act.step],
        title=title,
        cedant=giver,
        cessionnaire=read_party(act.cessionnaire).name,
        wanted=Extent(act.area, act.bands, Period(act.effective_on, act.until)),
        on=act.effective_on,
        total=total,
        dossier=None,
        split=None,
    )


NATURES = {
    Step.ISSUE: Nature.CESSION,
    Step.APPROVAL: Nature.CESSION,
    Step.EXECUTION: Nature.CESSION,
    Step.MODIFICATION: Nature.CESSION,
    Step.MAKING_AVAILABLE: Nature.MAKING_AVAILABLE,
    Step.LEASE: Nature.LEASE,
}
"""Which steps carry out a project, and of which nature."""


def judgement(project: Project) -> dict[str, Any]:
    """A judgement that can be made again: the project's facts and the verdicts of the law of its day."""
    return {"project": project_json(project), "verdicts": [one.as_json() for one in cession.judge(project)]}


def again(judged: Mapping[str, Any]) -> list[str]:
    """Judge a stored project again: the rules whose verdict is not the stored one."""
    new = [one.as_json() for one in cession.judge(project_from_json(judged["project"]))]
    old = judged["verdicts"]
    differing = [str(one["rule"]) for one, stored in zip(new, old, strict=False) if one != stored]
    return differing + ([f"{len(old)} verdicts are stored, {len(new)} are given"] if len(new) != len(old) else [])


def project_json(project: Project) -> dict[str, Any]:
    """Every fact that the rules read. Of the dossier only which items were given: their texts stay in the dossier."""
    told: dict[str, Any] = {name: getattr(project, name) for name in _FACTS}
    title: dict[str, Any] = {name: getattr(project.title, name) for name in _TITLE}
    title["held"] = [_extent_json(one) for one in project.title.held]
    items = None if project.dossier is None else sorted(code for code, text in project.dossier.items() if text.strip())
    return told | {
        "nature": project.nature.value,
        "on": project.on.isoformat(),
        "title": title,
        "wanted": _extent_json(project.wanted),
        "items": items,
    }


def project_from_json(told: Mapping[str, Any]) -> Project:
    """The project that `project_json` wrote, as far as the rules read it."""
    title = {name: told["title"][name] for name in _TITLE}
    return Project(
        nature=Nature(told["nature"]),
        title=Title(held=tuple(_extent(one) for one in told["title"]["held"]), **title),
        wanted=_extent(told["wanted"]),
        on=date.fromisoformat(told["on"]),
        dossier=None if told["items"] is None else dict.fromkeys(told["items"], GIVEN),
        **{name: told[name] for name in _FACTS},
    )


def _extent_json(extent: Extent) -> dict[str, Any]:
    end = extent.period.end
    return {
        "area": sorted(extent.area),
        "bands_khz": extent.bands.as_lists() if extent.bands.known else None,
        "start": extent.period.start.isoformat(),
        "end": end.isoformat() if end else None,
    }


def _extent(told: Mapping[str, Any]) -> Extent:
    bands = told["bands_khz"]
    end = told["end"]
    return Extent(
        frozenset(told["area"]),
        Bands(None if bands is None else tuple((low, high) for low, high in bands)),
        Period(date.fromisoformat(told["start"]), date.fromisoformat(end) if end else None),
    )
