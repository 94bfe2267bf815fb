"""What was found on the network beside what the inventory says: devices and links to accept, one by one or all.

A proposal is computed, never stored: what is in the inventory meanwhile is not proposed any more. The same box that
answers at several addresses is one proposal. A link is proposed when a device hears another (LLDP) on a named port.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from inventory import changes
from inventory.address import parse_endpoint
from inventory.changes import Draft
from inventory.forms import ObjectKind, read_cells, refuse
from inventory.found import Findings, Found, Heard, recall
from inventory.models import DeviceRole, Lifecycle, LinkKind
from inventory.snapshot import Snapshot, port_key
from nms.base.errors import InputError
from nms.base.permissions import Actor, Permission
from nms.base.text import clean, say

K = ObjectKind
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
EDITABLE = ("name", "label", "role", "site")
"""What may be said otherwise when a proposal is accepted."""


class Standing(StrEnum):
    """How a found device stands to the inventory."""

    NEW = "new"
    KNOWN = "known"
    MOVED = "moved"
    RETIRED = "retired_but_answers"
    DISMISSED = "dismissed"


OPEN = (Standing.NEW, Standing.MOVED)
"""What waits for a decision that accepting can carry out."""


@dataclass(frozen=True, slots=True)
class DeviceProposal:
    """A found device; `name` is the inventory's own when it is there, else the one proposed."""

    found: Found
    standing: Standing
    name: str
    seen_at: datetime
    known_address: str = ""
    also_at: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What accepting and dismissing name it by: its address."""
        return self.found.address

    @property
    def undeclared_emitter(self) -> bool:
        """A base station on the air that no inventory knows."""
        return self.found.role == DeviceRole.BASE_STATION and self.standing in (Standing.NEW, Standing.RETIRED)


@dataclass(frozen=True, slots=True)
class LinkProposal:
    """Two ports that are connected; end A is the nearer one to the core where that is known. `heard_by` has 1 or 2."""

    name: str
    a_device: str
    a_interface: str
    b_device: str
    b_interface: str
    heard_by: int
    standing: Standing

    @property
    def key(self) -> str:
        """What accepting and dismissing name it by."""
        return f"link {self.a_device} {self.a_interface} {self.b_device} {self.b_interface}"[:255]


@dataclass(frozen=True, slots=True)
class Proposals:
    """Everything found, judged against the inventory."""

    devices: tuple[DeviceProposal, ...] = ()
    links: tuple[LinkProposal, ...] = ()

    def waiting(self) -> list[str]:
        """The keys of what can be accepted now; a link needs both of its devices first or beside it."""
        return [p.key for p in self.devices if p.standing in OPEN] + [
            link.key for link in self.links if link.standing is Standing.NEW
        ]


def propose(session: Session) -> Proposals:
    """The proposals of today."""
    return judge(recall(session), Snapshot(session))


def judge(findings: Findings, snapshot: Snapshot) -> Proposals:
    """Every finding beside the inventory."""
    devices = _devices(findings, snapshot)
    return Proposals(tuple(devices), tuple(_links(devices, findings.dismissed, snapshot)))


def _devices(findings: Findings, snapshot: Snapshot) -> list[DeviceProposal]:
    stored = snapshot.of(K.DEVICE)
    at_address = {_plain(device.values["address"]): name for name, device in stored.items()}
    taken = set(stored)
    found: list[DeviceProposal] = []
    for group in _same_box(findings):
        device, seen_at = next((pair for pair in group if _plain(pair[0].address) in at_address), group[0])
        others = tuple(other.address for other, _ in group if other is not device)
        name, known_address = at_address.get(_plain(device.address), ""), ""
        if name:
            retired = stored[name].values["lifecycle"] is Lifecycle.RETIRED
            standing = Standing.RETIRED if retired else Standing.KNOWN
        else:
            name = _moved_from(device, stored.keys())
            standing = Standing.MOVED if name else Standing.NEW
            known_address = str(stored[name].values["address"]) if name else ""
            name = name or _free_name(device, taken)
        if device.address in findings.dismissed and standing in OPEN:
            standing = Standing.DISMISSED
        taken.add(name)
        found.append(DeviceProposal(device, standing, name, seen_at, known_address, others))
    return found


def _same_box(findings: Findings) -> list[list[tuple[Found, datetime]]]:
    """The findings, those of one box together; the address that comes first in order stands first."""
    groups: dict[str, list[tuple[Found, datetime]]] = {}
    for device, seen_at in sorted(findings.devices, key=lambda pair: _order(pair[0].address)):
        groups.setdefault(device.identity or device.address, []).append((device, seen_at))
    return list(groups.values())


def _order(address: str) -> tuple[bool, int, int]:
    endpoint = parse_endpoint(address)
    ip = endpoint.literal
    return (ip is not None and ip.version == 6, int(ip) if ip is not None else 0, endpoint.port)


def _plain(address: str) -> str:
    """An address as it compares: with its port, names in small letters."""
    try:
        return str(parse_endpoint(address)).lower()
    except InputError:
        return address


def _moved_from(device: Found, names: Collection[str]) -> str:
    """The device of the inventory that calls itself as this one does, at another address."""
    name = slug(device.sys_name)
    return name if name and name in names else ""


def _free_name(device: Found, taken: Collection[str]) -> str:
    host = parse_endpoint(device.address).host.replace(":", "-")
    base = slug(device.sys_name) or f"{device.family or 'device'}-{host}"
    return next(name for n in range(1, 100_000) if (name := base if n == 1 else f"{base[:57]}-{n}") not in taken)


def slug(text: str) -> str:
    """A usable name out of any text: letters without accents, digits and `. _ / -`; empty when nothing is left."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._/-]+", "-", ascii_text).strip("-._/")[:63].rstrip("-._/")


