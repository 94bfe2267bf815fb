"""Credentials of SNMP and SSH at rest: sealed as a whole, opened only for asking a device, never shown again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from inventory.fields import Complaint
from inventory.forms import refuse
from inventory.models import Credential, CredentialKind, Device
from nms.base import ledger
from nms.base.errors import InputError, NotFound
from nms.base.ids import object_name
from nms.base.permissions import Actor, Permission
from nms.base.secrets import SecretBox
from nms.base.text import clean, say

_SECRET_CAP = 255
_KEY_CAP = 16_000
_SHORTEST_KEY = 8
_HIDDEN = "(hidden)"


class AuthProtocol(StrEnum):
    """Authentication of v3."""

    SHA1 = "SHA1"
    SHA256 = "SHA256"
    SHA512 = "SHA512"


class PrivProtocol(StrEnum):
    """Privacy of v3."""

    AES128 = "AES128"
    AES256 = "AES256"


@dataclass(frozen=True, slots=True)
class CredentialSecret:
    """What opens a device; `repr` shows no secret.

    The fields are those of `collectors.base.SnmpCredential`, and for SSH `user` with `password` or `private_key` (text
    of an OpenSSH or PEM key without passphrase), those of `collectors.cli.SshCredential`.
    """

    version: CredentialKind
    community: str = field(default="", repr=False)
    user: str = ""
    auth: AuthProtocol | None = None
    auth_key: str = field(default="", repr=False)
    priv: PrivProtocol | None = None
    priv_key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CredentialSummary:
    """What may be shown of a credential."""

    name: str
    kind: CredentialKind
    devices: int


def check(secret: CredentialSecret) -> None:
    """Raise InputError (with `complaints`, no secret in them) unless the secret is whole and long enough."""
    if secret.version is CredentialKind.SSH:
        refuse(_ssh(secret), say("The credential is refused"))
        return
    found: list[Complaint] = []
    unfit = [name for name in ("password", "private_key") if getattr(secret, name)]
    found += [Complaint(name, _HIDDEN, say("belongs to SSH only; leave it out")) for name in unfit]
    v3 = secret.version is CredentialKind.V3
    if not v3:
        found += _text("community", secret.community, 1, say("an SNMP community of 1 to 255 printable characters"))
        unfit = [name for name in ("user", "auth", "auth_key", "priv", "priv_key") if getattr(secret, name)]
        found += [Complaint(name, "", say("belongs to v3 only; leave it out")) for name in unfit]
    else:
        found += _text("user", secret.user, 1, say("an SNMPv3 user name of 1 to 32 characters"), 32)
        found += _key("auth_key", secret.auth, secret.auth_key, "NMS_V3_AUTH_KEY")
        found += _key("priv_key", secret.priv, secret.priv_key, "NMS_V3_PRIV_KEY")
        if secret.priv and not secret.auth:
            found.append(Complaint("auth", "", say("privacy needs authentication; choose SHA256 or SHA512")))
        if secret.community:
            found.append(Complaint("community", _HIDDEN, say("belongs to v1 and v2c only; leave it out")))
    refuse(found, say("The credential is refused"))


def _ssh(secret: CredentialSecret) -> list[Complaint]:
    found = _text("user", secret.user, 1, say("a user name of 1 to 64 characters"), 64)
    unfit = [name for name in ("community", "auth", "auth_key", "priv", "priv_key") if getattr(secret, name)]
    found += [Complaint(name, "", say("belongs to SNMP only; leave it out")) for name in unfit]
    if bool(secret.password) == bool(secret.private_key):
        found.append(Complaint("password", "", say("give a password, or a private key, one of the two")))
    elif secret.password:
        found += _text("password", secret.password, 1, say("a password of 1 to 255 printable characters"))
    elif not _is_private_key(secret.private_key):
        found.append(Complaint("private_key", _HIDDEN, say("not a private key of OpenSSH or PEM without a passphrase")))
    return found


def _is_private_key(text: str) -> bool:
    if len(text) > _KEY_CAP:
        return False
    for load in (serialization.load_ssh_private_key, serialization.load_pem_private_key):
        try:
            load(text.strip().encode() + b"\n", password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        return True
    return False


def _key(name: str, protocol: StrEnum | None, key: str, variable: str) -> list[Complaint]:
    if protocol is None:
        return (
            [
                Complaint(
                    name,
                    _HIDDEN,
                    say("there is a key but no protocol; name {protocol}", protocol=name.removesuffix("_key")),
                )
            ]
            if key
            else []
        )
    remedy = say(
        "a passphrase of {least} characters or more (variable {variable})", least=_SHORTEST_KEY, variable=variable
    )
    return _text(name, key, _SHORTEST_KEY, remedy)


def _text(name: str, value: str, shortest: int, remedy: str, longest: int = _SECRET_CAP) -> list[Complaint]:
    good = shortest <= len(value) <= longest and value.isprintable() and value == value.strip()
    return [] if good else [Complaint(name, _HIDDEN if value else "", remedy)]


def seal(box: SecretBox, secret: CredentialSecret) -> bytes:
    """The sealed form, for the database."""
    values = {name: getattr(secret, name) for name in CredentialSecret.__dataclass_fields__ if getattr(secret, name)}
    return box.seal(json.dumps(values, sort_keys=True).encode())


def open_sealed(box: SecretBox, sealed: bytes) -> CredentialSecret:
    """The secret of a sealed form; an unusable one is for the caller's `SecretBox` to refuse."""
    values = json.loads(box.unseal(sealed))
    return CredentialSecret(
        version=CredentialKind(values["version"]),
        community=values.get("community", ""),
        user=values.get("user", ""),
        auth=AuthProtocol(values["auth"]) if values.get("auth") else None,
        auth_key=values.get("auth_key", ""),
        priv=PrivProtocol(values["priv"]) if values.get("priv") else None,
        priv_key=values.get("priv_key", ""),
        password=values.get("password", ""),
        private_key=values.get("private_key", ""),
    )


