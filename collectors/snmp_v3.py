"""How a v3 question finds its answer: discovery, time, and every refusal as one `AuthFailed` that says which.

Nothing here falls back to another version, and an unsigned report can make one call fail but never changes what is
known of an engine's time.
"""

from __future__ import annotations

from collectors.snmp_ber import GET, REPORT, Pdu, decode_pdu, encode_names
from collectors.snmp_call import Call
from collectors.snmp_guard import undecodable
from collectors.snmp_question import Question
from collectors.snmp_usm import Engine, Keys, Sealed, is_authentic, open_scoped, scoped_pdu, seal, take_apart
from collectors.snmp_wire import Address
from nms.base.errors import AuthFailed, BadAnswer, DeviceError, Timeout
from nms.base.text import say

_USM_STATS = "1.3.6.1.6.3.15.1.1."
_UNKNOWN_CONTEXTS = "1.3.6.1.6.3.12.1.5"
_UNSUPPORTED_LEVEL, _NOT_IN_WINDOW, _UNKNOWN_USER, _UNKNOWN_ENGINE, _WRONG_DIGEST, _DECRYPTION, _UNKNOWN_CONTEXT = (
    range(1, 8)
)
_REFUSALS = {
    _UNSUPPORTED_LEVEL: ("snmp_unsupported_level", "The device does not know this user at this security level."),
    _NOT_IN_WINDOW: ("snmp_not_in_time_window", "The device says that our idea of its time is out of its window."),
    _UNKNOWN_USER: ("snmp_wrong_user", "The device does not know this SNMPv3 user."),
    _UNKNOWN_ENGINE: ("snmp_engine_changed", "The engine id of the device keeps changing."),
    _WRONG_DIGEST: ("snmp_wrong_auth_key", "The authentication key or algorithm is wrong."),
    _DECRYPTION: ("snmp_wrong_priv_key", "The privacy key or algorithm is wrong."),
    _UNKNOWN_CONTEXT: ("snmp_unknown_context", "The device has no context of that name."),
}
_SYS_UP_TIME = Question(GET, encode_names(("1.3.6.1.2.1.1.3.0",)))
_NOTHING = Question(GET, encode_names(()))
_MAX_EXCHANGES = 4


class Engines(dict[Address, Engine]):
    """What is known of v3 engines by address. May be kept from one client to the next."""


async def ask_v3(engines: Engines, call: Call, question: Question) -> tuple[int, bytes, int]:
    """Request-id, clear bytes and where the response PDU stands in them.

    Raises:
        AuthFailed: user, key, privacy, time or engine refused, and which. Also Timeout, BadAnswer, Unreachable.
    """
    credential = call.target.credential
    engine = engines.get(call.address) or await _discover(engines, call)
    keys = engine.keys_of(credential)
    moved = resynced = False
    for _ in range(_MAX_EXCHANGES):
        try:
            number, sealed = await _transmit(call, engine, keys, question)
        except Timeout:
            await _explain_silence(engines, call, engine, keys)
            raise
        clear, pos = judge(call, engine, keys, sealed)
        if clear[pos] != REPORT:
            keys.proven = True
            return number, clear, pos
        cause = _cause(decode_pdu(clear, pos, len(clear)))
        if cause == _NOT_IN_WINDOW and not resynced and engine.synced:
            resynced = True
        elif cause == _UNKNOWN_ENGINE and not moved:
            moved = True
            engine = await _discover(engines, call)
            keys = engine.keys_of(credential)
        else:
            raise _refusal(cause)
    raise AuthFailed("snmp_report_loop", say("The device answers every request with another report."))


async def _discover(engines: Engines, call: Call) -> Engine:
    """Learn the engine id by an empty question; its boots and time are only a hint until a signed message tells."""
    nobody = Engine(b"", 0, 0, call.loop.time())
    _, sealed = await _transmit(call, nobody, Keys(b""), _NOTHING)
    if not 5 <= len(sealed.engine_id) <= 32:
        raise undecodable(f"an engine id of {len(sealed.engine_id)} bytes")
    clear, pos = open_scoped(sealed, Keys(b""))
    if clear[pos] != REPORT:
        raise undecodable("a report expected in answer to discovery")
    engine = Engine(sealed.engine_id, sealed.boots, sealed.time_s, call.loop.time())
    engines[call.address] = engine
    return engine


