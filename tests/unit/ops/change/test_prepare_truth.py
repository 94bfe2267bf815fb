"""What stands against a plan because it could not be taken back."""

from collections.abc import Sequence

import pytest

from collectors.driver import bundled
from nms.ops.change.grammar import Grammar
from nms.ops.change.order import Topology
from nms.ops.change.prepare import Family, Rights, Subject, prepare

IOS = Grammar(ordered=bundled()["cisco_ios"].ordered)
RUNNING = """\
ip access-list extended IN
 deny ip host 192.0.2.9 any
 permit ip any any
access-list 10 deny 192.0.2.9
access-list 10 permit any
ip route 192.0.2.0 255.255.255.0 10.0.0.1
ip route 198.51.100.0 255.255.255.0 10.0.0.1
"""


def against(lines: Sequence[str]) -> list[str]:
    """The obstacles of lines for one router."""
    subject = Subject("melle", RUNNING, Family(IOS))
    rights = Rights((), lambda _day: ())
    return [
        str(one.why) for one in prepare({"melle": lines}, {"melle": subject}, Topology.of([]), rights, None).obstacles
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ["ip access-list extended IN", " no deny ip host 192.0.2.9 any"],
        ["no access-list 10 deny 192.0.2.9"],
        ["no ip access-list extended IN", "ip access-list extended IN", " permit ip any any"],
    ],
    ids=["named", "numbered", "anew"],
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
        ["access-list 10 remark the end"],
        ["no ip route 192.0.2.0 255.255.255.0 10.0.0.1"],
    ],
    ids=["the last", "one more", "the whole", "one more by number", "no list"],
)
def test_what_comes_back_where_it_was_may_go(lines: list[str]) -> None:
    assert against(lines) == []
