"""The codec against itself, against pysnmp's, and against hypothesis."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v2c

from collectors import snmp_ber, snmp_guard
from collectors.base import ValueKind
from collectors.snmp_question import prepare, read_usual
from nms.base.errors import BadAnswer, InputError
from tests.fakes import agent as fake

arcs = st.lists(st.integers(0, 2**32 - 1), min_size=0, max_size=20)
oids = st.tuples(st.integers(0, 2), st.integers(0, 39), arcs).map(lambda t: ".".join(map(str, (t[0], t[1], *t[2]))))
values = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(fake.integer),
    st.binary(max_size=300).map(fake.octets),
    st.integers(0, 2**32 - 1).map(fake.counter32),
    st.integers(0, 2**32 - 1).map(fake.gauge32),
    st.integers(0, 2**32 - 1).map(fake.ticks),
    st.integers(0, 2**64 - 1).map(fake.counter64),
    oids.map(fake.oid_value),
    st.binary(min_size=4, max_size=4).map(lambda four: fake.Raw(0x40, four)),
    st.sampled_from([fake.NO_SUCH_OBJECT, fake.NO_SUCH_INSTANCE, fake.END_OF_VIEW, fake.Raw(0x05, b"")]),
)
raw_values = st.builds(fake.Raw, st.integers(0, 255).filter(lambda tag: tag & 0x1F != 0x1F), st.binary(max_size=12))
Rows = list[tuple[str, fake.Raw]]


def rows_of(value: st.SearchStrategy[fake.Raw]) -> st.SearchStrategy[Rows]:
    return st.lists(st.tuples(oids, value), min_size=1, max_size=12)


def answer(rows: Rows, number: int = 0x01020304) -> bytes:
    return fake.Reply(1, b"c", number, 0, 0, tuple((fake.arcs(oid), value) for oid, value in rows)).encode()


def decode(datagram: bytes) -> snmp_ber.Pdu:
    _, pos = snmp_ber.open_message(datagram)
    _, pos = snmp_ber.open_community(datagram, pos)
    return snmp_ber.decode_pdu(datagram, pos, len(datagram))


@given(oids)
def test_an_oid_survives_encoding_and_decoding(oid: str) -> None:
    assert snmp_ber.decode_oid(snmp_ber.encode_oid(oid)[2:]) == oid


@given(oids)
def test_an_oid_is_encoded_as_pyasn1_encodes_it(oid: str) -> None:
    assert snmp_ber.encode_oid(oid) == encoder.encode(v2c.ObjectIdentifier(oid))


@pytest.mark.parametrize(
    "oid",
    [
        "",
        "1",
        ".1.3",
        "1.3.",
        "3.1",
        "1.40",
        "1.3.-1",
        "1.3.x",
        "1.3.4294967296",
        "١.٣",
        "1.3 ",
        "1.3\n",
        "1.03",
        "1.+3",
        "1.1_0",
    ],
)
def test_what_is_not_an_oid_is_refused(oid: str) -> None:
    with pytest.raises(InputError):
        snmp_ber.encode_oid(oid)


@given(st.integers(-(2**31), 2**31 - 1))
def test_an_integer_is_encoded_as_pyasn1_encodes_it(value: int) -> None:
    assert snmp_ber.encode_integer(value) == encoder.encode(v2c.Integer32(value))


@given(rows_of(values))
def test_sound_values_are_decoded_as_pysnmp_decodes_them(rows: Rows) -> None:
    message, rest = decoder.decode(datagram := answer(rows), asn1Spec=v2c.Message())
    assert not rest
    theirs = v2c.apiPDU.get_varbinds(v2c.apiMessage.get_pdu(message))
    ours = decode(datagram).varbinds
    assert len(ours) == len(theirs)
    for row, (name, value) in zip(ours, theirs, strict=True):
        assert row.oid == str(name)
        assert row.kind is not ValueKind.BAD, row.reason
        if isinstance(row.value, int):
            assert row.value == int(value)
        elif isinstance(row.value, bytes):
            assert row.value == bytes(value)
        elif row.kind is ValueKind.OID:
            assert row.value == str(value)
        elif row.kind is ValueKind.IP_ADDRESS:
            assert row.value == ".".join(map(str, bytes(value)))


@given(rows_of(st.one_of(values, raw_values)))
def test_the_quick_reading_says_what_the_strict_reading_says_or_nothing(rows: Rows) -> None:
    datagram = answer(rows)
    _, pos = snmp_ber.open_message(datagram)
    _, pos = snmp_ber.open_community(datagram, pos)
    quick = read_usual(datagram, pos, 0x01020304, prepare(tuple(oid for oid, _ in rows)).shape)
    strict = decode(datagram).varbinds
    if any(row.kind is ValueKind.BAD for row in strict):
        assert quick is None
    if quick is not None:
        assert quick == ([row.value for row in strict], [row.kind for row in strict])


@given(rows_of(values), st.data())
def test_the_quick_reading_of_a_mutant_agrees_with_the_strict_one(rows: Rows, data: st.DataObject) -> None:
    mutant = bytearray(answer(rows))
    mutant[data.draw(st.integers(0, len(mutant) - 1))] = data.draw(st.integers(0, 255))
    pos = 2 + (mutant[1] & 0x7F if mutant[1] > 0x7F else 0) + 3 + 3
    quick = read_usual(bytes(mutant), pos, 0x01020304, prepare(tuple(oid for oid, _ in rows)).shape)
    if quick is not None:
        strict = snmp_ber.decode_pdu(bytes(mutant), pos, len(mutant))
        assert quick == ([row.value for row in strict.varbinds], [row.kind for row in strict.varbinds])
        assert (strict.error, strict.request_id) == (0, 0x01020304)


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_are_an_answer_or_a_bad_answer(datagram: bytes) -> None:
    for read in (decode, snmp_guard.check):
        with contextlib.suppress(BadAnswer):
            read(datagram)


@given(rows_of(st.one_of(values, raw_values)))
def test_the_guard_lets_every_answer_of_sound_structure_pass(rows: Rows) -> None:
    flat = [(oid, value) for oid, value in rows if not value.tag & 0x20]
    if flat:
        snmp_guard.check(answer(flat))


def test_a_request_is_the_bytes_that_pysnmp_makes() -> None:
    pdu = v2c.GetRequestPDU()
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, 0x01020304)
    v2c.apiPDU.set_varbinds(pdu, [((1, 3, 6, 1, 2, 1, 1, at, 0), v2c.Null("")) for at in (1, 5)])
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, b"canary")
    v2c.apiMessage.set_pdu(message, pdu)
    question = prepare(("1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.5.0"))
    opening = b"\x02\x01\x01" + snmp_ber.tlv(0x04, b"canary")
    ours = question.under(opening) + bytes((1, 2, 3, 4)) + question.tail
    assert ours == encoder.encode(message)


def test_an_oid_of_too_many_arcs_is_refused_on_both_ways() -> None:
    with pytest.raises(InputError):
        snmp_ber.encode_oid(".".join(["1"] * 129))
    assert snmp_ber.encode_oid(".".join(["1"] * 128))
    with pytest.raises(ValueError, match="128 arcs"):
        snmp_ber.decode_oid(b"\x2b" + b"\x01" * 127)
    assert snmp_ber.decode_oid(b"\x2b" + b"\x01" * 126)
