"""Opens the credential of a device for the sweep; opened ones are kept in memory only."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy.orm import Session

from collectors.base import SnmpCredential, SnmpVersion
from inventory.credentials import CredentialSecret, open_sealed, secret_of
from inventory.models import CredentialKind
from inventory.queries import PollTarget
from nms.base.errors import NotFound
from nms.base.secrets import SecretBox
from nms.base.text import say


def opened(box: SecretBox, target: PollTarget) -> SnmpCredential:
    """The credential of a device.

    Raises:
        NotFound: the inventory names none: there is no default community.
    """
    if target.sealed is None:
        raise NotFound(
            "no_credential", say("The device {name} has no SNMP credential.", name=target.name), device=target.name
        )
    return _open(box, target.sealed, target.credential)


@lru_cache(maxsize=4096)
def _open(box: SecretBox, sealed: bytes, name: str) -> SnmpCredential:
    return _as_asked(open_sealed(box, sealed), name)


def named(session: Session, box: SecretBox, name: str) -> SnmpCredential:
    """A credential of the inventory, opened.

    Raises:
        NotFound: there is none of this name.
    """
    return _as_asked(secret_of(session, box, name), name)


def _as_asked(secret: CredentialSecret, name: str) -> SnmpCredential:
    if secret.version is CredentialKind.SSH:
        raise NotFound(
            "no_credential", say("The credential {name} is one of SSH, not of SNMP.", name=name), device=name
        )
    return SnmpCredential(
        version=SnmpVersion(secret.version.value),
        community=secret.community,
        user=secret.user,
        auth=secret.auth.value if secret.auth else None,
        auth_key=secret.auth_key,
        priv=secret.priv.value if secret.priv else None,
        priv_key=secret.priv_key,
        name=name,
    )
