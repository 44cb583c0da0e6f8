"""How many samples a subset-sum instance needs so that hardly any weight of a network is missed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slth.core.errors import BadInput
from slth.theory.bounds import tails
from slth.theory.bounds.growth import CertifiedSamples
from slth.theory.bounds.sufficient import sufficient_n

Floats = NDArray[np.float64]
OBJECTIVES = ("fewest", "closest", "within")
MOST = 4096  # samples; a target that needs more has the wrong scale
ROUNDING = 2.0**-23  # of a product of two weights, which are at 2^-24
EXACT = 50  # the most samples that the exact solver takes
_FIRST, _LAST = 2, 60  # octaves of tolerances that are told apart
_HALVES = 2 * (_LAST - _FIRST) + 1
_GROUPS = 32  # targets up to 32 times the edge of the table


@dataclass(frozen=True)
class SampleChoice:
    """The automatic number of samples, and what a theorem would ask for.

    Parameters
    ----------
    n : int
        Samples of one instance.
    expected_misses : float
        Weights expected to have no subset within their tolerance.
    certified_n : int
        Samples of one instance with which an expected-growth bound *proves* as few misses: groups times samples a
        group; 0 where tolerances are too fine for the bits of a source's weights.
    certified_groups : int
    how : "hitting law" or "simulated tail"
        What the typical miss chance at n rests on; neither is proved.
    """

    n: int
    expected_misses: float
    certified_n: int
    certified_groups: int
    how: str


@dataclass(frozen=True, eq=False)
class _Bins:
    """Weights that can miss, counted at the nodes of a grid of targets and tolerances.

    A weight counts at its four neighbours by its distances, which makes sums of a monotone function monotone
    in every weight.
    """

    counts: Floats
    targets: Floats
    tolerances: Floats
    total: int
    largest: float
    tightest: float

    def misses(self, law: str, n: int) -> float:
        return float(self.counts @ tails.outer_misses(law, n, self.tolerances, self.targets))


def expected_misses(targets: ArrayLike, tolerances: ArrayLike, n: int, *, law: str = "UU") -> float:
    """How many of the targets have, on average, no subset of n fresh samples within their tolerance.

    Parameters
    ----------
    targets, tolerances : array_like
        In units of the layer's scale, any shape; they broadcast. |target| <= tolerance never misses.
    n : int
    law : "UU"
        A product of a uniform on (0, 1) and one on (-1, 1).

    Raises
    ------
    BadInput
        For n < 1, targets that are not finite, tolerances that are not positive or too small, a law without
        data.

    Source: ours; a model and a simulation (`tails.miss_chance`), not proved.

    >>> expected_misses([0.005, -0.01], 0.01, 10)
    0.0
    """
    if n < 1:
        raise BadInput(f"the number of samples must be at least 1, not {n}")
    return _binned(targets, tolerances).misses(law, n)


def needed(
    targets: ArrayLike, tolerances: ArrayLike, delta: float, *, law: str = "UU", objective: str = "fewest"
) -> SampleChoice:
    """The smallest n with which at most delta weights are expected to be missed.

    Parameters
    ----------
    targets, tolerances : array_like
        As in `expected_misses`.
    delta : float
        Expected misses allowed, over all targets together.
    law : "UU"
    objective : "fewest", "closest" or "within"
        Whether a subset within tolerance exists does not depend on which one is wanted, so n is the same for
        all.

    Raises
    ------
    BadInput
        As `expected_misses`; when delta is not positive; or when no n up to 4096 is enough.

    Source: ours; n is simulated, `certified_n` proved (`sufficient_n` at the largest target, tightest tolerance
    and failure delta / count).

    >>> needed([0.001], [0.01], 0.01).n
    1
    """
    if objective not in OBJECTIVES:
        raise BadInput(f"objective {objective!r} is none of {', '.join(OBJECTIVES)}")
    if not (math.isfinite(delta) and delta > 0):
        raise BadInput(f"delta must be a positive number of expected misses, not {delta}")
    bins = _binned(targets, tolerances)
    n = _smallest(bins, law, delta)
    misses = bins.misses(law, n)
    if not bins.total:
        return SampleChoice(n, misses, 0, 0, "hitting law")
    each = min(delta / bins.total, 0.5)
    proved = _proved(law, bins, each)
    how = "hitting law" if each > tails.HANDOVER else "simulated tail"
    return SampleChoice(n, misses, proved.total, proved.groups, how)


def solvable(targets: ArrayLike, tolerances: ArrayLike, delta: float, law: str = "UU") -> SampleChoice:
    """As `needed`, but at most the samples that an exact solver takes; then with the misses that those leave.

    Raises
    ------
    BadInput
        As `needed`; when the law is not that of products of uniforms.

    Source: ours.
    """
    if law != "UU":
        raise BadInput("automatic samples know uniform weights only; give --samples")
    choice = needed(targets, tolerances, delta, law=law)
    if choice.n <= EXACT:
        return choice
    misses = expected_misses(targets, tolerances, EXACT, law=law)
    return replace(
        choice, n=EXACT, expected_misses=misses, how=f"{choice.n} would do, {EXACT} is what is solved exactly"
    )


def _proved(law: str, bins: _Bins, delta: float) -> CertifiedSamples:
    """What is proved for real weights, within the tolerance less what rounding n of them to a source's bits adds up to.

    0 samples where that is more than the tolerance. A product of two weights moves by at most twice what one does.
    """
    n = 0
    while n * ROUNDING < bins.tightest:
        found = sufficient_n(law, bins.tightest - n * ROUNDING, delta, bins.largest)
        if found.total <= n:
            return found
        n = found.total
    return CertifiedSamples(0, 0, 1.0)


def _smallest(bins: _Bins, law: str, delta: float) -> int:
    """Smallest n with at most delta expected misses, by doubling and halving."""
    low, high = 0, 1
    while bins.misses(law, high) > delta:
        low, high = high, 2 * high
        if high > MOST:
            raise BadInput(
                f"no n up to {MOST} has at most {delta} expected misses: raise delta, the tolerance or the scale"
            )
    while high - low > 1:
        middle = (low + high) // 2
        if bins.misses(law, middle) > delta:
            low = middle
        else:
            high = middle
    return high


def _binned(targets: ArrayLike, tolerances: ArrayLike) -> _Bins:
    size, width = np.abs(np.asarray(targets, np.float64)), np.asarray(tolerances, np.float64)
    try:
        size, width = np.broadcast_arrays(size, width)
    except ValueError:
        raise BadInput(f"targets {size.shape} and tolerances {width.shape} do not fit together") from None
    if not np.all(np.isfinite(size)):
        raise BadInput("targets must be finite")
    if not np.all(width >= 0):
        raise BadInput("tolerances must be numbers, at least 0")
    open_ = size > width
    size, width = size[open_], width[open_]
    if not size.size:
        return _Bins(np.zeros(0), np.zeros(0), np.ones(0), 0, 0.0, math.inf)
    largest, tightest = float(size.max()), float(width.min())
    edge = tails.EDGE
    if largest > edge * _GROUPS:
        raise BadInput(f"a target of {largest:.3g} scales is out of reach of products in (-1, 1): use a larger scale")
    if tightest < 2.0**-_LAST:
        raise BadInput(f"a tolerance of {tightest:.3g} scales is below 2^-{_LAST}: raise the tolerance")
    last = round(edge * tails.STEPS)
    column = np.where(size <= edge, size * tails.STEPS, last - 1 + np.ceil(size / edge))
    row = (np.maximum(-np.log2(width), _FIRST) - _FIRST) * 2
    counts = _spread(column, row, (last + _GROUPS + 1, _HALVES + 1))
    at_column, at_row = np.nonzero(counts)
    beyond = np.maximum(at_column - last, 0)
    centres = np.where(at_column <= last, at_column / tails.STEPS, edge * (1 + beyond))
    return _Bins(counts[at_column, at_row], centres, 2.0 ** -(_FIRST + at_row / 2), size.size, largest, tightest)


def _spread(column: Floats, row: Floats, shape: tuple[int, int]) -> Floats:
    """Counts at grid nodes, each point shared among its four neighbours."""
    c, r = column.astype(np.intp), row.astype(np.intp)
    right, down = column - c, row - r
    corner = c * shape[1] + r
    counts = np.zeros(shape[0] * shape[1])
    for dc, share_c in ((0, 1 - right), (1, right)):
        for dr, share_r in ((0, 1 - down), (1, down)):
            counts += np.bincount(corner + dc * shape[1] + dr, share_c * share_r, counts.size)
    return counts.reshape(shape)
