"""CIFAR-10: both published versions, unpacked and packed, and the JPEG copy."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import sys
import tarfile

import numpy as np
import pytest
from written_data import (
    BATCHES,
    CIFAR,
    CIFAR_BINARY,
    CIFAR_PYTHON,
    jpeg,
    labels,
    npz,
    packed,
    pickled,
    pictures,
    records,
    write,
)

from slth.core.errors import BadFile, BadInput, Unavailable
from slth.datasets.load import load
from slth.datasets.pickled import read_batch

IMAGES, LABELS = (np.concatenate(parts) for parts in zip(*(CIFAR[name] for name in BATCHES[:5]), strict=True))
BINARY_ARCHIVE = packed("cifar-10-batches-bin", CIFAR_BINARY)
PYTHON_ARCHIVE = packed("cifar-10-batches-py", CIFAR_PYTHON)
FIRST = BATCHES[0]


@pytest.mark.parametrize(
    ("subfolder", "content"),
    [
        ("", CIFAR_BINARY),
        ("cifar-10-batches-bin", CIFAR_BINARY),
        ("cifar10/cifar-10-batches-bin", CIFAR_BINARY),
        ("", {"cifar-10-binary.tar.gz": BINARY_ARCHIVE}),
        ("cifar10", {"cifar-10-binary.tar.gz": BINARY_ARCHIVE}),
        ("cifar-10-batches-py", CIFAR_PYTHON),
        ("", CIFAR_PYTHON),
        ("", {"cifar-10-python.tar.gz": PYTHON_ARCHIVE}),
        ("", {"cifar-10-python.tar.gz": gzip.decompress(PYTHON_ARCHIVE)}),
    ],
)
def test_every_version_gives_the_same_pictures(tmp_path, subfolder, content):
    write(tmp_path / subfolder, content)
    found = load("cifar10", tmp_path)
    assert found.name == "cifar10" and found.shape == (3, 32, 32) and found.classes[6] == "frog"
    assert (found.train.images == IMAGES).all() and (found.train.labels == LABELS).all()
    assert (found.test.images == CIFAR["test_batch"][0]).all()
    assert (found.test.labels == CIFAR["test_batch"][1]).all()


def test_missing_batches_are_named(tmp_path):
    write(tmp_path, {name: data for name, data in CIFAR_BINARY.items() if name != "test_batch.bin"})
    with pytest.raises(
        BadInput, match=r"data_batch_1 to _5 and test_batch.*cifar-10-binary.tar.gz.*--download"
    ) as error:
        load("cifar10", tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "0 bytes"),
        (CIFAR_BINARY[f"{FIRST}.bin"][:-1], "not a multiple of 3073"),
        (b"\x0a" + CIFAR_BINARY[f"{FIRST}.bin"][1:], "label 10 of picture 0"),
    ],
)
def test_malformed_records_are_refused_by_name(tmp_path, data, said):
    with pytest.raises(BadFile, match=said) as error:
        load("cifar10", write(tmp_path, CIFAR_BINARY | {f"{FIRST}.bin": data}))
    assert str(error.value).startswith(f"{tmp_path}/{FIRST}.bin: ")


def test_a_batch_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("slth.datasets.sets.cifar10.BATCH_BYTES", 3073)
    with pytest.raises(BadFile, match="more than a batch has"):
        load("cifar10", write(tmp_path, CIFAR_BINARY))


def without(name):
    return {other: data for other, data in CIFAR_BINARY.items() if other != name}


def linked():
    """An archive in which a batch is a link to a file of the machine."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in without("test_batch.bin").items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        member = tarfile.TarInfo("test_batch.bin")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (packed("b", without("data_batch_3.bin")), "has no member data_batch_3.bin"),
        (packed("b", CIFAR_BINARY, extra=[("data_batch_1.bin", b"twice")]), "two members data_batch_1.bin"),
        (packed("b", CIFAR_BINARY | {"data_batch_2.bin": bytes(7)}), "data_batch_2.bin has 7 bytes"),
        (linked(), "has no member test_batch.bin"),
        (BINARY_ARCHIVE[:-9], "too early"),
        (BINARY_ARCHIVE[:-8] + bytes(8), "is damaged"),
        (gzip.compress(b"<html>" * 1000), "not a tar archive"),
        (gzip.compress(gzip.decompress(BINARY_ARCHIVE)[:20_000]), "too early"),
    ],
    ids=["lacks one", "one twice", "one short", "a link", "cut", "checksum", "no archive", "cut within"],
)
def test_malformed_archives_are_refused_by_name(tmp_path, data, said):
    with pytest.raises(BadFile, match=said) as error:
        load("cifar10", write(tmp_path, {"cifar-10-binary.tar.gz": data}))
    assert str(error.value).startswith(f"{tmp_path}/cifar-10-binary.tar.gz: ")


