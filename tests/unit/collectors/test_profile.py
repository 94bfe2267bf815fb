"""Profiles are strict: a wrong one is refused with file and key."""

from __future__ import annotations

import re
import time

import pytest

from collectors.base import Metric
from collectors.described import TEXT_LIMIT
from collectors.profile import GENERIC, bundled, load, parse
from nms.base.errors import SettingsError

GOOD = """
family: some_family
vendor: Some
rules:
  - {score: 50, object_id: [1.3.6.1.4.1.9]}
radio:
  - {metric: rssi, oid: 1.3.6.1.4.1.9.1, kind: column, unit: dBm}
"""


def test_the_bundled_profiles_load_and_hold_the_families_that_the_issue_names() -> None:
    families = {profile.family for profile in bundled()}
    assert {GENERIC, "net_snmp", "openwrt", "wimax_wman_if2", "ubiquiti_airos"} <= families


def test_every_bundled_family_but_generic_can_be_recognised() -> None:
    assert [profile.family for profile in bundled() if not profile.rules] == [GENERIC]


def test_a_good_profile_is_read() -> None:
    profile = parse(GOOD, "good.yaml")
    assert profile.radio[0].metric is Metric.RSSI


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (("score: 50", "score: 101"), "rules.0.score"),
        (("score: 50", "scoer: 50"), "rules.0.scoer"),
        (("unit: dBm", "unit: dB"), "radio.0"),
        (("metric: rssi", "metric: level"), "radio.0.metric"),
        (("metric: rssi", "metric: frequency"), "radio.0"),
        (("oid: 1.3.6.1.4.1.9.1", "oid: .1.3.6"), "radio.0.oid"),
        (("kind: column", "kind: row"), "radio.0.kind"),
        (("family: some_family", "family: Some Family"), "family"),
        (("vendor: Some", "vendor: Some\ncolour: blue"), "colour"),
        (("object_id: [1.3.6.1.4.1.9]", "descr: '(a+)+b'"), "rules.0.descr"),
        (("object_id: [1.3.6.1.4.1.9]", "descr: '('"), "rules.0.descr"),
        (("kind: column", "kind: column, range: [5, 5]"), "radio.0"),
        (("kind: column", "kind: column, scale: 0"), "radio.0"),
    ],
)
def test_a_wrong_profile_is_refused_with_file_and_key(change: tuple[str, str], key: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(GOOD.replace(*change), "wrong.yaml")
    assert any(re.match(rf"wrong\.yaml:\d+: {re.escape(key)}", complaint) for complaint in refused.value.complaints)


def test_a_key_twice_and_broken_yaml_are_refused_with_their_line() -> None:
    for text in (GOOD + "vendor: Other\n", "family: [", "family: !!python/object:os.system x", "- 1"):
        with pytest.raises(SettingsError) as refused:
            parse(text, "wrong.yaml")
        assert refused.value.complaints[0].startswith("wrong.yaml")


def test_all_complaints_of_all_files_come_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        load({"a.yaml": "family: a", "b.yaml": "vendor: b", "c.yaml": GOOD + "radioo: []\n"})
    assert {complaint.split(":")[0] for complaint in refused.value.complaints} == {"a.yaml", "b.yaml", "c.yaml"}


def test_no_bundled_pattern_is_slow_on_a_hostile_sysdescr() -> None:
    patterns = [rule.descr for profile in bundled() for rule in profile.rules if rule.descr]
    patterns += [profile.model.descr for profile in bundled() if profile.model.descr]
    for hostile in ("a" * 1_000, "Cisco IOS Software" + " ,\n" * 300, "(MODEL: " * 120, "OpenWrt " * 120):
        start = time.perf_counter()
        for pattern in patterns:
            re.search(pattern, hostile)
        assert time.perf_counter() - start < 0.05


def test_a_complaint_names_the_line_of_what_it_is_about() -> None:
    radio = "radio:\n  - metric: rssi\n    oid: 1.3.6.1\n    kind: column\n    unit: furlong\n"
    text = f"family: ab\nvendor: b\n{radio}colour: 1\n"
    with pytest.raises(SettingsError) as refused:
        parse(text, "wrong.yaml")
    assert sorted(complaint.split(": ")[0] for complaint in refused.value.complaints) == [
        "wrong.yaml:4",
        "wrong.yaml:8",
    ]


def test_aliases_and_endless_texts_are_refused_before_they_unfold() -> None:
    for text in ("family: &a x\nvendor: *a\n", "#" * (TEXT_LIMIT + 1)):
        with pytest.raises(SettingsError):
            parse(text, "wrong.yaml")
