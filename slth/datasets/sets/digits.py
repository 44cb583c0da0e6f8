"""Digits of 8 x 8 pixels, which come with slth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from slth.core.preprocessing import Preprocessing
from slth.datasets.arrays import read_arrays
from slth.datasets.dataset import Dataset, Split
from slth.datasets.files import naming
from slth.datasets.origin import datasets
from slth.datasets.place import Place

FILE = Path(__file__).with_suffix(".npz")
TRAIN = 1437


@datasets.register("digits")
@dataclass(frozen=True)
class Digits:
    """1,797 pictures of digits in their published order: the first 1,437 to train on, the last 360 to test on.

    Pixels count 0 to 16 and are used as numbers in [0, 1], with no mean taken off: so does the shipped example.

    Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository (1998),
    doi:10.24432/C50P49, CC BY 4.0; its test set, in the copy of scikit-learn's `load_digits`.
    """

    summary: ClassVar[str] = (
        "handwritten digits, 1,437 + 360 of 1 x 8 x 8, comes with slth; Alpaydin, Kaynak, CC BY 4.0"
    )

    def load(self, place: Place) -> Dataset:
        """Read the file of the package; `place` is not looked at."""
        with naming(FILE):
            arrays = read_arrays(FILE, ("images", "labels"))
        images, labels = arrays["images"][:, None], arrays["labels"].astype(np.int64)
        train, test = Split(images[:TRAIN], labels[:TRAIN]), Split(images[TRAIN:], labels[TRAIN:])
        return Dataset("digits", tuple("0123456789"), train, test, Preprocessing(16, (0.0,), (1.0,)))
