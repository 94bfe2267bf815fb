"""Dynamic inventory for Ansible: every device that the actor may see, in groups, with variables and without secrets.

The form is that of Ansible's inventory scripts: groups by name, and the variables of hosts under `_meta`. The plugin
`ansible/inventory_plugins/nms.py` reads it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import jsonify

from collectors.cli import SSH_PORT
from collectors.driver import driver_for
from inventory.address import parse_endpoint
from inventory.models import Lifecycle
from inventory.queries import HotspotRow, PollTarget, SectorRow, department_of
from nms.base.errors import NotFound
from nms.base.permissions import Permission
from nms.ops.state import Kind
from web.guard import current_actor, requires
from web.known import known
from web.services import Services

_PLANNED = ("radio_index", "centre_khz", "width_khz", "power_dbm", "azimuth_deg", "tilt_deg")
Variables = dict[str, Any]


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the route."""

    @blueprint.get("/sd/ansible")
    @requires(Permission.DEVICE_READ)
    @blueprint.doc(responses={200: "Groups and variables of hosts, as an inventory script of Ansible prints them."})
    def ansible_inventory() -> Any:
        """The devices that are not retired, by department, commune, family, role and lifecycle."""
        actor, seen = current_actor(), known()
        devices = [row for row in seen.devices().values() if actor.sees(row.insee or None)]
        recognised = {row.subject.name: row.family for row in services.live.all(Kind.DEVICE)}
        names = seen.commune_names()
        hosts = {row.name: variables(row, recognised.get(row.name, ""), names.get(row.insee, "")) for row in devices}
        attach(hosts, seen.sectors().values(), seen.hotspots().values())
        return jsonify(groups(hosts))


def variables(device: PollTarget, recognised: str, commune: str) -> Variables:
    """What Ansible may know of a device. `ansible_host` is its management address; no credential is named.

    `nms_cli` is the driver of its command line, empty when none is known.
    """
    family = device.family or recognised
    return {
        "ansible_host": parse_endpoint(device.address).host,
        "ansible_port": device.ssh_port or SSH_PORT,
        "nms_cli": _driver(device.cli, family),
        "nms_label": device.label,
        "nms_family": family,
        "nms_role": device.role.value,
        "nms_lifecycle": device.lifecycle.value,
        "nms_site": device.site,
        "nms_insee": device.insee,
        "nms_commune": commune,
        "nms_department": department_of(device.insee),
        "nms_parent": device.parent,
        "nms_sectors": [],
        "nms_hotspots": [],
    }


def _driver(named: str, family: str) -> str:
    try:
        return driver_for(named, family).name
    except NotFound:
        return ""


def attach(hosts: Mapping[str, Variables], sectors: Iterable[SectorRow], hotspots: Iterable[HotspotRow]) -> None:
    """Add to each host the planned emission of its sectors, and its hotspots; what is retired is left out."""
    for sector in sectors:
        if sector.device in hosts and sector.lifecycle is not Lifecycle.RETIRED:
            planned = {field: getattr(sector, field) for field in _PLANNED}
            hosts[sector.device]["nms_sectors"].append({"name": sector.name, **planned})
    for spot in hotspots:
        if spot.device in hosts and spot.lifecycle is not Lifecycle.RETIRED:
            told = {"name": spot.name, "label": spot.label, "ssid": spot.ssid, "interface": spot.interface}
            hosts[spot.device]["nms_hotspots"].append(told)


def groups(hosts: Mapping[str, Variables]) -> dict[str, Any]:
    """The inventory: communes stand within their department, everything else under `nms_devices`."""
    members: dict[str, list[str]] = defaultdict(list)
    within: dict[str, set[str]] = defaultdict(set)
    for name, told in hosts.items():
        for kind in ("family", "role", "lifecycle"):
            members[group(kind, told[f"nms_{kind}"] or "unknown")].append(name)
        if told["nms_insee"]:
            commune = group("commune", told["nms_insee"])
            members[commune].append(name)
            within[group("department", told["nms_department"])].add(commune)
        else:
            members[group("department", "unknown")].append(name)
    found: dict[str, Any] = {
        "_meta": {"hostvars": dict(hosts)},
        "all": {"children": ["nms_devices"]},
        "nms_devices": {"hosts": sorted(hosts), "children": []},
    }
    for title, names in members.items():
        found[title] = {"hosts": names}
    for title, communes in within.items():
        found[title] = {"children": sorted(communes)}
    nested = set().union(*within.values())
    found["nms_devices"]["children"] = sorted((members.keys() | within.keys()) - nested)
    return found


def group(kind: str, value: str) -> str:
    """A name of a group that Ansible takes: letters, digits and `_`, such as `nms_commune_86194`."""
    return f"nms_{kind}_" + re.sub(r"[^A-Za-z0-9]", "_", value)
