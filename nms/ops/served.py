"""How many clients a device serves, as a change counts them: by whole readings of it, the sweep's or one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from collectors.base import DeviceReading
from nms.base.errors import DeviceError, NotFound
from nms.base.text import say
from nms.ops.evidence import clients_of


@dataclass(frozen=True, slots=True)
class Served:
    """What one whole reading counted; `at_s` is monotonic, since a wall clock may be stepped in the middle of a change.

    `clients` None: the device answers and tells none. `error`: it did not answer.
    """

    at_s: float
    clients: int | None
    error: DeviceError | None = None


class Counter(Protocol):
    """Who asks devices: `nms.ops.polling.Sweep` in the program that serves, `nms.ops.looking.Looker` in a command."""

    def poll_now(self, name: str) -> None:
        """Have everything asked of one device, at once or soon.

        Raises:
            NotFound: it is not one that is asked.
        """
        ...

    def served(self, name: str) -> Served | None:
        """What the newest whole reading of a device counted; None: there was none yet."""
        ...


def not_asked(name: str) -> NotFound:
    """A device is not one that is asked."""
    return NotFound("no_such_device", say("There is no device “{name}” to poll.", name=name), name=name)


def counted(reading: DeviceReading) -> Served:
    """What a whole reading counts."""
    clients = clients_of(reading.radio)
    return Served(reading.monotonic_s, None if clients is None else int(clients), reading.error)
