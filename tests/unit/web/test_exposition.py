"""The exposition keeps its promises: absence is absence, base units, closed labels, both formats."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import Metric as Parsed
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families as parse_text

from collectors.base import InterfaceReading, Metric, RadioReading
from nms.base.text import say
from nms.ops.live import LiveState
from nms.ops.on_air import Emission
from nms.ops.state import Judgement, Kind, Measures, OnAir, State, Status, Subject
from spectrum.conformance import Case, Conformance
from tests.conftest import need
from web.alarm_families import ALARMS
from web.config_families import CONFIGS
from web.exposition import Exposition, everything
from web.notification_families import NOTIFICATIONS
from web.rights_families import RIGHTS

SINCE = datetime(2026, 11, 23, 13, 3, tzinfo=UTC)
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def status(
    kind: Kind,
    name: str,
    state: State = State.UP,
    *,
    measures: Measures | None = None,
    radio: tuple[RadioReading, ...] = (),
    ports: tuple[InterfaceReading, ...] = (),
    committed_bps: int | None = None,
    planned_khz: int | None = None,
    case: Case | None = None,
) -> Status:
    subject = Subject(kind, name, "", "d", "s", "86194", "86", committed_bps=committed_bps, planned_khz=planned_khz)
    found = OnAir(Emission(), Conformance(case, (), say("so")), SINCE.date(), SINCE) if case else None
    return Status(subject, Judgement(state, SINCE), measures, radio, ports, on_air=found)


def level(metric: Metric, value: float | None, index: str = "1") -> RadioReading:
    return RadioReading(metric, index, value, "", "1.2.3", "", usable=value is not None)


def port(name: str = "eth0", in_octets: int | None = 2**40, out_errors: int | None = 3) -> InterfaceReading:
    return InterfaceReading(1, name, True, True, in_octets, 7, 0, out_errors, 10**9, 64)


def network() -> LiveState:
    """Every family has at least one sample."""
    live = LiveState()
    radio = (
        level(Metric.CINR, 20.0, "1"),
        level(Metric.CINR, 10.0, "2"),
        level(Metric.CINR, None, "3"),
        *(level(metric, value) for metric, value in ((Metric.RSSI, -70), (Metric.SNR, 25), (Metric.NOISE, -95))),
        level(Metric.TX_POWER, 30.0),
        level(Metric.FREQUENCY, 3_510_000.0),
        level(Metric.CHANNEL_WIDTH, 3_500.0),
    )
    measures = Measures(1_795_438_980.0, 0.02, 0.01, 1.5e6, 2e5, 0.75, 0.0, -70.0, 15.0, 12.0)
    live.update(
        [
            status(Kind.DEVICE, "d", measures=measures, ports=(port(), port("wlan0", None, None)), case=Case.EXEMPT),
            status(Kind.SECTOR, "s-1", measures=measures, radio=radio, planned_khz=3_510_000, case=Case.STICKS_OUT),
            status(Kind.SECTOR, "s-2", case=Case.NOT_TOLD),
            status(Kind.SECTOR, "s-3", case=Case.COVERED),
            status(Kind.LINK, "l-1", State.DEGRADED, measures=measures, committed_bps=2_000_000),
            status(Kind.LINK, "l-2", State.DOWN, measures=Measures(1_795_438_980.0)),
            status(Kind.LINK, "l-3", State.UNKNOWN),
            status(Kind.LINK, "l-4", State.UNMEASURED),
            status(Kind.HOTSPOT, "h-1", measures=measures),
        ]
    )
    live.note_sweep(started_at=SINCE, last_tick_at=SINCE, devices=1, polled=3, failed={"Timeout": 1})
    return live


def samples(live: LiveState) -> Samples:
    text = Exposition(live).render(openmetrics=False).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parse_text(text)
        for sample in family.samples
    }


def parse_openmetrics(text: str) -> Iterator[Parsed]:
    """The strict parser: it also wants `# EOF`, and families in one piece."""
    yield from openmetrics_parser.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]


def place(kind: str, name: str, **more: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({kind: name, "commune": "86194", "department": "86", **more}.items()))


def test_up_is_absent_when_unknown_or_unmeasured_and_never_zero_then() -> None:
    found = samples(network())
    up = {dict(labels)["link"]: value for (name, labels), value in found.items() if name == "nms_link_up"}
    assert up == {"l-1": 1.0, "l-2": 0.0}


def test_health_is_one_for_the_state_and_zero_for_the_four_others() -> None:
    found = samples(network())
    for name, state in (("l-1", "degraded"), ("l-2", "down"), ("l-3", "unknown"), ("l-4", "unmeasured")):
        told = {other.value: found["nms_link_health", place("link", name, state=other.value)] for other in State}
        assert told == {other.value: float(other.value == state) for other in State}


def test_a_measure_that_is_not_known_has_no_sample() -> None:
    found = samples(network())
    assert found["nms_link_utilisation_ratio", place("link", "l-1")] == 0.75
    assert ("nms_link_utilisation_ratio", place("link", "l-2")) not in found
    assert ("nms_interface_receive_bytes_total", place("device", "d", interface="wlan0")) not in found
    assert ("nms_interface_transmit_errors_total", place("device", "d", interface="wlan0")) not in found


def test_units_are_base_units_and_counters_keep_every_digit() -> None:
    live = network()
    found = samples(live)
    assert found["nms_radio_frequency_hertz", place("sector", "s-1")] == 3.51e9
    assert found["spectrum_sector_measured_frequency_hertz", place("sector", "s-1")] == 3.51e9
    assert found["spectrum_sector_planned_frequency_hertz", place("sector", "s-1")] == 3.51e9
    assert found["nms_link_committed_bytes_per_second", place("link", "l-1")] == 250_000
    assert found["nms_link_receive_bytes_per_second", place("link", "l-1")] == 1.5e6 / 8
    live.update([status(Kind.DEVICE, "d", ports=(port(in_octets=2**64 - 1),))])
    assert f"{2**64 - 1}\n" in Exposition(live).render(openmetrics=False).decode()


def test_a_level_is_the_median_of_what_is_usable() -> None:
    assert samples(network())["nms_radio_cinr_db", place("sector", "s-1")] == 15.0


def test_two_radios_on_two_frequencies_have_no_frequency_in_common() -> None:
    live = LiveState()
    both = (level(Metric.FREQUENCY, 2_437_000.0, "1"), level(Metric.FREQUENCY, 5_180_000.0, "2"))
    live.update([status(Kind.HOTSPOT, "h", radio=both)])
    assert not [name for name, _ in samples(live) if name == "nms_radio_frequency_hertz"]


def test_an_emission_of_which_nothing_is_proved_is_neither_conformant_nor_not() -> None:
    """What the radio does not tell has no sample, and is counted apart."""
    found = samples(network())
    told = {dict(labels)["sector"]: value for (name, labels), value in found.items() if name == "nms_sector_conformant"}
    assert told == {"s-1": 0.0, "s-3": 1.0}
    assert found["nms_device_conformant", place("device", "d")] == 1.0
    counts = {dict(labels)["verdict"]: value for (name, labels), value in found.items() if name == "nms_emissions"}
    assert counts == {
        "sticks_out": 1.0, "not_told": 1.0, "covered": 1.0, "exempt": 1.0, "not_covered": 0.0, "to_check": 0.0,
        "not_established": 0.0,
    }  # fmt: skip


def test_labels_with_quotes_backslashes_and_line_feeds_come_back_as_they_were() -> None:
    odd = 'Gi0/1 "to\\Poitiers"\nsecond line é'
    live = LiveState()
    live.update([status(Kind.DEVICE, "d", ports=(port(odd),))])
    assert samples(live)["nms_interface_up", place("device", "d", interface=odd)] == 1.0
    text = Exposition(live).render(openmetrics=True).decode()
    told = [s.labels["interface"] for f in parse_openmetrics(text) for s in f.samples if "interface" in s.labels]
    assert set(told) == {odd}


def test_both_formats_say_the_same_and_every_family_has_help_type_and_a_sample() -> None:
    exposition = Exposition(network())
    text = exposition.render(openmetrics=False).decode()
    openmetrics = exposition.render(openmetrics=True).decode()
    plain = {(s.name, tuple(sorted(s.labels.items())), s.value) for f in parse_text(text) for s in f.samples}
    strict = {
        (s.name, tuple(sorted(s.labels.items())), s.value) for f in parse_openmetrics(openmetrics) for s in f.samples
    }
    assert plain == strict
    assert openmetrics.endswith("# EOF\n")
    assert "# EOF" not in text
    assert {name for name, _, _ in plain} == {family.name for family in everything()}
    for family in everything():
        assert text.count(f"# HELP {family.name} ") == text.count(f"# TYPE {family.name} {family.type}\n") == 1


def test_the_labels_are_those_that_the_table_names() -> None:
    text = Exposition(network()).render(openmetrics=False).decode()
    named = {family.name: family.labels for family in everything()}
    for family in parse_text(text):
        for sample in family.samples:
            head, *rest = named[sample.name] or ("",)
            assert set(sample.labels) - set(rest) <= set(head.split("|"))
            assert set(rest) <= set(sample.labels)


def test_what_the_inventory_forgot_is_no_longer_told() -> None:
    live = network()
    exposition = Exposition(live)
    assert b'link="l-1"' in exposition.render(openmetrics=False)
    live.keep_only({(Kind.DEVICE, "d")})
    assert b"link=" not in exposition.render(openmetrics=False)


def test_an_empty_network_tells_of_the_program_alone() -> None:
    found = samples(LiveState())
    assert found["nms_sweep_devices", ()] == 0.0
    assert {name.split("_")[1] for name, _ in found} == {"build", "sweep"}


@pytest.mark.real
def test_promtool_has_nothing_to_say_against_it() -> None:
    need("promtool")
    body = Exposition(network()).render(openmetrics=False)
    assert b'nms_device_up{device="d"' in body, "promtool passes empty input"
    done = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""


def test_the_page_on_prometheus_lists_every_family_and_no_other() -> None:
    families = (*everything(), *RIGHTS, *CONFIGS, *ALARMS, *NOTIFICATIONS)
    labels = {family.name: ", ".join(family.labels).replace("|", " or ") or "–" for family in families}
    rows = [f"| `{f.name}` | {f.type} | {labels[f.name]} | {f.help} |\n" for f in families]
    wanted = "| name | type | labels | meaning |\n|---|---|---|---|\n" + "".join(rows)
    page = (Path(__file__).parents[3] / "docs" / "prometheus.md").read_text("utf-8")
    _, _, rest = page.partition("says what to put here -->\n")
    told, _, _ = rest.partition("<!-- end of table -->")
    assert told == wanted, f"put this into docs/prometheus.md:\n{wanted}"
