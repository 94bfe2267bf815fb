"""Who may notify us: the senders of the inventory, each with its own credential; everybody else is counted, no more.

A datagram passes the address of its sender, a pace, its size, its structure, and its community or signature, in this
order: what costs least comes first. What passes is a hint and not a fact, for an address can be forged over v1 and v2c:
it makes us look, and the poll tells what is true.
"""

from __future__ import annotations

import hmac
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from collectors.base import SnmpCredential, SnmpVersion
from collectors.notification import Notification, read_notification
from collectors.snmp_ber import (
    encode_integer,
    encode_message,
    open_community,
    open_message,
    read,
    tlv,
)
from collectors.snmp_guard import MAX_DATAGRAM_OCTETS
from collectors.snmp_usm import (
    NOT_IN_TIME,
    UNKNOWN_ENGINE,
    Engine,
    Keys,
    Sealed,
    is_authentic,
    open_scoped,
    report,
    scoped_pdu,
    seal,
    take_apart,
)
from nms.base.errors import AuthFailed, BadAnswer

PACE_PER_S, BURST = 20, 100
"""Datagrams of one sender that are read, in the long run and at once."""
ENGINES_MOST = 4
"""Engine ids that are remembered of one sender: one, and some for a device that was replaced."""
SOURCES_MOST = 1000
"""Addresses whose refusals are counted one by one; what others lose is counted in sum."""


class Refusal(StrEnum):
    """Why a datagram is not an event."""

    UNKNOWN_SOURCE = "unknown_source"
    PACE = "pace"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    CREDENTIAL = "credential"
    TIME = "time"
    AMBIGUOUS = "ambiguous"
    CROWD = "crowd"


class Refused(Exception):
    """A datagram that is not an event; `answer` is a report that SNMPv3 owes the sender, if any."""

    def __init__(self, why: Refusal, answer: bytes = b"") -> None:
        super().__init__(why.value)
        self.why, self.answer = why, answer


@dataclass(slots=True)
class Sender:
    """A device that may notify us from one address; `port` is where it is polled."""

    device: str
    credential: SnmpCredential
    port: int = 0
    engines: dict[bytes, Engine] = field(default_factory=dict, repr=False)

    def remember(self, engine: Engine) -> None:
        """Keep what a signed message told of an engine; the oldest of a few goes."""
        while engine.engine_id not in self.engines and len(self.engines) >= ENGINES_MOST:
            del self.engines[next(iter(self.engines))]
        self.engines[engine.engine_id] = engine


@dataclass(frozen=True, slots=True)
class Admitted:
    """A notification and the device that may have sent it; `answer` is the datagram that acknowledges an INFORM."""

    device: str
    notification: Notification
    answer: bytes = b""


@dataclass(slots=True)
class _Bucket:
    left: float = BURST
    at_s: float = 0.0


