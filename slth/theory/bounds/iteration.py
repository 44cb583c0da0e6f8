"""Certified sample sizes by value iteration: what `growth` proves, with two thirds of the samples.

Units: samples uniform on [-1, 1]^d, targets in [-1/2, 1/2]^d. Let h = (1 - SHARE) eps, W = [-1/2 - h, 1/2 + h]^d,
A_0 the cube of radius SHARE eps around 0, and A' = A + the part of A + X inside W that is new. With v = |A|,
u = |W| - v, a and b the smaller and the larger of u and v, the measure G that one sample adds satisfies

1. 0 <= G <= a, as G is part of a shifted A and of W without A;
2. E G >= 2^-d (u v - c): pairs of a missing and a reached point have density 2^-d, but for those more than 1 apart
   in some coordinate; W^2 holds |W|^2 - (|W|^(2/d) - 4 h^2)^d of them, one point at most |W| - 1, so c is the
   smaller of the first and a times the second;
3. E G^2 <= 2^-d a^2 b, and 2^-1 (a^2 b - a^3/3) for d = 1: this is an integral of the product of the two sets'
   autocorrelations, of which one adds up to a^2 and the other is at most b; on the line it is largest for intervals
   (Brascamp, Lieb and Luttinger 1974);
4. a target in [-1/2, 1/2]^d that is farther than eps from all sums leaves a cube of side 2h of W uncovered.

So g_0(v) = [u > (2h)^d] and g_n(v) = the largest E g_(n-1)(v + G) over all laws of G with 1-3 bound the chance of
failure with n samples from above (more reached is never worse, so g falls with v). On a grid, g is replaced by the
step function of its values at the left ends of cells. The linear program behind each value is bounded by weak
duality, which any multipliers s, t >= 0 do, whatever rounding did to them. Any law with density at least c on
[-2a, 2a]^d is a mixture of the uniform one there, with weight (4a)^d c, and another: the chance is averaged over the
binomial number of uniform samples among n.

Following the reached measure is da Cunha et al. (ESA 2023); the rest is ours. The wider window W, the second moment
and the uneven SHARE are what is gained over one half and the mean alone (36 samples for 41 at eps = delta = 0.01).
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from slth.core.errors import BadInput
from slth.theory.bounds import growth
from slth.theory.bounds.growth import CertifiedSamples

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
SHARE = 0.7  # of eps: what A_0 has of it; the rest is left for what is not covered in the end
NODES = 800
SMALLEST = 1e-12  # eps below which nothing is proved: differences of measures have no digits left
ROUNDING = 1e-14  # more than a hundred roundings of float64, relative to the sizes of what is added
_ENOUGH = 1e-16  # the curve of the uniform law is not followed below
_CLOSE = 1e-3  # relative gap at which the search for multipliers ends
_PIVOTS = 40


def iterated_failure(
    law: str, most: int, eps: float, groups: int = 1, *, dims: int = 1, keep: float = 1.0
) -> NDArray[np.float64]:
    """Bounds on P(some |z| <= groups * a has no subset within eps) for n = 0 .. most samples in each group.

    Parameters
    ----------
    law : str
        As in `growth.failure_bound`.
    most : int
    eps : float
        In units of the law.
    groups, dims, keep
        As in `growth.failure_bound`.

    Returns
    -------
    (most + 1,) float64
        Falling, at most `growth.failure_bound`; below 1e-16 no better than it.

    Raises
    ------
    BadInput
        For an unknown law or numbers out of range.

    Source: ours, proved above. Checked: against simulation; the step's moments against sets on a grid.

    >>> [f"{chance:.4f}" for chance in iterated_failure("U", 36, 0.01)[[30, 36]]]
    ['0.0751', '0.0099']
    """
    return _mixed(law, most, eps, groups, dims, keep, _ENOUGH)


def iterated_n(
    law: str, eps: float, delta: float, radius: float = 1.0, *, dims: int = 1, keep: float = 1.0
) -> CertifiedSamples:
    """Samples with which, with probability >= 1 - delta, *every* |z| <= radius has a subset within eps.

    Parameters
    ----------
    law, eps, delta, radius, dims, keep
        As in `growth.certified_n`, which needs more.

    Raises
    ------
    BadInput
        For an unknown law or numbers out of range.

    Source: ours, as `iterated_failure`; groups as in `growth.certified_n`.

    >>> [iterated_n("U", eps, 0.01, 0.5).total for eps in (0.1, 0.01)]
    [23, 36]
    """
    slow = growth.certified_n(law, eps, delta, radius, dims=dims, keep=keep)
    if not slow.each:
        return slow
    curve = _mixed(law, slow.each, eps, slow.groups, dims, keep, delta / slow.groups / 100)
    each = int(np.argmax(curve <= delta))
    return CertifiedSamples(slow.groups, each, float(curve[each])) if curve[each] <= delta else slow


def iterated_cover_n(eps: float, delta: float) -> CertifiedSamples:
    """`iterated_n` for uniform samples and targets in [-1, 1], by reserving samples as `growth.cover_uniform_n` does.

    Failure <= g_(n-r) + 2 (3/4)^r; the r that needs the fewest samples is taken.

    Raises
    ------
    BadInput
        As `iterated_n`.

    Source: ours.

    >>> iterated_cover_n(0.01, 0.01).total
    59
    """
    slow = growth.cover_uniform_n(eps, delta)
    curve = _mixed("U", slow.each, eps, 1, 1, 1.0, delta / 100)
    best = slow
    for reserved in range(1, slow.each):
        failure = curve + 2 * 0.75**reserved
        n = int(np.argmax(failure <= delta))
        if failure[n] <= delta and n + reserved < best.each:
            best = CertifiedSamples(1, n + reserved, float(failure[n]))
    return best


def uniform_failure(most: int, eps: float, *, dims: int = 1, nodes: int = NODES, least: float = 0.0) -> Floats:
    """The bounds g_0 .. g_most for uniform samples on [-1, 1]^d and targets in [-1/2, 1/2]^d, at most 1.

    Parameters
    ----------
    most : int
    eps : float
    dims : int
    nodes : int
        Of the grid; more are sharper, none makes the bounds wrong.
    least : float
        Bounds are not lowered any more once below it.

    Returns
    -------
    (most + 1,) float64

    Raises
    ------
    BadInput
        For numbers out of range.

    Source: ours, proved above.

    >>> bool(uniform_failure(36, 0.01, nodes=200)[36] > uniform_failure(36, 0.01)[36])
    True
    """
    if most < 0 or dims < 1 or nodes < 2 or not (math.isfinite(eps) and eps > 0):
        raise BadInput(f"needs most >= 0, dims >= 1, nodes >= 2, eps > 0, not {most}, {dims}, {nodes}, {eps}")
    if eps >= 0.5:
        return np.zeros(most + 1)
    if eps < SMALLEST:
        return np.ones(most + 1)
    found = _game(eps, dims, nodes).curve(most, least)
    return np.asarray(found + [found[-1]] * (most + 1 - len(found)), np.float64)


def _mixed(law: str, most: int, eps: float, groups: int, dims: int, keep: float, least: float) -> Floats:
    """The curve of a law: uniform samples are there with a fixed chance, independently."""
    plain = np.asarray(growth.failure_bound(law, np.arange(most + 1), eps, groups, dims=dims, keep=keep), np.float64)
    density = growth.density_of(law)
    share = keep * math.pow(2 * density.kappa, dims)
    curve = uniform_failure(most, eps / groups / (2 * density.half_width), dims=dims, least=least)
    if share < 1 - 1e-12:
        n, k = np.arange(most + 1)[:, None], np.arange(most + 1)
        with np.errstate(invalid="ignore"):
            log = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(np.maximum(n - k, 0) + 1)
        log = log + k * math.log(share) + (n - k) * math.log1p(-share)
        curve = np.where(k <= n, np.exp(log), 0.0) @ curve * (1 + 1e-10)
    return np.minimum.accumulate(np.minimum(groups * curve, plain))


class _Game:
    """The grid of one eps, the program of every node, and the values of as many samples as were asked for.

    A node's program has one column for every point G that its step function can be worth (the right ends of cells,
    G = 0 and the mean itself), of cost y and rows (1, G/a, G^2/a^2), and two slacks. It is solved by the simplex
    method, all nodes at once, each from its solution with one sample less.
    """

    def __init__(self, eps: float, dims: int, nodes: int) -> None:
        rest = (1 - SHARE) * eps
        side = 1 + 2 * rest
        whole, left = side**dims, (2 * rest) ** dims
        start = (2 * SHARE * eps) ** dims
        # measures are differences of numbers of size 1: relative to the smallest of them, roundings are larger
        self.rounding = ROUNDING + 64 * dims * float(np.spacing(whole)) / min(start, left)
        x = _grid(start, whole, left, nodes)
        v, ends = x[:-1], np.append(x[1:], whole)
        u = whole - v
        a, b = np.minimum(u, v), np.maximum(u, v)
        far_apart = np.minimum(whole**2 - (side**2 - 4 * rest**2) ** dims, a * (whole - 1))
        mean = np.maximum(u * v - far_apart, 0.0) / 2**dims
        square = (a**2 * b - (a**3 / 3 if dims == 1 else 0.0)) / 2**dims
        rows = np.arange(len(v))
        last = np.searchsorted(x, v + a, side="right") - 1
        cell = np.minimum(rows[:, None] + np.arange(int(np.max(last - rows, initial=0)) + 1), last[:, None])
        far = np.minimum(ends[cell] - v[:, None], a[:, None])
        size = ends - x
        bend = np.maximum(size, np.append(size[1:], 0.0)) ** 2 / 4  # by how much a parabola leaves its chord
        inside = np.searchsorted(x, v + mean, side="right") - 1
        zero = np.zeros((len(v), 1))
        self.cells: Places = np.concatenate([rows[:, None], inside[:, None], cell], axis=1)
        self.first = np.concatenate([zero, mean[:, None], far], axis=1) / a[:, None]
        squares = np.concatenate([zero - bend[:-1, None], mean[:, None] ** 2, far**2 - bend[cell]], axis=1)
        self.second = squares / a[:, None] ** 2
        self.limits = np.stack([np.ones(len(v)), mean / a, square / a**2], axis=1)
        points = self.first.shape[1]
        self.basis: Places = np.tile(np.array([1, points, points + 1]), (len(v), 1))
        self.values = np.append(np.ones(len(v)), 0.0)
        self.found = [float(self.values[0])]

    def curve(self, most: int, least: float) -> list[float]:
        """Values at the first node, one for each number of samples from 0 on, until `most` or below `least`."""
        while len(self.found) <= most and self.found[-1] > least:
            self.values[:-1] = np.minimum.accumulate(self._best())
            self.found.append(float(self.values[0]))
        found = self.found[: most + 1]
        enough = next((n for n, value in enumerate(found) if value <= least), most)
        return found[: enough + 1]  # the same whatever was asked before

    def _best(self) -> Floats:
        """With one sample more, at every node: the least bound that was met on the way to the optimum."""
        now, worth = self.values[:-1], self.values[self.cells]
        rows, points = np.arange(len(now)), worth.shape[1]
        best = now.copy()
        costs = np.concatenate([worth, np.zeros((len(now), 2))], axis=1)
        for _ in range(_PIVOTS):
            inverse = np.linalg.inv(np.stack([self._column(self.basis[:, k]) for k in range(3)], axis=2))
            duals = np.einsum("rk,rkm->rm", costs[rows[:, None], self.basis], inverse)
            s, t = np.maximum(-duals[:, 1], 0.0), np.maximum(duals[:, 2], 0.0)
            reach = worth + s[:, None] * self.first - t[:, None] * self.second
            enter = reach.argmax(axis=1)
            top = reach[rows, enter]
            slack = self.rounding * (now + s + t)
            best = np.minimum(best, top - s * self.limits[:, 1] + t * self.limits[:, 2] + slack)
            gains = np.stack([top - duals[:, 0], duals[:, 1], -duals[:, 2]], axis=1)
            gains[:, 0] = np.where(gains[:, 1:].max(axis=1) > _CLOSE * now, 0.0, gains[:, 0])  # signs first
            which = gains.argmax(axis=1)
            wanted = gains[rows, which] > _CLOSE * now
            if not wanted.any():
                break
            self._pivot(inverse, np.where(which == 0, enter, points - 1 + which), wanted)
        return best

    def _column(self, j: Places) -> Floats:
        rows, points = np.arange(len(j)), self.first.shape[1]
        at, point = np.minimum(j, points - 1), j < points
        first = np.where(point, self.first[rows, at], np.where(j == points, -1.0, 0.0))
        second = np.where(point, self.second[rows, at], np.where(j == points, 0.0, 1.0))
        return np.stack([point.astype(np.float64), first, second], axis=1)

    def _pivot(self, inverse: Floats, enter: Places, wanted: NDArray[np.bool_]) -> None:
        """Let a column enter each wanted row's basis, for the one that reaches 0 first."""
        rows = np.arange(len(enter))
        slope = np.einsum("rmk,rk->rm", inverse, self._column(enter))
        level = np.maximum(np.einsum("rmk,rk->rm", inverse, self.limits), 0.0)
        ratio = np.where(slope > 1e-12, level / np.maximum(slope, 1e-12), np.inf)
        leave = ratio.argmin(axis=1)
        can = wanted & np.isfinite(ratio[rows, leave])
        self.basis[can, leave[can]] = enter[can]


@functools.lru_cache(maxsize=16)
def _game(eps: float, dims: int, nodes: int) -> _Game:
    return _Game(eps, dims, nodes)


def _grid(start: float, whole: float, left: float, nodes: int) -> Floats:
    """Measures from `start` to `whole - left`: even in log v up to half of the whole, in log u beyond."""
    half = whole / 2
    end = whole - left + 4 * float(np.spacing(whole))  # at least 1, above the start, and not too small by rounding
    below, above = math.log2(max(half / start, 1.0)), math.log2(max(half / left, 1.0))
    step = (below + above) / nodes
    low = half * np.exp2(-step * np.arange(math.floor(below / step), 0, -1))
    high = whole - half * np.exp2(-step * np.arange(math.floor(above / step) + 1))
    inner = np.concatenate([low, high])
    return np.concatenate([[start], inner[(inner > start * (1 + 1e-9)) & (inner < end - left * 1e-9)], [end]])
