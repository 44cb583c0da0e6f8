"""What is proved about the samples that subset sums need, gadget by gadget: certified, first moment, counting.

Each function takes the sums of one layer and returns a number n of samples of one sum, of one sign group; infinite
where it is beyond float64. BadInput says why there is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from slth.core.errors import BadInput
from slth.theory.bounds import density, growth, hitting, nearest, packing, structured
from slth.theory.bounds.sufficient import sufficient_n
from slth.theory.gadgets.filters import VectorSum
from slth.theory.gadgets.fixed import FixedSize
from slth.theory.gadgets.nearest import Nearest
from slth.theory.gadgets.subset import SubsetSum
from slth.theory.plan import Gadget
from slth.theory.sums import Sums

EXACT = 60  # samples up to which the first moment is summed exactly
MORE = math.log2(9 / 4)  # bits that 2 units are worth, each of which is a sample with chance 1/2
MOST = 1 << 40


@dataclass(frozen=True)
class Columns:
    """How one kind of gadget is bounded.

    Parameters
    ----------
    certified : callable(sums, delta, share)
        With so many samples each of the sums is served but with chance `delta` in all.
    first_moment : callable(sums, share)
        With fewer, less than one subset is expected for the hardest target.
    counting : callable(sums, share)
        With fewer, some target as large as the largest is out of reach: there are too few subsets.
    """

    certified: Callable[[Sums, float, float], float]
    first_moment: Callable[[Sums, float], float]
    counting: Callable[[Sums, float], float]


def columns_of(gadget: Gadget) -> Columns:
    """The bounds for a gadget.

    Raises
    ------
    BadInput
        When nothing is known of it.
    """
    for kind, found in COLUMNS.items():
        if isinstance(gadget, kind):
            return found
    raise BadInput(f"nothing is proved about sums chosen by {type(gadget).__name__}")


def _subset_certified(sums: Sums, delta: float, share: float) -> float:
    """By expected growth; thinned: of 2n units, each of which is a sample with chance 1/2."""
    each, keep = min(delta / sums.count, 0.5), 0.5 if sums.thinned else 1.0
    n = sufficient_n(sums.law, sums.tolerance, each, sums.largest, keep=keep).total
    return math.ceil(n / 2) if sums.thinned else n


def _subset_first(sums: Sums, share: float) -> float:
    """Exact sums for few samples, the Gaussian form for many and for thinned samples."""
    width, z = sums.tolerance, sums.largest
    if z <= width:
        return 0
    if sums.thinned:
        return _first(lambda n: _thinned_bits(sums.law, n, width, z) >= 0)
    n = math.ceil(hitting.first_moment_n(sums.law, width, z))
    while 1 < n <= EXACT and hitting.expected_hits_exact(sums.law, n - 1, width, z) >= 1:
        n -= 1
    while n < EXACT and hitting.expected_hits_exact(sums.law, n, width, z) < 1:
        n += 1
    return n


def _thinned_bits(law: str, n: int, width: float, z: float) -> float:
    """Log2 of the expected number of subsets of 2n units near z, in the Gaussian form.

    C(2n, k) 2^-k is (9/4)^n times the binomial law of 2n trials with chance 1/3: the sum has variance 2n s^2 / 3.
    """
    spread = 2 * n * hitting.VARIANCES[law] / 3
    return n * MORE + math.log2(2 * width / math.sqrt(2 * math.pi * spread)) - z * z / (2 * spread) / math.log(2)


def _subset_counting(sums: Sums, share: float) -> float:
    """2^n intervals of length twice the tolerance; (9/4)^n are expected where samples are thinned."""
    bits = float(packing.least_n(sums.tolerance, 2 * sums.largest)) if sums.largest else 0.0
    return math.ceil(bits / MORE if sums.thinned else bits)


def _sized_certified(sums: Sums, delta: float, share: float) -> float:
    raise BadInput("no bound with explicit constants is known for subsets of a fixed size")


def _sized_first(sums: Sums, share: float) -> float:
    if sums.thinned:
        raise BadInput("subsets of a fixed size are counted for units that are matched")
    return math.ceil(density.first_moment_n_of_share(sums.law, share, sums.tolerance, sums.largest))


def _sized_counting(sums: Sums, share: float) -> float:
    """C(n, share n) intervals."""
    wanted = math.log(max(sums.largest / sums.tolerance, 1.0))

    def enough(n: int) -> bool:
        k = max(1, round(share * n))
        return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) >= wanted

    return _first(enough)


def _single_certified(sums: Sums, delta: float, share: float) -> float:
    """Exact for independent products: a union bound over all sums."""
    _products_only(sums)
    groups = sums.count / sums.targets.size
    n, _ = nearest.nearest_n(sums.targets.ravel(), np.asarray(sums.tolerance), delta / groups)
    return n


def _single_first(sums: Sums, share: float) -> float:
    _products_only(sums)
    chance = 1 - float(nearest.misses_of_one(np.array([sums.largest]), np.array([sums.tolerance]))[0])
    return math.ceil(1 / chance) if chance > 0 else math.inf


def _single_counting(sums: Sums, share: float) -> float:
    """n intervals, and one around 0."""
    return max(0, math.ceil(sums.largest / sums.tolerance) - 1)


def _products_only(sums: Sums) -> None:
    if sums.law != "UU" or sums.thinned:
        raise BadInput("the law of one product is known for uniform weights and units that are matched")


def _vector_certified(sums: Sums, delta: float, share: float) -> float:
    """A cube as large as the largest entry, at the best scale; 2n filters, each of the wanted sign with chance 1/2.

    The bound is exponential in the dimension and wants other scales than searches do: a scale is free to choose.
    """
    _normal_only(sums)
    dims, keep, each = len(sums.targets), 0.5, min(delta / _vectors(sums), 0.5)
    best = math.inf
    for octave in range(-8, 3):
        width = 2.0**octave
        kappa = keep * structured.nsn_kappa(dims, width)
        if kappa > 0:
            best = min(best, growth.least_n(kappa, width, sums.tolerance * width / sums.largest, each, dims))
    return math.ceil(best * keep) if math.isfinite(best) else math.inf


def _vector_first(sums: Sums, share: float) -> float:
    """Of 2n filters, each of the wanted sign with chance 1/2, for the longest target."""
    _normal_only(sums)
    if sums.largest <= sums.tolerance:
        return 0
    dims, square = len(sums.targets), float(np.square(sums.targets).sum(axis=0).max())
    volume = dims * math.log(2 * sums.tolerance)

    def expected(n: int) -> bool:
        k = np.arange(1, 2 * n + 1)
        choices = math.lgamma(2 * n + 1) - special.gammaln(k + 1) - special.gammaln(2 * n - k + 1) - k * math.log(2)
        return bool(special.logsumexp(choices + structured.nsn_log_density(dims, k, square)) + volume >= 0)

    return _first(expected, structured.MOST)


def _vector_counting(sums: Sums, share: float) -> float:
    """2^n cubes in a cube as large as the largest entry; a sign group has n filters on average, at most 2n."""
    return math.ceil(len(sums.targets) * math.log2(max(sums.largest / sums.tolerance, 1.0)) / 2)


def _vectors(sums: Sums) -> float:
    return sums.count / len(sums.targets)


def _normal_only(sums: Sums) -> None:
    if sums.law != "NN":
        raise BadInput("vector sums are known for normal weights")


def _first(holds: Callable[[int], bool], most: int = MOST) -> int:
    """The smallest n from 1 on for which something holds that then goes on to hold."""
    high = 1
    while not holds(high):
        high *= 2
        if high > most:
            raise BadInput(f"more than {most:,} samples are needed")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


COLUMNS: dict[type, Columns] = {
    SubsetSum: Columns(_subset_certified, _subset_first, _subset_counting),
    FixedSize: Columns(_sized_certified, _sized_first, _sized_counting),
    Nearest: Columns(_single_certified, _single_first, _single_counting),
    VectorSum: Columns(_vector_certified, _vector_first, _vector_counting),
}
