"""Far ends before near ends, and no step that cuts off one still to come."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from nms.ops.change.order import CutOff, Topology, cut_offs, order

CHAIN = Topology.of([("core", "melle"), ("melle", "lezay"), ("lezay", "rom"), ("core", "niort")])


def test_far_ends_come_first() -> None:
    assert order(["core", "melle", "rom", "lezay", "niort"], CHAIN) == ["rom", "lezay", "melle", "niort", "core"]


def test_a_near_end_changed_first_is_found_with_those_that_it_cuts_off() -> None:
    assert list(cut_offs(["melle", "niort", "rom"], CHAIN)) == [CutOff("melle", ("rom",))]


def test_in_a_ring_nobody_cuts_off_anybody_but_the_one_at_which_we_stand() -> None:
    ring = Topology.of([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")], roots=["a"])
    assert not list(cut_offs(["b", "c", "d", "a"], ring))
    assert list(cut_offs(["a", "c"], ring)) == [CutOff("a", ("c",))]


def test_without_roots_we_stand_at_those_who_are_nobody_s_far_end() -> None:
    assert CHAIN.roots == {"core"}
    assert (CHAIN.hops("rom"), CHAIN.hops("core"), CHAIN.hops("elsewhere")) == (3, 0, None)


def test_a_device_to_which_no_way_is_known_comes_first() -> None:
    assert order(["melle", "alone"], CHAIN) == ["alone", "melle"]


NAMES = "abcdefg"
EDGES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=12)


@given(EDGES, st.sets(st.sampled_from(NAMES), min_size=1, max_size=2), st.sets(st.sampled_from(NAMES)))
def test_the_order_never_cuts_off(edges: list[tuple[str, str]], roots: set[str], devices: set[str]) -> None:
    topology = Topology.of(edges, roots)
    assert not list(cut_offs(order(devices, topology), topology))


def test_some_other_orders_do() -> None:
    names = ["core", "melle", "lezay"]
    assert sum(bool(list(cut_offs(one, CHAIN))) for one in permutations(names)) == 5
