"""Certified sample sizes: the expected-growth argument for random subset sum, with every constant explicit.

Fix eps and follow the measure v of the targets in [-a, a] that subset sums reach within eps, partial sums
staying inside. If samples have density at least c on [-2a, 2a], each of them multiplies the expectation of
1/v - 1 by at most 1 - kappa/2 with kappa = 2ac. Markov's inequality at the end gives the bound of
`failure_bound`; no simulation and no fitted constant is in it.

The idea of following the reached measure is da Cunha et al. (ESA 2023), a proof anew of Lueker (1998); the
potential 1/v - 1, its constants and other laws than uniform are ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from slth.core.errors import BadInput

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Density:
    """A law with density at least `least` on [-2 `half_width`, 2 `half_width`].

    Parameters
    ----------
    half_width : float
        a: targets in [-a, a] are served by one group of samples.
    least : float
        c, taken at 2a for laws whose density falls with |x|.
    """

    half_width: float
    least: float

    @property
    def kappa(self) -> float:
        """2 a c, at most 1: the share of the interval that one sample is expected to add."""
        return 2 * self.half_width * self.least


def _product_of_uniforms() -> Density:
    half_width = 1 / (2 * math.e)  # maximises a ln(1/(2a))
    return Density(half_width, 0.5 * math.log(1 / (2 * half_width)))


DENSITIES = {
    "U": Density(0.5, 0.5),
    "N": Density(0.5, math.exp(-0.5) / math.sqrt(2 * math.pi)),
    "UU": _product_of_uniforms(),
    "NN": Density(0.2975, float(special.k0(0.595)) / math.pi),
    "D": Density(_product_of_uniforms().half_width, 0.5 * _product_of_uniforms().least),
}


@dataclass(frozen=True)
class CertifiedSamples:
    """How many samples are proved to suffice.

    Parameters
    ----------
    groups : int
        Disjoint groups, each of which serves an equal part of the target.
    each : int
        Samples of one group.
    failure : float
        Bound on the probability that some target with |z| <= radius has no subset within eps.
    """

    groups: int
    each: int
    failure: float

    @property
    def total(self) -> int:
        """Samples in all."""
        return self.groups * self.each


@overload
def failure_bound(law: str, n: int, eps: float, groups: int = ..., *, dims: int = ..., keep: float = ...) -> float: ...
@overload
def failure_bound(
    law: str, n: ArrayLike, eps: ArrayLike, groups: int = ..., *, dims: int = ..., keep: float = ...
) -> Floats: ...
def failure_bound(
    law: str, n: ArrayLike, eps: ArrayLike, groups: int = 1, *, dims: int = 1, keep: float = 1.0
) -> float | Floats:
    """Bound on P(some |z| <= groups * a has no subset within eps), n samples in each group, at most 1.

    Formula: groups ((2a/e)^d - 1)((4a/e)^d - 1)(1 - kappa/2)^n with e = eps/groups and kappa = keep (2ac)^d; for U,
    one group: (1/eps - 1)(2/eps - 1)(3/4)^n.

    Parameters
    ----------
    law : str
        U uniform on [-1, 1], N standard normal, UU and NN products of two of them, D half UU and half zero.
    n : int or array of int
    eps : float or array of float
        In units of the law, as all lengths here; n and eps broadcast.
    groups : int
    dims : int
        d: samples and targets are vectors, coordinates independent with this law, distances in the sup norm.
    keep : float
        Each sample is there with this probability only, independently (a randomly thinned source).

    Raises
    ------
    BadInput
        For an unknown law or numbers out of range.

    Source: ours (expected growth after da Cunha et al., ESA 2023). Checked: one-step expectation exactly, the
    bound against simulation.

    >>> round(failure_bound("U", 51, 0.01), 4), round(failure_bound("U", 50, 0.01), 4)
    (0.0084, 0.0112)
    >>> [round(float(chance), 3) for chance in failure_bound("U", [100, 120], 0.1, dims=2)]
    [0.063, 0.004]
    """
    kappa = _kappa(law, dims, keep)
    count, width = np.asarray(n, np.float64), np.asarray(eps, np.float64)
    if not (np.all(np.isfinite(width)) and np.all(width > 0) and np.all(count >= 0)) or groups < 1:
        raise BadInput(f"eps must be positive, n >= 0 and groups >= 1, not eps={eps!r}, n={n!r}, groups={groups}")
    log = math.log(groups) + log_failure(kappa, DENSITIES[law].half_width, count, width / groups, dims)
    bound = np.exp(np.minimum(log, 0.0))
    return float(bound) if bound.ndim == 0 else np.asarray(bound, np.float64)


def log_failure(kappa: float, half_width: float, n: ArrayLike, eps: ArrayLike, dims: int = 1) -> Floats:
    """Log of the bound itself for any law: ((2a/eps)^d - 1)((4a/eps)^d - 1)(1 - kappa/2)^n; -inf for eps >= a.

    Parameters
    ----------
    kappa : float
        (2a)^d times the least density on [-2a, 2a]^d, in (0, 1].
    half_width : float
        a: targets in [-a, a]^d.
    n, eps : array_like
        They broadcast.

    Source: ours, as `failure_bound`.

    >>> round(float(np.exp(log_failure(0.5, 0.5, 51, 0.01))), 4)
    0.0084
    """
    boxes = start(half_width, eps, dims)
    return np.asarray(boxes + np.asarray(n, np.float64) * math.log1p(-kappa / 2), np.float64)


def start(half_width: float, eps: ArrayLike, dims: int = 1) -> Floats:
    """Log of ((2a/eps)^d - 1)((4a/eps)^d - 1): what the samples have to beat; -inf for eps >= a.

    Source: ours, as `failure_bound`.

    >>> round(float(np.exp(start(0.5, 0.01))))
    19701
    """
    width = np.asarray(eps, np.float64)
    octaves = dims * np.log(2 * half_width / np.minimum(width, half_width))
    return np.where(width >= half_width, -np.inf, _log_less_one(octaves) + _log_less_one(octaves + dims * math.log(2)))


def certified_n(
    law: str, eps: float, delta: float, radius: float = 1.0, *, dims: int = 1, keep: float = 1.0
) -> CertifiedSamples:
    """Samples with which, with probability >= 1 - delta, *every* |z| <= radius has a subset within eps.

    Parameters
    ----------
    law : str
        As in `failure_bound`.
    eps, radius : float
        In units of the law.
    delta : float
        In (0, 1).
    dims, keep
        As in `failure_bound`. Exponential in dims.

    Raises
    ------
    BadInput
        For an unknown law or numbers out of range.

    Source: ours, as `failure_bound`; targets beyond a are split evenly over ceil(radius / a) groups, by a
    union bound.

    >>> [(law, c.groups, c.each) for law in ("U", "N", "UU", "NN", "D") for c in [certified_n(law, 0.01, 0.01)]]
    [('U', 2, 58), ('N', 2, 129), ('UU', 6, 186), ('NN', 4, 229), ('D', 6, 380)]
    >>> [certified_n("U", eps, 0.01, 0.5).total for eps in (0.1, 0.05, 0.01)]
    [34, 39, 51]
    """
    kappa = _kappa(law, dims, keep)
    check_wish(eps, delta, radius)
    if eps >= radius:
        return CertifiedSamples(1, 0, 0.0)
    groups = groups_for(law, radius)
    each = least_n(kappa, DENSITIES[law].half_width, eps / groups, delta / groups, dims)
    return CertifiedSamples(groups, each, failure_bound(law, each, eps, groups, dims=dims, keep=keep))


def least_n(kappa: float, half_width: float, eps: float, delta: float, dims: int = 1) -> int:
    """The least n at which `log_failure` is at most log(delta).

    Source: ours, as `failure_bound`.

    >>> least_n(0.5, 0.5, 0.01, 0.01)
    51
    """
    boxes = float(start(half_width, eps, dims))
    return 0 if boxes == -math.inf else max(0, math.ceil((boxes - math.log(delta)) / -math.log1p(-kappa / 2)))


def groups_for(law: str, radius: float) -> int:
    """Groups of samples that share targets of up to `radius` evenly: ceil(radius / a).

    Raises BadInput for an unknown law. Source: ours.

    >>> groups_for("UU", 1.0)
    6
    """
    return max(1, math.ceil(radius / density_of(law).half_width - 1e-12))


def check_wish(eps: float, delta: float, radius: float = 1.0) -> None:
    """Refuse numbers out of range of what is asked for.

    Raises BadInput unless 0 < delta < 1, eps > 0 and radius >= 0, all finite.
    """
    if not (0 < delta < 1) or not (math.isfinite(eps) and eps > 0) or not (math.isfinite(radius) and radius >= 0):
        raise BadInput(f"needs 0 < delta < 1, eps > 0, radius >= 0, not delta={delta}, eps={eps}, radius={radius}")


def cover_uniform_n(eps: float, delta: float) -> CertifiedSamples:
    """`certified_n` for uniform samples and targets in [-1, 1], by reserving samples instead of splitting the target.

    r samples are set aside, one of which must lie in [1/2, 1] and one in [-1, -1/2]: they move any target
    into [-1/2, 1/2]. Failure <= (1/eps - 1)(2/eps - 1)(3/4)^(n - r) + 2 (3/4)^r; the r that needs the fewest
    samples is taken.

    Raises
    ------
    BadInput
        For numbers out of range.

    Source: ours, after da Cunha et al. (ESA 2023).

    >>> [cover_uniform_n(eps, 0.01).total for eps in (0.1, 0.01, 0.001)]
    [58, 74, 90]
    """
    if not (0 < delta < 1 and 0 < eps < 0.5):
        raise BadInput(f"needs 0 < delta < 1 and 0 < eps < 0.5, not delta={delta}, eps={eps}")
    best: CertifiedSamples | None = None
    for reserved in range(1, 10_000):
        spent = 2 * 0.75**reserved
        if spent >= delta:
            continue
        inner = certified_n("U", eps, delta - spent, 0.5)
        total = inner.each + reserved
        if best is not None and total > best.each + 2:
            break
        if best is None or total < best.each:
            best = CertifiedSamples(1, total, inner.failure + spent)
    if best is None:
        raise BadInput(f"delta={delta} is too small to be served")
    return best


def density_of(law: str) -> Density:
    """The entry of `DENSITIES`.

    Raises BadInput for an unknown law.
    """
    if law not in DENSITIES:
        raise BadInput(f"no certified density for law {law!r}; there are: {', '.join(DENSITIES)}")
    return DENSITIES[law]


def _kappa(law: str, dims: int, keep: float) -> float:
    """Of vectors with independent coordinates, each vector there with probability `keep`."""
    if dims < 1 or not 0 < keep <= 1:
        raise BadInput(f"needs dims >= 1 and 0 < keep <= 1, not dims={dims}, keep={keep}")
    return keep * math.pow(density_of(law).kappa, dims)


def _log_less_one(log: Floats) -> Floats:
    """Log(e^log - 1) for log > 0."""
    return np.asarray(log + np.log(-np.expm1(-log)), np.float64)