def save_credential(
    session: Session, box: SecretBox, actor: Actor, at: datetime, name: str, secret: CredentialSecret
) -> Credential:
    """Create a credential, or replace the secret of the one of this name; the ledger holds that it was, not what.

    Raises:
        InputError: the name or the secret is wrong.
        PermissionRefused: the actor may not write credentials.
    """
    actor.require(Permission.CREDENTIAL_WRITE)
    object_name(name)
    check(secret)
    found = session.scalars(select(Credential).where(Credential.name == name)).one_or_none()
    before = None if found is None else {"name": name, "version": found.kind.value}
    if found is None:
        found = Credential(name=name, kind=secret.version, sealed=seal(box, secret))
        session.add(found)
    else:
        found.kind, found.sealed = secret.version, seal(box, secret)
    session.flush()
    after = {"name": name, "version": secret.version.value, "secret": "replaced" if before else "set"}
    ledger.append(
        session, kind="inventory.credential", subject=name, actor=actor.name, at=at, before=before, after=after
    )
    return found


def remove_credential(session: Session, actor: Actor, at: datetime, name: str) -> None:
    """Forget a credential that no device uses.

    Raises:
        NotFound: no such credential.
        InputError: a device still uses it.
    """
    actor.require(Permission.CREDENTIAL_WRITE)
    found = session.scalars(select(Credential).where(Credential.name == name)).one_or_none()
    if found is None:
        raise _missing(name)
    uses = or_(Device.credential_id == found.id, Device.ssh_credential_id == found.id)
    used = session.scalar(select(func.count()).select_from(Device).where(uses)) or 0
    if used:
        raise InputError(
            "credential_in_use",
            say("The credential {name} is used by {used} devices; give them another first.", name=name, used=used),
            devices=used,
        )
    before = {"name": name, "version": found.kind.value}
    session.delete(found)
    ledger.append(
        session, kind="inventory.credential", subject=name, actor=actor.name, at=at, before=before, after=None
    )


def secret_of(session: Session, box: SecretBox, name: str) -> CredentialSecret:
    """The opened secret of a credential, for asking a device.

    Raises:
        NotFound: no such credential.
    """
    sealed = session.scalar(select(Credential.sealed).where(Credential.name == name))
    if sealed is None:
        raise _missing(name)
    return open_sealed(box, sealed)


def list_credentials(session: Session) -> list[CredentialSummary]:
    """Every credential by name, with the number of devices that use it."""
    rows = session.execute(
        select(Credential.name, Credential.kind, func.count(Device.id))
        .outerjoin(Device, or_(Device.credential_id == Credential.id, Device.ssh_credential_id == Credential.id))
        .group_by(Credential.id, Credential.name, Credential.kind)
        .order_by(Credential.name)
    )
    return [CredentialSummary(name, kind, devices) for name, kind, devices in rows]


def _missing(name: str) -> NotFound:
    shown = clean(name, 63)
    return NotFound(
        "no_such_credential",
        say("There is no credential “{shown}”; create it with: nms credential add {shown}", shown=shown),
        name=shown,
    )
