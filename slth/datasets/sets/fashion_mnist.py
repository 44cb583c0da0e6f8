"""Fashion-MNIST: pictures of clothes of 28 x 28 pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.core.preprocessing import Preprocessing
from slth.datasets.dataset import Dataset
from slth.datasets.fetch import Published
from slth.datasets.idx import read_four, refuse_other
from slth.datasets.origin import datasets
from slth.datasets.place import Place

ADDRESS = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"
PUBLISHED = tuple(
    Published(f"{stem}.gz", f"{ADDRESS}{stem}.gz", md5)
    for stem, md5 in (
        ("train-images-idx3-ubyte", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte", "bb300cfdad3c16e7a12a480ee83cd310"),
    )
)
SUBFOLDERS = ("fashion-mnist", "FashionMNIST/raw", "FashionMNIST", "fashion_mnist")
CLASSES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
DIGITS = (5, 0, 4, 1, 9, 2, 1, 3, 1, 4)


@datasets.register("fashion-mnist")
@dataclass(frozen=True)
class FashionMnist:
    """60,000 + 10,000 pictures of clothes, in the files and shapes of MNIST.

    Source: Xiao, Rasul, Vollgraf, "Fashion-MNIST: a novel image dataset" (2017).
    """

    published: tuple[Published, ...] = PUBLISHED
    summary: ClassVar[str] = "clothes, 60,000 + 10,000 of 1 x 28 x 28; Zalando Research, MIT licence"

    def load(self, place: Place) -> Dataset:
        """Read the four IDX files."""
        train, test = read_four("fashion-mnist", place, SUBFOLDERS, self.published)
        refuse_other("fashion-mnist", train, DIGITS, "MNIST", place)
        return Dataset("fashion-mnist", CLASSES, train, test, Preprocessing(255, (0.2860,), (0.3530,)))
