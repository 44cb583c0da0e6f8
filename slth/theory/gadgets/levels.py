"""Levels: what units that are not 0 at 0 add to a stage's constant, taken back by units that rest.

A sigmoid unit of a stage is worth 1/2 at 0, so that every kept weight v adds v/2. Once all weights of a row are solved
the sum of those is known, and further weights, of units that read nothing and are 1/2 always, are chosen to bring the
constant to the target's bias: a few large ones until the rest is small, then one subset sum.

Source: intercepts that the bias target absorbs, Burkholz (2022); the choice in two steps is ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.core.network import Conv, Dense, frozen
from slth.theory.gadgets.pair import SolvedPair, for_copies, integer_tolerances, solve_pair
from slth.theory.plan import LayerPlan, Plan, Solved, Tick, silent
from slth.theory.stages import matrix_of

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Bits = NDArray[np.bool_]
EXTRA, FEWEST, MOST = 6, 32, 44  # samples of the last subset sum: a bias is small beside levels
SPREAD = 12  # large weights for each standard deviation of a row's levels: one in four has its sign and half its size


@dataclass(frozen=True, eq=False)
class SolvedLevels:
    """The choice made for one layer and for its levels.

    Parameters
    ----------
    pair : SolvedPair
        Every weight but the biases.
    chosen : bool array of shape (outputs, resting weights)
        Each resting unit has one weight for each entry of a kernel.
    errors : float64 array of shape (outputs,)
        How far each row's constant is from the target's bias.
    """

    pair: SolvedPair
    chosen: Bits
    errors: Floats

    def __post_init__(self) -> None:
        for name in ("chosen", "errors"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def kept(self) -> tuple[Integers, Integers]:
        """Kept entries of the first and of the second source layer, row-major numbers; units that rest keep none."""
        layer = self.pair.layer
        first, second = self.pair.kept()
        row, place = np.nonzero(self.chosen)
        resting = row * layer.width * layer.taps + (layer.units - layer.constants) * layer.taps + place
        return first, np.sort(np.concatenate([second, resting]))

    def weight_errors(self) -> Floats:
        """Errors per target weight, the largest over copies; that of a constant without bias has no place here."""
        layer = self.pair.layer
        out = self.pair.weight_errors()
        if layer.bias:
            out[:: layer.taps, -1] = self.errors.reshape(-1, layer.copies).max(axis=1)
        return out


def constants_needed(inputs: int, taps: int, samples: int, objective: str) -> int:
    """Resting units that bring the levels of a row back to its bias, all but certainly."""
    kept = inputs * taps * samples / (2 if objective == "closest" else 4)
    return math.ceil((SPREAD * math.sqrt(kept) + _last(samples)) / taps)


def _last(samples: int) -> int:
    """Samples of the last subset sum."""
    return min(max(samples + EXTRA, FEWEST), MOST)


def solve_stage(
    plan: Plan,
    layer: LayerPlan,
    node: Dense | Conv,
    tolerances: Floats | None,
    previous: SolvedPair | SolvedLevels | None = None,
    tick: Tick = silent,
) -> Solved:
    """Solves every weight as a pair (`pair.solve_pair`), then the levels where units have one."""
    before = previous.pair if isinstance(previous, SolvedLevels) else previous
    pair = solve_pair(plan, layer, node, tolerances, before, tick)
    if not layer.constants:
        return pair
    number, source = 2 * layer.number + 1, plan.source
    rows, places = np.divmod(pair.kept()[1], layer.width * layer.taps)
    levels = np.zeros(layer.outputs, np.int64)
    np.add.at(levels, rows, source.entries(number, rows, places))
    step = source.unit(number) * layer.zone.level
    wanted, limits = _biases(layer, node, tolerances)
    goals = np.rint(wanted / step).astype(np.int64) - levels
    resting = (layer.units - layer.constants) * layer.taps + np.arange(layer.constants * layer.taps)
    values = source.entries(number, np.arange(layer.outputs)[:, None], resting)
    last = _last(layer.samples)
    chosen = np.zeros(values.shape, bool)
    chosen[:, :-last], rest = _large_first(values[:, :-last], goals, source.law.largest)
    allowed = None if limits is None else integer_tolerances(limits, step)
    chosen[:, -last:], _ = plan.gadget.choose(np.ascontiguousarray(values[:, -last:]), rest, allowed)
    found = (values * chosen).sum(axis=1) + levels
    return SolvedLevels(pair, chosen, np.abs(found * step - wanted))


def _biases(layer: LayerPlan, node: Dense | Conv, tolerances: Floats | None) -> tuple[Floats, Floats | None]:
    """The constant wanted of every row, and how far off it may be: as its most delicate weight, without a bias."""
    matrix = for_copies(layer, matrix_of(node))[:: layer.taps]
    wanted = matrix[:, -1] if layer.bias else np.zeros(len(matrix))
    if tolerances is None:
        return wanted, None
    by_output = for_copies(layer, tolerances).reshape(layer.outputs, layer.taps, -1)
    return wanted, by_output[:, 0, -1] if layer.bias else by_output.min(axis=(1, 2))


def _large_first(values: Integers, goals: Integers, near: int) -> tuple[Bits, Integers]:
    """The choice of the largest values of a goal's sign until what is left is at most `near`, and what is left."""
    chosen, rest = np.zeros(values.shape, bool), goals.copy()
    order = np.argsort(-np.abs(values), axis=1, kind="stable")
    for row, places in enumerate(order):
        for place in places:
            if abs(rest[row]) <= near:
                break
            if (values[row, place] > 0) == (rest[row] > 0):
                chosen[row, place] = True
                rest[row] -= values[row, place]
    return chosen, rest
