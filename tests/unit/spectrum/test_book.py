"""The indexes of the book answer exactly what looking at every holding answers."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from spectrum import book
from spectrum.bands import UNKNOWN, Answer, Bands
from spectrum.book import Book, Holding
from spectrum.rights import Extent, Period

DAY = date(2008, 2, 27)
spans = st.tuples(st.integers(0, 90), st.integers(1, 70)).map(lambda p: (p[0] + 9, p[0] + p[1] + 9))
bands = st.one_of(st.just(UNKNOWN), st.lists(spans, min_size=1, max_size=3).map(lambda parts: Bands.of(*parts)))
periods = st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(1, 9))).map(
    lambda p: Period(DAY + timedelta(p[0]), None if p[1] is None else DAY + timedelta(p[0] + p[1]))
)
boxes = st.builds(Extent, st.frozensets(st.sampled_from("ABC"), min_size=1), bands, periods)
holdings = st.builds(
    lambda box, party, title: Holding(title, party, party, box, title),
    boxes,
    st.sampled_from(["Région Centre", "Conseil régional du Centre", "Autre", "SARL Tiers"]),
    st.sampled_from(["T-1", "T-2"]),
)
steps = st.lists(st.tuples(st.booleans(), holdings, holdings), min_size=1, max_size=60)


@given(steps, boxes, st.integers(0, 40))
def test_what_a_box_touches_is_what_a_look_at_every_holding_finds(
    taken: list[tuple[bool, Holding, Holding]], box: Extent, many: int
) -> None:
    kept, book.MANY = book.MANY, many
    try:
        found = Book()
        plain: dict[int, Holding] = {}
        after = 0
        for replaced, one, other in taken:
            if replaced and plain:
                number = min(plain)
                found.replace(number, [one, other])
                del plain[number]
                plain |= {after: one, after + 1: other}
                after += 2
            else:
                found.add(one)
                plain[after] = one
                after += 1
        for looked in (found, found.copy()):
            touching = [(n, h) for n, h in plain.items() if h.extent.intersects(box) is not Answer.NO]
            assert looked.touching(box) == touching
            assert list(looked) == list(plain.values())
            keys = {"region centre", "autre"}
            mine = [
                (n, h) for n, h in plain.items() if h.holder != "SARL Tiers" and not h.extent.area.isdisjoint(box.area)
            ]
            assert looked.of_party(keys, box.area) == mine
            assert looked.of_title("T-1") == [h for h in plain.values() if h.authorisation == "T-1"]
            day = box.period.start
            lasting = [(n, h) for n, h in mine if h.extent.period.since(day) is not None]
            assert looked.of_party(keys, box.area, day) == lasting
            titled = [h for h in plain.values() if h.authorisation == "T-1" and h.extent.period.since(day) is not None]
            assert looked.of_title("T-1", day) == titled
    finally:
        book.MANY = kept
