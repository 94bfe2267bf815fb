"""Who holds what: the real chain of Poitou-Charentes, then every step by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import reduce

import pytest

from nms.base.errors import Conflict
from spectrum.acts import Step, act_from_json
from spectrum.bands import Bands
from spectrum.chronicle import Holding, chronicle
from spectrum.rights import Extent, Period, canonical
from tests.unit.spectrum.register_facts import (
    CHANNEL,
    FIRST,
    LAST,
    LOT,
    OTHER_LOT,
    PLACES,
    UNKNOWN,
    act,
    licence,
    real_acts,
)

REGION = "Conseil régional de Poitou-Charentes"
OTHER_CHANNEL = Bands.of((3_439_500, 3_443_000), (3_539_500, 3_543_000))
SEVRES, CHARENTE, ALTITUDE = "Conseil général des Deux-Sèvres", "Département de la Charente", "Altitude Télécom"


def holder_of(department: str, holdings: list[Holding], but: str = "HDRR France") -> set[str]:
    area = PLACES.of_department(department)
    return {h.holder for h in holdings if not area.isdisjoint(h.extent.area) and h.holder != but}


@pytest.mark.parametrize(
    ("day", "holders"),
    [
        (date(2006, 7, 24), ({}, {}, {}, {})),
        (date(2006, 8, 1), ({REGION}, {REGION}, {REGION}, {REGION})),
        (date(2008, 2, 1), ({REGION}, {REGION}, {SEVRES}, {REGION})),
        (date(2008, 2, 27), ({REGION}, {REGION}, {ALTITUDE}, {REGION})),
        (date(2009, 11, 6), ({CHARENTE}, {REGION}, {ALTITUDE}, {REGION})),
        (date(2011, 12, 1), ({CHARENTE}, {}, {ALTITUDE}, {})),
    ],
)
def test_the_real_chain_gives_the_stated_holders_on_each_stated_day(day: date, holders: tuple[set[str], ...]) -> None:
    found = chronicle(real_acts(), day).on(day)
    for department, stated in zip(("16", "17", "79", "86"), holders, strict=True):
        assert holder_of(department, found) == set(stated), department


def test_an_approved_cession_whose_execution_is_not_established_leaves_the_cedant_marked() -> None:
    found = chronicle(real_acts(), date(2020, 1, 1)).on(date(2020, 1, 1))
    (hdrr,) = [h for h in found if h.holder == "HDRR France"]
    assert "2008-0761" in hdrr.marks[0]
    assert "Bolloré Télécom" in hdrr.marks[0]
    on_day = chronicle(real_acts(), date(2008, 2, 1)).on(date(2008, 2, 1))
    assert [h.marks != () for h in on_day if h.holder == SEVRES] == [True]


def test_two_unknown_bands_over_one_area_are_no_conflict_and_no_all_clear() -> None:
    remarks = [text for number, text in chronicle(real_acts()).remarks if number == "2006-1213"]
    assert len(remarks) == 1
    assert "neither a conflict nor its absence" in remarks[0]


def test_acts_read_back_from_json_are_the_same() -> None:
    for number, one in enumerate((*real_acts(), licence())):
        assert act_from_json(one.as_json(), one.order) == one, number


def test_a_second_holder_of_known_bands_is_refused_with_the_first_ones_reference() -> None:
    second = act(Step.ATTRIBUTION, "2007-0001", FIRST, "(86)", LOT, LAST, taker="Autre")
    with pytest.raises(Conflict) as refused:
        chronicle([licence(), second])
    assert refused.value.facts["authorisation"] == "2006-0744"
    chronicle([licence(), replace(second, bands=OTHER_LOT)])
    chronicle([licence(until=date(2010, 1, 1)), replace(second, effective_on=date(2010, 1, 1))])


def test_a_cession_on_all_three_axes_takes_its_box_and_leaves_the_rest_to_the_cedant() -> None:
    start, end = date(2010, 1, 1), date(2015, 1, 1)
    issue = act(Step.ISSUE, "2010-1", start, "86139", CHANNEL, end, giver=REGION, taker="CC du Pays Mélusin")
    found = chronicle([licence(), issue]).holdings()
    mine = [h.extent for h in found if h.holder == "CC du Pays Mélusin"]
    assert mine == [Extent(frozenset({"86139"}), CHANNEL, Period(start, end))]
    whole = Extent(PLACES.area("Région Poitou-Charentes"), LOT, Period(FIRST, LAST))
    assert canonical([h.extent for h in found]) == canonical([whole])
    during = chronicle([licence(), issue], start).on(start)
    assert {h.extent.bands for h in during if "86139" in h.extent.area} == {CHANNEL, LOT.minus(CHANNEL)}
    after = chronicle([licence(), issue], end).on(end)
    assert {h.holder for h in after if "86139" in h.extent.area} == {"Région Poitou-Charentes"}


def test_an_authorisation_of_more_than_twenty_years_is_to_be_checked() -> None:
    assert chronicle([licence(until=LAST)]).remarks == []
    ((number, text),) = chronicle([licence(until=LAST + timedelta(1))]).remarks
    assert number == "2006-0744"
    assert "L. 42-1, II, 2°" in text


def test_bands_that_nobody_takes_go_on_in_one_piece_with_the_days_of_the_title() -> None:
    start, end = date(2010, 1, 1), date(2015, 1, 1)
    for step in (Step.ISSUE, Step.MAKING_AVAILABLE):
        one = act(step, "C", start, "86139", CHANNEL, end, giver=REGION, taker="CC")
        here = [h for h in chronicle([licence(), one]).holdings() if "86139" in h.extent.area and h.holder != "CC"]
        rest = [h.extent.period for h in here if h.extent.bands == LOT.minus(CHANNEL)]
        assert rest == [Period(FIRST, LAST)]
        others = {h.extent.period for h in here if h.extent.bands == CHANNEL and h.user != "CC"}
        assert others == {Period(FIRST, start), Period(end, LAST)}
    later = act(Step.ISSUE, "D", date(2011, 1, 1), "86139", OTHER_CHANNEL, LAST, giver=REGION, taker="Autre")
    taken = [h.extent for h in chronicle([licence(), one, later]).holdings() if h.holder == "Autre"]
    assert taken == [Extent(frozenset({"86139"}), OTHER_CHANNEL, Period(date(2011, 1, 1), LAST))]


def test_a_location_that_is_carried_out_is_approved_no_more() -> None:
    facts = {"giver": REGION, "taker": "CC"}
    approval = act(Step.APPROVAL, "A", date(2022, 1, 1), "86139", CHANNEL, LAST, kind="lease_partial", **facts)
    marks = [mark for one in chronicle([licence(), approval]).on(date(2022, 1, 1)) for mark in one.marks]
    assert marks == ["location to CC approved by A on 2022-01-01, execution not established"]
    lease = act(Step.LEASE, "L", date(2022, 3, 1), "86139", CHANNEL, LAST, **facts)
    assert chronicle([licence(), approval, lease]).pending == []


def test_a_derived_right_never_outlives_its_parent() -> None:
    issue = act(
        Step.ISSUE, "2010-1", date(2010, 1, 1), "(86)", LOT, LAST + timedelta(900), giver=REGION, taker="Vienne"
    )
    ends = {h.extent.period.end for h in chronicle([licence(), issue]).holdings() if h.holder == "Vienne"}
    assert ends == {LAST}


def test_a_chain_of_one_day_goes_in_the_order_of_the_file() -> None:
    day = date(2008, 1, 29)
    first = act(Step.ISSUE, "2008-0128", day, "(79)", giver=REGION, taker=SEVRES, order=1)
    then = act(Step.ISSUE, "2008-0134", day, "(79)", giver=SEVRES, taker=ALTITUDE, order=2)
    for order in ([licence(), first, then], [then, first, licence()]):
        assert holder_of("79", chronicle(order, day).on(day)) == {ALTITUDE}


def test_fault_71_a_right_ceded_twice_stays_with_the_first_cessionnaire_and_the_second_is_told() -> None:
    day = date(2009, 1, 1)
    first = act(Step.ISSUE, "2009-1", day, "(86)", until=LAST, giver=REGION, taker="Vienne", order=1)
    again = act(Step.ISSUE, "2009-2", day, "86194", until=LAST, giver=REGION, taker="Poitiers", order=2)
    with pytest.raises(Conflict) as refused:
        chronicle([licence(), first, again])
    assert refused.value.facts["authorisation"] == "2009-1"


def test_approval_alone_moves_nothing_and_the_execution_completes_it() -> None:
    approved, executed = date(2010, 1, 1), date(2010, 3, 1)
    approval = act(Step.APPROVAL, "A", approved, "(86)", giver=REGION, taker="Vienne")
    execution = act(Step.EXECUTION, "E", executed, "(86)", giver=REGION, taker="Vienne")
    between = chronicle([licence(), approval, execution], approved).on(approved)
    assert holder_of("86", between) == {"Région Poitou-Charentes"}
    assert any(h.marks for h in between)
    after = chronicle([licence(), approval, execution], executed)
    assert holder_of("86", after.on(executed)) == {"Vienne"}
    assert not any(h.marks for h in after.on(executed))
    assert after.pending == []


def test_an_execution_completes_the_approval_of_its_own_band_and_title() -> None:
    other = LOT.minus(CHANNEL)
    approvals = [
        act(Step.APPROVAL, "A1", date(2010, 1, 1), "(86)", CHANNEL, giver=REGION, taker="Vienne", order=1),
        act(Step.APPROVAL, "A2", date(2010, 1, 1), "(86)", other, giver=REGION, taker="Vienne", order=2),
    ]
    execution = act(Step.EXECUTION, "E1", date(2010, 3, 1), "(86)", CHANNEL, giver=REGION, taker="Vienne", order=3)
    assert [one.number for one in chronicle([licence(), *approvals, execution]).pending] == ["A2"]
    titles = [replace(one, bands=UNKNOWN, title=f"T{one.number}") for one in approvals]
    named = replace(execution, bands=UNKNOWN, title="TA1")
    assert [one.number for one in chronicle([licence(), *titles, named]).pending] == ["A2"]


def test_an_abrogation_ends_what_is_pending_on_its_own_title_and_band_only() -> None:
    approval = act(
        Step.APPROVAL, "A", date(2010, 1, 1), "(86)", CHANNEL, giver=REGION, taker="Vienne", title="2006-0744"
    )
    end = act(Step.ABROGATION, "X", date(2010, 3, 1), "(86)", UNKNOWN, giver=REGION)
    for abrogation, left in (
        (end, []),
        (replace(end, title="2006-0744"), []),
        (replace(end, bands=LOT), []),
        (replace(end, title="2006-0001"), ["A"]),
        (replace(end, bands=OTHER_LOT), ["A"]),
    ):
        assert [one.number for one in chronicle([licence(), approval, abrogation]).pending] == left


def test_the_withdrawal_of_an_approved_project_takes_its_mark_off_and_moves_nothing() -> None:
    day, later = date(2010, 1, 1), date(2010, 2, 1)
    approval = act(Step.APPROVAL, "A", day, "(86)", CHANNEL, giver=REGION, taker="Vienne")
    withdrawn = act(Step.WITHDRAWAL, "W", later, "(86)", CHANNEL, giver=REGION, taker="Vienne")
    acts = [licence(), approval, withdrawn]
    assert any(one.marks for one in chronicle(acts, day).on(day))
    after = chronicle(acts, later)
    assert not any(one.marks for one in after.on(later))
    assert after.holdings() == chronicle([licence()]).holdings()
    assert [number for number, _ in chronicle([licence(), withdrawn]).remarks] == ["W"]


def test_a_right_under_another_title_of_the_cedant_is_no_free_room() -> None:
    wrong = act(Step.ISSUE, "2010-1", date(2010, 1, 1), "86194", until=LAST, giver=REGION, taker="CC", title="06-0477")
    with pytest.raises(Conflict) as refused:
        chronicle([licence(), wrong])
    assert refused.value.facts["authorisation"] == "2006-0744"
    open_bands = chronicle([licence(UNKNOWN), wrong])
    assert {number for number, _ in open_bands.remarks} == {"2010-1"}


def test_who_uses_a_right_goes_on_when_its_holder_has_a_successor_and_a_cession_leaves_it_to_be_asked() -> None:
    lent = act(Step.MAKING_AVAILABLE, "M", date(2009, 1, 1), "(86)", CHANNEL, LAST, giver=REGION, taker="Poitiers")
    merged = act(Step.TRANSFER, "T", date(2010, 1, 1), "", UNKNOWN, giver=REGION, taker="Successeur")
    after = chronicle([licence(), lent, merged], merged.effective_on)
    used = [one for one in after.on(merged.effective_on) if one.user == "Poitiers"]
    assert {(one.holder, one.extent.bands) for one in used} == {("Successeur", CHANNEL)}
    ceded = act(Step.ISSUE, "C", date(2010, 1, 1), "(86)", until=LAST, giver=REGION, taker="Vienne")
    found = chronicle([licence(), lent, ceded])
    assert [number for number, text in found.remarks if "Poitiers" in text] == ["C"]
    to_its_user = chronicle([licence(), lent, replace(ceded, cessionnaire="Poitiers")])
    assert to_its_user.remarks == []


def test_who_holds_by_an_authorisation_is_told_for_a_day_also_after_a_successor_and_after_its_end() -> None:
    merged = act(Step.TRANSFER, "T", date(2010, 1, 1), "", UNKNOWN, giver=REGION, taker="Successeur")
    found = chronicle([licence(), merged])
    told = {day: found.holder_of("2006-0744", day) for day in (FIRST, date(2009, 12, 31), date(2010, 1, 1), LAST)}
    assert list(told.values()) == ["Région Poitou-Charentes", "Région Poitou-Charentes", "Successeur", "Successeur"]
    assert found.holder_of("nobody’s", FIRST) == ""


def test_a_title_that_others_use_or_that_begins_later_can_be_ceded_too_and_one_that_is_over_cannot() -> None:
    day = date(2010, 1, 1)
    lent = act(Step.MAKING_AVAILABLE, "M", FIRST, until=LAST, giver=REGION, taker="Tous")
    later = act(Step.ATTRIBUTION, "L", date(2011, 1, 1), bands=OTHER_LOT, until=LAST, taker="Plus tard")
    over = act(Step.ATTRIBUTION, "O", FIRST, "(21)", until=day, taker="Naguère")
    assert chronicle([licence(), lent, later, over]).titles(day) == {
        "2006-0744": "Région Poitou-Charentes",
        "L": "Plus tard",
    }


def test_an_execution_without_its_approval_is_taken_and_remarked() -> None:
    found = chronicle([licence(), act(Step.EXECUTION, "E", date(2010, 1, 1), "(86)", giver=REGION, taker="Vienne")])
    assert [number for number, _ in found.remarks] == ["E"]


def test_a_cedant_whose_right_is_not_established_is_a_mark_and_no_guess() -> None:
    lone = act(Step.ISSUE, "X", date(2010, 1, 1), "(21)", UNKNOWN, giver="Personne", taker="Quelqu'un")
    (held,) = chronicle([lone]).on(date(2010, 1, 1))
    assert held.holder == "Quelqu'un"
    assert "not established" in held.marks[0]


def test_which_of_two_rights_is_ceded_is_not_guessed() -> None:
    two = [
        act(Step.ATTRIBUTION, "L1", FIRST, "(86)", UNKNOWN, taker="Holder"),
        act(Step.ATTRIBUTION, "L2", FIRST, "(86)", UNKNOWN, taker="Holder", order=1),
        act(Step.ISSUE, "C", date(2010, 1, 1), "(86)", UNKNOWN, giver="Holder", taker="Other"),
    ]
    found = chronicle(two).on(date(2010, 1, 2))
    assert {h.holder for h in found} == {"Holder", "Other"}
    assert all("L1, L2" in h.marks[0] for h in found)
    named = chronicle([*two[:2], replace(two[2], title="L2")]).on(date(2010, 1, 2))
    assert {(h.authorisation, h.holder) for h in named} == {("L1", "Holder"), ("C", "Other")}


def test_making_available_changes_the_user_and_never_the_holder_and_users_never_overlap() -> None:
    start, end = date(2010, 1, 1), date(2012, 1, 1)
    lent = act(Step.MAKING_AVAILABLE, "M", start, "86194", CHANNEL, end, giver=REGION, taker="Commune de Poitiers")
    found = chronicle([licence(), lent], start).on(start)
    used = [h for h in found if h.user == "Commune de Poitiers"]
    assert [(h.holder, h.extent.bands) for h in used] == [("Région Poitou-Charentes", CHANNEL)]
    assert not any(h.user == "Commune de Poitiers" for h in chronicle([licence(), lent], end).on(end))
    second = replace(lent, number="M2", cessionnaire="Un autre", effective_on=start + timedelta(9))
    with pytest.raises(Conflict):
        chronicle([licence(), lent, second])
    chronicle([licence(), lent, replace(second, bands=LOT.minus(CHANNEL))])


def test_a_right_is_suspended_renewed_transferred_and_renamed() -> None:
    start, end = date(2010, 1, 1), date(2010, 6, 1)
    halted = act(Step.SUSPENSION, "S", start, "(86)", UNKNOWN, end, giver=REGION)
    assert holder_of("86", chronicle([licence(), halted], start).on(start)) == set()
    assert holder_of("86", chronicle([licence(), halted], end).on(end)) == {"Région Poitou-Charentes"}
    longer = act(Step.RENEWAL, "R", start, "(86)", UNKNOWN, date(2030, 1, 1), giver=REGION)
    assert holder_of("86", chronicle([licence(), longer]).on(date(2029, 1, 1))) == {"Région Poitou-Charentes"}
    merged = act(Step.TRANSFER, "T", start, "", UNKNOWN, giver=REGION, taker="Successeur")
    moved = chronicle([licence(), merged], start).on(start)
    assert {(h.authorisation, h.holder) for h in moved} == {("2006-0744", "Successeur")}
    renamed = act(Step.RENAMING, "N", date(2016, 1, 1), "", UNKNOWN, giver=REGION, taker="Région Nouvelle-Aquitaine")
    for day, name in ((date(2015, 12, 31), "Région Poitou-Charentes"), (date(2016, 1, 1), "Région Nouvelle-Aquitaine")):
        assert {h.holder for h in chronicle([licence(), renamed], day).on(day)} == {name}


def test_a_renewal_renews_every_piece_that_a_use_had_cut() -> None:
    lent = act(
        Step.MAKING_AVAILABLE, "U", date(2010, 1, 1), "86139", CHANNEL, date(2012, 1, 1), giver=REGION, taker="Commune"
    )
    longer = act(Step.RENEWAL, "R", date(2011, 1, 1), "(86)", UNKNOWN, date(2035, 1, 1), giver=REGION)
    renewed = chronicle([licence(), lent, longer]).on(date(2034, 1, 1))
    whole = longer.area
    assert len(whole) > 1
    assert frozenset().union(*(one.extent.area for one in renewed)) >= whole
    here = [one.extent.bands for one in renewed if "86139" in one.extent.area]
    assert reduce(Bands.union, here) == LOT


def test_taking_a_channel_of_a_lot_that_is_not_established_leaves_the_rest_unknown() -> None:
    issue = act(Step.ISSUE, "C", date(2010, 1, 1), "86139", CHANNEL, LAST, giver=REGION, taker="CC")
    found = chronicle([licence(UNKNOWN), issue], date(2010, 1, 1)).on(date(2010, 1, 1))
    here = {(h.holder, h.extent.bands) for h in found if "86139" in h.extent.area}
    assert here == {("CC", CHANNEL), ("Région Poitou-Charentes", Bands(None))}
