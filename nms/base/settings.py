"""Settings: one frozen tree. No default opens anything. `settings_load` reads it, `settings_rules` judges it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from nms.base.secrets import Secret

FILE_NAME = "nms.toml"
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """`url` is `postgresql+psycopg://...`; None is SQLite in the home folder. It may hold a password: never shown.

    `answer_s` is how long PostgreSQL may keep silent to one question before its connection is given up.
    """

    url: str | None = field(default=None, repr=False)
    answer_s: float = 15.0


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