def test_a_header_of_an_archive_that_lies_is_refused(tmp_path):
    data = bytearray(gzip.decompress(BINARY_ARCHIVE))
    assert b"batches-bin/readme" in data[512:612]
    data[512 + 124 : 512 + 135] = b"77777777777"
    with pytest.raises(BadFile, match="not a tar archive"):  # its checksum is that of another size
        load("cifar10", write(tmp_path, {"cifar-10-binary.tar.gz": gzip.compress(bytes(data))}))


def test_an_archive_bomb_is_not_unpacked_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr("slth.datasets.files.MAX_BYTES", 100_000)
    behind = gzip.compress(gzip.decompress(BINARY_ARCHIVE) + bytes(1_000_000))
    with pytest.raises(BadFile, match="more than the"):
        load("cifar10", write(tmp_path, {"cifar-10-binary.tar.gz": behind}))
    data = packed("b", {"zeros": bytes(1_000_000)} | CIFAR_BINARY)
    with pytest.raises(BadFile, match="more than the"):
        load("cifar10", write(tmp_path, {"cifar-10-binary.tar.gz": data}))
    with pytest.raises(BadFile, match="more than the"):
        load("cifar10", write(tmp_path, {"cifar-10-binary.tar.gz": packed("b", CIFAR_BINARY, [("z", bytes(10**6))])}))


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_batches_pickled_again_by_python_3_are_read(protocol):
    images, given = CIFAR[FIRST]
    value = {"data": images.reshape(2, -1), "labels": given.tolist()}
    read, array = read_batch(pickle.dumps(value, protocol))
    assert read == given.tolist() and (array == value["data"]).all()


def test_an_array_in_fortran_order_is_read():
    images, given = CIFAR[FIRST]
    assert (read_batch(pickled(images, given, fortran=True))[1] == images.reshape(2, -1)).all()


def test_what_is_written_by_hand_is_a_pickle():
    images, given = CIFAR[FIRST]
    value = pickle.loads(pickled(images, given), encoding="latin-1")
    assert value["labels"] == given.tolist() and (value["data"] == images.reshape(2, -1)).all()


class Harm:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return os.system, ("exit 1",)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02cos\nsystem\n(U\x04exittR.",
        b"\x80\x02}(U\x06labels]U\x04datacos\nsystem\n(U\x04exittRu.",
        b"\x80\x02}(U\x06labels]U\x04datacbuiltins\neval\nU\x03a()\x85Ru.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04exit\x85R.",
        b"(S'exit'\nios\nsystem\n.",
        b"\x80\x02(U\x04exitios\nsystem\n.",
        b"\x80\x02cos\nsystem\nU\x04exit\x85\x81.",
        b"\x80\x02\x82\x01.",
        b"\x80\x02U\x04exitQ.",
        *(pickle.dumps(Harm(), protocol) for protocol in range(6)),
        *(pickle.dumps({"labels": [1], "data": Harm()}, protocol) for protocol in range(6)),
    ],
)
def test_nothing_in_a_pickle_is_executed(tmp_path, monkeypatch, data):
    monkeypatch.setattr("os.system", lambda _: pytest.fail("a pickle was executed"))
    with pytest.raises(BadFile):
        read_batch(data)
    with pytest.raises(BadFile) as error:
        load("cifar10", write(tmp_path, CIFAR_PYTHON | {FIRST: data}))
    assert str(error.value).startswith(f"{tmp_path}/{FIRST}: ")


def batch(**changes):
    images, given = CIFAR[FIRST]
    return pickle.dumps({"data": images.reshape(2, -1), "labels": given.tolist()} | changes, 2)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (batch(labels=[1, 2, 3]), r"3 labels for data of shape \(2, 3072\)"),
        (batch(labels=[1, 10]), "label 10 of picture 1"),
        (batch(labels=[1, -1]), "label -1"),
        (batch(labels=[1, True]), "no list of labels"),
        (batch(labels=b"\1\2"), "no list of labels"),
        (batch(labels=[1, 10**30]), "opcode 0x8a"),
        (batch(data=[1, 2]), "no array of data"),
        (batch(data=np.zeros((2, 3072))), "not bytes"),
        (batch(data=np.zeros((2, 1024), np.uint8)), r"shape \(2, 1024\)"),
        (batch(data=np.zeros(6144, np.uint8)), "damaged"),
        (batch(labels=[]), "0 labels for data"),
        (pickle.dumps({"data": np.zeros((0, 3072), np.uint8), "labels": []}, 3), "0 labels for data"),
        (CIFAR_PYTHON[FIRST] + b".", "damaged"),
        (CIFAR_PYTHON[FIRST][:-1], "too early"),
        (CIFAR_PYTHON[FIRST].replace(b"J\2\0\0\0", b"J\3\0\0\0"), "do not have their declared shape"),
        (b"\x80\x02" + b"]" * 1_000_001, "more than 1000000 steps"),
        (b"\x80\x02}(]Nu.", "damaged"),
        (b"\x80\x02(((.", "damaged"),
        (b"", "too early"),
    ],
)
def test_malformed_pickles_are_refused(tmp_path, data, said):
    with pytest.raises(BadFile, match=said):
        load("cifar10", write(tmp_path, CIFAR_PYTHON | {FIRST: data}))


