"""From readings to evidence: access links by the terminal's address, sectors, and who tells of a link."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.base import DeviceReading, InterfaceReading, Metric, RadioReading
from inventory.models import DeviceRole, Lifecycle, LinkKind, Reachability
from inventory.queries import HotspotRow, LinkRow, PollSector, PollTarget
from nms.base.errors import Timeout
from nms.ops.evidence import Witness
from nms.ops.health import Evidence
from nms.ops.network import Network
from nms.ops.state import Kind, Measures
from nms.ops.tracking import Track

MAC, OTHER_MAC = "00:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d:5f"
ACCESS = LinkRow(
    "A1", "", LinkKind.ACCESS, "", "86194", "", "", None, None, "", "", None, None,
    "S1", "bs", "cpe-1", MAC, "", None, "", "", Lifecycle.IN_SERVICE,
)  # fmt: skip
DEDICATED = LinkRow(
    "D1", "", LinkKind.DEDICATED, "", "86194", "near", "eth0", 1, None, "far", "wan", 1, None,
    "", "", "", "", "", 2_000_000, "", "", Lifecycle.IN_SERVICE,
)  # fmt: skip
SILENT = DeviceReading(1.0, 1.0, sent=2, lost=2, error=Timeout("timeout", "No answer."))


def target(name: str, *sectors: PollSector) -> PollTarget:
    return PollTarget(
        name, "127.0.0.1", "c", None, None, "", Reachability.SNMP, None, Lifecycle.IN_SERVICE, DeviceRole.OTHER, "",
        "", "86194", "", (), sectors,
    )  # fmt: skip


def radio(metric: Metric, index: str, value: float) -> RadioReading:
    return RadioReading(metric, index, value, "", f"1.0.8802.16.{index}", str(value), True)


def row_of(mac: str, sector: str = "3") -> str:
    return f"{sector}/{mac}/1/1"


def port(name: str, octets: int, speed_bps: int = 10_000_000, *, up: bool = True) -> InterfaceReading:
    return InterfaceReading(1, name, up, True, octets, octets // 10, 0, 0, speed_bps, 64)


def answered(*ports: InterfaceReading, rows: tuple[RadioReading, ...] = (), at_s: float = 1.0) -> DeviceReading:
    return DeviceReading(at_s, at_s, int(at_s * 100) + 1_000, ports, rows, 0.02, 1, 0)


def witness(tracks: dict[str, Track], *links: LinkRow, **more: object) -> Witness:
    devices = {name: target(name) for name in tracks}
    devices["bs"] = target("bs", PollSector("S1", "3", None, None), PollSector("S2", "33", None, None))
    return Witness(Network(devices, {}, links={link.name: link for link in links}, **more), tracks)  # type: ignore[arg-type]  # fields of Network


def tracked(*readings: DeviceReading) -> Track:
    track = Track()
    for reading in readings:
        track.take(reading, True)
    return track


def see(seen: Witness, kind: Kind, name: str) -> tuple[Evidence, Measures]:
    evidence, measures, _ = seen.see((kind, name))
    return evidence, measures


def test_an_access_link_has_the_level_of_its_own_terminal() -> None:
    rows = (
        radio(Metric.CINR, row_of(MAC), 8.0),
        radio(Metric.CINR, row_of(OTHER_MAC), 25.0),
        radio(Metric.RSSI, row_of(MAC), -90.0),
    )
    evidence, measures = see(witness({"bs": tracked(answered(rows=rows))}, ACCESS), Kind.LINK, "A1")
    assert (evidence.cinr_db, evidence.rssi_dbm, evidence.absent) == (8.0, -90.0, "")
    assert measures.cinr_db == 8.0


def test_a_terminal_that_its_base_station_no_longer_lists_is_absent() -> None:
    rows = (radio(Metric.CINR, row_of(OTHER_MAC), 25.0),)
    evidence, _ = see(witness({"bs": tracked(answered(rows=rows))}, ACCESS), Kind.LINK, "A1")
    assert evidence.absent == "cpe-1"


def test_a_base_station_that_lists_nobody_proves_no_absence() -> None:
    evidence, _ = see(witness({"bs": tracked(answered())}, ACCESS), Kind.LINK, "A1")
    assert evidence.absent == ""


def test_a_sector_takes_the_rows_below_its_own_index_only() -> None:
    rows = (radio(Metric.CINR, row_of(MAC, "3"), 8.0), radio(Metric.CINR, row_of(OTHER_MAC, "33"), 25.0))
    seen = witness({"bs": tracked(answered(rows=rows))})
    assert see(seen, Kind.SECTOR, "S1")[0].cinr_db == 8.0
    assert see(seen, Kind.SECTOR, "S2")[0].cinr_db == 25.0


def test_utilisation_is_of_the_committed_rate_in_the_busier_direction() -> None:
    near = tracked(answered(port("eth0", 0)), answered(port("eth0", 15_000_000), at_s=61.0))
    evidence, measures = see(witness({"near": near}, DEDICATED), Kind.LINK, "D1")
    assert measures.out_bps == 2_000_000 or measures.in_bps == 2_000_000
    assert evidence.utilisation_ratio == pytest.approx(1.0)


def test_the_port_of_the_contract_is_compared_with_the_slower_end() -> None:
    tracks = {"near": tracked(answered(port("eth0", 0))), "far": tracked(answered(port("wan", 0, 1_000_000)))}
    evidence, _ = see(witness(tracks, DEDICATED), Kind.LINK, "D1")
    assert (evidence.port_speed_bps, evidence.committed_bps) == (1_000_000, 2_000_000)


def test_a_link_is_told_by_its_far_end() -> None:
    tracks = {"near": tracked(answered(port("eth0", 0))), "far": tracked(SILENT)}
    assert see(witness(tracks, DEDICATED), Kind.LINK, "D1")[0].reachable is False


def test_a_far_end_in_works_does_not_take_the_link_down() -> None:
    tracks = {"near": tracked(answered(port("eth0", 0))), "far": tracked(SILENT)}
    seen = witness(tracks, DEDICATED, not_in_service={(Kind.DEVICE, "far"): "maintenance"})
    assert see(seen, Kind.LINK, "D1")[0].reachable is True


def test_a_far_end_that_nobody_polls_leaves_the_word_to_the_near_one() -> None:
    assert see(witness({"near": tracked(answered(port("eth0", 0)))}, DEDICATED), Kind.LINK, "D1")[0].reachable is True


def test_a_link_without_a_polled_end_says_nothing() -> None:
    assert not see(witness({}, DEDICATED), Kind.LINK, "D1")[0].spoken


def test_a_port_that_the_device_does_not_have_is_not_answered_rather_than_down() -> None:
    evidence, _ = see(witness({"near": tracked(answered(port("eth9", 0)))}, DEDICATED), Kind.LINK, "D1")
    assert [end.oper_up for end in evidence.ends] == [None]


def test_a_hotspot_sums_the_clients_of_its_radios() -> None:
    row = HotspotRow("H1", "", "wifi", "", "86194", "ap", "wlan0", None, Lifecycle.IN_SERVICE)
    rows = (radio(Metric.CLIENTS, "1", 4), radio(Metric.CLIENTS, "2", 3))
    seen = witness({"ap": tracked(answered(port("wlan0", 0, up=False), rows=rows))}, hotspots={"H1": row})
    evidence, measures = see(seen, Kind.HOTSPOT, "H1")
    assert measures.clients == 7
    assert [end.oper_up for end in evidence.ends] == [False]


def test_a_silent_device_says_nothing_of_its_radio() -> None:
    rows = (radio(Metric.CINR, row_of(MAC), 3.0),)
    track = tracked(answered(rows=rows), replace(SILENT, at_s=2.0))
    evidence, _ = see(witness({"bs": track}), Kind.SECTOR, "S1")
    assert (evidence.reachable, evidence.cinr_db) == (False, None)
