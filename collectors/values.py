"""From what an agent sent to a number in the unit of its metric, or to a reason why not. Nothing is guessed in silence.

A number may come as an integer in the unit that the profile declares, or as text of the vendor (`10,0 MHz`, `-61 dBm`,
`N/A`). Text speaks for itself: its own unit counts, and text without a unit is believed only where the profile says
that this object is text in the declared unit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from collectors.base import UNITS, Metric, RadioReading, ValueKind, VarBind
from collectors.profile import RadioObject
from nms.base.text import clean, say

RAW_LIMIT = 80
KHZ = {"Hz": 0.001, "kHz": 1.0, "MHz": 1_000.0, "GHz": 1_000_000.0}
SCALES: dict[str, dict[str, float]] = {
    "kHz": KHZ,
    "dBm": {"dBm": 1.0},
    "dB": {"dB": 1.0},
    "bps": {"bps": 1.0, "kbps": 1e3, "Mbps": 1e6, "Gbps": 1e9},
    "m": {"m": 1.0, "km": 1e3, "mile": 1609.344, "ft": 0.3048},
    "%": {"%": 1.0},
    "": {"": 1.0},
}
"""For each unit of a metric: the units that may be declared or written, and their factor."""

_WRITTEN = {
    "hz": "Hz", "khz": "kHz", "mhz": "MHz", "ghz": "GHz", "dbm": "dBm", "db": "dB",
    "bps": "bps", "bit/s": "bps", "b/s": "bps", "kbps": "kbps", "kbit/s": "kbps", "kb/s": "kbps", "mbps": "Mbps",
    "mbit/s": "Mbps", "mb/s": "Mbps", "gbps": "Gbps", "gbit/s": "Gbps", "gb/s": "Gbps",
    "m": "m", "meters": "m", "metres": "m", "km": "km", "miles": "mile", "ft": "ft", "feet": "ft", "%": "%",
}  # fmt: skip
_NUMBER = re.compile(r"([+\-\u2212]?\d{1,15}(?:[.,]\d{1,9})?)\s{0,3}([A-Za-z%/]{0,12})")
_NOTHING = frozenset(
    {"", "-", "--", "---", "n/a", "na", "n.a.", "none", "null", "nan", "unknown", "-/-", "not available", "inconnu"}
)

PLAUSIBLE: dict[Metric, tuple[float, float]] = {
    Metric.FREQUENCY: (30_000, 100_000_000),
    Metric.CHANNEL_WIDTH: (100, 4_000_000),
    Metric.TX_POWER: (-40, 50),
    Metric.RSSI: (-130, -10),
    Metric.NOISE: (-140, -30),
    Metric.CINR: (-30, 60),
    Metric.SNR: (-30, 100),
    Metric.RATE: (0, 100e9),
    Metric.CAPACITY: (0, 100e9),
    Metric.CLIENTS: (0, 20_000),
    Metric.DISTANCE: (0, 300_000),
    Metric.UTILISATION: (0, 100),
    Metric.QUALITY: (0, 100),
}
"""Outside of these a value is not believed, whatever the profile says; a profile may narrow, not widen."""


class Unusable(ValueError):
    """This value cannot be used; `str()` is the reason."""


@dataclass(frozen=True, slots=True)
class Written:
    """A number as text wrote it; `unit` is empty when it wrote none."""

    number: float
    unit: str


def parse_written(text: str) -> Written:
    """A number with its unit from vendor text; comma and point are both decimal marks.

    Raises:
        Unusable: no value is written, or it is not one number with at most one known unit.
    """
    if text.strip().lower() in _NOTHING:
        if not text.strip():
            raise Unusable(say("the device has no value"))
        raise Unusable(say("the device has no value (it writes “{text}”)", text=clean(text, 20)))
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise Unusable(say("not a number with a unit"))
    number, unit = found.groups()
    if unit and unit.lower() not in _WRITTEN:
        raise Unusable(say("unit “{unit}” is not known", unit=clean(unit, 12)))
    return Written(float(number.replace(",", ".").replace("\u2212", "-")), _WRITTEN.get(unit.lower(), ""))


def read(wanted: RadioObject, binding: VarBind, index: str) -> RadioReading | None:
    """One reading from one answered object; None when the agent has no such object."""
    if binding.kind in (ValueKind.NO_SUCH_OBJECT, ValueKind.NO_SUCH_INSTANCE, ValueKind.END_OF_VIEW):
        return None
    metric, unit = wanted.metric, UNITS[wanted.metric]
    raw = _raw(binding)
    try:
        value, note = _judge(wanted, binding)
    except Unusable as why:
        return RadioReading(metric, index, None, unit, binding.oid, raw, False, why.args[0])
    return RadioReading(metric, index, value, unit, binding.oid, raw, True, note)


def _raw(binding: VarBind) -> str:
    if binding.value is None:
        return ""
    return clean(binding.value if isinstance(binding.value, str | bytes) else str(binding.value), RAW_LIMIT)


def _judge(wanted: RadioObject, binding: VarBind) -> tuple[float, str]:
    if binding.kind in (ValueKind.BAD, ValueKind.NULL, ValueKind.UNKNOWN_TYPE) or binding.value is None:
        raise Unusable(binding.reason or say("the answer holds no value"))
    if wanted.unusable:
        raise Unusable(say(wanted.unusable))
    if wanted.role == "configured":
        raise Unusable(say("a set-point, not a measurement"))
    written = _written(binding)
    if written.number in wanted.absent:
        raise Unusable(say("{number} means “no value” here", number=f"{written.number:g}"))
    if wanted.metric is Metric.FREQUENCY:
        return _frequency(wanted, written)
    return _believed(wanted, _converted(wanted, written)), ""


def _written(binding: VarBind) -> Written:
    value = binding.value
    if isinstance(value, bytes):
        return parse_written(value.rstrip(b"\x00").decode("utf-8", "replace"))
    if isinstance(value, int) and binding.kind is not ValueKind.TICKS:
        return Written(float(value), "\0")
    raise Unusable(say("type {kind} where a number is expected", kind=binding.kind.value))


def _converted(wanted: RadioObject, written: Written) -> float:
    """The number in the unit of the metric."""
    factors = SCALES[UNITS[wanted.metric]]
    if written.unit == "\0" or (not written.unit and (wanted.text or wanted.metric is Metric.CLIENTS)):
        return written.number * wanted.scale * factors[wanted.unit]
    if not written.unit:
        raise Unusable(say("text without a unit where a number is expected"))
    if written.unit not in factors:
        raise Unusable(say("{unit} is not a unit of {metric}", unit=written.unit, metric=wanted.metric.value))
    return written.number * factors[written.unit]


def _believed(wanted: RadioObject, value: float) -> float:
    low, high = PLAUSIBLE[wanted.metric]
    if wanted.range is not None:
        low, high = max(low, wanted.range[0]), min(high, wanted.range[1])
    if not low <= value <= high:
        limits = f"{low:g}..{high:g} {UNITS[wanted.metric]}".rstrip()
        raise Unusable(say("{value} is outside {limits}", value=f"{value:g}", limits=limits))
    return round(value, 6)


def _frequency(wanted: RadioObject, written: Written) -> tuple[float, str]:
    """The one reading that falls into a band of this device, in kHz, and a note when it is not the declared unit."""
    if written.number <= 0:
        raise Unusable(say("{number} is not a frequency", number=f"{written.number:g}"))
    if written.unit not in ("\0", "") or (not written.unit and not wanted.text):
        khz = _converted(wanted, written)
        if not _in_band(wanted, khz):
            raise Unusable(say("{mhz} MHz is outside the bands of this device", mhz=f"{khz / 1000:g}"))
        return round(khz, 3), ""
    declared = written.number * wanted.scale * KHZ[wanted.unit]
    fits = {round(declared, 3): ""} if _in_band(wanted, declared) else {}
    for unit, factor in (*KHZ.items(), *((f"{step:g} kHz", step) for step in wanted.steps_khz)):
        khz = round(written.number * factor, 3)
        if _in_band(wanted, khz):
            note = say(
                "declared in {declared}, read as {unit}: only so it is in a band of this device",
                declared=wanted.unit,
                unit=unit,
            )
            fits.setdefault(khz, note)
    if len(fits) != 1:
        number = f"{written.number:g}"
        if fits:
            raise Unusable(say("{number} fits the bands of this device in more than one unit", number=number))
        raise Unusable(say("{number} is outside the bands of this device", number=number))
    return next(iter(fits.items()))


def _in_band(wanted: RadioObject, khz: float) -> bool:
    return any(low <= khz / 1000 <= high for low, high in wanted.bands_mhz)
