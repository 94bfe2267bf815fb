"""Recordings as files: what is understood, what is refused, and within which limits."""

from __future__ import annotations

import pytest

from collectors.base import ValueKind
from collectors.recording import MAX_COMPLAINTS, MAX_ROWS, parse
from nms.base.errors import SettingsError


@pytest.mark.parametrize(
    ("said", "kind", "value"),
    [
        ("INTEGER: up(1)", ValueKind.INTEGER, 1),
        ("INTEGER: -64 dBm", ValueKind.INTEGER, -64),
        ("Timeticks: (1234) 0:00:12.34", ValueKind.TICKS, 1234),
        ("Counter64: 18446744073709551615", ValueKind.COUNTER64, 2**64 - 1),
        ('STRING: "a \\"b\\"\nc"', ValueKind.OCTETS, b'a "b"\nc'),
        ("Hex-STRING: 00 1A \n2B ", ValueKind.OCTETS, b"\x00\x1a\x2b"),
        ("BITS: 80 first(0)", ValueKind.OCTETS, b"\x80"),
        ("OID: .1.3.6", ValueKind.OID, "1.3.6"),
        ("IpAddress: 192.0.2.1", ValueKind.IP_ADDRESS, "192.0.2.1"),
        ("Opaque: Float: 1.500000", ValueKind.OPAQUE, b"\x9f\x78\x04\x3f\xc0\x00\x00"),
        ("Wrong Type (should be INTEGER): Gauge32: 5", ValueKind.GAUGE32, 5),
        ('""', ValueKind.OCTETS, b""),
    ],
)
def test_a_line_of_snmpwalk_is_the_value_that_the_agent_sent(said: str, kind: ValueKind, value: object) -> None:
    (row,) = parse(f".1.3.6.1.4.1.9.1 = {said}\n", "walk")
    assert (row.oid, row.kind, row.value) == ("1.3.6.1.4.1.9.1", kind, value)


@pytest.mark.parametrize("said", ["Opaque: Float: ", "Opaque: Float: 1e99", "INTEGER: x", "Hex-STRING: zz", "What: 1"])
def test_a_value_that_is_none_is_refused_with_its_line(said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(f"# head\n.1.3.6.1.4.1.9.1 = {said}\n", "walk")
    assert [complaint.split(": ")[0] for complaint in caught.value.complaints] == ["walk:2"]


def test_rows_and_complaints_are_bounded() -> None:
    with pytest.raises(SettingsError, match=f"more than {MAX_ROWS} rows"):
        parse("".join(f"1.3.6.1.{number}|2|1\n" for number in range(MAX_ROWS + 5)), "long")
    with pytest.raises(SettingsError) as caught:
        parse("nonsense\n" * (MAX_COMPLAINTS + 7), "bad")
    assert caught.value.complaints[-1] == "bad: and 7 more"
    assert len(caught.value.complaints) == MAX_COMPLAINTS + 1
