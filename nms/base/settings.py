"""Settings: one frozen tree from `NMS_HOME/nms.toml` and the environment, or the whole list of complaints.

An environment variable `NMS_<SECTION>_<KEY>` overrides the file (`NMS_POLLING_INTERVAL_S=30`); a top-level key is
`NMS_<KEY>`; `PORT` overrides `web.port`. Lists are separated by commas in the environment. No default opens anything.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nms.base.errors import SettingsError
from nms.base.secrets import Secret

FILE_NAME = "nms.toml"
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """`url` is `postgresql+psycopg://...`; None is SQLite in the home folder. It may hold a password: never shown."""

    url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where the web server listens; `secure_cookies` belongs behind TLS."""

    host: str = "127.0.0.1"
    port: int = 8080
    secure_cookies: bool = False
    threads: int = 8


@dataclass(frozen=True, slots=True)
class PollingSettings:
    """Pace and patience: seconds, `window` devices in flight, the slow tier every `slow_every` polls."""

    interval_s: int = 60
    window: int = 200
    timeout_s: float = 1.5
    retries: int = 1
    device_deadline_s: float = 8.0
    sweep_deadline_s: float = 55.0
    slow_every: int = 10


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """`management`: the only networks in which an address of the inventory, the web or the API is contacted."""

    management: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """`open_to_loopback`: /metrics needs no token from this machine itself."""

    open_to_loopback: bool = False


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """How long the history is kept: raw samples in hours; sums, changes of state and sealed days in days.

    `seal` moves raw samples that are older into a file per day, kept for `sealed_days`, where the extra `parquet` is
    installed; without it they are deleted.
    """

    raw_hours: int = 48
    hourly_days: int = 400
    daily_days: int = 3650
    events_days: int = 3650
    seal: bool = True
    sealed_days: int = 400


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """Thresholds of link health; each has its own level to clear, so that nothing flaps (docs/health.md)."""

    loss_degraded_ratio: float = 0.01
    loss_clear_ratio: float = 0.005
    latency_degraded_s: float = 0.15
    latency_clear_s: float = 0.12
    utilisation_degraded_ratio: float = 0.9
    utilisation_clear_ratio: float = 0.8
    errors_degraded_per_s: float = 1.0
    errors_clear_per_s: float = 0.5
    cinr_degraded_db: float = 10.0
    cinr_clear_db: float = 12.0
    rssi_degraded_dbm: float = -88.0
    rssi_clear_dbm: float = -86.0
    confirm_polls: int = 2


@dataclass(frozen=True, slots=True)
class ConfigurationSettings:
    """Backup of configurations: each night at `hour` (UTC) when `nightly`, `workers` devices at a time.

    `alarm_after` failures in a row make an alarm; `connect_s`, `login_s` and `answer_s` bound each step of a session.
    """

    nightly: bool = True
    hour: int = 2
    workers: int = 12
    alarm_after: int = 3
    connect_s: float = 10.0
    login_s: float = 15.0
    answer_s: float = 60.0


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """Where traps and INFORMs of devices are heard (UDP): no `host`, nobody listens; `::` hears IPv6 and IPv4.

    The port of the standard, 162, is for the machine's administrator to give; 1162 is what is usual without.
    """

    host: str = ""
    port: int = 1162


