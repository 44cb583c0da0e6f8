"""Target and ticket as one pair of float64 matrices a layer, with explicit distances to the exact ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from slth.certify.norms import spectral
from slth.certify.rounding import FLOOR, UNIT, Floats, length
from slth.core.collapse import EffectiveLayer
from slth.core.errors import BadInput
from slth.core.network import Activation, Dense, Network


@dataclass(frozen=True, eq=False)
class Matrix:
    """A float64 matrix that stands for an exact one.

    Parameters
    ----------
    value : array of shape (out, in)
    error : array of the same shape or None
        |exact - value| is at most 4 units in the last place of `value`, which `gamma` covers, plus `error`.
    """

    value: Floats
    error: Floats | None = None

    @cached_property
    def magnitude(self) -> Floats:
        """|value|, entry by entry."""
        return np.abs(self.value)

    @cached_property
    def norm(self) -> float:
        """A verified upper bound of the spectral norm of the exact matrix."""
        extra = 4 * UNIT * length(self.value) + (0.0 if self.error is None else length(self.error))
        return math.nextafter(spectral(self.value) + extra * (1 + 8 * UNIT), math.inf)

    def charge(self, weights: Floats, rounding: float) -> Floats:
        """Per row: `rounding` times |value| weights, plus error times weights (weights >= 0)."""
        out: Floats = rounding * (self.magnitude @ weights)
        return out if self.error is None else out + self.error @ weights


@dataclass(frozen=True, eq=False)
class Pair:
    """One affine layer of both networks: z = W h + b and z + δz = V (h + δh) + c; gap = V - W, shift = c - b.

    The first layer of a domain with negative inputs acts on (x⁺, x⁻): W is [W, -W], V is [V⁺, -V⁻].
    """

    target: Matrix
    ticket: Matrix
    gap: Matrix
    bias: Floats
    shift: Floats
    shift_error: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """(out, in), the lifted inputs counted twice."""
        return self.target.value.shape[0], self.target.value.shape[1]

    @property
    def ticket_bias(self) -> Floats:
        """c, to within `shift_error` and two units in the last place of |shift| + |bias|."""
        return self.bias + self.shift


@dataclass(frozen=True, eq=False)
class Difference:
    """Target and ticket, layer by layer.

    Parameters
    ----------
    layers : tuple of Pair
    signed : bool
        Whether the first layer is lifted to (x⁺, x⁻).
    plain : Matrix
        The target's first matrix, not lifted.
    even, odd : Matrix
        The first gap as even |x| + odd x: (D⁺ - D⁻)/2 and (D⁺ + D⁻)/2; without negative inputs 0 and the gap.
    """

    layers: tuple[Pair, ...]
    signed: bool
    plain: Matrix
    even: Matrix | None
    odd: Matrix


def check_target(target: Network) -> None:
    """Refuses targets that are not dense layers with one relu between neighbours.

    Raises
    ------
    BadInput
        With what does not fit.
    """
    kinds = [node for node in target.nodes if isinstance(node, (Dense, Activation))]
    if isinstance(kinds[0], Activation):
        raise BadInput("the target starts with a relu; it must start with a dense layer")
    if any(type(left) is type(right) for left, right in pairwise(kinds)):
        raise BadInput("the target needs exactly one relu between dense layers and at most one at the end")


def check(target: Network, layers: tuple[EffectiveLayer, ...]) -> None:
    """Refuses such targets, and tickets whose layers have other shapes than the target's.

    Raises
    ------
    BadInput
        With what does not fit.
    """
    check_target(target)
    shapes = tuple(layer.shape for layer in target.dense)
    found = tuple(layer.plus.shape for layer in layers)
    if shapes != found:
        raise BadInput(f"the ticket has layers of shapes {found}, the target {shapes}")


def difference(target: Network, layers: tuple[EffectiveLayer, ...], signed: bool) -> Difference:
    """The pair as floats.

    Raises
    ------
    BadInput
        When the shapes of target and ticket differ.
    """
    check(target, layers)
    pairs = []
    for index, (dense, effective) in enumerate(zip(target.dense, layers, strict=True)):
        weight = dense.weight.astype(np.float64)
        bias = np.zeros(len(weight)) if dense.bias is None else dense.bias.astype(np.float64)
        plus = floats(effective.plus, effective.unit)
        inexact = not exact(effective)
        if index == 0 and signed:
            minus = floats(effective.minus, effective.unit)
            ticket = Matrix(np.hstack([plus, -minus]))
            gap = _minus(ticket.value, np.hstack([weight, -weight]), inexact)
            weight = np.hstack([weight, -weight])
        else:
            ticket = Matrix(plus)
            gap = _minus(plus, weight, inexact)
        constant = floats(effective.bias, effective.unit)
        shift = constant - bias
        shift_error = 4 * UNIT * (np.abs(shift) + inexact * np.abs(constant)) + FLOOR
        pairs.append(Pair(Matrix(weight), ticket, gap, bias, shift, shift_error))
    first = pairs[0]
    if not signed:
        return Difference(tuple(pairs), False, first.target, None, first.gap)
    inputs = first.shape[1] // 2
    plain = Matrix(first.target.value[:, :inputs])
    return Difference(tuple(pairs), True, plain, *_halves(first.gap, inputs))


def exact(layer: EffectiveLayer) -> bool:
    """Whether every integer times the unit is a float64 without rounding."""
    power = math.frexp(layer.unit)[0] == 0.5 and 2.0**-900 <= layer.unit <= 2.0**900
    size = max(int(np.abs(part).max(initial=0)) for part in (layer.plus, layer.minus, layer.bias))
    return power and 0 <= size <= 1 << 53


def floats(integers: NDArray[np.int64], unit: float) -> Floats:
    """integers times unit, to within 3 units in the last place (exactly where `exact` says so)."""
    return np.asarray(integers.astype(np.float64) * unit)


def _minus(left: Floats, right: Floats, inexact: bool) -> Matrix:
    """left - right; where left was rounded, that error does not shrink with the difference."""
    return Matrix(left - right, 4 * UNIT * np.abs(left) + FLOOR if inexact else None)


def _halves(gap: Matrix, inputs: int) -> tuple[Matrix, Matrix]:
    # the lifted gap holds [D⁺, -D⁻]; D⁺x⁺ - D⁻x⁻ = (D⁺ + D⁻)/2 x + (D⁺ - D⁻)/2 |x|
    left, right = gap.value[:, :inputs], gap.value[:, inputs:]
    error = 4 * UNIT * (np.abs(left) + np.abs(right)) + FLOOR
    if gap.error is not None:
        error = error + gap.error[:, :inputs] + gap.error[:, inputs:]
    return Matrix((left + right) / 2, error), Matrix((left - right) / 2, error)
