"""MNIST and Fashion-MNIST: the four IDX files, wherever they are usually kept, and what is wrong with others."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct

import numpy as np
import pytest
from written_data import MNIST, MNIST_FILES, MNIST_UNPACKED, STEMS, idx, pictures, write

from slth.core.errors import BadFile, BadInput
from slth.datasets import files
from slth.datasets.load import load

DIGITS = np.array([5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3])
FASHION = np.array([9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0])


@pytest.mark.parametrize("content", [MNIST_FILES, MNIST_UNPACKED])
@pytest.mark.parametrize(
    ("name", "subfolder"),
    [
        ("mnist", ""),
        ("mnist", "mnist"),
        ("mnist", "MNIST/raw"),
        ("fashion-mnist", ""),
        ("fashion-mnist", "fashion-mnist"),
        ("fashion-mnist", "FashionMNIST/raw"),
    ],
)
def test_pictures_come_back_from_every_usual_place(tmp_path, content, name, subfolder):
    write(tmp_path / subfolder, content)
    found = load(name, tmp_path)
    assert found.name == name and found.shape == (1, 28, 28) and len(found.classes) == 10
    assert (found.train.images[:, 0] == MNIST[0]).all() and (found.train.labels == MNIST[1]).all()
    assert (found.test.images[:, 0] == MNIST[2]).all() and (found.test.labels == MNIST[3]).all()


def test_packed_and_unpacked_have_one_digest(tmp_path):
    found = [
        load("mnist", write(tmp_path / str(k), content)) for k, content in enumerate((MNIST_FILES, MNIST_UNPACKED))
    ]
    assert found[0].train.digest == found[1].train.digest


def test_the_folder_comes_from_the_environment(tmp_path, monkeypatch):
    write(tmp_path / "a" / "mnist", MNIST_FILES)
    write(tmp_path / "b" / "slth" / "mnist", MNIST_FILES)
    write(tmp_path / "c" / ".cache" / "slth" / "mnist", MNIST_FILES)
    monkeypatch.setenv("HOME", str(tmp_path / "c"))
    monkeypatch.delenv("SLTH_DATA", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert len(load("mnist").train) == 7
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(BadInput):
        load("mnist")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "b"))
    assert len(load("mnist").train) == 7
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "b")
    with pytest.raises(BadInput):
        load("mnist")
    monkeypatch.setenv("SLTH_DATA", str(tmp_path / "a"))
    assert len(load("mnist").train) == 7


@pytest.mark.parametrize("left", ["", "no-such-folder", "new\nline"])
def test_missing_files_are_named_in_one_line(tmp_path, left):
    write(tmp_path, {STEMS[0]: MNIST_UNPACKED[STEMS[0]]})
    with pytest.raises(BadInput) as error:
        load("mnist", tmp_path / left)
    said = str(error.value)
    assert error.value.exit_code == 2 and not isinstance(error.value, BadFile)
    assert str(tmp_path) in said and STEMS[3] in said and "--data-dir" in said and "--download" in said
    assert "\n" not in said


@pytest.mark.parametrize(("name", "labels"), [("mnist", FASHION), ("fashion-mnist", DIGITS)])
def test_files_of_the_other_set_are_refused(tmp_path, name, labels):
    content = MNIST_UNPACKED | {STEMS[0]: idx(pictures(11, 28, 28)), STEMS[1]: idx(labels)}
    with pytest.raises(BadInput, match=r"are those of .*MNIST"):
        load(name, write(tmp_path, content))


WRONG = {
    "wrong magic": (0, b"\0\0\x09\3" + MNIST_UNPACKED[STEMS[0]][4:], "not an IDX file"),
    "labels for images": (0, MNIST_UNPACKED[STEMS[1]], "not an IDX file"),
    "truncated": (0, MNIST_UNPACKED[STEMS[0]][:-1], "too early"),
    "bytes behind": (0, MNIST_UNPACKED[STEMS[0]] + b"\0", "behind its end"),
    "empty": (0, b"", "too early"),
    "other pixels": (0, idx(pictures(7, 27, 28)), "27 x 28"),
    "no picture": (0, idx(pictures(0, 28, 28)), "declares 0"),
    "too large": (0, struct.pack(">HBB3I", 0, 8, 3, 1 << 31, 28, 28), "declares"),
    "other count": (1, idx(np.arange(6)), "6 labels for the 7 pictures"),
    "label 10": (1, idx(np.array([1, 2, 3, 10, 4, 5, 6])), "label 10 of picture 3"),
    "gzip truncated": (0, MNIST_FILES[f"{STEMS[0]}.gz"][:-1], "too early"),
    "gzip without its checksum": (0, MNIST_FILES[f"{STEMS[0]}.gz"][:-8], "too early"),
    "gzip with another checksum": (0, MNIST_FILES[f"{STEMS[0]}.gz"][:-8] + bytes(8), "is damaged"),
    "gzip with bytes behind": (0, MNIST_FILES[f"{STEMS[0]}.gz"] + b"\0", "behind its end"),
    "gzip of more": (0, gzip.compress(MNIST_UNPACKED[STEMS[0]] + b"\0"), "behind its end"),
    "two gzips": (0, MNIST_FILES[f"{STEMS[0]}.gz"] * 2, "behind its end"),
}


@pytest.mark.parametrize(("place", "data", "said"), WRONG.values(), ids=WRONG)
def test_malformed_files_are_refused_by_name(tmp_path, place, data, said):
    with pytest.raises(BadFile, match=said) as error:
        load("mnist", write(tmp_path, MNIST_UNPACKED | {STEMS[place]: data}))
    assert str(error.value).startswith(str(tmp_path / STEMS[place])) and "\n" not in str(error.value)


def test_a_gzip_bomb_is_unpacked_no_further_than_it_declares(tmp_path, monkeypatch):
    asked = []
    some = files.Stream._some
    monkeypatch.setattr(files.Stream, "_some", lambda self, limit: asked.append(limit) or some(self, limit))
    bomb = gzip.compress(MNIST_UNPACKED[STEMS[0]] + bytes(50_000_000))
    with pytest.raises(BadFile, match="behind its end"):
        load("mnist", write(tmp_path, MNIST_UNPACKED | {STEMS[0]: bomb}))
    assert sum(asked) < 10_000


def test_folders_and_pipes_are_no_files(tmp_path):
    write(tmp_path, {name: MNIST_UNPACKED[name] for name in STEMS[1:]})
    os.mkfifo(tmp_path / STEMS[0])
    with pytest.raises(BadInput, match="do not have"):
        load("mnist", tmp_path)


@pytest.mark.shared
def test_the_published_mnist(shared):
    found = load("mnist", shared / "mnist")
    assert (len(found.train), len(found.test)) == (60_000, 10_000)
    assert found.train.digest == load("mnist", shared).train.digest
    values = found.preprocessing(found.test.images)
    assert abs(values.mean()) < 0.02 and abs(values.std() - 1) < 0.02
    unpacked = gzip.decompress((shared / "mnist" / f"{STEMS[0]}.gz").read_bytes())
    assert hashlib.md5(unpacked).hexdigest() == "6bbc9ace898e44ae57da46a324031adb"
    assert (found.train.images.ravel() == np.frombuffer(unpacked, np.uint8, offset=16)).all()
    with pytest.raises(BadInput, match="are those of MNIST"):
        load("fashion-mnist", shared / "mnist")
