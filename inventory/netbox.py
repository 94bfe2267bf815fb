"""A NetBox export (sites, devices, interfaces as CSV) as rows of our own format, which the importer then judges.

Both exports of NetBox are read: "current view" (headers as on its pages) and "all data" (names of its fields). What has
no counterpart here (racks, tenants, cables) is left out, and said; so is a device without an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from inventory import importer
from inventory.importer import ImportPlan
from inventory.proposals import slug
from inventory.table_file import Table, read_table
from nms.base.errors import InputError
from nms.base.permissions import Actor
from nms.base.text import clean, csv_cell_back, say

_HEADERS = {
    "ip_address": "primary_ip",
    "primary_ipv4": "primary_ip4",
    "primary_ip_address": "primary_ip",
    "device_role": "role",
    "type": "device_type",
    "serial_number": "serial",
    "parent_device": "parent",
    "speed_kbps": "speed",
    "oob_ip": "",
}
_LIFECYCLES = {
    "active": "in_service",
    "failed": "in_service",
    "offline": "maintenance",
    "planned": "planned",
    "staging": "planned",
    "staged": "planned",
    "inventory": "planned",
    "decommissioning": "retired",
    "retired": "retired",
}
_ROLES = (
    ("base_station", r"base.?station|\bbts\b|enodeb|gnodeb|wimax|\bbs\b"),
    ("terminal", r"\bcpe\b|subscriber|terminal|\bont\b"),
    ("backhaul", r"backhaul|microwave|radio|faisceau|\bfh\b|ptp"),
    ("access_point", r"access.?point|wi-?fi|hotspot|\bap\b"),
    ("router", r"router|routeur|gateway|firewall|core|edge"),
    ("switch", r"switch|commutateur"),
    ("server", r"server|serveur|hypervisor"),
)
_OURS = (
    "kind", "name", "label", "address", "site", "site_kind", "lat_deg", "lon_deg", "role", "credential", "vendor",
    "model", "serial", "lifecycle", "note", "device", "descr", "alias", "speed_bps",
)  # fmt: skip


@dataclass(slots=True)
class NetboxPlan:
    """The judged import, and what was left out on the way (sentences)."""

    plan: ImportPlan
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    table: Table
    columns: tuple[str, ...]

    @property
    def kind(self) -> str:
        """What its rows are, by the columns that only they have."""
        names = set(self.columns)
        if "device" in names:
            return "interface"
        if names & {"device_type", "primary_ip", "primary_ip4", "manufacturer"}:
            return "device"
        return "site" if names & {"facility", "physical_address", "region", "time_zone", "latitude"} else ""

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Number and cells of each row."""
        for number, cells in self.table.rows:
            row = {n: csv_cell_back(c.strip()) for n, c in zip(self.columns, cells, strict=False) if n}
            yield number, row


def judge(sources: Mapping[str, Path | bytes], session: Session, credential: str = "") -> NetboxPlan:
    """Judge the files of one export together; `credential` is what the devices are asked with.

    Raises:
        InputError: a file is no table, or not one of NetBox's exports of sites, devices or interfaces.
    """
    left_out: list[str] = []
    rows: list[tuple[str, int, dict[str, str]]] = []
    files = sorted((_open(name, source) for name, source in sources.items()), key=_order)
    for file in files:
        convert = {"site": _site, "device": _device, "interface": _interface}[file.kind]
        skipped = [number for number, row in file.rows() if not _take(convert, row, credential, file, number, rows)]
        if skipped:
            listed = ", ".join(map(str, skipped[:10])) + (" …" if len(skipped) > 10 else "")
            left_out.append(
                say(
                    "{file}: {count} rows have no name or no address and stay out (rows {listed})",
                    file=file.name,
                    count=len(skipped),
                    listed=listed,
                )
            )
    known = {ours["name"] for _, _, ours in rows if ours["kind"] == "device"}
    kept = [row for row in rows if row[2]["kind"] != "interface" or row[2]["device"] in known]
    if len(kept) < len(rows):
        left_out.append(say("{count} interfaces belong to devices that stay out", count=len(rows) - len(kept)))
    rows = kept
    table = Table(_OURS, [(at + 2, [ours.get(c, "") for c in _OURS]) for at, (_, _, ours) in enumerate(rows)], "", ",")
    plan = importer.judge_table(table, ", ".join(file.name for file in files), session)
    _say_where(plan, rows)
    return NetboxPlan(plan, left_out)


