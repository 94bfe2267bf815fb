"""Device families as data: the strict schema of the YAML files in `profiles/`, and their loader (docs/profiles.md)."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from collectors.base import UNITS, Metric
from collectors.described import Name, Strict, read
from collectors.described import Pattern as AnyPattern
from nms.base.errors import SettingsError
from nms.base.text import say

GENERIC = "generic"
DESCR_LIMIT = 1_000
"""Characters of sysDescr that a profile sees."""

MOST_RADIO = 200
"""Radio objects of one profile: what one device can be asked between two polls."""

_OID = re.compile(r"[012](\.(0|[1-9][0-9]{0,9})){1,127}")
_MOST_OPEN, _MOST_REPEATS, _SMALL, _LARGE = 2, 3, 8, 100
_DECLARED = {
    "kHz": ("Hz", "kHz", "MHz", "GHz"),
    "dBm": ("dBm",),
    "dB": ("dB",),
    "bps": ("bps", "kbps", "Mbps", "Gbps"),
    "m": ("m", "km", "mile", "ft"),
    "%": ("%",),
    "": ("",),
}


def _oid(value: str) -> str:
    if not _OID.fullmatch(value):
        raise ValueError(say("not a dotted OID without a leading dot, such as 1.3.6.1.4.1.9.1"))
    return value


def _quick(pattern: str) -> str:
    if _is_slow(pattern):
        raise ValueError(say("this pattern can take very long: begin it with ^, repeat no group, use fewer of * and +"))
    return pattern


def _is_slow(pattern: str) -> bool:
    """Whether a hostile text of 1,000 characters could hold the poller up: its repeats multiply one another."""
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "x", re.sub(r"\\.", "x", pattern))
    if re.search(r"\)[*+{]", bare):
        return True
    most = [float("inf") if not found[1] else int(found[1]) for found in re.finditer(r"[*+]|\{\d*,?(\d*)\}", bare)]
    floating = not bare.startswith("^")
    endless, long = sum(m > _LARGE for m in most), sum(m > _SMALL for m in most)
    return endless + floating > _MOST_OPEN or long + floating > _MOST_REPEATS


Oid = Annotated[str, AfterValidator(_oid)]
Pattern = Annotated[AnyPattern, AfterValidator(_quick)]
MetricName = Annotated[Metric, BeforeValidator(lambda value: Metric(value) if value in set(Metric) else value)]


class ProbeOid(Strict):
    """The agent has an object at or below `oid`, whose text matches `value` when that is given."""

    oid: Oid
    value: Pattern | None = None


class Rule(Strict):
    """All conditions given must hold; then the family gets `score`. The highest score of all families wins."""

    score: Annotated[int, Field(ge=1, le=100)]
    object_id: tuple[Oid, ...] = ()
    descr: Pattern | None = None
    probe: ProbeOid | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Rule:
        if not self.object_id and self.descr is None and self.probe is None:
            raise ValueError(say("a rule needs object_id, descr or probe"))
        return self


class Model(Strict):
    """Where the model is told: the first non-empty text of `oids`, else group 1 of `descr`."""

    oids: tuple[Oid, ...] = ()
    descr: Pattern | None = None


class RadioObject(Strict):
    """One radio quantity: where it stands, in which unit it comes, what can be believed."""

    metric: MetricName
    oid: Oid
    kind: Literal["scalar", "column"]
    unit: str
    scale: float = 1.0
    label: Annotated[str, Field(pattern=r"^[a-z0-9_]{0,24}$")] = ""
    index: tuple[Literal["int", "mac", "string", "rest"], ...] = ("rest",)
    range: tuple[float, float] | None = None
    bands_mhz: tuple[tuple[float, float], ...] = ()
    steps_khz: tuple[Annotated[float, Field(gt=0)], ...] = ()
    where: Pattern | None = None
    absent: tuple[float, ...] = ()
    text: bool = False
    role: Literal["measured", "operating", "configured"] = "measured"
    tier: Literal["fast", "slow"] = "fast"
    transient: bool = False
    unusable: str = ""

    @property
    def comes_and_goes(self) -> bool:
        """Whether its rows belong to clients, so that one that vanishes is no reason to discover the device anew."""
        return self.transient or "mac" in self.index

    @model_validator(mode="after")
    def _is_consistent(self) -> RadioObject:
        allowed = _DECLARED[UNITS[self.metric]]
        if self.unit not in allowed:
            raise ValueError(
                say(
                    "the unit of {metric} is one of {units}",
                    metric=self.metric.value,
                    units=", ".join(map(repr, allowed)),
                )
            )
        if not self.scale:
            raise ValueError(say("a scale of 0 leaves nothing"))
        if self.metric is Metric.FREQUENCY and not self.bands_mhz:
            raise ValueError(say("a frequency needs bands_mhz"))
        if self.metric is not Metric.FREQUENCY and (self.bands_mhz or self.steps_khz):
            raise ValueError(say("bands_mhz and steps_khz are for frequencies"))
        for low, high in (*self.bands_mhz, *([self.range] if self.range else [])):
            if low >= high:
                raise ValueError(say("[{low}, {high}] is not a range", low=f"{low:g}", high=f"{high:g}"))
        if self.kind == "scalar" and (self.index != ("rest",) or self.where):
            raise ValueError(say("a scalar has no index"))
        return self


class Profile(Strict):
    """One family. `role` is what such a box usually is in a network: discovery proposes it, a person decides.

    `replaces_bundled` is for a profile of one's own that stands in for the bundled one of the same family.
    """

    family: Name
    vendor: str
    role: Literal["base_station", "terminal", "backhaul", "router", "switch", "access_point", "server", "other"] = (
        "other"
    )
    rules: tuple[Rule, ...] = ()
    model: Model = Model()
    radio: Annotated[tuple[RadioObject, ...], Field(max_length=MOST_RADIO)] = ()
    replaces_bundled: bool = False


def parse(text: str, file: str) -> Profile:
    """A profile from YAML.

    Raises:
        Refused: every complaint, each with file, line and key.
    """
    return read(text, file, Profile)


def load(texts: dict[str, str]) -> tuple[Profile, ...]:
    """Profiles from file name -> YAML, in the order of their names.

    Raises:
        SettingsError: every complaint of every file.
    """
    profiles: list[Profile] = []
    complaints: list[str] = []
    for file, text in sorted(texts.items()):
        try:
            profiles.append(parse(text, file))
        except SettingsError as error:
            complaints += error.complaints
    families = [profile.family for profile in profiles]
    twice = sorted({family for family in families if families.count(family) > 1})
    complaints += [f"{family}: family described twice" for family in twice]
    if not complaints and GENERIC not in families:
        complaints.append(f"no profile of family {GENERIC}")
    if complaints:
        raise SettingsError(complaints)
    return tuple(profiles)


@lru_cache(maxsize=1)
def bundled() -> tuple[Profile, ...]:
    """The profiles that come with the program."""
    return load(bundled_texts())


@lru_cache(maxsize=1)
def bundled_texts() -> dict[str, str]:
    """Their texts by file name, which is that of the family with `.yaml`."""
    folder = files("collectors") / "profiles"
    return {f.name: f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".yaml")}
