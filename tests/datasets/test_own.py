"""A user's own .npz: read strictly, with mean and deviation of its training pictures."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_data import npz, own, pictures

from slth.core.errors import BadFile
from slth.datasets.arrays import read_arrays
from slth.datasets.files import naming
from slth.datasets.load import load
from slth.datasets.own import measured


def read(tmp_path, data):
    path = tmp_path / "flowers.npz"
    path.write_bytes(data)
    return load(str(path))


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_comes_back(tmp_path, compressed):
    arrays = own()
    found = read(tmp_path, npz(compressed, **arrays))
    assert found.name == "flowers" and found.classes == ("0", "1", "2") and found.shape == (1, 5, 4)
    assert (found.train.images[:, 0] == arrays["train_images"]).all()
    assert found.test.labels.tolist() == [2, 0] and found.test.labels.dtype == np.int64


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int32, np.uint64, ">i4"])
def test_labels_of_any_integer_type(tmp_path, dtype):
    labels = np.array([0, 1, 2, 0, 1, 2], dtype)
    assert read(tmp_path, npz(**own(train_labels=labels))).train.labels.tolist() == [0, 1, 2, 0, 1, 2]


def test_pictures_in_fortran_order_and_with_channels(tmp_path):
    images = np.asfortranarray(pictures(6, 2, 5, 4))
    found = read(tmp_path, npz(**own(train_images=images, test_images=pictures(2, 2, 5, 4))))
    assert (found.train.images == images).all() and found.shape == (2, 5, 4)


@given(st.integers(0, 2**32), st.integers(1, 3))
def test_mean_and_deviation_are_those_of_the_training_pictures(seed, channels):
    images = np.random.default_rng(seed).integers(0, 256, (5, channels, 4, 3), np.uint8)
    values = measured(images)(images)
    assert abs(values.mean((0, 2, 3))).max() < 1e-12
    assert abs(values.std((0, 2, 3)) - 1).max() < 1e-12


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"train_images": pictures(6, 5, 4).astype(float)}, "train_images is not of integers"),
        ({"train_images": pictures(6, 5, 4).astype(int)}, "train_images is int64"),
        ({"train_images": pictures(6, 5)}, "train_images is uint8 of shape"),
        ({"train_images": pictures(6, 32, 32, 3)}, "channels last"),
        ({"train_images": np.full((6, 5, 4), 7, np.uint8)}, "channel 0 .* constant"),
        ({"train_images": pictures(6, 0, 4)}, "pictures are uint8"),
        ({"train_labels": np.array([0, 1, 2])}, "6 pictures need"),
        ({"train_labels": np.arange(6)[:, None]}, r"train_labels has shape \(6, 1\)"),
        ({"train_labels": np.arange(6) - 1}, "train_labels has label -1"),
        ({"train_labels": np.arange(6) + 9_995}, "train_labels has label 10000"),
        ({"train_labels": np.full(6, 2**64 - 1, np.uint64)}, "has label 18446744073709551615"),
        ({"train_labels": np.zeros(6, np.int64)}, "train_labels has one class"),
        ({"test_labels": np.array([2, 3])}, "test_labels has label 3; the largest of train_labels is 2"),
        ({"train_labels": np.array(["a"] * 6)}, "train_labels is not of integers"),
        ({"train_labels": np.array([{}] * 6, object)}, "train_labels is not of integers"),
        ({"test_images": pictures(2, 4, 5)}, "those to test on"),
        ({"test_images": pictures(0, 5, 4), "test_labels": np.arange(0)}, "test_images has no picture"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(tmp_path, changes, said):
    with pytest.raises(BadFile, match=said) as error:
        read(tmp_path, npz(**own(**changes)))
    assert str(error.value).startswith(f"{tmp_path}/flowers.npz: ") and "\n" not in str(error.value)


def test_missing_arrays_are_named(tmp_path):
    arrays = own()
    del arrays["test_labels"], arrays["train_images"]
    with pytest.raises(BadFile, match="no array train_images, test_labels; it needs"):
        read(tmp_path, npz(**arrays))


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(BadFile, match="No such file"):
        load(str(tmp_path / "none.npz"))
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(BadFile, match="not a regular file"):
        load(str(tmp_path / "folder.npz"))


def zipped(header, body=b"", version=b"\1\0", method=zipfile.ZIP_STORED):
    head = b"\x93NUMPY" + version + len(header).to_bytes(2, "little") + header
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("a.npy", head + body)
    return buffer.getvalue()


def header(descr="'|u1'", shape="(3,)", order="False"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()


def test_a_header_by_hand_is_read(tmp_path):
    (tmp_path / "a.npz").write_bytes(zipped(header(), b"abc"))
    assert read_arrays(tmp_path / "a.npz", ["a"])["a"].tolist() == [97, 98, 99]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (zipped(header(), b"ab"), "does not fit"),
        (zipped(header(), b"abcd"), "does not fit"),
        (zipped(header(shape="(999999999999, 999999999999)"), b"abc"), "does not fit"),
        (zipped(header(shape="(9999999999999,)"), b"abc"), "impossible shape"),
        (zipped(header(shape="(1, 1, 1, 1, 1, 1, 1, 1, 3)"), b"abc"), "impossible shape"),
        (zipped(header(shape="(3 3)"), b"abc" * 11), "is damaged"),
        (zipped(header(shape="(-3,)"), b"abc"), "not of integers"),
        (zipped(header(descr="'|O'"), b"abc"), "not of integers"),
        (zipped(header(descr="'<f8'"), b"abc"), "not of integers"),
        (zipped(header(descr="__import__('os').system('exit')"), b"abc"), "not of integers"),
        (zipped(header() + b" " * 5000, b"abc"), "header of 50"),
        (zipped(header(), b"abc", version=b"\3\0"), "numpy wrote"),
        (zipped(header(), b"abc", method=zipfile.ZIP_BZIP2), "numpy does not use"),
        (zipped(header(), b"abc").replace(b"abc", b"abd"), "is damaged"),
        (b"PK\5\6" + bytes(18), "no array a"),
        (b"", "is damaged"),
        (b"not a zip", "is damaged"),
    ],
)
def test_malformed_archives_are_refused(tmp_path, data, said):
    path = tmp_path / "a.npz"
    path.write_bytes(data)
    with pytest.raises(BadFile, match=said), naming(path):
        read_arrays(path, ["a"])


def test_a_member_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("slth.datasets.arrays.MAX_BYTES", 1000)
    with pytest.raises(BadFile, match="at most 1000 are read"):
        read(tmp_path, npz(compressed=True, **own(train_images=np.zeros((1000, 5, 4), np.uint8))))
