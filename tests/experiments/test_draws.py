"""Draws: the same words whatever the batch, exact integers, and the laws that they are said to have."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from slth.core import philox
from slth.core.errors import BadInput
from slth.experiments.draws import DOMAIN, SAMPLES, SCALARS, STRIDE, TARGETS, VECTORS, Draws, sample_law

KINDS = [(law, 1) for law in SCALARS] + [(law, dims) for law in VECTORS for dims in (2, 3)] + [("NSN", 1)]
ALL = st.sampled_from(KINDS)
SEEDS = st.integers(0, (1 << 256) - 1)
STARTS = st.integers(0, 1 << 40)
# SHA-256 of the first 6 samples of instances 0, ..., 15 under seed 2026, as little-endian int64
PINNED = {
    ("U", 1): "d27fd47e41cfba3fddff6191a45c5f816b9b100be44839d85a45abbc9ce113fb",
    ("N", 1): "39c9509faf9c295e185d109ffa7d88ac000d0512c915f6631c18de348214a466",
    ("UU", 1): "442aa30b7a5f6d39327e8737127603bbc1eadb359cc7a65d9608bc6e6021d272",
    ("NN", 1): "e2707eee27d54e2ad0815951ccd68832a9457f3958c7ba95fee77fb8b797181e",
    ("D", 1): "22dd205cc5cd000dde1929c72059fbc8c52e63b03bbd90bf5f8df65d92c77252",
    ("S", 1): "03f19ccbe2441393d572eb9c3594e7d3381689fd3858c6756984a53a7a1db200",
    ("NSN", 2): "4ee180a27b9704f8da8d284f5aa1b5d8b278740a9a3fd4e2128e5f77f0b0fdc8",
    ("NSN", 3): "5d9b12b9e4f9dbfe449cc807a81314cb03ae10b602dcff4e3b5e6796da759ef5",
    ("N", 2): "d2c43186758ffad2cdf5d39e9d16f63720fa120d29062d0795d243fcd8b61407",
    ("N", 3): "26d4f021fc817c2ae8722e8df8d4870953505f9274033186db8676265030fb7c",
    ("U", 2): "65ff1dbd455bb0f0980b4ce322352163aa84372180c7610e863023b4b4741a2e",
    ("U", 3): "dcb0f76997878a46e067917d0d9ee7d4fffa33ef77184f1c357cd49b4fbd390c",
    ("NSN", 1): "e2707eee27d54e2ad0815951ccd68832a9457f3958c7ba95fee77fb8b797181e",
}
# of one coordinate: second and fourth moments
MOMENTS = {
    ("U", 1): (1 / 3, 1 / 5),
    ("N", 1): (1, 3),
    ("UU", 1): (1 / 9, 1 / 25),
    ("NN", 1): (1, 9),
    ("D", 1): (1 / 18, 1 / 50),
    ("S", 1): (1, 1),
    ("NSN", 2): (1, 9),
    ("N", 2): (1, 3),
    ("U", 2): (1 / 3, 1 / 5),
}


@given(ALL, SEEDS, STARTS, st.integers(1, 12), st.integers(1, 12))
def test_more_samples_only_append(kind, seed, start, few, more):
    draws = Draws(seed, start, 3)
    short, bits = draws.samples(kind[0], few, kind[1])
    long, same = draws.samples(kind[0], few + more, kind[1])
    assert bits == same
    assert np.array_equal(short, long[:, :few])


@given(ALL, SEEDS, STARTS, st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_no_draw_depends_on_batches(kind, seed, start, counts):
    whole, parts, at = Draws(seed, start, sum(counts)), [], start
    for count in counts:
        parts.append(Draws(seed, at, count))
        at += count
    joined = np.concatenate([part.samples(kind[0], 5, kind[1])[0] for part in parts])
    assert np.array_equal(whole.samples(kind[0], 5, kind[1])[0], joined)
    assert np.array_equal(whole.targets(), np.concatenate([part.targets() for part in parts]))


@pytest.mark.parametrize(("law", "dims"), KINDS)
def test_the_first_samples_never_change(law, dims):
    values, _ = Draws(2026, 0, 16).samples(law, 6, dims)
    assert hashlib.sha256(values.astype("<i8").tobytes()).hexdigest() == PINNED[law, dims]


def test_the_first_targets_never_change():
    digest = hashlib.sha256(Draws(2026, 0, 16).targets().astype("<f8").tobytes()).hexdigest()
    assert digest == "81af192eee7430ca859679417e76be3c0519b9ae423dac7c1204299c30d3df7f"


def test_words_of_other_instances_streams_seeds_and_uses_differ():
    words = {
        "samples": Draws(1, 5, 1).words(8),
        "targets": Draws(1, 5, 1).words(8, TARGETS),
        "a third stream": Draws(1, 5, 1).words(8, 2),
        "the next instance": Draws(1, 6, 1).words(8),
        "another seed": Draws(2, 5, 1).words(8),
    }
    first = 5 * STRIDE
    for use in (0, 1, DOMAIN + 1):  # weights, trial searches, random targets
        words[f"use {use}"] = philox.words_range(philox.key_from_seed(1), SAMPLES, first, first + 8, use)
    seen = [tuple(array.ravel().tolist()) for array in words.values()]
    assert len({word for row in seen for word in row}) == 8 * len(seen), "two words agree by construction"
    own = philox.words_range(philox.key_from_seed(1), SAMPLES, first, first + 8, DOMAIN)
    assert np.array_equal(own, words["samples"][0])


def test_an_instance_ends_where_the_next_begins():
    last = Draws(3, 7, 1).words(STRIDE)[0]
    both = philox.words_range(philox.key_from_seed(3), SAMPLES, 8 * STRIDE - 4, 8 * STRIDE + 4, DOMAIN)
    assert np.array_equal(last[-4:], both[:4])
    assert np.array_equal(Draws(3, 8, 1).words(4)[0], both[4:])
    with pytest.raises(BadInput, match="fewer samples"):
        Draws(3, 7, 1).words(STRIDE + 1)


@pytest.mark.parametrize(("law", "dims"), MOMENTS)
def test_moments(law, dims):
    """Means of x, x^2 and x^4 within 5 standard errors; 200,000 samples."""
    values, bits = Draws(11, 0, 20_000).samples(law, 10, dims)
    x = np.ldexp(values.reshape(-1, dims)[:, -1].astype(np.float64), -bits)
    second, fourth = MOMENTS[law, dims]
    for power, moment in ((1, 0.0), (2, second), (4, fourth)):
        powers = x**power
        assert abs(powers.mean() - moment) <= 5 * powers.std() / np.sqrt(len(x)) + 1e-12
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 5 / np.sqrt(len(x)), "neighbours are correlated"


def test_integers_are_in_range_and_odd_where_that_is_said():
    draws = Draws(4, 0, 5000)
    for law, bits in (("U", 52), ("UU", 48), ("D", 48), ("S", 20)):
        values, found = draws.samples(law, 8)
        assert found == bits
        assert np.abs(values).max() <= 1 << bits
        assert law == "S" or np.abs(values).max() < 1 << bits
    assert (draws.samples("U", 8)[0] & 1).all()
    assert (draws.samples("UU", 8)[0] & 1).all()
    thinned = draws.samples("D", 8)[0]
    assert (thinned[thinned != 0] & 1).all()
    assert abs(np.mean(thinned == 0) - 0.5) < 5 * 0.5 / 200
    assert set(np.unique(draws.samples("S", 8)[0])) == {-(1 << 20), 1 << 20}
    for law, limit in (("N", 6), ("NN", 36)):
        values, bits = draws.samples(law, 8)
        assert np.abs(np.ldexp(values.astype(float), -bits)).max() < limit
    finest = draws.samples("U", 8)[0] >> 28  # beyond the 24 bits of a weight
    assert len(np.unique(draws.samples("U", 8)[0] - (finest << 28))) > 30_000, "the fine bits are empty"


def test_normal_samples_have_the_normal_law():
    """Kolmogorov's distance of 200,000 samples is below its 99.9 % point."""
    values, bits = Draws(8, 0, 20_000).samples("N", 10)
    x = np.sort(np.ldexp(values.ravel().astype(float), -bits))
    steps = np.arange(len(x) + 1) / len(x)
    law = special.ndtr(x)
    distance = max((steps[1:] - law).max(), (law - steps[:-1]).max())
    assert distance * np.sqrt(len(x)) < 1.95


