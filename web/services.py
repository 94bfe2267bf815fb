"""What the web needs from the rest, handed over by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from collectors.families import Families
from nms.base.clock import Clock
from nms.base.db import Database
from nms.base.secrets import SecretBox
from nms.base.settings import Settings
from nms.ops.attempts import Tried, nothing_tried
from nms.ops.change.office import Changes
from nms.ops.configs.backup import Backups
from nms.ops.discovery import Desk
from nms.ops.history import SampleStore
from nms.ops.live import LiveState
from nms.ops.notifications.hearing import Hearing
from spectrum.register import Register


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a page, the API or /metrics may use.

    `families` are all that are known, one's own among them; `poll_now` asks one device at once, `tried` tells how
    asking it went, `backups` reads configurations, `changes` changes them; `hearing`
    listens to what devices notify, where the settings say so.
    """

    settings: Settings
    database: Database
    live: LiveState
    store: SampleStore
    clock: Clock
    box: SecretBox
    poll_now: Callable[[str], None]
    register: Register
    discovery: Desk
    families: Families
    backups: Backups
    changes: Changes
    tried: Callable[[str], Tried] = nothing_tried
    hearing: Hearing | None = None
