"""Collapse: the exact effective weights of a source under a mask, for 2-for-1 pairs of layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.core.mask import Mask
from slth.core.network import frozen
from slth.core.source import Source

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
ROWS = 1 << 22  # entries of a second layer looked at together: bounds the memory


@dataclass(frozen=True, eq=False)
class EffectiveLayer:
    """What one pair of masked source layers computes: x -> plus x⁺ - minus x⁻ + bias, exactly.

    Parameters
    ----------
    plus, minus : int64 arrays of shape (out, in)
        Sums of products over the units with a positive, a negative first weight; in units of `unit`.
    bias : int64 array of shape (out,)
    absolute : float64 array of shape (out, in + 1)
        Sums of the magnitudes of those products, biases last, rounded up, as real numbers: what rounding bounds need.
    unit : float
        The power of two times both scales that one integer step is worth; exact.
    fan_in : int
        The largest number of kept weights in a row of the second layer.
    """

    plus: Integers
    minus: Integers
    bias: Integers
    absolute: Floats
    unit: float
    fan_in: int

    def __post_init__(self) -> None:
        for name in ("plus", "minus", "bias", "absolute"):
            object.__setattr__(self, name, frozen(getattr(self, name)))


@dataclass(frozen=True, eq=False)
class Units:
    """The masked first layer of a pair: unit r reads `column[r]` (-1: nothing) with weight `value[r]`."""

    column: NDArray[np.int32]
    value: Integers

    @classmethod
    def of(cls, source: Source, mask: Mask, layer: int) -> Units:
        """Reads the block rule off the mask.

        Raises
        ------
        BadInput
            When a unit keeps more than one incoming entry.
        """
        rows, columns = mask.pairs(layer)
        if (np.diff(rows) == 0).any():
            unit = int(rows[:-1][np.diff(rows) == 0][0])
            raise BadInput(f"unit {unit} of source layer {layer} keeps more than one incoming weight")
        column = np.full(source.layers[layer].rows, -1, np.int32)
        value = np.zeros(len(column), np.int64)
        column[rows] = columns
        value[rows] = source.entries(layer, rows, columns)
        column.flags.writeable = value.flags.writeable = False
        return cls(column, value)


def collapse(source: Source, mask: Mask) -> tuple[EffectiveLayer, ...]:
    """The effective layers of a source made of pairs, one per target layer.

    Raises
    ------
    BadInput
        When the layers are not pairs or a unit breaks the block rule.
    """
    if len(source.layers) % 2 or tuple((s.rows, s.columns) for s in source.layers) != mask.shapes:
        raise BadInput("the source is not made of pairs of layers that the mask fits")
    return tuple(_pair(source, mask, layer) for layer in range(0, len(source.layers), 2))


def _pair(source: Source, mask: Mask, layer: int) -> EffectiveLayer:
    first, second = source.layers[layer], source.layers[layer + 1]
    if second.columns != first.rows or second.bias:
        raise BadInput(f"source layers {layer} and {layer + 1} are not a pair")
    units = Units.of(source, mask, layer)
    inputs = first.columns - first.bias
    plus = np.zeros((second.rows, first.columns), np.int64)
    minus = np.zeros_like(plus)
    absolute = np.zeros(plus.shape)
    kept = mask.kept[layer + 1]
    step = max(1, ROWS // second.columns)
    for start in range(0, second.rows, step):
        stop = min(second.rows, start + step)
        part = kept[slice(*np.searchsorted(kept, [start * second.columns, stop * second.columns]))]
        rows, unit = np.divmod(part, second.columns)
        live = units.column[unit] >= 0
        rows, unit = rows[live], unit[live]
        if 4 * len(unit) > (stop - start) * second.columns:
            weights = source.rows(layer + 1, start, stop)[rows - start, unit]
        else:
            weights = source.entries(layer + 1, rows, unit)
        products = weights * units.value[unit]
        positive = units.value[unit] > 0
        where = rows * first.columns + units.column[unit]
        np.add.at(plus.reshape(-1), where[positive], products[positive])
        np.add.at(minus.reshape(-1), where[~positive], products[~positive])
        np.add.at(absolute.reshape(-1), where, np.abs(products).astype(np.float64))
    fan_in = int(np.bincount(kept // second.columns, minlength=1).max()) if len(kept) else 0
    largest = source.law.largest**2
    if fan_in * largest >= 1 << 63:
        raise BadInput(f"{fan_in} kept weights in one row do not fit exact 64-bit sums")
    unit_value = 2.0 ** (-2 * source.law.bits) * first.scale * second.scale
    bias = plus[:, inputs] if first.bias else np.zeros(second.rows, np.int64)
    # every term is below 2^53 and rounding at most once a term: one relative step a term covers it
    absolute = absolute * unit_value * (1 + (fan_in + 2) * 2.0**-52)
    if not first.bias:
        absolute = np.hstack([absolute, np.zeros((second.rows, 1))])
    return EffectiveLayer(plus[:, :inputs], minus[:, :inputs], bias, absolute, unit_value, fan_in)
