"""Setting pictures aside for validation."""

from __future__ import annotations

import numpy as np

from slth.core.errors import BadInput
from slth.datasets.dataset import Split

SEEDS = 1 << 128


def validation(split: Split, fraction: float, seed: int) -> tuple[Split, Split]:
    """Part a split at random into pictures to train on and pictures to validate on.

    Both parts keep the order of the split. The same seed gives the same parts with every version of numpy: the raw
    words of Philox are fixed, while `Generator.permutation` may change.

    Parameters
    ----------
    fraction : float
        Of the pictures, in [0, 1): how many go to the second part, rounded to a whole number.
    seed : int
        In [0, 2^128).

    Raises
    ------
    BadInput
        For another fraction or seed, or when a part would be empty.
    """
    if not 0 <= fraction < 1:
        raise BadInput(f"the fraction for validation is in [0, 1), not {fraction}")
    if not 0 <= seed < SEEDS:
        raise BadInput(f"the seed is in [0, 2^128), not {seed}")
    count = round(fraction * len(split))
    if not 0 < count < len(split):
        raise BadInput(f"a fraction {fraction} of {len(split)} pictures leaves a part empty; give another fraction")
    words = np.random.Philox(key=seed).random_raw(len(split))
    order = np.argsort(words, kind="stable")
    return split.take(np.sort(order[count:])), split.take(np.sort(order[:count]))
