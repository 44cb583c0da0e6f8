"""Convolutions and pools against the plain way to write them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import slth.core.nodes as nodes
from slth.core.errors import BadInput
from slth.core.nodes import Conv, Pool, windows

pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))


def plain_conv(layer, x):
    """All windows at once, then one product."""
    (ph, pw), out = layer.padding, layer.shape[0]
    patches = windows(np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw))), layer.kernel, layer.stride)
    columns = patches.transpose(0, 2, 3, 1, 4, 5)
    flat = columns.reshape(*columns.shape[:3], -1) @ layer.weight.reshape(out, -1).T.astype(np.float64)
    y = flat.transpose(0, 3, 1, 2)
    return y if layer.bias is None else y + layer.bias.astype(np.float64)[:, None, None]


@given(pairs, pairs, pairs, pairs, st.booleans(), st.sampled_from([1, 30, 200, 1 << 18]), st.integers(0, 99))
def test_convolutions_are_what_they_were(kernel, stride, more, sizes, biased, at_once, seed):
    rng = np.random.default_rng(seed)
    padding = (more[0] - 1, more[1] - 1)
    channels, out = sizes
    bias = rng.standard_normal(out).astype(np.float32) if biased else None
    layer = Conv(rng.standard_normal((out, channels, *kernel)).astype(np.float32), bias, stride, padding)
    x = rng.standard_normal((rng.integers(1, 6), channels, 4 + seed % 5, 4 + seed % 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nodes, "AT_ONCE", at_once)
        found = layer(x)
    wanted = plain_conv(layer, x)
    assert found.shape == wanted.shape == (len(x), *layer.out_shape(x.shape[1:])) and found.dtype == np.float64
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


@given(st.sampled_from(["max", "mean"]), pairs, pairs, st.integers(0, 99))
def test_pools_are_what_they_were(kind, kernel, stride, seed):
    x = np.random.default_rng(seed).standard_normal((seed % 4, 2, 4 + seed % 5, 4 + seed % 3))
    patches = windows(x, kernel, stride)
    wanted = patches.max(axis=(4, 5)) if kind == "max" else patches.mean(axis=(4, 5))
    before = x.copy()
    np.testing.assert_allclose(Pool(kind, kernel, stride)(x), wanted, rtol=0, atol=1e-15)
    assert (x == before).all()


def test_windows_beyond_the_picture_are_refused():
    with pytest.raises(BadInput, match="window"):
        Conv(np.ones((1, 1, 3, 3))).out_shape((1, 2, 5))
