"""One weight from single products and from golden digits, against their laws and against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.experiments.chances import clopper_pearson
from slth.experiments.draws import Draws
from slth.experiments.measure import made

RUNS = 4000


@pytest.mark.parametrize("z", [0.5, -0.9, 0.0])
@pytest.mark.parametrize("both", [False, True])
def test_single_products_follow_their_exact_law(z, both):
    measure = made("nearest", {"n": 30, "eps": 0.05 if both else 0.01, "z": z, "both": both})
    hits = int(measure.run(Draws(5, 0, RUNS)).hits.sum())
    low, high = clopper_pearson(hits, RUNS, 1 - 1e-6)
    assert low <= measure.said()[0].value <= high


def test_a_pair_with_both_factors_near_has_a_product_near():
    pairs = made("nearest", {"n": 200, "eps": 0.04, "both": True}).run(Draws(6, 0, 500))
    products = made("nearest", {"n": 200, "eps": 0.04}).run(Draws(6, 0, 500))
    assert pairs.hits.any()
    assert np.all(products.values[pairs.hits] <= pairs.values[pairs.hits] * (2 * 0.5**0.5 + 0.04))


@given(st.integers(1, 300), st.sampled_from([0.2, 0.03, 1e-3]), st.floats(-1, 1))
def test_digits_fail_no_more_often_than_one_is_missing(n, eps, z):
    measure = made("digits", {"n": n, "eps": eps, "z": z})
    hits = int(measure.run(Draws(7, 0, 300)).hits.sum())
    assert measure.said()[0].value <= clopper_pearson(hits, 300, 1 - 1e-6)[1]


def test_digits_are_sums_of_their_own_samples():
    """Errors are those of subsets: no subset of the same samples may be farther than the closest one."""
    measure = made("digits", {"n": 12, "eps": 0.05, "z": 0.7})
    errors = measure.run(Draws(8, 0, 50)).values
    words = Draws(8, 0, 50).words(24).reshape(50, 12, 2)
    gamma = (5**0.5 - 1) / 2
    sizes = gamma ** (1 + 7 * (words[..., 0] + 0.5) / 2**32)  # gamma^7 < 0.05
    samples = np.where(words[..., 1] >= 1 << 31, -sizes, sizes)
    subsets = (np.arange(1 << 12)[:, None] >> np.arange(12)) & 1
    distances = np.abs(samples @ subsets.T - 0.7)
    assert np.all(errors >= distances.min(axis=1) - 1e-12)
    assert np.all(np.abs(distances - errors[:, None]).min(axis=1) < 1e-12)


@pytest.mark.parametrize(
    ("name", "cell"),
    [("digits", {"n": 0, "eps": 0.1}), ("digits", {"n": 5, "eps": 1.0}), ("digits", {"n": 5, "eps": 0.1, "z": 1.5})],
)
def test_cells_out_of_range_are_refused(name, cell):
    with pytest.raises(BadInput, match="needs n >= 1"):
        made(name, cell)


def test_more_samples_than_are_drawn_are_refused():
    with pytest.raises(BadInput, match="at most 4096"):
        made("digits", {"n": 5000, "eps": 0.1}).check()
