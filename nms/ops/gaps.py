"""What the unmeasured time of a period is made of: works, our own outages, projects, what was never recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nms.base.text import Said, say
from nms.ops.history import Hour
from nms.ops.works import Span, joined

HOUR_S = 3600
JITTER_S = 60
"""A poll that came a little late leaves no gap that needs a cause."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Unmeasured time with one cause: `code` for programs, in words, the spans that it covers, and their seconds."""

    code: str
    says: Said
    do: Said
    spans: tuple[Span, ...]

    @property
    def seconds(self) -> int:
        """How long it is in all."""
        return sum(b - a for a, b in self.spans)


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of the period of one object. `told` are spans with a stored reason: (from, to, code of reason)."""

    start_s: int
    end_s: int
    hours: Sequence[Hour]
    first_known_s: int | None
    works: Sequence[Span]
    planned: Sequence[Span]
    outages: Sequence[Span]
    told: Sequence[tuple[int, int, str]]
    hourly_kept_since_s: int


def gaps(past: Past) -> list[Gap]:
    """The unmeasured time of the period, each second under one cause, the longest first.

    Hours are the grain: an hour with a gap is laid at the place of a known cause, else at the end of the hour.
    """
    known = (
        ("maintenance", past.works),
        ("planned", past.planned),
        ("outage", past.outages),
        *((code, [(a, b) for a, b, its in past.told if its == code]) for code in _codes(past)),
        ("before", _before(past)),
        ("retention", [(past.start_s, min(past.end_s, past.hourly_kept_since_s))]),
    )
    spans: dict[str, list[Span]] = {}
    for a, b, missing_s in unmeasured(past):
        for code, causes in known:
            for c, d in causes:
                first_s, last_s = max(a, c), min(b, d)
                taken_s = min(missing_s, last_s - first_s)
                if taken_s > 0:
                    spans.setdefault(code, []).append((first_s, first_s + taken_s))
                    missing_s -= taken_s
        if missing_s > JITTER_S:
            spans.setdefault("unexplained", []).append((b - missing_s, b))
    found = [Gap(code, *_words(code), tuple(joined(of))) for code, of in spans.items()]
    return sorted(found, key=lambda gap: -gap.seconds)


def unmeasured(past: Past) -> Iterable[tuple[int, int, int]]:
    """Per hour (cut to the period): from, to, and how many of its seconds nothing speaks for."""
    told = {hour.at_s: hour.up_s + hour.degraded_s + hour.down_s + hour.unknown_s for hour in past.hours}
    for at_s in range(past.start_s // HOUR_S * HOUR_S, past.end_s, HOUR_S):
        first_s, last_s = max(at_s, past.start_s), min(at_s + HOUR_S, past.end_s)
        missing_s = last_s - first_s - told.get(at_s, 0)
        if missing_s > JITTER_S:
            yield first_s, last_s, missing_s


def _codes(past: Past) -> list[str]:
    return list(dict.fromkeys(code for _, _, code in past.told))


def _before(past: Past) -> list[Span]:
    """Until its first sample, all of it if there is none."""
    until_s = past.end_s if past.first_known_s is None else min(past.end_s, past.first_known_s)
    return [(past.start_s, until_s)] if until_s > past.start_s else []


def _words(code: str) -> tuple[Said, Said]:
    found = _CAUSES.get(code)
    return found if found is not None else _CAUSES["unexplained"]


_NOTHING = say("Nothing need be done.")
_CAUSES: dict[str, tuple[Said, Said]] = {
    "maintenance": (say("In works: it was not judged, and the time counts neither for nor against."), _NOTHING),
    "planned": (say("Planned: what is not in service yet is not polled."), _NOTHING),
    "outage": (
        say("The program itself did not run, or could not write its history: no device was asked, whatever its state."),
        say("See the log of the program for these times; the silence is ours, not that of the device."),
    ),
    "not_answered": (
        say("The device answered without the measurement by which the object is judged."),
        say("Compare what the device tells with its inventory entry: port, radio index, terminal address."),
    ),
    "never_polled": (
        say("The program ran and had not asked its device yet."),
        _NOTHING,
    ),
    "before": (
        say("Before its first sample: it was not in the inventory yet, or no device was tied to it."),
        _NOTHING,
    ),
    "retention": (
        say("Older than the hourly sums that are kept: only whole days (UTC) remain of it."),
        say("Keep hourly sums for longer: history.hourly_days in the settings."),
    ),
    "unexplained": (
        say("The program ran and recorded nothing of it; why was not stored."),
        say("Look at the changes of the inventory and at the log of these times."),
    ),
}
