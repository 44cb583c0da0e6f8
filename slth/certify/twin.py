"""Target and ticket evaluated together on batches, without cancellation, and the gradient of their difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slth.certify.difference import Difference
from slth.certify.rounding import Floats


@dataclass(frozen=True, eq=False)
class Twin:
    """Both networks in plain float64 (no rounding control: an attack needs none).

    Parameters
    ----------
    model : Difference
    last : bool
        Whether both networks end with a relu.
    """

    model: Difference
    last: bool

    def enter(self, x: Floats) -> tuple[Floats, Floats]:
        """(z, δz) of the first layer for inputs of shape (batch, inputs)."""
        pair, lifted = self.model.layers[0], self.lift(x)
        return lifted @ pair.target.value.T + pair.bias, lifted @ pair.gap.value.T + pair.shift

    def lift(self, x: Floats) -> Floats:
        """(x⁺, x⁻) where the domain has negative inputs, else x."""
        return np.hstack([np.maximum(x, 0.0), np.maximum(-x, 0.0)]) if self.model.signed else x

    def states(self, z: Floats, gap: Floats) -> list[tuple[Floats, Floats]]:
        """(z, δz) of every layer, from those of the first."""
        out = [(z, gap)]
        for pair in self.model.layers[1:]:
            h, after = relu_gap(z, gap)
            z = h @ pair.target.value.T + pair.bias
            gap = after @ pair.ticket.value.T + h @ pair.gap.value.T + pair.shift
            out.append((z, gap))
        return out

    def errors(self, z: Floats, gap: Floats) -> Floats:
        """ticket - target, shape (batch, outputs), from (z, δz) of the first layer."""
        state = self.states(z, gap)[-1]
        return relu_gap(*state)[1] if self.last else state[1]

    def ascent(self, x: Floats, rows: Floats, softness: float) -> tuple[Floats, Floats]:
        """The gradient of rows . δz_L at x, and rows . (ticket - target).

        The jump of a gate is smoothed over `softness` times the layer's mean |z|: otherwise the gradient does not see
        that switching a neuron on lets its error pass.
        """
        states = self.states(*self.enter(x))
        final = relu_gap(*states[-1])[1] if self.last else states[-1][1]
        value = np.einsum("ij,ij->i", final, rows)
        on_gap, on_target = rows, np.zeros_like(rows)
        for pair, (z, gap) in zip(reversed(self.model.layers[1:]), reversed(states[:-1]), strict=True):
            on_h = on_gap @ pair.gap.value + on_target @ pair.target.value
            on_after = on_gap @ pair.ticket.value
            width = softness * np.maximum(np.abs(z).mean(axis=1, keepdims=True), 1e-300)
            gate = 0.5 * (1.0 + np.tanh(z / (2 * width)))
            on_gap = on_after * gate
            on_target = on_h * (z > 0) + on_after * gap * (gate * (1.0 - gate) / width)
        first = self.model.layers[0]
        return self._unlift(on_gap @ first.gap.value + on_target @ first.target.value, x), value

    def _unlift(self, gradient: Floats, x: Floats) -> Floats:
        if not self.model.signed:
            return gradient
        plus, minus = gradient[:, : x.shape[1]], gradient[:, x.shape[1] :]
        return np.where(x > 0, plus, np.where(x < 0, -minus, (plus - minus) / 2))


def relu_gap(z: Floats, gap: Floats) -> tuple[Floats, Floats]:
    """relu(z) and relu(z + δz) - relu(z), the latter without cancellation where both pass."""
    h = np.maximum(z, 0.0)
    moved = z + gap
    return h, np.where((z >= 0) & (moved >= 0), gap, np.maximum(moved, 0.0) - h)
