"""Counting what is really reached, by another way than the tables were made."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest


def _count(samples: np.ndarray, targets: np.ndarray, eps: float) -> int:
    """Rows of which no subset comes within eps of the target; the set of sums is an integer, one bit a grid point."""
    bits = 11 if eps >= 0.01 else 14
    grid, width = 1 << bits, round(eps * (1 << bits))
    window = (1 << (2 * width + 1)) - 1
    missed = 0
    for row, target in zip(np.rint(samples * grid).astype(np.int64).tolist(), targets, strict=True):
        base = -sum(min(value, 0) for value in row)
        sums = 1 << base
        for value in row:
            sums |= sums << value if value >= 0 else sums >> -value
        at = base + round(target * grid) - width
        missed += not (sums >> at & window if at >= 0 else sums & (window >> -at))
    return missed


@pytest.fixture
def missed_by_products() -> Callable[..., int]:
    """`missed_by_products(seed, n, targets, eps)`: rows of fresh products of uniforms that miss their target."""

    def count(seed: int, n: int, targets: np.ndarray, eps: float) -> int:
        rng = np.random.default_rng(seed)
        samples = rng.random((len(targets), n)) * rng.uniform(-1, 1, (len(targets), n))
        return _count(samples, targets, eps)

    return count
