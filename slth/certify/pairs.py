"""Target and ticket as pairs of float64 linear maps, layer by layer, with explicit distances to the exact ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from slth.certify.operators import Matrix, Operator
from slth.certify.rounding import FLOOR, UNIT, Floats, gamma, inflated
from slth.certify.steps import ONCE, Program, Repeat


@dataclass(frozen=True, eq=False)
class Pair:
    """One affine layer of both networks: z = W h + b and z + δz = V (h + δh) + c; gap = V - W, shift = c - b.

    Where the ticket has copies, W h + b is repeated for each and gap is over the target's h.
    A first layer of a domain with negative inputs acts on (x⁺, x⁻): W is [W, -W], V is [V⁺, -V⁻].
    """

    target: Operator
    ticket: Operator
    gap: Operator
    bias: Floats
    shift: Floats
    shift_error: Floats
    repeat: Repeat = ONCE

    @property
    def shape(self) -> tuple[int, int]:
        """(out, in), the lifted inputs counted twice, copies once."""
        return self.target.shape

    @property
    def ticket_bias(self) -> Floats:
        """c, to within `shift_error` and two units in the last place of |shift| + |bias|."""
        return self.repeat(self.bias) + self.shift


@dataclass(frozen=True, eq=False)
class Layer:
    """One affine layer of both networks, before anything is known of its inputs.

    Parameters
    ----------
    right : Pair
        For inputs h' >= 0 (or lifted): V is V⁺.
    both : Pair or None
        For inputs of any sign: V is (V⁺ + V⁻)/2. None where that is V⁺, and where the inputs are lifted.
    uneven : Operator or None
        (V⁺ - V⁻)/2, which then acts on |h'|.
    remainder : Operator or None
        What acts on |h'|³; its sign is unknown.
    """

    right: Pair
    both: Pair | None = None
    uneven: Operator | None = None
    remainder: Operator | None = None

    def at(self, reach: Floats, signed: bool) -> Pair:
        """The pair for inputs of magnitude |h'| <= reach, which can be negative where `signed`."""
        pair, shift = self.right, self.right.shift
        error = np.zeros_like(shift)
        if signed and self.both is not None:
            pair = self.both
            if self.uneven is not None:  # Δ |h'| lies between 0 and Δ reach
                middle = self.uneven.forward(reach / 2)
                mass = self.uneven.charge(reach / 2, 1.0)
                shift = shift + middle
                error = mass + 2 * gamma(self.uneven.terms) * mass + 4 * UNIT * np.abs(shift)
        if self.remainder is not None:
            error = error + self.remainder.spread(reach**3)
        if pair is self.right and self.remainder is None:
            return pair
        floor = FLOOR * (1 + float(reach.sum())) * pair.ticket.terms
        return replace(pair, shift=shift, shift_error=inflated(pair.shift_error + error) + floor)


@dataclass(frozen=True, eq=False)
class Difference:
    """Target and ticket, layer by layer.

    Parameters
    ----------
    program : Program
    layers : tuple of Layer
    signed : bool
        Whether layers that read the network's input are lifted to (x⁺, x⁻).
    alone : bool
        Whether the ticket is the target itself.
    """

    program: Program
    layers: tuple[Layer, ...]
    signed: bool
    alone: bool = False

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs for inputs without remainders and, behind the first layer, without negative values."""
        return tuple(layer.right for layer in self.layers)

    @cached_property
    def nowhere_negative(self) -> tuple[bool, ...]:
        """By value, whether it can not be negative by its kind."""
        return self.program.nowhere_negative(self.signed)

    @cached_property
    def plain(self) -> Matrix:
        """The target's first matrix, not lifted."""
        target = dense(self.layers[0].right.target)
        return Matrix(target.value[:, : target.shape[1] // 2]) if self.signed else target

    @cached_property
    def halves(self) -> tuple[Matrix | None, Matrix]:
        """The first gap as even |x| + odd x: (D⁺ - D⁻)/2 and (D⁺ + D⁻)/2; without negative inputs 0 and the gap."""
        gap = dense(self.layers[0].right.gap)
        if not self.signed:
            return None, gap
        # the lifted gap holds [D⁺, -D⁻]; D⁺x⁺ - D⁻x⁻ = (D⁺ + D⁻)/2 x + (D⁺ - D⁻)/2 |x|
        inputs = gap.shape[1] // 2
        left, right = gap.value[:, :inputs], gap.value[:, inputs:]
        error = 4 * UNIT * (np.abs(left) + np.abs(right)) + FLOOR
        if gap.error is not None:
            error = error + gap.error[:, :inputs] + gap.error[:, inputs:]
        return Matrix((left + right) / 2, error), Matrix((left - right) / 2, error)


def dense(operator: Operator) -> Matrix:
    """A matrix, in networks of dense layers."""
    if not isinstance(operator, Matrix):
        raise TypeError("the 2-norm step is for dense layers only")
    return operator
