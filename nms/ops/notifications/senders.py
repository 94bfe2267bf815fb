"""Who may notify us: the devices of the inventory in service, at the address where they are polled."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from sqlalchemy.orm import Session

from inventory import queries
from inventory.address import Network, parse_endpoint, resolve_checked
from inventory.queries import PollTarget
from nms.base.clock import Clock
from nms.base.errors import NmsError
from nms.base.secrets import SecretBox
from nms.ops.credentials import opened
from nms.ops.notifications.receiver import Senders

log = logging.getLogger(__name__)

NAMES_S = 10.0
"""How long names are looked up at a time; those that are left keep the address that they had."""


class Directory:
    """Makes the table of senders from the inventory; remembers what names stood for."""

    def __init__(self, box: SecretBox, management: Sequence[Network], clock: Clock) -> None:
        self._box, self._management, self._clock = box, management, clock
        self._stood_for: dict[str, tuple[str, int]] = {}
        self.alone: dict[str, str] = {}

    def read(self, session: Session) -> Senders:
        """The table as the process takes it. A device without a usable address or credential is left out."""
        targets = queries.poll_targets(session)
        rows = list(self._rows(targets))
        times = Counter(row[0] for row in rows)
        self.alone = {row[0]: row[2] for row in rows if times[row[0]] == 1}
        return json.dumps(rows, separators=(",", ":")).encode()

    def _rows(self, targets: Sequence[PollTarget]) -> Iterator[tuple[str, int, str, dict[str, object]]]:
        until_s = self._clock.monotonic_s() + NAMES_S
        for target in targets:
            if not target.lifecycle.is_asked:
                continue
            try:
                host, port = self._where(target.address, until_s)
                credential = asdict(opened(self._box, target))
            except NmsError as error:
                log.debug("no notifications of %s: %s", target.name, error.message)
                continue
            yield host, port, target.name, credential

    def _where(self, address: str, until_s: float) -> tuple[str, int]:
        endpoint = parse_endpoint(address)
        known = self._stood_for.get(address)
        if endpoint.literal is None and known is not None and self._clock.monotonic_s() > until_s:
            return known
        found = self._stood_for[address] = resolve_checked(endpoint, self._management)
        return found
