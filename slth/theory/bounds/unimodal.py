"""Certified sample sizes for laws whose density falls with |x|: one group of samples serves all targets in [-1, 1].

`growth` bounds what one sample adds to the reached set by the least density on [-2a, 2a]. Here it is bounded by what it
adds to the set of the same measure that grows least. For a density that falls with |x|, that set is an interval at the
end of [-a, a]: of n cells, cell 1 is reached or not; removing it, the rest is no better off by induction, and its own
share is least where its neighbours are of its kind. So one sample adds at least

    G(v) = (H(L) - H(vL) - H(L - vL))/L,  L = 2a,  H'' = density,  H(0) = H'(0) = 0

to the reached share v, and G(v) >= kappa v (1 - v) with a much larger kappa than before, for larger a as well.
"""

from __future__ import annotations

import math
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from slth.core.errors import BadInput
from slth.theory.bounds.growth import CertifiedSamples, log_failure

Floats = NDArray[np.float64]
LAWS = ("U", "N", "UU", "NN", "D")
NARROWEST = 1e-2  # half width for NN: nine digits are left of a difference of Bessel functions


def least_growth(law: str, v: ArrayLike, half_width: float = 1.0) -> Floats:
    """What one sample adds at least, in expectation, to the reached share v of [-half_width, half_width].

    Parameters
    ----------
    law : str
        U uniform on [-1, 1], N standard normal, UU and NN products of two of them, D half UU and half zero.
    v : array of float
        In [0, 1].
    half_width : float
        In units of the law.

    Raises
    ------
    BadInput
        For an unknown law or numbers out of range.

    Source: ours, proved in proofs_checks (growth_least), and attained by an interval at the end.

    >>> np.round(least_growth("U", [0.5]), 6), np.round(least_growth("UU", [0.5]), 6)
    (array([0.125]), array([0.0625]))
    """
    share = np.asarray(v, np.float64)
    if not (np.all(share >= 0) and np.all(share <= 1)):
        raise BadInput(f"shares v must lie in [0, 1], not {v!r}")
    length = 2 * _checked(law, half_width)
    parts = [_primitive(law, part) for part in (np.asarray(length), share * length, length - share * length)]
    return np.asarray(np.maximum(parts[0] - parts[1] - parts[2], 0.0) / length, np.float64)


def kappa(law: str, half_width: float = 1.0) -> float:
    """The largest number with G(v) >= kappa v (1 - v) for all v.

    Formula: 4 G(1/2) for laws whose density is convex on x > 0 (UU, NN, D); min(a, 1/2) for U, a <= 1;
    P(0 <= X <= 2) for N, a = 1.

    Raises
    ------
    BadInput
        For an unknown law or a half width for which nothing is proved.

    Source: ours, proved in proofs_checks (growth_uniform, growth_normal, growth_convex, growth_product,
    growth_scaled).

    >>> [round(kappa(law), 4) for law in LAWS]
    [0.5, 0.4772, 0.25, 0.3427, 0.125]
    >>> round(kappa("D", 0.5), 4)
    0.2017
    """
    _checked(law, half_width)
    if law == "U" and half_width <= 1:
        return min(half_width, 0.5)
    if law == "N" and half_width == 1:
        return 0.5 * math.erf(math.sqrt(2))
    if law in ("U", "N"):
        raise BadInput(f"nothing is proved for law {law} on [-a, a] with a={half_width}; take a=1")
    return 4 * float(least_growth(law, 0.5, half_width))


@overload
def failure_bound(law: str, n: int, eps: float, half_width: float = ...) -> float: ...
@overload
def failure_bound(law: str, n: ArrayLike, eps: ArrayLike, half_width: float = ...) -> Floats: ...
def failure_bound(law: str, n: ArrayLike, eps: ArrayLike, half_width: float = 1.0) -> float | Floats:
    """Bound on P(some |z| <= half_width has no subset of n samples within eps), at most 1.

    Formula: (2a/eps - 1)(4a/eps - 1)(1 - kappa/2)^n, a = half_width; U on [-1, 1]: (2/eps - 1)(4/eps - 1)(3/4)^n.

    Raises
    ------
    BadInput
        For an unknown law or numbers out of range.

    Source: ours, proved in proofs_checks.

    >>> round(failure_bound("U", 56, 0.01), 4), round(failure_bound("U", 55, 0.01), 4)
    (0.008, 0.0107)
    """
    count, width = np.asarray(n, np.float64), np.asarray(eps, np.float64)
    if not (np.all(np.isfinite(width)) and np.all(width > 0) and np.all(count >= 0)):
        raise BadInput(f"eps must be positive and n >= 0, not eps={eps!r}, n={n!r}")
    bound = np.exp(np.minimum(log_failure(kappa(law, half_width), half_width, count, width), 0.0))
    return float(bound) if bound.ndim == 0 else np.asarray(bound, np.float64)


def certified_n(law: str, eps: float, delta: float, half_width: float = 1.0) -> CertifiedSamples:
    """Samples with which, with probability >= 1 - delta, *every* |z| <= half_width has a subset within eps.

    Raises
    ------
    BadInput
        For an unknown law or numbers out of range.

    Source: ours, proved in proofs_checks.

    >>> [(law, certified_n(law, 0.01, 0.01).total) for law in LAWS]
    [('U', 56), ('N', 59), ('UU', 119), ('NN', 85), ('D', 247)]
    """
    if not (0 < delta < 1 and math.isfinite(eps) and eps > 0):
        raise BadInput(f"needs 0 < delta < 1 and eps > 0, not delta={delta}, eps={eps}")
    share = kappa(law, half_width)
    if eps >= half_width:
        return CertifiedSamples(1, 0, 0.0)
    start = float(log_failure(share, half_width, 0, eps)) - math.log(delta)
    each = max(0, math.ceil(start / -math.log1p(-share / 2)))
    return CertifiedSamples(1, each, failure_bound(law, each, eps, half_width))


def _checked(law: str, half_width: float) -> float:
    if law not in LAWS:
        raise BadInput(f"no certified density for law {law!r}; there are: {', '.join(LAWS)}")
    if not (math.isfinite(half_width) and half_width > 0):
        raise BadInput(f"the half width must be a positive number, not {half_width}")
    if law == "NN" and half_width < NARROWEST:
        raise BadInput(f"the half width for law NN must be at least {NARROWEST}, not {half_width}: differences cancel")
    return half_width


def _primitive(law: str, t: Floats) -> Floats:
    """H, t >= 0."""
    if law == "D":
        return 0.5 * _primitive("UU", t)
    if law == "N":
        area = t * special.erf(t / math.sqrt(2)) / 2 + np.expm1(-t * t / 2) / math.sqrt(2 * math.pi)
    elif law == "NN":  # density K_0(|x|)/pi; int_0^t x K_0 = 1 - t K_1(t)
        positive = np.maximum(t, np.finfo(float).tiny)
        area = (t * special.iti0k0(positive)[1] - 1 + positive * special.k1(positive)) / math.pi
    else:
        inner = np.minimum(t, 1.0)
        bent = 1.0 if law == "U" else 1.5 - np.log(np.maximum(inner, np.finfo(float).tiny))
        area = inner**2 / 4 * bent + (t - inner) / 2
    return np.asarray(area, np.float64)
