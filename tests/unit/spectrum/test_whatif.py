"""A supposition: nothing lost between the parties, nothing changed in the register, what becomes of each sector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.models import Lifecycle
from inventory.rows import SectorRow
from nms.base.text import Said
from spectrum.acts import Act, Step
from spectrum.bands import Bands
from spectrum.chronicle import Chronicle, chronicle
from spectrum.drafts import STEPS, Draft
from spectrum.law.versions import Nature
from spectrum.rights import canonical
from spectrum.whatif import SUPPOSED, Change, owed, suppose, touched
from tests.unit.spectrum.register_facts import CHANNEL, FIRST, LAST, LOT, OTHER_LOT, PLACES, act, licence

REGION, TODAY = "Région Poitou-Charentes", date(2010, 1, 1)
LENT = act(
    Step.MAKING_AVAILABLE, "M", date(2009, 1, 1), "86194", CHANNEL, date(2012, 1, 1), REGION, "Commune de Poitiers"
)  # fmt: skip
LATER = act(Step.ISSUE, "L", date(2015, 1, 1), "(17)", CHANNEL, LAST, giver=REGION, taker="Charente-Maritime")
AREAS = {atom: Fraction(number + 40) for number, atom in enumerate(sorted(PLACES.area(REGION)))}


def folds(acts: list[Act]) -> Callable[[date], Chronicle]:
    """The register of some acts, each fold kept as the program keeps it."""
    kept: dict[date, Chronicle] = {}
    return lambda on: kept.setdefault(on, chronicle(acts, on))


def draft(**said: object) -> Draft:
    """A channel of Lusignan for ten years."""
    facts: dict[str, object] = {
        "nature": Nature.CESSION, "title": "2006-0744", "cedant": REGION, "cessionnaire": "Commune de Lusignan",
        "area_text": "86139", "bands_text": CHANNEL.text(), "start": date(2011, 1, 1), "until": date(2021, 1, 1),
    }  # fmt: skip
    return Draft(**(facts | said))  # type: ignore[arg-type]


channels = st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True).map(
    lambda numbers: "/".join(
        f"{3432.5 + 3.5 * n}-{3436 + 3.5 * n}/{3532.5 + 3.5 * n}-{3536 + 3.5 * n}" for n in numbers
    )
)
places = st.lists(st.sampled_from(["86139", "86194", "(17)", "(79)", "16015"]), min_size=1, unique=True).map("; ".join)
days = st.integers(0, 5_000).map(lambda n: FIRST + timedelta(n))
drafts = st.builds(
    lambda nature, area, bands, start, length: draft(
        nature=nature, area_text=area, bands_text=bands, start=start, until=start + timedelta(length)
    ),
    st.sampled_from([Nature.CESSION, Nature.MAKING_AVAILABLE]), places, channels, days, st.integers(1, 2_000),
)  # fmt: skip


@settings(deadline=None)
@given(drafts)
def test_what_is_given_and_what_is_kept_are_together_what_there_was(one: Draft) -> None:
    """Nothing falls between the parties, and neither gets what the other has."""
    case = suppose(one, folds([licence()]), [licence()], PLACES, TODAY)
    there_was = tuple(
        replace(held.extent, period=period)
        for held in case.before.holdings()
        if (period := held.extent.period.since(one.start))
    )
    assert case.why_not == ""
    assert canonical([*case.given(), *case.kept()]) == canonical(there_was)
    assert not any(a.intersection(b) for a in case.given() for b in case.kept())
    assert case.given() == canonical(case.judged.taken)
    assert case.kept() == case.judged.kept


@settings(deadline=None)
@given(drafts)
def test_the_register_stays_as_it_was_and_a_supposition_is_the_fold_with_one_more_act(one: Draft) -> None:
    """Acts of later effect fold after it, as if it had been recorded."""
    acts = [licence(), LENT, LATER]
    folded = folds(acts)
    before = {day: folded(day).holdings() for day in (date.max, one.start)}
    case = suppose(one, folded, acts, PLACES, TODAY)
    assert {day: folded(day).holdings() for day in before} == before
    assert folded(date.max).remarks == chronicle(acts).remarks
    if not case.why_not:
        wanted = case.judged.wanted
        step = Act(
            SUPPOSED, STEPS[one.nature], one.start, one.start, wanted.area, wanted.bands, REGION, one.cessionnaire,
            until=wanted.period.end, title="2006-0744", order=9,
        )  # fmt: skip
        assert set(case.after.holdings()) == set(chronicle([*acts, step]).holdings())
    else:
        assert case.after is case.before


def test_what_somebody_else_uses_cannot_be_made_available_again_and_the_act_that_stands_is_named() -> None:
    acts = [licence(), LENT]
    again = draft(nature=Nature.MAKING_AVAILABLE, area_text="86194", cessionnaire="Un autre")
    case = suppose(again, folds(acts), acts, PLACES, TODAY)
    assert "Commune de Poitiers" in case.why_not
    assert isinstance(case.why_not, Said)
    assert (case.given(), case.gone(), case.come()) == ((), [], [])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"title": "nothing"}, "holds nothing"),
        ({"area_text": "(21)"}, "not in 2006-0744"),
        ({"bands_text": OTHER_LOT.text()}, "not all held"),
        ({"until": date(2030, 1, 1)}, "would end on"),
    ],
)
def test_what_nobody_can_cede_changes_no_hand(said: dict[str, object], why: str) -> None:
    case = suppose(draft(**said), folds([licence()]), [licence()], PLACES, TODAY)
    assert why in case.why_not
    assert case.after is case.before


def test_a_right_that_an_act_of_later_effect_takes_can_be_given_until_then_only() -> None:
    acts = [licence(), LATER]
    until_then = draft(area_text="(17)", until=LATER.effective_on)
    assert suppose(until_then, folds(acts), acts, PLACES, TODAY).why_not == ""
    longer = replace(until_then, until=LATER.effective_on + timedelta(1))
    assert "not all held" in suppose(longer, folds(acts), acts, PLACES, TODAY).why_not


def test_the_joint_dossier_and_the_split_are_not_judged_before_they_are_written() -> None:
    case = suppose(draft(), folds([licence()]), [licence()], PLACES, TODAY)
    told = {v.rule: v.outcome for v in case.judged.verdicts}
    assert (told["dossier"], told["split"]) == ("unproven", "unproven")


def sector(name: str, centre: int | None, width: int | None = 3_500, insee: str = "86045") -> SectorRow:
    """A sector in Lusignan, under its code of the past."""
    blank = dict.fromkeys(SectorRow.__dataclass_fields__)
    facts = {"name": name, "device": "bs", "insee": insee, "centre_khz": centre, "width_khz": width}
    return SectorRow(**(blank | facts | {"lifecycle": Lifecycle.IN_SERVICE}))  # type: ignore[arg-type]


def test_each_sector_is_told_what_becomes_of_it() -> None:
    """Inside the channel: another holder. Over its edge: no right holds it. Outside it, or elsewhere: not touched."""
    sectors = [
        sector("inside", 3_434_250),
        sector("over", 3_436_000),
        sector("beside", 3_440_000),
        sector("unknown", None),
        sector("elsewhere", 3_434_250, insee="17300"),
    ]
    case = suppose(draft(), folds([licence()]), [licence()], PLACES, TODAY)
    found = {one.sector.name: one.change for one in touched(case, sectors, PLACES.today)}
    assert found == {"over": Change.LOST, "inside": Change.OTHER_HOLDER, "unknown": Change.OPEN}
    other_way = replace(case, before=case.after, after=case.before)
    assert {one.sector.name: one.change for one in touched(other_way, sectors, PLACES.today)} == found | {
        "over": Change.GAINED
    }
    wide = suppose(draft(bands_text=LOT.text()), folds([licence()]), [licence()], PLACES, TODAY)
    outside = [sector("outside", 3_432_500)]
    assert [one.change for one in touched(wide, outside, PLACES.today)] == [Change.NEVER]
    lent = suppose(draft(nature=Nature.MAKING_AVAILABLE), folds([licence()]), [licence()], PLACES, TODAY)
    assert {one.sector.name: one.change for one in touched(lent, sectors, PLACES.today)} == found


@settings(deadline=None)
@given(drafts, st.integers(2008, 2022))
def test_the_parties_owe_together_what_was_owed_and_a_making_available_changes_no_fee(one: Draft, year: int) -> None:
    case = suppose(one, folds([licence()]), [licence()], PLACES, TODAY)
    parties = ((case.before, REGION), (case.after, REGION), (case.after, one.cessionnaire))
    before, region, taker = (owed(folded, party, year, AREAS).euros for folded, party in parties)
    assert before is not None
    assert region is not None
    assert taker is not None
    assert region + taker == before
    assert taker == 0 or one.nature is Nature.CESSION


def test_a_fee_that_cannot_be_computed_says_why() -> None:
    case = suppose(draft(), folds([licence()]), [licence()], PLACES, TODAY)
    known = {atom: area for atom, area in AREAS.items() if atom != "86139"}
    told = owed(case.after, "Commune de Lusignan", 2012, known)
    assert (told.cents, [str(why) for why in told.open]) == (
        None, ["cannot be computed: the area of a commune is not known"],
    )  # fmt: skip


def test_bands_that_are_not_established_stay_so() -> None:
    acts = [licence(Bands(None))]
    case = suppose(draft(), folds(acts), acts, PLACES, TODAY)
    assert case.why_not == ""
    assert [one.bands for one in case.given()] == [CHANNEL]
    assert Bands(None) in {one.bands for one in case.kept()}
    assert LOT not in {one.bands for one in case.kept()}
