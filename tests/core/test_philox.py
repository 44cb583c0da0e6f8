"""The generator: published vectors, random access equal to bulk, a pinned stream."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core import philox
from slth.core.errors import BadInput
from slth.core.laws import LAWS, law
from slth.core.source import Source, SourceLayer

VECTORS = [
    ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]
PINNED = "12f89da657c1fce1061b3425845f91039880eab00f070dca8377c620cb258015"


@pytest.mark.parametrize(("counter", "key", "expected"), VECTORS)
def test_random123_vectors(counter, key, expected):
    assert " ".join(f"{word:08x}" for word in philox.rounds(*counter, *key)) == expected


def test_the_stream_of_seed_0_never_changes():
    words = philox.words_range(philox.key_from_seed(0), 0, 0, 1_000_000)
    assert hashlib.sha256(words.astype("<u4").tobytes()).hexdigest() == PINNED


@given(st.integers(0, 2**256 - 1), st.integers(0, 200), st.integers(0, 2**38), st.integers(1, 50))
def test_random_access_equals_bulk(seed, tensor, start, count):
    key = philox.key_from_seed(seed)
    bulk = philox.words_range(key, tensor, start, start + count)
    single = philox.words_at(key, tensor, np.arange(start, start + count))
    assert (bulk == single).all()
    scalar = philox.rounds(start // 4 % 2**32, start // 4 >> 32, tensor, 0, *key)[start % 4]
    assert int(bulk[0]) == scalar


def test_torch_computes_the_same_words():
    torch = pytest.importorskip("torch")
    blocks = torch.arange(1000, dtype=torch.int64)
    zero = torch.zeros_like(blocks)
    key = philox.key_from_seed(7)
    mask = 0xFFFFFFFF

    def rounds(c0, c1, c2, c3):
        # int64 products wrap, and >> is arithmetic: the high word needs its mask
        for number in range(10):
            left, right = philox.MULTIPLIERS[0] * c0, philox.MULTIPLIERS[1] * c2
            key0 = (key[0] + number * philox.WEYL[0]) & mask
            key1 = (key[1] + number * philox.WEYL[1]) & mask
            c0, c1, c2, c3 = (
                ((right >> 32) & mask) ^ c1 ^ key0,
                right & mask,
                ((left >> 32) & mask) ^ c3 ^ key1,
                left & mask,
            )
        return torch.stack([c0, c1, c2, c3], dim=1)

    expected = philox.words_of_blocks(key, np.arange(1000, dtype=np.uint64), 3)
    assert (rounds(blocks, zero, zero + 3, zero).numpy() == expected).all()


@pytest.mark.parametrize("name", sorted(LAWS))
def test_laws_are_symmetric_integers(name):
    drawn = LAWS[name]
    words = philox.words_range(philox.key_from_seed(1), 0, 0, 200_000)
    integers = drawn.integers(words)
    assert np.abs(integers).max() <= drawn.largest
    assert abs(integers.mean()) < 4 * integers.std() / np.sqrt(len(integers))


def test_uniform_is_odd_and_exact_in_float32():
    integers = LAWS["uniform"].integers(np.array([0, 2**32 - 1, 2**31], np.uint32))
    assert integers.tolist() == [1 - 2**24, 2**24 - 1, 1]
    assert (integers.astype(np.float32).astype(np.int64) == integers).all()


@given(st.integers(0, 9), st.integers(0, 5))
def test_rows_equal_entries(start, count):
    source = Source(5, law("uniform"), (SourceLayer(20, 7), SourceLayer(20, 7, 0.5)))
    rows, columns = np.arange(start, start + count)[:, None], np.arange(7)
    assert (source.rows(1, start, start + count) == source.entries(1, rows, columns)).all()
    real = source.weights(1, rows, columns)
    assert (real == source.entries(1, rows, columns) * 2.0**-25).all()


@pytest.mark.parametrize("scale", [0.0, -1.0, 0.1, float("nan"), float("inf"), 1e-60])
def test_scales_that_are_no_positive_float32_are_refused(scale):
    with pytest.raises(BadInput, match="scale"):
        SourceLayer(2, 2, scale)


def test_unknown_laws_and_seeds_are_refused():
    with pytest.raises(BadInput, match="there are"):
        law("gauss")
    with pytest.raises(BadInput):
        law("uniform/2")
    with pytest.raises(BadInput, match="seed"):
        Source(-1, law("uniform"), ())
