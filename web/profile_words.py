"""What each key of a profile means, for the reader beside the editor; the schema itself is `collectors.profile`."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString as Lazy


@dataclass(frozen=True, slots=True)
class Entry:
    """One key: an example as it is written, and what it means."""

    key: str
    example: str | Lazy
    meaning: Lazy


ENTRIES: tuple[tuple[Lazy, tuple[Entry, ...]], ...] = (
    (
        _("The family"),
        (
            Entry("family", "some_box", _("its name: small letters, digits and _; the file is called after it")),
            Entry("vendor", "Some Maker", _("who makes it")),
            Entry(
                "role",
                "backhaul",
                _("what such a box usually is: one of the roles below"),
            ),
            Entry(
                "model.oids", "[1.3.6.1.4.1.9.2.0]", _("where the model is told: the first of these that holds text")
            ),
            Entry("model.descr", r"^Box (\S{1,40})", _("else the first group of this pattern in sysDescr")),
            Entry(
                "replaces_bundled", "true", _("only when it has the name of a bundled family and is to stand in for it")
            ),
        ),
    ),
    (
        _("How it is recognised (rules)"),
        (
            Entry(
                "score",
                "90",
                _("1 to 100; all conditions of a rule must hold, and the highest score of all families wins"),
            ),
            Entry(
                "object_id",
                "[1.3.6.1.4.1.9]",
                _("sysObjectID is one of these or below; alone it is no identity when makers share it (net-snmp)"),
            ),
            Entry("descr", "^Some OS", _("sysDescr contains a match of this pattern; case does not matter")),
            Entry("probe.oid", "1.3.6.1.4.1.9.1", _("the device has an object at or below this OID")),
            Entry("probe.value", "Radio", _("and its text contains a match of this pattern")),
        ),
    ),
    (
        _("What is read (radio)"),
        (
            Entry("metric", "rssi", _("what is measured: it fixes the unit of the result (table below)")),
            Entry(
                "oid",
                "1.3.6.1.4.1.9.3.1",
                _("without a leading dot; of a scalar with its .0, of a column without the index"),
            ),
            Entry("kind", "column", _("a scalar is asked as it stands; a column is walked, one value per row")),
            Entry("unit", "MHz", _("the unit in which the device sends it")),
            Entry("scale", "0.1", _("factor before the unit: 0.1 for tenths of a dBm, -1 when the sign is left out")),
            Entry("label", "tx", _("a word before the index when a metric comes twice")),
            Entry("index", "[int, mac]", _("how the index reads: int, mac, string (length, then characters), rest")),
            Entry("where", "^1/", _("only rows whose index, read so, matches this pattern")),
            Entry(
                "range", "[-110, -30]", _("plausible values in the unit of the metric; it narrows the general range")
            ),
            Entry(
                "bands_mhz",
                "[[3400, 3600]]",
                _("for a frequency, needed: where this device can work; it decides the unit when devices differ"),
            ),
            Entry("steps_khz", "[10, 100]", _("for a frequency: further steps in which it is known to come")),
            Entry("absent", "[0]", _("numbers that mean “no value” here")),
            Entry("text", "true", _("the device sends text without a unit")),
            Entry(
                "role",
                "operating",
                _("measured (as a rule); operating: a setting that is on the air; configured: a set-point, never used"),
            ),
            Entry("tier", "slow", _("fast: with every poll; slow: with every tenth")),
            Entry("transient", "true", _("its rows belong to clients that come and go")),
            Entry(
                "unusable",
                _("a sentence"),
                _("the value is shown, never used, for this reason: write it rather than guess"),
            ),
        ),
    ),
)

UNUSABLE = (
    _("a channel number; it does not tell the band"),
    _("the unit of this object is not established"),
    _("code of the older WMAN-IF-MIB: its decoding is not established"),
    _("code 0..41 of the older WMAN-IF-MIB: its decoding is not established"),
    _("code 0..83 of the older WMAN-IF-MIB: its decoding is not established"),
    _("code 0..41 of the older WMAN-IF-MIB (layout A): its decoding is not established"),
    _("code 0..83 of the older WMAN-IF-MIB (layout A): its decoding is not established"),
    _("code of the older WMAN-IF-MIB (layout B): its decoding is not established"),
)
"""Why the bundled profiles never use a value, for the translations: the profiles themselves are data."""
