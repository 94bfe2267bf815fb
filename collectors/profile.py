"""Device families as data: the strict schema of the YAML files in `profiles/`, and their loader (docs/profiles.md)."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from collectors.base import UNITS, Metric
from nms.base.errors import SettingsError

GENERIC = "generic"
DESCR_LIMIT = 1_000
"""Characters of sysDescr that a profile sees."""

TEXT_LIMIT = 200_000
"""Characters of one profile's YAML."""

_OID = re.compile(r"[012](\.(0|[1-9][0-9]{0,9})){1,127}")
_LOOSE = re.compile(r"\([^)]*[*+][^)]*\)[*+{]")
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
        raise ValueError("not a dotted OID without a leading dot")
    return value


def _pattern(value: str) -> str:
    if len(value) > 200 or _LOOSE.search(value):
        raise ValueError("a pattern is at most 200 characters long and repeats no group that itself repeats")
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return value


Oid = Annotated[str, AfterValidator(_oid)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ProbeOid(_Strict):
    """The agent has an object at or below `oid`, whose text matches `value` when that is given."""

    oid: Oid
    value: Pattern | None = None


class Rule(_Strict):
    """All conditions given must hold; then the family gets `score`. The highest score of all families wins."""

    score: Annotated[int, Field(ge=1, le=100)]
    object_id: tuple[Oid, ...] = ()
    descr: Pattern | None = None
    probe: ProbeOid | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Rule:
        if not self.object_id and self.descr is None and self.probe is None:
            raise ValueError("a rule needs object_id, descr or probe")
        return self


class Model(_Strict):
    """Where the model is told: the first non-empty text of `oids`, else group 1 of `descr`."""

    oids: tuple[Oid, ...] = ()
    descr: Pattern | None = None


class RadioObject(_Strict):
    """One radio quantity: where it stands, in which unit it comes, what can be believed."""

    metric: Metric
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
            raise ValueError(f"unit of {self.metric.value} is one of {', '.join(map(repr, allowed))}")
        if not self.scale:
            raise ValueError("a scale of 0 leaves nothing")
        if self.metric is Metric.FREQUENCY and not self.bands_mhz:
            raise ValueError("a frequency needs bands_mhz")
        if self.metric is not Metric.FREQUENCY and (self.bands_mhz or self.steps_khz):
            raise ValueError("bands_mhz and steps_khz are for frequencies")
        for low, high in (*self.bands_mhz, *([self.range] if self.range else [])):
            if low >= high:
                raise ValueError(f"[{low:g}, {high:g}] is not a range")
        if self.kind == "scalar" and (self.index != ("rest",) or self.where):
            raise ValueError("a scalar has no index")
        return self


class Profile(_Strict):
    """One family. `role` is what such a box usually is in a network: discovery proposes it, a person decides."""

    family: Name
    vendor: str
    role: Literal["base_station", "terminal", "backhaul", "router", "switch", "access_point", "server", "other"] = (
        "other"
    )
    rules: tuple[Rule, ...] = ()
    model: Model = Model()
    radio: tuple[RadioObject, ...] = ()


class _NoTwice(yaml.SafeLoader):
    """Plain data only, no key twice, and no alias: a few lines of aliases unfold to gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs leave it untyped
            raise yaml.composer.ComposerError(None, None, "aliases are not taken", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        keys = [key.value for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"key twice: {', '.join(twice)}", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def parse(text: str, file: str) -> Profile:
    """A profile from YAML.

    Raises:
        SettingsError: every complaint, each with file, line and key.
    """
    if len(text) > TEXT_LIMIT:
        raise SettingsError([f"{file}: longer than {TEXT_LIMIT} characters"])
    loader = _NoTwice(text)
    try:
        root = loader.get_single_node()
        data = loader.construct_document(root) if root is not None else None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else file
        raise SettingsError([f"{where}: not YAML as expected: {getattr(error, 'problem', None) or error}"]) from error
    finally:
        loader.dispose()
    try:
        return Profile.model_validate(_tuples(data))
    except ValidationError as error:
        raise SettingsError([_complaint(file, root, item["loc"], item["msg"]) for item in error.errors()]) from error


def _complaint(file: str, root: yaml.Node | None, place: Sequence[int | str], message: str) -> str:
    key = ".".join(str(part) for part in place) or "(top)"
    return f"{file}:{_line(root, place)}: {key}: {message}"


def _line(root: yaml.Node | None, place: Sequence[int | str]) -> int:
    """The line of the deepest part of `place` that the text has: of a missing key, that of what misses it."""
    node, line = root, 1 if root is None else root.start_mark.line + 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = [(key, held) for key, held in node.value if key.value == part]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            found = [(held, held) for held in node.value[part : part + 1]]
        else:
            break
        if not found:
            break
        mark, node = found[0]
        line = mark.start_mark.line + 1
    return line


def _tuples(value: object) -> object:
    """YAML lists as tuples, metric names as metrics: what the strict schema takes."""
    if isinstance(value, dict):
        return {key: _metric(_tuples(held)) if key == "metric" else _tuples(held) for key, held in value.items()}
    if isinstance(value, list):
        return tuple(_tuples(held) for held in value)
    return value


def _metric(value: object) -> object:
    return Metric(value) if isinstance(value, str) and value in set(Metric) else value


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
    folder = files("collectors") / "profiles"
    return load({f.name: f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".yaml")})
