"""Obligations shared between the parties: nothing falls between the two, nothing is owed twice."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nms.base.errors import InputError
from spectrum.law.obligations import Split, share, split

VIENNE = {"86194": 88_000, "86139": 4_000, "86100": 8_000}
CHARENTE = {"16015": 42_000, "16102": 18_000}


def test_sites_due_follow_the_population_ceded() -> None:
    found = split({"86": 25, "16": 10}, {"86": VIENNE, "16": CHARENTE}, {"86139", "86100"})
    assert found == (Split("86", 25, 22, 3, 12_000, 100_000), Split("16", 10, 10, 0, 0, 60_000))


def test_a_territory_ceded_whole_takes_all_of_its_obligations_with_it() -> None:
    (found,) = split({"16": 7}, {"16": CHARENTE}, CHARENTE)
    assert (found.cedant, found.beneficiaire) == (0, 7)


def test_an_exact_half_stays_with_the_cedant_and_is_asked() -> None:
    (found,) = split({"16": 1}, {"16": {"16015": 5, "16102": 5}}, {"16102"})
    assert (found.cedant, found.beneficiaire) == (1, 0)
    assert "not decided by the text" in found.ask


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ({"16": CHARENTE}, "commune_without_weight"),
        ({"86": VIENNE, "zone": VIENNE}, "commune_in_two_territories"),
    ],
)
def test_a_commune_ceded_is_counted_once_or_the_split_is_refused(weights: dict[str, dict[str, int]], code: str) -> None:
    with pytest.raises(InputError) as refused:
        split({"16": 3}, weights, {"86194"})
    assert refused.value.code == code


@pytest.mark.parametrize("weights", [{}, {"16": {}}, {"16": {"16015": 0}}, {"16": {"16015": -1, "16102": 5}}])
def test_a_territory_without_weight_is_never_split_by_guess(weights: dict[str, dict[str, int]]) -> None:
    with pytest.raises(InputError) as refused:
        split({"16": 3}, weights, ())
    assert refused.value.code == "territory_without_weight"


@pytest.mark.parametrize(("count", "weights"), [(-1, (1, 2)), (3, ()), (3, (0, 0)), (3, (2, -1))])
def test_there_is_no_proportion_of_nothing(count: int, weights: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="cannot be split"):
        share(count, weights)


some_weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


@given(st.integers(0, 10**5), some_weights)
def test_the_shares_sum_to_the_whole_and_none_strays_by_one_from_its_proportion(count: int, weights: list[int]) -> None:
    found = share(count, weights).counts
    assert sum(found) == count
    for given_to, weight in zip(found, weights, strict=True):
        assert abs(given_to * sum(weights) - count * weight) < sum(weights)


@given(st.integers(0, 10**5), some_weights)
def test_a_larger_weight_never_owes_less(count: int, weights: list[int]) -> None:
    found = share(count, weights).counts
    ordered = sorted(zip(weights, found, strict=True))
    for (lighter, fewer), (heavier, more) in pairwise(ordered):
        assert lighter == heavier or fewer <= more


@given(st.integers(0, 500), st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 1000), min_size=1), st.data())
def test_nothing_falls_between_the_two_whatever_is_ceded(
    count: int, weights: dict[str, int], data: st.DataObject
) -> None:
    ceded = data.draw(st.sets(st.sampled_from(sorted(weights))))
    (found,) = split({"16": count}, {"16": weights}, ceded)
    assert found.cedant + found.beneficiaire == found.due == count
    assert ceded or found.beneficiaire == 0
    assert ceded < set(weights) or found.cedant == 0
