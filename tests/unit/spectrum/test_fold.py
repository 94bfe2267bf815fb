"""The fold with its indexes answers what a fold that looks at every right answers, and costs what the living cost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from nms.base.errors import Conflict
from spectrum import book, chronicle
from spectrum.acts import Act, Step
from spectrum.bands import UNKNOWN, Answer, Bands
from spectrum.book import Holding
from spectrum.parties import key_of
from spectrum.rights import Extent

DAY = date(2008, 2, 27)
LOW, HIGH = Bands.of((3_432_500, 3_436_000)), Bands.of((3_436_000, 3_439_500))
PARTIES = ("Région Centre", "Conseil régional du Centre", "Autre", "SARL Tiers")


class Plain:
    """A book without an index: every question looks at every right."""

    def __init__(self) -> None:
        self._all: dict[int, Holding] = {}
        self._next = 0

    def __iter__(self) -> Iterator[Holding]:
        return iter(self._all.values())

    def add(self, holding: Holding) -> None:
        self._all[self._next] = holding
        self._next += 1

    def replace(self, number: int, new: Iterable[Holding]) -> None:
        del self._all[number]
        for holding in new:
            self.add(holding)

    def touching(self, box: Extent) -> list[tuple[int, Holding]]:
        return [(n, one) for n, one in self._all.items() if one.extent.intersects(box) is not Answer.NO]

    def of_party(
        self, keys: Collection[str], area: frozenset[str], since: date = date.min
    ) -> list[tuple[int, Holding]]:
        return [
            (n, one)
            for n, one in self._all.items()
            if key_of(one.holder) in keys and (not area or area & one.extent.area)
        ]

    def of_title(self, authorisation: str, since: date = date.min) -> list[Holding]:
        return [one for one in self if one.authorisation == authorisation]


def drawn(facts: Sequence[tuple[Step, int, int | None, str, Bands, str, str]]) -> list[Act]:
    """Acts of one history: each some days after the one before it."""
    days = accumulate(gap for _, gap, *_ in facts)
    return [
        Act(
            f"N{place}", step, DAY + timedelta(day), DAY + timedelta(day), frozenset(area), bands,
            cedant="" if step is Step.ATTRIBUTION else giver, cessionnaire=taker,
            until=None if lasts is None else DAY + timedelta(day + lasts), order=place,
        )
        for place, (day, (step, _, lasts, area, bands, giver, taker)) in enumerate(zip(days, facts, strict=True))
    ]  # fmt: skip


histories = st.lists(
    st.tuples(
        st.sampled_from(
            (Step.ATTRIBUTION, Step.ISSUE, Step.MAKING_AVAILABLE, Step.RENEWAL, Step.ABROGATION, Step.SUSPENSION,
             Step.TRANSFER, Step.RENAMING)
        ),
        st.integers(0, 4),
        st.one_of(st.none(), st.integers(1, 12)),
        st.sampled_from(("A", "B", "AB", "ABC")),
        st.sampled_from((LOW, HIGH, LOW.union(HIGH), UNKNOWN)),
        st.sampled_from(PARTIES),
        st.sampled_from(PARTIES),
    ),
    max_size=40,
).map(drawn)  # fmt: skip


def told(acts: Sequence[Act]) -> tuple[list[Holding], list[tuple[str, str]], list[str]]:
    """What a fold makes of acts, those left out that contradict it."""
    found, refused = chronicle.Chronicle(), []
    for act in acts:
        try:
            found.apply(act)
        except Conflict as conflict:
            refused.append(f"{act.number}: {conflict.message}")
    return found.holdings(), found.remarks, refused


@settings(max_examples=300)
@given(histories, st.sampled_from((0, 2, book.MANY)))
def test_a_fold_with_indexes_is_the_fold_that_looks_at_every_right(acts: list[Act], many: int) -> None:
    with patch.object(book, "MANY", many):
        indexed = told(acts)
    with patch.object(chronicle, "Book", Plain):
        assert told(acts) == indexed


def looked_at(rights: int) -> int:
    """How many rights were looked at while so many followed one another, a day each, in one commune and band."""
    seen = 0

    def counting(self: Extent, other: Extent) -> Answer:
        nonlocal seen
        seen += 1
        return real(self, other)

    real = Extent.intersects
    acts = [
        Act(
            f"N{n}", Step.ATTRIBUTION, DAY, DAY + timedelta(n), frozenset("A"), LOW, cessionnaire=f"P{n}",
            until=DAY + timedelta(n + 1), order=n,
        )
        for n in range(rights)
    ]  # fmt: skip
    with patch.object(Extent, "intersects", counting):
        assert len(chronicle.chronicle(acts).holdings()) == rights
    return seen


def test_rights_that_are_over_are_not_looked_at() -> None:
    assert looked_at(600) <= 600
