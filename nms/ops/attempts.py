"""What was tried with a device: the last attempts with their outcome, and what its ports did not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from collectors.base import DeviceReading
from nms.base.errors import DeviceError

KEPT = 5
"""Attempts that are remembered of each device."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One poll: when, how long it took, how many requests were lost; `code` and `says` are of its failure, if any."""

    at_s: float
    took_s: float
    sent: int = 0
    lost: int = 0
    code: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What the sweep knows of asking one device; `ports` is what it listed last, `gaps` why a port has no rate now."""

    attempts: tuple[Attempt, ...] = ()
    ports: tuple[str, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)


def attempt(reading: DeviceReading, took_s: float) -> Attempt:
    """The trace of one reading; a failure is named by its code, or by its class where that says more."""
    error = reading.error
    if error is None:
        return Attempt(reading.at_s, took_s, reading.sent, reading.lost)
    return Attempt(reading.at_s, took_s, reading.sent, reading.lost, code_of(error), error.message)


def code_of(error: DeviceError) -> str:
    """The class of a failure and its code, as `AuthFailed/wrong_key`."""
    return f"{type(error).__name__}/{error.code}"


def nothing_tried(_device: str) -> Tried:
    """Where no sweep runs, nothing was tried."""
    return Tried()
