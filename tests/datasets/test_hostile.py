"""Damaged files: a data set comes out as it was, or a BadFile; never another exception.

Where a format has a checksum the pictures that come out must be the right ones. Unpacked IDX files and the batches of
CIFAR-10 have none: there a changed pixel can not be told, and only the kind of the answer is tested.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_data import (
    CIFAR_BINARY,
    CIFAR_PYTHON,
    MNIST_FILES,
    MNIST_UNPACKED,
    STEMS,
    jpeg,
    labels,
    npz,
    own,
    packed,
    pictures,
    write,
)

from slth.core.errors import BadFile
from slth.datasets.files import Stream, opened
from slth.datasets.load import load
from slth.datasets.pickled import read_batch

SMALL = {  # name, all files, the file that is damaged, whether a checksum guards what is in it
    "idx": ("mnist", MNIST_UNPACKED, STEMS[1], False),
    "idx.gz": ("mnist", MNIST_FILES, f"{STEMS[1]}.gz", True),
    "images.gz": ("mnist", MNIST_FILES, f"{STEMS[2]}.gz", True),
    "cifar": ("cifar10", CIFAR_BINARY, "test_batch.bin", False),
    "cifar pickle": ("cifar10", CIFAR_PYTHON, "test_batch", False),
    "cifar.tar.gz": ("cifar10", {"cifar-10-binary.tar.gz": packed("b", CIFAR_BINARY)}, "cifar-10-binary.tar.gz", True),
    "own": ("own.npz", {"own.npz": npz(**own())}, "own.npz", True),
    "own packed": ("own.npz", {"own.npz": npz(compressed=True, **own())}, "own.npz", True),
}


@st.composite
def damages(draw, data):
    """The bytes cut, with some bits turned, or with bytes put in; more often where the structure is, at both ends."""
    size = len(data)
    place = draw(st.one_of(st.integers(0, size - 1), st.integers(0, min(200, size - 1)), st.integers(-200, -1)))
    place = max(place % size, 0)
    kind = draw(st.sampled_from(["cut", "turn", "put", "replace"]))
    if kind == "cut":
        return data[:place]
    if kind == "turn":
        return data[:place] + bytes([data[place] ^ (1 << draw(st.integers(0, 7)))]) + data[place + 1 :]
    piece = draw(st.binary(min_size=1, max_size=8))
    return data[:place] + piece + data[place + (len(piece) if kind == "replace" else 0) :]


def found(name, folder):
    loaded = load(str(folder / name) if name.endswith(".npz") else name, folder)
    return loaded.train.digest, loaded.test.digest


@pytest.mark.parametrize("kind", SMALL)
@given(st.data())
def test_a_damaged_file_is_refused_or_read_rightly(tmp_path_factory, kind, data):
    name, files, damaged, guarded = SMALL[kind]
    folder = write(tmp_path_factory.mktemp("hostile"), files)
    right = found(name, folder)
    (folder / damaged).write_bytes(data.draw(damages(files[damaged])))
    try:
        answer = found(name, folder)
    except BadFile as error:
        assert str(error).startswith(str(folder / damaged)) or damaged == STEMS[0]
        assert "\n" not in str(error)
    else:
        assert answer == right or not guarded


@given(st.data())
def test_a_damaged_jpeg_copy_is_refused_or_read_rightly(tmp_path_factory, data):
    pytest.importorskip("PIL")
    content = npz(**jpeg(pictures(2, 3, 32, 32), labels(2)))
    folder = write(tmp_path_factory.mktemp("hostile"), {"train.npz": content, "test.npz": content})
    right = found("cifar10-jpeg", folder)
    (folder / "train.npz").write_bytes(data.draw(damages(content)))
    try:
        assert found("cifar10-jpeg", folder) == right
    except BadFile as error:
        assert "train.npz" in str(error) and "\n" not in str(error)


@given(st.binary(max_size=60))
def test_any_bytes_behind_a_protocol_are_refused(data):
    try:
        labels, array = read_batch(b"\x80\x02" + data)
    except BadFile:
        return
    assert isinstance(labels, list) and array.ndim == 2


OPCODES = [bytes([code]) for code in (0x80, 0x85, 0x86, 0x87, 0x88, 0x89, 0x93, 0x94, 0x95)] + [
    code.encode() for code in ")NKMJUTXCBqrhjt(]ae}sucRb."
]


@given(st.lists(st.one_of(st.sampled_from(OPCODES), st.binary(max_size=3)), max_size=40))
def test_any_opcodes_are_refused(codes):
    with pytest.raises(BadFile):
        read_batch(b"\x80\x02" + b"".join(codes))


def test_a_stream_gives_no_more_than_its_cap(tmp_path, monkeypatch):
    monkeypatch.setattr("slth.datasets.files.MAX_BYTES", 10)
    (tmp_path / "file").write_bytes(bytes(20))
    with opened(tmp_path / "file") as handle:
        stream = Stream(handle)
        assert stream.take(6) == bytes(6)
        with pytest.raises(BadFile, match="more than the"):
            stream.take(5)
        assert stream.take(4) == bytes(4)
