"""A data set as data: pictures of bytes with their labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.core.network import Array, canonical_json, content_digest, frozen
from slth.core.preprocessing import Preprocessing

Bytes = NDArray[np.uint8]
Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """Pictures and their labels.

    Parameters
    ----------
    images : uint8 array (n, channels, height, width)
    labels : int64 array (n,)
    """

    images: Bytes
    labels: Labels

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.images.dtype != np.uint8 or 0 in self.images.shape[1:]:
            raise BadInput(
                f"pictures are uint8 (n, channels, height, width), not {self.images.dtype} of shape {self.images.shape}"
            )
        if self.labels.dtype != np.int64 or self.labels.shape != self.images.shape[:1]:
            raise BadInput(
                f"{len(self.images)} pictures need int64 labels of shape ({len(self.images)},), "
                f"not {self.labels.dtype} of shape {self.labels.shape}"
            )
        object.__setattr__(self, "images", frozen(self.images))
        object.__setattr__(self, "labels", frozen(self.labels))

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, places: Array) -> Split:
        """The pictures at `places`, integers of shape (m,), in that order."""
        return Split(self.images[places], self.labels[places])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of pictures and labels: what a claim about accuracy names."""
        text = canonical_json({"format": "slth-data/1"})
        return content_digest(text, {"images": self.images, "labels": self.labels})


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures to train on and pictures to test on.

    Parameters
    ----------
    name : str
        Says the copy too: ``"cifar10-jpeg"`` is not ``"cifar10"``.
    classes : tuple of str
        What label 0, 1, ... stands for.
    train, test : Split
        At least one picture each, all of one shape.
    preprocessing : Preprocessing
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split
    preprocessing: Preprocessing

    def __post_init__(self) -> None:
        for part, split in (("train", self.train), ("test", self.test)):
            if not len(split):
                raise BadInput(f"{self.name}: there are no pictures to {part} on")
            check_labels(split.labels, len(self.classes))
            brightest = int(split.images.max())
            if brightest > self.preprocessing.largest:
                raise BadInput(f"{self.name}: a byte {brightest} is above the largest, {self.preprocessing.largest}")
        if self.train.images.shape[1:] != self.test.images.shape[1:]:
            raise BadInput(
                f"{self.name}: pictures to train on have shape {self.train.images.shape[1:]}, "
                f"those to test on {self.test.images.shape[1:]}"
            )
        if len(self.preprocessing.mean) != self.shape[0]:
            raise BadInput(f"{self.name}: {len(self.preprocessing.mean)} means for {self.shape[0]} channels")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one picture: channels, height, width."""
        _, channels, height, width = self.train.images.shape
        return channels, height, width


def check_labels(labels: Array, classes: int) -> None:
    """Refuse a label that is not in 0, ..., classes - 1.

    Raises
    ------
    BadInput
        Naming the first such label.
    """
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(wrong):
        raise BadInput(f"label {labels[wrong[0]]} of picture {wrong[0]} is not in 0, ..., {classes - 1}")
