"""The SNMP client of the program: GET and bounded walks over v1, v2c and v3, many devices at once.

    async with open_client() as client:
        answer = await client.get_values(target, prepare(oids))     # the sweep: cheapest
        verdicts = await client.get(target, oids)                   # one VarBind per OID
        walk = await client.walk(target, "1.3.6.1.2.1.2.2.1.2")

Every failure is a `DeviceError`; nothing falls back from v3 to v2c. See docs/decisions/002-snmp-engine.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from collectors.base import SnmpTarget, SnmpVersion, ValueKind, VarBind, Walk
from collectors.snmp_ber import (
    AUTHORIZATION_ERROR,
    GETBULK,
    GETNEXT,
    NO_ERROR,
    NO_SUCH_NAME,
    TOO_BIG,
    Pdu,
    decode_pdu,
    encode_integer,
    encode_names,
    error_name,
    open_community,
    open_message,
    tlv,
)
from collectors.snmp_call import Call
from collectors.snmp_guard import undecodable
from collectors.snmp_question import Answer, Prepared, Question, cut, prepare, read_usual
from collectors.snmp_v3 import Engines, ask_v3
from collectors.snmp_wire import Address, Stats, Wire
from nms.base.errors import AuthFailed, BadAnswer, DeviceError, InputError, WalkAbandoned
from nms.base.text import say

__all__ = ["Answer", "CheckedClient", "Engines", "Prepared", "open_client", "prepare"]

_EMPTY_KINDS = frozenset({ValueKind.NO_SUCH_OBJECT, ValueKind.NO_SUCH_INSTANCE, ValueKind.END_OF_VIEW})


@asynccontextmanager
async def open_client(engines: Engines | None = None) -> AsyncIterator[CheckedClient]:
    """A client for this event loop; `engines` carries what is known of v3 engines from one client to the next."""
    client = CheckedClient(engines)
    try:
        yield client
    finally:
        client.close()


class Limits(dict[Address, list[int]]):
    """How much a device bears at once, learnt from `tooBig` and from answers too large; doubled again after a while."""

    PATIENCE = 100

    def at(self, address: Address, wanted: int) -> int:
        """At most `wanted`, less where less was learnt."""
        learnt = self.get(address)
        if learnt is None:
            return wanted
        learnt[1] -= 1
        if learnt[1] <= 0:
            learnt[:] = [learnt[0] * 2, self.PATIENCE]
            if learnt[0] >= wanted:
                del self[address]
        return min(learnt[0], wanted)

    def lower(self, address: Address, most: int) -> None:
        """Learn that a device bears no more than `most`."""
        known = self.get(address)
        self[address] = [min(most, known[0]) if known else most, self.PATIENCE]


class CheckedClient:
    """Guarded decoding, a verdict per value, one socket per address family. Fulfils `collectors.base.SnmpClient`."""

    def __init__(self, engines: Engines | None = None) -> None:
        self.stats = Stats()
        self.engines = engines if engines is not None else Engines()
        self._wire = Wire(self.stats)
        self._most_names = Limits()
        self._most_rows = Limits()

    def close(self) -> None:
        """Close the sockets."""
        self._wire.close()

    async def get(self, target: SnmpTarget, oids: Sequence[str]) -> dict[str, VarBind]:
        """One value or verdict per asked OID; splits on `tooBig`.

        Raises:
            DeviceError: the device did not answer, or its answer as a whole cannot be believed.
        """
        return (await self.get_values(target, prepare(tuple(oids)))).as_varbinds()

    async def get_values(self, target: SnmpTarget, prepared: Prepared) -> Answer:
        """The same as `get` in the order of the prepared OIDs, without an object per value: for the sweep.

        Raises:
            DeviceError: as `get`.
        """
        call = Call(self._wire, target)
        if len(prepared.parts) == 1 and call.address not in self._most_names:
            answer = await self._get_part(call, prepared)
        else:
            answer = await self._get_parts(call, prepared)
        answer.rtt_s, answer.sent, answer.lost = call.rtt_s, call.sent, call.lost
        return answer

    async def walk(self, target: SnmpTarget, root: str, *, row_cap: int = 10_000, bulk: int = 20) -> Walk:
        """The subtree below `root`: rising OIDs, at most `row_cap` rows, overall deadline.

        A failure before the first row is raised; later, it is `Walk.stopped` and the rows so far are kept.

        Raises:
            DeviceError: there is no row, and the subtree is not known to be empty.
        """
        rows: list[VarBind] = []
        try:
            await self._walk(Call(self._wire, target), root, rows, row_cap, bulk)
        except DeviceError as error:
            if not rows:
                raise
            return Walk(tuple(rows), error)
        return Walk(tuple(rows))

    # ---- GET ---------------------------------------------------------------------------------------------------

    async def _get_parts(self, call: Call, prepared: Prepared) -> Answer:
        most = self._most_names.at(call.address, len(prepared.oids))
        answer = Answer(prepared.oids, [], [])
        for part in prepared.parts:
            for oids in cut(part.oids, most):
                piece = await self._get_part(call, prepare(oids))
                answer.reasons.update((len(answer.values) + at, why) for at, why in piece.reasons.items())
                answer.values += piece.values
                answer.kinds += piece.kinds
        return answer

    async def _get_part(self, call: Call, prepared: Prepared) -> Answer:
        try:
            number, data, pos = await self._ask(call, prepared)
        except BadAnswer as error:
            if error.code != "snmp_answer_too_large" or len(prepared.oids) == 1:
                raise
            return _answer(prepared, await self._halve(call, prepared.oids))
        usual = read_usual(data, pos, number, prepared.shape)
        if usual is not None:
            return Answer(prepared.oids, *usual)
        pdu = self._read(data, pos, number)
        return _answer(prepared, await self._judge(call, prepared.oids, pdu))

    async def _judge(self, call: Call, oids: tuple[str, ...], pdu: Pdu) -> dict[str, VarBind]:
        """A verdict per OID from an answer that is not the usual one; what it left out is asked again."""
        if pdu.error == NO_ERROR:
            return self._match(oids, pdu.varbinds)
        if pdu.error == AUTHORIZATION_ERROR:
            raise AuthFailed("snmp_not_authorized", say("The device does not let this user read (authorizationError)."))
        if pdu.error == TOO_BIG and len(oids) > 1:
            return await self._halve(call, oids)
        place = pdu.index if 1 <= pdu.index <= len(oids) else 1 if len(oids) == 1 else 0
        if not place:
            return await self._halve(call, oids)
        refused = oids[place - 1]
        kind = ValueKind.NO_SUCH_OBJECT if pdu.error == NO_SUCH_NAME else ValueKind.BAD
        reason = "" if pdu.error == NO_SUCH_NAME else f"the device answers {error_name(pdu.error)}"
        rest = oids[: place - 1] + oids[place:]
        verdicts = await self._get_again(call, rest) if rest else {}
        return {**verdicts, refused: VarBind(refused, kind, None, reason)}

    async def _halve(self, call: Call, oids: tuple[str, ...]) -> dict[str, VarBind]:
        """Ask in two halves, and remember for the next poll that this device wants less at once."""
        half = (len(oids) + 1) // 2
        self._most_names.lower(call.address, half)
        return {**await self._get_again(call, oids[:half]), **await self._get_again(call, oids[half:])}

    async def _get_again(self, call: Call, oids: tuple[str, ...]) -> dict[str, VarBind]:
        return (await self._get_part(call, Prepared(oids))).as_varbinds()

    def _match(self, oids: tuple[str, ...], rows: tuple[VarBind, ...]) -> dict[str, VarBind]:
        if len(rows) != len(set(oids)) and len(rows) != len(oids):
            raise BadAnswer(
                "snmp_wrong_count",
                say("The device answered {count} value(s) to a question for {most}.", count=len(rows), most=len(oids)),
                asked=len(oids),
                answered=len(rows),
            )
        answered = {row.oid: row for row in rows}
        missing = "the answer names another object"
        return {oid: answered.get(oid) or VarBind(oid, ValueKind.BAD, None, missing) for oid in oids}

    # ---- walk --------------------------------------------------------------------------------------------------

    async def _walk(self, call: Call, root: str, rows: list[VarBind], row_cap: int, bulk: int) -> None:
        inside = _arcs(root)
        last, last_arcs = root, inside
        bulk = self._most_rows.at(call.address, max(1, bulk))
        if call.target.credential.version is SnmpVersion.V1:
            bulk = 1
        while True:
            try:
                pdu = await self._next(call, last, bulk)
            except BadAnswer as error:
                if error.code != "snmp_answer_too_large" or bulk == 1:
                    raise
                bulk = self._fewer_rows(call, bulk)
                continue
            if pdu.error and bulk > 1:
                bulk = self._fewer_rows(call, bulk) if pdu.error == TOO_BIG else 1
                continue
            if pdu.error == NO_SUCH_NAME:
                return
            _refuse(pdu, bulk)
            for row in pdu.varbinds:
                arcs = _arcs(row.oid)
                if row.kind is ValueKind.END_OF_VIEW or arcs[: len(inside)] != inside:
                    return
                if arcs <= last_arcs:
                    raise WalkAbandoned(
                        "snmp_oid_not_rising",
                        say("OID did not rise: {oid} came after {last}.", oid=row.oid, last=last),
                        oid=row.oid,
                        after=last,
                    )
                if len(rows) >= row_cap:
                    raise WalkAbandoned(
                        "snmp_row_cap",
                        say("The table below {root} has more than {most} rows.", root=root, most=row_cap),
                        root=root,
                        cap=row_cap,
                    )
                rows.append(row)
                last, last_arcs = row.oid, arcs

    async def _next(self, call: Call, oid: str, bulk: int) -> Pdu:
        names = encode_names((oid,))
        question = Question(GETBULK, names, 0, bulk) if bulk > 1 else Question(GETNEXT, names)
        number, data, pos = await self._ask(call, question)
        return self._read(data, pos, number)

    def _fewer_rows(self, call: Call, bulk: int) -> int:
        self._most_rows.lower(call.address, bulk // 2)
        return bulk // 2

    # ---- one request -------------------------------------------------------------------------------------------

    async def _ask(self, call: Call, question: Question) -> tuple[int, bytes, int]:
        """Request-id, datagram (or decrypted PDU) and where the response PDU stands in it."""
        credential = call.target.credential
        if credential.version is SnmpVersion.V3:
            return await ask_v3(self.engines, call, question)
        opening = _opening(credential.version, credential.community)
        number = self._wire.new_id()
        datagram = b"".join((question.under(opening), number.to_bytes(4, "big"), question.tail))
        data = await call.transmit(number, lambda: datagram)
        start = 2 if data[1] < 0x80 else 2 + (data[1] & 0x7F)
        if data.startswith(opening, start):
            return number, data, start + len(opening)
        version, pos = open_message(data)
        if version != opening[2]:
            raise undecodable(f"version number {version} in answer to {opening[2]}")
        return number, data, open_community(data, pos)[1]

    def _read(self, data: bytes, pos: int, number: int) -> Pdu:
        try:
            pdu = decode_pdu(data, pos, len(data))
            if pdu.request_id != number:
                raise undecodable("another request-id inside")
        except BadAnswer:
            self.stats.malformed += 1
            raise
        return pdu


def _opening(version: SnmpVersion, community: str) -> bytes:
    """Version and community as every message of this credential starts."""
    if not community:
        raise AuthFailed("snmp_no_community", say("The credential has no community."))
    return encode_integer(0 if version is SnmpVersion.V1 else 1) + tlv(0x04, community.encode())


def _arcs(oid: str) -> tuple[int, ...]:
    try:
        return tuple(map(int, oid.split(".")))
    except ValueError:
        raise InputError("bad_oid", say("“{oid}” is not an OID.", oid=oid[:80]), value=oid[:80]) from None


def _answer(prepared: Prepared, verdicts: dict[str, VarBind]) -> Answer:
    rows = [verdicts[oid] for oid in prepared.oids]
    reasons = {at: row.reason for at, row in enumerate(rows) if row.reason}
    return Answer(prepared.oids, [row.value for row in rows], [row.kind for row in rows], reasons)


def _refuse(pdu: Pdu, most: int) -> None:
    """Raise when an answer to GETNEXT or GETBULK carries no row to go on from, or more than were asked for."""
    if pdu.error == AUTHORIZATION_ERROR:
        raise AuthFailed("snmp_not_authorized", say("The device does not let this user read (authorizationError)."))
    if pdu.error:
        name = error_name(pdu.error)
        raise BadAnswer(
            "snmp_error_status", say("The device answers {name} in the middle of a table.", name=name), status=name
        )
    if not 1 <= len(pdu.varbinds) <= most:
        raise BadAnswer(
            "snmp_wrong_count",
            say(
                "The device answered {count} value(s) to a question for {most} row(s) of a table.",
                count=len(pdu.varbinds),
                most=most,
            ),
            asked=most,
            answered=len(pdu.varbinds),
        )
