"""Vendor values become numbers in the unit of their metric, or say why not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import UNITS, Metric, ValueKind, VarBind
from collectors.profile import RadioObject
from collectors.values import PLAUSIBLE, Unusable, Written, parse_written, read

FIVE_GHZ = RadioObject(metric=Metric.FREQUENCY, oid="1.3.6", kind="column", unit="MHz", bands_mhz=((4900.0, 6100.0),))
LEVEL = RadioObject(metric=Metric.RSSI, oid="1.3.6", kind="column", unit="dBm")
WIDTH = RadioObject(metric=Metric.CHANNEL_WIDTH, oid="1.3.6", kind="column", unit="MHz")


def number(value: int) -> VarBind:
    return VarBind("1.3.6.1", ValueKind.INTEGER, value)


def text(value: str) -> VarBind:
    return VarBind("1.3.6.1", ValueKind.OCTETS, value.encode())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("10 MHz", Written(10, "MHz")),
        ("10,0 MHz", Written(10, "MHz")),
        ("-61 dBm", Written(-61, "dBm")),
        ("\u221261,5dBm", Written(-61.5, "dBm")),
        ("54 Mbit/s", Written(54, "Mbps")),
        ("12 %", Written(12, "%")),
        ("7", Written(7, "")),
    ],
)
def test_fault_91_vendor_strings_are_read_with_their_unit(written: str, expected: Written) -> None:
    assert parse_written(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "--",
        "N/A",
        "1/32",
        "10 ms",
        "100.00 m MSL",
        "N 46.1, E 0.1",
        "inconnu",
        "environ 10 MHz",
        "10 MHz 5",
        "1e9",
        "∞",
    ],
)
def test_fault_91_what_is_not_one_number_with_one_known_unit_is_refused(written: str) -> None:
    with pytest.raises(Unusable):
        parse_written(written)


def test_fault_91_text_without_a_unit_is_never_a_bare_number() -> None:
    reading = read(LEVEL, text("-61"), "1")
    assert reading is not None
    assert (reading.usable, reading.value) == (False, None)
    stated = LEVEL.model_copy(update={"text": True})
    believed = read(stated, text("-61"), "1")
    assert believed is not None
    assert believed.value == -61


def test_the_unit_written_counts_not_the_declared_one() -> None:
    reading = read(WIDTH, text("3500 kHz"), "1")
    assert reading is not None
    assert reading.value == 3500
    wrong = read(WIDTH, text("10 dBm"), "1")
    assert wrong is not None
    assert not wrong.usable


@pytest.mark.parametrize("raw", [5560, 5_560_000, 5_560_000_000])
def test_a_frequency_in_mhz_khz_or_hz_lands_in_the_only_band_it_fits(raw: int) -> None:
    reading = read(FIVE_GHZ, number(raw), "1")
    assert reading is not None
    assert reading.usable
    assert reading.value == 5_560_000


@pytest.mark.parametrize("raw", [0, -5560, 12_345, 2_437, 1])
def test_a_frequency_outside_the_bands_is_not_guessed(raw: int) -> None:
    reading = read(FIVE_GHZ, number(raw), "1")
    assert reading is not None
    assert not reading.usable
    assert reading.value is None
    assert reading.reason


def test_a_frequency_that_fits_twice_is_refused() -> None:
    wide = FIVE_GHZ.model_copy(update={"bands_mhz": ((5.0, 6.0), (5_000.0, 6_000.0))})
    reading = read(wide, number(5_500), "1")
    assert reading is not None
    assert not reading.usable
    assert "more than one unit" in reading.reason


def test_canopy_steps_of_10_and_100_khz_are_told_apart_by_the_band() -> None:
    carrier = FIVE_GHZ.model_copy(update={"bands_mhz": ((902.0, 928.0), (4900.0, 6100.0)), "steps_khz": (10.0, 100.0)})
    for raw, khz in ((548_000, 5_480_000), (9_150, 915_000), (5_480, 5_480_000)):
        reading = read(carrier, number(raw), "0")
        assert reading is not None
        assert reading.value == khz


def test_a_positive_code_is_not_read_as_a_level_in_dbm() -> None:
    reading = read(LEVEL, number(45), "1")
    assert reading is not None
    assert not reading.usable


def test_a_set_point_is_no_measurement() -> None:
    reading = read(LEVEL.model_copy(update={"role": "configured"}), number(-70), "1")
    assert reading is not None
    assert not reading.usable
    assert reading.raw == "-70"


def test_an_absent_object_is_no_reading() -> None:
    assert read(LEVEL, VarBind("1.3.6.1", ValueKind.NO_SUCH_INSTANCE, None), "1") is None


@given(st.one_of(st.integers(-(2**63), 2**64), st.binary(max_size=40), st.text(max_size=40)))
def test_whatever_an_agent_sends_a_usable_value_is_finite_and_plausible(value: int | bytes | str) -> None:
    kind = ValueKind.INTEGER if isinstance(value, int) else ValueKind.OCTETS
    held = value.encode("utf-8", "replace") if isinstance(value, str) else value
    for metric in Metric:
        unit = {"kHz": "MHz", "bps": "kbps"}.get(UNITS[metric], UNITS[metric])
        bands = ((4900.0, 6100.0),) if metric is Metric.FREQUENCY else ()
        wanted = RadioObject(metric=metric, oid="1.3.6", kind="column", unit=unit, bands_mhz=bands, text=True)
        reading = read(wanted, VarBind("1.3.6.1", kind, held), "1")
        assert reading is not None
        assert reading.usable == (reading.value is not None)
        if reading.value is not None:
            low, high = PLAUSIBLE[metric]
            assert low <= reading.value <= high
