"""Collapse: the exact effective weights of a masked source, stage by stage.

A stage is two source layers. Every unit of the first reads at most one input, so that the stage is one affine map of
h⁺ and h⁻ where the inner activation is piecewise linear, and nearly one where it is smooth and its input small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.core.laws import Law
from slth.core.mask import Mask
from slth.core.nodes import Activation, frozen
from slth.core.source import Source, SourceLayer

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
ROWS = 1 << 22  # entries of a second layer looked at together: bounds the memory


@dataclass(frozen=True)
class Zone:
    """An activation around 0: up t⁺ - down t⁻ + level, off by at most cubic |t|³.

    relu and leaky_relu are that exactly; tanh t is within |t|³/3 of t, sigmoid t within |t|³/48 of 1/2 + t/4
    (ours: the third derivatives are at most 2 and 1/8 in size).
    """

    up: float
    down: float
    level: float = 0.0
    cubic: float = 0.0

    @classmethod
    def of(cls, activation: Activation) -> Zone:
        """The zone of an activation."""
        if activation.kind == "tanh":
            return cls(1.0, 1.0, 0.0, 1 / 3 + 2.0**-50)
        if activation.kind == "sigmoid":
            return cls(0.25, 0.25, 0.5, 1 / 48 + 2.0**-50)
        return cls(1.0, activation.slope)


@dataclass(frozen=True, eq=False)
class EffectiveLayer:
    """What one masked stage computes: h -> V⁺ h⁺ - V⁻ h⁻ + c, off by at most `remainder` |h|³.

    V⁺ = unit (up P + down N) and V⁻ = unit (up N + down P), with P and N the sums over units with a positive, a
    negative first weight; c = unit bias, within `bias_error`. Rows that are copies of one target neuron stand side by
    side.

    Parameters
    ----------
    plus, minus : int64 arrays of shape (rows, columns), or (rows, columns, kh, kw) for larger kernels than 1 x 1
        P and N.
    bias : int64 array of shape (rows,)
    bias_error : float64 array of shape (rows,)
        Real units, rounded up; 0 unless constants pass through a tanh or a sigmoid.
    absolute, absolute_bias : float64 arrays, shaped as `plus` and `bias`
        Sums of the magnitudes of all terms, rounded up, in real units: what bounds of rounding errors need.
    remainder : float64 array shaped as `plus`, or None for zero
        Rounded up, in real units.
    zone : Zone
    unit : float
        Scales times a power of two: what one integer step is worth; exact.
    fan_in : int
        The largest number of kept weights in a row of the second layer.
    copies : int
        Rows per target neuron.
    """

    plus: Integers
    minus: Integers
    bias: Integers
    bias_error: Floats
    absolute: Floats
    absolute_bias: Floats
    remainder: Floats | None
    zone: Zone
    unit: float
    fan_in: int
    copies: int = 1

    def __post_init__(self) -> None:
        for name in ("plus", "minus", "bias", "bias_error", "absolute", "absolute_bias", "remainder"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, frozen(getattr(self, name)))

    @classmethod
    def relu(cls, plus: Integers, minus: Integers, bias: Integers, absolute: Floats, unit: float, fan_in: int) -> Self:
        """A dense layer of relu units; the last column of `absolute` is that of the bias."""
        rest = (np.zeros(len(bias)), absolute[:, :-1], absolute[:, -1], None, Zone(1.0, 0.0), unit, fan_in)
        return cls(plus, minus, bias, *rest)


@dataclass(frozen=True, eq=False)
class Units:
    """The masked first layer of a stage: unit r reads `column[r]` (-1: nothing) with weight `value[r]`."""

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
    """The effective layers of a source, one per stage.

    Raises
    ------
    BadInput
        When the layers are not stages that the mask fits, or a unit breaks the block rule.
    """
    if len(source.layers) % 2 or tuple((s.rows, s.width) for s in source.layers) != mask.shapes:
        raise BadInput("the source is not made of pairs of layers that the mask fits")
    return tuple(_stage(source, mask, layer) for layer in range(0, len(source.layers), 2))


def check_stage(first: SourceLayer, second: SourceLayer, layer: int) -> None:
    """Whether two layers make a stage.

    Raises
    ------
    BadInput
        When they do not.
    """
    fed = second.columns - first.rows
    fits = (fed > 0 and first.columns == 1 and first.bias) if second.direct else fed == 0
    if not fits or second.bias or first.kernel != (1, 1) or first.copies != 1 or first.direct:
        raise BadInput(f"source layers {layer} and {layer + 1} are not a pair")


def one_of(first: SourceLayer, law: Law) -> float:
    """The number 1 in the unit of a first layer's outputs."""
    return float(2.0**law.bits / first.scale)


