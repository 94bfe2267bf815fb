"""The user-based security model of SNMPv3: keys, sealing of requests, checking and opening of answers. No I/O.

Sources: RFC 3412 (message), RFC 3414 (USM, SHA-1), RFC 7860 (SHA-2), RFC 3826 (AES-128 CFB); AES-192 and AES-256 with a
shorter digest stretch the key as draft-blumenthal-aes-usm-04 says, which is what net-snmp does.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from collectors.base import SnmpCredential
from collectors.snmp_ber import REPORT, encode_integer, encode_oid, open_message, read, read_integer, tlv
from collectors.snmp_guard import undecodable
from nms.base.errors import AuthFailed, BadAnswer
from nms.base.text import say

TIME_WINDOW_S = 150
MAX_BOOTS = 2**31 - 1
_AUTH_FLAG, _PRIV_FLAG, _REPORTABLE = 1, 2, 4
UNKNOWN_ENGINE, NOT_IN_TIME = "1.3.6.1.6.3.15.1.1.4.0", "1.3.6.1.6.3.15.1.1.2.0"
"""usmStatsUnknownEngineIDs and usmStatsNotInTimeWindows: what an authority reports."""
_MIB_OCTETS = 1_048_576


class AuthProtocol(NamedTuple):
    """Name in hashlib, octets of the digest that travel, octets of the key."""

    digest: str
    kept: int
    key: int


AUTH_PROTOCOLS = {
    "SHA1": AuthProtocol("sha1", 12, 20),
    "SHA224": AuthProtocol("sha224", 16, 28),
    "SHA256": AuthProtocol("sha256", 24, 32),
    "SHA384": AuthProtocol("sha384", 32, 48),
    "SHA512": AuthProtocol("sha512", 48, 64),
}
PRIV_KEY_OCTETS = {"AES128": 16, "AES192": 24, "AES256": 32}


# ---- keys ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def master_key(digest: str, passphrase: str) -> bytes:
    """Ku: the digest of the passphrase repeated to one mebibyte (RFC 3414 A.2). Costs milliseconds, hence kept."""
    text = passphrase.encode()
    repeated = text * (_MIB_OCTETS // len(text) + 1)
    return hashlib.new(digest, repeated[:_MIB_OCTETS]).digest()


def localise(digest: str, key: bytes, engine_id: bytes) -> bytes:
    """Kul: the key of one engine, so that one device's key opens no other."""
    return hashlib.new(digest, key + engine_id + key).digest()


def stretch(digest: str, key: bytes, octets: int) -> bytes:
    """A localised key made long enough for its cipher: Kul, then digests of all so far."""
    while len(key) < octets:
        key += hashlib.new(digest, key).digest()
    return key[:octets]


@dataclass(slots=True)
class Keys:
    """What one credential needs at one engine. `proven` once an answer was believed. `repr` shows no key."""

    user: bytes
    auth: AuthProtocol | None = None
    auth_key: bytes = field(default=b"", repr=False)
    priv_key: bytes = field(default=b"", repr=False)
    proven: bool = False

    @property
    def flags(self) -> int:
        """The security level as message flags."""
        return (_AUTH_FLAG if self.auth else 0) | (_PRIV_FLAG if self.priv_key else 0)

    def without_privacy(self) -> Keys:
        """The same user, authenticated only."""
        return Keys(self.user, self.auth, self.auth_key)


def keys_for(credential: SnmpCredential, engine_id: bytes) -> Keys:
    """Localised keys of a credential.

    Raises:
        AuthFailed: an unknown algorithm, a passphrase under 8 characters, or privacy without authentication.
    """
    user = credential.user.encode()
    if not 1 <= len(user) <= 32:
        raise AuthFailed("snmp_bad_credential", say("The SNMPv3 user must have 1 to 32 bytes."))
    if credential.auth is None:
        if credential.priv is not None:
            raise AuthFailed("snmp_bad_credential", say("Privacy without authentication does not exist in SNMPv3."))
        return Keys(user)
    auth = AUTH_PROTOCOLS.get(credential.auth)
    if auth is None:
        raise _unsupported(say("authentication"), credential.auth, list(AUTH_PROTOCOLS))
    auth_key = _local_key(auth.digest, credential.auth_key, engine_id, say("authentication"))
    if credential.priv is None:
        return Keys(user, auth, auth_key)
    octets = PRIV_KEY_OCTETS.get(credential.priv)
    if octets is None:
        raise _unsupported(say("privacy"), credential.priv, list(PRIV_KEY_OCTETS))
    priv_key = _local_key(auth.digest, credential.priv_key, engine_id, say("privacy"))
    return Keys(user, auth, auth_key, stretch(auth.digest, priv_key, octets))


