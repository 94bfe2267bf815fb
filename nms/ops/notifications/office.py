"""What follows from a notification: it is noted, and it makes us look. It never changes a state: the poll does."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from collectors.notification_names import Look, meaning
from inventory.models import Device
from nms.base.clock import Clock
from nms.base.db import Database
from nms.base.errors import NotFound, StoreUnavailable
from nms.base.settings import Settings
from nms.ops.notifications.models import NotificationGap, NotificationRow
from nms.ops.notifications.receiver import Gap, Notice

log = logging.getLogger(__name__)

LOOK_EVERY_S = 15.0
"""However much a device notifies, it is asked out of turn no more often than this."""
WAITING_MOST = 2_000
"""Notifications that wait for a database that is down; the oldest go, and are counted."""
ROWS_MOST = 500_000


class Office:
    """Takes what was heard. `poll_now` and `backup_soon` take the name of a device."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: Clock,
        poll_now: Callable[[str], None],
        backup_soon: Callable[[str], None],
    ) -> None:
        self._database, self._settings, self._clock = database, settings, clock
        self._poll_now, self._backup_soon = poll_now, backup_soon
        self._looked: dict[str, float] = {}
        self._waiting: deque[tuple[datetime, Notice]] = deque()
        self.unwritten = 0

    def take(self, notices: Sequence[Notice]) -> None:
        """Look at once, then note."""
        at = self._clock.now()
        for notice in notices:
            self._look(notice)
            if len(self._waiting) >= WAITING_MOST:
                self._waiting.popleft()
                self.unwritten += 1
            self._waiting.append((at, notice))
        if self._waiting:
            self._write()

    def note_gap(self, gap: Gap) -> None:
        """Keep a time in which nobody listened."""
        try:
            with self._database.transaction() as session:
                session.add(NotificationGap(started_at=gap.started_at, ended_at=gap.ended_at, why=gap.why.value))
        except StoreUnavailable:
            log.exception("a gap of the notifications is not noted")

    def forget(self) -> None:
        """Apply the retention of events, and a bound on the rows."""
        before = self._clock.now() - timedelta(days=self._settings.history.events_days)
        with self._database.transaction() as session:
            newest = session.scalar(select(func.max(NotificationRow.id))) or 0
            session.execute(
                delete(NotificationRow).where(
                    (NotificationRow.at < before) | (NotificationRow.id <= newest - ROWS_MOST)
                )
            )
            session.execute(delete(NotificationGap).where(NotificationGap.ended_at < before))

    def _look(self, notice: Notice) -> None:
        if meaning(notice.oid).look is Look.BACKUP:
            self._backup_soon(notice.device)
        now_s = self._clock.monotonic_s()
        last_s = self._looked.get(notice.device)
        if last_s is not None and now_s - last_s < LOOK_EVERY_S:
            return
        self._looked[notice.device] = now_s
        try:
            self._poll_now(notice.device)
        except NotFound:  # the sweep has not read the inventory yet, or forgot the device just now
            log.debug("the sweep does not know %s", notice.device)

    def _write(self) -> None:
        names = {notice.device for _, notice in self._waiting}
        try:
            with self._database.transaction() as session:
                found = session.execute(select(Device.name, Device.id).where(Device.name.in_(names)))
                ids = {row.name: row.id for row in found}
                rows = [
                    {
                        "device_id": ids[notice.device],
                        "at": at,
                        "oid": notice.oid,
                        "ticks": notice.ticks,
                        "varbinds": json.dumps(notice.values, ensure_ascii=False),
                        "times": notice.count,
                    }
                    for at, notice in self._waiting
                    if notice.device in ids
                ]
                if rows:
                    session.execute(insert(NotificationRow), rows)
        except StoreUnavailable:
            log.warning("%d notifications wait for the database", len(self._waiting))
            return
        self._waiting.clear()
