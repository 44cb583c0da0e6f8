"""All targets at once: the chance that every target of an interval has a subset within eps. A model, not a theorem.

Given the samples' sum, subset sums near z are taken to be a Poisson process of density

    rho(z) = 2^n sqrt(2 / (pi n s^2)) exp(-(G - 2z / (s sqrt n))^2 / 2),

G standard normal, as in the hitting law of `hitting`. A stretch without sums wider than 2 eps begins at any given
sum with chance e^(-2 eps rho), and such stretches are rare, so their number is taken to be Poisson too. The truth
fails more often where a few samples decide: half as often again for uniform samples once failures are near 1 %, two
to five times as often for products of uniforms. What is proved is in `growth` and `iteration`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slth.core.errors import BadInput
from slth.theory.bounds.hitting import NODES, VARIANCES, WEIGHTS

Floats = NDArray[np.float64]
MOST = 1000  # samples
_PLACES = 33  # targets between -radius and radius at which the density is taken


def cover_chance(law: str, n: ArrayLike, eps: ArrayLike, radius: float = 0.5, *, level: bool = False) -> Floats:
    """P(every |z| <= radius has a subset of n samples within eps), by the model.

    Parameters
    ----------
    law, n, eps, radius, level
        As in `gap_chance`.

    Raises
    ------
    BadInput
        As `gap_chance`.

    Source: ours; a model.

    >>> round(float(cover_chance("U", 12, 0.01)), 2)
    0.88
    """
    return np.asarray(1 - gap_chance(law, n, eps, radius, level=level), np.float64)


def gap_chance(law: str, n: ArrayLike, eps: ArrayLike, radius: float = 0.5, *, level: bool = False) -> Floats:
    """1 - `cover_chance`, without cancellation.

    Formula: 1 - E_G min(e^-m, 1 - max e^(-2 eps rho)), m = int rho e^(-2 eps rho) dz + e^(-2 eps rho(-R)) the expected
    number of stretches that are too wide, the second term for one that begins at -R. With `level` the simpler
    1 - E_G exp(-2 R rho e^(-2 eps rho)), rho = rho(0) everywhere, which fails too rarely.

    Parameters
    ----------
    law : "U", "N", "UU" or "NN"
    n : int or array of int
        At most 1000.
    eps : float or array of float
        In units of the law; n and eps broadcast.
    radius : float
    level : bool

    Returns
    -------
    float64, of the shape of n and eps

    Raises
    ------
    BadInput
        For an unknown law or numbers out of range.

    Source: ours; a model. Checked: simulated failures for U at eps = 0.01 are 0.52, 0.13, 0.026, 0.011.

    >>> gap_chance("U", [10, 12, 14, 16], 0.01).round(3).tolist()
    [0.539, 0.116, 0.029, 0.007]
    >>> gap_chance("U", [10, 12, 14, 16], 0.01, level=True).round(4).tolist()
    [0.4324, 0.0703, 0.0151, 0.0035]
    """
    if law not in VARIANCES:
        raise BadInput(f"law {law!r} is none of {', '.join(VARIANCES)}")
    count, width = np.broadcast_arrays(np.asarray(n, np.float64), np.asarray(eps, np.float64))
    if not (np.all(count >= 1) and np.all(count <= MOST) and np.all(width > 0) and np.all(np.isfinite(width))):
        raise BadInput(f"needs 1 <= n <= {MOST} and eps > 0, not n={n!r}, eps={eps!r}")
    if not (math.isfinite(radius) and radius > 0):
        raise BadInput(f"radius must be a positive number, not {radius}")
    one = _level if level else _drifting
    pairs = zip(count.ravel().tolist(), width.ravel().tolist(), strict=True)
    found = [0.0 if w >= radius else one(k, VARIANCES[law], w, radius) for k, w in pairs]
    return np.asarray(found, np.float64).reshape(count.shape)


def cover_n(law: str, eps: float, chance: float, radius: float = 0.5) -> int:
    """The smallest n with which all |z| <= radius are within eps with the given chance, by the model.

    Raises
    ------
    BadInput
        For a chance outside (0, 1), as `gap_chance`, or when 1000 samples are not enough.

    Source: ours; a model.

    >>> [cover_n("U", 10.0**-k, 0.5) for k in (1, 2, 3)], cover_n("U", 0.01, 0.99)
    ([6, 11, 15], 16)
    """
    if not 0 < chance < 1:
        raise BadInput(f"chance must lie in (0, 1), not {chance}")
    if eps >= radius:
        return 0
    low, high = 0, 1
    while gap_chance(law, min(high, MOST), eps, radius) > 1 - chance:
        if high >= MOST:
            raise BadInput(f"{MOST} samples do not cover targets up to {radius} within {eps}: raise eps or the scale")
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if gap_chance(law, middle, eps, radius) > 1 - chance:
            low = middle
        else:
            high = middle
    return high


def _level(n: float, variance: float, eps: float, radius: float) -> float:
    gaps = 2 * radius * _gaps(n, variance, eps, NODES)
    return float(-np.expm1(-gaps) @ WEIGHTS)


def _drifting(n: float, variance: float, eps: float, radius: float) -> float:
    places = np.linspace(-radius, radius, _PLACES)
    steps = np.full(_PLACES, 2 * radius / (_PLACES - 1))
    steps[[0, -1]] /= 2
    shifted = NODES[:, None] - 2 * places / math.sqrt(n * variance)
    empty = np.exp(-2 * eps * _density(n, variance, shifted))
    gaps = _gaps(n, variance, eps, shifted) @ steps + empty[:, 0]
    return float(np.maximum(-np.expm1(-gaps), empty.max(axis=1)) @ WEIGHTS)


def _density(n: float, variance: float, shifted: Floats) -> Floats:
    log = n * math.log(2) + 0.5 * math.log(2 / (math.pi * n * variance)) - shifted**2 / 2
    return np.asarray(np.exp(np.clip(log, -700.0, 700.0)), np.float64)


def _gaps(n: float, variance: float, eps: float, shifted: Floats) -> Floats:
    """Density times e^(-2 eps density)."""
    rho = _density(n, variance, shifted)
    return np.asarray(np.exp(np.log(rho) - np.minimum(2 * eps * rho, 1e5)), np.float64)