def _local_key(digest: str, passphrase: str, engine_id: bytes, what: str) -> bytes:
    if len(passphrase) < 8:
        raise AuthFailed(
            "snmp_bad_credential", say("The {what} passphrase needs 8 characters or more.", what=what), what=what
        )
    return localise(digest, master_key(digest, passphrase), engine_id)


def _unsupported(what: str, name: str, known: list[str]) -> AuthFailed:
    return AuthFailed(
        "snmp_unsupported_algorithm",
        say("No {what} by {name} is known; known are: {known}.", what=what, name=name, known=", ".join(known)),
        what=what,
    )


# ---- engines -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Engine:
    """What is known of the engine at one address. `synced` once an authenticated message told its time.

    `seen_s` is the engine's latest time and `at_s` ours (monotonic) when it came.
    """

    engine_id: bytes
    boots: int
    seen_s: int
    at_s: float
    synced: bool = False
    keys: dict[SnmpCredential, Keys] = field(default_factory=dict, repr=False)

    def time_s(self, now_s: float) -> int:
        """The engine's time now, as far as we know."""
        return min(max(self.seen_s + int(now_s - self.at_s), 0), MAX_BOOTS)

    def is_within(self, boots: int, time_s: int, now_s: float) -> bool:
        """Whether a message under this engine's own authority is in its time window (RFC 3414 3.2 7a)."""
        return boots == self.boots and abs(time_s - self.time_s(now_s)) <= TIME_WINDOW_S

    def keys_of(self, credential: SnmpCredential) -> Keys:
        """The credential's keys here, computed once.

        Raises:
            AuthFailed: the credential cannot be used.
        """
        keys = self.keys.get(credential)
        if keys is None:
            keys = self.keys[credential] = keys_for(credential, self.engine_id)
        return keys

    def believe_time(self, boots: int, seen_s: int, now_s: float) -> bool:
        """Take the time of an authenticated message; False when it is out of the window (RFC 3414 3.2 7b)."""
        if self.synced:
            late = seen_s < self.time_s(now_s) - TIME_WINDOW_S
            if boots == MAX_BOOTS or boots < self.boots or (boots == self.boots and late):
                return False
            if boots == self.boots and seen_s <= self.seen_s:
                return True
        self.boots, self.seen_s, self.at_s, self.synced = boots, seen_s, now_s, True
        return True


# ---- messages ------------------------------------------------------------------------------------------------------


def seal(
    engine: Engine, keys: Keys, number: bytes, scoped: bytes, now_s: float, *, is_authority: bool = False
) -> bytes:
    """A v3 message with its scoped PDU, encrypted and signed as far as the keys go.

    `number` is the msgID, the content of an INTEGER. A request, unless `is_authority`: then it is an answer or a report
    of `engine` itself, which nobody reports on and which tells its time signed or not (RFC 3414 3.1).
    """
    flags = keys.flags
    boots, time_s = (engine.boots, engine.time_s(now_s)) if flags or is_authority else (0, 0)
    salt = b""
    if keys.priv_key:
        salt = os.urandom(8)
        cipher = Cipher(AES(keys.priv_key), CFB(_vector(boots, time_s, salt))).encryptor()
        scoped = tlv(0x04, cipher.update(scoped) + cipher.finalize())
    kept = keys.auth.kept if keys.auth else 0
    parameters = b"".join(
        (
            tlv(0x04, engine.engine_id),
            encode_integer(boots),
            encode_integer(time_s),
            tlv(0x04, keys.user),
            tlv(0x04, bytes(kept)),
            tlv(0x04, salt),
        )
    )
    told = bytes((flags if is_authority else flags | _REPORTABLE,))
    header = tlv(0x30, tlv(0x02, number) + b"\x02\x02\x20\x00\x04\x01" + told + b"\x02\x01\x03")
    message = tlv(0x30, b"\x02\x01\x03" + header + tlv(0x04, tlv(0x30, parameters)) + scoped)
    if keys.auth is None:
        return message
    end = len(message) - len(scoped) - len(salt) - 2
    digest = hmac.digest(keys.auth_key, message, keys.auth.digest)[:kept]
    return message[: end - kept] + digest + message[end:]


def _vector(boots: int, time_s: int, salt: bytes) -> bytes:
    return boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt


class Sealed(NamedTuple):
    """A v3 answer taken apart, nothing in it believed yet. `digest_at` and `data_at` are positions in `raw`."""

    raw: bytes
    number: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    digest_at: int
    digest: bytes
    salt: bytes
    data_at: int


