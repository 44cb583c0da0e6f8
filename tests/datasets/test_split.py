"""Validation pictures: the same for a seed, none lost, none twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.datasets.dataset import Split
from slth.datasets.split import validation


def numbered(count):
    return Split(np.zeros((count, 1, 1, 1), np.uint8), np.arange(count))


@given(st.integers(2, 300), st.floats(0, 0.999), st.integers(0, 2**128 - 1))
def test_the_parts_are_the_whole(count, fraction, seed):
    if not 0 < round(fraction * count) < count:
        return
    train, other = validation(numbered(count), fraction, seed)
    assert len(other) == round(fraction * count)
    assert sorted([*train.labels, *other.labels]) == list(range(count))
    assert (np.diff(train.labels) > 0).all() and (np.diff(other.labels) > 0).all()


def test_a_seed_gives_the_same_parts_for_ever():
    assert validation(numbered(20), 0.25, 7)[1].labels.tolist() == [1, 4, 6, 8, 16]
    assert validation(numbered(20), 0.25, 8)[1].labels.tolist() != validation(numbered(20), 0.25, 7)[1].labels.tolist()


def test_each_picture_is_as_likely_as_any_other():
    counts = np.zeros(10)
    for seed in range(400):
        counts[validation(numbered(10), 0.3, seed)[1].labels] += 1
    assert abs(counts - 120).max() < 5 * np.sqrt(400 * 0.3 * 0.7)


@pytest.mark.parametrize(
    ("fraction", "seed", "said"),
    [
        (-0.1, 0, "not -0.1"),
        (1.0, 0, "not 1.0"),
        (float("nan"), 0, "not nan"),
        (0.0, 0, "leaves a part empty"),
        (0.01, 0, "leaves a part empty"),
        (0.99, 0, "leaves a part empty"),
        (0.5, -1, "not -1"),
        (0.5, 1 << 128, "seed"),
    ],
)
def test_other_fractions_and_seeds_are_refused(fraction, seed, said):
    with pytest.raises(BadInput, match=said):
        validation(numbered(10), fraction, seed)
