"""Certified samples for laws whose density falls with |x|, by value iteration: what `unimodal` proves, with fewer.

Let W = [-a - h, a + h], h = (1 - SHARE) eps, A_0 the interval of radius SHARE eps around 0, and A' = A + the part of
A + X inside W that is new. With v = |A|, u = |W| - v, the measure G that one sample adds and a target |z| <= a satisfy

1. 0 <= G <= b = min(u, v), as G is part of a shifted A and of W without A;
2. E G >= m(v) = H(|W|) - H(v) - H(u), what an interval at the end of W gains (growth_least in proofs_checks). H'' is
   the density, so m is concave. Of a sample that is there with probability `keep` only, it is keep m;
3. z farther than eps from all sums leaves the stretch of length 2h around z uncovered: u >= 2h, that is v <= 2a.

Let P_n(v) be the largest chance of 3 after n more samples, over all sets of measure v or more. It falls with v, hence
sets of measure v exactly and the least mean are the worst: if a line c - s (w - v), s >= 0, is above P_{n-1}(w) for all
w from v to v + b, then P_n(v) <= c - s m(v). The best line touches the concave envelope of P_{n-1} at v + m(v).

On a grid P_n is bounded by g_n, linear between nodes and 0 beyond the last one, 2a; g_0 = 1. At a node any s will do, c
is the largest g_{n-1}(w) + s (w - v) over what is reached, and g_n = c - s m. `_Lines` says what is added for measures
between nodes. The argument and the growth are those of `unimodal`; following the reached measure is da Cunha et al.
(ESA 2023), the rest is ours. Second moments, as in `iteration`, would save one uniform sample of 43, and none of D.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.theory.bounds import growth, unimodal
from slth.theory.bounds.growth import CertifiedSamples
from slth.theory.bounds.iteration import ROUNDING, SHARE

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
NODES = 240
SMALLEST = 1e-9  # eps, in half widths, of which differences of measures keep digits
MOST = 4096  # samples
HALF_WIDTHS = {"U": 0.6, "N": 1.1, "UU": 0.4, "NN": 0.7, "D": 0.4}  # small targets need about the fewest samples
_INEXACT = 1e-13  # of |W| or 1: what m may be off by, by special functions
_BESIDE = 2.0 ** -np.arange(1, 6)  # of a cell: more nodes beside half of W, where growing may take longest
_TINY = 1e-300  # no bound is taken to be less
_TRIES = 2  # lines for each node and sample; they start from those of the last sample


def failure_curve(
    law: str, most: int, eps: float, half_width: float = 1.0, keep: float = 1.0, *, nodes: int = NODES
) -> Floats:
    """Bounds on P(some |z| <= half_width has no subset of n samples within eps) for n = 0 .. most.

    Parameters
    ----------
    law : str
        U uniform on [-1, 1], N standard normal, UU and NN products of two of them, D half UU and half zero.
    most : int
    eps, half_width : float
        In units of the law.
    keep : float
        Each sample is there with this probability only, independently.
    nodes : int
        Of the grid, about; more are sharper, none makes the bounds wrong.

    Returns
    -------
    (most + 1,) float64
        Falling; 1 throughout for eps below 1e-9 half widths, where float64 is too coarse.

    Raises
    ------
    BadInput
        For an unknown law or numbers out of range.

    Source: ours, proved above; step 2 in proofs_checks (growth_least). Checked: against simulation.

    >>> [f"{chance:.4f}" for chance in failure_curve("U", 43, 0.01)[[30, 43]]]
    ['0.2663', '0.0097']
    """
    if not (most >= 0 and math.isfinite(eps) and eps > 0 and 0 < keep <= 1 and nodes >= 2):
        raise BadInput(f"needs most >= 0, eps > 0, 0 < keep <= 1, nodes >= 2, not {most}, {eps}, {keep}, {nodes}")
    unimodal.least_growth(law, 0.0, half_width)
    if eps >= half_width:
        return np.zeros(most + 1)
    if eps < SMALLEST * half_width:
        return np.ones(most + 1)
    found = _lines(law, eps, half_width, keep, nodes).curve(most)
    return np.minimum.accumulate(np.minimum(found, 1.0))


def certified_n(
    law: str, eps: float, delta: float, radius: float = 1.0, keep: float = 1.0, *, most: int = MOST
) -> CertifiedSamples | None:
    """Samples with which, with probability >= 1 - delta, *every* |z| <= radius has a subset within eps.

    Parameters
    ----------
    law, eps, keep
        As in `failure_curve`. Sums may go as far as HALF_WIDTHS[law] even where the radius is less.
    delta : float
        In (0, 1).
    radius : float
    most : int
        Samples that are tried.

    Returns
    -------
    CertifiedSamples or None
        None where `most` samples are not enough.

    Raises
    ------
    BadInput
        For an unknown law or numbers out of range.

    Source: ours, as `failure_curve`.

    >>> [certified_n(law, 0.01, 0.01).total for law in unimodal.LAWS]
    [43, 45, 70, 58, 145]
    """
    growth.check_wish(eps, delta, radius)
    if eps >= radius:
        return CertifiedSamples(1, 0, 0.0)
    half_width = max(radius, HALF_WIDTHS.get(law, radius))
    if eps < SMALLEST * half_width:
        return None
    failure_curve(law, 0, eps, half_width, keep)
    found = np.minimum.accumulate(_lines(law, eps, half_width, keep, NODES).curve(most, delta))
    n = int(np.argmax(found <= delta))
    return CertifiedSamples(1, n, float(found[n])) if found[n] <= delta else None


class _Lines:
    """The grid of a law and an eps, the line of every node, and the bounds for as many samples as were asked for.

    |W|/2 is a node, so b is linear in a cell [x_1, x_2]; let c and s b be so too. For v in the cell, the line has to be
    above g at v, at the nodes w up to v + b, and at v + b, being straight between. Both ends' lines are, at all nodes
    that v + b meets in the cell, and each at its own v + b. At w = v and w = v + b both sides are linear in v. At a
    node w, the line is k alpha/b + linear in v, s = alpha/b + const, k = -w for v < u and |W| - w for v > u; and the
    bound is c - s m <= -alpha mu/b + linear, mu + nu b the chord of m. Between b_1 and b_2, 1/b is below its chord by
    (1/sqrt(b_1) - 1/sqrt(b_2))^2 or less, and alpha = (s_1 - s_2) b_1 b_2/(b_2 - b_1): the product is at most |s_1 -
    s_2| `bent`, bent = (x_2 - x_1)/(4 min(b_1, b_2)). So much times |k|, where s rises with v, is the line below g, and
    so much times mu, where alpha mu > 0, is the bound above its chord: by their sum both ends are raised.
    """

    def __init__(self, law: str, eps: float, half_width: float, keep: float, nodes: int) -> None:
        covered = 2 * half_width
        self.whole = whole = covered + 2 * (1 - SHARE) * eps
        self.x = x = _grid((2 * eps - (whole - covered)) * (1 - ROUNDING), covered, whole, nodes)
        far = np.minimum(2 * x, whole)  # v + b
        self.ends = ends = np.unique(np.append(x, far))
        rows, first = np.arange(len(x)), np.searchsorted(ends, x)
        last = np.maximum(np.searchsorted(ends, far), np.searchsorted(ends, np.append(far[1:], whole)) - 1)
        self.cells: Places = np.minimum(first[:, None] + np.arange(np.max(last - first) + 1), last[:, None])
        self.gains = ends[self.cells] - x[:, None]
        least = keep * whole * unimodal.least_growth(law, x / whole, whole / 2)
        self.means = np.maximum(least - _INEXACT * max(whole, 1.0), 0.0)
        self.left, self.right = np.zeros_like(rows), last - first  # where lines touch, up to the mean and after it
        self.rise, self.fall = _between(x, whole, self.means)
        self.values = np.ones(len(x))
        self.found = [1.0]

    def curve(self, most: int, least: float = 0.0) -> list[float]:
        """Bounds for 0, 1, .. samples, until `most` or not above `least`."""
        while len(self.found) <= most and self.found[-1] > least:
            best, slopes = self._best()
            turn = np.diff(slopes)
            more = np.maximum(turn, 0.0) * self.rise + np.maximum(-turn, 0.0) * self.fall
            best += np.maximum(np.append(more, 0.0), np.append(0.0, more))
            self.values = np.maximum(best * (1 + ROUNDING), _TINY)
            self.found.append(float(self.values[0]))
        return self.found[: most + 1]

    def _best(self) -> tuple[Floats, Floats]:
        """With one sample more, at every node: the least bound of the lines that were tried, and its slope."""
        rows = np.arange(len(self.values))
        worth = np.interp(self.ends, self.x, self.values, right=0.0)[self.cells]
        best, slopes = worth.max(axis=1), np.zeros(len(rows))
        for _ in range(_TRIES):
            near, beyond = self.gains[rows, self.left], self.gains[rows, self.right]
            steep = np.maximum((worth[rows, self.left] - worth[rows, self.right]) / (beyond - near), 0.0)
            above = worth + steep[:, None] * self.gains
            touch = above.argmax(axis=1)
            bound = above[rows, touch] - steep * self.means
            slopes = np.where(bound < best, steep, slopes)
            best = np.minimum(bound, best)
            before = self.gains[rows, touch] <= self.means
            self.left, self.right = np.where(before, touch, self.left), np.where(before, self.right, touch)
        return best, slopes


@functools.lru_cache(maxsize=16)
def _lines(law: str, eps: float, half_width: float, keep: float, nodes: int) -> _Lines:
    if law == "D":
        return _lines("UU", eps, half_width, keep / 2, nodes)
    return _Lines(law, eps, half_width, keep, nodes)


def _grid(start: float, covered: float, whole: float, nodes: int) -> Floats:
    """Measures v from `start` to `covered`: even in log v up to half of the whole, in log u beyond."""
    half, left = whole / 2, whole - covered
    low, high = math.log2(max(half / start, 1.0)), math.log2(half / left)
    each = max(2, round(nodes / (low + high)))
    octaves = -np.arange(math.ceil(max(low, high)))
    below = np.ldexp(half * np.exp2(-np.arange(each) / each), octaves[:, None]).ravel()  # twice a node is a node
    beside = half * np.exp2(-_BESIDE / each)
    inner = np.concatenate([below, beside, whole - below, whole - beside])
    return np.unique(np.concatenate([[start, covered], inner[(inner > start) & (inner < covered)]]))


def _between(x: Floats, whole: float, means: Floats) -> tuple[Floats, Floats]:
    """For every cell, by how much its ends are raised if s rises by 1 in it, and if it falls by 1."""
    low, u = x[1:] <= whole / 2, whole - x
    b = np.minimum(x, u)
    bent = np.diff(x) / (4 * np.minimum(b[1:], b[:-1]))
    mu = (means[:-1] * b[1:] - means[1:] * b[:-1]) / np.diff(b)
    mu = np.where(low, mu, -mu)
    k = np.where(low, 2 * x[1:], u[1:])
    return bent * (k + np.maximum(-mu, 0.0)), bent * np.maximum(mu, 0.0)