def take_apart(raw: bytes) -> Sealed:
    """The fields of a v3 message.

    Raises:
        BadAnswer: the structure does not hold.
    """
    version, pos = open_message(raw)
    if version != 3:
        raise undecodable(f"version number {version} in answer to 3")
    start, pos = read(raw, pos, len(raw), 0x30, "a v3 header")
    number, start = read_integer(raw, start, pos, "msgID")
    _, start = read_integer(raw, start, pos, "msgMaxSize")
    start, stop = read(raw, start, pos, 0x04, "msgFlags")
    if stop - start != 1:
        raise undecodable("msgFlags is not one byte")
    flags = raw[start]
    model, stop = read_integer(raw, stop, pos, "msgSecurityModel")
    if model != 3 or stop != pos:
        raise undecodable(f"security model {model}")
    start, data_at = read(raw, pos, len(raw), 0x04, "security parameters")
    pos, end = read(raw, start, data_at, 0x30, "USM parameters")
    if end != data_at:
        raise undecodable("bytes after the USM parameters")
    start, stop = read(raw, pos, end, 0x04, "an engine id")
    engine_id = raw[start:stop]
    boots, stop = read_integer(raw, stop, end, "engine boots")
    time_s, stop = read_integer(raw, stop, end, "engine time")
    start, stop = read(raw, stop, end, 0x04, "a user")
    user = raw[start:stop]
    digest_at, stop = read(raw, stop, end, 0x04, "a digest")
    digest = raw[digest_at:stop]
    start, stop = read(raw, stop, end, 0x04, "a salt")
    if stop != end or boots < 0 or time_s < 0:
        raise undecodable("odd USM parameters")
    return Sealed(raw, number, flags, engine_id, boots, time_s, user, digest_at, digest, raw[start:stop], data_at)


def is_authentic(sealed: Sealed, keys: Keys) -> bool:
    """Whether the digest is the key's own, compared in constant time."""
    if keys.auth is None or not sealed.flags & _AUTH_FLAG or len(sealed.digest) != keys.auth.kept:
        return False
    raw, at = sealed.raw, sealed.digest_at
    blank = raw[:at] + bytes(keys.auth.kept) + raw[at + keys.auth.kept :]
    return hmac.compare_digest(hmac.digest(keys.auth_key, blank, keys.auth.digest)[: keys.auth.kept], sealed.digest)


def open_scoped(sealed: Sealed, keys: Keys) -> tuple[bytes, int]:
    """The scoped PDU in the clear, cut to its own length, and where its PDU stands.

    Raises:
        BadAnswer: it cannot be read. AuthFailed: it cannot be decrypted.
    """
    if not sealed.flags & _PRIV_FLAG:
        return sealed.raw, _pdu_at(sealed.raw, sealed.data_at, len(sealed.raw))
    start, stop = read(sealed.raw, sealed.data_at, len(sealed.raw), 0x04, "encrypted data")
    if len(sealed.salt) != 8 or not keys.priv_key or stop != len(sealed.raw):
        raise undecodable("odd encryption")
    vector = _vector(sealed.boots, sealed.time_s, sealed.salt)
    cipher = Cipher(AES(keys.priv_key), CFB(vector)).decryptor()
    clear = cipher.update(sealed.raw[start:stop]) + cipher.finalize()
    try:
        _, stop = read(clear, 0, len(clear), 0x30, "a scoped PDU")
        clear = clear[:stop]
        return clear, _pdu_at(clear, 0, stop)
    except BadAnswer:
        raise AuthFailed(
            "snmp_wrong_priv_key", say("The answer cannot be decrypted: the privacy key or algorithm is wrong.")
        ) from None


def _pdu_at(data: bytes, pos: int, end: int) -> int:
    start, stop = read(data, pos, end, 0x30, "a scoped PDU")
    if stop != end:
        raise undecodable("bytes after the scoped PDU")
    _, start = read(data, start, stop, 0x04, "a context engine id")
    _, start = read(data, start, stop, 0x04, "a context name")
    return start


def report(oid: str) -> bytes:
    """The PDU of a report that names a counter."""
    row = tlv(0x30, encode_oid(oid) + b"\x41\x01\x01")
    return tlv(REPORT, encode_integer(0) * 3 + tlv(0x30, row))


def scoped_pdu(engine_id: bytes, pdu: bytes, context: bytes = b"") -> bytes:
    """A PDU in a context of an engine, the default one unless named."""
    return tlv(0x30, tlv(0x04, engine_id) + tlv(0x04, context) + pdu)
