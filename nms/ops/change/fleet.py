"""What inventory and stored configurations tell of many devices at once; the statements do not grow with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from collectors.driver import Driver
from inventory import queries
from inventory.models import Device, Sector
from inventory.territory import changes
from nms.base.errors import NotFound
from nms.base.secrets import SecretBox
from nms.ops.change.grammar import Grammar
from nms.ops.change.intents import Facts
from nms.ops.change.prepare import Family, Subject
from nms.ops.change.radio import RadioGrammar
from nms.ops.configs import access, store
from nms.ops.configs.access import Access


def driver_of(one: Access) -> Driver | None:
    """How a device is talked to; None when nothing tells."""
    try:
        return one.driver
    except NotFound:
        return None


def drivers(session: Session, names: Sequence[str]) -> dict[str, Driver]:
    """The driver of each device of these names that has one."""
    found = ((one.device, driver_of(one)) for one in access.accesses(session, names))
    return {name: driver for name, driver in found if driver is not None}


def family_of(one: Access) -> Family | None:
    """How a device's command line writes configurations; None when lines cannot be taken back one by one."""
    driver = driver_of(one)
    if driver is None or driver.negate is None:
        return None
    grammar = Grammar(
        driver.negate, driver.singles, driver.closers, driver.stays, driver.defaults, driver.bare, driver.ordered,
        driver.shuffled, driver.together, driver.commands, driver.texts,
    )  # fmt: skip
    radio = driver.radio
    if radio is None:
        return Family(grammar)
    return Family(
        grammar, RadioGrammar(radio.head, radio.centre, radio.width, radio.silence, radio.unit, radio.watched)
    )


def with_sectors(session: Session) -> set[str]:
    """The devices that a sector is on."""
    return set(session.scalars(select(Device.name).join(Sector, Sector.device_id == Device.id)))


def subjects(session: Session, box: SecretBox, names: Sequence[str]) -> dict[str, Subject]:
    """The devices of these names whose configuration has been read, as a plan needs them."""
    known = access.accesses(session, names)
    bare, newest = _bare(session, known), store.latest_of(session, [one.device_id for one in known])
    return {
        one.device: replace(bare[one.device], running=store.text_of(box, newest[one.device_id]))
        for one in known
        if one.device_id in newest
    }


def standing(session: Session, names: Sequence[str]) -> dict[str, Subject]:
    """The devices of these names as the law is asked about them: without what runs, so that nothing is unsealed."""
    return _bare(session, access.accesses(session, names))


def _bare(session: Session, known: Iterable[Access]) -> dict[str, Subject]:
    emitting, moved = with_sectors(session), changes(session)
    return {
        one.device: Subject(
            name=one.device,
            running="",
            family=family_of(one),
            commune=moved[one.insee].new_insee if one.insee in moved else one.insee,
            emits=one.device in emitting,
            stands=one.insee,
        )
        for one in known
    }


def facts(session: Session, names: Collection[str] | None = None) -> dict[str, Facts]:
    """What the inventory knows of each device, or of those of these names, as intents take it."""
    targets = queries.poll_targets(session, names)
    sites = None if names is None else {one.site for one in targets}
    places = {place.name: place for place in queries.places(session, sites)}
    sectors, hotspots = defaultdict(list), defaultdict(list)
    for sector in queries.sectors(session, names):
        sectors[sector.device].append(asdict(sector))
    for hotspot in queries.hotspots(session, names):
        hotspots[hotspot.device].append(asdict(hotspot))
    found: dict[str, Facts] = {}
    for one in targets:
        place = places.get(one.site)
        found[one.name] = {
            "name": one.name,
            "label": one.label,
            "role": one.role.value,
            "family": one.family,
            "address": one.address,
            "site": one.site,
            "insee": one.insee,
            "commune": place.commune if place else "",
            "department": place.department if place else "",
            "sectors": sectors[one.name],
            "hotspots": hotspots[one.name],
            "ports": [{"name": port.name, "speed_bps": port.speed_bps} for port in one.interfaces],
        }
    return found
