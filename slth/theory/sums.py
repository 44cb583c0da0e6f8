"""Which subset sums a plan asks for: the law of their samples, their targets and tolerances in units of that law.

The mathematics of `bounds` speaks of samples of laws such as UU, products of two uniforms on [-1, 1]; a plan has
scales, sign groups, copies and biases. This is the way from one to the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from slth.core.network import Conv, Dense, Floats, Network
from slth.theory.plan import LayerPlan, Plan
from slth.theory.stages import matrix_of


@dataclass(frozen=True, eq=False)
class Sums:
    """Subset sums of one layer with samples of one law.

    Parameters
    ----------
    law : str
        UU, NN, SS: products of two weights; U, N, S: single ones.
    targets : float64 array of shape (rows, columns)
        |z|, in units of the law.
    tolerance : float
        The same for all, in units of the law.
    count : int
        Sums in all: both sign groups and every copy counted.
    thinned : bool
        Whether each of 2n units drawn for both sign groups is a sample of either with chance 1/2 (blocks, as printed),
        rather than n samples assigned to each.
    """

    law: str
    targets: Floats
    tolerance: float
    count: int
    thinned: bool

    @property
    def largest(self) -> float:
        """The largest target."""
        return float(self.targets.max(initial=0.0))


def sums_of(plan: Plan, layer: LayerPlan, node: Dense | Conv, tolerance: float) -> tuple[Sums, ...]:
    """The subset sums that one layer asks for, for a tolerance of its weights in the target's units.

    Biases are left out where units are not linear near 0: there constants have a law of their own (tanh), or are met
    otherwise (sigmoid, `gadgets.levels`).
    """
    first, second = plan.source.layers[2 * layer.number : 2 * layer.number + 2]
    symbol = plan.source.law.symbol
    thinned = plan.assignment == "blocks" and layer.zone.up != layer.zone.down
    weights, groups = (
        np.abs(matrix_of(node)),
        np.bincount([column for column, _ in layer.slots], minlength=layer.columns),
    )
    products = first.scale * second.scale
    parts = [(slice(layer.inputs), *((symbol, second.scale) if layer.fed else (2 * symbol, products)))]
    if layer.bias and not layer.zone.cubic:
        parts.append((slice(layer.inputs, layer.columns), 2 * symbol, products))
    found = []
    for columns, law, scale in parts:
        goal = abs(float(layer.goals[columns][0]))
        count = layer.rows * int(groups[columns].sum())
        found.append(Sums(law, weights[:, columns] * goal / scale, tolerance * goal / scale, count, thinned))
    return tuple(found)


def plan_sums(plan: Plan, target: Network, tolerances: tuple[float, ...]) -> tuple[tuple[Sums, ...], ...]:
    """`sums_of` every layer, for one tolerance a layer."""
    layers = zip(plan.layers, target.affine, tolerances, strict=True)
    return tuple(sums_of(plan, layer, node, tolerance) for layer, node, tolerance in layers)


def enough(wanted: Callable[[int], float], start: int = 2, rounds: int = 50) -> float:
    """A number n of samples with `wanted(n)` <= n, where what is wanted may depend a little on n.

    Scales and the number of copies of a plan may change with n. For plans where they do not it is the smallest.
    """
    n = float(start)
    for _ in range(rounds):
        found = wanted(int(n)) if n < 2**62 else n
        if found <= n:
            return max(found, n) if n > start else found
        n = found
    return n
