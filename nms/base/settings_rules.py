"""What settings may not be although they are well formed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from nms.base.settings import SECTIONS, HistorySettings, MailSettings, Settings

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


def judge(settings: Settings) -> Iterator[str]:
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
