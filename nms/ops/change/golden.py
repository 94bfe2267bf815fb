"""What the golden blocks say for one device, filled in from the inventory, even where it conforms or was never read.

For people who look: nothing that a driver knows as a secret is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from sqlalchemy.orm import Session

from collectors.driver import Driver
from nms.base.secrets import SecretBox
from nms.base.text import Said, say
from nms.ops.change import fleet, intents
from nms.ops.change.intents import Rendered
from nms.ops.change.prepare import Subject
from nms.ops.configs import access, store

_UNHIDDEN = say(
    "nothing tells how this device is talked to, and so what in these lines is a secret: name its command line in the"
    " inventory"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a block as it would be entered; `tells` None: nothing is known of what it would change."""

    text: str
    tells: bool | None


@dataclass(frozen=True, slots=True)
class Block:
    """One block for one device. `extra` are lines of the device that it would take away; `differ` lines in all.

    `why` tells what cannot be judged, or not shown.
    """

    name: str
    label: str
    lines: tuple[Line, ...]
    extra: str
    differ: int
    why: Said | str

    @property
    def conforms(self) -> bool:
        """Whether entering it would change nothing."""
        return not (self.why or self.differ)


@dataclass(frozen=True, slots=True)
class Golden:
    """Every block that is for a device; `broken` are complaints about files that cannot be used.

    Compared with its newest version `version_id`, which it had at `seen_at`; None: it was never read.
    """

    device: str
    label: str
    blocks: tuple[Block, ...]
    broken: tuple[str, ...]
    version_id: int | None
    seen_at: datetime | None

    @property
    def conforms(self) -> bool:
        """Whether it says all that it should, as far as every file of blocks can be used."""
        return not self.broken and all(block.conforms for block in self.blocks)

    @property
    def differ(self) -> int:
        """Lines that entering all of them would change."""
        return sum(block.differ for block in self.blocks)


def golden(session: Session, box: SecretBox, texts: Mapping[str, bytes], name: str) -> Golden:
    """What a device should say by the blocks of these files (`intents.files`).

    Raises:
        NotFound: there is no such device. StoreUnavailable: its configuration is sealed under another key.
    """
    loaded, broken = intents.load(texts)
    of, facts = access.access(session, name), fleet.facts(session, [name])[name]
    driver, newest = fleet.driver_of(of), store.latest(session, of.device_id)
    subject = Subject(name, store.text_of(box, newest), fleet.family_of(of)) if newest else None
    chosen = [intent for intent in loaded if intent.chooses(facts, driver.name if driver else "")]
    blocks = (_block(one, driver) for one in intents.rendered(chosen, name, facts, subject))
    read = (newest.id, newest.seen_at) if newest else (None, None)
    return Golden(name, of.label, tuple(blocks), tuple(broken), *read)


def _block(one: Rendered, driver: Driver | None) -> Block:
    told = one.intent.name, one.intent.label
    if driver is None:
        return Block(*told, (), "", one.stands.differ, _UNHIDDEN if one.lines else one.stands.why)
    shown = driver.redact("\n".join(one.lines)).split("\n") if one.lines else []
    lines = tuple(Line(*pair) for pair in zip_longest(shown, one.telling))
    return Block(*told, lines, driver.redact("\n".join(one.stands.extra)), one.stands.differ, one.stands.why)
