"""Devices with a command line in an inventory: what backups and changes are tested on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from unittest.mock import patch

import yaml

from collectors import driver
from collectors.cli import CliTarget, HostKey
from collectors.driver import Driver
from inventory.credentials import CredentialSecret, save_credential
from inventory.models import CredentialKind, Device
from nms.app import bootstrap
from nms.base.clock import Clock, FakeClock
from nms.base.db import Database
from nms.base.permissions import SYSTEM
from nms.base.secrets import SecretBox
from nms.base.settings import ConfigurationSettings, NetworkSettings, Settings
from nms.base.settings_load import load
from nms.ops.configs import access
from nms.ops.configs.backup import Backups
from nms.ops.configs.models import Cause
from tests.fakes.evil_ssh import CAUTIOUS, SCRIPTED, EvilSsh

MANAGED = NetworkSettings((IPv4Network("127.0.0.0/8"),))
HASTE = ConfigurationSettings(connect_s=2.0, login_s=3.0, answer_s=3.0, workers=4)
BOX = SecretBox(b"k" * 32)
_SETTINGS = (
    '[network]\nmanagement = ["127.0.0.0/8"]\n'
    "[configuration]\nnightly = false\nconnect_s = 5\nlogin_s = 20\nanswer_s = 60\n"
)


@dataclass(frozen=True, slots=True)
class Boxes:
    """Servers by the name of their device, and what backs them up."""

    database: Database
    clock: FakeClock
    settings: Settings
    backups: Backups
    servers: dict[str, EvilSsh]

    def id_of(self, device: str) -> int:
        """The id of a device."""
        with self.database.reading() as session:
            return access.access(session, device).device_id

    def pin(self, device: str, key: HostKey | None = None) -> None:
        """Confirm the key that a device has now, or another."""
        with self.database.transaction() as session:
            access.pin(session, SYSTEM, self.clock.now(), device, str(key or self.servers[device].key()))


def add_device(
    database: Database, clock: Clock, target: CliTarget, cli: str, family: str = "", box: SecretBox = BOX
) -> None:
    """A device of the inventory that is reached as this target is; its credential is named after it."""
    secret = CredentialSecret(
        CredentialKind.SSH, user=target.credential.user, password=target.credential.password,
        private_key=target.credential.private_key,
    )  # fmt: skip
    with database.transaction() as session:
        credential = save_credential(session, box, SYSTEM, clock.now(), f"ssh-{target.device}", secret)
        session.add(
            Device(name=target.device, address=target.host, cli=cli, family=family, ssh_port=target.port,
                   ssh_credential_id=credential.id)
        )  # fmt: skip


@contextmanager
def boxes(
    database: Database, settings: Settings, clock: FakeClock, names: Sequence[str], box: SecretBox = BOX
) -> Iterator[Boxes]:
    """Well-behaved servers, each a device of the inventory with its key confirmed; the driver `scripted` is known."""
    known = {**driver.bundled(), SCRIPTED.name: SCRIPTED}
    with ExitStack() as stack:
        stack.enter_context(patch.object(driver, "bundled", lambda: known))
        servers = {name: stack.enter_context(EvilSsh(name=name)) for name in names}
        found = Boxes(database, clock, settings, Backups(database, settings, box, clock), servers)
        for name, server in servers.items():
            add_device(database, clock, server.target(name), SCRIPTED.name, box=box)
            found.pin(name)
        yield found


def home_with_a_box(home: Path, target: CliTarget, key: str, known: Driver) -> None:
    """A folder of state with one device: its key confirmed, backed up once, by this driver."""
    (home / "drivers").mkdir(parents=True, mode=0o700)
    (home / "nms.toml").write_text(_SETTINGS)
    if known.name in (SCRIPTED.name, CAUTIOUS.name):
        told = known.model_dump(mode="json", exclude_none=True)
        (home / "drivers" / f"{known.name}.yaml").write_text(yaml.safe_dump(told))
    context = bootstrap.build(load(home, {}))
    add_device(context.database, context.clock, target, known.name, box=context.box)
    with context.database.transaction() as session:
        access.pin(session, SYSTEM, context.clock.now(), target.device, key)
    done = Backups(context.database, context.settings, context.box, context.clock).run(Cause.MANUAL)
    assert done.outcomes == {"stored": 1}
    context.database.dispose()
