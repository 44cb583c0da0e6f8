"""Splits, preprocessing and data sets: what they hold and what they refuse."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from slth.core.errors import BadInput
from slth.core.preprocessing import Preprocessing
from slth.datasets.dataset import Dataset, Split
from slth.datasets.load import datasets, load

IMAGES = np.arange(48, dtype=np.uint8).reshape(4, 3, 2, 2)
LABELS = np.array([0, 1, 0, 1])
HALF = Preprocessing(255, (0.5,) * 3, (0.25,) * 3)


def dataset(**changes):
    split = Split(IMAGES, LABELS)
    given = {"name": "small", "classes": ("a", "b"), "train": split, "test": split, "preprocessing": HALF}
    return Dataset(**(given | changes))


def test_a_split_holds_its_pictures_read_only():
    images = IMAGES.copy()
    split = Split(images, LABELS)
    images[0] = 9
    assert (split.images == IMAGES).all() and len(split) == 4
    with pytest.raises(ValueError, match="read-only"):
        split.images[0] = 1


def test_a_digest_is_that_of_the_content():
    split = Split(IMAGES, LABELS)
    written = b'{"format":"slth-data/1"}\n["images","U8",[4,3,2,2]]\n' + bytes(range(48))
    written += b'\n["labels","I64",[4]]\n' + b"".join(label.to_bytes(8, "little") for label in (0, 1, 0, 1))
    assert split.digest == hashlib.sha256(written).hexdigest()
    assert split.digest == Split(np.ascontiguousarray(IMAGES[::-1])[::-1], LABELS).digest
    assert split.digest != Split(IMAGES, 1 - LABELS).digest
    assert split.digest != Split(IMAGES.reshape(4, 3, 4, 1), LABELS).digest


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (IMAGES.astype(float), LABELS),
        (IMAGES[:, 0], LABELS),
        (IMAGES[:, :0], LABELS),
        (IMAGES, LABELS[:3]),
        (IMAGES, LABELS.astype(np.int32)),
        (IMAGES, LABELS[:, None]),
    ],
)
def test_a_split_refuses_what_does_not_fit(images, labels):
    with pytest.raises(BadInput):
        Split(images, labels)


def test_preprocessing_by_hand():
    values = Preprocessing(16, (0.5, 0.0, 1.0), (0.25, 1.0, 0.5))(IMAGES)
    assert values.dtype == np.float64 and values.shape == IMAGES.shape
    assert values[1, 0, 0, 1] == (13 / 16 - 0.5) / 0.25
    assert values[1, 1, 0, 0] == 16 / 16
    assert values[1, 2, 0, 0] == (20 / 16 - 1) / 0.5
    with pytest.raises(BadInput, match="3 channels"):
        HALF(IMAGES[:, :1])


@pytest.mark.parametrize(
    "given",
    [
        (0, (0.0,), (1.0,)),
        (256, (0.0,), (1.0,)),
        (255, (), ()),
        (255, (0.0,), (1.0, 1.0)),
        (255, (0.0,), (0.0,)),
        (255, (0.0,), (float("nan"),)),
        (255, (float("inf"),), (1.0,)),
    ],
)
def test_preprocessing_refuses_what_does_not_divide(given):
    with pytest.raises(BadInput):
        Preprocessing(*given)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"classes": ("a",)}, "label 1 of picture 1 is not in 0, ..., 0"),
        ({"test": Split(IMAGES, LABELS - 1)}, "label -1"),
        ({"test": Split(IMAGES[:0], LABELS[:0])}, "no pictures to test on"),
        ({"test": Split(IMAGES[:, :, :1], LABELS)}, r"\(3, 1, 2\)"),
        ({"preprocessing": Preprocessing(255, (0.0,), (1.0,))}, "1 means for 3 channels"),
        ({"preprocessing": Preprocessing(46, (0.0,) * 3, (1.0,) * 3)}, "a byte 47 is above the largest, 46"),
    ],
)
def test_a_data_set_refuses_what_does_not_fit(changes, said):
    assert dataset().shape == (3, 2, 2)
    with pytest.raises(BadInput, match=said):
        dataset(**changes)


def test_the_names_on_the_command_line():
    assert datasets.names() == ["cifar10", "cifar10-jpeg", "digits", "fashion-mnist", "mnist"]
    assert all("\n" not in origin.summary and len(origin.summary) < 100 for _, origin in datasets)


def test_another_name_is_answered_with_those_there_are():
    with pytest.raises(BadInput, match=r"'minst'.*cifar10, .*mnist, or a FILE.npz"):
        load("minst")


def test_digits_are_those_of_scikit_learn():
    found = load("digits")
    published = pytest.importorskip("sklearn.datasets").load_digits()
    images = np.concatenate([found.train.images, found.test.images])
    assert (images[:, 0] == published.images).all()
    assert (np.concatenate([found.train.labels, found.test.labels]) == published.target).all()
    assert (len(found.train), len(found.test)) == (1437, 360)
    assert found.preprocessing(found.train.images).max() == 1


def test_digits_never_drift():
    found = load("digits")
    assert found.train.digest == "bd83c05a054695f389658510280ecacb14a47761b7393a248c87071bff35984b"
    assert found.name == "digits" and found.shape == (1, 8, 8)