@dataclass(frozen=True, slots=True)
class LetterheadSettings:
    """Whose paper documents are printed on: `name`, and `address` with a line break or ` | ` between its lines."""

    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class TerritorySettings:
    """Where the outlines of communes come from (docs/territory.md): an address of open data and whose data they are.

    `start` tries it once at the start of a program without outlines, in the background, for `start_s` in all; the
    command takes `whole_s`. `silence_s` is how long nothing at all may come.
    """

    source: str = "https://geo.api.gouv.fr"
    attribution: str = "IGN, INSEE, DGCL – geo.api.gouv.fr (Licence Ouverte 2.0)"
    departments: str = "16,17,79,86"
    start: bool = True
    start_s: float = 8.0
    silence_s: float = 10.0
    whole_s: float = 300.0


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The server that takes mail, and to whom reminders go, from `hour` o'clock in Paris on; no `host`: no mail.

    `user` logs in with the password of the environment (NMS_MAIL_PASSWORD), never of a file.
    """

    host: str = ""
    port: int = 587
    starttls: bool = True
    sender: str = ""
    recipients: tuple[str, ...] = ()
    user: str = ""
    password: Secret = Secret("")  # noqa: RUF009 - it cannot be changed
    hour: int = 7


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole tree. `home` holds all state; `simulated` marks the demo network on every page."""

    home: Path
    language: str = "fr"
    simulated: bool = False
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    web: WebSettings = field(default_factory=WebSettings)
    polling: PollingSettings = field(default_factory=PollingSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    health: HealthSettings = field(default_factory=HealthSettings)
    configuration: ConfigurationSettings = field(default_factory=ConfigurationSettings)
    notification: NotificationSettings = field(default_factory=NotificationSettings)
    letterhead: LetterheadSettings = field(default_factory=LetterheadSettings)
    territory: TerritorySettings = field(default_factory=TerritorySettings)
    mail: MailSettings = field(default_factory=MailSettings)


SECTIONS: dict[str, type[Any]] = {
    "database": DatabaseSettings,
    "web": WebSettings,
    "polling": PollingSettings,
    "network": NetworkSettings,
    "metrics": MetricsSettings,
    "history": HistorySettings,
    "health": HealthSettings,
    "configuration": ConfigurationSettings,
    "notification": NotificationSettings,
    "letterhead": LetterheadSettings,
    "territory": TerritorySettings,
    "mail": MailSettings,
}
_TOP: dict[str, type[Any]] = {"language": str, "simulated": bool}
_POSITIVE_SUFFIXES = ("_s", "_hours", "_days")
_AT_LEAST_ONE = {"window", "threads", "slow_every", "confirm_polls", "workers", "alarm_after"}
_BELOW = (
    ("loss_clear_ratio", "loss_degraded_ratio"),
    ("latency_clear_s", "latency_degraded_s"),
    ("utilisation_clear_ratio", "utilisation_degraded_ratio"),
    ("errors_clear_per_s", "errors_degraded_per_s"),
    ("cinr_degraded_db", "cinr_clear_db"),
    ("rssi_degraded_dbm", "rssi_clear_dbm"),
)
_OTHER_VARIABLES = {
    "NMS_URL",
    "NMS_TOKEN",
    "NMS_TOKEN_FILE",
    "NMS_HOME",
    "NMS_COMMUNITY",
    "NMS_V3_AUTH_KEY",
    "NMS_V3_PRIV_KEY",
    "NMS_SSH_PASSWORD",
    "NMS_PASSWORD",
}


def load(home: Path, environ: Mapping[str, str]) -> Settings:
    """Read the settings of a home folder.

    Raises:
        SettingsError: with every complaint: where, which key, what is wrong, what was perhaps meant.
    """
    complaints: list[str] = []
    path = home / FILE_NAME
    tree = _read_file(path, complaints)
    values = _from_file(tree, str(path), complaints)
    _from_environment(environ, values, complaints)
    settings = _assemble(home, values)
    complaints.extend(_judge(settings))
    if complaints:
        raise SettingsError(complaints)
    return settings


_Values = dict[tuple[str, str], Any]


def _read_file(path: Path, complaints: list[str]) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        text = path.read_text("utf-8")
        if "password" in text.lower() or "://" in text:
            _refuse_readable(path, complaints)
        return tomllib.loads(text)
    except OSError as error:
        complaints.append(f"{path}: cannot be read ({error.strerror}).")
    except UnicodeDecodeError:
        complaints.append(f"{path}: is not UTF-8 text.")
    except tomllib.TOMLDecodeError as error:
        complaints.append(f"{path}: {error}.")
    return {}


def _refuse_readable(path: Path, complaints: list[str]) -> None:
    if path.stat().st_mode & 0o077:
        complaints.append(f"{path}: holds a secret and others may read it; run: chmod 600 {path}")


def _from_file(tree: Mapping[str, Any], where: str, complaints: list[str]) -> _Values:
    values: _Values = {}
    for key, value in tree.items():
        if key in SECTIONS and isinstance(value, dict):
            for name, inner in value.items():
                if typing.get_type_hints(SECTIONS[key]).get(name) is Secret:
                    variable = f"NMS_{key}_{name}".upper()
                    complaints.append(f"{where}: {key}.{name} is a secret: take it out and set {variable}.")
                    continue
                _take(values, complaints, key, name, inner, f"{where}: {key}.{name}")
        elif key in _TOP:
            _take(values, complaints, "", key, value, f"{where}: {key}")
        else:
            complaints.append(f"{where}: unknown key “{key}”{_meant(key, [*SECTIONS, *_TOP])}")
    return values


def _from_environment(environ: Mapping[str, str], values: _Values, complaints: list[str]) -> None:
    for variable in sorted(environ):
        if not variable.startswith("NMS_") or variable in _OTHER_VARIABLES or variable.startswith("NMS_TEST_"):
            continue
        word = variable.removeprefix("NMS_").lower()
        section = next((s for s in SECTIONS if word.startswith(s + "_")), "")
        name = word.removeprefix(section + "_") if section else word
        _take(values, complaints, section, name, environ[variable], variable)
    if "PORT" in environ:
        _take(values, complaints, "web", "port", environ["PORT"], "PORT")


def _take(values: _Values, complaints: list[str], section: str, name: str, raw: object, where: str) -> None:
    kinds = typing.get_type_hints(SECTIONS[section]) if section else _TOP
    if name not in kinds:
        complaints.append(f"{where}: unknown key{_meant(name, list(kinds))}")
        return
    try:
        values[section, name] = _convert(raw, kinds[name])
    except ValueError as error:
        complaints.append(f"{where}: {error}")


def _meant(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean “{close[0]}”?" if close else f"; known here: {', '.join(sorted(known))}."


def _convert(raw: object, kind: Any) -> Any:
    """A value of the wanted type; the error never repeats a text that may be a secret."""
    if kind == tuple[Network, ...]:
        return tuple(_networks(raw))
    if kind == tuple[str, ...]:
        return tuple(_texts(raw))
    if kind is Secret:
        return Secret(_str(raw))
    if typing.get_origin(kind) is types.UnionType:
        kind = next(k for k in typing.get_args(kind) if k is not type(None))
    converters: dict[type[Any], Callable[[object], Any]] = {bool: _bool, int: _int, float: _float, str: _str}
    return converters[kind](raw)


def _bool(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in {"1", "true", "yes", "0", "false", "no"}:
        return raw.lower() in {"1", "true", "yes"}
    raise ValueError("must be true or false.")


def _int(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().isascii() and raw.strip().lstrip("-").isdigit():
        return int(raw)
    raise ValueError("must be a whole number, without a unit (the unit is in the name of the key).")


def _float(raw: object) -> float:
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return float(raw)
    if isinstance(raw, str):
        try:
            return float(raw)
        except ValueError:
            pass
    raise ValueError("must be a number, without a unit (the unit is in the name of the key).")


def _str(raw: object) -> str:
    if isinstance(raw, str):
        return raw
    raise ValueError("must be a text.")


def _texts(raw: object) -> Iterator[str]:
    items = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError('must be a list of texts, such as ["one", "two"].')
    yield from (item.strip() for item in items if item.strip())


def _networks(raw: object) -> Iterator[Network]:
    items = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(items, list):
        raise ValueError('must be a list of networks, such as ["192.0.2.0/24", "2001:db8::/32"].')
    for item in items:
        try:
            network = ip_network(str(item).strip())
        except ValueError:
            raise ValueError(f"“{item}” is not a network such as 192.0.2.0/24 (host bits must be zero).") from None
        if isinstance(network, IPv6Network) and network.network_address.scope_id is not None:
            raise ValueError(f"“{item}” names an interface (%): write the network alone, such as fe80::/64.")
        if isinstance(network, IPv6Network) and network.prefixlen >= 96 and network.network_address.ipv4_mapped:
            raise ValueError(f"“{item}” is an IPv4 network in IPv6 clothes: write it as IPv4, such as 192.0.2.0/24.")
        yield network


def _assemble(home: Path, values: _Values) -> Settings:
    parts = {
        section: kind(**{name: value for (s, name), value in values.items() if s == section})
        for section, kind in SECTIONS.items()
    }
    top = {name: value for (section, name), value in values.items() if not section}
    return Settings(home=home, **top, **parts)


def _judge(settings: Settings) -> Iterator[str]:
    """What is well formed and still cannot be."""
    if settings.language not in {"fr", "en"}:
        yield f"language: “{settings.language}” is not a language of the program: fr or en."
    if not 0 <= settings.web.port <= 65535:
        yield f"web.port: {settings.web.port} is not a port: 0 to 65535."
    if not 0 <= settings.notification.port <= 65535:
        yield f"notification.port: {settings.notification.port} is not a port: 0 to 65535."
    if not 0 <= settings.configuration.hour <= 23:
        yield f"configuration.hour: {settings.configuration.hour} is not an hour: 0 to 23 (UTC)."
    for section in SECTIONS:
        part = getattr(settings, section)
        for item in dataclasses.fields(part):
            value = getattr(part, item.name)
            if item.name.endswith(_POSITIVE_SUFFIXES) and not value > 0:
                yield f"{section}.{item.name}: {value} must be more than 0."
            if item.name in _AT_LEAST_ONE and value < 1:
                yield f"{section}.{item.name}: {value} must be at least 1."
            if item.name.endswith("_ratio") and not 0 <= value <= 1:
                yield f"{section}.{item.name}: {value} must lie between 0 and 1 (1 % is 0.01)."
    yield from _judge_history(settings.history)
    yield from _judge_source(settings.territory.source)
    yield from _judge_mail(settings.mail)
    for low, high in _BELOW:
        if getattr(settings.health, low) > getattr(settings.health, high):
            yield f"health.{low}: must not lie above health.{high}."


def _judge_source(source: str) -> Iterator[str]:
    """An address that can be asked, without a password in it (it is named in messages)."""
    try:
        parts = urlsplit(source)
        usable = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc and parts.port != 0
        usable = usable and not parts.query and not parts.fragment
    except ValueError:
        usable = False
    if not usable:
        yield "territory.source: must be an address such as https://geo.api.gouv.fr, without a user or a password."


def _judge_history(keep: HistorySettings) -> Iterator[str]:
    """What is coarser is kept at least as long as what it is made of."""
    if keep.raw_hours > keep.hourly_days * 24:
        yield f"history.hourly_days: {keep.hourly_days} d must not be less than history.raw_hours ({keep.raw_hours} h)."
    if keep.hourly_days > keep.daily_days:
        yield f"history.daily_days: {keep.daily_days} must not be less than history.hourly_days ({keep.hourly_days})."
    if keep.seal and keep.raw_hours > keep.sealed_days * 24:
        yield f"history.sealed_days: {keep.sealed_days} d must not be less than history.raw_hours ({keep.raw_hours} h)."


_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+")
_LOCAL = {"127.0.0.1", "::1", "localhost"}


def _judge_mail(mail: MailSettings) -> Iterator[str]:
    """A server is named with everything that sending needs, and no password goes out in clear."""
    for address in (mail.sender, *mail.recipients):
        if address and not _ADDRESS.fullmatch(address):
            yield f"mail: “{address}” is not an address such as name@example.org."
    if not 0 <= mail.hour <= 23:
        yield f"mail.hour: {mail.hour} is not an hour of the day: 0 to 23."
    if not 1 <= mail.port <= 65535:
        yield f"mail.port: {mail.port} is not a port: 1 to 65535."
    if not mail.host:
        return
    for name in ("sender", "recipients"):
        if not getattr(mail, name):
            yield f"mail.{name}: is needed where mail.host is set."
    if mail.user and not mail.password:
        yield "mail.user: needs its password in NMS_MAIL_PASSWORD."
    if mail.user and not mail.starttls and mail.host not in _LOCAL:
        yield "mail.starttls: must be true where mail.user logs in, else the password goes out in clear."
