"""Random draws of experiments: instance i sees the same words in every cell, and more samples only append to fewer.

Words are those of the counter-based generator under a domain tag of their own; instance i of stream s owns the words
i 2^20, ..., (i + 1) 2^20 - 1 of tensor s. Hence no result depends on batches, workers or their order. Cells of a sweep
share their randomness, so that differences between them are less noisy than each of them. And since n samples are the
first n of n + 1, whether an instance is hit is monotone in n, exactly.

Samples are integers at a power of two, where possible finer than a source's weights: 24 bits hide errors below 2^-24.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.core import philox
from slth.core.errors import BadInput
from slth.core.laws import law as weight_law
from slth.core.laws import normal_quantiles

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Words = NDArray[np.uint32]
DOMAIN = 2  # of the generator: weights have 0, trial searches 1
STRIDE = 1 << 20  # words of one instance in one stream
SAMPLES, TARGETS = 0, 1  # streams


@dataclass(frozen=True)
class SampleLaw:
    """The law of one sample, or of one vector of samples: exact integers at 2^-bits from some words.

    Parameters
    ----------
    bits : int
    words : callable(dims) -> int
        Words that a sample of so many coordinates takes.
    integers : callable(words (..., w)) -> int64 (...) or (..., dims)
    vectors : bool
        Whether a sample is a vector.
    """

    bits: int
    words: Callable[[int], int]
    integers: Callable[[Words], Integers]
    vectors: bool = False


@dataclass(frozen=True)
class Draws:
    """The random words of instances start, ..., start + count - 1 under a seed.

    Parameters
    ----------
    seed : int
        In [0, 2^256).
    start, count : int
    """

    seed: int
    start: int
    count: int

    def words(self, each: int, stream: int = SAMPLES) -> Words:
        """The first `each` words of every instance, (count, each) uint32; at most 2^20."""
        if each > STRIDE:
            raise BadInput(f"an instance has {STRIDE} random words, not {each}: take fewer samples or coordinates")
        blocks = np.arange(-(-each // 4), dtype=np.uint64)
        first = np.arange(self.start, self.start + self.count, dtype=np.uint64) * np.uint64(STRIDE // 4)
        all_blocks = (first[:, None] + blocks).reshape(-1)
        four = philox.words_of_blocks(philox.key_from_seed(self.seed), all_blocks, stream, DOMAIN)
        words: Words = four.reshape(self.count, -1)[:, :each]
        return words

    def samples(self, law: str, n: int, dims: int = 1) -> tuple[Integers, int]:
        """The first n samples of every instance as integers, (count, n) or (count, n, dims), and their bits.

        Raises
        ------
        BadInput
            For an unknown law.
        """
        kind = sample_law(law, dims)
        width = kind.words(dims)
        words = self.words(n * width).reshape(self.count, n, width)
        return kind.integers(words), kind.bits

    def targets(self) -> Floats:
        """One target for each instance, uniform on [-1, 1], (count,) float64 at 2^-32."""
        words = self.words(1, TARGETS)[:, 0].astype(np.float64)
        return np.asarray((2 * words + 1) * 2.0**-32 - 1, np.float64)


def sample_law(law: str, dims: int = 1) -> SampleLaw:
    """The law of that name; vectors have their own.

    Raises
    ------
    BadInput
        When there is none, or it has not so many coordinates.
    """
    laws = SCALARS if dims == 1 and law not in ("NSN",) else VECTORS
    if law not in laws:
        raise BadInput(f"law {law!r} is none of {', '.join(laws)}")
    return laws[law]


def _uniform(words: Words) -> Integers:
    high, low = words[..., 0].astype(np.int64), words[..., 1].astype(np.int64)
    return 2 * ((high << 20) | (low >> 12)) + (1 - (1 << 52))


def _weights(words: Words) -> Integers:
    return weight_law("uniform").integers(words)


def _product(words: Words) -> Integers:
    return np.asarray(_weights(words[..., 0]) * _weights(words[..., 1]), np.int64)


def _thinned(words: Words) -> Integers:
    first = _weights(words[..., 0])
    return np.where(first > 0, first * _weights(words[..., 1]), 0)


def _normal(words: Words) -> Integers:
    """At 2^-44: the quantile table of the law `normal`, interpolated with 24 bits of the second word."""
    return _between(words[..., 0], words[..., 1] >> np.uint32(8), 24, 24)


def _coarse_normal(words: Words) -> Integers:
    """At 2^-24, from one word."""
    return _between(words, words & np.uint32(0x1FFFF), 17, 4)


def _between(words: Words, place: Words, place_bits: int, digits: int) -> Integers:
    """Signed quantiles at 2^-(20 + digits): bit 31 is the sign, the next 14 the entry of the table."""
    table = normal_quantiles()
    index = (words >> np.uint32(17)).astype(np.int64) & 0x3FFF
    rise = (table[index + 1] - table[index]) * place.astype(np.int64)
    size = (table[index] << digits) + (rise >> (place_bits - digits))
    signed: Integers = np.where(words >> np.uint32(31), -size, size)
    return signed


def _normal_product(words: Words) -> Integers:
    return np.asarray(_coarse_normal(words[..., 0]) * _coarse_normal(words[..., 1]), np.int64)


def _signs(words: Words) -> Integers:
    return weight_law("sign").integers(words[..., 0]) << 20


def _scaled_normals(words: Words) -> Integers:
    return np.asarray(_coarse_normal(words[..., :1]) * _coarse_normal(words[..., 1:]), np.int64)


def _two(dims: int) -> int:
    return 2 * dims


SCALARS = {
    "U": SampleLaw(52, _two, _uniform),
    "N": SampleLaw(44, _two, _normal),
    "UU": SampleLaw(48, _two, _product),
    "NN": SampleLaw(48, _two, _normal_product),
    "D": SampleLaw(48, _two, _thinned),
    "S": SampleLaw(20, _two, _signs),
}
VECTORS = {
    "NSN": SampleLaw(48, lambda dims: dims + 1, _scaled_normals, True),
    "N": SampleLaw(24, lambda dims: dims, _coarse_normal, True),
    "U": SampleLaw(24, lambda dims: dims, _weights, True),
}
