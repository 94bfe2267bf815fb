"""What lines make of a configuration, and that their inverse takes it back."""

from hypothesis import given
from hypothesis import strategies as st

from nms.ops.change.grammar import Grammar, Tree, applied, parsed, shown, telling, way
from nms.ops.change.likeness import same

FRR = Grammar()
ROUTER = """\
frr version 8.4.4
hostname lezay
!
interface eth0
 description to Melle
 ip address 10.0.0.1/24
exit
!
ip route 10.9.0.0/16 10.0.0.2
ip route 10.9.0.0/16 10.0.0.3
router bgp 65000
 neighbor 10.0.0.2 remote-as 65001
 !
 address-family ipv4 unicast
  network 10.1.0.0/16
 exit-address-family
exit
!
end
"""


def inverse(before: Tree, lines: list[str], grammar: Grammar) -> list[str]:
    """The lines that take other lines back, as a plan makes them."""
    return way(applied(before, lines, grammar), before, grammar)


def after(*lines: str) -> list[str]:
    return shown(applied(parsed(ROUTER, FRR), lines, FRR))


def test_a_line_that_has_one_place_replaces_the_one_before() -> None:
    found = after("interface eth0", " description to Niort")
    assert " description to Niort" in found
    assert " description to Melle" not in found


def test_no_takes_a_section_with_all_that_belongs_to_it() -> None:
    found = after("no router bgp 65000")
    assert not any("bgp" in line or "network" in line or "neighbor" in line for line in found)


def test_no_with_the_beginning_of_lines_takes_every_one_of_them() -> None:
    assert not any(line.startswith("ip route") for line in after("no ip route 10.9.0.0/16"))


def test_no_of_what_is_not_there_changes_nothing_and_has_no_inverse() -> None:
    lines = ["interface eth0", " no shutdown"]
    assert after(*lines) == shown(parsed(ROUTER, FRR))
    assert inverse(parsed(ROUTER, FRR), lines, FRR) == []


def test_depth_is_told_by_indentation_of_any_width() -> None:
    deep = parsed("a\n    b\n        c\n    d\n", FRR)
    assert list(deep) == [("a",), ("a", "b"), ("a", "b", "c"), ("a", "d")]


def test_the_inverse_says_only_what_is_needed() -> None:
    lines = ["interface eth0", " description to Niort", " shutdown", "no ip route 10.9.0.0/16 10.0.0.3"]
    assert inverse(parsed(ROUTER, FRR), lines, FRR) == [
        "interface eth0",
        " no shutdown",
        " description to Melle",
        "exit",
        "ip route 10.9.0.0/16 10.0.0.3",
    ]


def test_a_section_taken_away_comes_back_whole() -> None:
    lines = inverse(parsed(ROUTER, FRR), ["no router bgp 65000"], FRR)
    assert lines == [
        "router bgp 65000",
        " neighbor 10.0.0.2 remote-as 65001",
        " address-family ipv4 unicast",
        "  network 10.1.0.0/16",
    ]


def test_a_negated_line_of_the_device_is_a_line() -> None:
    before = parsed("no ip forwarding\n", FRR)
    changed = applied(before, ["ip forwarding"], FRR)
    assert shown(changed) == ["ip forwarding"]
    assert way(changed, before, FRR) == ["no ip forwarding"]


def test_a_section_that_no_line_takes_away_is_emptied() -> None:
    grammar = Grammar(stays=r"address-family \S+( \S+)?")
    before = parsed("router bgp 1\n neighbor a\n", grammar)
    lines = ["router bgp 1", " address-family ipv4 unicast", "  network 10.1.0.0/16"]
    assert inverse(before, lines, grammar) == [
        "router bgp 1",
        " address-family ipv4 unicast",
        "  no network 10.1.0.0/16",
    ]
    emptied = applied(applied(before, lines, grammar), inverse(before, lines, grammar), grammar)
    assert same(emptied, before, grammar)


def test_a_line_in_another_place_of_the_same_pattern_stays() -> None:
    """`log file` and `log syslog` stand beside each other; each has one line."""
    grammar = Grammar(singles=(r"log (?:file|syslog)\b", r"(neighbor \S+ route-map )\S+( in| out)$"))
    before = parsed("log syslog informational\n", grammar)
    lines = ["log file /var/log/frr", "log syslog"]
    assert shown(applied(before, lines, grammar)) == ["log file /var/log/frr", "log syslog"]
    assert inverse(before, lines, grammar) == ["no log file /var/log/frr", "log syslog informational"]
    bgp = parsed("router bgp 1\n neighbor a route-map A in\n neighbor b route-map A in\n", grammar)
    lines = ["router bgp 1", " neighbor a route-map B in", " neighbor a route-map B out"]
    assert shown(applied(bgp, lines, grammar))[1:] == [
        " neighbor b route-map A in",
        " neighbor a route-map B in",
        " neighbor a route-map B out",
    ]


def test_what_is_there_already_replaces_nothing() -> None:
    """A device that shows two lines where one was expected is brought back to the one."""
    here, there = parsed("description a\ndescription b\n", FRR), parsed("description a\n", FRR)
    assert way(here, there, FRR) == ["no description b"]


