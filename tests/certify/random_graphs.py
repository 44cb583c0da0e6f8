"""Random small networks of every kind of node, tickets near them, and an evaluation of both without slth.certify."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from random_pairs import random_domain

from slth.core.collapse import EffectiveLayer, Zone
from slth.core.domain import Domain
from slth.core.errors import BadInput
from slth.core.network import Activation, Add, Conv, Dense, Flatten, Network, Pool
from slth.core.nodes import Node
from slth.core.ticket import fed_copies

SMOOTH = ("tanh", "sigmoid")
KINDS = ("relu", "leaky_relu", *SMOOTH)


@dataclass(frozen=True)
class GraphCase:
    """One target, a ticket near it and a domain."""

    target: Network
    layers: tuple[EffectiveLayer, ...]
    domain: Domain


def activation(draw: random.Random, kinds=KINDS) -> Activation:
    kind = draw.choice(kinds)
    return Activation(kind, draw.choice([0.01, 0.25, 0.5]) if kind == "leaky_relu" else 0.0)


class Builder:
    """Nodes while they are drawn; `at` is the node that the next one reads."""

    def __init__(self, draw: random.Random, shape: tuple[int, ...], kinds) -> None:
        self.draw, self.kinds = draw, kinds
        self.rng = np.random.default_rng(draw.getrandbits(32))
        self.nodes: list[Node] = []
        self.inputs: list[tuple[int, ...]] = []
        self.at, self.shape = -1, shape
        self.dtype = draw.choice([np.float32, np.float64])

    def put(self, node: Node, *feeds: int) -> int:
        self.inputs.append(feeds or (self.at,))
        self.nodes.append(node)
        self.shape = node.out_shape(*[self.shape] * (2 if feeds and len(feeds) == 2 else 1))
        self.at = len(self.nodes) - 1
        return self.at

    def numbers(self, *shape: int):
        return (self.rng.normal(size=shape) * self.draw.choice([0.3, 0.6, 1.0])).astype(self.dtype)

    def dense(self, outputs: int) -> None:
        inputs = int(np.prod(self.shape))
        biased = self.draw.random() < 0.6
        self.put(Dense(self.numbers(outputs, inputs), self.numbers(outputs) if biased else None))

    def conv(self, outputs: int, same: bool = False) -> None:
        sides = [self.draw.randint(1, min(3, size)) for size in self.shape[1:]]
        kernel = (3, 3) if same else (sides[0], sides[1])
        padding = (1, 1) if same else (self.draw.randint(0, 1), self.draw.randint(0, 2))
        stride = (1, 1) if same else (self.draw.randint(1, 2), self.draw.randint(1, 2))
        biased = self.draw.random() < 0.6
        weight = self.numbers(outputs, self.shape[0], *kernel)
        self.put(Conv(weight, self.numbers(outputs) if biased else None, stride, padding))

    def pool(self) -> None:
        sides = [min(self.draw.randint(1, 3), size) for size in self.shape[1:]]
        steps = [self.draw.randint(1, 3) for _ in "hw"]
        self.put(Pool(self.draw.choice(["max", "max", "mean"]), (sides[0], sides[1]), (steps[0], steps[1])))

    def residual(self) -> None:
        """x + (layers of x), with an activation inside."""
        start = self.at
        make = (lambda: self.conv(self.shape[0], True)) if len(self.shape) == 3 else (lambda: self.dense(self.shape[0]))
        make()
        if self.draw.random() < 0.7:
            self.put(activation(self.draw, self.kinds))
            make()
        self.put(Add(), self.at, start)


def random_graph(draw: random.Random, kinds=KINDS) -> Network:
    """A picture or a vector, some layers of any kind, a few outputs."""
    picture = draw.random() < 0.75
    shape = (draw.randint(1, 2), draw.randint(2, 4), draw.randint(2, 4)) if picture else (draw.randint(1, 4),)
    made = Builder(draw, shape, kinds)
    for _ in range(draw.randint(1, 4)):
        step = draw.choice(["conv", "conv", "pool", "residual", "activation", "dense"])
        if len(made.shape) == 3 and step in ("conv", "pool"):
            made.pool() if step == "pool" else made.conv(draw.randint(1, 3))
        elif step == "residual" and int(np.prod(made.shape)) <= 24:
            made.residual()
        elif step in ("activation", "pool"):
            made.put(activation(draw, kinds))
        else:
            if len(made.shape) == 3 and draw.random() < 0.5:
                made.put(Flatten())
            made.dense(draw.randint(1, 6))
    if draw.random() < 0.8 or not any(isinstance(node, (Dense, Conv)) for node in made.nodes):
        made.dense(draw.randint(1, 3))
    if draw.random() < 0.2:
        made.put(activation(draw, kinds))
    return Network(tuple(made.nodes), shape, tuple(made.inputs))


def random_layers(draw: random.Random, target: Network) -> tuple[EffectiveLayer, ...]:
    """A stage of any kind for each layer: weights off by a random size, V⁺ and V⁻ apart, copies, remainders."""
    rng = np.random.default_rng(draw.getrandbits(32))
    size = 10.0 ** draw.uniform(-9, -0.5)
    copies = draw.choice([1, 1, 2, 3])
    made, layers = copies_of(target, copies, draw.random() < 0.5), []
    for index, node in enumerate(target.affine):
        fed, own = made[index]
        zone = draw.choice(
            [Zone(1.0, 0.0), Zone(1.0, 0.25), Zone.of(Activation("tanh")), Zone.of(Activation("sigmoid"))]
        )
        zone = Zone(1.0, 1.0) if fed > 1 else zone
        layers.append(stage(rng, node, fed, own, zone, size, block_of(target, index)))
    return tuple(layers)


def stage(rng, node, fed: int, own: int, zone: Zone, size: float, block: int) -> EffectiveLayer:
    """P and N with V⁺ near W and V⁻ near W (or far from it, for relus), bias near b."""
    weight = node.weight.astype(np.float64).reshape(len(node.weight), node.weight.shape[1], -1)
    wanted = np.repeat(weight, own, axis=0)
    if fed > 1:  # shares of every weight for the copies that arrive, in their order
        runs = wanted if node.weight.ndim == 4 else wanted.reshape(len(wanted), -1, block)
        shares = rng.uniform(0.2, 1, (len(runs), runs.shape[1], fed, runs.shape[2]))
        wanted = (runs[:, :, None] * shares / shares.sum(axis=2, keepdims=True)).reshape(len(runs), -1, weight.shape[2])
    unit = float(rng.choice([2.0**-40, 2.0**-30, float(np.float32(0.3)) * 2.0**-40]))
    noise = [size * rng.uniform(-1, 1, wanted.shape) for _ in "pn"]
    apart = rng.uniform(-1, 1, wanted.shape)  # P - N is free where up = down
    if zone.up == zone.down:
        total = (wanted + noise[0]) / zone.up
        parts = (total + apart) / 2, (total - apart) / 2
    else:
        right, left = wanted + noise[0], wanted + noise[1]
        below = zone.up**2 - zone.down**2
        parts = (zone.up * right - zone.down * left) / below, (zone.up * left - zone.down * right) / below
    shape = (len(wanted), wanted.shape[1], *node.weight.shape[2:]) if node.kernel != (1, 1) else wanted.shape[:2]
    plus, minus = (np.rint(part / unit).astype(np.int64).reshape(shape) for part in parts)
    bias = np.zeros(len(node.weight)) if node.bias is None else node.bias.astype(np.float64)
    bias = np.rint((np.repeat(bias, own) + size * rng.uniform(-1, 1, len(wanted)) * (node.bias is not None)) / unit)
    remainder = size * rng.uniform(0, 0.1, shape) if zone.cubic else None
    doubt = size * rng.uniform(0, 0.1, len(wanted)) if zone.cubic else np.zeros(len(wanted))
    absolute = (np.abs(plus) + np.abs(minus)) * unit * 1.001
    fan_in = int(np.prod(shape[1:])) + 1
    constant = np.abs(bias) * unit * 1.001 + 1.0
    return EffectiveLayer(
        plus, minus, bias.astype(np.int64), doubt, absolute, constant, remainder, zone, unit, fan_in, own
    )


def copies_of(target: Network, copies: int, first: bool) -> list[tuple[int, int]]:
    """By affine layer, copies that arrive and that are made: of the first layer, or of all that can have them."""
    many = len(target.affine)
    made = [copies] * (1 if first else many - 1) + [1] * (many if first else 1)
    try:
        return list(zip(fed_copies(target, tuple(made[:many])), made, strict=False))
    except BadInput:  # a sum of what has copies and what has not, or copies at the end
        return [(1, 1)] * many


def block_of(target: Network, layer: int) -> int:
    """Numbers of one channel in what reaches an affine layer."""
    shapes, number = {-1: target.input_shape}, 0
    for place, (node, feeds) in enumerate(zip(target.nodes, target.inputs, strict=True)):
        shape = shapes[feeds[0]]
        if isinstance(node, (Dense, Conv)):
            if number == layer:
                return int(np.prod(shape[1:]))
            number += 1
        shapes[place] = shape if isinstance(node, Flatten) else target.shapes[place]
    raise ValueError(layer)


def graph_case(seed: int, kinds=KINDS) -> GraphCase:
    """Case number `seed`."""
    draw = random.Random(seed)
    target = random_graph(draw, kinds)
    domain = random_domain(draw, int(np.prod(target.input_shape)))
    return GraphCase(target, random_layers(draw, target), domain)


def difference_at(case: GraphCase, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """ticket - target at points (batch, inputs), in float64; with remainders of random size where `rng` is given."""
    target = case.target
    values = {-1: x.reshape(-1, *target.input_shape)}
    left, right = dict(values), dict(values)
    layers = iter(case.layers)
    for number, (node, feeds) in enumerate(zip(target.nodes, target.inputs, strict=True)):
        left[number] = node(*(left[feed] for feed in feeds))
        if isinstance(node, (Dense, Conv)):
            right[number] = staged(node, next(layers), right[feeds[0]], rng)
        else:
            right[number] = node(*(right[feed] for feed in feeds))
    last = len(target.nodes) - 1
    return (right[last] - left[last]).reshape(len(x), -1)


def staged(node, layer: EffectiveLayer, h: np.ndarray, rng) -> np.ndarray:
    """V⁺ h⁺ - V⁻ h⁻ + c by the node's own code."""
    zone, unit = layer.zone, layer.unit
    plus, minus = layer.plus * unit, layer.minus * unit
    out = _like(node, zone.up * plus + zone.down * minus)(np.maximum(h, 0))
    out = out - _like(node, zone.up * minus + zone.down * plus)(np.maximum(-h, 0))
    doubt = layer.bias_error.reshape(-1, *[1] * (out.ndim - 2)) + np.zeros_like(out)
    if layer.remainder is not None:
        doubt = doubt + _like(node, layer.remainder)(np.abs(h) ** 3)
    if rng is not None:
        out = out + doubt * rng.choice([-1.0, 1.0, 0.3], doubt.shape)
    return out + (layer.bias * unit).reshape(-1, *[1] * (out.ndim - 2))


def _like(node, weight: np.ndarray):
    if isinstance(node, Dense):
        return Dense(weight.reshape(len(weight), -1))
    kernel = weight.reshape(*weight.shape[:2], *node.kernel)
    return Conv(kernel, None, node.stride, node.padding)


def points(case: GraphCase, rng: np.random.Generator, count: int) -> np.ndarray:
    """Points of the first region of the domain, many of them corners, in float64."""
    region = next(case.domain.regions(int(np.prod(case.target.input_shape))))
    share = rng.choice([0.0, 1.0, 0.5], (count, len(region.lower)), p=[0.4, 0.4, 0.2])
    x = region.lower + share * (region.upper - region.lower)
    if region.centre is not None:
        step = x - region.centre
        length = np.linalg.norm(step, axis=1, keepdims=True)
        x = region.centre + step * np.minimum(1.0, region.radius / np.maximum(length, 1e-300)) * (1 - 1e-12)
    return np.clip(x, region.lower, region.upper)


def fractions(x: np.ndarray) -> list[Fraction]:
    return [Fraction(v) for v in x.tolist()]
