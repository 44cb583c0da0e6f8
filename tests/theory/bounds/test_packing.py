"""Counting limits: against sets of masks that are counted out, their inverses, and printed values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds import density, growth, packing

BY = st.sampled_from(["packing", "volume"])


def subnetworks(values):
    """All maps of a 1 x D layer whose entries are subset sums of the rows of (D, n) values: (2^(D n), D)."""
    rows = []
    for row in values:
        sums = np.zeros(1)
        for value in row:
            sums = np.concatenate([sums, sums + value])
        rows.append(sums)
    return np.stack([part.ravel() for part in np.meshgrid(*rows)], axis=1)


@pytest.mark.parametrize("by", ["packing", "volume"])
def test_no_source_serves_more_maps_than_are_counted(by):
    """1 x 2 maps in the Euclidean norm: the share of the unit disc within eps of one of 2^8 subnetworks."""
    rng = np.random.default_rng(1)
    chance, seen = 0.4, []
    eps = packing.least_eps(8, 1, 2, chance, by=by)
    for _ in range(30):
        maps = subnetworks(rng.uniform(-0.6, 0.6, (2, 4)))
        angle, size = rng.random(400) * 2 * math.pi, np.sqrt(rng.random(400))
        targets = size[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        seen.append((np.linalg.norm(targets[:, None] - maps, axis=2).min(axis=1) < eps).mean())
    assert np.mean(seen) <= chance


def test_volume_is_sharp_in_one_dimension():
    """2^n equally spaced sums with gaps of 2 eps cover [-1, 1], and one sample fewer cannot."""
    eps, n = 1 / 64, 6
    samples = 2.0 ** -np.arange(n)
    sums = subnetworks(samples[None])[:, 0] - samples.sum() / 2
    targets = np.linspace(-1, 1, 3001)
    assert np.abs(targets[:, None] - sums).min(axis=1).max() <= eps + 1e-12
    assert float(packing.least_parameters(1, 1, eps, 1.0, by="volume")) == pytest.approx(n)
    assert float(packing.least_n(eps, 2.0)) == pytest.approx(n)


def test_a_packing_exists_in_the_plane():
    """Greedy: no two of the kept points of the disc are within 2 eps; at least as many as the formula counts."""
    rng = np.random.default_rng(2)
    eps, kept = 0.07, np.zeros((0, 2))
    points = rng.uniform(-1, 1, (6000, 2))
    for point in points[np.linalg.norm(points, axis=1) <= 1]:
        if not len(kept) or np.linalg.norm(kept - point, axis=1).min() >= 2 * eps:
            kept = np.vstack([kept, point])
    assert math.log2(len(kept)) >= float(packing.log2_maps(1, 2, eps))


@given(st.integers(1, 40), st.integers(1, 40), st.floats(1e-6, 0.2), st.floats(0.05, 1), st.floats(0.5, 4), BY)
def test_inverse_and_monotone(outputs, inputs, eps, chance, radius, by):
    m = float(packing.least_parameters(outputs, inputs, eps, chance, radius, by))
    assert packing.least_eps(m, outputs, inputs, chance, radius, by) == pytest.approx(eps) or m == 0
    assert float(packing.least_parameters(outputs, inputs, eps / 2, chance, radius, by)) >= m
    assert float(packing.least_parameters(outputs, inputs, eps, chance / 2, radius, by)) <= m
    assert float(packing.least_parameters(outputs, inputs, eps, chance, radius, "volume")) >= m
    assert float(packing.least_parameters(outputs, inputs, eps, chance, 2 * radius, by)) >= m


@given(st.floats(1e-6, 0.1), st.integers(1, 2), st.floats(0.02, 0.98))
def test_samples_of_a_pair(eps, groups, share):
    free = packing.counting_samples(30, 20, eps, groups=groups)
    assert groups * 600 * free == pytest.approx(float(packing.least_parameters(30, 20, eps)))
    fixed = packing.counting_samples(30, 20, eps, groups=groups, share=share)
    assert fixed >= free
    assert packing.log2_choices(fixed, share * fixed) == pytest.approx(free, rel=1e-9)
    assert fixed >= free / density.binary_entropy(share) * 0.99
    assert groups * growth.certified_n("UU", eps, 0.5).total > fixed or share > 0.9 or share < 0.1


def test_layers_add_up():
    whole = packing.least_network([(3, 4), (2, 3)], [0.01, 0.02], 0.25)
    one, two = (float(packing.log2_maps(*shape, eps)) for shape, eps in (((3, 4), 0.01), ((2, 3), 0.02)))
    assert whole == pytest.approx(one + two - 2)
    assert packing.least_network([(1, 1)], [0.9]) == 0


def test_masks_are_counted():
    assert 2 ** packing.log2_choices(12, 5) == pytest.approx(math.comb(12, 5))
    assert 2 ** packing.log2_choices(6, 2, signs=True) == pytest.approx(math.comb(6, 2) * 4)
    assert packing.least_n([0.25, 1.0]).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    "call",
    [
        lambda: packing.log2_maps(0, 1, 0.1),
        lambda: packing.log2_maps(1, 1, [0.1, 0.0]),
        lambda: packing.log2_maps(1, 1, 0.1, by="weight"),
        lambda: packing.least_parameters(1, 1, 0.1, 0.0),
        lambda: packing.least_eps(-1, 1, 1),
        lambda: packing.least_eps(1, 0, 1),
        lambda: packing.least_network([(1, 1)], []),
        lambda: packing.counting_samples(1, 1, 0.1, groups=0),
        lambda: packing.counting_samples(1, 1, 0.1, share=1.0),
        lambda: packing.log2_choices(3, 4),
        lambda: packing.least_n(0.1, -1.0),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)
