"""The safetensors container: round trips, agreement with the official library, and header attacks."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from slth.core.errors import BadFile, BadInput
from slth.interop.safetensors import CODES, container_pieces, read_container, write_container

names = st.text(st.characters(codec="utf-8"), max_size=12).filter(lambda name: name != "__metadata__")
arrays = st.sampled_from(sorted(CODES)).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)
fixture_is_fine = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@fixture_is_fine
@given(
    st.dictionaries(names, arrays, max_size=5), st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3)
)
def test_round_trip_and_agreement_with_the_official_library(tmp_path, tensors, metadata):
    path = tmp_path / "file.safetensors"
    write_container(path, metadata, tensors)
    found_metadata, found = read_container(path)
    assert found_metadata == metadata and found.keys() == tensors.keys()
    for name, array in tensors.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes() and not found[name].flags.writeable
    official = pytest.importorskip("safetensors.numpy").load(path.read_bytes())
    assert {name: array.tobytes() for name, array in official.items()} == {k: v.tobytes() for k, v in tensors.items()}


def test_equal_content_gives_equal_bytes():
    a, b = np.arange(6, dtype=np.float32), np.arange(3, dtype=np.uint8)
    one = b"".join(container_pieces({"x": "1", "y": "2"}, {"a": a, "b": b}))
    two = b"".join(container_pieces({"y": "2", "x": "1"}, {"b": b, "a": a[::-1][::-1]}))
    assert one == two and int.from_bytes(one[:8], "little") % 8 == 0


def test_reads_what_the_official_library_writes(tmp_path):
    torch = pytest.importorskip("torch")
    official = pytest.importorskip("safetensors.torch")
    tensors = {"half": torch.randn(3, 2).bfloat16(), "long": torch.arange(3), "truth": torch.tensor([True, False])}
    official.save_file(tensors, tmp_path / "file", {"note": "x"})
    metadata, found = read_container(tmp_path / "file")
    assert metadata == {"note": "x"}
    assert found["half"].dtype == np.float32 and found["half"].tolist() == tensors["half"].tolist()
    assert found["long"].tolist() == [0, 1, 2] and found["truth"].tolist() == [True, False]


def test_unwritable_tensors_are_refused(tmp_path):
    with pytest.raises(BadInput, match="of type complex128 cannot be written"):
        write_container(tmp_path / "file", {}, {"a": np.ones(2, np.complex128)})
    with pytest.raises(BadInput, match="__metadata__"):
        write_container(tmp_path / "file", {}, {"__metadata__": np.ones(2)})
    with pytest.raises(BadInput, match="10001 tensors are too many"):
        write_container(tmp_path / "file", {}, {str(k): np.ones(0) for k in range(10_001)})
    assert list(tmp_path.iterdir()) == []


def raw(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype="F32", shape=(1,), begin=0, end=4):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


GOOD = {"a": entry(), "b": entry(begin=4, end=8)}
TWICE = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
MANY = {str(k): entry(shape=(0,), begin=0, end=0) for k in range(10_001)}
ATTACKS = {
    "key a twice": raw(TWICE, bytes(4)),
    "key shape twice": raw(b'{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', bytes(4)),
    "tensor b overlaps": raw({"a": entry(), "b": entry(begin=2, end=6)}, bytes(8)),
    "overlaps another": raw({"a": entry(), "b": entry()}, bytes(4)),
    "leaves a hole": raw({"a": entry(), "b": entry(begin=8, end=12)}, bytes(12)),
    "or leaves a hole": raw({"a": entry(begin=1, end=5)}, bytes(5)),
    "bytes behind its last tensor": raw(GOOD, bytes(9)),
    "is truncated": raw(GOOD, bytes(7)),
    "has 10001 tensors": raw(MANY),
    "claims 8000001 bytes; at most 8000000": raw(GOOD, bytes(8), 8_000_001),
    "claims 18446744073709551615": raw(GOOD, bytes(8), 2**64 - 1),
    "ends too early": raw(GOOD, bytes(8), 1_000_000),
    "not a JSON object": raw([], bytes(8)),
    "header is not a JSON": raw(b" {}", bytes(8)),
    "not valid JSON": raw(b"{" * 500),
    "is not valid JSON": raw(b'{"a":' * 100_000),
    "header is not valid": raw(b"{} x"),
    "more than 200000 brackets": raw(b'{"a":' + b"[" * 200_000),
    "an object of 50001 keys": raw({str(k): 1 for k in range(50_001)}),
    "not UTF-8": raw(b'{"\xff":1}'),
    "number 1.0, not an integer": raw(b'{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', bytes(4)),
    "number NaN": raw(b'{"a":NaN}'),
    "its length does not fit its shape": raw({"a": entry(shape=(2,))}, bytes(4)),
    "length does not fit": raw({"a": entry(shape=(1 << 40, 1 << 40))}, bytes(4)),
    "does not fit its shape": raw({"a": entry(begin=4, end=0)}, bytes(4)),
    "entry is malformed": raw({"a": entry(shape=(-1,))}, bytes(4)),
    "header entry is malformed": raw({"a": entry(shape=(True,))}, bytes(4)),
    "is malformed": raw({"a": entry(shape=(1,) * 9)}, bytes(4)),
    "is malformed; save": raw({"a": {**entry(), "extra": 1}}, bytes(4)),
    "malformed; save": raw({"a": {"dtype": "F32"}}, bytes(4)),
    "malformed; save the": raw({"a": entry(end=1 << 70)}, bytes(4)),
    "malformed; save the file": raw({"a": entry(dtype=["F32"])}, bytes(4)),
    "unknown number type X99": raw({"a": entry(dtype="X99")}, bytes(4)),
    "metadata are not texts": raw({"__metadata__": {"a": 1}}),
    "number type F8_E4M3": raw({"a": entry("F8_E4M3", (4,))}, bytes(4)),
    "neither 0 nor 1": raw({"a": entry("BOOL", (4,))}, b"\0\1\2\1"),
}


def test_the_attacks_are_edits_of_a_good_file(tmp_path):
    (tmp_path / "file").write_bytes(raw(GOOD, bytes(8)))
    assert read_container(tmp_path / "file")[1].keys() == {"a", "b"}


@pytest.mark.parametrize("reason", ATTACKS)
def test_header_attacks(tmp_path, reason):
    (tmp_path / "file").write_bytes(ATTACKS[reason])
    with pytest.raises(BadFile, match=reason) as caught:
        read_container(tmp_path / "file")
    assert str(caught.value).startswith(str(tmp_path / "file"))
    assert "\n" not in str(caught.value) and "unforeseen" not in str(caught.value)


def test_hostile_names_are_shown_on_one_printable_line(tmp_path):
    (tmp_path / "file").write_bytes(raw({"a\n\x1b[2J" + "b" * 500: entry(end=3)}, bytes(3)))
    with pytest.raises(BadFile) as caught:
        read_container(tmp_path / "file")
    assert str(caught.value).isprintable() and len(str(caught.value)) < 400
