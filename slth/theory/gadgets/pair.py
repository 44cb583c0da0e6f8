"""The scalar stage: one layer of the target out of two layers of the source, one subset sum a weight and sign group.

Source: Pensia et al. (2020), lemmas 1-3; for kernels da Cunha et al. (2022); sums over both sign groups use
sigma(u x) = u⁺ x⁺ + u⁻ x⁻.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.collapse import one_of, passed
from slth.core.network import Conv, Dense, frozen
from slth.core.source import Source
from slth.theory.gadgets.assignment import EMPTY, assign
from slth.theory.gadgets.copies import places_of_copies
from slth.theory.plan import LayerPlan, Plan, Progress, Tick, silent
from slth.theory.stages import matrix_of

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
    chosen : bool array of shape (rows, groups, n)
    errors : int64 array of shape (rows, groups)
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
        layer = self.layer
        group, place = np.nonzero(self.chosen.any(axis=0))
        column, unit = group_columns(layer)[group], self.units[group, place]
        first = unit * layer.columns + column
        if layer.fed:  # all units serve the constant
            first = unit[column == layer.inputs] - layer.inputs * layer.fed
        second = np.zeros((layer.outputs, layer.width, layer.taps), bool)
        filled = self.units != EMPTY
        by_tap = self.chosen.reshape(layer.outputs, layer.taps, *self.units.shape)
        for tap in range(layer.taps):
            second[:, self.units[filled], tap] = by_tap[:, tap, filled]
        return np.sort(first), np.flatnonzero(second)

    def weight_errors(self) -> Floats:
        """Errors per target weight, shaped as `matrix_of`: the largest over copies and both signs."""
        layer = self.layer
        by_copy = self.errors.reshape(-1, layer.copies, layer.taps, len(self.units)).max(axis=1)
        groups = by_copy.reshape(-1, len(self.units)) * (layer.unit / layer.goals[group_columns(layer)])
        return worst_of_columns(layer, groups)


def solve_pair(
    plan: Plan,
    layer: LayerPlan,
    node: Dense | Conv,
    tolerances: Floats | None,
    previous: SolvedPair | None = None,
    tick: Tick = silent,
) -> SolvedPair:
    """Chooses a subset for every weight of a layer, or only for those of `previous` that are not within tolerance.

    Parameters
    ----------
    tolerances : float64 array of shape (rows, columns), or None
        Per weight, in the target's units; None where the objective needs none.
    tick : callable(what, done, total)
    """
    source = plan.source
    units = _units(plan, layer) if previous is None else previous.units
    groups = group_columns(layer)
    targets = rounded_targets(layer, node)
    limits = None
    if tolerances is not None:
        limits = integer_tolerances(for_copies(layer, tolerances * layer.goals), layer.unit)[:, groups]
    shape = (layer.rows, *units.shape)
    chosen = np.zeros(shape, bool) if previous is None else previous.chosen.copy()
    errors = np.zeros(shape[:2], np.int64) if previous is None else previous.errors.copy()
    todo = np.ones(shape[:2], bool) if previous is None or limits is None else errors > limits
    step = max(1, CHUNK // (units.size * layer.taps))
    for start in range(0, layer.outputs, step):
        outputs = slice(start, min(start + step, layer.outputs))
        rows = slice(start * layer.taps, outputs.stop * layer.taps)
        pick = todo[rows]
        if pick.any():
            samples = samples_of(source, layer, units, list(range(len(units))), outputs)
            limit = None if limits is None else limits[rows][pick]
            tell = telling(tick, layer, int(todo[: rows.start].sum()), int(todo.sum()))
            chosen[rows][pick], errors[rows][pick] = plan.gadget.choose(samples[pick], targets[rows][pick], limit, tell)
    return SolvedPair(layer, units, chosen, errors)


def _units(plan: Plan, layer: LayerPlan) -> Integers:
    """The places in the second layer that serve each group: copies of inputs, or units."""
    return places_of_copies(plan.source, layer) if layer.fed else assign(plan.source, layer, plan.assignment)


def telling(tick: Tick, layer: LayerPlan, before: int, total: int) -> Progress:
    """What turns the progress of some instances into that of the layer."""
    return lambda done, _: tick(f"layer {layer.number + 1}", before + done, total)


def worst_of_columns(layer: LayerPlan, groups: Floats) -> Floats:
    """The largest of the numbers (rows, groups) over the groups of each column, shape (rows, columns)."""
    out = np.zeros((len(groups), layer.columns))
    for group, column in enumerate(group_columns(layer)):
        np.maximum(out[:, column], groups[:, group], out=out[:, column])
    return out


def integer_tolerances(tolerances: Floats, unit: float) -> Integers:
    """Tolerances in units, one step smaller because targets are rounded; never negative."""
    out: Integers = np.maximum(np.floor(np.minimum(tolerances / unit, 2.0**52)) - 1, 0).astype(np.int64)
    return out


def group_columns(layer: LayerPlan) -> Integers:
    """The column that each group of a layer serves."""
    return np.array([column for column, _ in layer.slots], np.int64)


def rounded_targets(layer: LayerPlan, node: Dense | Conv) -> Integers:
    """Goals of the subset sums in the layer's unit, shape (rows, groups)."""
    rounded: Integers = np.rint(matrix_of(node) * layer.goals / layer.unit).astype(np.int64)
    return for_copies(layer, rounded)[:, group_columns(layer)]


