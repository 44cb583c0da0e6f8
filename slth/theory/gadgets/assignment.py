"""Which unit of a first layer reads which input: the printed blocks, and our matched assignment that wastes no unit.

Only signs of first-layer weights are looked at. |u| and the second layer are independent of signs, so that samples keep
their law and stay independent (ours).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.core.source import Source
from slth.theory.plan import ASSIGNMENTS, LayerPlan

Integers = NDArray[np.int64]
WINDOW = 16  # first-layer entries per unit whose signs are drawn ahead, all units at once
AHEAD = 1 << 14
EMPTY = -1


def assign(source: Source, layer: LayerPlan, how: str) -> Integers:
    """The units of every (column, sign) group: shape (groups, samples of a group), EMPTY where there is none.

    Groups come in the order of `layer.slots`.

    Raises
    ------
    BadInput
        When there is no such assignment.
    """
    if how not in ASSIGNMENTS:
        raise BadInput(f"no assignment is called {how!r}; there are: {', '.join(ASSIGNMENTS)}")
    if layer.zone.up == layer.zone.down:
        return _either(layer, how)
    return _blocks(source, layer) if how == "blocks" else _matched(source, layer)


def _either(layer: LayerPlan, how: str) -> Integers:
    """Any unit fits any group, as signs do not matter: no unit is wasted, in blocks or in turn."""
    units = np.arange(layer.samples * len(layer.slots))
    if how == "blocks":
        return units.reshape(-1, layer.samples)
    return np.ascontiguousarray(units.reshape(layer.samples, -1).T)


def _blocks(source: Source, layer: LayerPlan) -> Integers:
    """As printed by Pensia et al. (2020): unit (j, r) may keep only column j; its sign decides the group."""
    units = np.arange(source.layers[2 * layer.number].rows)
    columns = np.minimum(units // (2 * layer.samples), layer.columns - 1)
    signs = np.sign(source.entries(2 * layer.number, units, columns))
    groups = [units[(columns == column) & (signs == sign)] for column, sign in layer.slots]
    return _table(groups, max(len(group) for group in groups))


def _matched(source: Source, layer: LayerPlan) -> Integers:
    """Units in index order; each takes the first unfilled group, cyclically from its home column, with its sign."""
    look = Signs(source, layer)
    room = np.zeros((2, layer.columns), np.int64)
    for column, sign in layer.slots:
        room[int(sign < 0), column] = layer.samples
    members: dict[tuple[int, int], list[int]] = {slot: [] for slot in layer.slots}
    following = [*range(1, layer.columns), 0]
    left, room_of = [int(r) for r in room.sum(axis=0)], room.tolist()
    stuck: list[int] = []
    for unit in range(look.units):
        column = _first_open(unit % layer.columns, left, following)
        start = column
        while column >= 0:
            sign = look.sign(unit, column)
            side = 0 if sign > 0 else 1
            if sign and room_of[side][column]:
                room_of[side][column] -= 1
                left[column] -= 1
                members[column, sign].append(unit)
                break
            column = _first_open(following[column], left, following)
            if column == start:
                stuck.append(unit)
                break
    for unit in stuck:
        _swap_in(unit, look, members, layer)
    return _table([sorted(members[slot]) for slot in layer.slots], layer.samples)


def _first_open(column: int, left: list[int], following: list[int]) -> int:
    """The first column from here on, cyclically, with room; -1 where all are full. Full ones are skipped for good."""
    path = []
    start = column
    while not left[column]:
        path.append(column)
        column = following[column]
        if column == start or len(path) > len(left):
            return -1
    for passed in path:
        following[passed] = column
    return column


def _swap_in(unit: int, look: Signs, members: dict[tuple[int, int], list[int]], layer: LayerPlan) -> None:
    """Places a unit whose signs fit no open group: it takes over a filled place, whose unit moves to the open group."""
    for (column, sign), group in members.items():
        if len(group) == layer.samples:
            continue
        for (other, its_sign), placed in members.items():
            if not placed or look.sign(unit, other) != its_sign:
                continue
            fitting = np.flatnonzero(look.many(placed, column) == sign)
            if len(fitting):
                group.append(placed[fitting[0]])
                placed[fitting[0]] = unit
                return


def _table(groups: Sequence[Sequence[int] | Integers], width: int) -> Integers:
    table = np.full((len(groups), max(width, 1)), EMPTY, np.int64)
    for row, group in zip(table, groups, strict=True):
        row[: len(group)] = group
    return table


def signs_of(source: Source, layer: LayerPlan, units: Integers, column: int) -> Integers:
    """Signs of the first-layer weights of some units for one column."""
    return np.sign(source.entries(2 * layer.number, units, np.asarray(column)))


class Signs:
    """Signs of first-layer entries on demand; a window of each row is drawn ahead, for many units at once."""

    def __init__(self, source: Source, layer: LayerPlan) -> None:
        self.source, self.layer = source, layer
        self.number, self.columns = 2 * layer.number, layer.columns
        self.units = source.layers[self.number].rows
        self.width = min(WINDOW, self.columns)
        self.ahead: list[list[int]] = []
        self.start = 0

    def sign(self, unit: int, column: int) -> int:
        """Sign of one entry."""
        place = (column - unit) % self.columns
        if place >= self.width:
            return int(self.many([unit], column)[0])
        if not 0 <= unit - self.start < len(self.ahead):
            self._draw_ahead(unit)
        return self.ahead[unit - self.start][place]

    def many(self, units: list[int], column: int) -> Integers:
        """Signs of several units' entries in one column."""
        return signs_of(self.source, self.layer, np.asarray(units), column)

    def _draw_ahead(self, unit: int) -> None:
        self.start = unit - unit % AHEAD
        units = np.arange(self.start, min(self.start + AHEAD, self.units))[:, None]
        columns = (units % self.columns + np.arange(self.width)) % self.columns
        self.ahead = np.sign(self.source.entries(self.number, units, columns)).tolist()
