"""How many filters a layer needs and at what scale, from the first moment and from trial searches.

No theorem gives numbers for dimensions above three or four that could be used: the first moment says at which scale
vector sums are easiest, and from where on trying pays; then the search itself is tried on fresh random filters (ours).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.core import philox
from slth.core.errors import BadInput
from slth.core.laws import Law
from slth.core.network import Conv, Dense
from slth.theory.bounds.structured import nsn_first_moment_eps
from slth.theory.plan import Gadget
from slth.theory.stages import matrix_of, shift_of, taps_of, unit_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
SPREAD = {"U": 1 / 3, "N": 1.0, "S": 1.0}  # standard deviation of a product of two weights
ROOM = 2.0  # scales are chosen for targets so many times longer: some groups get few or short vectors
SMALLEST, LARGEST = -8, 4  # binary digits of a scale, against the longest target
FEW = 10  # units of a constant beyond its share: short sums are missed more often
EXACT = 36  # units that nearly always make groups small enough for an exact search of numbers
TRIALS = 6  # searches with which a number of samples is tried
FIRST = 8  # fewest samples tried
GROWTH = 1.25
MOST = 8192
TAG = 1  # the domain of the random words: not those of any source


@dataclass(frozen=True, eq=False)
class Slices:
    """What the vector sums of one layer are to reach.

    Parameters
    ----------
    weights : float64 array of shape (inputs, rows)
        Slices of the kernel, one for each input channel.
    bias : float64 array of shape (outputs,), or None
    taps : int
    drawn : Law
    """

    weights: Floats
    bias: Floats | None
    taps: int
    drawn: Law

    @classmethod
    def of(cls, node: Dense | Conv, drawn: Law) -> Slices:
        """The slices of a layer."""
        columns = matrix_of(node).T
        bias = None if node.bias is None else node.bias.astype(np.float64)
        return cls(columns[: node.shape[1]], bias, taps_of(node), drawn)

    def constants(self, samples: int) -> int:
        """Units for the biases, in a group: fewer where a vector of biases has fewer entries than a slice."""
        if self.bias is None:
            return 0
        most = EXACT if len(self.bias) == 1 else samples
        return min(samples, most, math.ceil(samples / self.taps) + FEW)

    def scale(self, samples: int) -> float:
        """The power of two at which the closest sums are expected to be closest."""
        longest = self._longest()
        if longest == 0:
            return 1.0
        start = math.ceil(math.log2(longest))
        places = [min(max(start + step, -100), 100) for step in range(SMALLEST, LARGEST)]
        return 2.0 ** min(places, key=lambda place: self.expected(samples, 2.0**place))

    def _longest(self) -> float:
        norms = np.linalg.norm(self.weights, axis=1).max()
        return float(norms if self.bias is None else max(norms, np.linalg.norm(self.bias)))

    def expected(self, samples: int, scale: float) -> float:
        """First-moment error of the longest slice or the biases, whichever is farther off."""
        worst = 0.0
        for vectors, count, step in self._kinds(samples, scale * SPREAD[self.drawn.symbol]):
            length = ROOM * float(np.linalg.norm(vectors, axis=-1).max()) / step
            if length > 0:
                worst = max(worst, step * nsn_first_moment_eps(vectors.shape[-1], count, length**2))
        return worst

    def _kinds(self, samples: int, scale: float) -> list[tuple[Floats, int, float]]:
        """Targets, how many samples they have, and the scale of one sample; sums of kernels are longer."""
        kinds = [(self.weights, samples, scale)]
        if self.bias is not None:
            kinds.append((self.bias[None], self.constants(samples), scale * math.sqrt(self.taps)))
        return kinds

    def reached(self, gadget: Gadget, samples: int, tolerance: float, groups: int) -> bool:
        """Whether a search comes within tolerance in every one of some trials, for the longest slices.

        Groups of random size are as small as the smallest of `groups` is likely to be.
        """
        unit = unit_of(self.drawn, 1.0, self.scale(samples))
        fewer = max(1, math.floor(samples - math.sqrt(samples * math.log(max(groups, 2)))))
        order = np.argsort(-np.linalg.norm(self.weights, axis=1), kind="stable")[:TRIALS]
        for trial in range(TRIALS):
            goals = np.rint(self.weights[order[trial % len(order)]] / unit).astype(np.int64)
            values = self._drawn(trial, fewer)
            _, errors = gadget.choose(values, goals[None], np.array([math.floor(tolerance / unit)]))
            if errors[0] * unit > tolerance:
                return False
        return True

    def _drawn(self, trial: int, count: int) -> Integers:
        """Fresh samples, (1, count, entries of a slice)."""
        width = 1 + self.weights.shape[1]
        words = philox.words_range(philox.key_from_seed(trial), width, 0, count * width, TAG)
        weights = self.drawn.integers(words).reshape(1, count, width)
        return (np.abs(weights[:, :, :1]) << shift_of(self.drawn)) * weights[:, :, 1:]


def samples_for(slices: Slices, gadget: Gadget, tolerance: float, groups: int) -> int:
    """The smallest number of samples tried with which every trial search comes within tolerance.

    Raises
    ------
    BadInput
        When 8192 are not enough.
    """
    samples = FIRST
    while samples <= MOST and slices.expected(samples, slices.scale(samples)) > tolerance:
        samples = math.ceil(samples * GROWTH)
    while samples <= MOST:
        if slices.reached(gadget, samples, tolerance, groups):
            return samples
        samples = math.ceil(samples * GROWTH)
    raise BadInput(f"{MOST} filters a group do not reach {tolerance:.2g}: raise --weight-error, or give --samples")
