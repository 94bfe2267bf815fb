"""Who may do what: one enum, one table. A reviewer sees the whole matrix on one screen.

Deny by default: a web route without a permission fails at start-up (`web.guard`). `own` means: only for the communes
of the user's scope.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from nms.base.errors import PermissionRefused
from nms.base.text import say


class Permission(StrEnum):
    """`subject:action`, in alphabetical order."""

    ACT_DECIDE = "act:decide"
    ACT_DRAFT = "act:draft"
    ALARM_ACKNOWLEDGE = "alarm:acknowledge"
    CALENDAR_READ = "calendar:read"
    CONFIG_APPLY = "config:apply"
    CONFIG_APPROVE = "config:approve"
    CONFIG_PLAN = "config:plan"
    CONFIG_READ = "config:read"
    CREDENTIAL_WRITE = "credential:write"
    DEVICE_POLL = "device:poll"
    DEVICE_READ = "device:read"
    DEVICE_WRITE = "device:write"
    FINANCE_READ = "finance:read"
    HEALTH_READ = "health:read"
    HOSTKEY_PIN = "hostkey:pin"
    INVENTORY_IMPORT = "inventory:import"
    LEDGER_EXPORT = "ledger:export"
    LEDGER_READ = "ledger:read"
    LEDGER_VERIFY = "ledger:verify"
    MAINTENANCE_WRITE = "maintenance:write"
    METRICS_READ = "metrics:read"
    PLAN_READ = "plan:read"
    PLAN_WRITE = "plan:write"
    REPORT_READ = "report:read"
    RIGHT_READ = "right:read"
    SETTINGS_READ = "settings:read"
    USER_WRITE = "user:write"
    WALL_READ = "wall:read"


class Role(StrEnum):
    """What a user is."""

    VIEWER = "viewer"
    NOC = "noc"
    ENGINEER = "engineer"
    LEGAL = "legal"
    OFFICIAL = "official"
    COMMUNE = "commune"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


P = Permission
_SEE = (P.HEALTH_READ, P.DEVICE_READ, P.REPORT_READ, P.WALL_READ)
_OPERATE = (P.ALARM_ACKNOWLEDGE, P.DEVICE_POLL, P.MAINTENANCE_WRITE)

ROLES: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset((*_SEE, P.PLAN_READ)),
    Role.NOC: frozenset((*_SEE, *_OPERATE, P.CONFIG_READ)),
    Role.ENGINEER: frozenset(
        (
            *_SEE,
            *_OPERATE,
            P.DEVICE_WRITE,
            P.INVENTORY_IMPORT,
            P.CREDENTIAL_WRITE,
            P.HOSTKEY_PIN,
            P.CONFIG_READ,
            P.CONFIG_PLAN,
            P.CONFIG_APPROVE,
            P.CONFIG_APPLY,
            P.RIGHT_READ,
            P.CALENDAR_READ,
            P.LEDGER_READ,
        )
    ),
    Role.LEGAL: frozenset(
        (
            *_SEE,
            P.CONFIG_APPROVE,
            P.RIGHT_READ,
            P.CALENDAR_READ,
            P.LEDGER_READ,
            P.ACT_DRAFT,
            P.ACT_DECIDE,
            P.FINANCE_READ,
            P.PLAN_READ,
            P.LEDGER_EXPORT,
            P.LEDGER_VERIFY,
        )
    ),
    Role.OFFICIAL: frozenset((*_SEE, P.RIGHT_READ, P.CALENDAR_READ, P.LEDGER_READ, P.PLAN_READ, P.PLAN_WRITE)),
    Role.COMMUNE: frozenset((*_SEE, P.RIGHT_READ, P.CALENDAR_READ, P.LEDGER_READ, P.PLAN_READ)),
    Role.AUDITOR: frozenset(
        (
            *_SEE,
            P.CONFIG_READ,
            P.RIGHT_READ,
            P.CALENDAR_READ,
            P.LEDGER_READ,
            P.PLAN_READ,
            P.LEDGER_EXPORT,
            P.LEDGER_VERIFY,
            P.SETTINGS_READ,
        )
    ),
    Role.ADMINISTRATOR: frozenset(
        (
            *_SEE,
            *_OPERATE,
            P.CONFIG_READ,
            P.CONFIG_PLAN,
            P.HOSTKEY_PIN,
            P.RIGHT_READ,
            P.CALENDAR_READ,
            P.LEDGER_READ,
            P.LEDGER_VERIFY,
            P.USER_WRITE,
            P.SETTINGS_READ,
            P.METRICS_READ,
        )
    ),
}
"""What each role may do. The administrator decides no act and approves no plan; the auditor writes nothing."""

SCOPED_ROLES = frozenset({Role.COMMUNE})
"""Roles that see only the communes of their scope."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user of the web, a token, the command line or the program itself.

    `scope` is None for the whole territory, else the set of INSEE codes that the actor may see.
    """

    name: str
    permissions: frozenset[Permission]
    scope: frozenset[str] | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the actor holds the permission."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise PermissionRefused unless the actor holds the permission."""
        if permission not in self.permissions:
            raise PermissionRefused(
                "permission_refused",
                say(
                    "{name} may not do this: the permission {permission} is missing.",
                    name=self.name,
                    permission=permission.value,
                ),
                permission=permission.value,
            )

    def sees(self, insee: str | None) -> bool:
        """Whether an object of this commune may be shown; an object without a commune is for unscoped actors only."""
        return self.scope is None or (insee is not None and insee in self.scope)


def actor_of_roles(name: str, roles: Iterable[Role], scope: frozenset[str] | None = None) -> Actor:
    """The actor that a user with these roles is."""
    roles = tuple(roles)
    permissions = frozenset().union(*(ROLES[role] for role in roles))
    scoped = bool(roles) and all(role in SCOPED_ROLES for role in roles)
    return Actor(name, permissions, (scope or frozenset()) if scoped else None)


SYSTEM = Actor("system", frozenset(Permission))
"""The program itself: the scheduler, a migration, the command line of the host's owner."""