def jpeg_files(**changes):
    pytest.importorskip("PIL")
    train, test = jpeg(pictures(4, 3, 32, 32), labels(4)), jpeg(pictures(2, 3, 32, 32), labels(2))
    return {"train.npz": npz(**(train | changes)), "test.npz": npz(compressed=True, **test)}


@pytest.mark.parametrize("subfolder", ["", "cifar10-jpeg"])
def test_the_jpeg_copy_is_decoded_and_named_so(tmp_path, subfolder):
    pytest.importorskip("PIL")
    colours = np.array([[200, 30, 30], [30, 200, 30], [30, 30, 200]], np.uint8)
    images = np.broadcast_to(colours[:, :, None, None], (3, 3, 32, 32))
    data = npz(**jpeg(images, np.array([3, 1, 2]), quality=95))
    write(tmp_path / subfolder, {"train.npz": data, "test.npz": data})
    found = load("cifar10-jpeg", tmp_path)
    assert found.name == "cifar10-jpeg" and found.shape == (3, 32, 32)
    assert abs(found.train.images.astype(int) - images).max() < 6
    assert found.train.labels.tolist() == [3, 1, 2]


def other(count=4, size=(32, 32), **options):
    from PIL import Image

    buffer = io.BytesIO()
    Image.new(options.pop("mode", "RGB"), size).save(buffer, options.pop("kind", "JPEG"))
    data = np.frombuffer(buffer.getvalue() * count, np.uint8)
    return {"jpeg": data, "offsets": np.arange(count + 1) * (len(data) // count)}


def huge():
    """A JPEG of 32 x 32 that says it has 65,500 x 65,500."""
    found = other(1)
    data = bytearray(found["jpeg"].tobytes())
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", 65_500, 65_500)
    return {"jpeg": np.frombuffer(bytes(data), np.uint8), "offsets": found["offsets"], "labels": np.zeros(1, np.uint8)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (lambda: other(size=(31, 32)), "picture 0 is RGB of 31 x 32"),
        (lambda: other(mode="L"), "picture 0 is L of 32 x 32"),
        (lambda: other(kind="PNG"), "picture 0 can not be decoded"),
        (huge, "picture 0 can not be decoded"),
        (lambda: {"jpeg": other()["jpeg"][:-8], "offsets": other()["offsets"] - [0, 0, 0, 0, 8]}, "picture 3"),
        (lambda: {"labels": np.array([0, 1, 2, 10])}, "label 10 of picture 3"),
        (lambda: {"labels": np.array([0, 1, 2])}, "5 offsets for 3 labels"),
        (lambda: {"labels": np.array(["a"] * 4)}, "labels is not of integers"),
        (lambda: {"jpeg": other()["jpeg"].astype(np.int16)}, "uint8"),
        (lambda: {"offsets": np.array([0, 5, 3, 9, 10])}, "do not rise"),
        (lambda: {"offsets": np.arange(5)}, "do not rise"),
        (lambda: other() | {"offsets": other()["offsets"][[0, 2, 1, 3, 4]]}, "do not rise"),
        (lambda: {"offsets": np.array([-1, 5, 6, 9, 10])}, "do not rise"),
    ],
)
def test_malformed_jpeg_copies_are_refused_by_name(tmp_path, changes, said):
    pytest.importorskip("PIL")
    content = jpeg_files(**changes())
    with pytest.raises(BadFile, match=said) as error:
        load("cifar10-jpeg", write(tmp_path, content))
    assert str(error.value).startswith(f"{tmp_path}/train.npz: ") and "\n" not in str(error.value)


def test_without_pillow_one_line_says_what_to_install(tmp_path, monkeypatch):
    content = jpeg_files()
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(Unavailable, match="pip install pillow"):
        load("cifar10-jpeg", write(tmp_path, content))


def test_the_jpeg_copy_can_not_be_fetched(tmp_path):
    with pytest.raises(BadInput, match=r"train\.npz and test\.npz") as error:
        load("cifar10-jpeg", tmp_path, download=True)
    assert "--download" not in str(error.value)


@pytest.mark.shared
def test_the_shared_jpeg_copy(shared, tmp_path):
    pytest.importorskip("PIL")
    for name in ("train.npz", "test.npz"):  # the test pictures twice: decoding all takes ten seconds
        (tmp_path / name).symlink_to(shared / "cifar10-jpeg" / "test.npz")
    found = load("cifar10-jpeg", tmp_path)
    assert np.bincount(found.test.labels).tolist() == [1000] * 10
    values = found.preprocessing(found.test.images)
    assert abs(values.mean((0, 2, 3))).max() < 0.05 and abs(values.std((0, 2, 3)) - 1).max() < 0.05


def test_records_and_pictures_agree():
    images, given = CIFAR[FIRST]
    data = records(images, given)
    assert (
        data[0] == given[0] and data[1 : 1 + 32] == images[0, 0, 0].tobytes() and data[1 + 1024] == images[0, 1, 0, 0]
    )
