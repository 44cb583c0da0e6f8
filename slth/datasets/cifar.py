"""The two published forms of CIFAR-10's batches.

Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009), and the page of the data set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from slth.core.errors import BadFile
from slth.core.network import Array
from slth.core.preprocessing import Preprocessing
from slth.datasets.dataset import Split, check_labels
from slth.datasets.pickled import read_batch

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
PREPROCESSING = Preprocessing(255, (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))


def from_records(data: bytes) -> Split:
    """A batch of the binary version: for each picture its label and 3,072 bytes, red, green, blue.

    Raises
    ------
    BadFile
        When it is not a whole number of records, or a label is above 9.
    """
    if not data or len(data) % (1 + PIXELS):
        raise BadFile(f"has {len(data)} bytes, not a multiple of {1 + PIXELS}; fetch it again")
    records = np.frombuffer(data, np.uint8).reshape(-1, 1 + PIXELS)
    return _split(records[:, 1:], records[:, 0])


def from_pickle(data: bytes) -> Split:
    """A batch of the Python version; nothing in it is executed.

    Raises
    ------
    BadFile
        When it is damaged or holds anything else.
    """
    labels, pixels = read_batch(data)
    if pixels.shape[1] != PIXELS or len(pixels) != len(labels) or not labels:
        raise BadFile(f"has {len(labels)} labels for data of shape {pixels.shape}, not (n, {PIXELS}); fetch it again")
    return _split(pixels, np.array(labels, np.int64))


def joined(batches: Mapping[str, Split], names: Sequence[str]) -> Split:
    """The named batches after each other."""
    parts = [batches[name] for name in names]
    return Split(np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts]))


def _split(pixels: Array, labels: Array) -> Split:
    check_labels(labels, len(CLASSES))
    return Split(pixels.reshape(-1, *SHAPE), labels.astype(np.int64))
