"""Writes the recordings of this folder: devices that nobody owns, made up from what the MIBs promise.

    python -m tests.data.recordings.make

Each is `oid|tag|value` as simulators read it; names, addresses and values are invented.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
INT, TEXT, OID, C32, GAUGE, TICKS, C64 = "2", "4", "6", "65", "66", "67", "70"
Row = tuple[str, str, object]
UBNT = "1.3.6.1.4.1.41112.1"
MAC_A, MAC_B = "2.0.94.0.0.17", "2.0.94.0.0.34"


def system(descr: str, object_id: str, name: str, ticks: int = 123_456_700) -> list[Row]:
    """The system group."""
    return [
        ("1.3.6.1.2.1.1.1.0", TEXT, descr),
        ("1.3.6.1.2.1.1.2.0", OID, object_id),
        ("1.3.6.1.2.1.1.3.0", TICKS, ticks),
        ("1.3.6.1.2.1.1.5.0", TEXT, name),
    ]


def ports(*names: str, wide: bool = True) -> list[Row]:
    """ifTable, and ifXTable when `wide`."""
    rows: list[Row] = []
    for index, name in enumerate(names, 1):
        base = "1.3.6.1.2.1.2.2.1"
        rows += [
            (f"{base}.1.{index}", INT, index),
            (f"{base}.2.{index}", TEXT, f"port {name}"),
            (f"{base}.5.{index}", GAUGE, 100_000_000),
            (f"{base}.7.{index}", INT, 1),
            (f"{base}.8.{index}", INT, 1 if index < 3 else 2),
            (f"{base}.10.{index}", C32, 1_000 * index),
            (f"{base}.14.{index}", C32, 0),
            (f"{base}.16.{index}", C32, 2_000 * index),
            (f"{base}.20.{index}", C32, 3),
        ]
        base = "1.3.6.1.2.1.31.1.1.1"
        if wide:
            rows += [
                (f"{base}.1.{index}", TEXT, name),
                (f"{base}.6.{index}", C64, 10_000_000_000 + index),
                (f"{base}.10.{index}", C64, 20_000_000_000 + index),
                (f"{base}.15.{index}", GAUGE, 1_000),
                (f"{base}.18.{index}", TEXT, f"alias of {name}"),
                (f"{base}.19.{index}", TICKS, 0),
            ]
    return rows


def slow(rows: list[Row], index: int, bps: int) -> list[Row]:
    """The same ports, one of them a slow line, whose speed ifHighSpeed rounds to whole Mbit/s."""
    speeds = {f"1.3.6.1.2.1.2.2.1.5.{index}": bps, f"1.3.6.1.2.1.31.1.1.1.15.{index}": round(bps / 1e6)}
    return [(oid, tag, speeds.get(oid, value)) for oid, tag, value in rows]


def text_index(word: str) -> str:
    """A string as an OID index: its length, then its characters."""
    return ".".join(str(arc) for arc in (len(word), *word.encode()))


def extend(name: str, value: str) -> Row:
    """One line of NET-SNMP-EXTEND-MIB."""
    return f"1.3.6.1.4.1.8072.1.3.2.3.1.1.{text_index(name)}", TEXT, value


FROGFOOT, NETSNMP = "1.3.6.1.4.1.10002.1", "1.3.6.1.4.1.8072.3.2.10"
LINUX = "Linux 2.6.33 #1 Tue Jan 6 10:00:00 CET 2026 mips"
ALB = "1.3.6.1.4.1.28087.12.10"
MTX = "1.3.6.1.4.1.14988.1.1.1"

RECORDINGS: dict[str, list[Row]] = {
    "generic_switch": [
        *system("Some switch", "1.3.6.1.4.1.99999.1", "sw-niort"),
        *ports("ge1", "ge2", "ge3", "ge4"),
        ("1.0.8802.1.1.2.1.3.7.1.3.1", TEXT, "ge1"),
        ("1.0.8802.1.1.2.1.4.1.1.4.0.1.1", INT, 4),
        ("1.0.8802.1.1.2.1.4.1.1.5.0.1.1", "4x", "02005e000011"),
        ("1.0.8802.1.1.2.1.4.1.1.6.0.1.1", INT, 5),
        ("1.0.8802.1.1.2.1.4.1.1.7.0.1.1", TEXT, "eth0"),
        ("1.0.8802.1.1.2.1.4.1.1.9.0.1.1", TEXT, "bs-chauray"),
    ],
    "unknown_vendor": [  # an invented maker, a number that is nobody's; a test writes its profile
        *system("Fabulon AirBridge 3.5 (sw 2.1.7)", "1.3.6.1.4.1.99777.1.7", "pont-inconnu"),
        *ports("lan", "air"),
        ("1.3.6.1.4.1.99777.2.1.1.2.1", TEXT, "radio 1"),
        ("1.3.6.1.4.1.99777.2.1.1.3.1", INT, 3_441_750),
        ("1.3.6.1.4.1.99777.2.1.1.4.1", INT, -615),
        ("1.3.6.1.4.1.99777.2.1.1.5.1", INT, 0),
        ("1.3.6.1.4.1.99777.2.2.0", GAUGE, 9),
    ],
    "old_hub": [*system("Old hub", "1.3.6.1.4.1.99998.1", "hub"), *ports("p1", "p2", wide=False)],
    "linux_host": [*system("Linux srv 6.1.0 #1 SMP x86_64", NETSNMP, "srv"), *ports("lo", "eth0")],
    "openwrt": [
        *system("Linux OpenWrt 5.15.150 #0 SMP armv7l", NETSNMP, "hotspot-melle"),
        *ports("lo", "eth0", "wlan0"),
        extend("hardware", "Linksys WRT"),
        extend("frequency-wlan0", "2437"),
        extend("frequency-wlan1", "N/A"),
        extend("noise-floor-wlan0", "-92"),
        extend("clients-wlan0", "7"),
        extend("snr-wlan0-avg", "24"),
        extend("snr-wlan0-min", "11"),
        extend("rate-tx-wlan0-avg", "72200000"),
        extend("rate-rx-wlan0-avg", "54"),
    ],
    "airos": [
        *system(LINUX, FROGFOOT, "cpe-lezay"),
        *ports("eth0", "ath0", wide=False),
        ("1.2.840.10036.3.1.2.1.3.5", TEXT, "NanoBeam M5"),
        (f"{UBNT}.4.1.1.4.1", INT, 5_560),
        (f"{UBNT}.4.1.1.6.1", INT, 23),
        (f"{UBNT}.4.1.1.7.1", INT, 4_350),
        (f"{UBNT}.4.5.1.5.1", INT, -63),
        (f"{UBNT}.4.5.1.6.1", INT, 33),
        (f"{UBNT}.4.5.1.7.1", INT, 97),
        (f"{UBNT}.4.5.1.8.1", INT, -95),
        (f"{UBNT}.4.5.1.9.1", INT, 130_000_000),
        (f"{UBNT}.4.5.1.10.1", INT, 117),
        (f"{UBNT}.4.5.1.14.1", INT, 20),
        (f"{UBNT}.4.5.1.15.1", GAUGE, 1),
        (f"{UBNT}.4.6.1.3.1", INT, 88),
        (f"{UBNT}.4.6.1.7.1", INT, 421),
        (f"{UBNT}.4.7.1.3.1.{MAC_A}", INT, -61),
    ],
    "airfiber": [
        *system(LINUX, FROGFOOT, "af-parthenay"),
        *ports("eth0", "air0", wide=False),
        (f"{UBNT}.3.1.1.5.1", INT, 11_265_000),
        (f"{UBNT}.3.1.1.6.1", INT, 10_775_000),
        (f"{UBNT}.3.1.1.9.1", INT, 55),
        (f"{UBNT}.3.2.1.4.1", INT, 9_120),
        (f"{UBNT}.3.2.1.5.1", INT, 512_000_000),
        (f"{UBNT}.3.2.1.6.1", INT, 498_000_000),
        (f"{UBNT}.3.2.1.11.1", INT, -44),
        (f"{UBNT}.3.2.1.14.1", INT, 0),
    ],
    "ltu": [
        *system(LINUX, NETSNMP, "ltu"),
        (f"{UBNT}.10.1.2.2.0", INT, 5_745),
        (f"{UBNT}.10.1.3.2.0", TEXT, "LTU Rocket"),
        (f"{UBNT}.10.1.4.1.3.{MAC_A}", INT, 210_000),
        (f"{UBNT}.10.1.4.1.5.{MAC_A}", INT, -58),
        (f"{UBNT}.10.1.4.1.23.{MAC_A}", INT, 2_700),
    ],
    "af60": [
        *system(LINUX, FROGFOOT, "af60"),
        (f"{UBNT}.11.1.1.2.1", INT, 64_800),
        (f"{UBNT}.11.1.3.1.3.{MAC_A}.1", INT, -55),
        (f"{UBNT}.11.1.3.1.4.{MAC_A}.1", INT, 14),
        (f"{UBNT}.11.1.3.1.7.{MAC_A}.1", INT, 1_950_000),
    ],
    "unifi": [
        *system("Linux 3.3.8 #1 mips", FROGFOOT, "ap-mairie"),
        (f"{UBNT}.6.1.1.1.7.1", INT, 9),
        (f"{UBNT}.6.1.1.1.8.1", INT, 15),
        (f"{UBNT}.6.1.1.1.9.1", INT, 13),
        (f"{UBNT}.6.1.2.1.3.1", INT, 943),
        (f"{UBNT}.6.1.2.1.4.1", GAUGE, 36),
        (f"{UBNT}.6.1.2.1.8.1", INT, 12),
        (f"{UBNT}.6.1.2.1.21.1", INT, 20),
        (f"{UBNT}.6.1.1.1.6.1", INT, 37),
        (f"{UBNT}.6.3.3.0", TEXT, "UAP-AC-Pro"),
    ],
    "routeros": [
        *system("RouterOS RB912", "1.3.6.1.4.1.14988.1", "mk-ruffec"),
        *ports("ether1", "wlan1"),
        (f"{MTX}.3.1.2.2", GAUGE, 0),
        (f"{MTX}.3.1.6.2", C32, 9),
        (f"{MTX}.3.1.7.2", INT, 5_220),
        (f"{MTX}.3.1.7.3", INT, 0),
        (f"{MTX}.3.1.9.2", INT, -108),
        (f"{MTX}.2.1.3.{MAC_A}.2", INT, -67),
        (f"{MTX}.2.1.12.{MAC_A}.2", INT, 41),
        (f"{MTX}.8.1.6.5", INT, 60_480),
    ],
    "epmp": [
        *system("Cambium ePMP 1000", "1.3.6.1.4.1.17713.21", "epmp"),
        ("1.3.6.1.4.1.17713.21.1.2.1.0", INT, 5_180),
        ("1.3.6.1.4.1.17713.21.1.2.3.0", INT, -59),
        ("1.3.6.1.4.1.17713.21.1.2.5.0", INT, 17),
        ("1.3.6.1.4.1.17713.21.1.2.10.0", INT, 1),
        ("1.3.6.1.4.1.17713.21.1.2.12.0", TEXT, "3,2"),
        ("1.3.6.1.4.1.17713.21.1.2.18.0", INT, 31),
        *(
            (f"1.3.6.1.4.1.17713.21.1.2.30.1.{column}.1", INT, v)
            for column, v in ((4, -66), (5, -63), (6, 24), (7, 28))
        ),
    ],
    "pmp450_ofdm": [
        *system("CANOPY 15.1 AP-DES", "1.3.6.1.4.1.161.19.250.256", "pmp-ap"),
        ("1.3.6.1.4.1.161.19.3.1.7.37.0", INT, 365_000),
        ("1.3.6.1.4.1.161.19.3.1.7.1.0", INT, 38),
        ("1.3.6.1.4.1.161.19.3.1.12.1.1.0", INT, 61),
        ("1.3.6.1.4.1.161.19.3.1.12.1.2.0", INT, 24),
        ("1.3.6.1.4.1.161.19.3.1.4.1.74.2", INT, 31),
        ("1.3.6.1.4.1.161.19.3.1.4.1.84.2", INT, 33),
    ],
    "pmp100_fsk": [
        *system("CANOPY 9.5 AP-DES", "1.3.6.1.4.1.161.19.250.256", "pmp-900"),
        ("1.3.6.1.4.1.161.19.3.1.7.37.0", INT, 9_150),
        ("1.3.6.1.4.1.161.19.3.2.2.21.0", INT, -71),
    ],
    "mimosa_b5": [
        *system("Mimosa B5", "1.3.6.1.4.1.43356.1.1.1", "mimosa"),
        ("1.3.6.1.4.1.43356.2.1.2.6.1.1.2.1", INT, 135),
        ("1.3.6.1.4.1.43356.2.1.2.6.1.1.3.1", INT, -487),
        ("1.3.6.1.4.1.43356.2.1.2.6.1.1.5.1", INT, 302),
        ("1.3.6.1.4.1.43356.2.1.2.6.1.1.6.1", INT, 5_825),
    ],
    "siklu": [
        *system("EH-600TX", "1.3.6.1.4.1.31926", "eh-cognac"),
        ("1.3.6.1.4.1.31926.2.1.1.4.1", INT, 58_320),
        ("1.3.6.1.4.1.31926.2.1.1.18.1", INT, 19),
        ("1.3.6.1.4.1.31926.2.1.1.19.1", INT, -47),
        ("1.3.6.1.4.1.31926.2.1.1.42.1", INT, 3),
    ],
    "ceragon": [
        *system("FibeAir IP-20", "1.3.6.1.4.1.2281.1.20.1.3.1", "ceragon"),
        ("1.3.6.1.4.1.2281.10.5.1.1.2.268451969", INT, -39),
        ("1.3.6.1.4.1.2281.10.5.1.1.3.268451969", INT, 18),
        ("1.3.6.1.4.1.2281.10.5.2.1.3.268451969", INT, 18_155_000),
        ("1.3.6.1.4.1.2281.10.7.4.1.1.7.268451969", INT, 183_676),
    ],
    "saf_cfip": [
        *system("SAF CFIP Lumina", "1.3.6.1.4.1.7571.100.1.1.5.1", "saf"),
        ("1.3.6.1.4.1.7571.100.1.1.5.1.1.1.10.1.4.1", INT, 12),
        ("1.3.6.1.4.1.7571.100.1.1.5.1.1.1.10.1.5.1", INT, -36),
        ("1.3.6.1.4.1.7571.100.1.1.5.1.1.1.10.1.9.1", INT, 23_058_000),
    ],
    "aviat_wtm": [
        *system("WTM 4100", "1.3.6.1.4.1.2509.9.12", "wtm"),
        ("1.3.6.1.4.1.2509.9.5.2.1.1.1.51", INT, 11_245_000),
        ("1.3.6.1.4.1.2509.9.15.2.2.1.4.51", INT, -412),
        ("1.3.6.1.4.1.2509.9.33.2.2.1.3.51", INT, 365),
    ],
    "siae": [
        *system("ALFOplus80HD", "1.3.6.1.4.1.3373.1103.39", "siae"),
        ("1.3.6.1.4.1.3373.1103.39.2.1.2.1", INT, 73_375_000),
        ("1.3.6.1.4.1.3373.1103.39.2.1.12.1", INT, -43),
    ],
    "racom_ray_old": [
        *system("RAy", "1.3.6.1.4.1.33555.1.1.1", "ray"),
        ("1.3.6.1.4.1.33555.1.2.1.4", INT, 17_212_500),
        ("1.3.6.1.4.1.33555.1.3.2.1", INT, -501),
        ("1.3.6.1.4.1.33555.1.3.2.2", INT, 287),
    ],
    "albentia": [
        *system("AXS-BS", "1.3.6.1.4.1.28087.12.10.1", "bs-melle"),
        (f"{ALB}.1.5.0", TEXT, "AXS-BS-150"),
        (f"{ALB}.2.1.0", INT, 31),
        (f"{ALB}.10.1.1.5.{text_index('nord')}", INT, 4_150),
        *[
            (f"{ALB}.10.5.1.{column}.{text_index('nord')}", tag, value)
            for column, tag, value in (
                (3, TEXT, "3,5 MHz"),
                (4, TEXT, "10 ms"),
                (5, TEXT, "1/32"),
                (6, INT, 27),
                (7, INT, -70),
                (12, INT, 12_000),
                (13, INT, 3_432),
            )
        ],
        (f"{ALB}.10.6.1.2.{text_index('nord')}", INT, 19),
    ],
    "wimax_if2": [
        *system("802.16 base station", "1.3.6.1.4.1.99997.1", "bs-chauray"),
        *ports("eth0", "wmx1"),
        ("1.0.8802.16.2.1.2.9.1.2.1.6.2", INT, 3_432_500),
        *[
            (f"1.0.8802.16.2.1.1.2.3.1.{column}.2.{mac}.2.1", INT, value)
            for column, mac, value in ((7, MAC_A, 21), (7, MAC_B, 40), (8, MAC_A, -78), (8, MAC_B, 45))
        ],
    ],
    "wimax_if_old": [
        *system("802.16 base station", "1.3.6.1.4.1.99996.1", "bs-old"),
        (f"1.3.6.1.2.1.10.184.1.1.2.3.1.7.2.{MAC_A}.2.1", INT, 21),
        (f"1.3.6.1.2.1.10.184.1.1.2.3.1.8.2.{MAC_A}.2.1", INT, 45),
    ],
    "wimax_if_old_b": [
        *system("802.16 base station", "1.3.6.1.4.1.99996.1", "bs-old-b"),
        (f"1.3.6.1.2.1.10.184.1.1.2.3.1.1.7.2.{MAC_A}.2.1", INT, 21),
        (f"1.3.6.1.2.1.10.184.1.1.2.3.1.1.8.2.{MAC_A}.2.1", INT, 45),
    ],
    "airspan": [
        *system("HiperMAX", "1.3.6.1.4.1.989.1.16.1", "hipermax"),
        ("1.0.8802.16.2.1.2.9.1.2.1.6.1", GAUGE, 2_572_000),
        (f"1.0.8802.16.2.1.1.2.3.1.7.1.{MAC_A}.1.1", INT, 24),
        (f"1.0.8802.16.2.1.1.2.3.1.7.1.{MAC_A}.2.1", INT, -3),
        (f"1.0.8802.16.2.1.1.2.3.1.8.1.{MAC_A}.1.1", INT, -71),
        (f"1.0.8802.16.2.1.1.2.3.1.8.1.{MAC_A}.2.1", INT, 45),  # a code of another layout, no level
        ("1.3.6.1.4.1.989.1.16.2.7.7.2.1.3.0", INT, 3_520),
        ("1.3.6.1.4.1.989.1.16.2.7.7.2.1.3.1", INT, 3_485),
        ("1.3.6.1.4.1.989.1.16.2.9.5.1.1.1", GAUGE, 44),
        (f"1.3.6.1.4.1.989.1.16.2.9.2.1.1.1.{MAC_A}", INT, 62),
        (f"1.3.6.1.4.1.989.1.16.2.9.2.1.2.1.{MAC_A}", INT, 57),
        (f"1.3.6.1.4.1.989.1.16.2.9.2.1.5.1.{MAC_A}", INT, 19),
        (f"1.3.6.1.4.1.989.1.16.2.9.2.1.12.1.{MAC_A}", INT, 27),
    ],
    "cisco_ios": [
        *system(
            "Cisco IOS Software, C2900 Software (C2900-UNIVERSALK9-M), Version 15.4(3)M2",
            "1.3.6.1.4.1.9.1.1041",
            "edge-poitiers",
        ),
        *slow(ports("Gi0/0", "Gi0/1", "Se0/0/0"), 3, 2_048_000),
        ("1.3.6.1.2.1.47.1.1.1.1.13.1", TEXT, "CISCO2911/K9"),
        ("1.0.8802.1.1.2.1.3.7.1.3.1", TEXT, "Gi0/0"),
        ("1.0.8802.1.1.2.1.4.1.1.4.0.1.1", INT, 4),
        ("1.0.8802.1.1.2.1.4.1.1.5.0.1.1", "4x", "02005e000022"),
        ("1.0.8802.1.1.2.1.4.1.1.6.0.1.1", INT, 5),
        ("1.0.8802.1.1.2.1.4.1.1.7.0.1.1", TEXT, "ge4"),
        ("1.0.8802.1.1.2.1.4.1.1.9.0.1.1", TEXT, "sw-poitiers"),
    ],
    "cisco_aironet": [
        *system(
            "Cisco IOS Software, C1140 Software (C1140-K9W7-M), Version 12.4(25d)JA", "1.3.6.1.4.1.9.1.525", "ap-gare"
        ),
        *ports("Do0", "Do1", "Gi0"),
        ("1.3.6.1.4.1.9.9.273.1.1.2.1.1.1", GAUGE, 14),
        ("1.3.6.1.4.1.9.9.273.1.1.2.1.1.2", GAUGE, 0),
    ],
    "aruba_instant": [
        *system("ArubaOS (MODEL: 325), Version 8.6", "1.3.6.1.4.1.14823.1.2.82", "iap"),
        (f"1.3.6.1.4.1.14823.2.3.3.1.2.2.1.4.{MAC_A}.0", TEXT, "36E"),
        (f"1.3.6.1.4.1.14823.2.3.3.1.2.2.1.5.{MAC_A}.0", INT, 18),
        (f"1.3.6.1.4.1.14823.2.3.3.1.2.2.1.6.{MAC_A}.0", INT, 94),
        (f"1.3.6.1.4.1.14823.2.3.3.1.2.2.1.8.{MAC_A}.0", INT, 23),
    ],
    "ptp600": [
        *system("PTP 600", "1.3.6.1.4.1.17713.6", "ptp600"),
        ("1.3.6.1.4.1.17713.6.12.1.0", INT, -553),
        ("1.3.6.1.4.1.17713.6.12.3.0", INT, 180),
        ("1.3.6.1.4.1.17713.6.20.1.0", INT, 75_800),
    ],
    "ptp650": [
        *system("PTP 650", "1.3.6.1.4.1.17713.7", "ptp650"),
        ("1.3.6.1.4.1.17713.7.12.4.0", INT, 235),
        ("1.3.6.1.4.1.17713.7.12.12.0", INT, -617),
        ("1.3.6.1.4.1.17713.7.20.3.0", INT, 214_300),
    ],
    "ptp670": [
        *system("PTP 670", "1.3.6.1.4.1.17713.11", "ptp670"),
        ("1.3.6.1.4.1.17713.11.12.4.0", INT, -30),
        ("1.3.6.1.4.1.17713.11.12.12.0", INT, -1_400),
    ],
    "cnpilot": [
        *system("cnPilot E500", "1.3.6.1.4.1.17713.22.1", "cnpilot"),
        ("1.3.6.1.4.1.17713.22.1.1.1.14.0", GAUGE, 5),
        ("1.3.6.1.4.1.17713.22.1.2.1.16.0", INT, -93),
    ],
    "alcoma": [
        *system("ALCOMA", "1.3.6.1.4.1.12140.2", "alcoma"),
        ("1.3.6.1.4.1.12140.2.3.1.0", INT, 10_392),
        ("1.3.6.1.4.1.12140.2.3.3.0", INT, 4),
        ("1.3.6.1.4.1.12140.2.3.4.0", INT, -51),
        ("1.3.6.1.4.1.12140.2.3.13.0", INT, 10),
    ],
    "dragonwave": [
        *system("Horizon Compact", "1.3.6.1.4.1.7262.2.2.5", "horizon"),
        ("1.3.6.1.4.1.7262.2.2.5.1.2.4.0", INT, -435),
        ("1.3.6.1.4.1.7262.2.2.5.1.2.8.0", INT, 312),
    ],
    "exalt": [
        *system("ExtendAir", "1.3.6.1.4.1.25651.1.2", "exalt"),
        ("1.3.6.1.4.1.25651.1.2.3.1.57.4.0", INT, 17_785_000),
        ("1.3.6.1.4.1.25651.1.2.3.1.57.1.0", INT, 165),
        ("1.3.6.1.4.1.25651.1.2.4.3.1.3.0", INT, -44),
        ("1.3.6.1.4.1.25651.1.2.4.5.1.0", INT, 358),
    ],
    "apex_lynx": [
        *system("Apex Lynx", "1.3.6.1.4.1.5454.1.80", "lynx"),
        ("1.3.6.1.4.1.5454.1.80.3.14.2.0", INT, -46),
        ("1.3.6.1.4.1.5454.1.80.3.1.1.2.0", INT, 18_250),
    ],
    "radwin": [
        *system("RADWIN 2000", "1.3.6.1.4.1.4458.20.5.1.1", "radwin"),
        ("1.3.6.1.4.1.4458.1000.1.5.29.0", INT, 7_400),
    ],
    "ruckus": [
        *system("Ruckus ZD1200", "1.3.6.1.4.1.25053.3.1.5.15", "zd"),
        ("1.3.6.1.4.1.25053.1.2.1.1.1.15.2.0", GAUGE, 88),
    ],
    "alvarion": [*system("BreezeMAX BS", "1.3.6.1.4.1.12394.1", "breeze"), *ports("eth0")],
    "hostile_texts": [
        *system(
            "\x1b[31mrouter\x1b[0m \u202eevil\x00 <script>alert(1)</script> " + "x" * 4_000,
            "1.3.6.1.4.1.99999.6",
            "a\tb\rc",
        ),
        ("1.3.6.1.2.1.2.2.1.2.1", TEXT, "<b>port</b>"),
        ("1.3.6.1.2.1.2.2.1.8.1", TEXT, "up and running"),
        ("1.3.6.1.2.1.2.2.1.7.1", INT, 99),
        ("1.3.6.1.2.1.2.2.1.5.1", TEXT, "fast"),
    ],
    "airos_in_text": [
        *system(LINUX, FROGFOOT, "cpe-odd"),
        (f"{UBNT}.4.1.1.4.1", TEXT, "5560"),
        (f"{UBNT}.4.1.1.4.2", TEXT, "5,56 GHz"),
        (f"{UBNT}.4.1.1.4.3", TEXT, "5560000 kHz"),
        (f"{UBNT}.4.1.1.4.4", TEXT, "inconnu"),
        (f"{UBNT}.4.1.1.4.5", INT, 0),
        (f"{UBNT}.4.1.1.4.6", INT, 12_345),
        (f"{UBNT}.4.5.1.5.1", TEXT, "-61 dBm"),
        (f"{UBNT}.4.5.1.5.2", TEXT, "--"),
        (f"{UBNT}.4.5.1.5.3", TEXT, ""),
        (f"{UBNT}.4.5.1.5.4", TEXT, "-61"),
        (f"{UBNT}.4.5.1.5.5", INT, 2_147_483_647),
        (f"{UBNT}.4.5.1.5.6", INT, 45),
        (f"{UBNT}.4.5.1.5.7", TEXT, "-61 MHz"),
        (f"{UBNT}.4.5.1.14.1", TEXT, "10,0 MHz"),
        (f"{UBNT}.4.5.1.14.2", TEXT, "10 ms"),
        (f"{UBNT}.4.5.1.14.3", TEXT, "1/32"),
    ],
    "nothing_but_radio": [(f"{UBNT}.4.1.1.4.1", INT, 5_180), (f"{UBNT}.4.5.1.5.1", INT, -70)],
}


def main() -> None:
    """Write them all."""
    for name, rows in RECORDINGS.items():
        lines = []
        for oid, tag, value in sorted(rows, key=lambda row: tuple(map(int, row[0].split(".")))):
            text = str(value)
            if tag == TEXT and not (text.isascii() and text.isprintable()):
                lines.append(f"{oid}|4x|{text.encode().hex()}")
            else:
                lines.append(f"{oid}|{tag}|{text}")
        (HERE / f"{name}.snmprec").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
