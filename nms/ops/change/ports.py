"""What a change needs of the world: a session with a device, somewhere to keep texts, who is served, who is alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from nms.ops.change.grammar import Grammar


class Line(Protocol):
    """An open session with a device: `collectors.cli.Terminal`, as far as a change needs it."""

    def running(self) -> str:
        """The whole running configuration."""
        ...

    def configure(self, lines: Sequence[str]) -> str:
        """Send lines in configuration mode; the transcript, redacted."""
        ...

    def save(self) -> None:
        """Keep the running configuration for the next start."""
        ...

    def arm(self, inverse: Sequence[str], after_s: int) -> bool:
        """Let the device take the change back by itself after so many seconds; False: its family cannot."""
        ...

    def disarm(self) -> None:
        """The change stays: the device does not take it back any more. Does nothing when it was not armed."""
        ...

    def blind(self, lines: Sequence[str]) -> None:
        """Type lines in configuration mode into a session that answers no more, without waiting for anything."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What reaches the world.

    `store(device, text, cause, reference)` keeps a configuration that was read. `subscribers(device, within_s)` counts
    now who is served through a device (None: it tells nobody), or raises DeviceError when it does not answer in time.
    `alone(device, reference)` keeps everybody else off a device for minutes, or raises Conflict; what it yields
    holds it on.
    """

    dial: Callable[[str], AbstractContextManager[Line]]
    grammar: Callable[[str], Grammar]
    store: Callable[[str, str, str, str], None]
    subscribers: Callable[[str, float], int | None]
    alone: Callable[[str, str], AbstractContextManager[Callable[[], None]]]