def for_copies(layer: LayerPlan, matrix: NDArray[Any]) -> NDArray[Any]:
    """A matrix like the target's (`stages.matrix_of`), the rows of every output once for each copy."""
    if layer.copies == 1:
        return matrix
    by_output = matrix.reshape(-1, layer.taps, matrix.shape[1])
    return np.repeat(by_output, layer.copies, axis=0).reshape(-1, matrix.shape[1])


def samples_of(source: Source, layer: LayerPlan, units: Integers, groups: list[int], outputs: slice) -> Integers:
    """What the units of some groups add: products of both weights, for most; 0 where a group has no unit.

    Returns shape (rows, groups, n), a row for each of these outputs and each entry of its kernel.
    """
    second, read = 2 * layer.number + 1, np.maximum(units, 0)
    count = outputs.stop - outputs.start
    if 4 * units.size < layer.width:
        places = read[None, None] * layer.taps + np.arange(layer.taps)[None, :, None, None]
        out: Integers = source.entries(second, np.arange(outputs.start, outputs.stop)[:, None, None, None], places)
    else:
        rows = source.rows(second, outputs.start, outputs.stop).reshape(count, layer.width, layer.taps)
        out = rows.transpose(0, 2, 1)[:, :, read]
    out *= factors(source, layer, units, groups)
    return out.reshape(count * layer.taps, *units.shape)


def factors(source: Source, layer: LayerPlan, places: Integers, groups: list[int]) -> Integers:
    """First factors of the samples at some places, in units of the first layer; 0 where a place is empty.

    A place is a column of the second layer. It holds a copy of an input, worth 1; a unit that reads an input, worth its
    first-layer weight; or a unit that reads the constant 1 (or rests, where the activation is not 0 there), worth what
    the activation makes of it.

    Parameters
    ----------
    places : int64 array of shape (groups, n)
    groups : list of int
        Their numbers in `layer.slots`.
    """
    first, law = source.layers[2 * layer.number], source.law
    columns = np.broadcast_to(group_columns(layer)[groups][:, None], places.shape)
    constant = columns == layer.inputs
    units = np.where(constant | (layer.fed == 0), np.maximum(places - layer.inputs * layer.fed, 0), 0)
    drawn = np.zeros(places.shape, np.int64)
    if first.rows:
        drawn = source.entries(2 * layer.number, units, np.minimum(columns, first.columns - 1))
    fixed = passed(first, law, np.where(constant & (layer.zone.level == 0), drawn, 0))
    out = np.where(constant, fixed, int(one_of(first, law)) if layer.fed else drawn)
    return np.where(places == EMPTY, 0, out) << layer.shift
