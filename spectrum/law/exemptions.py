"""Bands where an emission needs no authorisation of its own, by legal day: texts as data, each with its source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files

from spectrum.bands import Answer, Bands


@dataclass(frozen=True, slots=True)
class Exemption:
    """A text that leaves some bands free from its first day on; its technical conditions are not checked here."""

    bands: Bands
    since: date
    article: str
    source: str
    confidence: str


def _read() -> tuple[Exemption, ...]:
    told = tomllib.loads(files("spectrum.law").joinpath("exemptions.toml").read_text("utf-8"))
    return tuple(
        Exemption(
            bands=Bands.of(*((_khz(low), _khz(high)) for low, high in one["bands_mhz"])),
            since=date.fromisoformat(one["since"]),
            article=one["article"],
            source=one["source"],
            confidence=one["confidence"],
        )
        for one in told["exemption"]
    )


def _khz(mhz: str) -> int:
    return int(Decimal(mhz) * 1000)


EXEMPTIONS = _read()


def exempt(emitted: Bands, day: date) -> Exemption | None:
    """The newest text that is held on a day and leaves the whole of an emission free; None when there is none."""
    found = [one for one in EXEMPTIONS if one.since <= day and one.bands.contains(emitted) is Answer.YES]
    return max(found, key=lambda one: one.since, default=None)