def test_a_default_is_not_shown_and_what_takes_it_away_is() -> None:
    grammar = Grammar(defaults=("bgp ebgp-requires-policy",))
    before = parsed("router bgp 1\n neighbor a\n", grammar)
    off = applied(before, ["router bgp 1", " no bgp ebgp-requires-policy"], grammar)
    assert shown(off) == ["router bgp 1", " neighbor a", " no bgp ebgp-requires-policy"]
    assert way(off, before, grammar) == ["router bgp 1", " bgp ebgp-requires-policy"]
    assert same(applied(off, way(off, before, grammar), grammar), before, grammar)
    told = parsed("router bgp 1\n neighbor a\n bgp ebgp-requires-policy\n", grammar)  # of another profile
    assert same(applied(told, ["router bgp 1", " no bgp ebgp-requires-policy"], grammar), before, grammar)


def test_a_line_that_is_taken_away_by_its_beginning() -> None:
    grammar = Grammar(bare=(r"description\b",))
    before = parsed("interface eth0\n mtu 1500\n", grammar)
    lines = ["interface eth0", " description to Melle"]
    assert inverse(before, lines, grammar) == ["interface eth0", " no description"]
    assert same(applied(applied(before, lines, grammar), inverse(before, lines, grammar), grammar), before, grammar)


def test_nothing_is_emptied_in_a_section_that_goes_as_a_whole() -> None:
    grammar = Grammar(stays=r"address-family .*")
    lines = ["router bgp 1", " neighbor a", " address-family ipv4", "  network 10.1.0.0/16"]
    assert inverse({}, lines, grammar) == ["no router bgp 1"]


def test_what_came_last_is_taken_away_first_and_each_section_is_left() -> None:
    before = parsed("vrf red\n ip route 10.0.0.0/8 a\n", FRR)
    lines = ["vrf red", " ip route 10.1.0.0/16 a", " ip route 10.2.0.0/16 b", "exit-vrf", "ip route 10.3.0.0/16 c"]
    assert inverse(before, lines, FRR) == [
        "no ip route 10.3.0.0/16 c",
        "vrf red",
        " no ip route 10.2.0.0/16 b",
        " no ip route 10.1.0.0/16 a",
    ]
    back = way(parsed("a\n b\n  c\nd\n", FRR), {}, FRR), way({}, parsed("a\n b\n  c\nd\n", FRR), FRR)
    assert back == (["no d", "no a"], ["a", " b", "  c", " exit", "exit", "d"])


WORDS = st.sampled_from(["a", "b", "a 1", "a 2", "description x", "description y", "no b", "no a", "no a 1"])
LINES = st.lists(st.tuples(st.integers(0, 2), WORDS).map(lambda pair: " " * pair[0] + pair[1]), max_size=12)


@given(LINES, LINES)
def test_the_inverse_takes_any_change_back(before: list[str], lines: list[str]) -> None:
    here = applied({}, before, FRR)
    there = applied(here, lines, FRR)
    assert same(applied(there, inverse(here, lines, FRR), FRR), here, FRR)


@given(LINES, LINES)
def test_the_way_leads_from_any_configuration_to_any_other(one: list[str], other: list[str]) -> None:
    here, there = applied({}, one, FRR), applied({}, other, FRR)
    assert same(applied(here, way(here, there, FRR), FRR), there, FRR)
    assert way(here, here, FRR) == []


OTHER = Grammar(singles=(r"(a )\d", r"description "), stays="b", bare=(r"description\b",))


@given(LINES, LINES)
def test_the_way_leads_there_in_a_family_with_ways_of_its_own(one: list[str], other: list[str]) -> None:
    here, there = applied({}, one, OTHER), applied({}, other, OTHER)
    assert same(applied(here, way(here, there, OTHER), OTHER), there, OTHER)


def telling_of(*lines: str) -> list[bool]:
    before = parsed(ROUTER, FRR)
    return telling(lines, before, applied(before, lines, FRR), FRR)


def test_a_line_tells_when_it_has_part_in_what_became_different() -> None:
    lines = ("interface eth0", " description to Melle", " mtu 1400", "exit", "hostname niort", "hostname lezay")
    assert telling_of(*lines) == [False, False, True, False, False, False]
    assert telling_of("no ip route 10.9.0.0/16", "no ip route 10.8.0.0/16") == [True, False]
    assert telling_of(
        "interface eth0", " no description", "router bgp 65000", " no neighbor 10.0.0.2 remote-as 65001"
    ) == [
        False,
        True,
        False,
        True,
    ]
    assert telling_of("interface eth1", " description new") == [True, True]
    assert telling_of("no hostname lezay", "hostname lezay") == [False, False]
    assert telling_of("no router bgp 65000", "router bgp 65000") == [True, False]


@given(
    st.lists(st.sampled_from([*ROUTER.splitlines(), "hostname a", "no router bgp 65000", " no description", " mtu 9"]))
)
def test_something_is_different_exactly_when_a_line_tells_so(lines: list[str]) -> None:
    before = parsed(ROUTER, FRR)
    wanted = applied(before, lines, FRR)
    assert any(telling(lines, before, wanted, FRR)) == (not same(before, wanted, FRR))
