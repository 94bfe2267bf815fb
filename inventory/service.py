"""The services of the inventory: one object at a time, with its trace. The caller owns the transaction.

`name` is the identity of every object: saving a form whose name is there changes that object, else it makes a new one.
Nothing is deleted: what is gone is retired.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import changes
from inventory.changes import Draft
from inventory.forms import (
    ContactForm,
    DeviceForm,
    Form,
    HotspotForm,
    InterfaceForm,
    LinkForm,
    ObjectKind,
    SectorForm,
    SiteForm,
    TerminalForm,
    cells_of,
    field_names,
    key_of,
    kind_of,
    read_form,
    refuse,
)
from inventory.models import Device, Interface, Lifecycle, LifecycleChange
from inventory.snapshot import Snapshot, port_key
from nms.base.errors import Conflict, InputError, NotFound
from nms.base.permissions import Actor, Permission
from nms.base.text import clean, say


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a form: `created`, or changed, or (neither) already so."""

    kind: ObjectKind
    name: str
    created: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class SeenInterface:
    """A port as the device itself tells of it."""

    name: str
    descr: str = ""
    alias: str = ""
    if_index: int | None = None
    speed_bps: int | None = None


def refuse_in_demo(simulated: bool) -> None:
    """Keep one's own devices out of the demo network, and say where they belong.

    Raises:
        Conflict: the demo network is running.
    """
    if simulated:
        raise Conflict(
            "demo_running",
            say(
                "This is the demo network: everything on it is simulated, and it is made anew at each start. For your "
                "own network, stop it and start: make run INVENTORY=file.csv (docs/import.md describes the file)."
            ),
        )


def save(session: Session, actor: Actor, at: datetime, form: Form) -> Saved:
    """Create or change the object of a form.

    Raises:
        PermissionRefused: the actor may not write the inventory.
        InputError: `complaints` lists each wrong field with its value and the remedy.
        Conflict: somebody else wrote the same object meanwhile.
    """
    actor.require(Permission.DEVICE_WRITE)
    return _save(session, actor, at, form)


def _save(session: Session, actor: Actor, at: datetime, form: Form) -> Saved:
    kind = kind_of(form)
    if kind is ObjectKind.CREDENTIAL:
        raise InputError("use_credentials", say("A credential is saved with its secret: use the credential service."))
    checked = read_form(kind, cells_of(form))
    values = {name: getattr(checked, name) for name in field_names(kind)}
    snapshot = Snapshot(session)
    judged = changes.judge(snapshot, [Draft(kind, key_of(checked), values)])
    refuse([complaint for _, complaint in judged.complaints], say("The {kind} is refused", kind=kind))
    changes.write(session, snapshot, judged, actor, at)
    session.expire_all()
    return Saved(kind, checked.name, bool(judged.created), bool(judged.created or judged.updated))


def save_site(session: Session, actor: Actor, at: datetime, form: SiteForm) -> Saved:
    """Create or change a site."""
    return save(session, actor, at, form)


def save_device(session: Session, actor: Actor, at: datetime, form: DeviceForm) -> Saved:
    """Create or change a device; a parent that would make a circle is refused."""
    return save(session, actor, at, form)


def save_interface(session: Session, actor: Actor, at: datetime, form: InterfaceForm) -> Saved:
    """Create or change a port of a device."""
    return save(session, actor, at, form)


def save_sector(session: Session, actor: Actor, at: datetime, form: SectorForm) -> Saved:
    """Create or change a sector."""
    return save(session, actor, at, form)


def save_terminal(session: Session, actor: Actor, at: datetime, form: TerminalForm) -> Saved:
    """Create or change a subscriber terminal."""
    return save(session, actor, at, form)


def save_link(session: Session, actor: Actor, at: datetime, form: LinkForm) -> Saved:
    """Create or change a link."""
    return save(session, actor, at, form)


def save_hotspot(session: Session, actor: Actor, at: datetime, form: HotspotForm) -> Saved:
    """Create or change a hotspot."""
    return save(session, actor, at, form)


def save_contact(session: Session, actor: Actor, at: datetime, form: ContactForm) -> Saved:
    """Create or change a contact."""
    return save(session, actor, at, form)


