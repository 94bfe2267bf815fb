"""Golden blocks: filled in with checked values, compared with what runs."""

from pathlib import Path

import pytest

from collectors.described import read
from nms.base.errors import InputError, SettingsError
from nms.ops.change.intents import Compliance, Facts, Intent, files, judged, load, wish_of
from nms.ops.change.prepare import Family, Subject
from tests.fakes.boxes import GRAMMAR

SYSLOG = """
name: syslog
label: Logs go to the NOC
roles: [router]
variables:
  noc: {kind: ip, value: 192.0.2.10}
  place: {kind: text, fact: commune}
lines: |
  logging host {{ noc }}
  interface eth0
   description {{ place }}
"""
PORTS = """
name: ports
label: Ports
each: ports
variables:
  port: {kind: word, fact: name}
lines: |
  interface {{ port }}
   no shutdown
"""
FACTS = {
    "name": "cpe-a",
    "role": "router",
    "family": "frr",
    "commune": "L'Isle-d'Espagnac",
    "ports": [{"name": "eth1"}],
}


def subject(running: str) -> Subject:
    return Subject("cpe-a", running, Family(GRAMMAR))


def judged_one(intent: Intent, device: str, facts: Facts, subject: Subject | None) -> Compliance:
    (found,) = judged([intent], device, facts, subject)
    return found


def intent(text: str = SYSLOG) -> Intent:
    return read(text, "x.yaml", Intent)


GOOD = "logging host 192.0.2.10\ninterface eth0\n description L'Isle-d'Espagnac\n mtu 1500"


def test_a_device_complies_when_entering_the_lines_would_change_nothing() -> None:
    assert judged_one(intent(), "cpe-a", FACTS, subject(GOOD)).complies
    found = judged_one(intent(), "cpe-a", FACTS, subject("interface eth0\n description old\n mtu 1500"))
    assert not found.complies
    assert found.missing == ("interface eth0", " description L'Isle-d'Espagnac", "exit", "logging host 192.0.2.10")
    assert found.lacks == ("interface eth0", " description L'Isle-d'Espagnac", "logging host 192.0.2.10")
    assert found.extra == ("interface eth0", " description old")
    assert found.differ == 3
    assert wish_of([found]) == {"cpe-a": list(found.missing)}


def test_what_cannot_be_judged_is_neither() -> None:
    for of in (
        judged_one(intent(), "cpe-a", FACTS, None),
        judged_one(intent(), "cpe-a", {**FACTS, "commune": ""}, subject(GOOD)),
    ):
        assert of.why
        assert not of.complies
        assert wish_of([of]) == {}


@pytest.mark.parametrize(
    "value", ["x\nno shutdown", "x\u2028y", "a;reload", "!", "", "{{ 7 }}", "x" * 81, "\x1b[2J", "$(id)", "`id`"]
)
def test_fault_38_a_value_that_is_more_than_a_value_is_refused_at_render(value: str) -> None:
    with pytest.raises(InputError):
        intent().filled({**FACTS, "commune": value})


def test_lines_are_repeated_for_each_part() -> None:
    parts = [{"name": "eth1"}, {"name": "wlan0"}]
    assert intent(PORTS).filled({**FACTS, "ports": parts}) == [
        "interface eth1",
        " no shutdown",
        "interface wlan0",
        " no shutdown",
    ]
    assert judged_one(intent(PORTS), "cpe-a", FACTS, subject("interface eth1\n shutdown")).missing == (
        "interface eth1",
        " no shutdown",
    )


def test_an_intent_chooses_its_devices() -> None:
    assert intent().chooses(FACTS, "frr")
    assert not intent().chooses({**FACTS, "role": "terminal"}, "frr")


@pytest.mark.parametrize(
    "lines", ["{{ ''.__class__.__mro__ }}", "{{ nothing }}", "{% for %}", "{{ noc.__init__.__globals__ }}"]
)
def test_a_template_reaches_nothing_but_its_values(lines: str) -> None:
    with pytest.raises(InputError):
        intent(SYSLOG.replace("logging host {{ noc }}", lines)).filled(FACTS)


def test_a_broken_file_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents/a.yaml").write_text(SYSLOG)
    (tmp_path / "intents/b.yaml").write_text("name: b\nlines: 3\n")
    found, complaints = load(files(tmp_path))
    assert [one.name for one in found] == ["syslog"]
    assert complaints
    assert all(told.startswith("b.yaml") for told in complaints)
    with pytest.raises(SettingsError):
        intent(SYSLOG.replace("value: 192.0.2.10", "value: 192.0.2.10, fact: address"))