async def _transmit(
    call: Call, engine: Engine, keys: Keys, question: Question, tries: int | None = None
) -> tuple[int, Sealed]:
    number = call.wire.new_id()
    octets = number.to_bytes(4, "big")
    context = call.target.credential.context.encode()
    scoped = scoped_pdu(engine.engine_id, b"".join((question.head, octets, question.tail)), context)
    raw = await call.transmit(number, lambda: seal(engine, keys, octets, scoped, call.loop.time()), tries)
    try:
        return number, take_apart(raw)
    except BadAnswer:
        call.wire.stats.malformed += 1
        raise


def judge(call: Call, engine: Engine, keys: Keys, sealed: Sealed) -> tuple[bytes, int]:
    """The answer in the clear, once it is signed by our user at this engine, in time, at the level of the question.

    A report may come unsigned; it can only refuse.
    """
    authentic = is_authentic(sealed, keys)
    if sealed.flags & 3 and not authentic:
        raise _forged(call)
    clear, pos = open_scoped(sealed, keys)
    if pos >= len(clear):
        raise undecodable("no PDU inside")
    is_report = clear[pos] == REPORT
    if keys.auth is not None and not authentic:
        if is_report:
            return clear, pos
        raise _forged(call)
    if sealed.engine_id != engine.engine_id or sealed.user != keys.user:
        if is_report:
            return clear, pos
        raise undecodable("an answer of another engine or user")
    if not is_report and sealed.flags & 3 != keys.flags:
        raise undecodable("an answer at another security level than the question")
    if authentic and not _in_time(engine, sealed, call.loop.time(), is_report):
        raise AuthFailed("snmp_not_in_time_window", say("The answer is out of the time window: an old one, replayed?"))
    return clear, pos


def _forged(call: Call) -> AuthFailed:
    call.wire.stats.malformed += 1
    return AuthFailed("snmp_unsigned_answer", say("The answer is not signed with the key of this user."))


def _in_time(engine: Engine, sealed: Sealed, now_s: float, is_report: bool) -> bool:
    """Judge and take the engine's time; a signed report may set it back once, as after a restored backup."""
    if is_report:
        engine.synced = False
    return engine.believe_time(sealed.boots, sealed.time_s, now_s)


def _cause(report: Pdu) -> int:
    """Which counter a report names (1 to 6 of usmStats, 7 for an unknown context); 0 for anything else."""
    for row in report.varbinds:
        if row.oid.startswith(_UNKNOWN_CONTEXTS):
            return _UNKNOWN_CONTEXT
        if row.oid.startswith(_USM_STATS):
            arc = row.oid.removeprefix(_USM_STATS).partition(".")[0]
            return int(arc)
    return 0


def _refusal(cause: int) -> AuthFailed:
    code, text = _REFUSALS.get(cause, ("snmp_report", "The device answers with a report that names no known cause."))
    return AuthFailed(code, text)


async def _explain_silence(engines: Engines, call: Call, engine: Engine, keys: Keys) -> None:
    """Tell a wrong privacy key, which some agents drop in silence, from a device that is gone.

    An engine that was just discovered and keeps silent is asked once more signed but not encrypted: any answer shows
    that only the encryption was the trouble. Otherwise the engine is forgotten, so that the next poll starts anew.

    Raises:
        AuthFailed: `snmp_wrong_priv_key`.
    """
    if keys.priv_key and not keys.proven:
        bare = keys.without_privacy()
        try:
            _, sealed = await _transmit(call, engine, bare, _SYS_UP_TIME, tries=1)
            judge(call, engine, bare, sealed)
        except DeviceError:
            engines.pop(call.address, None)
        else:
            raise AuthFailed(
                "snmp_wrong_priv_key",
                say(
                    "The device knows this user but is silent to encrypted questions: the privacy key or algorithm is "
                    "wrong (or the device has no context of that name)."
                ),
            )
        return
    engines.pop(call.address, None)
