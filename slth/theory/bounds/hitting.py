"""One target: how many subsets come within eps of it, with what chance one does, how close the best comes.

Laws are those of one sample: U uniform on [-1, 1], N standard normal, UU and NN products of two of them, S a
sign (a product of two signs is a sign). Lengths are in units of the law. `z` and `eps` broadcast.

The first moment is a theorem (it bounds the chance from above, by Markov's inequality). The hitting law is a
model, not a theorem: given the samples, the number of subsets near z is taken to be Poisson with the mean
that the samples' sum suggests. It is good within some per cent down to failures of about 1e-4 and optimistic
below, where a few unlucky samples decide (use `tails`); it is also optimistic for targets near the edge of
what few heavy-tailed samples reach.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from slth.core.errors import BadInput

Floats = NDArray[np.float64]
VARIANCES = {"U": 1 / 3, "N": 1.0, "UU": 1 / 9, "NN": 1.0}
LAWS = (*VARIANCES, "S")

# The standard normal as 600 midpoints: what is integrated is smooth on the scale of its step of 1/30.
NODES = (np.arange(600) + 0.5) / 30 - 10
WEIGHTS = np.exp(-(NODES**2) / 2) / np.sum(np.exp(-(NODES**2) / 2))
_BLOCK = 4096
_CUT = 1e-7  # of the inversion at large t, for each n^2
_ULP = 2.0**-52


def expected_hits(law: str, n: int, eps: ArrayLike, z: ArrayLike) -> Floats:
    """Expected number of subsets of n samples within eps of z, in the Gaussian approximation.

    Formula: 2^n 2 eps exp(-z^2 / (n s^2)) / sqrt(pi n s^2), s^2 the variance of one sample.

    Raises
    ------
    BadInput
        For an unknown law (S has no density), n < 1 or > 1000, or eps < 0.

    Source: ours (the first moment of Lueker 1982, made explicit). Checked: against `expected_hits_exact`.

    >>> round(float(expected_hits("U", 14, 1e-4, 0.5)), 3)
    0.811
    """
    spread = n * _variance(law)
    width, centre = _checked(n, eps, z)
    if n > 1000:
        raise BadInput(f"the expected number of subsets of {n} samples is beyond float64; n must be at most 1000")
    log = n * math.log(2) - centre**2 / spread - 0.5 * math.log(math.pi * spread)
    return np.asarray(2 * width * np.exp(log), np.float64)


def expected_hits_exact(law: str, n: int, eps: float, z: float) -> float:
    """Expected number of subsets within eps of z, the empty one included, without the Gaussian approximation.

    Formula: [|z| <= eps] + sum_k C(n, k) P(|X_1 + ... + X_k - z| <= eps). k = 1 from the law's distribution
    function, the rest as (2/pi) int_0^inf ((1 + phi)^n - 1 - n phi) cos(tz) sin(t eps) / t dt with phi the
    characteristic function. The trapezoid rule is exact here but for sums beyond its period (none for U and
    UU) and for the cut at large t, about 1e-7 n^2 / 2. Terms of size 2^n cancel where z is hardly reached: what that
    may cost is in `most_hits`.

    Parameters
    ----------
    law : "U", "N", "UU" or "NN"
    n : int
        At most 60.

    Raises
    ------
    BadInput
        For an unknown law, n out of range or eps < 0.

    Source: ours. Checked: against the Irwin-Hall density, normal probabilities and simulation.

    >>> round(expected_hits_exact("U", 14, 1e-4, 0.5), 3)
    0.815
    """
    return max(0.0, _inverted(law, n, eps, z)[0])


def most_hits(law: str, n: int, eps: float, z: float) -> float:
    """An upper bound on the expected number of subsets within eps of z: the exact sum, its cut and its rounding.

    Raises
    ------
    BadInput
        As `expected_hits_exact`.

    Source: ours.

    >>> round(most_hits("U", 14, 1e-4, 0.5), 3), 0 < most_hits("U", 10, 1e-4, 20.0) < 1e-3
    (0.815, True)
    """
    value, rounding = _inverted(law, n, eps, z)
    return max(0.0, value) + rounding + _CUT * n**2


def _inverted(law: str, n: int, eps: float, z: float) -> tuple[float, float]:
    """The exact first moment, and a bound on what rounding does to it."""
    _variance(law)
    _checked(n, eps, z)
    if n > 60:
        raise BadInput(f"the exact first moment is for n <= 60, not {n}")
    far = n if law in ("U", "UU") else 12 * n
    step = math.pi / (far + abs(z) + eps + 1)
    total, roundings = 0.0, 0.0
    for begin in range(0, math.ceil(3000 / step), 1 << 16):
        t = step * np.arange(begin + 1, begin + 1 + (1 << 16), dtype=np.float64)
        phi = _characteristic(law, t)
        power, width = (1 + phi) ** n, np.minimum(eps, 1 / t)
        total += float(np.sum((power - 1 - n * phi) * np.cos(t * z) * np.sin(t * eps) / t))
        size = (np.abs(power) + 1 + n * np.abs(phi)) * width
        roundings += float(np.sum((n + 20) * size + t * abs(z) * np.abs(power - 1 - n * phi) * width))
    at_zero = (2.0**n - 1 - n) * eps / 2
    one = _distribution(law, z + eps) - _distribution(law, z - eps)
    value = float(abs(z) <= eps) + n * one + 2 / math.pi * step * (total + at_zero)
    return value, _ULP * (2 / math.pi * step * (roundings + (n + 20) * at_zero) + n + 1)


def first_moment_n(law: str, eps: float, z: float = 0.0) -> float:
    """The n (a real number) at which one subset is expected within eps of z: fewer samples cannot do it reliably.

    Raises
    ------
    BadInput
        For an unknown law or eps <= 0.

    Source: ours, from `expected_hits`.

    >>> [round(first_moment_n("U", 10.0**-k, 0.5), 2) for k in (2, 3, 4, 5)]
    [7.26, 10.82, 14.32, 17.78]
    """
    variance = _variance(law)
    if not (math.isfinite(eps) and eps > 0):
        raise BadInput(f"eps must be a positive number, not {eps}")
    n = 10.0
    for _ in range(200):
        bits = math.log2(1 / (2 * eps)) + 0.5 * math.log2(math.pi * variance * n) + z * z / (n * variance) / math.log(2)
        n = max(1.0, bits)
    return n


def hit_chance(law: str, n: int, eps: ArrayLike, z: ArrayLike) -> Floats:
    """P(some subset of n samples is within eps of z), by the hitting law (exact for S).

    Formula: 1 - E exp(-L exp(-(G - m)^2 / 2)), G standard normal, L = 2^n 2 eps sqrt(2 / (pi n s^2)), m = 2z
    / (s sqrt n). For S: the integer nearest to 0 that is within eps of z, by the binomial number of samples
    of its sign.

    Raises
    ------
    BadInput
        For an unknown law, n < 1 or eps < 0.

    Source: ours; a model, except for S. Checked: against simulation, within some per cent where failures
    exceed 1e-4.

    >>> round(float(hit_chance("U", 14, 1e-4, 0.5)), 3)
    0.524
    >>> hit_chance("S", 2, 0.25, [0.0, 0.5, 1.1, -2.0]).tolist()
    [1.0, 0.0, 0.75, 0.25]
    """
    return np.asarray(1 - miss_chance(law, n, eps, z), np.float64)


def miss_chance(law: str, n: int, eps: ArrayLike, z: ArrayLike) -> Floats:
    """1 - `hit_chance`, without cancellation; 0 where |z| <= eps, which the empty subset serves.

    Raises
    ------
    BadInput
        As `hit_chance`.

    Source: ours.

    >>> float(miss_chance("UU", 14, 0.01, 0.005))
    0.0
    """
    width, centre = np.broadcast_arrays(*_checked(n, eps, z))
    if law == "S":
        return _sign_misses(n, width, centre)
    return np.where(np.abs(centre) <= width, 0.0, nonempty_misses(law, n, width, centre))


def nonempty_misses(law: str, n: int, eps: ArrayLike, z: ArrayLike) -> Floats:
    """`miss_chance` of the model itself, without the empty subset: positive for |z| <= eps too.

    Raises
    ------
    BadInput
        As `miss_chance`, and for S.

    Source: ours; a model.
    """
    variance = _variance(law)
    width, centre = np.broadcast_arrays(*_checked(n, eps, z))
    scale = n * math.log(2) + 0.5 * math.log(8 / (math.pi * n * variance))
    missed = np.zeros(width.size)
    flat = (width.ravel(), centre.ravel())
    for begin in range(0, missed.size, _BLOCK):
        part = slice(begin, begin + _BLOCK)
        shift = 2 * np.abs(flat[1][part, None]) / math.sqrt(n * variance)
        with np.errstate(divide="ignore"):
            log = scale + np.log(flat[0][part, None]) - (NODES - shift) ** 2 / 2
        missed[part] = np.exp(-np.exp(np.minimum(log, 50.0))) @ WEIGHTS
    return missed.reshape(width.shape)


def best_error(law: str, n: int, chance: float = 0.5, z: float = 0.0) -> float:
    """The eps within which the best of all non-empty subsets comes of z with the given probability.

    Formula: the root of `hit_chance`; at z = 0: y(chance) s sqrt(n) 2^-n with y = 0.6544, 2.894, 18.43 for
    50, 90, 99 %. The mean of the model is infinite, so speak of quantiles. Not for S, whose errors do not
    shrink.

    Raises
    ------
    BadInput
        For a law without density or a chance outside (0, 1).

    Source: ours; a model. Checked: against simulation.

    >>> [round(best_error("N", 20, chance) / 20**0.5 * 2**20, 3) for chance in (0.5, 0.9, 0.99)]
    [0.654, 2.894, 18.43]
    """
    variance = _variance(law)
    _checked(n, 0.0, z)
    if not 0 < chance < 1:
        raise BadInput(f"chance must lie in (0, 1), not {chance}")
    profile = np.exp(-((NODES - 2 * abs(z) / math.sqrt(n * variance)) ** 2) / 2)
    low, high = -700.0, 700.0  # of the log of the model's L
    for _ in range(200):
        middle = (low + high) / 2
        if float(np.exp(-math.exp(middle) * profile) @ WEIGHTS) > 1 - chance:
            low = middle
        else:
            high = middle
    return math.exp(low - n * math.log(2)) / (2 * math.sqrt(2 / (math.pi * n * variance)))


def _variance(law: str) -> float:
    if law not in VARIANCES:
        raise BadInput(f"law {law!r} is none of {', '.join(VARIANCES)}")
    return VARIANCES[law]


def _checked(n: int, eps: ArrayLike, z: ArrayLike) -> tuple[Floats, Floats]:
    width, centre = np.asarray(eps, np.float64), np.asarray(z, np.float64)
    if n < 1:
        raise BadInput(f"the number of samples must be at least 1, not {n}")
    if not (np.all(width >= 0) and np.all(np.isfinite(width)) and np.all(np.isfinite(centre))):
        raise BadInput("eps must be finite and at least 0, and targets finite")
    return width, centre


def _sign_misses(n: int, width: Floats, centre: Floats) -> Floats:
    """Signs: the nearest integer towards 0 that is within reach needs as many samples of its sign."""
    needed = np.maximum(np.ceil(np.abs(centre) - width), 0)
    reached = np.abs(needed - np.abs(centre)) <= width
    few = np.where(needed > 0, special.bdtr(np.maximum(needed - 1, 0), n, 0.5), 0.0)
    few = np.where(needed > n, 1.0, few)
    return np.asarray(np.where(reached, few, 1.0), np.float64)


def _characteristic(law: str, t: Floats) -> Floats:
    if law == "U":
        return np.asarray(np.sin(t) / t, np.float64)
    if law == "UU":
        return np.asarray(special.sici(t)[0] / t, np.float64)
    return np.asarray(np.exp(-(t**2) / 2) if law == "N" else 1 / np.sqrt(1 + t**2), np.float64)


def _distribution(law: str, x: float) -> float:
    """P(X <= x) of one sample."""
    if law == "N":
        return float(special.ndtr(x))
    size = abs(x)
    if law == "U":
        inside = min(size, 1.0)
    elif law == "UU":
        inside = 1.0 if size >= 1 else (size * (1 - math.log(size)) if size else 0.0)
    else:
        inside = 2 / math.pi * float(special.iti0k0(size)[1])
    return 0.5 + math.copysign(inside / 2, x)