def test_normal_samples_are_the_quantiles_of_their_words():
    """Both forms, word by word: 14 bits of the table and the bits between, against scipy's quantiles."""
    draws = Draws(9, 0, 4000)
    words = draws.words(16).reshape(-1, 8, 2).astype(np.int64)
    place, between = words[..., 0] >> 17 & 0x3FFF, words[..., 1] >> 8
    sign = 1 - 2 * (words[..., 0] >> 31)
    values, bits = draws.samples("N", 8)
    inner = place < 0.99 * (1 << 14)
    level = (place + between / 2**24) / 2**14
    expected = sign * special.ndtri((1 + level) / 2)
    assert np.abs(np.ldexp(values.astype(float), -bits) - expected)[inner].max() < 3e-6
    coarse, bits = draws.samples("N", 8, 2)
    words = draws.words(16).reshape(-1, 8, 2).astype(np.int64)
    level = ((words >> 17 & 0x3FFF) + (words & 0x1FFFF) / 2**17) / 2**14
    expected = (1 - 2 * (words >> 31)) * special.ndtri((1 + level) / 2)
    inner = level < 0.99
    assert np.abs(np.ldexp(coarse.astype(float), -bits) - expected)[inner].max() < 3e-6


def test_vectors_share_their_scale_only_where_that_is_said():
    """E x^2 y^2 is 3 for a common normal scale, 1 and 1/9 without."""
    for law, expected in (("NSN", 3.0), ("N", 1.0), ("U", 1 / 9)):
        values, bits = Draws(5, 0, 20_000).samples(law, 5, 2)
        x = np.ldexp(values.astype(float), -bits)
        squares = (x[..., 0] * x[..., 1]) ** 2
        assert abs(squares.mean() - expected) <= 5 * squares.std() / np.sqrt(squares.size)
        assert abs((x[..., 0] * x[..., 1]).mean()) < 0.05


def test_targets_are_uniform():
    targets = np.sort(Draws(6, 0, 50_000).targets())
    assert -1 < targets[0] < targets[-1] < 1
    steps = np.arange(len(targets) + 1) / len(targets)
    law = (targets + 1) / 2
    distance = max((steps[1:] - law).max(), (law - steps[:-1]).max())
    assert distance * np.sqrt(len(targets)) < 1.95


@pytest.mark.parametrize(("law", "dims"), [("X", 1), ("UU", 2), ("", 1), ("NN", 3)])
def test_unknown_laws_are_refused(law, dims):
    with pytest.raises(BadInput, match="is none of"):
        sample_law(law, dims)
    with pytest.raises(BadInput, match="is none of"):
        Draws(0, 0, 1).samples(law, 3, dims)
