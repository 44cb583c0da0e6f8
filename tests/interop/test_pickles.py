"""The pickle reader imports nothing, calls nothing, and stays small whatever the opcodes say."""

from __future__ import annotations

import os
import pickle
import pickletools
import struct
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadFile
from slth.interop.limits import MAX_OPCODES
from slth.interop.pickles import CONSTANTS, NUMBERS, STEPS, TEXTS, Unpickler
from slth.interop.standins import Name, Record

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
keys = st.text() | st.integers(-(2**59), 2**59)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner) | st.tuples(inner, inner) | st.tuples(inner),
    max_leaves=30,
)


@given(values, st.integers(2, 5))
def test_plain_values_come_back(value, protocol):
    data = pickle.dumps(value, protocol)
    # protocol 2 writes bytes as a call of _codecs.encode, and integers beyond 255 bytes never occur in torch files
    if protocol == 2 and b"_codecs" in data:
        return
    unpickler = Unpickler(data + b"rest")
    assert unpickler.load() == value
    assert unpickler.place == len(data)


def test_dictionaries_of_torch_come_back():
    value = OrderedDict(a=1, b=OrderedDict(c=2))
    for protocol in (2, 3, 4, 5):
        assert Unpickler(pickle.dumps(value, protocol)).load() == {"a": 1, "b": {"c": 2}}
    old = b"\x80\x02ccollections\nOrderedDict\n](](U\x01aK\x01e](U\x01bK\x02ee\x85R."  # as Python 2 wrote it
    assert Unpickler(old).load() == {"a": 1, "b": 2} == pickle.loads(old)


class Canary:
    """Unpickled by pickle.loads, this makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


@pytest.mark.parametrize("protocol", [2, 4])
def test_nothing_is_executed(tmp_path, protocol):
    canary = tmp_path / "canary"
    data = pickle.dumps({"a": Canary(canary)}, protocol)
    found = Unpickler(data).load()["a"]
    assert isinstance(found, Record) and found.kind.endswith(".mkdir") and found.args == (str(canary),)
    assert not canary.exists()
    pickle.loads(data)
    assert canary.exists()  # the pickle was live


def test_every_opcode_beyond_protocol_1_is_known_or_refused():
    known = {*STEPS, *CONSTANTS, *NUMBERS, *TEXTS, ord("B"), ord("C"), 0x8E, 0x96, ord("."), 0x85, 0x86, 0x87}
    known |= {ord(code) for code in "qrhj"}
    refused = set()
    for opcode in pickletools.opcodes:
        if ord(opcode.code) not in known:
            refused.add(opcode.name)
            with pytest.raises(BadFile, match="has opcode"):
                Unpickler(b"\x80\x02" + opcode.code.encode("latin-1") + b"0\n.").load()
    assert refused == {
        *("INT", "LONG", "LONG4", "STRING", "UNICODE", "FLOAT", "GET", "PUT", "PERSID", "INST", "OBJ"),
        *("EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER"),
    }


LONG = 300_000
BOMBS = {
    "nested tuples": b"N" + b"\x85" * LONG,
    "nested lists": b"]" * LONG + b"a" * (LONG - 1),
    "nested marks": b"(" * LONG + b"t" * LONG,
    "nested records": b"cos\nsystem\nq\x000N" + (b"q\x01" + b"0h\x00h\x01" + b"\x85R") * (LONG // 6),
    "doubled tuples": b"N" + b"2\x86" * (LONG // 2),
    "equal hashes": b"}("
    + b"".join(b"\x8a\x0c" + (i * (2**61 - 1)).to_bytes(12, "little") + b"N" for i in range(LONG // 2))
    + b"u",
}


@pytest.mark.parametrize("name", BOMBS)
def test_depth_and_collisions_cost_nothing_special(name):
    Unpickler(b"\x80\x02" + BOMBS[name] + b".").load()


CALL = b"ccollections\nOrderedDict\nq\x00](" + b"NN\x86" * 1000 + b"eq\x01"
DAMAGED = {
    "opcodes": b"N" * (MAX_OPCODES + 1),
    "opcodes; save": CALL + b"0h\x00h\x01\x85R" * 1000,  # a call that copies its list a thousand times
    "ends too early": b"X\xff\xff\xff\xffa",
    "truncated": b"\x8d" + b"\xff" * 8 + b"a",
    "too early": b"\x95" + b"\xff" * 8,
    "protocol is not 2 to 5": b"\x80\x09N.",
    "damaged": b".",
    "not written by torch.save": b"NN.",
    "written by torch.save": b"(N.",
    "pickle is damaged": b"h\x05.",
    "is damaged": b"cmodule\n" + b"n" * 5000 + b"\n.",
    "is damaged or": b"X\x01\x00\x00\x00\xff.",
    "is damaged or not": b"NNs.",
    "or not written": b"]N\x86\x93.",
    "call without arguments": b"cos\nsystem\nNR.",
    "something outside the file": b"X\x01\x00\x00\x00aQ.",
    "storage record is malformed": b"(X\x07\x00\x00\x00storageNNNNtQ.",
    "tensor record is malformed": b"ctorch._utils\n_rebuild_tensor_v2\n)R.",
    "parameter record is malformed": b"ctorch._utils\n_rebuild_parameter\n)R.",
    "dictionary record is malformed": b"ccollections\nOrderedDict\n]Na\x85R.",
    "torch.save; save": b"cos\nsystem\n)\x81NbN.",
}


@pytest.mark.parametrize("reason", DAMAGED)
def test_damaged_pickles_are_refused(reason):
    with pytest.raises(BadFile, match=reason):
        Unpickler(b"\x80\x02" + DAMAGED[reason]).load()


def test_two_storages_of_one_key_must_agree():
    def storage(count):
        head = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
        return head + b"J" + struct.pack("<i", count) + b"tQ"

    assert Unpickler(b"\x80\x02" + storage(2) + storage(2) + b"\x86.").load()[0].count == 2
    with pytest.raises(BadFile, match="of one key differ"):
        Unpickler(b"\x80\x02" + storage(2) + storage(3) + b"\x86.").load()


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_bad_file(data):
    try:
        Unpickler(b"\x80\x02" + data).load()
    except BadFile as error:
        assert "\n" not in str(error)


def test_names_are_kept_as_text():
    found = Unpickler(b"\x80\x02cos\nsystem\n.").load()
    assert isinstance(found, Name) and found.full == "os.system"
