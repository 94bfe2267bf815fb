"""Why an object is not measured, in words: what was tried, what is missing, what to do now.

Pure functions of what the inventory says, what the sweep tried and what the history holds. Only what is known is said:
where nothing explains a silence, that is what is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from inventory.address import Network as Subnet
from inventory.address import parse_endpoint, resolve_checked
from inventory.models import Lifecycle, Reachability
from inventory.queries import PollTarget
from nms.base.clock import PARIS, from_epoch
from nms.base.errors import ForbiddenTarget, InputError
from nms.base.text import Said, say
from nms.ops.attempts import Attempt, Tried
from nms.ops.state import Judgement, Kind
from nms.ops.unmeasured_words import gap_words, of_failure

STANDSTILL_S = 60.0
"""A sweep that ticks each second and has not for so long stands still."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A device whose poll speaks for the object: what the inventory says of it, what was tried, which port counts."""

    target: PollTarget
    tried: Tried
    port: str = ""
    interval_s: int = 60


@dataclass(frozen=True, slots=True)
class Facts:
    """All that an answer draws on. `spoken` is False where the inventory ties the object to no device."""

    kind: Kind
    name: str
    judgement: Judgement
    spoken: bool
    asked: tuple[Asked, ...]
    allowed: tuple[Subnet, ...]
    at: datetime
    last_tick_at: datetime | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer: `code` for programs, `says` what is so, `do` what to do now; the device that it is about."""

    code: str
    says: Said
    do: Said
    device: str = ""
    attempts: tuple[Attempt, ...] = ()


def why(facts: Facts) -> list[Finding]:
    """Every cause that is known, what stops everything first; never empty."""
    found = list(_off(facts)) or [*_standstill(facts), *_untied(facts)]
    if not found or all(finding.code == "sweep_still" for finding in found):
        for asked in facts.asked:
            found += _of_device(asked, facts)
    if not found:
        found.append(
            Finding(
                "not_told",
                say("Its devices answer, and none of them gives the measurement by which this object is judged."),
                say("Compare what the device tells with its inventory entry: port, radio index, terminal address."),
            )
        )
    return found


def _off(facts: Facts) -> Iterator[Finding]:
    """What the inventory itself says: a project, or works."""
    codes = {reason.code for reason in facts.judgement.reasons}
    if "planned" in codes:
        yield Finding(
            "planned",
            say("It is a project in the inventory: what is planned is not polled."),
            say("Put it in service in the inventory once it is built."),
        )
    if "maintenance" in codes:
        yield Finding(
            "maintenance",
            say(
                "It, its device or its site is in works: it is not judged, and the time counts neither for nor against."
            ),
            say("End the works in the inventory once they are done."),
        )


def _standstill(facts: Facts) -> Iterator[Finding]:
    if facts.last_tick_at is None:
        yield Finding(
            "sweep_not_begun",
            say("The program has just started: its sweep has asked nobody yet."),
            say("Wait a minute and open this page again."),
        )
    elif (facts.at - facts.last_tick_at).total_seconds() > STANDSTILL_S:
        yield Finding(
            "sweep_still",
            say(
                "The sweep itself stands still since {since}: nothing is asked, whatever the devices do.",
                since=_when(facts.last_tick_at),
            ),
            say("Read the log of the program and restart it; the silence is ours, not that of the device."),
        )


def _untied(facts: Facts) -> Iterator[Finding]:
    if facts.spoken:
        return
    missing = {
        Kind.LINK: say("No port, sector or terminal is tied to this link, so that no poll speaks of it."),
        Kind.HOTSPOT: say("No device is tied to this hotspot, so that no poll speaks of it."),
    }
    yield Finding(
        "not_tied",
        missing.get(facts.kind, say("No device is tied to it, so that no poll speaks of it.")),
        say("Name its device and its port in the inventory."),
    )


def _of_device(asked: Asked, facts: Facts) -> Iterator[Finding]:
    target, attempts = asked.target, asked.tried.attempts
    found = [*_not_asked(asked, facts), *_refused(asked)][:1]
    if not found and not attempts:
        found = [
            Finding(
                "not_yet_polled",
                say("{device} has not been asked yet since the program started.", device=target.name),
                say("It is asked each {seconds} s; “Poll now” on its page asks at once.", seconds=asked.interval_s),
            )
        ]
    for finding in found or _port(asked):
        yield replace(finding, device=target.name, attempts=attempts)


def _not_asked(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """Reasons why no question can leave for this device."""
    target = asked.target
    if target.lifecycle in (Lifecycle.PLANNED, Lifecycle.RETIRED):
        yield Finding(
            "device_not_in_service",
            say(
                "{device} is not in service in the inventory ({lifecycle}): it is not polled.",
                device=target.name,
                lifecycle=target.lifecycle,
            ),
            say("Put it in service in the inventory once it is built."),
        )
    elif not _inside(target.address, facts.allowed):
        yield Finding(
            "address_not_allowed",
            say(
                "The address {address} of {device} lies outside the management networks: it is never contacted.",
                address=target.address,
                device=target.name,
            ),
            say("Correct the address, or add its network to network.management in the settings and restart."),
        )
    elif target.sealed is None and target.reachability is Reachability.SNMP:
        yield Finding(
            "credential_missing",
            say("{device} has no SNMP credential: there is nothing to ask it with.", device=target.name),
            say("Give it one in the inventory (Credentials)."),
        )


def _refused(asked: Asked) -> Iterator[Finding]:
    """What the last attempt ended with."""
    attempts, device = asked.tried.attempts, asked.target.name
    if not attempts or not attempts[-1].code:
        return
    kind, _, code = attempts[-1].code.partition("/")
    since = _when(from_epoch(_failing_since(attempts)))
    known = of_failure(code, kind, device, since, asked.target.credential or "–")
    if known is None:
        yield Finding(
            "failed",
            say(
                "Asking {device} has failed since {since}: {reason}",
                device=device,
                since=since,
                reason=attempts[-1].says,
            ),
            say("Try `nms probe` with its address: it tells each step."),
        )
        return
    yield Finding(*known)


def _failing_since(attempts: Sequence[Attempt]) -> float:
    """The first of the failures in a row that lead to now, as far as attempts are remembered."""
    since_s = attempts[-1].at_s
    for attempt in reversed(attempts):
        if not attempt.code:
            break
        since_s = attempt.at_s
    return since_s


def _port(asked: Asked) -> Iterator[Finding]:
    """A port that is not where the inventory has it, or whose counters give no rate."""
    port, tried = asked.port, asked.tried
    if not port:
        return
    if port not in tried.ports:
        yield Finding(
            "port_not_listed",
            say(
                "{device} answers and lists no port “{port}” (renamed, or renumbered by a restart); it has: {ports}.",
                device=asked.target.name,
                port=port,
                ports=", ".join(tried.ports[:12]) or "–",
            ),
            say("Correct the port in the inventory; its history starts anew under its right name."),
        )
    elif port in tried.gaps:
        yield Finding(
            "counter_gap",
            say("{device}, port {port}: {gap}", device=asked.target.name, port=port, gap=gap_words(tried.gaps[port])),
            say(
                "Nothing need be done: a rate is shown again at the next poll that can be compared with the one before."
            ),
        )


def _inside(address: str, allowed: tuple[Subnet, ...]) -> bool:
    """Whether a literal address may be contacted; a name is checked when it is resolved."""
    try:
        endpoint = parse_endpoint(address)
        if endpoint.literal is not None:
            resolve_checked(endpoint, allowed)
    except (ForbiddenTarget, InputError):
        return False
    return True


def _when(at: datetime) -> str:
    """An instant as a fact: the reader's page writes it as it writes days."""
    return at.astimezone(PARIS).strftime("%Y-%m-%d %H:%M")
