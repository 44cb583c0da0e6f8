"""Windows on storages: transposes of full blocks are exact, everything else is refused before it is read."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadFile
from slth.interop.standins import StorageRef, TensorRef
from slth.interop.tensors import layout, stored


class Numbers:
    """A storage of 0, 1, 2, ..."""

    def flat(self, ref):
        return np.arange(ref.count, dtype="<f4")


def load(size, stride, offset=0, count=None, location="cpu"):
    home = StorageRef("float32", "0", location, math.prod(size) + offset if count is None else count)
    return stored(TensorRef(home, offset, tuple(size), tuple(stride)), Numbers()).load()


@given(st.lists(st.integers(1, 4), min_size=0, max_size=4), st.integers(0, 5))
def test_every_transpose_of_a_block_is_exact(shape, offset):
    block = np.arange(offset, offset + math.prod(shape), dtype=np.float32).reshape(shape)
    for order in permutations(range(len(shape))):
        view = block.transpose(order)
        strides = [step // 4 for step in view.strides]
        np.testing.assert_array_equal(load(view.shape, strides, offset), view)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 20)), max_size=3), st.integers(0, 70))
def test_what_is_accepted_lies_inside_and_repeats_nothing(axes, count):
    size, stride = [a for a, _ in axes], [b for _, b in axes]
    try:
        found = load(size, stride, 0, count)
    except BadFile:
        return
    assert len(np.unique(found)) == found.size <= count
    index = np.indices(size).reshape(len(size), found.size)
    wanted = sum((i * s for i, s in zip(index, stride, strict=True)), np.zeros(found.size, int))
    np.testing.assert_array_equal(found.ravel(), wanted)


@pytest.mark.parametrize("size", [(0,), (3, 0), (1 << 40,), (1,) * 9])
def test_impossible_sizes_have_no_layout(size):
    assert layout(size, (1,) * len(size)) is None


def test_refusals():
    for arguments in [((4,), (1,), 0, 3), ((4,), (1,), 1, 4)]:
        with pytest.raises(BadFile, match="reaches beyond its storage"):
            load(*arguments)
    for offset in (-1, 1.0, True, None):
        with pytest.raises(BadFile, match="strided view"):
            load((4,), (1,), offset, 8)
    for size in ((-1,), (True,), (2.0,), ("4",), (1 << 63,)):
        with pytest.raises(BadFile, match="malformed shape"):
            load(size, (1,), 0, 8)
    with pytest.raises(BadFile, match="meta tensor"):
        load((4,), (1,), location="meta")
