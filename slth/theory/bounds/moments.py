"""Densities of sums of k samples, and the second moment of the number of subsets near a target.

The second moment method (Lueker 1982) says P(N > 0) >= (E N)^2 / E N^2. Two random subsets share about half of their
samples, which makes their sums correlated by 1/2, so the ratio never falls below 2/sqrt 3 and the method never gives
more than sqrt(3)/2 = 0.866: what varies is the samples' sum, not the subsets (see the hitting law in `hitting`).
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from slth.core.errors import BadInput
from slth.theory.bounds.hitting import VARIANCES, expected_hits
from slth.theory.bounds.structured import nsn_log_density

Floats = NDArray[np.float64]
CERTIFIABLE = math.sqrt(3) / 2  # the most that the second moment of all subsets gives
MOST_UNIFORMS = 80
MOST_NORMALS = 60
_CUT = 3000.0  # of the inversion integral
_LEGENDRE = np.polynomial.legendre.leggauss(12)


def sum_density(law: str, terms: int, x: ArrayLike) -> Floats:
    """Density of a sum of `terms` samples at x, infinite where it is (NN and UU: one term at 0).

    Formula: U: 1/((k-1)! 2^k) sum_j (-1)^j C(k, j) (k + x - 2j)_+^(k-1), in exact rationals; N: that of a normal of
    variance k; NN: (|x|/2)^((k-1)/2) K_((k-1)/2)(|x|) / (sqrt(pi) Gamma(k/2)); UU: ln(1/|x|)/2 for k = 1, else
    (1/pi) int_0^inf (Si(t)/t)^k cos(tx) dt, by quadrature of the convolution for k = 2; within about 1e-7.

    Parameters
    ----------
    law : "U", "N", "UU" or "NN"
    terms : int
        k >= 1; at most 80 for U.
    x : array_like

    Returns
    -------
    float64, of the shape of x

    Raises
    ------
    BadInput
        For an unknown law or terms out of range.

    Source: standard (Irwin and Hall for U); UU from its characteristic function Si(t)/t.

    >>> [round(float(sum_density(law, 6, 0.5)), 4) for law in ("U", "N", "UU", "NN")]
    [0.2598, 0.1595, 0.4054, 0.1801]
    """
    at = np.asarray(x, np.float64)
    if law not in VARIANCES:
        raise BadInput(f"law {law!r} is none of {', '.join(VARIANCES)}")
    if terms < 1 or (law == "U" and terms > MOST_UNIFORMS) or not np.all(np.isfinite(at)):
        raise BadInput(f"needs finite x and terms >= 1 (at most {MOST_UNIFORMS} for U), not terms={terms}")
    if law == "N":
        return np.asarray(np.exp(-(at**2) / (2 * terms)) / math.sqrt(2 * math.pi * terms), np.float64)
    one = {"U": _uniforms, "UU": _products, "NN": _normal_products}[law]
    return np.asarray([one(terms, value) for value in at.ravel().tolist()], np.float64).reshape(at.shape)


def second_moment(law: str, n: int, eps: ArrayLike, z: ArrayLike) -> Floats:
    """E N^2 / (E N)^2 of the number N of subsets of n samples within eps of z, in the Gaussian form.

    Formula: (2/sqrt 3) exp(2 z^2 / (3 n s^2)) + 1 / E N, s^2 the variance of one sample.

    Raises
    ------
    BadInput
        As `hitting.expected_hits`.

    Source: ours, after Lueker (1982). Checked: enumeration; `normal_second_moment`.

    >>> round(float(second_moment("U", 14, 1e-4, 0.5)), 2)
    2.43
    """
    hits = expected_hits(law, n, eps, z)
    pairs = 2 / math.sqrt(3) * np.exp(2 * np.asarray(z, np.float64) ** 2 / (3 * n * VARIANCES[law]))
    with np.errstate(divide="ignore"):
        return np.asarray(pairs + 1 / hits, np.float64)


def second_moment_chance(law: str, n: int, eps: ArrayLike, z: ArrayLike) -> Floats:
    """What the second moment says P(some subset of n samples is within eps of z) is at least.

    Formula: 1 / `second_moment`, below sqrt(3)/2 for any n. A theorem but for the Gaussian form.

    Raises
    ------
    BadInput
        As `hitting.expected_hits`.

    Source: ours, after Lueker (1982).

    >>> [round(float(second_moment_chance("U", n, 1e-4, 0.0)), 3) for n in (14, 20, 60)]
    [0.43, 0.85, 0.866]
    """
    return np.asarray(1 / second_moment(law, n, eps, z), np.float64)


def normal_second_moment(n: int, eps: float, z: float) -> float:
    """E N^2 / (E N)^2 for standard normal samples, without approximation: the empty subset counts too.

    Formula: sum over sizes k, l and overlaps j of the multinomial number of pairs times the probability that a normal
    pair with variances k, l and covariance j lies in the square of half width eps around (z, z).

    Parameters
    ----------
    n : int
        At most 60.
    eps : float
    z : float

    Raises
    ------
    BadInput
        For n outside 1..60 or eps <= 0.

    Source: ours. Checked: against enumeration.

    >>> round(normal_second_moment(14, 1e-3, 0.5), 3), round(float(second_moment("N", 14, 1e-3, 0.5)), 3)
    (1.395, 1.375)
    """
    if not 1 <= n <= MOST_NORMALS or not (math.isfinite(eps) and eps > 0 and math.isfinite(z)):
        raise BadInput(f"needs 1 <= n <= {MOST_NORMALS}, eps > 0 and a finite z, not n={n}, eps={eps}, z={z}")
    sizes = np.arange(1, n + 1, dtype=np.float64)
    root = np.sqrt(sizes)
    single = special.ndtr((z + eps) / root) - special.ndtr((z - eps) / root)
    first = float(special.comb(n, sizes) @ single)
    one, two, shared = (part.ravel() for part in np.meshgrid(sizes, sizes, np.append(0.0, sizes), indexing="ij"))
    smaller, larger = np.minimum(one, two), np.maximum(one, two)
    fits = (shared <= smaller) & (one + two - shared <= n) & (shared < larger)
    one, two, shared = one[fits], two[fits], shared[fits]
    parts = (shared, one - shared, two - shared, n - one - two + shared)
    log = special.gammaln(n + 1) - sum(special.gammaln(part + 1) for part in parts)
    second = first + float(np.exp(log) @ _both_near(one, two, shared, eps, z))
    if abs(z) <= eps:
        first, second = first + 1, second + 1 + 2 * first
    return second / first**2 if first else math.inf


def _both_near(one: Floats, two: Floats, shared: Floats, eps: float, z: float) -> Floats:
    """P(both sums are within eps of z): the second given the first is normal, the first is integrated over."""
    spread = np.sqrt(two - shared * shared / one)
    total = np.zeros(len(one))
    for node, weight in zip(*_LEGENDRE, strict=True):
        x = z + eps * node
        mean = shared * x / one
        given = special.ndtr((z + eps - mean) / spread) - special.ndtr((z - eps - mean) / spread)
        total += weight * eps * np.exp(-x * x / (2 * one)) / np.sqrt(2 * math.pi * one) * given
    return total


def _uniforms(terms: int, x: float) -> float:
    place, total = terms - abs(Fraction(x)), Fraction(0)  # even in x: fewer terms on the left
    if terms == 1:
        return 0.5 if place > 0 else 0.25 if place == 0 else 0.0
    for j in range(terms + 1):
        if place <= 2 * j:
            break
        total += (-1) ** j * math.comb(terms, j) * (place - 2 * j) ** (terms - 1)
    return float(total / (math.factorial(terms - 1) * 2**terms))


def _normal_products(terms: int, x: float) -> float:
    return float(np.exp(nsn_log_density(1, terms, x * x)))


def _products(terms: int, x: float) -> float:
    size = abs(x)
    if size >= terms:
        return 0.0
    if terms == 1:
        return math.inf if size == 0 else -0.5 * math.log(size)
    if terms == 2:
        return _two_products(size)
    step = math.pi / (terms + size + 1)  # no period of the sum reaches x again
    cut = min(_CUT, max(20.0, 2 * 10 ** (17 / terms)))
    t = step * np.arange(1, math.ceil(cut / step) + 1)
    return max(0.0, float(step / math.pi * (0.5 + np.sum((special.sici(t)[0] / t) ** terms * np.cos(t * size)))))


def _two_products(size: float) -> float:
    """The convolution of ln(1/|y|)/2 with itself at 0 <= size < 2, cut where a logarithm is infinite.

    Each piece is halved and each half taken with its distance from the end as half s^5, which leaves no singularity.
    """
    nodes, weights = np.polynomial.legendre.leggauss(80)
    s = (nodes + 1) / 2
    ends = sorted({size - 1, 1.0} | {point for point in (0.0, size) if size - 1 < point < 1})
    total = 0.0
    for low, high in itertools.pairwise(ends):
        away = (high - low) / 2 * s**5
        for end, y in ((low, low + away), (high, high - away)):
            first = away if end == 0 else np.abs(y)
            second = away if end == size else np.abs(size - y)
            total += (high - low) / 4 * float(weights @ (np.log(first) * np.log(second) * 5 * s**4))
    return total / 4
