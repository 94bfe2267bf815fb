"""What /metrics says of notifications; no label names a device or an address."""

from __future__ import annotations

from nms.ops.notifications.hearing import Hearing
from web.family import COUNTER, GAUGE, FamilyOf, told

NOTIFICATIONS: tuple[FamilyOf[Hearing], ...] = (
    FamilyOf(
        "nms_notifications_listening",
        GAUGE,
        "Whether the process that hears notifications of devices runs; absent where nobody is to listen.",
        (),
        lambda now: [("", int(now.heard.is_up))],
    ),
    FamilyOf(
        "nms_notifications_total",
        COUNTER,
        "Notifications taken for events since the start.",
        (),
        lambda now: [("", now.heard.admitted)],
    ),
    FamilyOf(
        "nms_notifications_refused_total",
        COUNTER,
        "Datagrams that were not taken for events, by reason.",
        ("reason",),
        lambda now: [(f'{{reason="{why.value}"}}', number) for why, number in now.heard.refused.items()],
    ),
    FamilyOf(
        "nms_notifications_lost_total",
        COUNTER,
        "Datagrams that the kernel threw away: they came faster than they were read.",
        (),
        lambda now: [("", now.heard.lost)],
    ),
    FamilyOf(
        "nms_notifications_unwritten_total",
        COUNTER,
        "Notifications that were not noted: the database was down for long.",
        (),
        lambda now: [("", now.office.unwritten)],
    ),
    FamilyOf(
        "nms_notifications_restarts_total",
        COUNTER,
        "Times that the process that hears notifications was replaced.",
        (),
        lambda now: [("", now.heard.restarts)],
    ),
)


def render(hearing: Hearing | None, openmetrics: bool) -> str:
    """Text of every family; nothing where nobody is to listen."""
    return "" if hearing is None else told(NOTIFICATIONS, hearing, openmetrics)
