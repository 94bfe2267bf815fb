"""Who asks devices and hears of no subscriber from any: for changes of devices that serve nobody."""

from __future__ import annotations

from nms.ops.served import Served


class NoClients:
    """Every device answers at once and tells of none; `asked` are those that were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def poll_now(self, name: str) -> None:
        """Ask it."""
        self.asked.append(name)

    def served(self, name: str) -> Served | None:
        """It has just answered."""
        return Served(float("inf"), None)
