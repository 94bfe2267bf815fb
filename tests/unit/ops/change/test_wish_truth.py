"""Lines under the names of devices."""

import pytest

from collectors.driver import one_line
from nms.base.errors import InputError
from nms.ops.change.wish import read_wish, written

KNOWN = ["melle", "lezay", "niort"]


def test_lines_belong_to_the_devices_named_above_them() -> None:
    found = read_wish("@niort, melle\ninterface eth0\n description x\n\n@melle\nhostname m\n", KNOWN)
    assert found == {
        "niort": ["interface eth0", " description x"],
        "melle": ["interface eth0", " description x", "hostname m"],
    }


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("hostname x", "bad_wish", 1),
        ("\n@rom\nx", "bad_wish", 2),
        ("@ ,\nx", "bad_wish", 1),
        ("@melle\n", "wish_without_lines", 0),
    ],
    ids=["no-name", "unknown", "empty-name", "no-lines"],
)
def test_a_fault_tells_its_line(text: str, code: str, line: int) -> None:
    with pytest.raises(InputError) as refused:
        read_wish(text, KNOWN)
    assert (refused.value.code, refused.value.facts.get("line", 0)) == (code, line)


def test_what_is_written_is_read_back() -> None:
    wanted = {"melle": ["a", " b"], "lezay": ["c"], "niort": ["a", " b"]}
    assert read_wish(written(wanted), KNOWN) == wanted
    assert written(wanted) == "@melle, niort\na\n b\n@lezay\nc\n"


@pytest.mark.parametrize("control", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_fault_38_what_is_no_line_feed_makes_no_second_line(control: str) -> None:
    """It stays in its line, which is then refused as a whole: a name with it never becomes a second command."""
    lines = read_wish(f"@melle\r\n description a{control}shutdown\r\n", KNOWN)["melle"]
    assert lines == [f" description a{control}shutdown"]
    with pytest.raises(InputError, match="not one line"):
        one_line(lines[0])