def _links(devices: list[DeviceProposal], dismissed: Collection[str], snapshot: Snapshot) -> Iterable[LinkProposal]:
    by_chassis = {p.found.chassis_id: p for p in devices if p.found.chassis_id}
    by_name = {p.found.sys_name.lower(): p for p in devices if p.found.sys_name}
    heard: dict[tuple[tuple[str, str], tuple[str, str]], int] = {}
    for device in devices:
        for near in device.found.neighbours:
            other = by_chassis.get(near.chassis_id) or by_name.get(near.sys_name.lower())
            if other is None or other is device or not near.local_port:
                continue
            far_port = _port_of(other.found, near)
            if far_port:
                ends = sorted([(device.name, near.local_port), (other.name, far_port)])
                heard[ends[0], ends[1]] = heard.get((ends[0], ends[1]), 0) + 1
    depth = _depths(snapshot)
    there = {
        frozenset([(v["a_device"], v["a_interface"]), (v["b_device"], v["b_interface"])]): name
        for name, v in ((name, link.values) for name, link in snapshot.of(K.LINK).items())
        if v.get("a_interface") and v.get("b_interface")
    }
    taken = set(snapshot.of(K.LINK))
    for pair, count in sorted(heard.items()):
        a, b = sorted(pair, key=lambda end: (depth.get(end[0], len(depth)), end))
        name = there.get(frozenset(pair), "")
        standing = Standing.KNOWN if name else Standing.NEW
        if not name:
            base = slug(f"{a[0]}--{b[0]}")
            name = next(n for i in range(1, 1_000) if (n := base if i == 1 else f"{base[:58]}-{i}") not in taken)
            taken.add(name)
        proposal = LinkProposal(name, *a, *b, heard_by=min(count, 2), standing=standing)
        aside = standing is Standing.NEW and proposal.key in dismissed
        yield replace(proposal, standing=Standing.DISMISSED) if aside else proposal