class Door:
    """Judges datagrams and counts those refused, by reason and by address. One thread."""

    def __init__(self, own_engine: Engine) -> None:
        self._own = own_engine
        self._senders: Mapping[str, Sequence[Sender]] = {}
        self._buckets: dict[str, _Bucket] = {}
        self.refused: Counter[Refusal] = Counter()
        self.refused_from: dict[str, Counter[Refusal]] = {}

    def let(self, senders: Mapping[str, Sequence[Sender]]) -> None:
        """From now on these may notify, by address; what is known of their engines stays."""
        known = {(host, s.device, s.credential): s.engines for host, those in self._senders.items() for s in those}
        for host, those in senders.items():
            for sender in those:
                sender.engines = known.get((host, sender.device, sender.credential), sender.engines)
        self._senders = senders
        self._buckets = {host: self._buckets.get(host, _Bucket()) for host in senders}

    def judge(self, data: bytes, host: str, port: int, now_s: float) -> Admitted:
        """Who says what; `now_s` is monotonic.

        Raises:
            Refused: it is not an event, and why; counted already.
        """
        try:
            return self._judge(data, host, port, now_s)
        except Refused as refusal:
            self.count(refusal.why, host)
            raise
        except (BadAnswer, AuthFailed) as error:
            why = Refusal.CREDENTIAL if isinstance(error, AuthFailed) else Refusal.MALFORMED
            self.count(why, host)
            raise Refused(why) from None

    def _judge(self, data: bytes, host: str, port: int, now_s: float) -> Admitted:
        senders = self._senders.get(host)
        if senders is None:
            raise Refused(Refusal.UNKNOWN_SOURCE)
        if not self._in_pace(host, now_s):
            raise Refused(Refusal.PACE)
        if len(data) > MAX_DATAGRAM_OCTETS:
            raise Refused(Refusal.TOO_LARGE)
        version, pos = open_message(data)
        if version == 3:
            return self._judge_v3(data, senders, now_s)
        community, pos = open_community(data, pos)
        notification = read_notification(data, pos, len(data))
        mine = [s for s in senders if _opens(s.credential, version, community)]
        device = _only(mine, port).device
        answer = encode_message(version, community, notification.answer) if notification.answer else b""
        return Admitted(device, notification, answer)

    def _in_pace(self, host: str, now_s: float) -> bool:
        bucket = self._buckets[host]
        if bucket.at_s:
            bucket.left = min(BURST, bucket.left + (now_s - bucket.at_s) * PACE_PER_S)
        bucket.at_s = now_s
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True

    def count(self, why: Refusal, host: str) -> None:
        """Count a datagram that was refused."""
        self.refused[why] += 1
        if host not in self.refused_from and len(self.refused_from) >= SOURCES_MOST:
            host = ""
        self.refused_from.setdefault(host, Counter())[why] += 1

    # ---- SNMPv3 ------------------------------------------------------------------------------------------------

    def _judge_v3(self, data: bytes, senders: Sequence[Sender], now_s: float) -> Admitted:
        """RFC 3414: a trap is under the authority of its sender, an INFORM under ours."""
        sealed = take_apart(data)
        if not sealed.engine_id:
            raise Refused(Refusal.CREDENTIAL, self._report(sealed, UNKNOWN_ENGINE, Keys(b""), now_s))
        is_ours = sealed.engine_id == self._own.engine_id
        for sender in senders:
            if sender.credential.version is not SnmpVersion.V3 or sender.credential.user.encode() != sealed.user:
                continue
            engine = self._own if is_ours else sender.engines.get(sealed.engine_id)
            engine = engine or Engine(sealed.engine_id, 0, 0, now_s)
            keys = engine.keys_of(sender.credential)
            if sealed.flags & 3 != keys.flags or (keys.auth is not None and not is_authentic(sealed, keys)):
                continue
            if not is_ours:
                sender.remember(engine)
            self._check_time(sealed, engine, keys, now_s)
            clear, pos = open_scoped(sealed, keys)
            notification = read_notification(clear, pos, len(clear))
            answer = b""
            if notification.answer:
                scoped = tlv(0x30, _context(sealed, clear, pos) + notification.answer)
                answer = self._seal(sealed, keys, scoped, now_s)
            return Admitted(sender.device, notification, answer)
        raise Refused(Refusal.CREDENTIAL)

    def _check_time(self, sealed: Sealed, engine: Engine, keys: Keys, now_s: float) -> None:
        if keys.auth is None:
            return
        if engine is not self._own:
            if not engine.believe_time(sealed.boots, sealed.time_s, now_s):
                raise Refused(Refusal.TIME)
            return
        if not engine.is_within(sealed.boots, sealed.time_s, now_s):
            raise Refused(Refusal.TIME, self._report(sealed, NOT_IN_TIME, keys.without_privacy(), now_s))

    def _report(self, sealed: Sealed, oid: str, keys: Keys, now_s: float) -> bytes:
        """What a sender of INFORMs needs to learn our engine id and time. No longer than what it answers."""
        return self._seal(sealed, keys, scoped_pdu(self._own.engine_id, report(oid)), now_s)

    def _seal(self, sealed: Sealed, keys: Keys, scoped: bytes, now_s: float) -> bytes:
        return seal(self._own, keys, encode_integer(sealed.number)[2:], scoped, now_s, is_authority=True)


def _context(sealed: Sealed, clear: bytes, pos: int) -> bytes:
    """The context of an INFORM, engine id and name as they stood: its answer must bear the same."""
    at = 0 if clear is not sealed.raw else sealed.data_at
    return clear[read(clear, at, len(clear), 0x30, "a scoped PDU")[0] : pos]


def own_engine(engine_id: bytes, boots: int, now_s: float) -> Engine:
    """Our own engine, under whose authority INFORMs of SNMPv3 come; `boots` grows with every start (RFC 3414 2.2)."""
    return Engine(engine_id, boots, 0, now_s, synced=True)


def new_engine_id() -> bytes:
    """A random engine id of the form that RFC 3411 gives to administrators; no enterprise number is claimed."""
    return b"\x80\x00\x00\x00\x05" + os.urandom(12)


def _opens(credential: SnmpCredential, version: int, community: bytes) -> bool:
    """Whether a community is the device's own. v1 and v2c are one: many are polled by v2c and notify by v1."""
    if credential.version is SnmpVersion.V3 or version not in (0, 1):
        return False
    return hmac.compare_digest(credential.community.encode(), community)


def _only(senders: Sequence[Sender], port: int) -> Sender:
    """The one sender of these; where several share an address, the one that is polled at the port it sends from.

    Raises:
        Refused: none (a wrong community), or nobody can tell which.
    """
    if not senders:
        raise Refused(Refusal.CREDENTIAL)
    if len(senders) == 1:
        return senders[0]
    here = [sender for sender in senders if sender.port == port]
    if len(here) != 1:
        raise Refused(Refusal.AMBIGUOUS)
    return here[0]
