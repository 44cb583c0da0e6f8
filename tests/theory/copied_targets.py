"""Targets for tests of copies, and the error of a ticket that its effective layers predict."""

from __future__ import annotations

import numpy as np

from slth.core.collapse import EffectiveLayer
from slth.core.network import Activation, Add, Conv, Dense, Flatten, Network, Pool
from slth.core.nodes import Affine
from slth.theory.plan import LayerPlan


def drawn(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(0, np.prod(shape[1:]) ** -0.5, shape).astype(np.float32)


def biases(rng: np.random.Generator, out: int, bias: bool) -> np.ndarray | None:
    return rng.normal(0, 0.2, out).astype(np.float32) if bias else None


def activation(kind: str) -> Activation:
    return Activation(kind, 0.125 if kind == "leaky_relu" else 0.0)


def dense_target(kind: str = "relu", bias: bool = True) -> Network:
    rng = np.random.default_rng(3)
    layers = [Dense(drawn(rng, *shape), biases(rng, shape[0], bias)) for shape in ((6, 5), (4, 6), (3, 4))]
    return Network((layers[0], activation(kind), layers[1], activation(kind), layers[2]), (5,))


def conv_target(kind: str = "relu", bias: bool = True) -> Network:
    rng = np.random.default_rng(4)
    first = Conv(drawn(rng, 3, 2, 3, 2), biases(rng, 3, bias), (1, 1), (1, 1))
    second = Conv(drawn(rng, 2, 3, 2, 2), biases(rng, 2, bias), (1, 2), (0, 1))
    last = Dense(drawn(rng, 2, 12), biases(rng, 2, bias))
    pool = Pool("max", (2, 1), (1, 1))
    return Network((first, activation(kind), second, activation(kind), pool, Flatten(), last), (2, 4, 4))


def residual_target(kind: str = "relu", bias: bool = True) -> Network:
    rng = np.random.default_rng(5)
    first = Conv(drawn(rng, 2, 1, 2, 2), biases(rng, 2, bias))
    second = Conv(drawn(rng, 2, 2, 3, 3), biases(rng, 2, bias), (1, 1), (1, 1))
    last = Dense(drawn(rng, 2, 2), biases(rng, 2, bias))
    nodes = (first, activation(kind), second, Add(), activation(kind), Pool("mean", (3, 3), (3, 3)), Flatten(), last)
    return Network(nodes, (1, 4, 4), ((-1,), (0,), (1,), (2, 1), (3,), (4,), (5,), (6,)))


TARGETS = {"dense": dense_target, "conv": conv_target, "residual": residual_target}


def summed(plan: LayerPlan, sums: np.ndarray) -> np.ndarray:
    """An effective weight as (rows, inputs, taps), summed over the copies of each input."""
    flat = sums.reshape(len(sums), -1, plan.taps)
    if not plan.fed:
        return flat
    channels = plan.inputs // plan.block
    by_copy = flat.reshape(len(flat), channels, plan.fed, plan.block, plan.taps)
    return by_copy.sum(axis=2).reshape(len(flat), plan.inputs, plan.taps)


def predicted(target: Network, layers: tuple[EffectiveLayer, ...], x: np.ndarray) -> np.ndarray:
    """A bound on the error of every output, from effective layers and the target's own values."""
    values, errors, copies, number = {-1: x}, {-1: np.zeros_like(x)}, {-1: 1}, 0
    for place, (node, feeds) in enumerate(zip(target.nodes, target.inputs, strict=True)):
        h, e, made = [values[f] for f in feeds], [errors[f] for f in feeds], copies[feeds[0]]
        values[place] = node(*h)
        if isinstance(node, Affine):
            layer, number = layers[number], number + 1
            errors[place] = _through(node, layer, np.repeat(h[0], made, axis=1), e[0])
            errors[place] += np.abs(_through_exactly(node, layer, np.repeat(h[0], made, axis=1), values[place]))
            made = layer.copies
        elif isinstance(node, Activation):
            errors[place] = e[0]
        elif isinstance(node, Flatten):
            # one axis from here on, copies of a channel still beside each other
            size = h[0].shape[2] * h[0].shape[3]
            values[place] = h[0].reshape(*h[0].shape[:2], size)
            errors[place] = e[0].reshape(*e[0].shape[:2], size)
        else:
            errors[place] = node(*e)
        copies[place] = made
    return errors[len(target.nodes) - 1]


def _affine(node: Affine, weight: np.ndarray, h: np.ndarray) -> np.ndarray:
    if isinstance(node, Dense):
        return h.reshape(len(h), -1) @ weight.T
    return Conv(weight.reshape(*weight.shape[:2], *node.kernel), None, node.stride, node.padding)(h)


def _sides(layer: EffectiveLayer) -> tuple[np.ndarray, np.ndarray]:
    up, down = layer.zone.up, layer.zone.down
    return (up * layer.plus + down * layer.minus) * layer.unit, (up * layer.minus + down * layer.plus) * layer.unit


def _through(node: Affine, layer: EffectiveLayer, h: np.ndarray, e: np.ndarray) -> np.ndarray:
    """What errors of the inputs, remainders and rounded constants can make."""
    plus, minus = _sides(layer)
    out = _affine(node, np.maximum(np.abs(plus), np.abs(minus)), e)
    if layer.remainder is not None:
        out = out + _affine(node, layer.remainder, (np.abs(h) + e) ** 3)
    return out + layer.bias_error.reshape(-1, *[1] * (out.ndim - 2))


def _through_exactly(node: Affine, layer: EffectiveLayer, h: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """What the effective layer makes of exact inputs, less what the target does."""
    plus, minus = _sides(layer)
    found = _affine(node, plus, np.maximum(h, 0)) - _affine(node, minus, np.maximum(-h, 0))
    constant = (layer.bias * layer.unit).reshape(-1, *[1] * (found.ndim - 2))
    return found + constant - np.repeat(wanted, layer.copies, axis=1)