def passed(first: SourceLayer, law: Law, inputs: Integers) -> Integers:
    """What the activation makes of constant inputs, both in units of the first layer, to within less than a step.

    Exact for relu, for leaky_relu of inputs >= 0, and at 0 for all.
    """
    if first.activation.kind == "relu":
        return np.maximum(inputs, 0)
    one = one_of(first, law)
    near: Integers = np.rint(first.activation(inputs / one) * one).astype(np.int64)
    return near


def _stage(source: Source, mask: Mask, layer: int) -> EffectiveLayer:
    first, second = source.layers[layer], source.layers[layer + 1]
    check_stage(first, second, layer)
    sums = _Sums(source, mask, layer)
    step = max(1, ROWS // second.width)
    for start in range(0, second.rows, step):
        sums.add(start, min(second.rows, start + step))
    return sums.effective()


class _Sums:
    """The sums of a stage while they are made; the last column is the constant 1."""

    def __init__(self, source: Source, mask: Mask, layer: int) -> None:
        self.source, self.kept, self.layer = source, mask.kept[layer + 1], layer
        self.first, self.second = source.layers[layer], source.layers[layer + 1]
        self.zone = Zone(1.0, 1.0) if self.second.direct else Zone.of(self.first.activation)
        self.units = Units.of(source, mask, layer)
        self.fed = self.second.columns - self.first.rows
        self.inputs = self.fed or self.first.columns - self.first.bias
        shape = (self.second.rows, self.inputs + 1, self.second.taps)
        self.plus, self.minus = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.absolute, self.cubic, self.doubt = np.zeros(shape), np.zeros(shape), np.zeros(shape[0])
        self.resting = np.zeros(shape[0], np.int64)
        self.one = one_of(self.first, source.law)
        self.unit = 2.0 ** (-2 * source.law.bits) * self.first.scale * self.second.scale
        level = Zone.of(self.first.activation).level
        if (self.fed or level) and ((self.one / 2) % 1 or self.one > 1 << 52):
            bits = source.law.bits
            raise BadInput(f"source layer {layer} needs a power of two from 2^{bits - 52} to 2^{bits - 1} as scale")
        self.level = int(level * self.one)
        self.fan_in = self._largest_fan_in()

    def _largest_fan_in(self) -> int:
        rows = self.kept // self.second.width
        fan_in = int(np.bincount(rows, minlength=1).max()) if len(rows) else 0
        factor = max(self.source.law.largest, int(self.one) if self.fed else 0)
        if fan_in * self.source.law.largest * factor >= 1 << 62:
            raise BadInput(f"{fan_in} kept weights in one row do not fit exact 64-bit sums")
        return fan_in

    def add(self, start: int, stop: int) -> None:
        """Adds the kept entries of some rows of the second layer."""
        width, taps = self.second.width, self.second.taps
        part = self.kept[slice(*np.searchsorted(self.kept, [start * width, stop * width]))]
        rows, place = np.divmod(part, width)
        if 4 * len(part) > (stop - start) * width:
            weights = self.source.rows(self.layer + 1, start, stop)[rows - start, place]
        else:
            weights = self.source.entries(self.layer + 1, rows, place)
        column, tap = np.divmod(place, taps)
        direct = column < self.fed
        if self.fed:
            self._put(self.plus, rows[direct], column[direct], tap[direct], weights[direct] * int(self.one))
        units = ~direct
        self._through(rows[units], column[units] - self.fed, tap[units], weights[units])

    def _through(self, rows: Integers, unit: Integers, tap: Integers, weights: Integers) -> None:
        """Entries that read a unit of the first layer: products, or constants that passed the activation."""
        reads, value = self.units.column[unit].astype(np.int64), self.units.value[unit]
        constant = (reads == self.first.columns - 1) & self.first.bias
        wired = (reads >= 0) & ~constant
        for sums, side in ((self.plus, value > 0), (self.minus, value < 0)):
            pick = wired & side
            self._put(sums, rows[pick], reads[pick], tap[pick], weights[pick] * value[pick])
        if self.zone.cubic:
            inner = np.abs(value[wired]) * self.source.unit(self.layer)
            cubes = np.abs(weights[wired]) * self.source.unit(self.layer + 1) * inner**3 * self.zone.cubic
            np.add.at(self.cubic, (rows[wired], reads[wired], tap[wired]), cubes)
        inputs = np.where(constant, value, 0)
        beyond = passed(self.first, self.source.law, inputs) - self.level
        some, last = np.flatnonzero(beyond), self.inputs
        self._put(self.plus, rows[some], np.full(len(some), last), tap[some], weights[some] * beyond[some])
        self.doubt += np.bincount(rows, np.abs(weights) * self._doubt(inputs, constant), len(self.doubt))
        if self.level:
            np.add.at(self.resting, rows, weights)
            np.add.at(self.absolute[:, last], (rows, tap), np.abs(weights) * float(self.level))

    def _put(self, sums: Integers, rows: Integers, columns: Integers, tap: Integers, products: Integers) -> None:
        np.add.at(sums, (rows, columns, tap), products)
        np.add.at(self.absolute, (rows, columns, tap), np.abs(products).astype(np.float64))

    def _doubt(self, inputs: Integers, constant: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where `passed` may be off, by less than one step."""
        kind = self.first.activation.kind
        return (inputs < 0) & (kind == "leaky_relu") if kind.endswith("relu") else constant

    def _bias(self) -> Integers:
        """The constant of every row; levels are many and large, and cancel: they are added up before they count."""
        if int(np.abs(self.resting).max(initial=0)) * self.level >= 1 << 62:
            raise BadInput("the levels of a row's units do not fit exact 64-bit sums")
        out: Integers = self.plus[:, -1].sum(axis=1) + self.resting * self.level
        return out

    def effective(self) -> EffectiveLayer:
        """The sums as an effective layer."""
        shape: tuple[int, ...] = (self.second.rows, self.inputs)
        shape += self.second.kernel if self.second.taps > 1 else ()
        # every term is below 2^53 and rounding at most once a term: one relative step a term covers it
        absolute = self.absolute * self.unit * (1 + (self.fan_in + 2) * 2.0**-52)
        cubic = self.cubic * (1 + (self.fan_in + 16) * 2.0**-51) if self.zone.cubic else None
        return EffectiveLayer(
            plus=self.plus[:, :-1].reshape(shape),
            minus=self.minus[:, :-1].reshape(shape),
            bias=self._bias(),
            bias_error=self.doubt * self.unit * (1 + (self.fan_in + 4) * 2.0**-52),
            absolute=absolute[:, :-1].reshape(shape),
            absolute_bias=absolute[:, -1].sum(axis=1) * (1 + self.second.taps * 2.0**-52),
            remainder=None if cubic is None else cubic[:, :-1].reshape(shape),
            zone=self.zone,
            unit=self.unit,
            fan_in=self.fan_in,
            copies=self.second.copies,
        )
