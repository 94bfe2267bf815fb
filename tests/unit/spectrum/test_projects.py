"""Projects that published acts carried out, as the law reads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from spectrum.acts import Step
from spectrum.chronicle import chronicle
from spectrum.drafts import Draft, judge
from spectrum.law import cession
from spectrum.law.verdict import Outcome, Verdict
from spectrum.law.versions import Nature
from spectrum.projects import project_of_act
from tests.unit.spectrum.register_facts import CHANNEL, LAST, LOT, PLACES, act, licence

REGION, SEVRES = "Région Poitou-Charentes", "Conseil général des Deux-Sèvres"
FIRST_CESSION = act(Step.ISSUE, "2008-0128", date(2008, 1, 29), "(79)", giver=REGION, taker=SEVRES)
REST = Draft(
    Nature.CESSION,
    "2006-0744",
    REGION,
    "Altitude Télécom",
    "(16, 17, 86)",
    "",
    date(2010, 6, 1),
    None,
    total=True,
    station_locations=False,
)


def outcomes(verdicts: tuple[Verdict, ...]) -> dict[str, Outcome]:
    return {one.rule: one.outcome for one in verdicts}


def test_what_a_first_cession_left_of_a_title_can_be_ceded_in_total() -> None:
    judged = judge(REST, chronicle([licence(), FIRST_CESSION]), PLACES, date(2010, 3, 1))
    found = outcomes(judged.verdicts)
    assert (found["total"], found["inside_period"]) == (Outcome.GRANTED, Outcome.GRANTED)
    assert judged.kept == ()
    assert not cession.is_partial(judged.project)


def test_a_total_cession_takes_what_is_left_in_whatever_shape_and_nobody_else_loses_a_thing() -> None:
    channel = act(Step.ISSUE, "C", date(2009, 1, 1), "86139", CHANNEL, date(2015, 1, 1), giver=REGION, taker="CC")
    before = chronicle([licence(), FIRST_CESSION, channel])
    judged = judge(REST, before, PLACES, date(2010, 3, 1))
    assert {outcomes(judged.verdicts)[rule] for rule in ("total", "inside_period")} == {Outcome.GRANTED}
    taken = act(Step.ISSUE, "T", REST.start, REST.area_text, LOT, LAST, giver=REGION, taker="Altitude Télécom")
    after = chronicle([licence(), FIRST_CESSION, channel, taken])
    on = date(2010, 6, 1)
    assert {h.extent.bands for h in after.on(on) if h.holder == "CC"} == {CHANNEL}
    assert not [h for h in after.on(date(2016, 1, 1)) if h.holder == REGION]
    assert {h.holder for h in after.on(date(2016, 1, 1)) if "86139" in h.extent.area} == {"Altitude Télécom"}


def test_a_commune_ceded_long_ago_is_no_more_in_the_title() -> None:
    judged = judge(
        replace(REST, area_text="79191", total=False), chronicle([licence(), FIRST_CESSION]), PLACES, date(2010, 3, 1)
    )
    assert outcomes(judged.verdicts)["inside_area"] is Outcome.REFUSED


def test_a_published_act_that_calls_itself_total_is_held_against_all_that_the_title_holds() -> None:
    part = act(Step.ISSUE, "S", date(2008, 1, 29), "(16)", CHANNEL, LAST, giver=REGION, taker="C")
    rest_of_16 = act(
        Step.ISSUE, "T", date(2009, 1, 1), "(16)", LOT.minus(CHANNEL), LAST, giver=REGION, taker="Z",
        kind="cession_totale",
    )  # fmt: skip
    project = project_of_act(rest_of_16, chronicle([licence(), part]))
    assert project is not None
    assert outcomes(cession.judge(project))["total"] is Outcome.REFUSED
