"""The structured stage: one layer of the target out of whole filters, one vector subset sum an input channel and sign.

A unit (j, r) of the first layer reads channel j only, u sigma(x_j) at most, and its whole slice v of the next kernel is
kept with it or removed with it. So the kept units of channel j add sum u v to the kernel slices of that channel: both
sign groups need a subset of the vectors u v near the same slice.

Source: da Cunha, d'Amore, Natale (2023), single-layer theorem; biases, by units that read a constant, are ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.core.network import Conv, Dense, frozen
from slth.core.source import Source
from slth.rss.problem import Solver
from slth.theory.gadgets.assignment import EMPTY, assign
from slth.theory.gadgets.pair import group_columns, integer_tolerances, rounded_targets, telling, worst_of_columns
from slth.theory.plan import LayerPlan, Plan, Progress, Tick, silent

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Bits = NDArray[np.bool_]
CHUNK = 1 << 22  # coordinates of samples in memory at once


@dataclass(frozen=True)
class VectorSum:
    """Chooses by the door of the subset sums, for vectors.

    Parameters
    ----------
    objective : "fewest", "closest" or "within"
        Few terms where no solver can prove that they are the fewest.
    solver : str or Solver
    threads : int or None
    """

    objective: str
    solver: str | Solver = "auto"
    threads: int | None = None

    def choose(
        self, values: Integers, targets: Integers, tolerances: Integers | None, progress: Progress | None = None
    ) -> tuple[Bits, Integers]:
        """Positions (b, n) and largest errors (b,) for values (b, n, d) and targets (b, d).

        Nothing is chosen where that is as close.
        """
        from slth.rss.solve import solve

        found = solve(
            values,
            targets,
            tolerances,
            objective=self.objective,
            solver=self.solver,
            threads=self.threads,
            progress=progress,
        )
        chosen, errors = found.chosen.astype(bool), found.errors.copy()
        nothing = np.abs(targets).max(axis=1) <= errors
        chosen[nothing], errors[nothing] = False, np.abs(targets[nothing]).max(axis=1)
        return chosen, errors


@dataclass(frozen=True, eq=False)
class SolvedFilters:
    """The choice made for one layer.

    Parameters
    ----------
    layer : LayerPlan
    units : int64 array of shape (groups, n)
        `assign`'s table.
    chosen : bool array of shape (groups, n)
        Which units are kept, with everything that they feed.
    errors : int64 array of shape (rows, groups)
        |sum - rounded target| of every entry, in the layer's unit.
    """

    layer: LayerPlan
    units: Integers
    chosen: Bits
    errors: Integers

    def __post_init__(self) -> None:
        for name in ("units", "chosen", "errors"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def kept_units(self) -> Integers:
        """Numbers of the kept units, increasing."""
        return np.sort(self.units[self.chosen])

    def kept(self) -> tuple[Integers, Integers]:
        """Kept entries of the first and of the second source layer, row-major numbers."""
        layer, units = self.layer, self.kept_units
        group, place = np.nonzero(self.chosen)
        first = self.units[group, place] * layer.columns + group_columns(layer)[group]
        outputs = np.arange(layer.outputs)[:, None, None] * (layer.units * layer.taps)
        second = outputs + units[:, None] * layer.taps + np.arange(layer.taps)
        return np.sort(first), second.reshape(-1)

    def weight_errors(self) -> Floats:
        """Errors per target weight as in `stages.matrix_of`, shape (rows, columns), the larger of both signs."""
        return worst_of_columns(self.layer, self.errors.astype(np.float64) * self.layer.unit)


def solve_filters(
    plan: Plan,
    layer: LayerPlan,
    node: Dense | Conv,
    tolerances: Floats | None,
    previous: SolvedFilters | None = None,
    tick: Tick = silent,
) -> SolvedFilters:
    """Chooses units for every channel and sign of a layer, or only where `previous` is not within tolerance.

    Parameters
    ----------
    tolerances : float64 array of shape (rows, columns), or None
        Per weight, in the target's units: a vector's is the smallest of its entries. None where none are needed.
    tick : callable(what, done, total)
    """
    units = assign(plan.source, layer, "blocks") if previous is None else previous.units
    targets = rounded_targets(layer, node)
    limits = None if tolerances is None else integer_tolerances(tolerances, layer.unit)[:, group_columns(layer)]
    chosen = np.zeros(units.shape, bool) if previous is None else previous.chosen.copy()
    errors = np.zeros(targets.shape, np.int64) if previous is None else previous.errors.copy()
    todo = np.ones(len(units), bool)
    if previous is not None and limits is not None:
        todo = np.asarray((errors > limits).any(axis=0))
    done, total = 0, int(todo.sum())
    for groups, entries in _batches(layer, units, todo):
        widest = max(1, int((units[groups] != EMPTY).sum(axis=1).max()))  # solvers take only so many
        table = units[groups, :widest]
        samples = samples_of(plan.source, layer, table, len(entries) < layer.rows)
        goals = np.ascontiguousarray(targets[entries][:, groups].T)
        limit = None if limits is None else limits[entries][:, groups].min(axis=0)
        picked, _ = plan.gadget.choose(samples, goals, limit, telling(tick, layer, done, total))
        sums = (samples * picked[:, :, None]).sum(axis=1)
        chosen[groups, :widest], errors[np.ix_(entries, groups)] = picked, np.abs(sums - goals).T
        done += len(groups)
    return SolvedFilters(layer, units, chosen, errors)


def samples_of(source: Source, layer: LayerPlan, units: Integers, constant: bool) -> Integers:
    """The vectors u v of the units of some groups, (groups, n, rows); 0 where a group has no unit.

    Units that read the constant give numbers everywhere: u times the sum of a kernel, (groups, n, outputs).
    """
    number, safe = 2 * layer.number, np.maximum(units, 0)
    columns = np.minimum(safe // (2 * layer.samples), layer.columns - 1)
    first = np.where(units == EMPTY, 0, source.entries(number, safe, columns)) << layer.shift
    places = safe[:, :, None, None] * layer.taps + np.arange(layer.taps)
    vectors = source.entries(number + 1, np.arange(layer.outputs)[:, None], places)
    vectors = vectors.sum(axis=3) if constant else vectors.reshape(*units.shape, layer.rows)
    return np.ascontiguousarray(vectors * first[:, :, None])


def _batches(layer: LayerPlan, units: Integers, todo: Bits) -> Iterator[tuple[Integers, Integers]]:
    """Groups solved at once, and the entries of their vectors (rows): a bias has one for each output."""
    constant = group_columns(layer) >= layer.inputs
    every, biases = np.arange(layer.rows), np.arange(layer.outputs) * layer.taps
    for pick, entries in ((todo & ~constant, every), (todo & constant, biases)):
        groups = np.flatnonzero(pick)
        step = max(1, CHUNK // (units.shape[1] * layer.rows))
        for start in range(0, len(groups), step):
            yield groups[start : start + step], entries
