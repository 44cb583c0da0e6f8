"""MNIST: handwritten digits of 28 x 28 pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.core.preprocessing import Preprocessing
from slth.datasets.dataset import Dataset
from slth.datasets.fetch import Published
from slth.datasets.idx import read_four, refuse_other
from slth.datasets.origin import datasets
from slth.datasets.place import Place

ADDRESS = "https://ossci-datasets.s3.amazonaws.com/mnist/"
PUBLISHED = tuple(
    Published(f"{stem}.gz", f"{ADDRESS}{stem}.gz", md5)
    for stem, md5 in (
        ("train-images-idx3-ubyte", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte", "ec29112dd5afa0611ce80d1b7f02629c"),
    )
)
FASHION = (9, 0, 0, 3, 0, 2, 7, 2, 5, 5)


@datasets.register("mnist")
@dataclass(frozen=True)
class Mnist:
    """60,000 + 10,000 pictures of digits, with the mean and deviation that everybody uses.

    Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition" (1998).
    """

    published: tuple[Published, ...] = PUBLISHED
    summary: ClassVar[str] = "handwritten digits, 60,000 + 10,000 of 1 x 28 x 28; LeCun, Cortes, Burges, CC BY-SA 3.0"

    def load(self, place: Place) -> Dataset:
        """Read the four IDX files."""
        train, test = read_four("mnist", place, ("mnist", "MNIST/raw", "MNIST"), self.published)
        refuse_other("mnist", train, FASHION, "Fashion-MNIST", place)
        return Dataset("mnist", tuple("0123456789"), train, test, Preprocessing(255, (0.1307,), (0.3081,)))
