"""What /metrics says of notifications; no label names a device or an address."""

from __future__ import annotations

from collections.abc import Iterator

from nms.ops.notifications.hearing import Hearing
from web.families import COUNTER, GAUGE

FAMILIES = (
    ("nms_notifications_listening", GAUGE, "Whether the process that hears notifications of devices runs."),
    ("nms_notifications_total", COUNTER, "Notifications taken for events since the start."),
    ("nms_notifications_refused_total", COUNTER, "Datagrams that were not taken for events, by reason."),
    ("nms_notifications_lost_total", COUNTER, "Datagrams that the kernel threw away: they came too fast."),
    ("nms_notifications_unwritten_total", COUNTER, "Notifications that were not noted: the database was down."),
    ("nms_notifications_restarts_total", COUNTER, "Times that the process that hears notifications was replaced."),
)


def render(hearing: Hearing | None, openmetrics: bool) -> str:
    """Text of every family; nothing where nobody is to listen."""
    return "" if hearing is None else "".join(_lines(hearing, openmetrics))


def _lines(hearing: Hearing, openmetrics: bool) -> Iterator[str]:
    heard = hearing.heard
    one: dict[str, int] = {
        "nms_notifications_listening": int(heard.is_up),
        "nms_notifications_total": heard.admitted,
        "nms_notifications_lost_total": heard.lost,
        "nms_notifications_unwritten_total": hearing.office.unwritten,
        "nms_notifications_restarts_total": heard.restarts,
    }
    for name, kind, words in FAMILIES:
        head = name.removesuffix("_total") if openmetrics else name
        yield f"# HELP {head} {words}\n# TYPE {head} {kind}\n"
        if name in one:
            yield f"{name} {one[name]}\n"
            continue
        yield from (f'{name}{{reason="{why.value}"}} {number}\n' for why, number in heard.refused.items())
