"""The parts put together: who may notify, who listens, and what follows."""

from __future__ import annotations

from collections.abc import Callable

from nms.base import ledger
from nms.base.clock import Clock
from nms.base.db import Database
from nms.base.secrets import SecretBox
from nms.base.settings import Settings
from nms.ops.notifications.engine import next_start
from nms.ops.notifications.office import Office
from nms.ops.notifications.receiver import Heard, Receiver, bind
from nms.ops.notifications.senders import Directory

REFRESH_EVERY_S = 15
NAMES_AGAIN_S = 600.0
"""Names are looked up again after this, whatever the inventory says."""
FORGET_EVERY_S, FORGET_FIRST_S = 3600, 900


class Hearing:
    """Hears while it is started. Made only where the settings name a host to listen at."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        box: SecretBox,
        clock: Clock,
        poll_now: Callable[[str], None],
        backup_soon: Callable[[str], None],
    ) -> None:
        """Bind the socket.

        Raises:
            InputError: it cannot be bound.
        """
        self._database, self._clock = database, clock
        self._directory = Directory(box, settings.network.management, clock)
        self._head: str | None = None
        self._read_s = 0.0
        self.office = Office(database, settings, clock, poll_now, backup_soon)
        sock = bind(settings.notification.host, settings.notification.port)
        self._receiver = Receiver(
            sock, lambda: next_start(settings.home), self.office.take, self.office.note_gap, clock
        )

    @property
    def heard(self) -> Heard:
        """Totals since the start."""
        return self._receiver.heard

    @property
    def port(self) -> int:
        """Where it hears."""
        return self._receiver.port

    @property
    def pid(self) -> int | None:
        """The process that listens, while there is one."""
        return self._receiver.pid

    def start(self) -> None:
        """Begin to hear; nobody may notify before the first `refresh`."""
        self._receiver.start()

    def refresh(self) -> None:
        """Read the senders again when the inventory's journal grew, and now and then for the sake of names."""
        now_s = self._clock.monotonic_s()
        with self._database.reading() as session:
            head = ledger.head(session)
            if head == self._head and now_s - self._read_s < NAMES_AGAIN_S:
                return
            senders = self._directory.read(session)
        self._head, self._read_s = head, now_s
        self._receiver.let(senders)

    def devices(self) -> dict[str, str]:
        """The device that may notify from an address, for addresses of one device alone."""
        return self._directory.alone

    def stop(self) -> None:
        """End the process."""
        self._receiver.stop()