def apply(session: Session, judged: NetboxPlan, actor: Actor, at: datetime) -> None:
    """Write a judged plan, whole."""
    importer.apply(session, judged.plan, actor, at, f"netbox {judged.plan.source}")


def _open(name: str, source: Path | bytes) -> _File:
    table = read_table(source)
    titles = (re.sub(r"[^a-z0-9]+", "_", clean(title, 60).lower()).strip("_") for title in table.header)
    file = _File(clean(name, 100), table, tuple(_HEADERS.get(title, title) for title in titles))
    if not file.kind or "name" not in file.columns:
        raise InputError(
            "not_netbox",
            say(
                "{file} is not an export of sites, devices or interfaces of NetBox: its columns are {columns}.",
                file=file.name,
                columns=clean(", ".join(table.header), 200),
            ),
        )
    return file


def _order(file: _File) -> int:
    return ("site", "device", "interface").index(file.kind)


def _take(
    convert: Callable[[dict[str, str], str], dict[str, str] | None],
    row: dict[str, str],
    credential: str,
    file: _File,
    number: int,
    rows: list[tuple[str, int, dict[str, str]]],
) -> bool:
    ours = convert(row, credential)
    if ours is not None:
        rows.append((file.name, number, ours))
    return ours is not None


def _site(row: dict[str, str], credential: str) -> dict[str, str] | None:
    name = slug(row.get("name", ""))
    if not name:
        return None
    return {
        "kind": "site",
        "name": name,
        "label": row["name"] if row["name"] != name else "",
        "address": " ".join(row.get("physical_address", "").split())[:255],
        "lat_deg": row.get("latitude", ""),
        "lon_deg": row.get("longitude", ""),
        "lifecycle": _lifecycle(row),
        "note": row.get("description", "")[:1000],
    }


def _device(row: dict[str, str], credential: str) -> dict[str, str] | None:
    name = slug(row.get("name", ""))
    address = next((row[c] for c in ("primary_ip", "primary_ip4", "primary_ip6") if row.get(c)), "").partition("/")[0]
    if not name or not address:
        return None
    maker, model = row.get("manufacturer", ""), row.get("device_type", "")
    return {
        "kind": "device",
        "name": name,
        "label": row["name"] if row["name"] != name else "",
        "address": address,
        "site": slug(row.get("site", "")),
        "role": _role(row.get("role", "")),
        "credential": credential,
        "vendor": maker,
        "model": model.removeprefix(maker).strip(),
        "serial": row.get("serial", ""),
        "lifecycle": _lifecycle(row),
        "note": row.get("description", "")[:1000],
    }


def _interface(row: dict[str, str], credential: str) -> dict[str, str] | None:
    if not row.get("name") or not slug(row.get("device", "")):
        return None
    kbps = row.get("speed", "")
    return {
        "kind": "interface",
        "name": row["name"],
        "device": slug(row["device"]),
        "descr": row.get("label", ""),
        "alias": row.get("description", "")[:255],
        "speed_bps": str(int(kbps) * 1000) if kbps.isascii() and kbps.isdecimal() else "",
    }


def _lifecycle(row: dict[str, str]) -> str:
    return _LIFECYCLES.get(row.get("status", "").lower(), "")


def _role(text: str) -> str:
    return next((role for role, pattern in _ROLES if re.search(pattern, text.lower()[:100])), "")


def _say_where(plan: ImportPlan, rows: list[tuple[str, int, dict[str, str]]]) -> None:
    """Complaints name the row of the file that NetBox wrote."""
    for at, complaint in enumerate(plan.complaints):
        if 2 <= complaint.row < len(rows) + 2:
            file, number, _ = rows[complaint.row - 2]
            plan.complaints[at] = importer.RowComplaint(
                number, complaint.column, complaint.value, complaint.remedy, file
            )
