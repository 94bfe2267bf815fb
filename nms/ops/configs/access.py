"""How the command line of a device is reached: address, driver, credential, pinned key; and pinning a key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from collectors.cli import SSH_PORT, CliTarget, HostKey, Patience, SshCredential
from collectors.driver import Driver, driver_for
from inventory.address import Endpoint, Network, parse_endpoint, resolve_checked
from inventory.credentials import open_sealed
from inventory.models import Credential, Device, Lifecycle, Site
from nms.base import ledger
from nms.base.errors import InputError, NotFound
from nms.base.permissions import Actor, Permission
from nms.base.secrets import SecretBox
from nms.base.settings import ConfigurationSettings
from nms.base.text import clean, say
from nms.ops.configs import events
from nms.ops.configs.models import EventKind, HostKeyRow


@dataclass(frozen=True, slots=True)
class Access:
    """What the inventory says of one device's command line; `sealed` None: no credential, so nothing is backed up."""

    device_id: int
    device: str
    label: str
    insee: str
    address: str
    cli: str
    family: str
    port: int
    lifecycle: Lifecycle
    credential: str
    sealed: bytes | None = field(repr=False)
    pinned: HostKey | None = None

    @property
    def driver(self) -> Driver:
        """How it is talked to.

        Raises:
            NotFound: neither the device nor its family names a driver.
        """
        return driver_for(self.cli, self.family)

    @property
    def is_due(self) -> bool:
        """Whether its configuration is backed up: it is in service, and there is something to log in with."""
        return self.sealed is not None and self.lifecycle.is_asked

    def target(self, box: SecretBox, networks: Sequence[Network] | None) -> CliTarget:
        """Where to log in, the address resolved and checked now.

        Raises:
            NotFound: it has no credential of SSH.
            ForbiddenTarget, Unreachable: its address may not be contacted, or does not resolve.
        """
        if self.sealed is None:
            raise NotFound(
                "no_ssh_credential",
                say("The device {device} has no credential of SSH in the inventory.", device=self.device),
                device=self.device,
            )
        secret = open_sealed(box, self.sealed)
        host, port = resolve_checked(Endpoint(parse_endpoint(self.address).host, self.port), networks)
        credential = SshCredential(secret.user, secret.password, secret.private_key, self.credential)
        return CliTarget(self.device, host, port, credential)

    def get(self, device: str) -> HostKey | None:
        """The pinned key (`collectors.cli.HostKeys`)."""
        return self.pinned if device == self.device else None


def accesses(session: Session, names: Iterable[str] | None = None) -> list[Access]:
    """Every device that is not retired, or those of these names, by name."""
    ssh = aliased(Credential)
    query = (
        select(Device, ssh.name, ssh.sealed, HostKeyRow.pinned, Site.insee)
        .outerjoin(ssh, Device.ssh_credential_id == ssh.id)
        .outerjoin(HostKeyRow, HostKeyRow.device_id == Device.id)
        .outerjoin(Site, Device.site_id == Site.id)
        .where(Device.lifecycle != Lifecycle.RETIRED)
        .order_by(Device.name)
    )
    if names is not None:
        query = query.where(Device.name.in_(list(names)))
    return [
        Access(
            device_id=device.id, device=device.name, label=device.label, insee=insee or "", address=device.address,
            cli=device.cli, family=device.family, port=device.ssh_port or SSH_PORT, lifecycle=device.lifecycle,
            credential=name or "", sealed=sealed, pinned=HostKey.read(pinned) if pinned else None,
        )
        for device, name, sealed, pinned, insee in session.execute(query)
    ]  # fmt: skip


def locked_out(session: Session, names: Iterable[str]) -> list[str]:
    """Those of these devices that we cannot log in to: no credential of SSH, or no key that somebody has confirmed."""
    return [one.device for one in accesses(session, names) if one.sealed is None or one.pinned is None]


def access(session: Session, name: str) -> Access:
    """The command line of one device.

    Raises:
        NotFound: there is no such device.
    """
    found = accesses(session, [name])
    if not found:
        shown = clean(name, 63)
        raise NotFound("no_such_object", say("There is no device “{shown}”.", shown=shown), kind="device", name=shown)
    return found[0]


def access_of(session: Session, device_id: int) -> Access:
    """The command line of the device of this id.

    Raises:
        NotFound: it is retired, or gone.
    """
    name = session.scalar(select(Device.name).where(Device.id == device_id))
    return access(session, name or "")


def drivers(session: Session) -> dict[int, Driver]:
    """The driver of each device that has one, by id."""
    known: dict[int, Driver] = {}
    for one in accesses(session):
        try:
            known[one.device_id] = one.driver
        except NotFound:
            continue
    return known


def patience(settings: ConfigurationSettings) -> Patience:
    """How long each step of a session may take."""
    return Patience(settings.connect_s, settings.login_s, settings.answer_s)


def keys(session: Session, device_id: int) -> HostKeyRow | None:
    """The pinned key of a device, and another that it offered."""
    return session.get(HostKeyRow, device_id)


def note_offered(session: Session, device_id: int, key: str, at: datetime) -> bool:
    """Remember a key that a device offered and that nobody confirmed; whether it is one not offered before."""
    row = session.get(HostKeyRow, device_id)
    if row is None:
        row = HostKeyRow(device_id=device_id, pinned="", pinned_by="", offered="")
        session.add(row)
    is_new = row.offered != key
    row.offered, row.offered_at = key, at
    session.flush()
    return is_new


def pin(session: Session, actor: Actor, at: datetime, device: str, key: str, expected: str = "") -> HostKey:
    """Confirm that a key is the device's. `expected`, where given, is the fingerprint that the person compared.

    Raises:
        PermissionRefused: the actor may not.
        InputError: it is not a public key, or has another fingerprint than the expected one.
        NotFound: no such device.
    """
    actor.require(Permission.HOSTKEY_PIN)
    confirmed = HostKey.read(key)
    if expected and confirmed.fingerprint != expected.strip():
        raise InputError(
            "other_fingerprint",
            say("The key has the fingerprint {fingerprint}, not the expected one: it was not confirmed.",
                fingerprint=confirmed.fingerprint),
        )  # fmt: skip
    of = access(session, device)
    row = session.get(HostKeyRow, of.device_id)
    before = HostKey.read(row.pinned).fingerprint if row is not None and row.pinned else ""
    if row is None:
        row = HostKeyRow(device_id=of.device_id, offered="")
        session.add(row)
    row.pinned, row.pinned_at, row.pinned_by = str(confirmed), at, clean(actor.name)
    row.offered, row.offered_at = "", None
    session.flush()
    if before and before != confirmed.fingerprint:
        said = say("{who} confirmed another SSH host key: {key}", who=actor.name, key=confirmed.fingerprint)
        events.note(session, of.device_id, EventKind.KEY_CONFIRMED, at, said)
    ledger.append(
        session, kind="config.host_key", subject=device, actor=actor.name, at=at,
        before={"fingerprint": before} if before else None, after={"fingerprint": confirmed.fingerprint},
    )  # fmt: skip
    return confirmed
