"""Counting: fewer masks than maps that have to be told apart are not enough, whatever the random source is.

A network of m maskable parameters has 2^m subnetworks. If every linear map of norm at most R is within eps of one of
them with chance p (for inputs of norm at most 1, any norm), there are at least p times as many subnetworks as maps

- "packing": in a set of which no two are within 2 eps of each other, as one function is near one of them only; such a
  set has at least (R / (2 eps))^D members, D the number of entries (Pensia et al. 2020);
- "volume": as sets of maps that are near one function fit into a ball, (R / eps)^D. This is ours: two maps near one
  function are less than 2 eps apart, a set K of that diameter has half its difference set (K - K) / 2 in the ball of
  radius eps, and that half is at least as large as K (Brunn and Minkowski). One bit an entry more than "packing".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from slth.core.errors import BadInput

Floats = NDArray[np.float64]
Argument = Literal["packing", "volume"]


def log2_maps(outputs: int, inputs: int, eps: ArrayLike, radius: float = 1.0, by: Argument = "packing") -> Floats:
    """Log2 of how many maps have to be told apart; below 0 where eps is so large that the count says nothing.

    Formula: outputs inputs log2(R / (2 eps)), or log2(R / eps) by volume.

    Parameters
    ----------
    outputs, inputs : int
    eps : array_like
    radius : float
        R, of the ball of maps in the norm that belongs to the inputs' (the spectral norm for the 2-norm).
    by : "packing" or "volume"

    Raises
    ------
    BadInput
        For sizes below 1 or numbers that are not positive.

    Source: Pensia et al. (NeurIPS 2020), Theorem 2, whose proof is a packing; by volume: ours.

    >>> round(float(log2_maps(10, 10, 0.01)), 1), round(float(log2_maps(10, 10, 0.01, by="volume")), 1)
    (564.4, 664.4)
    """
    width = np.asarray(eps, np.float64)
    if min(outputs, inputs) < 1 or not (math.isfinite(radius) and radius > 0):
        raise BadInput(f"needs sizes >= 1 and radius > 0, not {outputs} x {inputs}, radius={radius}")
    if not (np.all(width > 0) and np.all(np.isfinite(width))):
        raise BadInput(f"eps must be positive, not {eps!r}")
    if by not in ("packing", "volume"):
        raise BadInput(f"by must be packing or volume, not {by!r}")
    return np.asarray(outputs * inputs * np.log2(radius / ((2 if by == "packing" else 1) * width)), np.float64)


def least_parameters(
    outputs: int, inputs: int, eps: ArrayLike, chance: float = 0.5, radius: float = 1.0, by: Argument = "packing"
) -> Floats:
    """Maskable parameters without which some map of norm at most R is out of reach, at least 0.

    Formula: outputs inputs log2(R / (2 eps)) + log2 p, p the chance with which each map is to be reached.

    Raises
    ------
    BadInput
        As `log2_maps`, or for a chance outside (0, 1].

    Source: Pensia et al. (NeurIPS 2020), Theorem 2, with the constants of its proof; by volume: ours.

    >>> round(float(least_parameters(10, 10, 0.01)), 1)
    563.4
    """
    return np.maximum(log2_maps(outputs, inputs, eps, radius, by) + _log2_chance(chance), 0.0)


def least_network(
    shapes: Sequence[tuple[int, int]], tolerances: Sequence[float], chance: float = 0.5, by: Argument = "packing"
) -> float:
    """`least_parameters` of a source that serves each layer separately: layer i within tolerances[i], norms at most 1.

    Formula: sum_i outputs_i inputs_i log2(1 / (2 eps_i)) + log2 p. It is the construction that is bounded here: for
    end-to-end accuracy alone nothing follows, as layers may make up for each other.

    Parameters
    ----------
    shapes : sequence of (outputs, inputs)
    tolerances : sequence of float
    chance, by
        As in `least_parameters`.

    Raises
    ------
    BadInput
        As `least_parameters`, or for lists of different length.

    Source: ours, from the counting of Pensia et al. (NeurIPS 2020).

    >>> round(least_network([(500, 784), (10, 500)], [0.01, 0.01]))
    2240610
    """
    if len(shapes) != len(tolerances) or not shapes:
        raise BadInput(f"needs one tolerance for each layer, not {len(tolerances)} for {len(shapes)}")
    layers = zip(shapes, tolerances, strict=True)
    bits = sum(float(log2_maps(*shape, eps, by=by)) for shape, eps in layers)
    return max(bits + _log2_chance(chance), 0.0)


def least_eps(
    parameters: float, outputs: int, inputs: int, chance: float = 0.5, radius: float = 1.0, by: Argument = "packing"
) -> float:
    """The eps below which that many maskable parameters cannot serve every map: the inverse of `least_parameters`.

    Formula: (R / 2) (p / 2^m)^(1 / (outputs inputs)), or twice that by volume.

    Raises
    ------
    BadInput
        As `least_parameters`, or for parameters below 0.

    Source: as `least_parameters`.

    >>> round(least_eps(563.4, 10, 10), 4)
    0.01
    """
    if not (math.isfinite(parameters) and parameters >= 0):
        raise BadInput(f"parameters must be at least 0, not {parameters}")
    bits = (parameters - _log2_chance(chance)) / (outputs * inputs) if min(outputs, inputs) > 0 else 0.0
    return float(2.0 ** (log2_maps(outputs, inputs, 1.0, radius, by) / (outputs * inputs) - bits))


def counting_samples(
    outputs: int,
    inputs: int,
    eps: float,
    *,
    groups: int = 2,
    share: float | None = None,
    chance: float = 0.5,
    radius: float = 1.0,
    by: Argument = "packing",
) -> float:
    """Samples of one subset sum that a 2-for-1 pair needs, as a real number: its block mask is fixed, v is masked.

    Formula: the n with outputs groups inputs log2(choices of n) = log2 maps + log2 p, where a subset sum has 2^n
    choices, or C(n, share n).

    Parameters
    ----------
    outputs, inputs : int
        Of the target layer.
    eps : float
        Of the layer, in the norm of `log2_maps`.
    groups : int
        Subset sums of one weight: 2, or 1 where inputs are known to be >= 0.
    share : float or None
        Subsets of exactly this share of the samples; None for any.
    chance, radius, by
        As in `least_parameters`.

    Raises
    ------
    BadInput
        As `least_parameters`, for groups below 1, or a share outside (0, 1).

    Source: ours, from the counting of Pensia et al. (NeurIPS 2020); with a share, of Natale et al. (NeurIPS 2024).

    >>> [round(counting_samples(10, 10, 0.01, groups=groups), 2) for groups in (1, 2)]
    [5.63, 2.82]
    >>> round(counting_samples(10, 10, 0.01, groups=1, share=0.1), 1)
    15.5
    """
    if groups < 1 or not (share is None or 0 < share < 1):
        raise BadInput(f"needs groups >= 1 and a share in (0, 1), not groups={groups}, share={share}")
    bits = float(least_parameters(outputs, inputs, eps, chance, radius, by)) / (groups * outputs * inputs)
    if share is None or bits == 0:
        return bits
    low, high = 0.0, 1.0
    while log2_choices(high, share * high) < bits:
        low, high = high, 2 * high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if log2_choices(middle, share * middle) < bits else (low, middle)
    return high


def log2_choices(n: float, size: float | None = None, *, signs: bool = False) -> float:
    """Log2 of the number of masks of n entries: 2^n, C(n, size), and 3^n or C(n, size) 2^size with signs.

    n and size may be real numbers (Gamma functions).

    Raises
    ------
    BadInput
        For n below 0 or a size outside [0, n].

    Source: definition.

    >>> log2_choices(10), round(2 ** log2_choices(10, 3)), round(2 ** log2_choices(4, signs=True))
    (10.0, 120, 81)
    """
    if not (math.isfinite(n) and n >= 0) or not (size is None or 0 <= size <= n):
        raise BadInput(f"needs n >= 0 and a size in [0, n], not n={n}, size={size}")
    if size is None:
        return n * math.log2(3) if signs else float(n)
    choices = special.gammaln(n + 1) - special.gammaln(size + 1) - special.gammaln(n - size + 1)
    return float(choices) / math.log(2) + (size if signs else 0.0)


def least_n(eps: ArrayLike, length: float = 1.0, chance: float = 1.0) -> Floats:
    """Samples without which subset sums miss more than 1 - chance of an interval's targets, at least 0.

    Formula: log2(chance length / (2 eps)): 2^n intervals of length 2 eps.

    Raises
    ------
    BadInput
        For eps or length not positive, or a chance outside (0, 1].

    Source: trivial.

    >>> round(float(least_n(0.01)), 2)
    5.64
    """
    return np.maximum(log2_maps(1, 1, eps, length) + _log2_chance(chance), 0.0)


def _log2_chance(chance: float) -> float:
    if not 0 < chance <= 1:
        raise BadInput(f"chance must lie in (0, 1], not {chance}")
    return math.log2(chance)
