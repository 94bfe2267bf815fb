"""A probe describes any box: the right family, right numbers, honest gaps, and never longer than its deadline."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping

import pytest

from collectors import oids
from collectors.base import SnmpTarget, ValueKind, VarBind, Walk
from collectors.probe import ProbeResult, probe
from nms.base.errors import AuthFailed, BadAnswer, DeviceError, Timeout
from tests.fakes.memory_client import RECORDINGS, TARGET, MemoryClient, recording

KEYS = """
    address family vendor model sys_object_id sys_name sys_descr uptime_s interfaces radio neighbours warnings
""".split()  # noqa: SIM905  # the list as the issue writes it
SILENT = Timeout("device_silent", "nothing")

FAMILIES: dict[str, tuple[str, Mapping[tuple[str, str], float | None]]] = {
    "generic_switch": ("generic", {}),
    "old_hub": ("generic", {}),
    "unknown_vendor": ("generic", {}),
    "hostile_texts": ("generic", {}),
    "linux_host": ("net_snmp", {}),
    "cisco_ios": ("cisco_ios", {}),
    "cisco_aironet": ("cisco_ios", {("clients", "1"): 14, ("clients", "2"): 0}),
    "alvarion": ("alvarion", {}),
    "openwrt": (
        "openwrt",
        {
            ("frequency", "frequency-wlan0"): 2_437_000,
            ("frequency", "frequency-wlan1"): None,
            ("noise", "noise-floor-wlan0"): -92,
            ("snr", "snr-wlan0-avg"): 24,
            ("rate", "rate-tx-wlan0-avg"): 72_200_000,
            ("rate", "rate-rx-wlan0-avg"): None,
            ("clients", "clients-wlan0"): 7,
        },
    ),
    "airos": (
        "ubiquiti_airos",
        {
            ("frequency", "1"): 5_560_000,
            ("channel_width", "1"): 20_000,
            ("tx_power", "1"): 23,
            ("distance", "1"): 4_350,
            ("rssi", "1"): -63,
            ("noise", "1"): -95,
            ("rate", "tx.1"): 130_000_000,
            ("rate", "rx.1"): None,
            ("clients", "1"): 1,
            ("quality", "ccq.1"): 97,
            ("quality", "airmax.1"): 88,
            ("utilisation", "airtime.1"): 42.1,
            ("rssi", "station.1/02:00:5e:00:00:11"): -61,
        },
    ),
    "nothing_but_radio": ("ubiquiti_airos", {("frequency", "1"): 5_180_000, ("rssi", "1"): -70}),
    "airfiber": (
        "ubiquiti_airfiber",
        {
            ("frequency", "tx.1"): 11_265_000,
            ("frequency", "rx.1"): 10_775_000,
            ("tx_power", "1"): None,
            ("distance", "1"): 9_120,
            ("capacity", "tx.1"): 498_000_000,
            ("capacity", "rx.1"): 512_000_000,
            ("rssi", "chain0.1"): -44,
            ("rssi", "chain1.1"): None,
        },
    ),
    "ltu": (
        "ubiquiti_ltu",
        {
            ("frequency", "0"): 5_745_000,
            ("rssi", "chain0.02:00:5e:00:00:11"): -58,
            ("capacity", "tx.02:00:5e:00:00:11"): 210_000_000,
            ("distance", "02:00:5e:00:00:11"): 2_700,
        },
    ),
    "af60": (
        "ubiquiti_af60",
        {
            ("frequency", "1"): 64_800_000,
            ("rssi", "02:00:5e:00:00:11/1"): -55,
            ("snr", "02:00:5e:00:00:11/1"): 14,
            ("capacity", "tx.02:00:5e:00:00:11/1"): 1_950_000_000,
        },
    ),
    "unifi": (
        "ubiquiti_unifi",
        {
            ("frequency", "1"): None,
            ("tx_power", "1"): 20,
            ("clients", "1"): 12,
            ("quality", "ccq.1"): 94.3,
            ("utilisation", "1"): 37,
            ("utilisation", "self_rx.1"): 9,
            ("utilisation", "self_tx.1"): 15,
            ("utilisation", "others.1"): 13,
        },
    ),
    "routeros": (
        "mikrotik_routeros",
        {
            ("frequency", "ap.2"): 5_220_000,
            ("frequency", "ap.3"): None,
            ("clients", "ap.2"): 9,
            ("noise", "ap.2"): -108,
            ("rssi", "client.02:00:5e:00:00:11/2"): -67,
            ("snr", "client.02:00:5e:00:00:11/2"): 41,
            ("frequency", "w60g.5"): 60_480_000,
        },
    ),
    "epmp": (
        "cambium_epmp",
        {
            ("frequency", "0"): 5_180_000,
            ("rssi", "downlink.0"): -59,
            ("tx_power", "0"): 17,
            ("clients", "0"): 1,
            ("distance", "0"): 3_200,
            ("snr", "downlink.0"): 31,
            ("rssi", "client_uplink.1"): -66,
            ("rssi", "client_downlink.1"): -63,
            ("snr", "client_uplink.1"): 24,
            ("snr", "client_downlink.1"): 28,
        },
    ),
    "pmp450_ofdm": (
        "cambium_pmp",
        {
            ("frequency", "0"): 3_650_000,
            ("clients", "0"): 38,
            ("utilisation", "downlink_1m.0"): 61,
            ("utilisation", "uplink_1m.0"): 24,
            ("snr", "client_horizontal.2"): 33,
            ("snr", "client_vertical.2"): 31,
        },
    ),
    "pmp100_fsk": ("cambium_pmp", {("frequency", "0"): 915_000, ("rssi", "0"): -71}),
    "mimosa_b5": (
        "mimosa",
        {("frequency", "1"): 5_825_000, ("tx_power", "1"): 13.5, ("rssi", "1"): -48.7, ("snr", "1"): 30.2},
    ),
    "siklu": ("siklu", {("frequency", "1"): 58_320_000, ("cinr", "1"): 19, ("rssi", "1"): -47, ("tx_power", "1"): 3}),
    "ceragon": (
        "ceragon",
        {
            ("frequency", "tx.268451969"): 18_155_000,
            ("rssi", "268451969"): -39,
            ("tx_power", "268451969"): 18,
            ("rate", "tx.268451969"): 183_676_000,
        },
    ),
    "saf_cfip": ("saf", {("frequency", "tx.1"): 23_058_000, ("rssi", "1"): -36, ("tx_power", "1"): 12}),
    "aviat_wtm": ("aviat_wtm", {("frequency", "tx.51"): 11_245_000, ("rssi", "51"): -41.2, ("cinr", "51"): 36.5}),
    "siae": ("siae_alfoplus", {("frequency", "tx.1"): 73_375_000, ("rssi", "1"): -43}),
    "racom_ray_old": ("racom_ray", {("frequency", "tx.0"): 17_212_500, ("rssi", "0"): -50.1, ("snr", "0"): 28.7}),
    "albentia": (
        "albentia",
        {
            ("frequency", "nord"): 3_432_000,
            ("channel_width", "nord"): 3_500,
            ("tx_power", "nord"): 27,
            ("rssi", "nord"): None,
            ("distance", "nord"): None,
            ("clients", "nord"): 19,
            ("clients", "total.0"): 31,
        },
    ),
    "wimax_if2": (
        "wimax_wman_if2",
        {
            ("frequency", "downlink.2"): 3_432_500,
            ("cinr", "2/02:00:5e:00:00:11/2/1"): 21,
            ("cinr", "2/02:00:5e:00:00:22/2/1"): None,
            ("rssi", "2/02:00:5e:00:00:11/2/1"): -78,
            ("rssi", "2/02:00:5e:00:00:22/2/1"): None,
        },
    ),
    "wimax_if_old": (
        "wimax_wman_if_a",
        {("cinr", "2/02:00:5e:00:00:11/2/1"): None, ("rssi", "2/02:00:5e:00:00:11/2/1"): None},
    ),
    "wimax_if_old_b": (
        "wimax_wman_if_b",
        {("cinr", "2/02:00:5e:00:00:11/2/1"): None, ("rssi", "2/02:00:5e:00:00:11/2/1"): None},
    ),
    "airspan": (
        "airspan",
        {
            ("frequency", "downlink.1"): 2_572_000,
            ("cinr", "1/02:00:5e:00:00:11/1/1"): 24,
            ("cinr", "1/02:00:5e:00:00:11/2/1"): -3,
            ("rssi", "1/02:00:5e:00:00:11/1/1"): -71,
            ("rssi", "1/02:00:5e:00:00:11/2/1"): None,
            ("tx_power", "0"): 35.2,
            ("tx_power", "1"): 34.85,
            ("clients", "1"): 44,
            ("rssi", "downlink.02:00:5e:00:00:11"): None,
            ("rssi", "uplink.02:00:5e:00:00:11"): None,
            ("cinr", "uplink.02:00:5e:00:00:11"): None,
            ("cinr", "downlink.02:00:5e:00:00:11"): None,
        },
    ),
    "aruba_instant": (
        "aruba_instant",
        {
            ("frequency", "02:00:5e:00:00:11/0"): None,
            ("tx_power", "02:00:5e:00:00:11/0"): 18,
            ("noise", "02:00:5e:00:00:11/0"): -94,
            ("utilisation", "02:00:5e:00:00:11/0"): 23,
        },
    ),
    "ptp600": ("cambium_ptp600", {("rssi", "0"): -55.3, ("tx_power", "0"): 18, ("rate", "rx.0"): 75_800_000}),
    "ptp650": ("cambium_ptp650", {("rssi", "0"): -61.7, ("tx_power", "0"): 23.5, ("rate", "both.0"): 214_300_000}),
    "ptp670": ("cambium_ptp670", {("rssi", "0"): None, ("tx_power", "0"): -3}),
    "cnpilot": ("cambium_cnpilot", {("clients", "0"): 5, ("noise", "0"): -93}),
    "alcoma": ("alcoma", {("frequency", "tx.0"): 10_392_000, ("tx_power", "0"): 4, ("rssi", "0"): -51}),
    "dragonwave": ("dragonwave_horizon", {("rssi", "0"): -43.5, ("snr", "0"): 31.2}),
    "exalt": (
        "exalt_extendair",
        {
            ("frequency", "tx.0"): 17_785_000,
            ("tx_power", "0"): 16.5,
            ("rssi", "0"): -44,
            ("rate", "both.0"): 358_000_000,
        },
    ),
    "apex_lynx": ("trango_apex_lynx", {("rssi", "0"): -46, ("frequency", "tx.0"): 18_250_000}),
    "radwin": ("radwin", {("distance", "0"): 7_400}),
    "ruckus": ("ruckus", {("clients", "total.0"): 88}),
    "airos_in_text": (
        "ubiquiti_airos",
        {
            **{
                ("frequency", str(i)): value
                for i, value in enumerate((None, 5_560_000, 5_560_000, None, None, None), 1)
            },
            **{("rssi", str(i)): value for i, value in enumerate((-61, None, None, None, None, None, None), 1)},
            **{("channel_width", str(i)): value for i, value in enumerate((10_000, None, None), 1)},
        },
    ),
}

TOLD_BY_THEIR_NAME = {"apex_lynx", "dragonwave", "openwrt", "ptp600", "ptp650", "ptp670"}


def ask(client: MemoryClient, deadline_s: float = 18.0) -> ProbeResult:
    return asyncio.run(probe(client, TARGET, deadline_s=deadline_s))


def test_every_recording_has_its_expectation() -> None:
    assert {path.stem for path in RECORDINGS.glob("*.snmprec")} == set(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_recording_is_recognised_and_its_radio_is_right_or_honestly_unusable(name: str) -> None:
    family, expected = FAMILIES[name]
    result = ask(MemoryClient(recording(name)))
    assert result.family == family
    assert {(item.metric.value, item.index): item.value for item in result.radio} == dict(expected)
    assert all(item.usable == (item.value is not None) for item in result.radio)
    assert all(item.reason for item in result.radio if not item.usable)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_description_is_plain_json_with_exactly_the_promised_keys(name: str) -> None:
    described = ask(MemoryClient(recording(name))).as_dict()
    assert list(described) == KEYS
    json.dumps(described)
    for port in described["interfaces"]:
        assert set(port) == {"if_index", "name", "descr", "alias", "admin_status", "oper_status", "speed_bps"}
    for reading in described["radio"]:
        assert set(reading) == {"metric", "index", "value", "unit", "oid", "raw", "usable", "reason"}


@pytest.mark.parametrize(
    "name", [name for name, (_, radio) in FAMILIES.items() if radio and name not in TOLD_BY_THEIR_NAME]
)
@pytest.mark.parametrize("shared", ["", "1.3.6.1.4.1.8072.3.2.10", "1.3.6.1.4.1.10002.1"])
def test_a_family_is_recognised_though_sysobjectid_is_missing_or_shared(name: str, shared: str) -> None:
    client = MemoryClient([row for row in recording(name) if row.oid not in (oids.SYS_OBJECT_ID, oids.SYS_DESCR)])
    if shared:
        client.set(VarBind(oids.SYS_OBJECT_ID, ValueKind.OID, shared))
    assert ask(client).family == FAMILIES[name][0]


def test_interfaces_and_neighbours_are_described() -> None:
    described = ask(MemoryClient(recording("generic_switch"))).as_dict()
    assert described["interfaces"][2] == {
        "if_index": 3,
        "name": "ge3",
        "descr": "port ge3",
        "alias": "alias of ge3",
        "admin_status": "up",
        "oper_status": "down",
        "speed_bps": 1_000_000_000,
    }
    assert described["neighbours"] == [
        {
            "local_port": "ge1",
            "chassis_id": "02:00:5e:00:00:11",
            "port_id": "eth0",
            "port_descr": "",
            "sys_name": "bs-chauray",
            "sys_descr": "",
        }
    ]
    assert any("not recognised" in warning for warning in described["warnings"])


def test_fault_22_device_text_is_one_clipped_line_without_controls() -> None:
    result = ask(MemoryClient(recording("hostile_texts")))
    descr = result.identity.sys_descr
    assert descr.isprintable()
    assert len(descr) == 255
    assert descr.endswith("…")
    assert result.identity.sys_name == "a b c"
    assert (result.ports[0].oper_status, result.ports[0].admin_status, result.ports[0].speed_bps) == (None, None, None)


def test_fault_05_a_bad_value_is_left_out_and_its_neighbours_stand() -> None:
    client = MemoryClient(recording("generic_switch"))
    client.set(
        VarBind(f"{oids.IF_OPER_STATUS}.2", ValueKind.BAD, None, "9 bytes in a Counter64"),
        VarBind(oids.SYS_UPTIME, ValueKind.BAD, None, "negative"),
    )
    result = ask(client)
    assert [port.oper_status for port in result.ports] == ["up", None, "down", "down"]
    assert result.identity.uptime_ticks is None
    assert sum("cannot be believed" in warning for warning in result.warnings) == 2


def test_fault_21_missing_objects_are_gaps_not_errors() -> None:
    rows = [row for row in recording("airos") if not row.oid.startswith("1.3.6.1.2.1.")]
    result = ask(MemoryClient(rows))
    assert result.family == "ubiquiti_airos"
    assert result.ports == []
    assert result.identity.sys_descr == ""


def test_an_agent_out_of_order_that_repeats_itself_is_described_with_a_warning() -> None:
    rows = recording("generic_switch")
    odd = [row for row in rows if row.oid.startswith(oids.IF_DESCR + ".")]
    others = [row for row in rows if row not in odd]
    client = MemoryClient([*others, odd[1], odd[0], odd[2], odd[2], odd[3]], ordered=False)
    result = ask(client)
    assert [port.name for port in result.ports] == ["ge2"]
    assert any("not complete" in warning for warning in result.warnings)


def test_a_huge_table_is_capped_and_said_to_be() -> None:
    rows = recording("airos")
    rows += [VarBind(f"1.3.6.1.4.1.41112.1.4.5.1.5.{index}", ValueKind.INTEGER, -60) for index in range(2, 5_000)]
    result = ask(MemoryClient(rows))
    assert sum(item.metric.value == "rssi" for item in result.radio) < 600
    assert any("rssi" in warning and "not complete" in warning for warning in result.warnings)


@pytest.mark.parametrize("root", [oids.SYSTEM, "1.3.6.1.4.1.41112", oids.IF_DESCR, oids.LLDP_REMOTE, "1.2.840"])
@pytest.mark.parametrize("failure", [SILENT, BadAnswer("undecodable", "cannot decode")])
def test_any_silent_or_broken_part_leaves_the_rest_described(root: str, failure: DeviceError) -> None:
    client = MemoryClient(recording("airos"))
    client.silent = {root: failure}
    if root == oids.SYSTEM and failure is SILENT:
        with pytest.raises(Timeout):
            ask(client)
        return
    result = ask(client)
    assert result.family == ("generic" if root.endswith("41112") else "ubiquiti_airos")
    assert result.identity.sys_name == ("" if root == oids.SYSTEM else "cpe-lezay")
    assert result.warnings or root.startswith("1.2.840")


def test_a_slow_agent_is_described_in_part_within_the_deadline() -> None:
    start = time.perf_counter()
    result = ask(MemoryClient(recording("airos"), delay_s=0.06), deadline_s=1.0)
    assert time.perf_counter() - start < 1.3
    assert result.identity.sys_name == "cpe-lezay"
    assert any("too slowly" in warning for warning in result.warnings)


def test_a_silent_or_refusing_device_is_a_clear_error() -> None:
    for failure in (SILENT, AuthFailed("snmp_auth", "The user is not known.")):
        client = MemoryClient([])
        client.silent = {"1": failure}
        with pytest.raises(type(failure)):
            ask(client)
    with pytest.raises(Timeout, match="Check the address"):
        ask(MemoryClient([], delay_s=5.0), deadline_s=0.2)


def test_a_device_that_answers_nothing_but_garbage_is_an_error() -> None:
    client = MemoryClient([])
    client.silent = {"1": BadAnswer("undecodable", "cannot decode")}
    with pytest.raises(BadAnswer):
        ask(client)


def test_a_device_that_is_silent_on_getbulk_is_walked_by_getnext() -> None:
    class NoBulk(MemoryClient):
        async def walk(self, target: SnmpTarget, root: str, *, row_cap: int = 10_000, bulk: int = 20) -> Walk:
            if bulk > 1:
                self.asked.append(("bulk", (root,)))
                raise SILENT
            return await super().walk(target, root, row_cap=row_cap, bulk=bulk)

    client = NoBulk(recording("airos"))
    result = ask(client)
    assert [port.name for port in result.ports] == ["port eth0", "port ath0"]
    assert sum(kind == "bulk" for kind, _ in client.asked) == 1
