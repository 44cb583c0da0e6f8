"""Target and ticket evaluated together on batches, without cancellation, and the gradient of their difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slth.certify.lines import RELU
from slth.certify.pairs import Difference, Layer
from slth.certify.rounding import Floats
from slth.certify.steps import AffineStep, GateStep, MaxStep, SumStep, final_activations
from slth.core.network import INPUT, Activation, Network

State = tuple[Floats, Floats]
"""(z, δz) of a value, each (batch, width)."""


@dataclass(frozen=True, eq=False)
class Twin:
    """Both networks in plain float64 (no rounding control: an attack needs none), remainders left out.

    Parameters
    ----------
    model : Difference
    final : tuple of Activation
        What both networks end with, beyond the steps of the model.
    """

    model: Difference
    final: tuple[Activation, ...] = ()

    @classmethod
    def of(cls, target: Network, model: Difference) -> Twin:
        """With the activations at the target's end."""
        return cls(model, final_activations(target))

    def lift(self, x: Floats) -> Floats:
        """(x⁺, x⁻) where the domain has negative inputs, else x."""
        return np.hstack([np.maximum(x, 0.0), np.maximum(-x, 0.0)]) if self.model.signed else x

    def states(self, x: Floats, first: State | None = None) -> list[State]:
        """(z, δz) of every value for inputs of shape (batch, inputs); `first` replaces those of the first step."""
        out: list[State] = [] if first is None else [first]
        for step in self.model.program.steps[len(out) :]:
            fed = [(x, np.zeros_like(x)) if feed == INPUT else out[feed] for feed in step.feeds]
            if isinstance(step, AffineStep):
                out.append(self._affine(step, *fed[0]))
            elif isinstance(step, GateStep):
                out.append(self._gated(step.activation, len(out), *fed[0]))
            elif isinstance(step, MaxStep):
                (p, dp), (q, dq) = (
                    state if view is None else (view.forward(state[0]), view.forward(state[1]))
                    for state, view in zip(fed, step.views, strict=True)
                )
                z, gap = self._gated(RELU, len(out), p - q, dp - dq)
                out.append((q + z, dq + gap))
            else:
                seen = [s if step.view is None else (step.view.forward(s[0]), step.view.forward(s[1])) for s in fed]
                out.append(seen[0] if len(seen) == 1 else (seen[0][0] + seen[1][0], seen[0][1] + seen[1][1]))
        return out

    def _affine(self, step: AffineStep, h: Floats, after: Floats) -> State:
        layer = self.model.layers[step.layer]
        if step.feeds == (INPUT,):
            pair, h = layer.right, self.lift(h)
            return pair.target.forward(h) + pair.bias, pair.gap.forward(h) + pair.shift
        uneven = self._uneven(step, layer)
        pair = layer.right if layer.both is None or not uneven else layer.both
        gap = pair.ticket.forward(after) + pair.gap.forward(h) + pair.shift
        if uneven and layer.uneven is not None:
            gap = gap + layer.uneven.forward(np.abs(self.model.program.repeats[step.feeds[0]](h) + after))
        return pair.target.forward(h) + pair.bias, gap

    def _uneven(self, step: AffineStep, layer: Layer) -> bool:
        return layer.both is not None and not self.model.nowhere_negative[step.feeds[0]]

    def _gated(self, activation: Activation, number: int, z: Floats, gap: Floats) -> State:
        repeated = self.model.program.repeats[number](z)
        return activation(z), moved(activation, repeated, gap)

    def errors(self, x: Floats, first: State | None = None) -> Floats:
        """ticket - target, shape (batch, outputs)."""
        state = self.states(x, first)[-1]
        for activation in self.final:
            state = activation(state[0]), moved(activation, *state)
        return state[1]

    def ascent(self, x: Floats, rows: Floats, softness: float) -> tuple[Floats, Floats]:
        """The gradient of rows . δz of the last value at x, and rows . (ticket - target).

        The jump of a gate is smoothed over `softness` times the layer's mean |z|: otherwise the gradient does not see
        that switching a neuron on lets its error pass.
        """
        states = self.states(x)
        final = states[-1]
        for activation in self.final:
            final = activation(final[0]), moved(activation, *final)
        value = np.einsum("ij,ij->i", final[1], rows)
        waiting: dict[int, State] = {len(states) - 1: (np.zeros_like(states[-1][0]), rows)}
        gradient = np.zeros_like(x)
        for number in reversed(range(len(states))):
            step, on = self.model.program.steps[number], waiting.pop(number)
            for feed, part in zip(step.feeds, self._back(number, on, states, softness, x), strict=True):
                if feed == INPUT:
                    gradient = gradient + part[0]
                else:
                    old = waiting.get(feed)
                    waiting[feed] = part if old is None else (old[0] + part[0], old[1] + part[1])
        return gradient, value

    def _back(self, number: int, on: State, states: list[State], softness: float, x: Floats) -> list[State]:
        """Gradients by (z, δz) of what feeds a step, from those of its own value."""
        step = self.model.program.steps[number]
        fed = [(x, np.zeros_like(x)) if feed == INPUT else states[feed] for feed in step.feeds]
        if isinstance(step, AffineStep):
            return [self._back_affine(step, on, x)]
        if isinstance(step, GateStep):
            return [self._back_gate(step.activation, number, on, fed[0], softness)]
        if isinstance(step, SumStep):
            return [on if step.view is None else (step.view.back(on[0]), step.view.back(on[1]))] * len(fed)
        (p, dp), (q, dq) = (
            state if view is None else (view.forward(state[0]), view.forward(state[1]))
            for state, view in zip(fed, step.views, strict=True)
        )
        left = self._back_gate(RELU, number, on, (p - q, dp - dq), softness)
        parts = left, (on[0] - left[0], on[1] - left[1])
        return [
            part if view is None else (view.back(part[0]), view.back(part[1]))
            for part, view in zip(parts, step.views, strict=True)
        ]

    def _back_affine(self, step: AffineStep, on: State, x: Floats) -> State:
        layer = self.model.layers[step.layer]
        pair = layer.both if layer.both is not None and self._uneven(step, layer) else layer.right
        on_h = pair.gap.back(on[1]) + pair.target.back(on[0])
        if step.feeds != (INPUT,):
            return on_h, pair.ticket.back(on[1])
        if self.model.signed:
            plus, minus = on_h[:, : x.shape[1]], on_h[:, x.shape[1] :]
            on_h = np.where(x > 0, plus, np.where(x < 0, -minus, (plus - minus) / 2))
        return on_h, np.zeros_like(x)

    def _back_gate(self, activation: Activation, number: int, on: State, fed: State, softness: float) -> State:
        (z, gap), repeat = fed, self.model.program.repeats[number]
        if activation.kind in ("tanh", "sigmoid"):
            steep, half = (1.0, 1.0) if activation.kind == "tanh" else (0.25, 0.5)
            level = np.tanh(half * z)
            slope = own = steep * (1 - level * level)
            bend = -2 * half * level * slope
        else:
            width = softness * np.maximum(np.abs(z).mean(axis=1, keepdims=True), 1e-300)
            gate = 0.5 * (1.0 + np.tanh(z / (2 * width)))
            rest = 1 - activation.slope
            slope, own = activation.slope + rest * gate, np.where(z > 0, 1.0, activation.slope)
            bend = rest * gate * (1.0 - gate) / width
        return on[0] * own + repeat.gathered(on[1] * gap * repeat(bend)), on[1] * repeat(slope)


def moved(activation: Activation, z: Floats, gap: Floats) -> Floats:
    """φ(z + δz) - φ(z), without cancellation."""
    after = z + gap
    if activation.kind == "tanh":
        return np.asarray(np.tanh(gap) * (1 - np.tanh(z) * np.tanh(after)))
    if activation.kind == "sigmoid":
        return np.asarray(0.5 * np.tanh(gap / 2) * (1 - np.tanh(z / 2) * np.tanh(after / 2)))
    change = np.where((z < 0) & (after < 0), activation.slope * gap, activation(after) - activation(z))
    return np.where((z >= 0) & (after >= 0), gap, change)
