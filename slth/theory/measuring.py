"""The smallest number of samples with which a ticket that is really drawn misses no weight of a layer.

A ticket is planned by the theorem and its layer solved from the seed's random numbers, n after n, until none misses.
What is asked is only whether a subset within tolerance exists: few samples are searched first, and the first miss
settles the matter. Layers with more weights than can be solved quickly are measured on some of their neurons, those
with the largest weights: then the number found is a lower bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from slth.core.network import Conv, Dense, Network
from slth.rss.solvers.klist import KList
from slth.theory.gadgets.filters import VectorSum
from slth.theory.gadgets.fixed import FixedSize
from slth.theory.gadgets.nearest import Nearest
from slth.theory.plan import Bits, Gadget, Integers, LayerPlan, Progress, Request, silent
from slth.theory.stages import matrix_of
from slth.theory.theorem import Theorem

PREFIXES = (12, 16, 20, 24, 28, 32, 36, 40)
FIRST_ROWS = 64
EFFORT = 0.8  # seconds that one n of one layer may take, about
PATIENCE = 5  # times that for a single neuron, at most
STEP = 2e-8  # seconds for each of the 2^(n/2) sums of half the samples
BEYOND = 5  # samples that are usually needed above the first moment
GROWTH, FASTER, FAST = 1.2, 1.6, 100  # factors from one n to the next, below and beyond 100 samples
ASSIGNED = 150_000  # units of a first layer, at most: to assign them takes a second
PARTS = 50  # n is found to one part in so many
NARROW = 2**12  # width of searches for vectors


@dataclass(frozen=True)
class Reach:
    """How far a gadget's searches go.

    Parameters
    ----------
    most : int
        The most samples.
    half : float
        An instance of n samples takes 2^(half n) steps, times `each`; n steps where half is 0.
    each : float
    """

    most: int
    half: float
    each: float

    def seconds(self, n: int) -> float:
        """What one instance takes, about."""
        return STEP * self.each * (2.0 ** min(self.half * n, 500.0) if self.half else n)


REACHES = {Nearest: Reach(1 << 18, 0.0, 0.3), FixedSize: Reach(50, 0.5, 10.0), VectorSum: Reach(1 << 10, 0.0, 1e4)}
USUAL = Reach(48, 0.5, 1.0)


@dataclass(frozen=True)
class Measured:
    """What was found for one layer.

    Parameters
    ----------
    samples : tuple of int or None
        The smallest n of every run; None where no n within reach was enough.
    rows : int
        Neurons (or filters) that were solved.
    of : int
        Neurons in all.
    most : int
        The reach: where there is None, n is larger.
    """

    samples: tuple[int | None, ...]
    rows: int
    of: int
    most: int

    @property
    def enough(self) -> int | None:
        """The smallest n with which every run misses nothing; None where a run found none."""
        found = max((math.inf if n is None else n for n in self.samples), default=math.inf)
        return int(found) if math.isfinite(found) else None


class _Miss(Exception):
    """An instance has no subset within tolerance: no more needs to be looked at."""


class _Quick:
    """A gadget that gives up at the first miss."""

    def __init__(self, gadget: Gadget) -> None:
        self.gadget = gadget
        self.prefixes = PREFIXES if type(gadget) not in REACHES else ()

    def choose(
        self, values: Integers, targets: Integers, tolerances: Integers | None, progress: Progress | None = None
    ) -> tuple[Bits, Integers]:
        chosen, errors = np.zeros(values.shape[:2], bool), np.zeros(targets.shape[:1], np.int64)
        limits = np.zeros(len(targets), np.int64) if tolerances is None else tolerances
        start, rows = 0, FIRST_ROWS
        while start < len(targets):
            part = slice(start, start + rows)
            chosen[part], errors[part] = self._some(values[part], targets[part], limits[part])
            if (errors[part] > limits[part]).any():
                raise _Miss
            start, rows = start + rows, 2 * rows
        return chosen, errors

    def _some(self, values: Integers, targets: Integers, limits: Integers) -> tuple[Bits, Integers]:
        """Few samples first; more for those that need them."""
        n = values.shape[1]
        chosen, errors = np.zeros(values.shape[:2], bool), np.full(targets.shape[:1], np.iinfo(np.int64).max)
        todo = np.arange(len(targets))
        for width in (*(prefix for prefix in self.prefixes if prefix < n), n):
            found, off = self.gadget.choose(np.ascontiguousarray(values[todo, :width]), targets[todo], limits[todo])
            chosen[todo, :width], errors[todo] = found, off
            todo = todo[off > limits[todo]]
            if not len(todo):
                break
        return chosen, errors


def least_samples(
    rule: Theorem,
    target: Network,
    request: Request,
    tolerances: tuple[float, ...],
    layer: int,
    start: int,
    runs: int,
    tick: Progress = silent,
) -> Measured:
    """The smallest n with which the tickets of some seeds miss no weight of a layer.

    Parameters
    ----------
    request : Request
        Its seed is that of the first run; its objective is not looked at.
    tolerances : one a layer, in the target's units
    layer : int
    start : int
        Where to begin: the first moment.
    runs : int
    tick : callable(done, total)
        Told which runs are done.
    """
    request = replace(request, objective="within", epsilon=None, weight_error=min(tolerances))
    first = rule.plan(target, replace(request, samples=max(start, 2)), max(start, 2))
    reach = REACHES.get(type(first.gadget), USUAL)
    outputs = target.affine[layer].shape[0]
    most = max(1, min(reach.most, ASSIGNED // max(1, len(first.layers[layer].slots))))
    rows = _affordable(first.layers[layer], first.gadget, reach, start, outputs)
    found: list[int | None] = []
    for run in range(runs):
        tick(run, runs)
        trial = _Trial(rule, target, replace(request, seed=request.seed + run), tolerances[layer], layer, rows)
        found.append(trial.least(max(start, 2), most) if rows and start <= most else None)
    tick(runs, runs)
    return Measured(tuple(found), rows, outputs, most)


@dataclass(frozen=True)
class _Trial:
    """One layer of the tickets of one seed, or some of its neurons."""

    rule: Theorem
    target: Network
    request: Request
    tolerance: float
    layer: int
    rows: int

    def least(self, start: int, most: int) -> int | None:
        """By growing n until nothing is missed, then halving."""
        low, high = start - 1, start
        while not self.serves(high):
            if high >= most:
                return None
            low, high = high, min(max(high + 2, math.ceil((GROWTH if high < FAST else FASTER) * high)), most)
        while high - low > 1 + high // PARTS:
            middle = (low + high) // 2
            low, high = (low, middle) if self.serves(middle) else (middle, high)
        return high

    def serves(self, n: int) -> bool:
        """Whether the ticket with n samples misses no weight."""
        plan = self.rule.plan(self.target, replace(self.request, samples=n), n)
        plan = replace(plan, gadget=_Quick(_searching(plan.gadget)))
        layer, node = _narrowed(plan.layers[self.layer], self.target.affine[self.layer], self.rows)
        limits = np.full(matrix_of(node).shape, self.tolerance)
        try:
            solved = plan.stage(plan, layer, node, limits, None, silent)
        except _Miss:
            return False
        return bool((solved.weight_errors() <= limits).all())


def _searching(gadget: Gadget) -> Gadget:
    """The gadget, with a narrow search where vectors are searched for and nothing is proved anyway."""
    if isinstance(gadget, VectorSum) and gadget.solver == "auto":
        return replace(gadget, solver=KList(width=NARROW))
    return gadget


def _affordable(layer: LayerPlan, gadget: Gadget, reach: Reach, start: int, outputs: int) -> int:
    """Neurons of a layer that can be solved in the time there is; all, where vectors go through all of them."""
    if isinstance(gadget, VectorSum):
        return outputs
    each = reach.seconds(start + BEYOND) * len(layer.slots) * layer.rows / outputs
    if each > PATIENCE * EFFORT:
        return 0
    return min(outputs, max(1, int(EFFORT / each)))


def _narrowed(layer: LayerPlan, node: Dense | Conv, rows: int) -> tuple[LayerPlan, Dense | Conv]:
    """Only some neurons of a layer: those with the largest weights, which are the hardest to serve."""
    outputs = node.shape[0]
    if rows == outputs:
        return layer, node
    largest = np.abs(node.weight.reshape(outputs, -1)).max(axis=1)
    pick = np.argsort(-largest, kind="stable")[:rows]
    bias = None if node.bias is None else node.bias[pick]
    return replace(layer, outputs=rows * layer.copies), replace(node, weight=node.weight[pick], bias=bias)
