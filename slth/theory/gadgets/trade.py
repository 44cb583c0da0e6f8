"""Trades: where a weight is badly served, its input trades a unit with another input, and both are solved again.

The random weights stay what they are; only the first layer's mask changes. Traded units are chosen after looking, so
that the hitting law of independent samples does not speak of them (ours).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.core.network import Conv, Dense, Floats
from slth.core.source import Source
from slth.theory.gadgets.assignment import EMPTY, signs_of
from slth.theory.gadgets.pair import SolvedPair, group_columns, integer_tolerances, rounded_targets, samples_of
from slth.theory.plan import LayerPlan, Plan

Integers = NDArray[np.int64]
Bits = NDArray[np.bool_]
TRIES = 64  # trades tried for one group
COMMON = 0.5  # where more groups than this are badly served there are too few samples: trades would only shift that


@dataclass(eq=False)
class _Market:
    """The groups of one layer while they trade."""

    plan: Plan
    layer: LayerPlan
    targets: Integers
    limits: Integers
    asked: Integers | None
    units: Integers
    chosen: Bits
    errors: Integers

    def bad(self, groups: list[int]) -> int:
        """How many weights of these groups are farther off than wanted."""
        return int((self.errors[:, groups] > self.limits[:, groups]).sum())

    def partners(self, group: int) -> Iterator[tuple[int, int, int]]:
        """(other group, place here, place there) of units that fit each other's group, one for each other group."""
        column, sign = self.layer.slots[group]
        for step in range(1, min(TRIES, len(self.units) - 1) + 1):
            other = (group + step) % len(self.units)
            its_column, its_sign = self.layer.slots[other]
            here = _fitting(self.plan.source, self.layer, self.units[group], its_column, its_sign)
            there = _fitting(self.plan.source, self.layer, self.units[other], column, sign)
            if len(here) and len(there):
                yield other, int(here[step % len(here)]), int(there[step % len(there)])

    def trade(self, group: int, other: int, here: int, there: int) -> bool:
        """Trades two units if that leaves fewer badly served weights in both groups."""
        both = [group, other]
        table = self.units[both].copy()
        table[0, here], table[1, there] = table[1, there], table[0, here]
        samples = samples_of(self.plan.source, self.layer, table, both, slice(0, self.layer.outputs))
        flat = samples.reshape(-1, samples.shape[-1])
        asked = None if self.asked is None else self.asked[:, both].reshape(-1)
        chosen, errors = self.plan.gadget.choose(flat, self.targets[:, both].reshape(-1), asked)
        errors = errors.reshape(-1, 2)
        if int((errors > self.limits[:, both]).sum()) >= self.bad(both):
            return False
        self.units[both], self.errors[:, both] = table, errors
        self.chosen[:, both] = chosen.reshape(samples.shape)
        return True


def trade(plan: Plan, solved: SolvedPair, node: Dense | Conv, wanted: Floats, asked: Floats | None) -> SolvedPair:
    """Trades units until every weight is within `wanted`, or no trade that was tried helps.

    Parameters
    ----------
    solved : SolvedPair
    wanted : float64 array of shape (outputs, columns)
        What each weight should be within.
    asked : like `wanted`, or None
        The tolerances that the objective is given.
    """
    layer = solved.layer
    columns = group_columns(layer)
    limits = integer_tolerances(wanted * layer.goals, layer.unit)[:, columns]
    goals = None if asked is None else integer_tolerances(asked * layer.goals, layer.unit)[:, columns]
    targets = rounded_targets(layer, node)
    market = _Market(
        plan, layer, targets, limits, goals, solved.units.copy(), solved.chosen.copy(), solved.errors.copy()
    )
    groups = np.flatnonzero((market.errors > limits).any(axis=0))
    if len(groups) > COMMON * len(solved.units):
        return solved
    for group in groups.tolist():
        for other, here, there in market.partners(group):
            if not market.bad([group]):
                break
            market.trade(group, other, here, there)
    return SolvedPair(layer, market.units, market.chosen, market.errors)


def _fitting(source: Source, layer: LayerPlan, units: Integers, column: int, sign: int) -> Integers:
    """Places of the units whose weight for a column has a sign."""
    signs = signs_of(source, layer, np.maximum(units, 0), column)
    return np.flatnonzero((units != EMPTY) & (signs == sign))
