"""The wire format against an encoder written here."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadFile
from slth.interop import protobuf
from slth.interop.protobuf import Budget, Message, signed, varint


def coded(value):
    out = bytearray()
    value %= 1 << 64
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def tagged(number, kind, payload):
    return coded(number << 3 | kind) + payload


def block(number, data):
    return tagged(number, 2, coded(len(data)) + data)


def parsed(*pieces):
    return Message.parse(memoryview(b"".join(pieces)))


INTEGERS = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(INTEGERS), st.lists(INTEGERS), st.text(), st.lists(st.floats(width=32, allow_nan=False)))
def test_all_kinds_of_fields(single, packed, text, reals):
    floats = struct.pack(f"<{len(reals)}f", *reals)
    message = parsed(
        *(tagged(1, 0, coded(value)) for value in single),
        block(1, b"".join(map(coded, packed))),
        block(3, text.encode()),
        block(4, floats),
        *(tagged(4, 5, struct.pack("<f", value)) for value in reals),
        tagged(5, 5, struct.pack("<f", 0.25)),
        block(6, tagged(1, 0, coded(7))),
        block(7, struct.pack("<2d", 0.5, -3.0)),
        tagged(7, 1, struct.pack("<d", 1e300)),
    )
    assert message.integers(1) == single + packed
    assert message.text(3) == text and message.single(5) == 0.25
    assert message.reals(4, "<f4").tolist() == reals * 2
    assert message.reals(7, "<f8").tolist() == [0.5, -3, 1e300]
    assert message.message(6).integer(1) == 7 and [m.integer(1) for m in message.messages(6)] == [7]
    assert message.integer(9, -5) == -5 and message.text(9) == "" and message.message(9) is None
    assert message.single(9) == 0 and not message.has(9)


@given(INTEGERS)
def test_varints(value):
    data = coded(value)
    assert (
        varint(memoryview(data + b"\xff"), 0) == (value % (1 << 64), len(data)) and signed(value % (1 << 64)) == value
    )


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_one_line(data):
    try:
        message = Message.parse(memoryview(data))
        for number in list(message.fields):
            for read in (message.integers, message.texts, message.single, message.blocks):
                try:
                    read(number)
                except BadFile:
                    continue
    except BadFile as error:
        assert "damaged" in str(error)


BAD = {
    "cut varint": b"\x80",
    "long varint": b"\x08" + b"\xff" * 9 + b"\x02",
    "endless varint": b"\x08" + b"\x80" * 11,
    "cut block": tagged(1, 2, coded(5) + b"abc"),
    "huge block": tagged(1, 2, coded(1 << 62)),
    "cut number": tagged(1, 1, b"1234"),
    "group": tagged(1, 3, b""),
}


@pytest.mark.parametrize("name", BAD)
def test_damage(name):
    with pytest.raises(BadFile, match="damaged or cut off"):
        parsed(BAD[name])


def test_wrong_kinds():
    message = parsed(
        tagged(1, 0, coded(1)), block(2, b"\xff\xfe"), tagged(3, 5, b"1234"), block(4, b"12345"), block(5, b"\x80")
    )
    for read in (
        lambda: message.texts(1),
        lambda: message.texts(2),
        lambda: message.integers(3),
        lambda: message.single(1),
        lambda: message.reals(4, "<f4"),
        lambda: message.reals(3, "<f8"),
        lambda: message.integers(5),
        lambda: parsed(block(1, b""), block(1, b"")).message(1),
    ):
        with pytest.raises(BadFile, match="damaged or cut off"):
            read()


def test_the_number_of_fields_is_bounded(monkeypatch):
    monkeypatch.setattr(protobuf, "MAX_FIELDS", 100)
    inner = tagged(1, 0, coded(1)) * 60
    message = Message.parse(memoryview(block(2, inner) * 2), Budget(100))
    with pytest.raises(BadFile, match="more than 100 fields"):
        list(message.messages(2))
    with pytest.raises(BadFile, match="more than 100 numbers written one by one"):
        Message.parse(memoryview(block(1, b"\1" * 200)), Budget(100)).integers(1)