def form_of(session: Session, kind: ObjectKind, name: str, device: str = "") -> Form:
    """The form that an object would be saved with today; a port also needs its device.

    Raises:
        NotFound: no such object.
    """
    key = port_key(device, name) if kind is ObjectKind.INTERFACE else name
    for form in Snapshot(session).forms(kind):
        if key_of(form) == key:
            return form
    raise NotFound(
        "no_such_object",
        say("There is no {kind} “{name}”.", kind=kind, name=clean(name, 63)),
        kind=kind.value,
        name=clean(name, 63),
    )


def move(session: Session, actor: Actor, at: datetime, kind: ObjectKind, name: str, to: Lifecycle) -> Saved:
    """Move an object along its life.

    Raises:
        InputError: this kind of object has no life of its own.
        NotFound: no such object.
    """
    form = form_of(session, kind, name)
    if isinstance(form, SiteForm | DeviceForm | SectorForm | TerminalForm | LinkForm | HotspotForm):
        return save(session, actor, at, replace(form, lifecycle=to))
    raise InputError("no_lifecycle", say("A {kind} has no lifecycle.", kind=kind), kind=kind.value)


def works(session: Session, actor: Actor, at: datetime, kind: ObjectKind, name: str, *, begin: bool) -> Saved:
    """Take what is in service into works, or what is in works back into service; who runs the network may.

    Raises:
        PermissionRefused: the actor may not.
        NotFound: no such object.
        Conflict: it does not stand there in its life.
    """
    actor.require(Permission.MAINTENANCE_WRITE)
    before, after = (Lifecycle.IN_SERVICE, Lifecycle.MAINTENANCE)[:: 1 if begin else -1]
    form = form_of(session, kind, name)
    if isinstance(form, DeviceForm | SectorForm | LinkForm | HotspotForm) and form.lifecycle is before:
        return _save(session, actor, at, replace(form, lifecycle=after))
    told = say("{name} is not in service.", name=name) if begin else say("{name} is not in works itself.", name=name)
    raise Conflict("no_works", told, kind=kind.value)


def retire(session: Session, actor: Actor, at: datetime, kind: ObjectKind, name: str) -> Saved:
    """Take an object out of service for good; it keeps its name and its history."""
    return move(session, actor, at, kind, name, Lifecycle.RETIRED)


def life_of(session: Session, kind: ObjectKind, name: str) -> list[LifecycleChange]:
    """The steps of an object's life, the first one first."""
    return list(
        session.scalars(
            select(LifecycleChange)
            .where(LifecycleChange.kind == kind.value, LifecycleChange.name == name)
            .order_by(LifecycleChange.at, LifecycleChange.id)
        )
    )


def record_discovery(session: Session, device: str, facts: dict[str, str], interfaces: Iterable[SeenInterface]) -> None:
    """Note what a device says of itself: ports by name, and `vendor`, `model`, `serial` where nothing is written yet.

    An observation, not a decision of a person: it leaves no entry in the ledger. Ports that were not seen stay, and
    what was not said of a port (empty) leaves what is written of it.

    Raises:
        NotFound: no such device.
    """
    found = session.scalars(select(Device).where(Device.name == device)).one_or_none()
    if found is None:
        shown = clean(device, 63)
        raise NotFound("no_such_object", say("There is no device “{shown}”.", shown=shown), kind="device", name=shown)
    for name in ("vendor", "model", "serial"):
        if facts.get(name) and not getattr(found, name):
            setattr(found, name, clean(facts[name]))
    known = {port.name: port for port in session.scalars(select(Interface).where(Interface.device_id == found.id))}
    for seen in interfaces:
        name = clean(seen.name)
        if name not in known:
            known[name] = Interface(device_id=found.id, name=name, descr="", alias="")
            session.add(known[name])
        for field, value in (("descr", clean(seen.descr)), ("alias", clean(seen.alias))):
            if value:
                setattr(known[name], field, value)
        known[name].if_index = known[name].if_index if seen.if_index is None else seen.if_index
        known[name].speed_bps = known[name].speed_bps if seen.speed_bps is None else seen.speed_bps
    session.flush()
