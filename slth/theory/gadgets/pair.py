"""The 2-for-1 pair: one dense layer of the target out of two layers of the source, one instance a weight and sign.

Source: Pensia et al. (2020), lemmas 1-3; sums over both sign groups use sigma(u x) = u⁺ x⁺ + u⁻ x⁻.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.core.network import Dense, frozen
from slth.core.source import Source
from slth.theory.gadgets.assignment import EMPTY, assign
from slth.theory.plan import LayerPlan, Plan, Progress, Tick, silent

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Bits = NDArray[np.bool_]
CHUNK = 1 << 21  # samples in memory at once


@dataclass(frozen=True, eq=False)
class SolvedPair:
    """The choice made for one layer.

    Parameters
    ----------
    layer : LayerPlan
    units : int64 array of shape (groups, n)
        `assign`'s table.
    chosen : bool array of shape (outputs, groups, n)
    errors : int64 array of shape (outputs, groups)
        |sum - rounded target| in the layer's unit.
    """

    layer: LayerPlan
    units: Integers
    chosen: Bits
    errors: Integers

    def __post_init__(self) -> None:
        for name in ("units", "chosen", "errors"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def kept(self) -> tuple[Integers, Integers]:
        """Kept entries of the first and of the second source layer, row-major numbers."""
        columns = group_columns(self.layer)
        group, place = np.nonzero(self.chosen.any(axis=0))
        first = self.units[group, place] * self.layer.columns + columns[group]
        second = np.zeros((self.layer.outputs, self.layer.units), bool)
        filled = self.units != EMPTY
        second[:, self.units[filled]] = self.chosen[:, filled]
        return np.sort(first), np.flatnonzero(second)

    def weight_errors(self) -> Floats:
        """Errors per target weight, shape (outputs, columns), the larger of both signs."""
        groups = self.errors.astype(np.float64) * self.layer.unit
        out = groups[:, : self.layer.columns].copy()
        if self.layer.signed:
            np.maximum(out[:, : self.layer.inputs], groups[:, self.layer.columns :], out=out[:, : self.layer.inputs])
        return out


def matrix_of(node: Dense) -> Floats:
    """Weights with the bias as last column, float64."""
    weight = node.weight.astype(np.float64)
    return weight if node.bias is None else np.hstack([weight, node.bias.astype(np.float64)[:, None]])


def solve_pair(
    plan: Plan,
    layer: LayerPlan,
    node: Dense,
    tolerances: Floats | None,
    previous: SolvedPair | None = None,
    tick: Tick = silent,
) -> SolvedPair:
    """Chooses a subset for every weight of a layer, or only for those of `previous` that are not within tolerance.

    Parameters
    ----------
    tolerances : float64 array of shape (outputs, columns), or None
        Per weight, in the target's units; None where the objective needs none.
    tick : callable(what, done, total)
    """
    source = plan.source
    units = assign(source, layer, plan.assignment) if previous is None else previous.units
    groups = group_columns(layer)
    targets = rounded_targets(layer, node)
    limits = None if tolerances is None else integer_tolerances(tolerances, layer.unit)[:, groups]
    shape = (layer.outputs, *units.shape)
    chosen = np.zeros(shape, bool) if previous is None else previous.chosen.copy()
    errors = np.zeros(shape[:2], np.int64) if previous is None else previous.errors.copy()
    todo = np.ones(shape[:2], bool) if previous is None or limits is None else errors > limits
    step = max(1, CHUNK // units.size)
    for start in range(0, layer.outputs, step):
        rows = slice(start, min(start + step, layer.outputs))
        pick = todo[rows]
        if pick.any():
            samples = samples_of(source, layer, units, list(range(len(units))), rows)
            limit = None if limits is None else limits[rows][pick]
            tell = _telling(tick, layer, int(todo[: rows.start].sum()), int(todo.sum()))
            chosen[rows][pick], errors[rows][pick] = plan.gadget.choose(samples[pick], targets[rows][pick], limit, tell)
    return SolvedPair(layer, units, chosen, errors)


def _telling(tick: Tick, layer: LayerPlan, before: int, total: int) -> Progress:
    """What turns the progress of a chunk into that of the layer."""
    return lambda done, _: tick(f"layer {layer.number + 1}", before + done, total)


def integer_tolerances(tolerances: Floats, unit: float) -> Integers:
    """Tolerances in units, one step smaller because targets are rounded; never negative."""
    out: Integers = np.maximum(np.floor(np.minimum(tolerances / unit, 2.0**52)) - 1, 0).astype(np.int64)
    return out


def group_columns(layer: LayerPlan) -> Integers:
    """The column that each group of a layer serves."""
    return np.array([column for column, _ in layer.slots])


def rounded_targets(layer: LayerPlan, node: Dense) -> Integers:
    """Target weights in the layer's unit, shape (outputs, groups)."""
    out: Integers = np.rint(matrix_of(node) / layer.unit).astype(np.int64)[:, group_columns(layer)]
    return out


def samples_of(source: Source, layer: LayerPlan, units: Integers, groups: list[int], rows: slice) -> Integers:
    """Products of both weights of the units of some groups, shape (rows, groups, n); 0 where a group has no unit."""
    columns = group_columns(layer)[groups][:, None]
    drawn = source.entries(2 * layer.number, np.maximum(units, 0), columns)
    first = np.where(units == EMPTY, 0, drawn) << layer.shift
    second, read = 2 * layer.number + 1, np.maximum(units, 0)
    if 4 * units.size < layer.units:
        out: Integers = source.entries(second, np.arange(rows.start, rows.stop)[:, None, None], read)
    else:
        out = source.rows(second, rows.start, rows.stop)[:, read]
    out *= first
    return out
