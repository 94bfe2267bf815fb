"""Which family is this box? sysObjectID alone does not tell (82 families share net-snmp's), so conditions combine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from collectors.base import SnmpClient, SnmpTarget, ValueKind
from collectors.oids import below
from collectors.profile import DESCR_LIMIT, GENERIC, ProbeOid, Profile, Rule
from nms.base.errors import DeviceError
from nms.base.text import clean

MAX_FAILED_PROBES = 3
"""An agent that leaves so many probe OIDs unanswered is asked no more of them."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The system group as answered, cleaned; empty where there was no believable value."""

    sys_descr: str = ""
    sys_object_id: str = ""
    sys_name: str = ""
    uptime_ticks: int | None = None


@dataclass
class Recognition:
    """The family that fits best, its score (0: nothing fitted), and what went wrong on the way."""

    profile: Profile
    score: int = 0
    rule: Rule | None = None
    warnings: list[str] = field(default_factory=list)


async def recognise(
    client: SnmpClient, target: SnmpTarget, identity: Identity, profiles: Sequence[Profile]
) -> Recognition:
    """The best-scoring family: rules are tried from the highest score down, so few probe OIDs are asked.

    A DeviceError of a probe OID is a warning. With no rule satisfied the family is `generic`.
    """
    found = Recognition(next(profile for profile in profiles if profile.family == GENERIC))
    asker = _Asker(client, target, found.warnings)
    for rule, profile in _candidates(identity, profiles):
        if rule.probe is None or await asker.has(rule.probe):
            found.profile, found.score, found.rule = profile, rule.score, rule
            break
    if found.profile.family == GENERIC:
        found.warnings.append("The family is not recognised: only the standard objects (IF-MIB) are read.")
    return found


def _candidates(identity: Identity, profiles: Sequence[Profile]) -> Iterator[tuple[Rule, Profile]]:
    """Rules whose free conditions hold, best first; on equal score those that need no question."""
    pairs = [(rule, profile) for profile in profiles for rule in profile.rules if _holds(rule, identity)]
    yield from sorted(pairs, key=lambda pair: (-pair[0].score, pair[0].probe is not None, pair[1].family))


def _holds(rule: Rule, identity: Identity) -> bool:
    if rule.object_id and not any(below(identity.sys_object_id, root) for root in rule.object_id):
        return False
    return rule.descr is None or re.search(rule.descr, identity.sys_descr[:DESCR_LIMIT], re.IGNORECASE) is not None


class _Asker:
    """Asks each probe OID at most once."""

    def __init__(self, client: SnmpClient, target: SnmpTarget, warnings: list[str]) -> None:
        self._client, self._target, self._warnings = client, target, warnings
        self._texts: dict[str, str | None] = {}
        self._failed = 0

    async def has(self, wanted: ProbeOid) -> bool:
        """Whether the agent has such an object."""
        if wanted.oid not in self._texts:
            self._texts[wanted.oid] = await self._first_text(wanted.oid)
        text = self._texts[wanted.oid]
        return text is not None and (wanted.value is None or re.search(wanted.value, text) is not None)

    async def _first_text(self, oid: str) -> str | None:
        if self._failed >= MAX_FAILED_PROBES:
            return None
        try:
            rows = (await self._client.walk(self._target, oid, row_cap=1, bulk=1)).rows
            if not rows and oid.endswith(".0"):
                rows = tuple((await self._client.get(self._target, (oid,))).values())
        except DeviceError as error:
            self._failed += 1
            self._warnings.append(f"No answer about {oid}: {error.message}")
            return None
        believable = [row for row in rows if row.value is not None and row.kind is not ValueKind.NULL]
        if not believable:
            return None
        value = believable[0].value
        return clean(value if isinstance(value, bytes | str) else str(value))
