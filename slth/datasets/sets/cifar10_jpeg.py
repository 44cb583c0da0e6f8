"""CIFAR-10 in a copy of one JPEG a picture. Its pixels differ a little from the original's, and so do accuracies."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from slth.core.errors import BadFile, Unavailable
from slth.core.network import Array
from slth.datasets.arrays import read_arrays
from slth.datasets.cifar import CLASSES, PREPROCESSING, SHAPE
from slth.datasets.dataset import Bytes, Dataset, Split, check_labels
from slth.datasets.files import naming
from slth.datasets.origin import datasets
from slth.datasets.place import Place

NAME = "cifar10-jpeg"
FILES = ("train.npz", "test.npz")
SIZE = (SHAPE[2], SHAPE[1])


@datasets.register(NAME)
@dataclass(frozen=True)
class Cifar10Jpeg:
    """50,000 + 10,000 pictures; in each file `jpeg` (all bytes), `offsets` (n + 1,) and `labels` (n,).

    Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009), encoded again as JPEG.
    """

    summary: ClassVar[str] = "photographs, a JPEG copy of CIFAR-10 (train.npz, test.npz); needs Pillow; not published"

    def load(self, place: Place) -> Dataset:
        """Read and decode both files."""
        paths = place.find([(name,) for name in FILES], (NAME,))
        if paths is None:
            raise place.missing(NAME, " and ".join(FILES), (NAME,), fetchable=False)
        train, test = map(_split, paths)
        return Dataset(NAME, CLASSES, train, test, PREPROCESSING)


def _split(path: Path) -> Split:
    with naming(path):
        arrays = read_arrays(path, ("jpeg", "offsets", "labels"))
        jpeg, offsets, labels = arrays["jpeg"], arrays["offsets"], arrays["labels"]
        if jpeg.dtype != np.uint8 or (jpeg.ndim, offsets.ndim, labels.ndim) != (1, 1, 1):
            raise BadFile("its jpeg, offsets and labels are not uint8 (bytes,), (n + 1,) and (n,)")
        if not len(labels) or len(offsets) != len(labels) + 1:
            raise BadFile(f"has {len(offsets)} offsets for {len(labels)} labels; it needs one more than labels")
        if offsets[0] != 0 or offsets[-1] != len(jpeg) or (offsets[1:] <= offsets[:-1]).any():
            raise BadFile("its offsets do not rise from 0 to the number of its bytes")
        check_labels(labels, len(CLASSES))
        return Split(_decoded(jpeg, offsets), labels.astype(np.int64))


def _decoded(jpeg: Bytes, offsets: Array) -> Bytes:
    """All pictures as uint8 (n, 3, 32, 32)."""
    image = _pillow()
    data = jpeg.tobytes()
    out = np.empty((len(offsets) - 1, *SHAPE), np.uint8)
    for number, (begin, end) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)):
        try:
            out[number] = _picture(image, data[begin:end])
        except Exception as error:  # a decoder on damaged bytes raises anything, SyntaxError too
            reason = str(error) if isinstance(error, BadFile) else "can not be decoded"
            raise BadFile(f"picture {number} {reason}") from None
    return out


def _picture(image: Any, data: bytes) -> Bytes:
    with image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
        if picture.size != SIZE or picture.mode != "RGB":  # before decoding: its size is what it costs
            raise BadFile(f"is {picture.mode} of {picture.size[0]} x {picture.size[1]} pixels, not RGB of 32 x 32")
        return np.asarray(picture).transpose(2, 0, 1)


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise Unavailable(f"{NAME} needs Pillow to decode its pictures: python -m pip install pillow") from None
    return Image
