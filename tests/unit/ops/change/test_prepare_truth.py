"""What stands against a plan because it could not be taken back."""

from collections.abc import Sequence

import pytest

from collectors.driver import bundled
from nms.ops.change.grammar import Grammar
from nms.ops.change.order import Topology
from nms.ops.change.prepare import Family, Prepared, Rights, Subject, prepare

CISCO = bundled()["cisco_ios"]
IOS = Grammar(ordered=CISCO.ordered, shuffled=CISCO.shuffled, together=CISCO.together, texts=CISCO.texts)
RUNNING = """\
ip access-list extended IN
 deny ip host 192.0.2.9 any
 permit ip any any
access-list 10 deny 192.0.2.9
access-list 10 permit any
crypto pki certificate chain TP-1
 certificate self-signed 01
  30820229 30820192
  quit
banner motd ^C
hello
^C
ip route 192.0.2.0 255.255.255.0 10.0.0.1
ip route 198.51.100.0 255.255.255.0 10.0.0.1
"""


def prepared(lines: Sequence[str]) -> Prepared:
    """Lines for one router."""
    subject = Subject("melle", RUNNING, Family(IOS))
    return prepare({"melle": lines}, {"melle": subject}, Topology.of([]), Rights((), lambda _day: ()), None)


def against(lines: Sequence[str]) -> list[str]:
    """The obstacles of lines for one router."""
    return [str(one.why) for one in prepared(lines).obstacles]


@pytest.mark.parametrize(
    "lines",
    [
        ["ip access-list extended IN", " no deny ip host 192.0.2.9 any"],
        ["no ip access-list extended IN", "ip access-list extended IN", " permit ip any any"],
        ["access-list 10 remark the end"],
        ["ip access-list extended IN", " no deny ip host 192.0.2.9 any", " deny ip host 192.0.2.9 any"],
    ],
    ids=["named", "anew", "one more of a list that goes as a whole", "moved to the end"],
)
def test_a_line_of_a_list_in_which_order_counts_is_not_taken_away_when_it_would_come_back_last(
    lines: list[str],
) -> None:
    assert any("another order" in why for why in against(lines))


@pytest.mark.parametrize(
    "lines",
    [
        ["ip access-list extended IN", " no permit ip any any"],
        ["ip access-list extended IN", " remark the end"],
        ["no ip access-list extended IN"],
        ["access-list 11 permit 192.0.2.1", "access-list 11 permit 192.0.2.2"],
        ["no access-list 10"],
        ["no ip route 192.0.2.0 255.255.255.0 10.0.0.1"],
    ],
    ids=["the last", "one more", "the whole", "a new one by number", "the whole by number", "no list"],
)
def test_what_comes_back_where_it_was_may_go(lines: list[str]) -> None:
    assert against(lines) == []


def test_a_line_of_a_numbered_list_takes_the_whole_list_with_it_and_the_preview_tells_so() -> None:
    found = prepared(["no access-list 10 deny 192.0.2.9"])
    _, after = found.configurations["melle"]
    assert "access-list 10" not in after
    assert list(found.steps[0].inverse) == ["access-list 10 deny 192.0.2.9", "access-list 10 permit any"]


@pytest.mark.parametrize("line", ["do reload", "interface Gi0/1\n do write erase", "do"])
def test_a_command_is_no_line_of_a_plan(line: str) -> None:
    """What it does is computed by nobody, and taken back by nothing."""
    assert any("is a command" in why for why in against(line.split("\n")))


def test_a_line_that_begins_like_a_command_is_one_of_configuration() -> None:
    assert against(["domain name example.org"]) == []


@pytest.mark.parametrize("line", ["banner motd ^C", "no banner motd", "no crypto pki certificate chain TP-1"])
def test_a_text_of_several_lines_is_neither_typed_nor_taken_away(line: str) -> None:
    """Nobody could type it back: up to its end mark a device takes lines for text, and shows no prompt."""
    assert any("opens a text of several lines" in why for why in against([line]))