def _port_of(device: Found, near: Heard) -> str:
    """The name of the far port: as the neighbour announces it, when the device has such a port."""
    names = {port.name for port in device.ports}
    said = [text for text in (near.port_id, near.port_descr) if text]
    known = next((text for text in said if text in names), "")
    return known or next(
        (text for text in reversed(said) if not re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", text)), ""
    )


def _depths(snapshot: Snapshot) -> dict[str, int]:
    """How many devices stand before each one of the inventory; a circle ends the count."""
    parents = {name: str(device.values["parent"]) for name, device in snapshot.of(K.DEVICE).items()}
    depths = {}
    for name in parents:
        steps, at = 0, name
        while parents.get(at) and steps <= len(parents):
            steps, at = steps + 1, parents[at]
        depths[name] = steps
    return depths


def accept(
    session: Session,
    actor: Actor,
    at: datetime,
    keys: Collection[str],
    edits: Mapping[str, Mapping[str, str]] | None = None,
) -> list[str]:
    """Write the proposals of these keys into the inventory, all or nothing; answers the names of what is new.

    `edits` gives, by key, what is to be said otherwise of a device (`EDITABLE`, text as in a form).

    Raises:
        PermissionRefused: the actor may not write the inventory.
        InputError: a key is no open proposal, or a value is wrong; every complaint at once.
        Conflict: somebody else wrote the same objects meanwhile.
    """
    actor.require(Permission.DEVICE_WRITE)
    snapshot = Snapshot(session)
    proposals = judge(recall(session), snapshot)
    _refuse_unknown(keys, proposals)
    complaints = []
    drafts: list[Draft] = []
    names: dict[str, str] = {}
    for device in proposals.devices:
        if device.key not in keys:
            continue
        values, wrong = read_cells(K.DEVICE, _cells(device, (edits or {}).get(device.key, {})))
        complaints += wrong
        names[device.name] = str(values.get("name", device.name))
        drafts += _drafts(device, names[device.name], values)
    for link in proposals.links:
        if link.key in keys:
            drafts += _link_drafts(link, names, drafts, snapshot)
    refuse(complaints, say("A proposal is refused"))
    judged = changes.judge(snapshot, drafts)
    refuse([complaint for _, complaint in judged.complaints], say("A proposal is refused"))
    changes.write(session, snapshot, judged, actor, at, "discovery")
    session.expire_all()
    return [change.draft.key for change in judged.created if change.draft.kind in (K.DEVICE, K.LINK)]


def _refuse_unknown(keys: Collection[str], proposals: Proposals) -> None:
    waiting = set(proposals.waiting())
    wrong = [clean(key, 120) for key in keys if key not in waiting]
    if wrong:
        raise InputError(
            "no_such_proposal",
            say("Not proposed (any more): {wrong}. List what is: nms discover", wrong=", ".join(wrong[:10])),
            keys=wrong,
        )


def _cells(device: DeviceProposal, edits: Mapping[str, str]) -> dict[str, str]:
    found = device.found
    if device.standing is Standing.MOVED:
        return {"name": device.name, "address": found.address, "credential": found.credential}
    cells = {
        "name": device.name,
        "address": found.address,
        "credential": found.credential,
        "role": found.role,
        "vendor": found.vendor,
        "model": found.model,
    }
    cells |= {name: value for name, value in edits.items() if name in EDITABLE}
    return {"label": found.sys_name if found.sys_name != cells["name"] else ""} | cells


def _drafts(device: DeviceProposal, name: str, values: Mapping[str, object]) -> Iterable[Draft]:
    yield Draft(K.DEVICE, name, dict(values))
    if device.standing is Standing.NEW:
        for port in device.found.ports:
            yield Draft(K.INTERFACE, port_key(name, port.name), {"device": name, "name": port.name})


def _link_drafts(
    link: LinkProposal, names: Mapping[str, str], drafts: Collection[Draft], snapshot: Snapshot
) -> Iterable[Draft]:
    """A link, with those of its two ports that nobody wrote down yet."""
    values: dict[str, object] = {"name": link.name, "link_kind": LinkKind.BACKHAUL}
    drafted = {draft.key for draft in drafts if draft.kind is K.INTERFACE}
    for end, device, port in (("a", link.a_device, link.a_interface), ("b", link.b_device, link.b_interface)):
        device = names.get(device, device)
        values |= {f"{end}_device": device, f"{end}_interface": port}
        if port_key(device, port) not in drafted and port_key(device, port) not in snapshot.of(K.INTERFACE):
            yield Draft(K.INTERFACE, port_key(device, port), {"device": device, "name": port})
    yield Draft(K.LINK, link.name, values)
