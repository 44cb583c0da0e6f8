"""The IDX format, and data sets of four IDX files as MNIST has them.

Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits": two zero bytes, the type
(8: bytes), the number of axes, each side as a big-endian 32-bit number, then the bytes.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from slth.core.errors import BadFile, BadInput
from slth.datasets.dataset import Bytes, Split, check_labels
from slth.datasets.fetch import Published
from slth.datasets.files import MAX_BYTES, Stream, naming, opened, shown
from slth.datasets.place import Place

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
UNSIGNED_BYTE = 8
SIDE = 28
CLASSES = 10


def read_idx(path: Path, axes: int) -> Bytes:
    """The bytes of an IDX file, gzipped or not, as uint8 array of `axes` axes; call it inside `naming`.

    Raises
    ------
    BadFile
        For another magic number, a size that does not fit, bytes that are missing or too many.
    """
    with opened(path) as handle:
        stream = Stream(handle)
        if stream.take(4) != bytes([0, 0, UNSIGNED_BYTE, axes]):
            raise BadFile(f"is not an IDX file of bytes with {axes} axes; fetch it again")
        sides = struct.unpack(f">{axes}I", stream.take(4 * axes))
        size = math.prod(sides)
        if not 0 < size <= MAX_BYTES:
            raise BadFile(f"declares {' x '.join(map(str, sides))} bytes; 1 to {MAX_BYTES} are read")
        data = stream.take(size)
        stream.finish()
    return np.frombuffer(data, np.uint8).reshape(sides)


def read_four(
    name: str, place: Place, subfolders: Sequence[str], published: Sequence[Published]
) -> tuple[Split, Split]:
    """Pictures to train on and to test on, from the four files of a set like MNIST.

    Raises
    ------
    BadInput
        When the files are missing.
    BadFile
        When one is malformed.
    """
    wanted = [(stem, f"{stem}.gz") for stem in NAMES]
    paths = place.find(wanted, subfolders)
    if paths is None and place.download:
        place.fetch(published, subfolders[0])
        paths = place.find(wanted, subfolders)
    if paths is None:
        names = f"{', '.join(NAMES)} (.gz or unpacked)"
        raise place.missing(name, names, subfolders, fetchable=True)
    return _split(paths[0], paths[1]), _split(paths[2], paths[3])


def refuse_other(name: str, train: Split, opening: Sequence[int], other: str, place: Place) -> None:
    """Refuse the files of another set: both have the same names, and nothing in them says which they are.

    Parameters
    ----------
    opening : sequence of int
        The first labels of the other set.

    Raises
    ------
    BadInput
        When the labels begin as those of the other set do.
    """
    if train.labels[: len(opening)].tolist() == list(opening):
        raise BadInput(
            f"{name}: the files in {shown(place.folder)} are those of {other}; give another folder (--data-dir)"
        )


def _split(images_path: Path, labels_path: Path) -> Split:
    with naming(images_path):
        images = read_idx(images_path, 3)
        if images.shape[1:] != (SIDE, SIDE):
            raise BadFile(f"its pictures have {images.shape[1]} x {images.shape[2]} pixels, not {SIDE} x {SIDE}")
    with naming(labels_path):
        labels = read_idx(labels_path, 1)
        if len(labels) != len(images):
            raise BadFile(f"has {len(labels)} labels for the {len(images)} pictures of {images_path.name}")
        check_labels(labels, CLASSES)
    return Split(images[:, None], labels.astype(np.int64))
