"""A data set of the user's own, in one .npz file."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from slth.core.errors import BadFile
from slth.core.network import Array
from slth.core.preprocessing import Preprocessing
from slth.datasets.arrays import read_arrays
from slth.datasets.dataset import Bytes, Dataset, Labels, Split
from slth.datasets.files import naming

OWN = ".npz"
NAMES = ("train_images", "train_labels", "test_images", "test_labels")
LARGEST = 255
MAX_CLASSES = 10_000
BLOCK = 4096


def read_own(path: Path) -> Dataset:
    """Read a data set from the arrays train_images, train_labels, test_images, test_labels.

    Images are uint8, (n, height, width) or (n, channels, height, width); labels integers (n,); the largest of
    those to train on says how many classes there are. Mean and deviation are those of the training pictures.

    Raises
    ------
    BadFile
        When an array is missing or of another kind, a label negative, a channel constant, there are fewer than two
        classes, or others to test on than to train on.
    """
    with naming(path):
        arrays = read_arrays(path, NAMES)
        train, test = _split(arrays, "train"), _split(arrays, "test")
        classes = 1 + int(train.labels.max())
        if classes < 2:
            raise BadFile("train_labels has one class; pictures of at least two are needed to tell them apart")
        if test.labels.max() >= classes:
            largest = int(test.labels.max())
            raise BadFile(f"test_labels has label {largest}; the largest of train_labels is {classes - 1}")
        names = tuple(map(str, range(classes)))
        return Dataset(path.stem, names, train, test, measured(train.images))


def _split(arrays: dict[str, Array], part: str) -> Split:
    images, labels = _images(arrays[f"{part}_images"], part), _labels(arrays[f"{part}_labels"], part)
    if not len(images):
        raise BadFile(f"{part}_images has no picture")
    return Split(images, labels)


def _images(images: Array, part: str) -> Bytes:
    if images.dtype != np.uint8 or images.ndim not in (3, 4):
        raise BadFile(
            f"{part}_images is {images.dtype} of shape {images.shape}; "
            "it needs uint8 (n, height, width) or (n, channels, height, width)"
        )
    if images.ndim == 4 and images.shape[3] in (1, 3, 4) and images.shape[1] > 4:
        raise BadFile(f"{part}_images of shape {images.shape} has its channels last; save it transposed (0, 3, 1, 2)")
    return images if images.ndim == 4 else images[:, None]


def _labels(labels: Array, part: str) -> Labels:
    if labels.ndim != 1:
        raise BadFile(f"{part}_labels has shape {labels.shape}; it needs one label for each picture, (n,)")
    wrong = np.flatnonzero((labels < 0) | (labels >= MAX_CLASSES))
    if len(wrong):
        raise BadFile(f"{part}_labels has label {labels[wrong[0]]}; labels are in 0, ..., {MAX_CLASSES - 1}")
    return labels.astype(np.int64)


def measured(images: Bytes) -> Preprocessing:
    """The preprocessing that gives every channel of `images` mean 0 and deviation 1.

    Counted in integers, so that the result does not depend on the order in which a machine adds.

    Raises
    ------
    BadFile
        When a channel is constant.
    """
    mean, deviation = [], []
    for channel in range(images.shape[1]):
        counts = np.zeros(256, np.int64)
        for begin in range(0, len(images), BLOCK):
            counts += np.bincount(images[begin : begin + BLOCK, channel].ravel(), minlength=256)
        byte = np.arange(256, dtype=np.int64)
        number, total, squares = int(counts.sum()), int(counts @ byte), int(counts @ byte**2)
        spread = number * squares - total**2  # number^2 times the variance
        if not spread:
            raise BadFile(f"channel {channel} of its training pictures is constant; drop it")
        mean.append(total / (number * LARGEST))
        deviation.append(math.sqrt(spread) / (number * LARGEST))
    return Preprocessing(LARGEST, tuple(mean), tuple(deviation))
