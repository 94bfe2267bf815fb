"""Keys and messages of SNMPv3, against the examples of the standards."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.base import SnmpCredential, SnmpVersion
from collectors.snmp_ber import decode_pdu
from collectors.snmp_usm import (
    Engine,
    Keys,
    is_authentic,
    keys_for,
    localise,
    master_key,
    open_scoped,
    scoped_pdu,
    seal,
    stretch,
    take_apart,
)
from nms.base.errors import AuthFailed, BadAnswer, DeviceError

ENGINE_ID = bytes(11) + b"\x02"
PDU = bytes.fromhex("a01902040102030402010002010030 0b300906052b060102010500".replace(" ", ""))


def credential(auth: str | None = "SHA256", priv: str | None = "AES128", **changes: str) -> SnmpCredential:
    fields = {"user": "u", "auth_key": "canary auth key", "priv_key": "canary priv key", **changes}
    return SnmpCredential(SnmpVersion.V3, auth=auth, priv=priv, **fields)


def test_the_sha_1_keys_are_those_of_rfc_3414_a_3_2() -> None:
    ku = master_key("sha1", "maplesyrup")
    assert ku.hex() == "9fb5cc0381497b3793528939ff788d5d79145211"
    assert localise("sha1", ku, ENGINE_ID).hex() == "6695febc9288e36282235fc7151f128497b38f3f"


def test_a_key_long_enough_is_cut_and_a_short_one_is_stretched_from_itself() -> None:
    assert stretch("sha256", bytes(range(32)), 16) == bytes(range(16))
    long = stretch("sha1", bytes(20), 32)
    assert long[:20] == bytes(20)
    assert len(long) == 32


@pytest.mark.parametrize("auth", ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize("priv", [None, "AES128", "AES192", "AES256"])
def test_what_is_sealed_opens_again_with_the_same_keys_only(auth: str, priv: str | None) -> None:
    engine = Engine(ENGINE_ID, 3, 1000, 50.0)
    keys = keys_for(credential(auth, priv), ENGINE_ID)
    sealed = take_apart(seal(engine, keys, b"\x01\x02\x03\x04", scoped_pdu(ENGINE_ID, PDU), 57.5))
    assert (sealed.number, sealed.boots, sealed.time_s, sealed.user) == (0x01020304, 3, 1007, b"u")
    assert is_authentic(sealed, keys)
    clear, pos = open_scoped(sealed, keys)
    assert clear[pos:] == PDU
    assert not is_authentic(sealed, keys_for(credential(auth, priv, auth_key="another key"), ENGINE_ID))


def test_one_flipped_bit_anywhere_is_not_authentic() -> None:
    keys = keys_for(credential(), ENGINE_ID)
    raw = seal(Engine(ENGINE_ID, 3, 1000, 50.0), keys, b"\x01\x02\x03\x04", scoped_pdu(ENGINE_ID, PDU), 50.0)
    for place in range(len(raw)):
        mutant = raw[:place] + bytes((raw[place] ^ 1,)) + raw[place + 1 :]
        try:
            assert not is_authentic(take_apart(mutant), keys)
        except BadAnswer:
            continue


def test_a_wrong_privacy_key_is_an_auth_failure_not_rubbish() -> None:
    keys = keys_for(credential(), ENGINE_ID)
    sealed = take_apart(seal(Engine(ENGINE_ID, 3, 1, 0.0), keys, b"\1\2\3\4", scoped_pdu(ENGINE_ID, PDU), 0.0))
    wrong = Keys(keys.user, keys.auth, keys.auth_key, bytes(16))
    with pytest.raises(AuthFailed, match="privacy key"):
        open_scoped(sealed, wrong)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"auth": "MD5"}, "snmp_unsupported_algorithm"),
        ({"priv": "DES"}, "snmp_unsupported_algorithm"),
        ({"auth": None}, "snmp_bad_credential"),
        ({"auth_key": "short"}, "snmp_bad_credential"),
        ({"priv_key": "short"}, "snmp_bad_credential"),
        ({"user": ""}, "snmp_bad_credential"),
    ],
)
def test_a_credential_that_cannot_work_is_refused_by_name(changes: dict[str, str], code: str) -> None:
    with pytest.raises(AuthFailed) as caught:
        keys_for(credential(**changes), ENGINE_ID)
    assert caught.value.code == code
    assert "canary" not in str(caught.value)


def test_neither_keys_nor_engines_show_a_key() -> None:
    engine = Engine(ENGINE_ID, 3, 1, 0.0)
    keys = engine.keys_of(credential())
    for secret in (keys.auth_key, keys.priv_key):
        assert repr(secret) not in repr(keys) + repr(engine)
    assert "canary" not in repr(credential()) + repr(engine)


def test_an_engine_believes_the_first_signed_time_and_then_only_what_is_in_the_window() -> None:
    engine = Engine(ENGINE_ID, 9, 99_999, 0.0)
    assert engine.believe_time(3, 1000, 10.0), "the unsigned hint of discovery does not bind"
    assert (engine.boots, engine.time_s(15.0)) == (3, 1005)
    assert engine.believe_time(3, 1000 - 149, 10.0)
    assert engine.seen_s == 1000, "an older message does not set the time back"
    assert not engine.believe_time(3, 1000 - 151, 10.0)
    assert not engine.believe_time(2, 5000, 10.0)
    assert engine.believe_time(4, 2, 20.0), "it has rebooted"
    assert not engine.believe_time(2**31 - 1, 2, 20.0)


REPORT = bytes.fromhex("a81e020401020304020100020100") + bytes.fromhex("3010300e06092b060106030f010101410101")


@settings(max_examples=400)
@given(st.data())
def test_a_mutant_of_a_v3_answer_is_read_or_refused_and_never_breaks_the_reader(data: st.DataObject) -> None:
    keys = data.draw(st.sampled_from([Keys(b"u"), keys_for(credential(), ENGINE_ID)]))
    pdu = data.draw(st.sampled_from([PDU, REPORT]))
    mutant = bytearray(seal(Engine(ENGINE_ID, 3, 1, 0.0), keys, b"\1\2\3\4", scoped_pdu(ENGINE_ID, pdu), 0.0))
    for _ in range(data.draw(st.integers(1, 3))):
        mutant[data.draw(st.integers(0, len(mutant) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DeviceError):
        sealed = take_apart(bytes(mutant))
        assert 0 <= sealed.boots < 2**31
        is_authentic(sealed, keys)
        clear, pos = open_scoped(sealed, keys)
        decode_pdu(clear, pos, len(clear))


def test_engine_boots_below_zero_are_refused() -> None:
    raw = seal(Engine(ENGINE_ID, 3, 1, 0.0), keys_for(credential(priv=None), ENGINE_ID), b"\1\2\3\4", PDU, 0.0)
    boots = raw.index(ENGINE_ID) + len(ENGINE_ID)
    assert raw[boots : boots + 3] == b"\x02\x01\x03"
    with pytest.raises(BadAnswer):
        take_apart(raw[:boots] + b"\x02\x01\xff" + raw[boots + 3 :])


def test_the_time_told_to_an_engine_stays_within_31_bits() -> None:
    assert Engine(ENGINE_ID, 1, 2**31 - 2, 0.0).time_s(1000.0) == 2**31 - 1
    assert Engine(ENGINE_ID, 1, 5, 1000.0).time_s(0.0) == 0
