"""Object identifiers of the standard MIBs, dotted, without a leading dot; columns carry no index."""

from __future__ import annotations

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
SYS_NAME = "1.3.6.1.2.1.1.5.0"
SYSTEM = "1.3.6.1.2.1.1"
SNMP_ENGINE_ID = "1.3.6.1.6.3.10.2.1.1.0"
SYSTEM_GROUP = (SYS_DESCR, SYS_OBJECT_ID, SYS_UPTIME, SYS_NAME)

# IF-MIB (RFC 2863): ifTable, then ifXTable.
IF_INDEX = "1.3.6.1.2.1.2.2.1.1"
IF_DESCR = "1.3.6.1.2.1.2.2.1.2"
IF_SPEED = "1.3.6.1.2.1.2.2.1.5"
IF_ADMIN_STATUS = "1.3.6.1.2.1.2.2.1.7"
IF_OPER_STATUS = "1.3.6.1.2.1.2.2.1.8"
IF_IN_OCTETS = "1.3.6.1.2.1.2.2.1.10"
IF_IN_ERRORS = "1.3.6.1.2.1.2.2.1.14"
IF_OUT_OCTETS = "1.3.6.1.2.1.2.2.1.16"
IF_OUT_ERRORS = "1.3.6.1.2.1.2.2.1.20"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
IF_HC_IN_OCTETS = "1.3.6.1.2.1.31.1.1.1.6"
IF_HC_OUT_OCTETS = "1.3.6.1.2.1.31.1.1.1.10"
IF_HIGH_SPEED = "1.3.6.1.2.1.31.1.1.1.15"
IF_ALIAS = "1.3.6.1.2.1.31.1.1.1.18"
IF_DISCONTINUITY = "1.3.6.1.2.1.31.1.1.1.19"

ADMIN_STATUS = {1: "up", 2: "down", 3: "testing"}
OPER_STATUS = {1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "not_present", 7: "lower_layer_down"}
SPEED_UNKNOWN = 2**32 - 1
"""ifSpeed of a port too fast for it (RFC 2863 3.1.2): ask ifHighSpeed."""

# LLDP-MIB (IEEE 802.1AB), outside 1.3.6.1.
LLDP_REMOTE = "1.0.8802.1.1.2.1.4.1.1"
LLDP_LOCAL_CHASSIS_SUBTYPE = "1.0.8802.1.1.2.1.3.1.0"
LLDP_LOCAL_CHASSIS = "1.0.8802.1.1.2.1.3.2.0"
LLDP_LOCAL_PORT = "1.0.8802.1.1.2.1.3.7.1.3"


def below(oid: str, root: str) -> bool:
    """Whether `oid` is `root` or stands in its subtree."""
    return oid == root or oid.startswith(root + ".")


def index_of(oid: str, column: str) -> str:
    """What follows a column in an instance."""
    return oid[len(column) + 1 :]
