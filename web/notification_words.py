"""Words for notifications: what one of them says, and why a datagram was not taken for one."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from collectors.notification_door import Refusal
from nms.ops.notifications.reading import Notified
from nms.ops.notifications.receiver import Ended

WHAT = {
    "coldStart": _("The device started anew."),
    "warmStart": _("The device started anew, its configuration unchanged."),
    "linkDown": _("A port went down."),
    "linkUp": _("A port came up."),
    "authenticationFailure": _("The device refused somebody who asked it with a wrong community or key."),
    "egpNeighborLoss": _("A routing neighbour is lost."),
    "bgpEstablishedNotification": _("A BGP session is established."),
    "bgpBackwardTransNotification": _("A BGP session fell back."),
    "entConfigChange": _("A part of the device was added, taken out or changed."),
    "lldpRemTablesChange": _("A neighbour came or went (LLDP)."),
    "wmanIf2BsSsRegisterTrap": _("A subscriber station registered or left."),
    "nsNotifyStart": _("The SNMP agent started."),
    "nsNotifyShutdown": _("The SNMP agent is shutting down."),
    "nsNotifyRestart": _("The SNMP agent read its configuration again."),
    "ciscoConfigManEvent": _("The configuration was changed."),
    "ccmCLIRunningConfigChanged": _("The configuration was changed."),
    "jnxCmCfgChange": _("The configuration was changed."),
}
REFUSALS: dict[StrEnum, LazyString] = {
    Refusal.UNKNOWN_SOURCE: _("from an address of no device in service"),
    Refusal.PACE: _("too many at once from one address"),
    Refusal.CROWD: _("too many different ones within a second"),
    Refusal.TOO_LARGE: _("too large"),
    Refusal.MALFORMED: _("not a notification"),
    Refusal.CREDENTIAL: _("wrong community, user or signature"),
    Refusal.TIME: _("out of the time window (an old message, replayed?)"),
    Refusal.AMBIGUOUS: _("from an address of several devices"),
}
ENDED: dict[StrEnum, LazyString] = {
    Ended.KILLED: _("the process was killed"),
    Ended.FAILED: _("the process failed"),
    Ended.SILENT: _("the process fell silent and was replaced"),
}


_REGISTER_STATUS = "1.0.8802.16.2.1.1.2.1.1.8"
_SUBSCRIBER = {"1": _("A subscriber station registered."), "2": _("A subscriber station left.")}


def what(row: Notified) -> str:
    """What a notification says; its number where it is not known by name."""
    words = _SUBSCRIBER.get(_status(row)) or WHAT.get(row.meaning.name)
    return str(words) if words is not None else row.meaning.name or gettext("Notification %(oid)s", oid=row.oid)


def _status(row: Notified) -> str:
    """The status that tells which of two things a subscriber station did; empty for any other notification."""
    found = (text for oid, text in row.values if oid == _REGISTER_STATUS or oid.startswith(_REGISTER_STATUS + "."))
    return next(found, "")
